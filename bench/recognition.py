"""Measures the built-in speech: sentences understood, foreign speech rejected, milliseconds and CPU.

    python bench/recognition.py [folder of human clips]

In-grammar sentences are spoken by voices of espeak-ng (three accents) and, where installed, of flite; foreign speech
is human, from a folder of FLAC files (without it that part is left out). All goes through a telephone channel: 200–3500
Hz, µ-law, noise 30 dB below.
"""

import asyncio
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from offhook.audio import g711
from offhook.audio.vad import WINDOW_MS, SpeechGate, VoiceBank
from offhook.audio.wav import read_audio
from offhook.speech.desk import GRAMMAR, Desk, intent_of
from offhook.speech.espeak import EspeakSynthesizer
from offhook.speech.pocketsphinx import PocketsphinxPool, PocketsphinxRecogniser

SENTENCES = {
    "hours": (
        "what are your opening hours",
        "when are you open",
        "are you open on saturday",
        "what time do you close today",
    ),
    "address": ("where are you located", "what's your address", "how do i get there"),
    "menu": ("read me the menu", "what do you have", "what's your menu", "tell me the prices"),
    "repeat": ("can you repeat that please", "say that again", "pardon"),
    "goodbye": ("goodbye", "that's all thanks", "nothing else thank you"),
    "yes": ("yes", "yes please", "sure"),
    "no": ("no", "no thanks", "no thank you"),
}
ESPEAK = (("en-us", 140), ("en-us", 175), ("en", 160), ("en-gb-scotland", 150))
FLITE = ("kal", "awb", "rms", "slt")
NOISE_DB = 30
PAUSE = bytes(16 * 800)


def telephone(pcm16: bytes, seed: int) -> bytes:
    """What is left of clean speech at the other end of a line."""
    samples = np.frombuffer(PAUSE + pcm16 + PAUSE, "<i2").astype(float)
    hz = np.fft.rfftfreq(len(samples), 1 / 8000)
    band = 1 / (1 + np.exp((200 - hz) / 30)) / (1 + np.exp((hz - 3500) / 60))
    samples = np.fft.irfft(np.fft.rfft(samples) * band, len(samples))
    samples *= 16000 / np.abs(samples).max()
    loud = np.sort(samples**2)[len(samples) // 2 :].mean()
    samples += np.random.default_rng(seed).standard_normal(len(samples)) * np.sqrt(loud / 10 ** (NOISE_DB / 10))
    return g711.decode(g711.encode(np.rint(samples).clip(-32768, 32767).astype("<i2").tobytes()))


def stretch_of(audio: bytes) -> bytes:
    """The part that a call would feed: from 300 ms before speech is found until it is found to have ended for good."""
    bank, gate = VoiceBank(), SpeechGate(stop_windows=10)
    track = bank.open()
    track.feed(audio)
    begin, end = None, len(audio)
    for probability in bank.evaluate()[0][1]:
        if transition := gate.update(probability):
            if transition.kind == "stopped":
                end = int(gate.ms) * 16
            elif begin is None:
                begin = max(0, int(transition.at_ms - 300)) * 16
    return audio[begin or 0 : end]


async def sentences() -> list[tuple[str, str, str, bytes]]:
    """(voice, intent, text, audio) of every sentence by every voice."""
    spoken = []
    for voice, speed in ESPEAK:
        espeak = EspeakSynthesizer(voice, speed)
        spoken += [
            (f"{voice} {speed}", intent, text, g711.decode((await espeak.speak(text)).audio))
            for intent, texts in SENTENCES.items()
            for text in texts
        ]
        await espeak.close()
    return spoken + (list(_flite()) if shutil.which("flite") else [])


def _flite() -> Iterator[tuple[str, str, str, bytes]]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "speech.wav")
        for voice in FLITE:
            for intent, texts in SENTENCES.items():
                for text in texts:
                    subprocess.run(["flite", "-voice", voice, "-t", text, "-o", str(file)], check=True)
                    yield f"flite {voice}", intent, text, read_audio(file, 8000)


async def hear(recogniser: PocketsphinxRecogniser, audio: bytes) -> tuple[str, float, bool]:
    """(words, milliseconds from the end of the stretch to the words, whether it was told before that they are complete).

    Five times as fast as speech: the worker keeps up and is nearly idle at the end, as it is in a call.
    """
    recogniser.begin()
    for at in range(0, len(audio), 320):
        recogniser.feed(audio[at : at + 320])
        await asyncio.sleep(0.004)
    await asyncio.sleep(0.05)
    complete = recogniser.complete
    began = time.perf_counter()
    return (await recogniser.end()).text, 1000 * (time.perf_counter() - began), complete


