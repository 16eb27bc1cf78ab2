"""Brings a voice to telephone level while it speaks: about −20 dBFS RMS, peaks rounded off, nothing held back.

`audio/level.py` does the same for an utterance that is there as a whole. Here the gain follows from what was heard of the
voice before: once some sentences of it are known it hardly moves, so that a soft word stays softer than a loud one.
"""

import math

import numpy as np
from numpy.typing import NDArray

from offhook.audio.level import ACTIVE_DB, CEILING, MOST_GAIN, RMS

FRAMES_A_SECOND = 50
MOST_FRAMES = 10 * FRAMES_A_SECOND
"""Of speech; what is longer ago counts less and less."""
QUIETEST = 10.0**2
"""Power of a frame that is nothing but a step or two of PCM16 each way."""
FADES = 10 ** (-0.02 / 10)
"""Of the loudest frame, with each frame: a click is forgotten in half a minute."""
UP, DOWN = 10 ** (0.4 / 20), 10 ** (-1.0 / 20)
"""The most that the gain may change in a frame."""
KNEE = 32768 * 10 ** (-6 / 20)
"""Samples above are rounded off."""


class Loudness:
    """How loud one voice is, from all that was heard of it."""

    def __init__(self) -> None:
        self._power, self._frames, self._loudest = 0.0, 0, 0.0

    def hear(self, power: float) -> None:
        """The mean square of the next 20 ms, samples being up to 32767."""
        self._loudest = max(power, self._loudest * FADES)
        if power < max(QUIETEST, self._loudest * 10 ** (-ACTIVE_DB / 10)):
            return  # a pause
        self._frames = min(self._frames + 1, MOST_FRAMES)
        self._power += (power - self._power) / self._frames

    @property
    def gain(self) -> float:
        """What brings it to telephone level; 1 for a voice that was never heard."""
        return min(RMS / math.sqrt(self._power), MOST_GAIN) if self._power else 1.0


class Leveller:
    """One stream of a voice, PCM16. However it is cut into pieces, the same comes out."""

    def __init__(self, loudness: Loudness, rate: int) -> None:
        """`loudness` is learned from and may be shared by the streams of a voice."""
        self._loudness, self._size = loudness, rate // FRAMES_A_SECOND
        self._from = self._to = loudness.gain
        self._at = 0  # samples of the frame that is under way, and
        self._square = 0.0  # the sum of their squares
        self._odd = b""

    def __call__(self, pcm16: bytes) -> bytes:
        """The next piece, as long; half a sample waits for its other half."""
        pcm16 = self._odd + pcm16
        whole = len(pcm16) & ~1
        self._odd = pcm16[whole:]
        samples = np.frombuffer(pcm16[:whole], "<i2").astype(np.float64)
        out, at = np.empty_like(samples), 0
        while at < len(samples):
            part = samples[at : at + self._size - self._at]
            place = (self._at + np.arange(len(part))) / self._size
            out[at : at + len(part)] = part * (self._from + (self._to - self._from) * place)
            self._square += float(part @ part)
            self._at += len(part)
            at += len(part)
            if self._at == self._size:
                self._next()
        return np.rint(_rounded(out)).astype("<i2").tobytes()

    def _next(self) -> None:
        self._loudness.hear(self._square / self._size)
        self._from, self._at, self._square = self._to, 0, 0.0
        self._to = min(max(self._loudness.gain, self._from * DOWN), self._from * UP)


def learn(loudness: Loudness, pcm16: bytes, rate: int) -> None:
    """Hears a stretch of a voice before any of it is said."""
    Leveller(loudness, rate)(pcm16)


def _rounded(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    """Peaks end below the ceiling, on a curve without a corner."""
    loud = np.abs(samples)
    if loud.max(initial=0.0) <= KNEE:
        return samples
    room = CEILING - KNEE
    return np.where(loud > KNEE, np.sign(samples) * (KNEE + room * np.tanh((loud - KNEE) / room)), samples)
