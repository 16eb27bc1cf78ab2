"""Recognition that goes on while somebody speaks, whoever the server is: one connection of each caller's, made when they first
speak.

Only stretches of speech are sent. At a pause the server is asked to finish what it was told, so that the words are there
some hundred milliseconds later. A connection that is lost is made again and told the whole of the stretch.
"""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

from offhook.errors import LegFailed
from offhook.parts.socket import CLOSE_S, CONNECT_S, Socket, failure
from offhook.speech.base import Recognised

log = logging.getLogger(__name__)

BYTES_PER_MS = 16
SLACK_MS = 10.0
"""How much servers are out when they say where something ends."""
LONG_MS = 1000
"""A server that says nothing at all of so much speech is not there."""


@dataclass(slots=True, eq=False)
class Stretch:
    """One stretch of speech, and what is known of its words."""

    audio: bytearray = field(default_factory=bytearray)
    finished: asyncio.Event = field(default_factory=asyncio.Event)
    """What was asked to be finished is."""
    told: bool = False
    """The server has said something of it."""
    _settled: list[str] = field(default_factory=list)
    _partial: str = ""
    _confidence: list[float] = field(default_factory=list)
    _languages: list[str] = field(default_factory=list)

    def partial(self, text: str) -> None:
        """Words that may still change, in the place of those before."""
        self._partial, self.told = text.strip(), True

    def settle(self, text: str, confidence: float | None = None, language: str = "") -> None:
        """Words that do not change any more, in the place of those that might; `language`: its tag, if the server tells."""
        self.partial("")
        if text := text.strip():
            self._settled.append(text)
            if confidence is not None:
                self._confidence.append(confidence)
            if language:
                self._languages.append(language)

    def unsay(self) -> None:
        """Nothing is known of its words: it is told to another connection."""
        self._settled.clear()
        self._confidence.clear()
        self._languages.clear()
        self._partial, self.told = "", False
        self.finished.clear()

    def recognised(self) -> Recognised:
        """The words so far."""
        text = " ".join(filter(None, [*self._settled, self._partial]))
        language = max(self._languages, key=self._languages.count, default="")
        return Recognised(text, min(self._confidence, default=None), language)


class Wire(Protocol):
    """What one connection says and is told: a server's own language."""

    name: str
    """The server's, for a person."""
    finish_s: float
    """For the end of what was asked to be finished; then what was said counts."""
    certain: bool
    """The server always says that it has finished: one that does not is not there."""

    @property
    def idle(self) -> tuple[Any, float] | None:
        """What keeps a connection on which nothing is said, and after how many seconds it is sent."""

    async def connect(self) -> Socket:
        """Makes the connection. Raises whatever goes wrong."""

    def begin(self, stretch: Stretch) -> None:
        """What is told from now on is this one's."""

    def audio(self, pcm16: bytes) -> Iterable[Any]:
        """8 kHz, as messages."""

    def finish(self) -> Iterable[Any]:
        """Asks for the words of all that was sent."""

    def goodbye(self) -> Iterable[Any]:
        """The caller is gone."""

    def take(self, told: Any) -> Iterable[Any]:
        """What the server says, of the newest stretch or of one before; what is to be sent because of it. Raises LegFailed
        for what ends the connection."""


class Timeline:
    """The stretches that were sent over one connection, for servers that say of which time of the audio they speak."""

    def __init__(self) -> None:
        self._stretches: deque[tuple[float, Stretch]] = deque(maxlen=4)
        self._sent = 0

    def begin(self, stretch: Stretch) -> None:
        """What is sent from now on is this one's."""
        self._stretches.append((self._sent / BYTES_PER_MS, stretch))

    def sent(self, pcm16: bytes) -> None:
        """Audio was sent."""
        self._sent += len(pcm16)

    def at(self, end_ms: float | None) -> Stretch:
        """Whose audio ends there; None: the newest's."""
        for from_ms, stretch in reversed(self._stretches):
            if end_ms is None or end_ms > from_ms + SLACK_MS:
                return stretch
        return self._stretches[0][1]


