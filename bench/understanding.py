"""Measures what the café understands: recordings of people, and every phrase of the tests by synthetic voices.

    PYTHONPATH=src python -m bench.understanding [FOLDER]

FOLDER holds recordings and two files: `orders.json` (file → slots, as the phrasebook names them or as Picovoice's
benchmark does) and `words.json` (file → words that the grammar does not hold, or holds). Each recording is one call: it
goes through a telephone line (200–3500 Hz, µ-law, noise 30 dB below speech, or more) into the ears of the agent as a call
uses them: voice activity, endpointing, recogniser in its worker, phrasebook. Time is simulated and waits for the worker.
"""

import asyncio
import json
import os
import statistics
import sys
import time
import zlib
from collections.abc import Awaitable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from tests.speech.cafe.test_phrasebook import TABLE

from offhook.agent.listening import Listening
from offhook.audio import g711
from offhook.audio.vad import WINDOW_MS, VoiceBank
from offhook.audio.wav import read_audio
from offhook.core import events as e
from offhook.core.tape import Tape
from offhook.core.turns import Endpointing
from offhook.sim import clock
from offhook.speech.base import Recognised
from offhook.speech.cafe.phrasebook import GRAMMAR, Meaning, understand
from offhook.speech.engines.espeak import EspeakSynthesizer
from offhook.speech.engines.pocketsphinx import PocketsphinxPool, PocketsphinxRecogniser

LINE_DB = 30
"""How far below speech the noise of a good line is."""
PAUSE_S = 1.2
FRAME = 160
ESPEAK = (("en-us", 140), ("en-us", 175), ("en", 160), ("en-gb-scotland", 150))
SLOTS = {
    "coffeeDrink": "drink", "size": "size", "numberOfShots": "shots", "roast": "roast", "milkAmount": "milk",
    "sugarAmount": "sugar",
}  # fmt: skip


@dataclass
class Clip:
    """A recording: PCM16 8 kHz, and its slots if it is an order, else its words."""

    name: str
    pcm16: bytes
    slots: dict[str, str] | None = None
    words: str = ""


@dataclass
class Turn:
    """What became of one turn of a caller."""

    meaning: Meaning
    text: str
    score: float
    early: bool
    """Ended after the short silence, since the words were a whole sentence."""
    wait_ms: float
    """Real time from the end of the turn to the words."""


@dataclass
class Heard:
    """What became of a set of clips, one call each."""

    calls: list[tuple[Clip, list[Turn]]] = field(default_factory=list)
    audio_s: float = 0.0
    fed_s: float = 0.0
    worker_s: float = 0.0
    here_s: float = 0.0

    @property
    def orders(self) -> list[tuple[dict[str, str], list[Turn]]]:
        return [(clip.slots, turns) for clip, turns in self.calls if clip.slots is not None]

    @property
    def turns(self) -> list[Turn]:
        return [turn for _, turns in self.calls for turn in turns]

    def right(self) -> int:
        """Orders that were understood whole by the first turn."""
        return sum(turns[:1] != [] and turns[0].meaning == Meaning("order", slots) for slots, turns in self.orders)

    def accepted(self) -> list[tuple[str, str]]:
        """What was made of foreign speech: speech the grammar does not hold."""
        foreign = [(c.name, turns) for c, turns in self.calls if c.words and understand(c.words).intent == "unknown"]
        return [
            (name, " / ".join(turn.text for turn in turns)) for name, turns in foreign if any(t.text for t in turns)
        ]


def clips_of(folder: Path) -> list[Clip]:
    """The labelled recordings of a folder."""
    orders, words = (json.loads((folder / f"{name}.json").read_text()) for name in ("orders", "words"))
    clips = []
    for name, slots in orders.items():
        named = {SLOTS.get(slot, slot): value.strip() for slot, value in slots.items()}
        clips.append(Clip(name, read_audio(folder / name, 8000), named))
    return clips + [Clip(name, read_audio(folder / name, 8000), words=text) for name, text in words.items()]


