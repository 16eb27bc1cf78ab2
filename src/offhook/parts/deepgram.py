"""Deepgram's streaming recognition: what is said goes to the server while it is said, over a socket of each caller's.

Only stretches of speech are sent, and the socket is kept alive between them. At a pause the server is asked to finish what it
has heard (`Finalize`), so that the words are there some hundred milliseconds later.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlencode

import orjson

from offhook.errors import ConfigError, LegFailed
from offhook.parts.keys import Keys
from offhook.speech.base import Recognised

log = logging.getLogger(__name__)

URL = "wss://api.deepgram.com/v1/listen"
STT = "nova-3"
"""The usual model."""
MULTI = "multi"
"""The language of callers who may speak several."""
CONNECT_S = 5.0
KEEP_ALIVE_S = 4.0
"""The server ends a socket on which nothing is said for ten seconds."""
FINAL_S = 0.8
"""For the end of what was asked to be finished. A server that had nothing left to finish may not say so; then what it has
said counts."""
_FINALIZE, _KEEP_ALIVE = '{"type":"Finalize"}', '{"type":"KeepAlive"}'


class Socket(Protocol):
    """What a connection is here."""

    async def send(self, message: bytes | str) -> None: ...
    async def recv(self) -> str | bytes: ...
    async def close(self) -> None: ...


Connect = Callable[[str, dict[str, str]], Awaitable[Socket]]


def stt(model: str, keys: Keys) -> "Deepgram":
    """Recognition. Raises ConfigError without a key."""
    if not keys.deepgram_api_key:
        raise ConfigError("Deepgram's recognition needs a key: set DEEPGRAM_API_KEY.")
    return Deepgram(model or STT, keys.deepgram_api_key)


async def _over_network(url: str, headers: dict[str, str]) -> Socket:
    from websockets.asyncio.client import connect

    return await connect(url, additional_headers=headers, open_timeout=CONNECT_S, ping_interval=None)


class Deepgram:
    """One model (a `Recognition`)."""

    tells_language = True

    def __init__(self, model: str, key: str, *, url: str = URL, connect: Connect = _over_network) -> None:
        self._model, self._url, self._connect = model, url, connect
        self._headers = {"Authorization": f"Token {key}"}

    async def start(self) -> None:
        """Nothing to start."""

    def recogniser(self, language: str, also: Sequence[str] = ()) -> "DeepgramRecogniser":
        """One for a new caller; it connects when they first speak. Of several languages the server finds out which it is."""
        query = {
            "model": self._model, "language": MULTI if also else language, "encoding": "linear16", "sample_rate": 8000, "channels": 1,
            "interim_results": "true", "punctuate": "true", "smart_format": "true", "endpointing": "false",
        }  # fmt: skip
        return DeepgramRecogniser(lambda: self._connect(f"{self._url}?{urlencode(query)}", self._headers))

    async def close(self) -> None:
        """Sockets end with their callers."""


@dataclass(slots=True)
class _Stretch:
    """One stretch of speech, and what is known of its words."""

    audio: bytearray = field(default_factory=bytearray)
    final: list[str] = field(default_factory=list)
    interim: str = ""
    confidence: list[float] = field(default_factory=list)
    finished: asyncio.Event = field(default_factory=asyncio.Event)
    """What was asked to be finished is."""
    languages: list[str] = field(default_factory=list)
    """Of what is final, where the server finds them out."""

    def take(self, result: dict[str, Any]) -> None:
        """What the server says of it."""
        best = result["channel"]["alternatives"][0]
        text = str(best["transcript"]).strip()
        if not result.get("is_final"):
            self.interim = text
            return
        self.interim = ""
        if text:
            self.final.append(text)
            self.confidence.append(float(best.get("confidence", 0.0)))
            self.languages += [str(each) for each in best.get("languages") or ()][:1]
        if result.get("from_finalize"):
            self.finished.set()

    def recognised(self) -> Recognised:
        """The words so far."""
        text = " ".join(filter(None, [*self.final, self.interim]))
        language = max(self.languages, key=self.languages.count, default="")
        return Recognised(text, min(self.confidence, default=None), language)


class DeepgramRecogniser:
    """One caller (a `Recogniser`)."""

    complete = False

    def __init__(self, connect: Callable[[], Awaitable[Socket]]) -> None:
        self._connect = connect
        self._line: _Line | None = None
        self._stretch = _Stretch()
        self._asked: asyncio.Task[Recognised] | None = None
        self._asked_bytes = 0

    def begin(self) -> None:
        """The caller began to speak."""
        self._forget()
        self._stretch = _Stretch()
        self._live().stretch = self._stretch

    def feed(self, audio: bytes) -> None:
        """PCM16 8 kHz of the stretch; sent on at once."""
        self._live().send(audio)
        self._stretch.audio += audio

    def pause(self) -> Awaitable[Recognised]:
        """The words so far."""
        return _shielded(self._ask())

    def end(self) -> Awaitable[Recognised]:
        """The words of the stretch; those that were asked for at the pause, if nothing was said since."""
        asked, self._asked = self._ask(), None
        return asked

    def cancel(self) -> None:
        """Forget the stretch."""
        self._forget()
        self._stretch = _Stretch()

    def close(self) -> None:
        """Ends the socket. Idempotent."""
        self._forget()
        if self._line is not None:
            self._line.close()
            self._line = None

    def _forget(self) -> None:
        if self._asked is not None:
            self._asked.cancel()
            self._asked = None

    def _live(self) -> "_Line":
        if self._line is None or self._line.lost:
            self._line = _Line(self._connect)
            self._line.stretch = self._stretch
            if self._stretch.audio:  # its beginning went down with another
                self._stretch.final.clear()
                self._stretch.languages.clear()
                self._line.send(bytes(self._stretch.audio))
        return self._line

    def _ask(self) -> "asyncio.Task[Recognised]":
        said = len(self._stretch.audio)
        failed = self._asked is not None and self._asked.done() and self._asked.exception() is not None
        if self._asked is None or self._asked_bytes != said or failed:
            self._forget()
            self._asked_bytes = said
            self._asked = asyncio.get_running_loop().create_task(self._finish(self._stretch))
        return self._asked

    async def _finish(self, stretch: _Stretch) -> Recognised:
        for last in (False, True):
            line = self._live()
            stretch.finished.clear()
            line.send(_FINALIZE)
            try:
                await line.until(stretch.finished)
                return stretch.recognised()
            except LegFailed:
                if last:
                    raise
        raise AssertionError("the second time tells")


class _Line:
    """One connection."""

    def __init__(self, connect: Callable[[], Awaitable[Socket]]) -> None:
        self.stretch: _Stretch | None = None
        """Which is being sent."""
        self._connect = connect
        self._out: asyncio.Queue[bytes | str] = asyncio.Queue()
        self._up = asyncio.Event()
        self._task = asyncio.get_running_loop().create_task(self._run(), name="deepgram")

    @property
    def lost(self) -> bool:
        """It carries nothing any more."""
        return self._task.done()

    def send(self, message: bytes | str) -> None:
        """Sends in order, once it is connected."""
        self._out.put_nowait(message)

    async def until(self, finished: asyncio.Event) -> None:
        """Waits for the end of what was asked to be finished. Raises LegFailed if the connection is lost before."""
        waiting = asyncio.ensure_future(self._finished(finished))
        try:
            await asyncio.wait((waiting, self._task), return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
        if self._task.done() and not finished.is_set():
            raise LegFailed("Deepgram cannot be reached, or closed the connection.", retryable=True)

    async def _finished(self, finished: asyncio.Event) -> None:
        await self._up.wait()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FINAL_S):
                await finished.wait()

    async def _run(self) -> None:
        try:
            async with asyncio.timeout(CONNECT_S):
                socket = await self._connect()
        except Exception as failed:  # noqa: BLE001  (whatever a handshake may raise)
            log.warning("Deepgram cannot be reached: %s", type(failed).__name__)
            return
        self._up.set()
        reading = asyncio.get_running_loop().create_task(self._read(socket))
        writing = asyncio.get_running_loop().create_task(self._write(socket))
        try:
            await asyncio.wait((reading, writing), return_when=asyncio.FIRST_COMPLETED)
        finally:
            reading.cancel()
            writing.cancel()
            await asyncio.gather(reading, writing, return_exceptions=True)
            with contextlib.suppress(Exception):
                await socket.close()

    async def _write(self, socket: Socket) -> None:
        while True:
            message: bytes | str = _KEEP_ALIVE
            with contextlib.suppress(TimeoutError):
                message = await asyncio.wait_for(self._out.get(), KEEP_ALIVE_S)
            await socket.send(message)

    async def _read(self, socket: Socket) -> None:
        while True:
            told = orjson.loads(await socket.recv())
            if told.get("type") == "Results" and self.stretch is not None:
                self.stretch.take(told)

    def close(self) -> None:
        """Ends it."""
        self._task.cancel()


async def _shielded(asked: "asyncio.Task[Recognised]") -> Recognised:
    """Who waits for a pause's words may lose interest; at the end of the turn they are wanted all the same."""
    return await asyncio.shield(asked)