class StreamRecogniser:
    """One caller (a `Recogniser`)."""

    complete = False

    def __init__(self, wire: Callable[[], Wire], secret: str = "") -> None:
        """`wire` is called for each connection; `secret` is cut out of whatever the server says."""
        self._wire, self._secret = wire, secret
        self._line: _Line | None = None
        self._stretch = Stretch()
        self._asked: asyncio.Task[Recognised] | None = None
        self._asked_bytes = 0
        self._mended = False  # a connection was lost within the stretch, and made again
        self._closed = False

    def begin(self) -> None:
        """The caller began to speak."""
        self.cancel()
        if self._closed:
            return
        if self._line is None or self._line.lost:
            self._renew()
        else:
            self._line.begin(self._stretch)

    def feed(self, audio: bytes) -> None:
        """PCM16 8 kHz of the stretch; sent on at once."""
        if self._closed:
            return
        self._stretch.audio += audio
        if self._line is None:
            self._renew()  # with all of the stretch
        elif not self._line.lost:
            self._line.send(audio)
        elif self._line.opened and self._line.hopeful and not self._mended:  # else it is seen to at the pause
            self._mended = True
            self._renew()

    def pause(self) -> Awaitable[Recognised]:
        """The words so far."""
        return _shielded(self._ask())

    def end(self) -> Awaitable[Recognised]:
        """The words of the stretch; those that were asked for at the pause, if nothing was said since."""
        asked, self._asked = self._ask(), None
        return asked

    def cancel(self) -> None:
        """Forget the stretch."""
        if self._line is not None and self._asked_bytes != len(self._stretch.audio):
            self._line.finish()  # so that its words do not run into the next one's
        self._forget()
        self._stretch, self._asked_bytes, self._mended = Stretch(), 0, False

    def close(self) -> None:
        """Ends the connection, and makes no other. Idempotent."""
        self._closed = True
        self._forget()
        if self._line is not None:
            self._line.close()
            self._line = None

    def _forget(self) -> None:
        if self._asked is not None:
            self._asked.cancel()
            self._asked = None

    def _renew(self) -> "_Line":
        self._stretch.unsay()
        if self._line is not None:
            self._line.close()
        self._line = _Line(self._wire(), self._secret)
        self._line.begin(self._stretch)
        if self._stretch.audio:
            self._line.send(bytes(self._stretch.audio))
        return self._line

    def _ask(self) -> "asyncio.Task[Recognised]":
        said = len(self._stretch.audio)
        failed = self._asked is not None and self._asked.done() and self._asked.exception() is not None
        if self._asked is None or self._asked_bytes != said or failed:
            self._forget()
            self._asked_bytes = said
            line = self._line
            if not self._closed and (line is None or (line.lost and (line.opened or failed))):
                line = self._renew()
            self._stretch.finished.clear()
            if line is not None:
                line.finish()
            self._asked = asyncio.get_running_loop().create_task(self._words(line, self._stretch))
        return self._asked

    async def _words(self, line: "_Line | None", stretch: Stretch) -> Recognised:
        """Those of a stretch; it is told once more if that fails before the caller says something else, or is gone."""
        if line is None:
            raise LegFailed("Nobody is listened to any more.")
        try:
            await line.until_finished(stretch)
        except LegFailed as failed:
            if not failed.retryable or stretch is not self._stretch or self._closed:
                raise
            log.warning("a recogniser is asked once more: %s", failed)
            again = self._renew()
            again.finish()
            await again.until_finished(stretch)
        return stretch.recognised()


class _Line:
    """One connection."""

    def __init__(self, wire: Wire, secret: str) -> None:
        self._wire, self._secret = wire, secret
        self._out: asyncio.Queue[Any] = asyncio.Queue()
        self._up = asyncio.Event()
        self._failed: LegFailed | None = None
        loop = asyncio.get_running_loop()
        self._gone: asyncio.Future[None] = loop.create_future()
        self._task = loop.create_task(self._run(), name=wire.name)

    @property
    def lost(self) -> bool:
        """It carries nothing any more."""
        return self._gone.done()

    @property
    def opened(self) -> bool:
        """It did carry something."""
        return self._up.is_set()

    @property
    def hopeful(self) -> bool:
        """Another connection may fare better."""
        return self._failed is None or self._failed.retryable

    def begin(self, stretch: Stretch) -> None:
        """What is sent from now on is this one's."""
        self._wire.begin(stretch)

    def send(self, pcm16: bytes) -> None:
        """Sends audio in order, once it is connected."""
        self._put(self._wire.audio(pcm16))

    def finish(self) -> None:
        """Asks for the words of all that was sent."""
        self._put(self._wire.finish())

    async def until_finished(self, stretch: Stretch) -> None:
        """Waits for the words that were asked for. Raises LegFailed if the connection is lost before, or dead."""
        waiting = asyncio.ensure_future(self._finished(stretch.finished))
        try:
            await asyncio.wait((waiting, self._gone), return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
        if stretch.finished.is_set():
            return
        if self.lost:
            raise self._failed or LegFailed(f"{self._wire.name} closed a connection.", retryable=True)
        if self._wire.certain or (not stretch.told and len(stretch.audio) >= LONG_MS * BYTES_PER_MS):
            self.close()
            raise LegFailed(f"{self._wire.name} does not say anything any more.", retryable=True)

    async def _finished(self, finished: asyncio.Event) -> None:
        await self._up.wait()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._wire.finish_s):
                await finished.wait()

    def _put(self, messages: Iterable[Any]) -> None:
        if not self.lost:
            for message in messages:
                self._out.put_nowait(message)

    async def _run(self) -> None:
        try:
            async with asyncio.timeout(CONNECT_S):
                socket = await self._wire.connect()
        except Exception as error:  # noqa: BLE001  (whatever a handshake may raise)
            self._lose(error)
            return
        self._up.set()
        loop = asyncio.get_running_loop()
        both = loop.create_task(self._read(socket)), loop.create_task(self._write(socket))
        try:
            done, _ = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            self._lose(next(filter(None, (task.exception() for task in done))))
        finally:
            for task in both:
                task.cancel()
            await asyncio.gather(*both, return_exceptions=True)
            with contextlib.suppress(Exception):
                async with asyncio.timeout(CLOSE_S):
                    for message in self._wire.goodbye():
                        await socket.send(message)
            with contextlib.suppress(Exception):
                await socket.close()

    def _lose(self, error: BaseException) -> None:
        self._failed = failure(self._wire.name, error, self._secret)
        log.warning("%s", self._failed)
        if not self.lost:
            self._gone.set_result(None)

    async def _write(self, socket: Socket) -> None:
        keep, after_s = self._wire.idle or (None, None)
        while True:
            try:
                message = await asyncio.wait_for(self._out.get(), after_s)
            except TimeoutError:
                message = keep
            await socket.send(message)

    async def _read(self, socket: Socket) -> None:
        while True:
            self._put(self._wire.take(await socket.recv()))

    def close(self) -> None:
        """Ends it. Idempotent."""
        if not self.lost:
            self._gone.set_result(None)
            self._task.cancel()


async def _shielded(asked: "asyncio.Task[Recognised]") -> Recognised:
    """Who waits for a pause's words may lose interest; at the end of the turn they are wanted all the same."""
    return await asyncio.shield(asked)
