"""Streaming recognition on this machine by sherpa-onnx, in worker processes that all calls share.

The folder holds a streaming transducer, as the project sherpa-onnx publishes them: `encoder*.onnx`, `decoder*.onnx`,
`joiner*.onnx` and `tokens.txt`. Where there are two of a kind the smaller one (`*.int8.onnx`) is taken.
"""

import asyncio
import importlib.util
import os
from collections.abc import Awaitable
from itertools import count
from pathlib import Path

from offhook.errors import ConfigError, LegFailed
from offhook.speech.base import Recognised
from offhook.speech.engines.worker import Worker

READY, BEGIN, AUDIO, WORDS, END, CLOSE = range(1, 7)
"""Kinds of message to a worker. READY is answered once the model is loaded; WORDS and END by the words of the stretch so
far; BEGIN and CLOSE forget those of the stretch before."""

LOAD_S = 60.0
_BLOCK_BYTES = 1600
"""100 ms: the networks hear at least as much at a time."""


class SherpaPool:
    """A model in worker processes (a `Recognition`). Each loads it for itself."""

    def __init__(self, folder: Path, workers: int | None = None) -> None:
        """`workers` defaults to the number of cores. Raises ConfigError without the extra or for a folder that holds no such
        model."""
        if importlib.util.find_spec("sherpa_onnx") is None:
            raise ConfigError("sherpa-onnx is not installed: run pip install 'offhook[sherpa]'.")
        files = [_smallest(folder, kind) for kind in ("encoder*.onnx", "decoder*.onnx", "joiner*.onnx", "tokens.txt")]
        self._folder = folder
        self._workers = [
            _Shared(Worker("offhook.speech.engines.sherpa_worker", *files, patience_s=LOAD_S))
            for _ in range(workers or os.cpu_count() or 1)
        ]
        self._streams = count(1)

    async def start(self) -> None:
        """Loads the model. Raises ConfigError if that fails."""
        try:
            for shared in self._workers:  # one after the other: all at once would be slower
                await shared.worker.start()
                await shared.worker.request(0, READY)
        except LegFailed as failed:
            raise ConfigError(
                f"The model in {self._folder} cannot be loaded: it must be a streaming transducer of sherpa-onnx."
            ) from failed

    def recogniser(self, _language: str) -> "SherpaRecogniser":
        """One for a new caller, on the worker with the fewest. Which languages a model knows it does not tell."""
        shared = min(self._workers, key=lambda each: each.callers)
        return SherpaRecogniser(shared, next(self._streams))

    async def close(self) -> None:
        """Ends the workers. Idempotent."""
        await asyncio.gather(*(shared.worker.close() for shared in self._workers))


def _smallest(folder: Path, kind: str) -> str:
    found = sorted(folder.glob(kind), key=lambda path: path.stat().st_size)
    if not found:
        raise ConfigError(f"{folder} lacks {kind}: name the folder of a streaming transducer (docs/cascade.md).")
    return str(found[0])


class _Shared:
    """A worker and how many callers it has."""

    def __init__(self, worker: Worker) -> None:
        self.worker = worker
        self.callers = 0


class SherpaRecogniser:
    """One caller's stream on a shared worker (a `Recogniser`)."""

    complete = False

    def __init__(self, shared: _Shared, stream: int) -> None:
        self._shared, self._worker, self._stream = shared, shared.worker, stream
        shared.callers += 1
        self._life = 0
        self._block = bytearray()
        self._closed = False

    def begin(self) -> None:
        """The caller began to speak."""
        self._worker.revive()
        self._life = self._worker.life
        self._block.clear()
        self._worker.post(self._stream, BEGIN)

    def feed(self, audio: bytes) -> None:
        """PCM16 8 kHz of the stretch; sent on in blocks of 100 ms."""
        self._block += audio
        if len(self._block) >= _BLOCK_BYTES:
            self._send_block()

    def pause(self) -> Awaitable[Recognised]:
        """The words so far."""
        return self._ask(WORDS)

    def end(self) -> Awaitable[Recognised]:
        """The words of the stretch. Awaiting raises LegFailed if the worker died since `begin`."""
        return self._ask(END)

    def cancel(self) -> None:
        """Forget the stretch."""
        self._block.clear()
        self._worker.post(self._stream, CLOSE)

    def close(self) -> None:
        """Give back what the worker keeps of this caller. Idempotent."""
        if not self._closed:
            self._closed = True
            self._shared.callers -= 1
            if self._life:
                self._worker.post(self._stream, CLOSE)

    def _ask(self, kind: int) -> Awaitable[Recognised]:
        if self._life != self._worker.life:
            return _died()
        if self._block:
            self._send_block()
        return _recognised(self._worker.ask(self._stream, kind))

    def _send_block(self) -> None:
        self._worker.post(self._stream, AUDIO, bytes(self._block))
        self._block.clear()


async def _recognised(answer: asyncio.Task[bytes]) -> Recognised:
    return Recognised((await answer).decode())


async def _died() -> Recognised:
    raise LegFailed("The recogniser died while the caller spoke.", retryable=True)
