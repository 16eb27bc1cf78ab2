"""How well the agent's own echo is told from a caller: the tables of docs/decisions/0006-echo.md.

    python -m bench.echo [folder of human clips] [CALLS] [FIRST SEED]

Each call plays three answers of the desk to a caller whose telephone sends them back: 120 to 800 ms late, at −6 to −35 dB,
in three rooms, 300 to 3400 Hz, µ-law twice, over noise; the carrier starts each answer up to 20 ms early or late. Callers
are human (FLAC files in the folder; without it left out) and three voices of espeak-ng. Everything goes through the
ears of the embedded agent, frame by frame in simulated time. Numbers were chosen with seeds from 0, tables are from 1000.
"""

import asyncio
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from offhook.agent.listening import Listening
from offhook.audio import g711
from offhook.audio.echo import PLAYED, EchoGuard
from offhook.audio.level import speech_rms
from offhook.audio.wav import read_audio
from offhook.core import events as e
from offhook.core.tape import Tape
from offhook.core.turns import Endpointing
from offhook.sim.clock import run
from offhook.speech.base import Recognised
from offhook.speech.engines.espeak import EspeakSynthesizer

Samples = NDArray[np.float64]

ROOMS = {"a line": (0.0, 0.0), "an office": (0.2, 3.0), "a hall": (0.4, 0.0)}  # RT60 s, direct to reverberant dB
QUESTIONS = ("what are your opening hours", "tell me the prices", "can you repeat that please", "no thank you")
ANSWERS = (
    ("We are at twelve Mill Street, next to the old station.", "Anything else?"),
    ("Monday to Friday we are open from eight to six.", "Saturday and Sunday from nine to four.", "Anything else?"),
    (
        "We have espresso, americano, cappuccino, latte, mocha and drip coffee.",
        "There is black tea, green tea, mint tea and camomile tea.",
        "To eat we have croissants, muffins, scones and sandwiches.",
    ),
)
OVER_DB = (-10, -5, 0, 5, 10, 20)
LATE_MS, MISSED_MS = 300, 2000
PAUSE = np.zeros(1600)


class Deaf:
    """No recogniser: words do not matter here."""

    complete = False

    def begin(self) -> None: ...
    def feed(self, audio: bytes) -> None: ...
    def pause(self) -> None: ...
    def close(self) -> None: ...
    async def end(self) -> Recognised:
        return Recognised("", 0.0)


class Side:
    """What the ears see of a call."""

    id = "bench"

    def __init__(self) -> None:
        self.tape = Tape()
        self.starts: list[float] = []

    def now(self) -> float:
        return asyncio.get_running_loop().time() * 1000.0

    def report(self, event: e.Event) -> None:
        if isinstance(event, e.SpeechStarted):
            self.starts.append(self.now())


def starts(heard: Samples, played: Samples | None) -> list[float]:
    """When speech is reported to start, in ms of the call; without `played` there is no guard."""

    async def call() -> list[float]:
        side = Side()
        if played is not None:
            side.tape.wrote(mulaw(played), side.now())
        hearing = Listening().open(side, Deaf(), Endpointing())
        audio = mulaw(heard)
        for at in range(0, len(audio), 160):
            await asyncio.sleep(0.02)
            hearing.feed(audio[at : at + 160])
        await asyncio.sleep(0.1)
        hearing.close()
        return side.starts

    return run(call())


def mulaw(samples: Samples) -> bytes:
    return g711.encode(np.rint(np.clip(samples * 32768, -32768, 32767)).astype("<i2").tobytes())


def floats(pcm16: bytes) -> Samples:
    return np.frombuffer(pcm16, "<i2") / 32768


def line(samples: Samples, level_db: float) -> Samples:
    """Through a telephone's band, its speech at a level in dBFS."""
    hz = np.fft.rfftfreq(len(samples), 1 / 8000)
    band = 1 / (1 + np.exp((300 - hz) / 30)) / (1 + np.exp((hz - 3400) / 60))
    narrow = np.fft.irfft(np.fft.rfft(samples) * band, len(samples))
    return narrow * 10 ** (level_db / 20) / speech_rms(narrow, 8000)


def room(rng: np.random.Generator, rt60: float, direct_db: float) -> Samples:
    """A synthetic response: a direct sound, and from 2 ms noise that dies away."""
    response = np.zeros(4000)
    if rt60:
        response = rng.standard_normal(4000) * np.exp(-6.9 * np.arange(4000) / 8000 / rt60)
        response[:16] = 0
        response *= 10 ** (-direct_db / 20) / np.sqrt((response**2).sum())
    response[0] = 1.0
    return response


class Scene:
    """One seed's call: what is played, its echo, the noise, and a caller with a moment."""

    def __init__(self, seed: int, answers: Sequence[Samples], callers: Sequence[Samples]) -> None:
        rng = np.random.default_rng(seed)
        self.room = list(ROOMS)[seed % 3]
        self.level_db = rng.uniform(-35, -6)
        lag = rng.integers(960, 6400)
        response = room(rng, *ROOMS[self.room])
        total = 4000 + sum(len(answer) + 8000 for answer in answers)
        self.played, echo, at = np.zeros(total), np.zeros(total + 16000), 4000
        for answer in answers:
            self.played[at : at + len(answer)] = answer
            late = at + lag + rng.integers(-160, 161)
            back = np.convolve(answer, response)[: len(echo) - late]
            echo[late : late + len(back)] += back
            at += len(answer) + 8000
        self.echo = line(echo[:total], -20 + self.level_db)
        self.noise = rng.standard_normal(total) * 10 ** (rng.uniform(-65, -52) / 20)
        caller = callers[rng.integers(len(callers))][:16000]
        # Half of them early, before the path is well known.
        begins = 4000 + lag + rng.integers(2400, 24000) if seed % 2 else rng.integers(40000, total - 24000)
        self.caller, self.begins = caller, int(begins)

    def speak(self, level_db: float) -> Samples:
        """The caller alone."""
        alone = np.zeros(len(self.noise))
        alone[self.begins : self.begins + len(self.caller)] = line(self.caller, level_db)
        return alone

    def first_start(self, heard: Samples, played: Samples | None) -> tuple[float | None, int]:
        """(Milliseconds from the caller's first sound to the start; None if missed. Starts before it.)"""
        end = self.begins + 8 * MISSED_MS
        begins_ms, found = self.begins / 8, starts(heard[:end], played)
        after = [at - begins_ms for at in found if at > begins_ms]
        return (after[0] if after else None), len(found) - len(after)


