"""Measures what Kokoro costs: CPU a second of speech, and the wait for a sentence when several calls speak at once.

    PYTHONPATH=src python -m bench.kokoro FOLDER [VOICE]

FOLDER holds Kokoro's files (docs/cascade.md). CPU is the worker's (Linux); the wait is real time on whatever machine this is.
"""

import asyncio
import statistics
import sys
import time
from pathlib import Path

from bench.cascade import workers_cpu_s
from offhook.speech.engines.kokoro import KokoroSynthesizer, KokoroVoices

SENTENCES = (
    "Yes.",
    "Could you tell me your telephone number, please?",
    "We are open from nine in the morning until five in the afternoon.",
    "I'm sorry, the large table by the window is already taken on Friday.",
)


async def said(voice: KokoroSynthesizer, text: str) -> tuple[float, float]:
    """Seconds of speech, seconds until it was there."""
    began = time.perf_counter()
    audio = b"".join([sound.audio async for sound in voice.say(text)])
    return len(audio) / 8000, time.perf_counter() - began


async def measure(folder: Path, name: str | None) -> None:
    voices = KokoroVoices(folder)
    try:
        await voices.start()
        voice = voices.voice(name, "en-US")
        await said(voice, SENTENCES[0])
        for text in SENTENCES:
            used = workers_cpu_s()
            runs = [await said(voice, text) for _ in range(3)]
            used = workers_cpu_s() - used
            seconds, waits = zip(*runs, strict=True)
            print(
                f"{seconds[0]:4.1f} s of speech: CPU {used / sum(seconds):.2f} s a second, there after {min(waits):.2f} s"
            )
        for calls in (2, 4):
            waits = [wait for _, wait in await asyncio.gather(*(said(voice, SENTENCES[2]) for _ in range(calls)))]
            print(
                f"{calls} calls at once: there after {min(waits):.2f} to {max(waits):.2f} s, {statistics.mean(waits):.2f} s on average"
            )
    finally:
        await voices.close()


if __name__ == "__main__":
    asyncio.run(measure(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None))
