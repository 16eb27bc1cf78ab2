"""Voices behind `/audio/speech`: PCM16 at 24 kHz as it is rendered."""

from collections.abc import AsyncGenerator

from offhook.audio.format import PCM16_24K, Format
from offhook.parts.http import Server
from offhook.speech.base import Sound

VOICE = "alloy"
"""The usual one."""


class Speech:
    """One model (a `Voices`)."""

    polyglot = True

    def __init__(self, server: Server, model: str) -> None:
        self.server, self._model = server, model

    async def start(self) -> None:
        """Nothing to start."""

    def voice(self, name: str | None, language: str) -> "SpeechVoice":
        """A voice; each speaks the language of its text."""
        return SpeechVoice(self.server, self._model, name or VOICE)

    async def close(self) -> None:
        """Ends the connections."""
        await self.server.close()


class SpeechVoice:
    """One voice (a `Synthesizer`)."""

    format: Format = PCM16_24K
    pause_ms = 0
    word_times = False

    def __init__(self, server: Server, model: str, voice: str) -> None:
        self._server, self._model, self._voice = server, model, voice

    async def say(self, text: str) -> AsyncGenerator[Sound, None]:
        """The audio as it comes. Raises LegFailed."""
        body = {"model": self._model, "voice": self._voice, "input": text, "response_format": "pcm"}
        odd = b""
        async with self._server.ask("/audio/speech", json=body) as answer:
            async for piece in answer.aiter_bytes():
                piece = odd + piece
                whole = len(piece) & ~1  # half a sample waits for its other half
                odd = piece[whole:]
                if whole:
                    yield Sound(piece[:whole])
