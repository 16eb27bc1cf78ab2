"""Azure Speech's streaming recognition.

Each stretch of speech is a turn of the server's, and what follows a pause another one. A turn that is begun before the server
has ended the last one costs the words of that, so it waits.
"""

from collections import deque
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from offhook.errors import ConfigError, LegFailed
from offhook.parts import azure_wire as wire
from offhook.parts.socket import Connect, Socket, over_network
from offhook.parts.streaming import StreamRecogniser, Stretch

PATH = "/speech/recognition/conversation/cognitiveservices/v1"
RATE = 8000
FINAL_S = 3.0
FAILURES = {"Error": True, "TooManyRequests": True, "BadRequest": False, "Forbidden": False}
"""What a phrase may be instead of one, and whether another try may help."""


class AzureRecognition:
    """That of one resource (a `Recognition`)."""

    def __init__(self, origin: str, key: str, *, connect: Connect = over_network) -> None:
        self._origin, self._key, self._connect = origin, key, connect

    async def start(self) -> None:
        """Nothing to start."""

    def recogniser(self, language: str) -> StreamRecogniser:
        """One for a new caller; it connects when they first speak. Raises ConfigError for a language without a region."""
        if "-" not in language:
            raise ConfigError(
                f"Azure recognises the language of a region: set LANGUAGE to one such as de-DE, not {language}."
            )
        url = f"{self._origin}{PATH}?{urlencode({'language': language, 'format': 'detailed'})}"
        return StreamRecogniser(lambda: AzureWire(self._connect, url, self._key, language), self._key)

    async def close(self) -> None:
        """Sockets end with their callers."""


class AzureWire:
    """One connection (a `Wire`)."""

    name = "Azure Speech"
    finish_s = FINAL_S
    certain = True
    idle = None

    def __init__(self, connect: Connect, url: str, key: str, language: str) -> None:
        self._connect, self._url, self._key = connect, url, key
        self._context = {"phraseDetection": {"language": language}, "phraseOutput": {"format": "Detailed"}}
        self._introduced = False
        self._stretch: Stretch
        self._turns: dict[str, Stretch] = {}
        self._turn = ""  # the one that is open; empty if none is
        self._ending = ""  # the one whose end is awaited
        self._held: deque[tuple[Stretch, bytes | None]] = (
            deque()
        )  # audio and, as None, ends of turns that wait for that

    async def connect(self) -> Socket:
        """Its key is a header."""
        return await self._connect(
            self._url, {"Ocp-Apim-Subscription-Key": self._key, "X-ConnectionId": uuid4().hex}
        )  # fmt: skip

    def begin(self, stretch: Stretch) -> None:
        """Nothing is said of it."""
        self._stretch = stretch

    def audio(self, pcm16: bytes) -> Iterable[str | bytes]:
        """Of the turn that is open, or a new one."""
        self._held.append((self._stretch, pcm16))
        return self._release()

    def finish(self) -> Iterable[str | bytes]:
        """Ends the turn; the socket stays."""
        self._held.append((self._stretch, None))
        return self._release()

    def goodbye(self) -> Iterable[str]:
        """The close says it."""
        return ()

    def take(self, told: str | bytes) -> Iterable[str | bytes]:
        """Phrases, guesses and ends of turns."""
        message = wire.told(told)
        stretch = self._turns.get(message.request)
        if stretch is None:
            return ()
        match message.path:
            case "speech.hypothesis" | "speech.fragment":
                stretch.partial(str(message.json().get("Text", "")))
            case "speech.phrase":
                _phrase(message.json(), stretch)
            case "turn.end":
                return self._ended(message.request)
        return ()

    def _ended(self, turn: str) -> Iterable[str | bytes]:
        stretch = self._turns.pop(turn)
        if turn == self._turn:  # by the server itself
            self._turn = ""
        if turn != self._ending:
            return ()
        self._ending = ""
        if not any(of is stretch for of, _ in self._held):
            stretch.finished.set()
        return self._release()

    def _release(self) -> list[str | bytes]:
        messages: list[str | bytes] = []
        while self._held and not self._ending:
            stretch, pcm16 = self._held.popleft()
            if pcm16 is not None:
                messages += self._spoken(stretch, pcm16)
            elif self._turn:
                messages.append(wire.audio(self._turn, b""))
                self._ending, self._turn = self._turn, ""
            else:
                stretch.finished.set()
        return messages

    def _spoken(self, stretch: Stretch, pcm16: bytes) -> Iterable[str | bytes]:
        if not self._turn:
            self._turn = uuid4().hex
            self._turns[self._turn] = stretch
            if not self._introduced:
                self._introduced = True
                yield wire.text("speech.config", self._turn, wire.SYSTEM)
            yield wire.text("speech.context", self._turn, self._context)
            yield wire.audio(self._turn, wire.wave_header(RATE))
        for at in range(0, len(pcm16), wire.LARGEST):
            yield wire.audio(self._turn, pcm16[at : at + wire.LARGEST])


def _phrase(said: dict[str, Any], stretch: Stretch) -> None:
    status = said.get("RecognitionStatus")
    if status in FAILURES:
        raise LegFailed(f"Azure Speech broke a turn off: {status}.", retryable=FAILURES[status])
    best = (said.get("NBest") or [said])[0]
    if status == "Success":
        text = best.get("Display") or best.get("DisplayText") or said.get("DisplayText") or ""
        stretch.settle(str(text), best.get("Confidence"))