async def recognition(pool: PocketsphinxPool, worker_cpu: int) -> None:
    spoken = [(v, i, t, stretch_of(telephone(a, n))) for n, (v, i, t, a) in enumerate(await sentences())]
    for mode in ("first words", "same caller"):
        right: dict[str, list[bool]] = {}
        waits, completes, wrong = [], [], []
        callers: dict[str, PocketsphinxRecogniser] = {}
        cpu, began = _cpu_s(worker_cpu), time.process_time()
        for voice, intent, text, audio in spoken:
            if mode == "first words" or voice not in callers:
                if voice in callers:
                    callers[voice].close()
                callers[voice] = pool.recogniser()
            words, wait, complete = await hear(callers[voice], audio)
            right.setdefault(voice, []).append(intent_of(words) == intent)
            waits.append(wait)
            completes.append(complete)
            if intent_of(words) != intent:
                wrong.append(f"{voice}: {text!r} as {words!r}")
        for caller in callers.values():
            caller.close()
        seconds = sum(len(audio) for *_, audio in spoken) / 16000
        total = sum(map(sum, right.values()))
        print(f"understood, {mode}: {total}/{len(spoken)} = {total / len(spoken):.3f}")
        print("   " + ", ".join(f"{voice} {sum(each)}/{len(each)}" for voice, each in right.items()))
        print("   not: " + "; ".join(wrong))
        print(f"   complete before the end: {statistics.mean(completes):.2f}")
        print(f"   end to text: {_quantiles(waits)} ms")
        print(
            f"   CPU per second of speech: worker {1000 * (_cpu_s(worker_cpu) - cpu) / seconds:.1f} ms, "
            f"this process {1000 * (time.process_time() - began) / seconds:.1f} ms"
        )


async def rejection(pool: PocketsphinxPool, folder: Path) -> None:
    clips = [file for file in sorted(folder.glob("*.flac")) if file.name != "dograh_yes.flac"]
    if not clips:
        print(f"foreign speech: left out, no FLAC files in {folder}")
        return
    accepted = []
    for seed, file in enumerate(clips):
        recogniser = pool.recogniser()
        words, *_ = await hear(recogniser, stretch_of(telephone(read_audio(file, 8000), seed)))
        recogniser.close()
        if words:
            accepted.append(f"{file.stem}: {words}")
    print(f"foreign human speech rejected: {len(clips) - len(accepted)}/{len(clips)}; accepted: {accepted}")


async def synthesis() -> None:
    espeak = EspeakSynthesizer()
    await espeak.start()
    waits, seconds = [], 0.0
    for intent in ("read me the menu", "when are you open", "where are you", "bye", ""):
        async for sentence in Desk().respond(intent):
            began = time.perf_counter()
            utterance = await espeak.speak(sentence)
            waits.append(1000 * (time.perf_counter() - began))
            seconds += len(utterance.audio) / 8000
    await espeak.close()
    print(f"text to utterance: {_quantiles(waits)} ms, {sum(waits) / seconds:.1f} ms per second of speech")


def voice_activity() -> None:
    audio = np.random.default_rng(1).integers(-3000, 3000, 256).astype("<i2").tobytes()
    for calls in (1, 8, 32):
        bank = VoiceBank()
        tracks = [bank.open() for _ in range(calls)]
        best = float("inf")
        for _ in range(40):
            for track in tracks:
                track.feed(5 * audio)
            began = time.process_time()
            bank.evaluate()
            best = min(best, (time.process_time() - began) / 5 / calls)
        print(
            f"voice activity, {calls} calls: {best * 1e6:.0f} µs a window, {best * 1e6 / WINDOW_MS:.2f} ms a call-second"
        )


def _quantiles(values: list[float]) -> str:
    ordered = sorted(values)
    return f"p50 {statistics.median(ordered):.1f}, p95 {ordered[int(len(ordered) * 0.95)]:.1f}, max {ordered[-1]:.1f}"


def _cpu_s(pid: int) -> float:
    """CPU seconds a process has used so far (Linux; 0 elsewhere)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def main() -> None:
    voice_activity()
    await synthesis()
    pool = PocketsphinxPool(GRAMMAR, workers=1)
    await pool.start()
    await recognition(pool, pool.pids[0])
    if len(sys.argv) > 1:
        await rejection(pool, Path(sys.argv[1]))
    else:
        print("foreign speech: left out, no folder given")
    await pool.close()


if __name__ == "__main__":
    asyncio.run(main())
