"""Measures whether a caller is told from a room full of people: what is taken for speech of theirs, and what of it is found.

    python -m bench.background

Crowds of the simulator's chatter, mixed anew for each seed; callers of three voices of espeak-ng, 5, 8 and 12 dB above the
crowd, at several moments. Compared: the voice detector alone, and with audio/background.py.
"""

import asyncio

import numpy as np

from offhook.audio import g711
from offhook.audio.background import BEGINS_DB, LASTS_DB, Background
from offhook.audio.vad import SpeechGate, VoiceBank
from offhook.sim import sounds
from offhook.sim.voicing import CHATTER, CROWD
from offhook.speech.espeak import EspeakSynthesizer

SENTENCES = (
    "can you read me the menu",
    "i would like two large coffees with oat milk and a slice of carrot cake to take away please",
    "what are your opening hours",
    "yes",
)
VOICES = ("en-us+f3", "en-us", "en+m4")
SEEDS, CROWD_S, ONSET_MS = range(6), 60.0, 6_000.0
MOMENTS_S = (12.3, 31.7, 48.1)


async def spoken(voices: tuple[str, ...], texts: tuple[str, ...]) -> list[np.ndarray]:
    """Each text by each voice."""
    found = []
    for voice in voices:
        espeak = EspeakSynthesizer(voice)
        found += [np.frombuffer(g711.decode((await espeak.speak(text)).audio), "<i2").astype(float) for text in texts]
        await espeak.close()
    return found


def transitions(samples: np.ndarray, *, guarded: bool) -> list[tuple[str, float]]:
    """When speech began and stopped."""
    pcm16 = g711.decode(g711.encode(np.rint(samples).clip(-32768, 32767).astype("<i2").tobytes()))
    bank = VoiceBank()
    track = bank.open()
    track.feed(pcm16)
    background, gate, found = Background(), SpeechGate(), []
    for at, probability in enumerate(dict(bank.evaluate())[track]):
        over = background.over(pcm16[at * 512 : at * 512 + 512])
        if guarded and over < (LASTS_DB if gate.speaking else BEGINS_DB):
            probability = 0.0
        if transition := gate.update(probability):
            found.append((transition.kind, transition.at_ms))
    return found


def main() -> None:
    """Prints a table."""
    callers = asyncio.run(spoken(VOICES, SENTENCES))
    talkers = [
        one for voice, text in zip(CROWD, CHATTER, strict=True) for one in asyncio.run(spoken((voice,), (text,)))
    ]
    for guarded in (False, True):
        false_starts = 0
        found: dict[int, list[float]] = {5: [], 8: [], 12: []}
        missed = dict.fromkeys(found, 0)
        for seed in SEEDS:
            crowd = sounds.babble(np.random.default_rng(seed), CROWD_S, talkers)
            for below_db, late in found.items():
                noise = sounds.at_level(crowd, sounds.SPEECH_DBFS - below_db)
                alone = transitions(noise, guarded=guarded)
                false_starts += sum(kind == "started" and at > ONSET_MS for kind, at in alone)
                for number, caller in enumerate(callers):
                    begin_s = MOMENTS_S[number % len(MOMENTS_S)]
                    both = noise.copy()
                    begin = int(begin_s * sounds.RATE)
                    both[begin : begin + len(caller)] += caller
                    first_ms = begin_s * 1000 + np.argmax(np.abs(caller) > 300) / 8
                    end_ms = begin_s * 1000 + len(caller) / 8
                    starts = [at for kind, at in transitions(both, guarded=guarded) if kind == "started"]
                    near = [at - first_ms for at in starts if first_ms - 300 < at < end_ms]
                    if near:
                        late.append(near[0])
                    else:
                        missed[below_db] += 1
        minutes = len(SEEDS) * len(found) * (CROWD_S - ONSET_MS / 1000) / 60
        print(
            f"{'with the background' if guarded else 'the detector alone'}: {false_starts} false starts in {minutes:.0f} min"
        )
        for below_db, late in found.items():
            of = len(late) + missed[below_db]
            told = np.percentile(late, [50, 95]).round() if late else "-"
            print(f"  {below_db:2d} dB over the crowd: {len(late)} of {of} callers found, p50 and p95 after {told} ms")


if __name__ == "__main__":
    main()
