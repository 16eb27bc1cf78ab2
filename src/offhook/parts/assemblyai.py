"""AssemblyAI's streaming recognition (Universal-Streaming, `/v3/ws`).

The server has turns of its own, which it is kept from ending: they end when it is told so, at each pause. A session is paid for as long as it is open, so it is ended with the caller.
"""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode, urlsplit

import orjson

from offhook.errors import ConfigError, LegFailed
from offhook.parts.http import shown
from offhook.parts.keys import Keys
from offhook.parts.socket import Connect, Socket, over_network
from offhook.parts.streaming import BYTES_PER_MS, StreamRecogniser, Stretch, Timeline

URL = "wss://streaming.assemblyai.com"
VERSION = "2025-05-12"
"""Of the interface, as AssemblyAI's own SDK tells it."""
STT = "universal-3-6-pro"
"""The usual model."""
FINAL_S = 0.8
"""A server that heard no words may say nothing."""
PATIENCE_MS = 1200
"""Silence after which the server ends a turn by itself: more than it ever gets in the middle of a stretch."""
LEAST, MOST = 50 * BYTES_PER_MS, 1000 * BYTES_PER_MS
"""Bytes of audio in a message; the server ends a session for others."""
HOPELESS = frozenset({3006, 4001, 4002, 4003})
"""Error codes of what another try does not change: the key, the account, the parameters."""
ENGLISH, SEVERAL = "universal-streaming-english", "universal-streaming-multilingual"
LANGUAGES = frozenset({"en", "es", "fr", "de", "it", "pt"})
"""Of the second."""


def stt(model: str, keys: Keys) -> "AssemblyAI":
    """Recognition. Raises ConfigError without a key, or for an address that is none."""
    if not keys.assemblyai_api_key:
        raise ConfigError("AssemblyAI's recognition needs a key: set ASSEMBLYAI_API_KEY.")
    name, _, elsewhere = model.partition("@")
    if elsewhere and (urlsplit(elsewhere).scheme not in ("ws", "wss") or not urlsplit(elsewhere).hostname):
        raise ConfigError(f"AssemblyAI's address must be a URL such as {URL}, not {shown(elsewhere)!r}.")
    return AssemblyAI(name or STT, keys.assemblyai_api_key, url=elsewhere or URL)


class AssemblyAI:
    """One model (a `Recognition`)."""

    def __init__(self, model: str, key: str, *, url: str = URL, connect: Connect = over_network) -> None:
        self._model, self._key, self._url, self._connect = model, key, url.rstrip("/"), connect

    async def start(self) -> None:
        """Nothing to start."""

    def recogniser(self, language: str) -> StreamRecogniser:
        """One for a new caller; it connects when they first speak. Raises ConfigError for a language that the model has
        not."""
        code = language.replace("_", "-").partition("-")[0].lower()
        query: dict[str, Any] = {
            "speech_model": self._model, "sample_rate": 8000, "encoding": "pcm_s16le",
            "min_turn_silence": PATIENCE_MS, "max_turn_silence": PATIENCE_MS,
        }  # fmt: skip
        if self._model == ENGLISH or self._model == SEVERAL:
            if code not in ({"en"} if self._model == ENGLISH else LANGUAGES):
                raise ConfigError(f"AssemblyAI's {self._model} does not know {language}: set stt to assemblyai:{STT}.")
        else:
            query["language_codes"] = orjson.dumps([code]).decode()
        url = f"{self._url}/v3/ws?{urlencode(query)}"
        headers = {"Authorization": self._key, "AssemblyAI-Version": VERSION}
        return StreamRecogniser(lambda: AssemblyAIWire(self._connect, url, headers), self._key)

    async def close(self) -> None:
        """Sockets end with their callers."""


class AssemblyAIWire:
    """One connection (a `Wire`)."""

    name = "AssemblyAI"
    finish_s = FINAL_S
    certain = False
    idle = None
    """A session may be silent for as long as it likes, unless it was asked not to be."""

    def __init__(self, connect: Connect, url: str, headers: dict[str, str]) -> None:
        self._connect, self._url, self._headers = connect, url, headers
        self._sent = Timeline()
        self._waiting = bytearray()  # too little to be sent

    async def connect(self) -> Socket:
        """Its key is a header."""
        return await self._connect(self._url, self._headers)

    def begin(self, stretch: Stretch) -> None:
        """Nothing is said of it."""
        self._waiting.clear()
        self._sent.begin(stretch)

    def audio(self, pcm16: bytes) -> Iterable[bytes]:
        """In messages of lengths that are taken; what is too short for one waits."""
        self._waiting += pcm16
        while len(self._waiting) >= LEAST:
            piece = bytes(self._waiting[:MOST])
            del self._waiting[:MOST]
            self._sent.sent(piece)
            yield piece

    def finish(self) -> Iterable[bytes | str]:
        """What waits is made long enough by silence; the session stays."""
        if self._waiting:
            yield from self.audio(bytes(LEAST - len(self._waiting)))
        yield '{"type":"ForceEndpoint"}'

    def goodbye(self) -> Iterable[str]:
        """Ends what is paid for."""
        yield '{"type":"Terminate"}'

    def take(self, told: str | bytes) -> Iterable[str]:
        """Turns, and errors, which come before the close."""
        event: dict[str, Any] = orjson.loads(told)
        match event.get("type"):
            case "Turn":
                self._turn(event)
            case "Error":
                code = event.get("error_code")
                raise LegFailed(
                    f"AssemblyAI ended a session: {code} {event.get('error', '')}", retryable=code not in HOPELESS
                )
        return ()

    def _turn(self, turn: dict[str, Any]) -> None:
        words = turn.get("words") or []
        stretch = self._sent.at(words[-1]["end"] if words else None)
        if not turn["end_of_turn"]:
            # `transcript` has the words that do not change any more, `words` those that may, too.
            stretch.partial(" ".join(word["text"] for word in words) or turn["transcript"])
            return
        stretch.settle(turn["transcript"], min((word["confidence"] for word in words), default=None))
        stretch.finished.set()
