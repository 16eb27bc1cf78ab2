"""Smart Turn: a network that hears, by melody and rhythm, whether a caller who paused is done. In a worker process.

A check takes some 30 ms of CPU. They are made one after the other, so one worker serves about 30 pauses a second; an answer
that comes too late changes nothing.
"""

import asyncio
import importlib.util
import struct
from pathlib import Path

from offhook.errors import ConfigError
from offhook.speech.engines.worker import Refusal, Worker

WEIGHTS = Path(__file__).with_name("smart_turn.onnx")
HEAR = 1
"""Kind of message: PCM16 8 kHz, 8 s at most. The answer is how likely the turn is over."""
LIKELY = struct.Struct(">f")


class SmartTurn:
    """The network, shared by all calls of the process (a `TurnModel`)."""

    def __init__(self, weights: Path = WEIGHTS) -> None:
        """Raises ConfigError without the extra or the weights."""
        if importlib.util.find_spec("onnxruntime") is None:
            raise ConfigError("Smart Turn is not installed: run pip install 'offhook[turn]'.")
        if not weights.is_file():
            raise ConfigError(
                f"There is no {weights}: install offhook without OFFHOOK_SKIP_TURN, or name another file."
            )
        self._worker = Worker("offhook.speech.engines.smart_turn_worker", str(weights))
        self._one_at_a_time = asyncio.Lock()

    async def start(self) -> None:
        """Starts the worker and lets it hear a silence, so that a file that is no model is found now. Raises ConfigError."""
        await self._worker.start()
        try:
            await self._worker.request(0, HEAR)
        except Refusal as reason:
            raise ConfigError(str(reason)) from reason

    async def over(self, audio: bytes) -> float:
        """How likely a turn of PCM16 8 kHz is over, 0 to 1. One that is cancelled while others are heard is not heard at all.
        Raises LegFailed if the worker dies or does not answer."""
        async with self._one_at_a_time:
            (likely,) = LIKELY.unpack(await self._worker.request(0, HEAR, audio))
        return float(likely)

    async def close(self) -> None:
        """Ends the worker. Idempotent."""
        await self._worker.close()