def telephone(pcm16: bytes, seed: int, noise_db: float = LINE_DB) -> bytes:
    """What is left of clean speech at the other end of a line, with silence around it: µ-law."""
    pause = np.zeros(int(8000 * PAUSE_S))
    samples = np.concatenate((pause, np.frombuffer(pcm16, "<i2"), pause))
    hz = np.fft.rfftfreq(len(samples), 1 / 8000)
    band = 1 / (1 + np.exp((200 - hz) / 30)) / (1 + np.exp((hz - 3500) / 60))
    samples = np.fft.irfft(np.fft.rfft(samples) * band, len(samples))
    samples *= 16000 / np.abs(samples).max()
    loud = np.sort(samples**2)[len(samples) // 2 :].mean()
    samples += np.random.default_rng(seed).standard_normal(len(samples)) * np.sqrt(loud / 10 ** (noise_db / 10))
    return g711.encode(np.rint(samples).clip(-32768, 32767).astype("<i2").tobytes())


class Ears:
    """A recogniser as a call has it, and the call itself: notes what was fed and what came out."""

    id = "bench"

    def __init__(self, recogniser: PocketsphinxRecogniser) -> None:
        self._recogniser = recogniser
        self.begin, self.cancel, self.close = recogniser.begin, recogniser.cancel, recogniser.close
        self.tape = Tape()
        self.fed = 0
        self.turns: list[Turn] = []
        self.tape = Tape()  # the agent never speaks

    @property
    def complete(self) -> bool:
        return self._recogniser.complete

    def feed(self, audio: bytes) -> None:
        self.fed += len(audio)
        self._recogniser.feed(audio)

    def pause(self) -> Awaitable[Recognised] | None:
        return self._recogniser.pause()

    def end(self) -> Awaitable[Recognised]:
        return self._timed(self._recogniser.end(), self._recogniser.complete, time.perf_counter())

    async def _timed(self, words: Awaitable[Recognised], early: bool, began: float) -> Recognised:
        told = await words
        wait_ms = 1000 * (time.perf_counter() - began)
        self.turns.append(Turn(understand(told.text), told.text, told.score or 0.0, early, wait_ms))
        return told

    def report(self, event: e.Event) -> None:
        pass

    def now(self) -> float:
        return asyncio.get_running_loop().time() * 1000


def hear(clips: list[Clip], noise_db: float = LINE_DB) -> Heard:
    """Every clip as a call of its own, one after the other on one worker."""
    return clock.run(_hear(clips, noise_db))


async def _hear(clips: list[Clip], noise_db: float) -> Heard:
    lines = [telephone(clip.pcm16, zlib.crc32(clip.name.encode()), noise_db) for clip in clips]
    pool, listening, heard = PocketsphinxPool(GRAMMAR, workers=1), Listening(VoiceBank()), Heard()
    await pool.start()
    try:
        worker, here = _cpu_s(pool.pids[0]), time.process_time()
        for clip, line in zip(clips, lines, strict=True):
            ears = Ears(pool.recogniser())
            hearing = listening.open(ears, ears, Endpointing())  # type: ignore[arg-type]
            for at in range(0, len(line), FRAME):
                hearing.feed(line[at : at + FRAME])
                await asyncio.sleep(0.02)
            await asyncio.sleep(0.1)
            hearing.close()
            heard.calls.append((clip, ears.turns))
            heard.audio_s += len(line) / 8000
            heard.fed_s += ears.fed / 16000
        heard.worker_s, heard.here_s = _cpu_s(pool.pids[0]) - worker, time.process_time() - here
    finally:
        await pool.close()
    return heard


def people(folder: Path) -> None:
    clips = clips_of(folder)
    for noise_db in (LINE_DB, 20, 10):
        heard = hear(clips, noise_db)
        orders, right = heard.orders, heard.right()
        print(
            f"\npeople, noise {noise_db} dB below speech: {right}/{len(orders)} = {right / len(orders):.3f} orders whole"
        )
        for slot in SLOTS.values():
            named = [(s, t) for s, t in orders if slot in s]
            got = sum(bool(turns) and turns[0].meaning.slots.get(slot) == slots[slot] for slots, turns in named)
            false = sum(bool(turns) and slot in turns[0].meaning.slots for slots, turns in orders if slot not in slots)
            print(f"   {slot:6} {got}/{len(named)} right, in {false} of the {len(orders) - len(named)} others")
        print(f"   rejected: {sum(not any(t.text for t in turns) for _, turns in orders)} orders")
        print(f"   in more than one turn: {sum(len(turns) > 1 for _, turns in orders)}")
        foreign = [clip for clip, _ in heard.calls if clip.words and understand(clip.words).intent == "unknown"]
        print(f"   foreign speech accepted: {len(heard.accepted())}/{len(foreign)} {heard.accepted()}")
        told = [(c.words, t[0].text if t else "") for c, t in heard.calls if c.words and c not in foreign]
        print(f"   other words of the grammar: {told}")
        print(f"   ended early: {statistics.mean(turn.early for turn in heard.turns):.2f} of {len(heard.turns)} turns")
        print(f"   end of turn to words: {_quantiles([turn.wait_ms for turn in heard.turns])} ms")
        worker, here = heard.worker_s / heard.fed_s, heard.here_s / heard.audio_s
        print(
            f"   CPU per second: worker {1000 * worker:.1f} ms of speech, this process {1000 * here:.1f} ms of audio;"
            f" {1 / (worker + here):.0f} callers who always talk per core"
        )


def voices() -> None:
    """Every phrase of the tests by synthetic voices: right if it means what was meant."""
    for voice, speed in ESPEAK:
        heard = clock.run(_spoken(voice, speed))
        wrong = [(clip.words, turns[0].text if turns else "") for clip, turns in heard.calls if not _meant(clip, turns)]
        print(f"\n{voice} {speed}: {len(TABLE) - len(wrong)}/{len(TABLE)} phrases understood; not: {wrong}")


async def _spoken(voice: str, speed: int) -> Heard:
    espeak = EspeakSynthesizer(voice, speed)
    clips = [
        Clip(f"{voice} {speed} {text}", g711.decode((await espeak.speak(text)).audio), words=text) for text, _ in TABLE
    ]
    await espeak.close()
    return await _hear(clips, LINE_DB)


def _meant(clip: Clip, turns: list[Turn]) -> bool:
    return bool(turns) and turns[0].meaning == understand(clip.words)


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
        print(f"voice activity, {calls} calls: {best * 1e6:.0f} µs a window, {best * 1e6 / WINDOW_MS:.2f} ms a second")


async def synthesis() -> None:
    espeak = EspeakSynthesizer()
    await espeak.start()
    waits, seconds = [], 0.0
    for text, _ in TABLE:
        began = time.perf_counter()
        utterance = await espeak.speak(text)
        waits.append(1000 * (time.perf_counter() - began))
        seconds += len(utterance.audio) / 8000
    await espeak.close()
    print(f"text to utterance: {_quantiles(waits)} ms, {sum(waits) / seconds:.1f} ms per second of speech")


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


def main() -> None:
    """Every part in turn."""
    voice_activity()
    asyncio.run(synthesis())
    if len(sys.argv) > 1:
        people(Path(sys.argv[1]))
    else:
        print("people: left out, no folder given")
    voices()


if __name__ == "__main__":
    main()
