"""Whether words were said, from the sound alone: the caller imitates them and compares. Pure.

The words are spoken by voices like the agent's (sim/voicing.py) and laid over what was heard by dynamic time warping of cepstra.
Where the agent's voice is among the imitated ones that works; a voice that nobody imitates is not understood. Keyword
spotting by pocketsphinx, which knows no voice, finds 49 to 82 of 100 phrases of synthetic voices at one false alarm in 100;
this finds 96 to 100 at less than one (`python -m bench.hearing`).
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from offhook.audio import g711

Matrix = NDArray[np.float64]

HOP_MS = 10
_HOP, _WINDOW, _FFT = 80, 200, 256
"""Samples of 8 kHz."""
_BANDS, _CEPSTRA = 22, 12
_PRE_EMPHASIS = 0.95
_FLOOR = 1e3
"""Power of a band below which nothing counts: the noise of µ-law."""
_ACTIVE_NEPERS = 6.0
"""A hop this far (26 dB) below the loudest is a pause, and pauses tell nothing of a voice."""
_SLOPE_WEIGHT = 0.4
_NEAR = 2.95
"""Distance per hop of two sayings of the same words; sayings of different words are farther apart. bench/hearing.py."""
SHORTEST_MS = 360
"""Words that take less are found in others: "tea" in "to eat"."""
_LEAST_HOPS = 100
"""A voice is known after a second of it."""
_PATIENT_HOPS = 10
"""Sound is looked at in pieces of a tenth of a second."""
MODEL = (
    "The quick brown fox jumps over a lazy dog. Which way does the usual road go, and how far is the journey? "
    "We thought that it should be a pleasure to hear your voice again this evening."
)
"""What a voice is known by: every sound of English is in it."""


@dataclass(slots=True)
class Norm:
    """The mean and the spread of a voice's cepstra."""

    mean: Matrix
    spread: Matrix


def _filters() -> Matrix:
    """Triangles, evenly spaced in mel between 120 and 3700 Hz."""
    mel = np.linspace(2595 * np.log10(1 + 120 / 700), 2595 * np.log10(1 + 3700 / 700), _BANDS + 2)
    edges = 700 * (10 ** (mel / 2595) - 1)
    hz = np.fft.rfftfreq(_FFT, 1 / 8000)
    low, mid, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    return np.maximum(0.0, np.minimum((hz - low) / (mid - low), (high - hz) / (high - mid)))


_FILTERS = _filters().T
_COSINES = np.cos(np.pi * np.outer(np.arange(1, _CEPSTRA + 1), (np.arange(_BANDS) + 0.5) / _BANDS)).T * 2 / _BANDS
_HAMMING = np.hamming(_WINDOW)


def cepstra(samples: Matrix) -> tuple[Matrix, Matrix]:
    """(12 cepstra, loudness in nepers) of each hop that has its whole window."""
    if len(samples) < _WINDOW:
        return np.zeros((0, _CEPSTRA)), np.zeros(0)
    sharp = np.append(samples[:1], samples[1:] - _PRE_EMPHASIS * samples[:-1])
    windows = np.lib.stride_tricks.sliding_window_view(sharp, _WINDOW)[::_HOP] * _HAMMING
    bands = np.log(np.abs(np.fft.rfft(windows, _FFT)) ** 2 @ _FILTERS + _FLOOR)
    return bands @ _COSINES, bands.mean(axis=1)


def norm_of(mulaw: bytes) -> Norm:
    """The norm of a voice, from some seconds of it."""
    rows, loudness = cepstra(_samples(mulaw))
    return _norm(rows, loudness)


def imitation(mulaw: bytes, norm: Norm) -> Matrix:
    """Words as a voice of that norm says them, without the silence around them."""
    rows, loudness = cepstra(_samples(mulaw))
    active = np.flatnonzero(_active(loudness))
    shaped = _shape(rows, norm)
    return shaped[active[0] : active[-1] + 1] if len(active) else shaped


def distance(words: Matrix, heard: Matrix) -> tuple[float, int]:
    """(mean distance per hop of the words, hop after their last) of the best place for the words in what was heard.

    The words may be said up to twice as fast or as slowly as in the imitation.
    """
    length = len(heard)
    if not len(words) or length < 2:
        return np.inf, 0
    cost = np.sqrt(
        np.maximum(0.0, (words**2).sum(axis=1)[:, None] + (heard**2).sum(axis=1) - 2 * words @ heard.T)
    )  # words × heard
    before, last = np.full(length, np.inf), cost[0]
    for row in range(1, len(words)):
        best = np.full(length, np.inf)
        best[1:] = last[:-1]
        np.minimum(best[2:], last[:-2], out=best[2:])
        if row > 1:
            np.minimum(best[1:], before[:-1] + cost[row - 1][1:], out=best[1:])
        before, last = last, best + cost[row]
    at = int(last.argmin())
    return float(last[at]) / len(words), at + 1


