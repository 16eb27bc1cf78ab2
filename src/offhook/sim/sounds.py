"""Sounds around a telephone, made from nothing: a cough, a throat, a breath, a knock, keys, and three noises. Seeded, pure.

All are mono at 8 kHz as floats of 16-bit scale. Loudness is the RMS of what sounds, in dB below a sample of 32768: a person on the
telephone speaks at about -20.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from offhook.audio.level import speech_rms

Samples = NDArray[np.float64]
Random = np.random.Generator

RATE = 8000
SPEECH_DBFS = -20.0


def at_level(samples: Samples, dbfs: float) -> Samples:
    """The same sound, as loud as that; pauses in it do not count."""
    rms = speech_rms(samples, RATE)
    return samples * (32768 * 10 ** (dbfs / 20) / rms) if rms else samples


def cough(rng: Random) -> Samples:
    """Two bursts of breath, each with a hard beginning and a rough voice after it: half a second."""
    first, second = _burst(rng, 0.19), _burst(rng, 0.24) * 0.7
    return at_level(np.concatenate((first, np.zeros(int(0.09 * RATE)), second)), -18.0)


def throat(rng: Random) -> Samples:
    """A throat is cleared: a rough low voice that swells twice, 0.6 s."""
    length = int(0.6 * RATE)
    seconds = np.arange(length) / RATE
    pulses = _voice(rng, length, 95.0, 0.25)
    swell = np.sin(np.pi * np.clip(seconds / 0.28, 0, 1)) + 0.8 * np.sin(np.pi * np.clip((seconds - 0.3) / 0.3, 0, 1))
    rough = pulses + 0.4 * _band(rng.standard_normal(length), 300, 1800)
    return at_level(rough * np.maximum(swell, 0.0), -24.0)


def breath(rng: Random) -> Samples:
    """Somebody breathes out into the mouthpiece: 0.9 s of soft hiss."""
    length = int(0.9 * RATE)
    return at_level(_band(rng.standard_normal(length), 250, 2200) * np.hanning(length), -32.0)


def knock(rng: Random) -> Samples:
    """Three knocks on a door, over about 0.7 s."""
    length = int(0.75 * RATE)
    samples = np.zeros(length)
    for start_s in (0.0, 0.21 + rng.uniform(-0.02, 0.02), 0.43 + rng.uniform(-0.02, 0.02)):
        seconds = np.arange(int(0.12 * RATE)) / RATE
        ring = sum(
            np.sin(2 * np.pi * hz * seconds) * np.exp(-seconds * fall) for hz, fall in ((180, 40), (390, 60), (820, 90))
        )
        click = rng.standard_normal(len(seconds)) * np.exp(-seconds * 400) * 2
        begin = int(start_s * RATE)
        samples[begin : begin + len(seconds)] += (ring + click) * rng.uniform(0.8, 1.0)
    return at_level(samples, -22.0)


def keys(rng: Random) -> Samples:
    """Typing: eight clicks in about a second and a half."""
    samples = np.zeros(int(1.6 * RATE))
    for start_s in np.cumsum(rng.uniform(0.12, 0.24, 8)) - 0.1:
        seconds = np.arange(int(0.03 * RATE)) / RATE
        begin = int(start_s * RATE)
        click = _band(rng.standard_normal(len(seconds)), 1200, 3700) * np.exp(-seconds * 180)
        samples[begin : begin + len(seconds)] += click * rng.uniform(0.5, 1.0)
    return at_level(samples, -30.0)


SOUNDS: dict[str, Callable[[Random], Samples]] = {
    "cough": cough,
    "throat": throat,
    "breath": breath,
    "knock": knock,
    "keys": keys,
}
BACKCHANNELS = {"uh-huh": "uh huh", "mm-hmm": "mmhm"}
"""What a listener says to show that he listens, and how a voice is told to say it."""
NOISES = ("white", "street", "babble")


def white(rng: Random, seconds: float) -> Samples:
    """A hiss as a bad line has: equal power at all frequencies of the telephone."""
    return _band(rng.standard_normal(int(seconds * RATE)), 200, 3600)


def street(rng: Random, seconds: float) -> Samples:
    """Traffic: a low rumble that swells as cars go by."""
    length = int(seconds * RATE)
    rumble = _band(rng.standard_normal(length), 60, 500) + 0.3 * _band(rng.standard_normal(length), 500, 2500)
    at = np.arange(length) / RATE
    swell = np.ones(length)
    for middle in np.arange(rng.uniform(0, 3), seconds + 3, 4.0):
        swell += 1.5 * np.exp(-(((at - middle - rng.uniform(-1, 1)) / 0.9) ** 2))
    return rumble * swell


def babble(rng: Random, seconds: float, talkers: Sequence[Samples]) -> Samples:
    """People who talk at the same time behind the caller: each begins anywhere in what it says and goes on."""
    length = int(seconds * RATE)
    crowd = np.zeros(length)
    for talker in talkers:
        if len(talker):
            start = int(rng.integers(len(talker)))
            crowd += np.resize(np.roll(at_level(talker, SPEECH_DBFS), -start), length) * rng.uniform(0.6, 1.0)
    return crowd


def _burst(rng: Random, seconds: float) -> Samples:
    length = int(seconds * RATE)
    at = np.arange(length) / RATE
    hiss = _band(rng.standard_normal(length), 350, 3000) * np.exp(-at * 22)
    voice = _voice(rng, length, 150.0, 0.3) * np.exp(-((at - 0.06) ** 2) / 0.003)
    return (hiss + 0.5 * voice) * np.minimum(1.0, at / 0.004)


def _voice(rng: Random, length: int, hz: float, rough: float) -> Samples:
    """Unit power: pulses of a throat at about `hz`, each early or late by the part `rough` of its time, through a mouth."""
    pulses = np.zeros(length)
    at = 0.0
    while at < length:
        pulses[int(at)] = rng.uniform(1 - rough, 1 + rough)
        at += RATE / hz * rng.uniform(1 - rough, 1 + rough)
    return _unit(_band(pulses, 350, 900) + 0.5 * _band(pulses, 900, 2200))


def _band(samples: Samples, low_hz: float, high_hz: float) -> Samples:
    """What is between two frequencies, with soft edges, at unit power."""
    hz = np.fft.rfftfreq(len(samples), 1 / RATE)
    gain = 1 / (1 + np.exp((low_hz - hz) / (0.1 * low_hz))) / (1 + np.exp((hz - high_hz) / (0.05 * high_hz)))
    return _unit(np.fft.irfft(np.fft.rfft(samples) * gain, len(samples)))


def _unit(samples: Samples) -> Samples:
    rms = float(np.sqrt((samples**2).mean()))
    return samples / rms if rms else samples