def echo_only(scenes: list[Scene]) -> None:
    print("| echo alone, in | calls | starts without a guard | with |\n|---|---|---|---|")
    for name in ROOMS:
        those = [scene for scene in scenes if scene.room == name]
        without = sum(len(starts(scene.echo + scene.noise, None)) for scene in those)
        guarded = sum(len(starts(scene.echo + scene.noise, scene.played)) for scene in those)
        print(f"| {name} | {len(those)} | {without} | {guarded} |", flush=True)


def over_echo(scenes: list[Scene]) -> None:
    print("\n| caller over echo | calls | before the caller | missed | over 300 ms | p50 | p95 | without any echo |")
    print("|---|---|---|---|---|---|---|---|")
    for over_db in OVER_DB:
        waits, alone_waits, early, missed = [], [], 0, 0
        for scene in scenes:
            alone = scene.speak(max(-50.0, min(-12.0, -20 + scene.level_db + over_db)))
            base, _ = scene.first_start(alone + scene.noise, None)
            if base is None or base > LATE_MS:
                continue  # too quiet, or too slow a beginning, for any ears
            alone_waits.append(base)
            wait, before = scene.first_start(alone + scene.echo + scene.noise, scene.played)
            early += before
            missed += wait is None
            waits += [wait] if wait is not None else []
        late = sum(wait > LATE_MS for wait in waits)
        p50, p95, base = *np.percentile(waits, (50, 95)), np.percentile(alone_waits, 95)
        print(
            f"| {over_db:+d} dB | {len(alone_waits)} | {early} | {missed} | {late} | {p50:.0f} | {p95:.0f} | p95 {base:.0f} |",
            flush=True,
        )


def no_echo(scenes: list[Scene]) -> None:
    later = []
    for scene in scenes:
        heard = scene.speak(-20.0) + scene.noise
        base, _ = scene.first_start(heard, None)
        wait, _ = scene.first_start(heard, scene.played)
        if base is not None:
            later.append((wait if wait is not None else MISSED_MS) - base)
    p50, p95 = np.percentile(later, (50, 95))
    print(f"\nA caller without an echo, while we play: later by p50 {p50:.0f}, p95 {p95:.0f}, max {max(later):.0f} ms.")


def cost(scene: Scene) -> None:
    """CPU of the windows that carry sound while something is played."""
    played = g711.decode(mulaw(scene.played))
    for name, heard in (("an echo", scene.echo + scene.noise), ("a caller", scene.speak(-20.0) + scene.noise)):
        audio, guard, taken = g711.decode(mulaw(heard)), EchoGuard(), []
        for end in range(2 * PLAYED, len(played) - 512, 512):
            began = time.process_time()
            guard.listen(audio[end - 512 : end], played[end - 2 * PLAYED : end])
            if np.abs(np.frombuffer(audio[end - 512 : end], "<i2")).max() > 200:
                taken.append(1e6 * (time.process_time() - began))
        p50, p95 = np.percentile(taken, (50, 95))
        print(f"CPU for a window of {name}: p50 {p50:.0f}, p95 {p95:.0f} µs")


async def speak(voice: str, speed: int, texts: Sequence[str]) -> list[Samples]:
    espeak = EspeakSynthesizer(voice, speed)
    spoken = [floats(g711.decode((await espeak.speak(text)).audio)) for text in texts]
    await espeak.close()
    return spoken


async def answers() -> list[Samples]:
    """Three answers of the desk."""
    spoken = [await speak("en-us", 175, texts) for texts in ANSWERS]
    return [np.concatenate([part for said in each for part in (said, PAUSE)]) for each in spoken]


def from_first_sound(samples: Samples) -> Samples:
    """Without the silence before: begins with the first 10 ms within 30 dB of the loudest."""
    power = (samples[: len(samples) // 80 * 80].reshape(-1, 80) ** 2).mean(axis=1)
    return samples[int(np.argmax(power > power.max() / 1000)) * 80 :]


async def callers(folder: Path | None) -> list[Samples]:
    spoken = [floats(read_audio(file, 8000)) for file in sorted(folder.glob("*.flac"))] if folder else []
    if not spoken:
        print("Human callers are left out: no folder of FLAC files was given.\n")
    for voice, speed in (("en-gb-scotland", 150), ("en", 160), ("en-us", 140)):
        spoken += await speak(voice, speed, QUESTIONS)
    return [from_first_sound(samples) for samples in spoken]


def main() -> None:
    """Prints the tables."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 and sys.argv[1] else None
    calls = int(sys.argv[2]) if len(sys.argv) > 2 else 60
    first = int(sys.argv[3]) if len(sys.argv) > 3 else 1000
    said, spoken = asyncio.run(answers()), asyncio.run(callers(folder))
    scenes = [Scene(seed, said, spoken) for seed in range(first, first + calls)]
    cost(scenes[0])
    echo_only(scenes)
    over_echo(scenes[: calls // 2])
    no_echo(scenes)


if __name__ == "__main__":
    main()
