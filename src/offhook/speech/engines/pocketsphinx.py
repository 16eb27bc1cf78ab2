"""The built-in recogniser: pocketsphinx with a closed grammar, in worker processes that all calls share.

It understands the sentences of its grammar and rejects most others. Nothing is downloaded: the model is in the package.
"""

import asyncio
import importlib.util
import os
import struct
from collections.abc import Awaitable
from itertools import count

from offhook.errors import ConfigError, LegFailed
from offhook.speech.base import Recognised
from offhook.speech.engines.grammar import words_of
from offhook.speech.engines.worker import Refusal, Worker

GRAMMAR, OPEN, BEGIN, AUDIO, END, CANCEL, CLOSE = range(1, 8)
"""Kinds of message to a worker. GRAMMAR (the JSGF text, on stream 0) comes first; the answer to AUDIO is b"1" if the
words so far make a whole sentence, else b"0"; the answer to END is the score and the words."""

SCORE = struct.Struct(">f")

_BLOCK_BYTES = 1600
"""100 ms: a message costs more than 20 ms of decoding, and nothing waits for the words before the end."""


class PocketsphinxPool:
    """Worker processes for the callers of this process. One core decodes for some thirty people who all talk at once."""

    def __init__(self, grammar: str, workers: int | None = None, least_score: float | None = None) -> None:
        """`workers` defaults to the number of cores. Below `least_score` words count as not understood; the default suits
        a desk that had rather ask again than do what nobody wanted. Raises ConfigError without the extra or for a text
        that is no JSGF.
        """
        if importlib.util.find_spec("pocketsphinx") is None:
            raise ConfigError("The built-in recogniser is not installed: run pip install 'offhook[local]'.")
        words_of(grammar)
        self._grammar = grammar.encode()
        self._workers = [_Shared(least_score) for _ in range(workers or os.cpu_count() or 1)]
        self._streams = count(1)

    async def start(self) -> None:
        """Starts every worker and gives it the grammar. Raises ConfigError if the grammar is faulty."""
        await asyncio.gather(*(self._prepare(shared) for shared in self._workers))

    def recogniser(self) -> "PocketsphinxRecogniser":
        """One for a new caller, on the worker with the fewest."""
        shared = min(self._workers, key=lambda each: each.callers)
        return PocketsphinxRecogniser(self, shared, next(self._streams))

    @property
    def pids(self) -> list[int]:
        """Process ids of the workers that run."""
        return [shared.worker.pid for shared in self._workers if shared.worker.pid is not None]

    async def close(self) -> None:
        """Ends the workers. Idempotent."""
        for shared in self._workers:
            await shared.worker.close()

    async def _prepare(self, shared: "_Shared") -> None:
        await shared.worker.start()
        shared.taught = shared.worker.life
        try:
            await shared.worker.request(0, GRAMMAR, self._grammar)
        except Refusal as reason:
            raise ConfigError(str(reason)) from reason

    def teach(self, shared: "_Shared") -> None:
        """Makes sure that a worker lives and has the grammar. Used by recognisers."""
        shared.worker.revive()
        if shared.taught != shared.worker.life:
            shared.taught = shared.worker.life
            shared.worker.post(0, GRAMMAR, self._grammar)


class _Shared:
    """A worker and how many callers it has."""

    def __init__(self, least_score: float | None) -> None:
        arguments = () if least_score is None else (str(least_score),)
        self.worker = Worker("offhook.speech.engines.pocketsphinx_worker", *arguments)
        self.callers = 0
        self.taught = 0
        """The life of the worker that was given the grammar."""


class PocketsphinxRecogniser:
    """One caller's stream on a shared worker (a `Recogniser`)."""

    def __init__(self, pool: PocketsphinxPool, shared: _Shared, stream: int) -> None:
        self._pool, self._shared, self._stream = pool, shared, stream
        self._worker = shared.worker
        shared.callers += 1
        self._life = 0
        self._stretch = 0
        self._block = bytearray()
        self._complete = False
        self._closed = False

    def begin(self) -> None:
        """The caller began to speak."""
        self._open()
        self._stretch += 1
        self._complete = False
        self._block.clear()
        self._worker.post(self._stream, BEGIN)

    def feed(self, audio: bytes) -> None:
        """PCM16 8 kHz of the stretch; sent on in blocks of 100 ms."""
        self._block += audio
        if len(self._block) >= _BLOCK_BYTES:
            self._send_block()

    @property
    def complete(self) -> bool:
        """True if the words of all blocks answered so far make a whole sentence of the grammar."""
        return self._complete

    def pause(self) -> None:
        """Its words are known at the end only, and then at once."""

    def end(self) -> Awaitable[Recognised]:
        """The words of the stretch. Awaiting raises LegFailed if the worker died since `begin`."""
        if self._life != self._worker.life:
            return _died()
        if self._block:
            self._send_block()
        return _recognised(self._worker.ask(self._stream, END))

    def cancel(self) -> None:
        """Forget the stretch."""
        self._stretch += 1
        self._complete = False
        self._block.clear()
        self._worker.post(self._stream, CANCEL)

    def close(self) -> None:
        """Give the decoder back. Idempotent."""
        if not self._closed:
            self._closed = True
            self._shared.callers -= 1
            if self._life:  # a caller who never spoke has no decoder
                self._worker.post(self._stream, CLOSE)

    def _open(self) -> None:
        """Makes sure that the worker that lives now has the grammar and a decoder for this caller."""
        self._pool.teach(self._shared)
        if self._life != self._worker.life:
            self._life = self._worker.life
            self._worker.post(self._stream, OPEN)

    def _send_block(self) -> None:
        stretch = self._stretch

        def answered(answer: bytes | LegFailed) -> None:
            if stretch == self._stretch:
                self._complete = answer == b"1"

        self._worker.post(self._stream, AUDIO, bytes(self._block), answered)
        self._block.clear()


async def _recognised(answer: asyncio.Task[bytes]) -> Recognised:
    told = await answer
    return Recognised(told[SCORE.size :].decode(), SCORE.unpack_from(told)[0])


async def _died() -> Recognised:
    raise LegFailed("The recogniser died while the caller spoke.", retryable=True)
