"""Brings a whole utterance to telephone level: about −20 dBFS RMS while it speaks, peaks rounded off, never clipped.

Synthesizers differ by 10 dB and more, and µ-law carries only 8 bits: what is too low is coarse, what is too high clips.
dBFS is relative to a sample of 32768.
"""

import numpy as np
from numpy.typing import NDArray

RMS = 32768 * 10 ** (-20 / 20)
CEILING = 32768 * 10 ** (-2 / 20)
MOST_GAIN = 10 ** (30 / 20)
ACTIVE_DB = 25
"""A stretch this far below the loudest one is a pause, and pauses do not count (as in ITU-T P.56, simplified)."""


def level(pcm16: bytes, rate: int) -> bytes:
    """The utterance at telephone level, as long as it was. Silence stays silence: it is raised by 30 dB at most."""
    samples = np.frombuffer(pcm16, "<i2").astype(np.float64)
    speech = speech_rms(samples, rate)
    if speech == 0:
        return pcm16
    samples *= min(RMS / speech, MOST_GAIN)
    samples *= _limit(np.abs(samples), rate // 200)
    return np.rint(samples).astype("<i2").tobytes()


def speech_rms(samples: NDArray[np.float64], rate: int) -> float:
    """RMS of the 20 ms stretches that are speech; 0 for silence."""
    size = rate // 50
    padded = np.concatenate((samples, np.zeros(-len(samples) % size)))
    power = (padded.reshape(-1, size) ** 2).mean(axis=1)
    if not len(power) or power.max() == 0:
        return 0.0
    active = power[power > power.max() * 10 ** (-ACTIVE_DB / 10)]
    return float(np.sqrt(active.mean()))


def _limit(magnitude: NDArray[np.float64], reach: int) -> NDArray[np.float64]:
    """Gains that bring each peak under the ceiling, begun `reach` samples before it and ended as many after it.

    The lowest gain in a window of 2 reach + 1 samples, averaged over a window of the same size: the average at a peak is
    over windows that all hold the peak, so it cannot exceed what the peak needs.
    """
    needed = np.minimum(1.0, CEILING / np.maximum(magnitude, 1.0))
    if needed.min(initial=1.0) == 1.0:
        return needed
    size = 2 * reach + 1
    windows = np.lib.stride_tricks.sliding_window_view
    lowest = windows(np.pad(needed, 2 * reach, constant_values=1.0), size).min(axis=1)
    total = np.cumsum(np.concatenate(([0.0], lowest)))
    return np.asarray((total[size:] - total[:-size]) / size)
