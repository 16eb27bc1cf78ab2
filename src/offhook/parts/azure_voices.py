"""Azure Speech's voices: µ-law as the telephone has it, and when each word ends.

A socket renders one text at a time, is kept for the next one, and is closed by the server after some minutes of silence.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from uuid import uuid4
from xml.sax.saxutils import escape, quoteattr, unescape

from offhook.audio.format import MULAW_8K, Format
from offhook.errors import LegFailed
from offhook.parts import azure_wire as wire
from offhook.parts.http import SILENT_S
from offhook.parts.socket import CONNECT_S, Connect, Socket, failure, over_network
from offhook.parts.word_ends import WordEnds
from offhook.speech.base import Sound

PATH = "/cognitiveservices/websocket/v1"
VOICE = "en-US-AvaMultilingualNeural"
"""The usual one; it speaks the language of its text."""
OUTPUT = "raw-8khz-8bit-mono-mulaw"
TICKS_PER_MS = 10_000
KEPT = 16
"""Sockets that wait for the next text."""


class AzureVoices:
    """Those of one resource (a `Voices`)."""

    def __init__(self, origin: str, key: str, *, connect: Connect = over_network) -> None:
        self._url, self._key, self._connect = origin + PATH, key, connect
        self._kept: list[Socket] = []
        self._closing: set[asyncio.Task[None]] = set()
        self._closed = False

    async def start(self) -> None:
        """Nothing to start."""

    def voice(self, name: str | None, language: str) -> "AzureVoice":
        """A voice by its full name, as "de-DE-KatjaNeural"."""
        return AzureVoice(self, name or VOICE, language)

    async def take(self) -> tuple[Socket, bool]:
        """A socket for one text, and whether it was used before. Raises LegFailed."""
        if self._kept:
            return self._kept.pop(), True
        headers = {"Ocp-Apim-Subscription-Key": self._key, "X-ConnectionId": uuid4().hex}
        socket: Socket | None = None
        try:
            async with asyncio.timeout(CONNECT_S):
                socket = await self._connect(self._url, headers)
                await socket.send(wire.text("speech.config", uuid4().hex, wire.SYSTEM))
        except BaseException as error:  # whatever a handshake may raise, and who is interrupted meanwhile
            if socket is not None:
                self.drop(socket)
            if not isinstance(error, Exception):
                raise
            raise self.lost(error) from None
        return socket, False

    def keep(self, socket: Socket) -> None:
        """It has rendered its text to the end."""
        if len(self._kept) < KEPT and not self._closed:
            self._kept.append(socket)
        else:
            self.drop(socket)

    def drop(self, socket: Socket) -> None:
        """It is in the middle of a text, or lost. Nobody waits for its end."""
        task = asyncio.get_running_loop().create_task(_closed(socket))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    def lost(self, error: BaseException) -> LegFailed:
        """Why, in a sentence."""
        return failure("Azure Speech", error, self._key)

    async def close(self) -> None:
        """Ends the sockets. Idempotent."""
        self._closed = True
        while self._kept:
            self.drop(self._kept.pop())
        await asyncio.gather(*self._closing)


async def _closed(socket: Socket) -> None:
    with contextlib.suppress(Exception):
        await socket.close()


class AzureVoice:
    """One voice (a `Synthesizer`)."""

    format: Format = MULAW_8K
    pause_ms = 0
    word_times = True

    def __init__(self, voices: AzureVoices, name: str, language: str) -> None:
        self._voices, self._name, self._language = voices, name, language

    async def say(self, text: str) -> AsyncGenerator[Sound, None]:
        """The audio as it comes, each word with what it ends in. Raises LegFailed."""
        while True:
            socket, used = await self._voices.take()
            turn, begun, whole = uuid4().hex, False, False
            try:
                await socket.send(wire.text("synthesis.context", turn, CONTEXT))
                await socket.send(wire.text("ssml", turn, self._ssml(text)))
                words = WordEnds(text, MULAW_8K)
                while (message := await self._told(socket)).path != "turn.end" or message.request != turn:
                    begun = True
                    if sound := _taken(message, turn, words):
                        yield sound
                whole = True
                if rest := words.rest():
                    yield Sound(b"", rest)
                return
            except Exception as error:  # noqa: BLE001  (whatever a lost socket may raise)
                if begun or not used or isinstance(error, LegFailed):
                    raise self._voices.lost(error) from None
                # The server closed it while it waited: another one is tried.
            finally:
                (self._voices.keep if whole else self._voices.drop)(socket)

    async def _told(self, socket: Socket) -> wire.Told:
        try:
            async with asyncio.timeout(SILENT_S):
                return wire.told(await socket.recv())
        except TimeoutError:
            raise LegFailed("Azure Speech did not answer in time.", retryable=True) from None

    def _ssml(self, text: str) -> str:
        spoken = escape(text)
        if "Multilingual" in self._name:  # the others know but one, and not what is asked here
            spoken = f"<lang xml:lang={quoteattr(self._language)}>{spoken}</lang>"
        return (
            '<speak version="1.0" xmlns="http://www.w3.org/2001/10/synthesis" '
            f"xml:lang={quoteattr(self._language)}><voice name={quoteattr(self._name)}>{spoken}</voice></speak>"
        )


CONTEXT = {
    "synthesis": {
        "audio": {
            "metadataOptions": {
                "wordBoundaryEnabled": True, "punctuationBoundaryEnabled": False, "sentenceBoundaryEnabled": False,
                "bookmarkEnabled": False, "visemeEnabled": False, "sessionEndEnabled": False,
            },
            "outputFormat": OUTPUT,
        }
    }
}  # fmt: skip
"""What is wanted of a rendering."""


def _taken(message: wire.Told, turn: str, words: WordEnds) -> Sound | None:
    if message.request != turn:
        return None
    if message.path == "audio" and message.body:
        return words.sound(message.body)
    if message.path == "audio.metadata":
        for entry in message.json().get("Metadata", []):
            if entry.get("Type") == "WordBoundary":
                data = entry["Data"]
                words.word(unescape(data["text"]["Text"]), (data["Offset"] + data["Duration"]) / TICKS_PER_MS)
    return None
