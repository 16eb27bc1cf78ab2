"""A provider of parts in memory: the stand-in, with engines that need no speech."""

import asyncio

from offhook.audio.format import MULAW_8K
from offhook.parts.http import Server
from offhook.sim.http_memory import AppTransport
from offhook.sim.model_http import HttpModel, HttpSetup
from offhook.speech.base import Utterance


class Engines:
    """Hears what it is told to; speaks 50 ms for each character."""

    def __init__(self, *words):
        self.words, self.heard = list(words), []

    def ear(self):
        return self

    async def hear(self, pcm16):
        self.heard.append(pcm16)
        return self.words.pop(0) if self.words else "where are you"

    async def speak(self, text, speed):
        return Utterance(text, bytes(range(100, 200)) * (len(text) * 50 * MULAW_8K.bytes_per_ms // 100), ())

    def close(self):
        pass


def provider(*words, **setup):
    """The provider, and a server that is it."""
    model = HttpModel(HttpSetup(**setup), Engines(*words))
    server = Server("the stand-in", "http://parts.test/v1", {"Authorization": "Bearer secret-key"}, secret="secret-key")
    server.transport = AppTransport(model, 20.0)
    return model, server


async def all_of(parts):
    """What an asynchronous generator gives."""
    return [each async for each in parts]


__all__ = ["Engines", "all_of", "asyncio", "provider"]