class Understanding:
    """Listens for phrases, each given as its imitations.

    `told` gives the agent's words since a time, where the server is at hand and says them. They are for the report; a phrase
    without an imitation, of a voice that cannot be imitated, is looked for in them.
    """

    def __init__(
        self,
        phrases: Mapping[str, Sequence[Matrix]],
        told: Callable[[float], str] = lambda _since_ms: "",
        voices: str = "a voice the caller knows",
    ) -> None:
        self._phrases = phrases
        self.told = told
        self.voices = voices
        """Whom the caller understands by ear, for the report."""
        self._rest = np.zeros(0)  # samples that are no whole hop yet
        self._rows = np.zeros((0, _CEPSTRA))
        self._loudness = np.zeros(0)
        self._pieces: list[tuple[int, float]] = []  # stretches without a hole: samples before it, and when it began
        self._taken = 0
        self._looked: dict[tuple[str, float], int] = {}

    def listen(self, pieces: Iterable[tuple[float, bytes]]) -> None:
        """Takes in what the ear got: (when it began, µ-law)."""
        if not self._phrases:
            return
        for at_ms, mulaw in pieces:
            if not mulaw:
                continue
            if not self._pieces or abs(self._time_of_sample(self._taken) - at_ms) > 1.0:
                self._pieces.append((self._taken, at_ms))
            self._taken += len(mulaw)
            self._rest = np.concatenate((self._rest, _samples(mulaw)))
        self._take()

    def heard(self, phrase: str, since_ms: float = 0.0, final: bool = False) -> float | None:
        """When the last sound of a phrase was heard that was said since a time; None if it was not.

        Asked again it looks only at what is new. With `final` it looks at all there is, once more.
        """
        if not self._phrases[phrase]:
            return since_ms if plain_words(phrase) in plain_words(self.told(since_ms)) else None
        count = len(self._rows)
        first = self._hop_at(since_ms)
        looked = first if final else self._looked.get((phrase, since_ms), first)
        if count < (2 if final else _LEAST_HOPS) or count - looked < (1 if final else _PATIENT_HOPS):
            return None
        self._looked[phrase, since_ms] = count
        norm = _norm(self._rows, self._loudness)
        for words in self._phrases[phrase]:
            begin = max(first, looked - 2 * len(words))
            apart, end = distance(words, _shape(self._rows[begin:], norm))
            if apart <= _NEAR:
                return self._time_of(begin + end)
        return None

    def nearest(self, phrase: str, first: int = 0) -> float:
        """The smallest distance of a phrase to anything that was heard from a hop on."""
        heard = _shape(self._rows[first:], _norm(self._rows, self._loudness))
        return min((distance(words, heard)[0] for words in self._phrases[phrase]), default=np.inf)

    def _take(self) -> None:
        hops = (len(self._rest) - _WINDOW) // _HOP + 1 if len(self._rest) >= _WINDOW else 0
        if hops < _PATIENT_HOPS:
            return
        rows, loudness = cepstra(self._rest)
        self._rows, self._loudness = np.vstack((self._rows, rows)), np.append(self._loudness, loudness)
        self._rest = self._rest[len(rows) * _HOP :]

    def _hop_at(self, ms: float) -> int:
        """The first hop that began at a time or later."""
        for index, (samples, at_ms) in enumerate(self._pieces):
            end = self._pieces[index + 1][0] if index + 1 < len(self._pieces) else self._taken
            if at_ms + (end - samples) / 8 > ms:
                return min(len(self._rows), int((samples + max(0.0, ms - at_ms) * 8) / _HOP))
        return len(self._rows)

    def _time_of(self, hop: int) -> float:
        return self._time_of_sample(hop * _HOP)

    def _time_of_sample(self, sample: int) -> float:
        samples, at_ms = self._pieces[max(0, bisect_right(self._pieces, (sample, np.inf)) - 1)]
        return at_ms + (sample - samples) / 8


def plain_words(text: str) -> str:
    """Words alone, for comparing: lower case, no marks, spaces around each."""
    letters = unicodedata.normalize("NFKD", text.lower()).replace("’", "'")
    found = re.findall(r"[a-z0-9']+", letters.encode("ascii", "ignore").decode())
    return f" {' '.join(found)} "


def _samples(mulaw: bytes) -> Matrix:
    return np.frombuffer(g711.decode(mulaw), "<i2").astype(np.float64)


def _active(loudness: Matrix) -> NDArray[np.bool_]:
    return np.asarray(loudness > loudness.max(initial=-np.inf) - _ACTIVE_NEPERS)


def _norm(rows: Matrix, loudness: Matrix) -> Norm:
    spoken = rows[_active(loudness)] if len(rows) else np.zeros((1, _CEPSTRA))
    return Norm(spoken.mean(axis=0), np.maximum(spoken.std(axis=0), 1e-3))


def _shape(rows: Matrix, norm: Norm) -> Matrix:
    """Cepstra by the norm of their voice, and how they change over five hops."""
    rows = (rows - norm.mean) / norm.spread
    slope = np.zeros_like(rows)
    if len(rows) > 4:
        slope[2:-2] = (rows[4:] - rows[:-4]) * 2 + (rows[3:-1] - rows[1:-3])
    return np.hstack((rows, slope * _SLOPE_WEIGHT))
