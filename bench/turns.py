"""Measures what a turn model is worth: how soon a turn ends that is over, and how many end that are not.

    PYTHONPATH=src python -m bench.turns FOLDER [NOISE_DB]

FOLDER holds recordings of people, as bench/understanding.py wants them; each goes through a telephone line into the ears of an
agent, as it is and with a pause of 500, 800 or 1,100 ms at each of the three quietest moments within its speech. People do not
pause at just any of these, nor as if nothing were to come: that is harder than their own pauses, of which the recordings hold
few. The thresholds of core/turns.py were chosen on one half of the recordings; the other half is told apart.
"""

import asyncio
import hashlib
import statistics
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from bench.understanding import FRAME, LINE_DB, PAUSE_S, Clip, clips_of, telephone
from offhook.agent.listening import Listening
from offhook.audio import g711
from offhook.audio.vad import VoiceBank
from offhook.core import events as e
from offhook.core.tape import Tape
from offhook.core.turns import Endpointing
from offhook.sim import clock
from offhook.speech.base import Recognised, TurnModel
from offhook.speech.engines.smart_turn import SmartTurn

PAUSES_MS = (500, 800, 1100)
MOMENTS = 3
APART = 4000
"""Samples between two moments, and between one and an end of the speech."""


class Ears:
    """A recogniser that hears no words, and the call."""

    id, complete = "bench", False

    def __init__(self) -> None:
        self.tape = Tape()
        self.stopped, self.waits = 0.0, list[float]()
        """From the end of speech to that of the turn, of each turn."""

    def begin(self) -> None: ...
    def feed(self, audio: bytes) -> None: ...
    def pause(self) -> None: ...
    def cancel(self) -> None: ...
    def close(self) -> None: ...

    async def end(self) -> Recognised:
        self.waits.append(self.now() - self.stopped)
        return Recognised("")

    def report(self, event: e.Event) -> None:
        if isinstance(event, e.SpeechStopped):
            self.stopped = self.now() - event.ago_ms

    def now(self) -> float:
        return asyncio.get_running_loop().time() * 1000


def quiet_moments(line: bytes) -> list[int]:
    """The quietest within speech, as places in the µ-law."""
    power = np.frombuffer(g711.decode(line), "<i2").astype(float) ** 2
    level = np.convolve(power, np.ones(320) / 320, "same")
    spoken = np.flatnonzero(level > np.percentile(level, 95) / 100)
    inside = np.arange(spoken[0] + APART, spoken[-1] - APART, 80)
    found: list[int] = []
    for at in inside[np.argsort(level[inside])]:
        if len(found) < MOMENTS and all(abs(at - other) >= APART for other in found):
            found.append(int(at))
    return found


def paused(line: bytes, at: int, ms: int) -> bytes:
    """With so much of the line's own noise in the middle."""
    noise = line[: int(8000 * PAUSE_S)] * 2
    return line[:at] + noise[: ms * 8] + line[at:]


async def waits(line: bytes, model: TurnModel | None, silence_ms: float) -> list[float]:
    """Of each turn that is heard."""
    ears = Ears()
    endpointing = Endpointing(otherwise_ms=silence_ms)
    hearing = Listening(VoiceBank()).open(ears, ears, endpointing, turn_model=model)  # type: ignore[arg-type]
    for at in range(0, len(line), FRAME):
        hearing.feed(line[at : at + FRAME])
        await asyncio.sleep(0.02)
    await asyncio.sleep(0.1)
    hearing.close()
    return ears.waits


async def judged(clips: list[Clip], noise_db: float, model: TurnModel | None, silence_ms: float) -> Iterator[str]:
    """A line of the table for each half of the recordings."""
    ends: tuple[list[float], list[float]] = ([], [])
    early: dict[tuple[int, int], list[bool]] = {}
    for clip in clips:
        seed, half = zlib.crc32(clip.name.encode()), hashlib.md5(clip.name.encode()).digest()[-1] % 2
        line = telephone(clip.pcm16, seed, noise_db)
        line += line[: int(8000 * PAUSE_S)]
        whole = await waits(line, model, silence_ms)
        ends[half].append(whole[-1])
        early.setdefault((half, 0), []).append(len(whole) > 1)
        for at in quiet_moments(telephone(clip.pcm16, seed)):  # on a good line: noise hides them
            for ms in PAUSES_MS:
                told = await waits(paused(line, at, ms), model, silence_ms)
                early.setdefault((half, ms), []).append(len(told) > len(whole))
    return (
        f"{'chosen on' if half == 0 else 'not chosen on'}: ends after {statistics.mean(ends[half]):.0f} ms;"
        + "".join(
            f" {100 * statistics.mean(early[half, ms]):.0f} % of {len(early[half, ms])}"
            + (f" at {ms} ms," if ms else " early as they are,")
            for ms in (0, *PAUSES_MS)
        )
        for half in (0, 1)
    )


async def compare(folder: Path, noise_db: float) -> None:
    clips = clips_of(folder)
    model = SmartTurn()
    await model.start()
    try:
        for name, one, silence_ms in (
            ("700 ms", None, 700.0), ("500 ms", None, 500.0), ("350 ms", None, 350.0), ("Smart Turn", model, 700.0),
        ):  # fmt: skip
            for line in await judged(clips, noise_db, one, silence_ms):
                print(f"{name:10} {line}")
    finally:
        await model.close()


if __name__ == "__main__":
    clock.run(compare(Path(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else LINE_DB))
