"""Spoken sentences for tests: the built-in synthesizer through a telephone line with some noise."""

import asyncio
from functools import cache

import numpy as np

from offhook.audio import g711
from offhook.speech.engines.espeak import EspeakSynthesizer


@cache
def clean(*texts: str) -> dict[str, bytes]:
    """Each text as PCM16 8 kHz, as the synthesizer says it."""

    async def render() -> list[bytes]:
        espeak = EspeakSynthesizer()
        try:
            return [(await espeak.speak(text)).audio for text in texts]
        finally:
            await espeak.close()

    return {text: g711.decode(audio) for text, audio in zip(texts, asyncio.run(render()), strict=True)}


@cache
def spoken(*texts: str) -> dict[str, bytes]:
    """Each text as PCM16 8 kHz with 300 ms of line noise before and after."""
    return {text: on_the_line(pcm16) for text, pcm16 in clean(*texts).items()}


def on_the_line(pcm16: bytes) -> bytes:
    """With noise 40 dB below speech, and the quantisation of µ-law."""
    samples = np.concatenate((np.zeros(2400), np.frombuffer(pcm16, "<i2"), np.zeros(2400)))
    noisy = samples + np.random.default_rng(1).standard_normal(len(samples)) * 33
    return g711.decode(g711.encode(np.rint(noisy).clip(-32768, 32767).astype("<i2").tobytes()))
