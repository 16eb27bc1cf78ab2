"""The stand-in model over real sockets, with the real engines, for the clients of others."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import numpy as np

from offhook.audio import g711
from offhook.audio.resample import resample
from offhook.sim.model_drive import SpeechEngines
from offhook.sim.model_orders import Setup
from offhook.sim.model_socket import SocketServer
from offhook.speech.engines.espeak import EspeakSynthesizer


class Running:
    """A service that listens."""

    def __init__(self, service: SocketServer, port: int, caller: EspeakSynthesizer) -> None:
        self.service, self.port = service, port
        self._caller = caller

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    async def speech(self, text: str, rate: int = 24000, silence_ms: int = 900) -> bytes:
        """A caller's words as PCM16, with some silence around them: what is quiet on a line is not digital zero."""
        mulaw = (await self._caller.speak(text)).audio
        pcm16 = resample(g711.decode(b"\xff" * 1600 + mulaw + b"\xff" * 8 * silence_ms), 8000, rate)
        noise = np.random.default_rng(1).standard_normal(len(pcm16) // 2) * 20
        return (np.frombuffer(pcm16, "<i2") + noise).clip(-32768, 32767).astype("<i2").tobytes()


@asynccontextmanager
async def running(**setup: Any) -> AsyncIterator[Running]:
    """Serves while the block runs; audio comes at once unless told otherwise."""
    engines, caller = SpeechEngines(), EspeakSynthesizer()
    service = SocketServer(Setup(**{"first_audio_ms": 0.0, "pace": 1000.0, **setup}), engines)
    try:
        await asyncio.gather(engines.start(), caller.start())
        async with service.listen("127.0.0.1", 0) as server:
            yield Running(service, next(iter(server.sockets)).getsockname()[1], caller)
    finally:
        await asyncio.gather(engines.close(), caller.close())
