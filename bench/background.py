"""Measures whether a caller is told from a room full of people: what is taken for speech of theirs, and what of it is found.

    PYTHONPATH=src python -m bench.background [FOLDER]

Callers stand 5, 8 and 12 dB above a crowd, at several moments, seen by the voice detector alone and with audio/background.py.
The first crowds are the simulator's: four synthetic voices that never pause, mixed anew for each seed; the callers are three
more. The thresholds were chosen on such. With FOLDER, recordings of people as bench/understanding.py wants them, there are
others on which nothing was chosen: crowds of two to sixteen people, who pause between what they say, and callers who are
none of them.
"""

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from bench.understanding import clips_of
from offhook.audio import g711
from offhook.audio.background import BEGINS_DB, LASTS_DB, Background
from offhook.audio.vad import SpeechGate, VoiceBank
from offhook.sim import sounds
from offhook.sim.voicing import CHATTER, CROWD
from offhook.speech.engines.espeak import EspeakSynthesizer

SENTENCES = (
    "can you read me the menu",
    "i would like two large coffees with oat milk and a slice of carrot cake to take away please",
    "what are your opening hours",
    "yes",
)
VOICES = ("en-us+f3", "en-us", "en+m4")
SEEDS, CROWD_S, ONSET_MS = range(6), 60.0, 6_000.0
MOMENTS_S = (12.3, 31.7, 48.1)
ABOVE_DB = (5, 8, 12)
PEOPLE = (2, 4, 8, 16)
PAUSES_S = (0.4, 2.0)
"""The shortest and the longest between two sentences of a person in a crowd."""


async def spoken(voices: tuple[str, ...], texts: tuple[str, ...]) -> list[np.ndarray]:
    """Each text by each voice."""
    found = []
    for voice in voices:
        espeak = EspeakSynthesizer(voice)
        found += [np.frombuffer(g711.decode((await espeak.speak(text)).audio), "<i2").astype(float) for text in texts]
        await espeak.close()
    return found


def transitions(samples: np.ndarray) -> tuple[list[tuple[str, float]], list[tuple[str, float]]]:
    """When speech began and stopped, for the detector alone and with the background."""
    pcm16 = g711.decode(g711.encode(np.rint(samples).clip(-32768, 32767).astype("<i2").tobytes()))
    bank = VoiceBank()
    track = bank.open()
    track.feed(pcm16)
    background, gates = Background(), (SpeechGate(), SpeechGate())
    found: tuple[list[tuple[str, float]], list[tuple[str, float]]] = ([], [])
    for at, probability in enumerate(dict(bank.evaluate())[track]):
        over = background.over(pcm16[at * 512 : at * 512 + 512])
        for gate, told, guarded in zip(gates, found, (False, True), strict=True):
            hidden = guarded and over < (LASTS_DB if gate.speaking else BEGINS_DB)
            if transition := gate.update(0.0 if hidden else probability):
                told.append((transition.kind, transition.at_ms))
    return found


@dataclass
class Seen:
    """What one of the two made of a set of crowds."""

    false_starts: int = 0
    minutes: float = 0.0
    late: dict[int, list[float]] = field(default_factory=lambda: {db: [] for db in ABOVE_DB})
    missed: dict[int, int] = field(default_factory=lambda: dict.fromkeys(ABOVE_DB, 0))

    def told(self) -> str:
        """In one line."""
        found = ", ".join(
            f"{len(late)} of {len(late) + self.missed[db]} at {db} dB"
            + (f" (p50 {np.percentile(late, 50):.0f}, p95 {np.percentile(late, 95):.0f} ms)" if late else "")
            for db, late in self.late.items()
        )
        return f"{self.false_starts} false starts in {self.minutes:.0f} min; callers found: {found}"


def seen(crowds: Sequence[np.ndarray], callers: Sequence[np.ndarray]) -> tuple[Seen, Seen]:
    """By the detector alone, and with the background."""
    both = Seen(), Seen()
    for crowd in crowds:
        for above_db in ABOVE_DB:
            noise = sounds.at_level(crowd, sounds.SPEECH_DBFS - above_db)
            for one, found in zip(both, transitions(noise), strict=True):
                one.false_starts += sum(kind == "started" and at > ONSET_MS for kind, at in found)
                one.minutes += (CROWD_S - ONSET_MS / 1000) / 60
            for number, caller in enumerate(callers):
                begin_s = MOMENTS_S[number % len(MOMENTS_S)]
                begin = int(begin_s * sounds.RATE)
                mixed = noise.copy()
                mixed[begin : begin + len(caller)] += caller
                first_ms = begin_s * 1000 + np.argmax(np.abs(caller) > 300) / 8
                for one, found in zip(both, transitions(mixed), strict=True):
                    end_ms = begin_s * 1000 + len(caller) / 8
                    near = [at - first_ms for kind, at in found if kind == "started" and first_ms - 300 < at < end_ms]
                    if near:
                        one.late[above_db].append(near[0])
                    else:
                        one.missed[above_db] += 1
    return both


def chatting(rng: np.random.Generator, people: Sequence[list[np.ndarray]]) -> np.ndarray:
    """People who each say their sentences again and again, with pauses between."""
    length = int(CROWD_S * sounds.RATE)
    crowd = np.zeros(length)
    for sentences in people:
        at = -int(rng.uniform(0, 5) * sounds.RATE)
        loud = rng.uniform(0.6, 1.0)
        while at < length:
            said = loud * sentences[int(rng.integers(len(sentences)))]
            begin, end = max(0, at), min(length, at + len(said))
            if end > begin:
                crowd[begin:end] += said[begin - at : end - at]
            at += len(said) + int(rng.uniform(*PAUSES_S) * sounds.RATE)
    return crowd


def synthetic() -> None:
    callers = asyncio.run(spoken(VOICES, SENTENCES))
    talkers = [
        one for voice, text in zip(CROWD, CHATTER, strict=True) for one in asyncio.run(spoken((voice,), (text,)))
    ]
    crowds = [sounds.babble(np.random.default_rng(seed), CROWD_S, talkers) for seed in SEEDS]
    for name, one in zip(("alone", "background"), seen(crowds, callers), strict=True):
        print(f"synthetic voices, {name}: {one.told()}")


def people(folder: Path) -> None:
    clips = [
        sounds.at_level(np.frombuffer(clip.pcm16, "<i2").astype(float), sounds.SPEECH_DBFS) for clip in clips_of(folder)
    ]
    callers, others = clips[:12], clips[12:]
    for many in PEOPLE:
        crowds = []
        for seed in range(3):
            rng = np.random.default_rng(1000 * many + seed)
            chosen = rng.permutation(len(others))[: 2 * many]
            crowds.append(
                chatting(rng, [[others[a], others[b]] for a, b in zip(chosen[::2], chosen[1::2], strict=True)])
            )
        for name, one in zip(("alone", "background"), seen(crowds, callers), strict=True):
            print(f"{many} people, {name}: {one.told()}")


def main() -> None:
    synthetic()
    if len(sys.argv) > 1:
        people(Path(sys.argv[1]))


if __name__ == "__main__":
    main()
