"""How far a caller's sound stands out from what sounds around them all the time: people who talk in the room, a street.

A voice detector hears speech in a room full of people, whoever speaks. What tells the caller is loudness: a voice into the
telephone has gaps, between words and within, through which the room is heard; a crowd has none. The background is the level that
the quieter windows of the last seconds have.
"""

import math

import numpy as np

from offhook.audio.vad import WINDOW_MS

PAST_MS = 4_000
QUIETER = 0.1
"""The part of all moments that is no louder than the background."""
QUIET_DBFS = -41.0
"""A background below this hides nobody."""
BEGINS_DB, LASTS_DB = 11.0, 6.0
"""So much over the background begins speech, and goes on with it (bench/background.py)."""

_WINDOWS = int(PAST_MS / WINDOW_MS)
_NTH = int(QUIETER * _WINDOWS)
_MOMENT = 3  # windows; a crowd's loudness varies less over these


class Background:
    """That of one caller."""

    def __init__(self) -> None:
        self._levels = np.full(_WINDOWS, -100.0)
        self._powers = [0.0] * _MOMENT
        self._at = 0

    def over(self, window: bytes) -> float:
        """Takes the next window, PCM16 8 kHz; by how many dB it is louder than the background, which is silence at first."""
        samples = np.frombuffer(window, "<i2").astype(np.float32)
        self._powers[self._at % _MOMENT] = float(samples.var()) / 32768.0**2
        level = 10 * math.log10(sum(self._powers) / _MOMENT + 1e-10)
        self._levels[self._at % _WINDOWS] = level
        self._at += 1
        background = float(np.partition(self._levels, _NTH)[_NTH])
        return level - background if background > QUIET_DBFS else math.inf
