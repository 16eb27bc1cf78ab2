"""Drives a session on an event loop: its messages out, its timer, and the engines that hear and speak for it.

The driver knows no sockets: a shell gives it one function that sends and one that closes.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from offhook.errors import LegFailed
from offhook.sim.model import ModelSession
from offhook.sim.model_mind import GRAMMAR
from offhook.sim.model_orders import Close, Hear, Order, Send, Speak
from offhook.speech.base import Utterance
from offhook.speech.engines.espeak import EspeakSynthesizer
from offhook.speech.engines.pocketsphinx import PocketsphinxPool, PocketsphinxRecogniser

_WORDS_PER_MINUTE = 170
_BLOCK_BYTES = 1600


_LEAST_SCORE = -1.3
"""What was said clearly is heard, and much that was not: a model makes something of everything."""


class Ear(Protocol):
    """What hears for one session."""

    async def hear(self, pcm16: bytes) -> str:
        """The words in PCM16 8 kHz; empty if none are understood."""

    def close(self) -> None:
        """Nothing more is to be heard. Idempotent."""


class Engines(Protocol):
    """What hears and speaks, for all sessions."""

    def ear(self) -> Ear:
        """For a new session."""

    async def speak(self, text: str, speed: float) -> Utterance:
        """A sentence as µ-law 8 kHz."""


class SpeechEngines:
    """The embedded recogniser and synthesizer, in worker processes of their own."""

    def __init__(self, voice: str = "en-us+f3", workers: int | None = 1) -> None:
        """Raises ConfigError if they are not installed."""
        self._voice = voice
        self._pool = PocketsphinxPool(GRAMMAR, workers, _LEAST_SCORE)
        self._voices = {1.0: EspeakSynthesizer(voice, _WORDS_PER_MINUTE)}

    async def start(self) -> None:
        """Starts the workers. Raises ConfigError for a voice there is not."""
        await self._pool.start()
        await self._voices[1.0].start()

    def ear(self) -> Ear:
        """A place on the worker with the fewest sessions."""
        return _PocketsphinxEar(self._pool.recogniser())

    async def speak(self, text: str, speed: float) -> Utterance:
        """The sentence. Each speed has a synthesizer of its own. Raises LegFailed if it died."""
        if speed not in self._voices:
            self._voices[speed] = EspeakSynthesizer(self._voice, round(_WORDS_PER_MINUTE * speed))
        return await self._voices[speed].speak(text.encode(errors="replace").decode())

    async def close(self) -> None:
        """Ends the workers. Idempotent."""
        await asyncio.gather(self._pool.close(), *(voice.close() for voice in self._voices.values()))


class _PocketsphinxEar:
    """One caller's voice, which it gets to know."""

    def __init__(self, recogniser: PocketsphinxRecogniser) -> None:
        self._recogniser = recogniser

    async def hear(self, pcm16: bytes) -> str:
        self._recogniser.begin()
        for at in range(0, len(pcm16), _BLOCK_BYTES):
            self._recogniser.feed(pcm16[at : at + _BLOCK_BYTES])
        try:
            return (await self._recogniser.end()).text
        except LegFailed:
            return ""  # the service says nothing of that either

    def close(self) -> None:
        self._recogniser.close()


class Driver:
    """One session from its connection to its end."""

    def __init__(
        self, session: ModelSession, engines: Engines, send: Callable[[str], None], close: Callable[[int, str], None]
    ) -> None:
        self.session = session
        self._engines, self._ear = engines, engines.ear()
        self._send, self._close = send, close
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._gone = False

    def now(self) -> float:
        """The loop's clock in milliseconds."""
        return self._loop.time() * 1000.0

    def open(self) -> None:
        """The connection is up."""
        self._do(self.session.open(self.now()))

    def message(self, message: str | bytes) -> None:
        """The client sent something."""
        if not self._gone:
            self._do(self.session.receive(message, self.now()))

    def gone(self) -> None:
        """The connection is over. Idempotent."""
        self._gone = True
        if self._timer is not None:
            self._timer.cancel()
        for task in self._tasks:
            task.cancel()
        self._ear.close()

    def _do(self, orders: list[Order]) -> None:
        for order in orders:
            match order:
                case Send():
                    self._send(order.text)
                case Close():
                    self._close(order.code, order.reason)
                    self.gone()
                    return
                case Hear():
                    self._start(self._hear(order))
                case Speak():
                    self._start(self._speak(order))
        self._arm()

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _hear(self, order: Hear) -> None:
        text = await self._ear.hear(order.pcm16)
        self._do(self.session.heard(order.item_id, text, self.now()))

    async def _speak(self, order: Speak) -> None:
        try:
            utterance = await self._engines.speak(order.text, order.speed)
        except LegFailed:
            utterance = Utterance(order.text, b"", ())
        self._do(self.session.spoken(order.response_id, order.index, utterance, self.now()))

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._gone and (at := self.session.next_at()) is not None:
            self._timer = self._loop.call_at(at / 1000.0, self._due)

    def _due(self) -> None:
        self._timer = None
        self._do(self.session.due(self.now()))
