"""Our own voice come back: whether a caller's audio is what was played to them, and what is left of it without that.

Three steps for each window of 32 ms. The *search* correlates the last 128 ms with what was played in the second before,
both whitened: it finds how late the echo comes. The *canceller*, a filter over what was played, learns the path
(handset, room, codecs) and takes the echo out. The *verdict* says what the window holds: an echo, or somebody else.

docs/decisions/0006-echo.md has the measurements behind the numbers.
"""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

import offhook.audio.blas  # noqa: F401  (one thread)

_Array = NDArray[np.floating[Any]]
_Spectra = NDArray[np.complexfloating[Any, Any]]

Verdict = Literal["clear", "doubtful", "echo"]

WINDOW = 256
"""Samples of a window, at 8 kHz."""
REACH = 8000
"""The latest echo that is looked for, in samples: the network both ways, buffers and the handset take up to a second."""
_FRAME = 4 * WINDOW  # the stretch that is searched for
_PARTITIONS = 8  # the filter's length in windows: 256 ms, a room's reverberation
_SPAN = (_PARTITIONS + 1) * WINDOW  # what the filter looks at
_EARLY = 64  # the filter begins so many samples before the lag that was found
PLAYED = REACH + _SPAN
"""Samples of what was played that a verdict needs: up to the same moment as the window's end."""

_QUIET = 10**-6.5  # power of a window that cannot hold speech, relative to full scale
_SURE, _LIKELY, _MAYBE = 0.55, 0.42, 0.3  # correlations: an echo at once; if its lag is found twice; not excluded
_SAME_LAG = 16  # samples within which two searches agree
_DRIFT = 320  # samples the lag may move between two items: the carrier starts each when it can
_MOST_DOUBTS = 5  # windows in a row
_LEARNED, _UNPROVED = 0.25, 0.9  # of the energy left: the filter knows the path; it knows nothing
_LIMIT_LOW, _LIMIT_HIGH, _LIMIT_OVER_LEAK = 0.15, 0.6, 3.0  # more left than this is somebody else
_TYPICAL_EARLY, _TYPICAL_LEARNED = 0.7, 0.9  # a correlation this near to the usual one is an echo, whatever is left


def correlate(heard: _Array, played: _Array) -> _Array:
    """Correlation (−1…1) of the whitened `heard` with the whitened `played` at each lag from 0, in samples.

    Both end at the same moment; `played` is longer by the largest lag.
    """
    size, n = len(played), len(heard)
    white = np.fft.irfft(_whiten(heard, size), size)[:n]
    spectrum = _whiten(played, size)
    reference = np.fft.irfft(spectrum, size)
    products = np.fft.irfft(np.conj(np.fft.rfft(white, size)) * spectrum, size)[: size - n + 1]
    total = np.concatenate(([0.0], np.cumsum(np.square(reference, dtype=np.float64))))
    power = total[n:] - total[: size - n + 1]
    scale = np.sqrt((power + 1e-3 * power.max() + 1e-12) * (float(white @ white) + 1e-12))
    return np.asarray((products / scale)[::-1])


def _whiten(samples: _Array, size: int) -> _Spectra:
    """The spectrum with its envelope (over 300 Hz) made flat, within the band of a telephone line."""
    spectrum = np.fft.rfft(samples, size)
    total = np.concatenate(([0.0], np.cumsum(np.abs(spectrum), dtype=np.float64)))
    bins = np.arange(len(spectrum))
    half = max(1, 150 * size // 8000)
    low, high = np.maximum(bins - half, 0), np.minimum(bins + half + 1, len(spectrum))
    envelope = (total[high] - total[low]) / (high - low)
    spectrum /= envelope + 0.05 * envelope.mean() + 1e-9
    spectrum[: 250 * size // 8000] = spectrum[3500 * size // 8000 :] = 0
    return spectrum


class Canceller:
    """A filter from what was played to its echo, learned by a Kalman filter over blocks in the frequency domain
    (Enzner and Vary 2006): it learns fast while only the echo is there, and hardly at all while somebody speaks."""

    _FORGET = 0.9995  # the path's own change from window to window

    def __init__(self, gain: float) -> None:
        """`gain`: about how much energy comes back, relative to what was played."""
        self._filter = np.zeros((_PARTITIONS, WINDOW + 1), np.complex64)
        later = gain * 0.5 ** np.arange(_PARTITIONS, dtype=np.float32)
        self._unsure = np.repeat(later[:, None], WINDOW + 1, axis=1).astype(np.float32)
        self._other: _Array = np.zeros(WINDOW + 1, np.float32)  # the spectrum of all that is no echo

    def residual(self, heard: _Array, played: _Array) -> tuple[_Array, _Spectra]:
        """What is left of a window, and the spectra of what was played (for `adapt`)."""
        blocks = np.lib.stride_tricks.sliding_window_view(played, 2 * WINDOW)[::WINDOW][::-1]
        spectra = np.fft.rfft(blocks)
        echo = np.fft.irfft((spectra * self._filter).sum(axis=0))[WINDOW:]
        return heard - echo, spectra

    def adapt(self, left: _Array, spectra: _Spectra) -> None:
        """Learns from what was left."""
        error = np.fft.rfft(np.concatenate((np.zeros(WINDOW, np.float32), left)))
        self._other = 0.5 * self._other + 0.5 * np.abs(error) ** 2
        power = np.abs(spectra) ** 2
        step = self._unsure / (0.5 * (self._unsure * power).sum(axis=0) + self._other + 1e-9)
        change = np.float32(1 - self._FORGET**2) * np.abs(self._filter) ** 2
        self._unsure = np.float32(self._FORGET**2) * (1 - 0.5 * step * power) * self._unsure + change
        taps = np.fft.irfft(step * np.conj(spectra) * error)
        taps[:, WINDOW:] = 0
        self._filter += np.fft.rfft(taps)


class EchoGuard:
    """One call's: what it learns of the path in the first echo makes the later verdicts quicker and surer."""

    def __init__(self) -> None:
        self.lag: int | None = None
        """How late the echo comes, in samples; None before the first."""
        self._canceller: Canceller
        self._heard = np.zeros(_FRAME, np.float32)
        self._candidate = -REACH  # the lag of the last search
        self._doubts = self._loud = 0  # windows in a row
        self._energy = self._energy_left = 0.0
        self._leak = 1.0  # the part of an echo that the filter leaves, usually
        self._typical = 0.0  # an echo's correlation, usually
        self._floor = 10**-6.0  # power of the line's noise
        self._noise = np.random.default_rng(1)

    def pause(self) -> None:
        """Windows are left out from here to the next `listen`: nothing was played."""
        self._heard = np.zeros(_FRAME, np.float32)
        self._candidate, self._doubts, self._loud = -REACH, 0, 0

    def listen(self, window: bytes, played: bytes) -> tuple[bytes, Verdict]:
        """The window (PCM16, 256 samples) without the echo of `played` (PCM16, PLAYED samples, to the same moment), as
        far as the path is known, and what was in it.

        "clear": no echo, or a caller who speaks over it. "echo": nothing but. "doubtful": an echo is not excluded; a few
        windows later it is known.
        """
        heard = np.frombuffer(window, "<i2") * np.float32(1 / 32768)
        self._heard = np.concatenate((self._heard[WINDOW:], heard))
        power = float(heard @ heard) / WINDOW
        self._floor = min(max(power, 1e-8), self._floor * 1.02)
        self._loud = self._loud + 1 if power >= _QUIET else 0
        reference = np.frombuffer(played, "<i2") * np.float32(1 / 32768)
        if not self._loud or not reference.any():
            self._doubts = 0
            return window, "clear"
        if self.lag is None:
            return self._seek(window, reference)
        return self._cancel(window, heard, reference, self.lag)

    def _seek(self, window: bytes, played: _Array) -> tuple[bytes, Verdict]:
        likeness, lag = self._search(played, 0, REACH)
        same, self._candidate = abs(lag - self._candidate) <= _SAME_LAG, lag
        # A sound of one window is like many others.
        if self._loud > 1 and (likeness >= _SURE or (likeness >= _LIKELY and same)):
            self._found(lag, likeness, played)
            return window, "echo"
        if likeness >= _MAYBE and (same or self._loud <= 2):
            return self._doubt(window)
        return window, "clear"

    def _search(self, played: _Array, earliest: int, latest: int) -> tuple[float, int]:
        end = len(played) - earliest
        likeness = correlate(self._heard, played[end - _FRAME - (latest - earliest) : end])
        lag = int(likeness.argmax())
        return float(likeness[lag]), earliest + lag

    def _found(self, lag: int, likeness: float, played: _Array) -> None:
        self.lag, self._typical, self._leak, self._doubts = lag, likeness, 1.0, 0
        source = played[len(played) - lag - _FRAME : len(played) - lag]
        self._canceller = Canceller(float(self._heard @ self._heard) / max(float(source @ source), 1e-9))
        for back in range(_FRAME - WINDOW, -1, -WINDOW):
            end = _FRAME - back
            self._learn(self._heard[end - WINDOW : end], _aligned(played, lag + back))

    def _learn(self, heard: _Array, source: _Array) -> None:
        """Learns from a window twice, for as long as that brings more."""
        for _ in range(2 if self._leak > 0.1 else 1):
            self._canceller.adapt(*self._canceller.residual(heard, source))

    def _cancel(self, window: bytes, heard: _Array, played: _Array, lag: int) -> tuple[bytes, Verdict]:
        likeness, source, left, moved = self._follow(heard, played, lag)
        if not source.any():
            return window, "clear"
        self._learn(heard, source)
        energy = float(heard @ heard)
        self._energy = 0.6 * self._energy + energy
        self._energy_left = 0.6 * self._energy_left + float(left @ left)
        ratio = self._energy_left / self._energy
        remains = _pcm16(left) if float(left @ left) < energy else window
        limit = min(max(_LIMIT_OVER_LEAK * self._leak, _LIMIT_LOW), _LIMIT_HIGH)
        usual = (_TYPICAL_EARLY if self._leak > _LEARNED else _TYPICAL_LEARNED) * self._typical
        if ratio < limit or likeness >= max(usual, _MAYBE):
            self._doubts = 0
            self._leak += 0.2 * (min(ratio, 1.0) - self._leak)
            self._typical += 0.1 * (likeness - self._typical)
            return remains, "echo"
        if moved:
            return self._doubt(window)
        if self._leak > _UNPROVED:
            self.lag = None  # the filter learned nothing there: that was no echo
        return remains, "clear"

    def _follow(self, heard: _Array, played: _Array, lag: int) -> tuple[float, _Array, _Array, bool]:
        """(Correlation, what was played at the lag, what it leaves of the window, whether the lag may have moved.)"""
        likeness, found = self._search(played, max(0, lag - _DRIFT), min(REACH, lag + _DRIFT))
        if likeness < _MAYBE:
            anywhere, at = self._search(played, 0, REACH)
            if anywhere >= _SURE:
                likeness, found = anywhere, at
        again, self._candidate = abs(found - self._candidate) <= 2, found
        source = _aligned(played, lag)
        left, _ = self._canceller.residual(heard, source)
        if found == lag or likeness < _MAYBE:
            return likeness, source, left, False
        other = _aligned(played, found)
        left_then, _ = self._canceller.residual(heard, other)
        better = float(left_then @ left_then) < 0.7 * float(left @ left)
        if not better and not (again and likeness >= _LIKELY and self._leak > _LEARNED):
            return likeness, source, left, True
        self.lag = found
        self._energy = self._energy_left = 0.0
        return likeness, other, left_then, False

    def _doubt(self, window: bytes) -> tuple[bytes, Verdict]:
        if self._doubts == _MOST_DOUBTS:
            return window, "clear"
        self._doubts += 1
        return window, "doubtful"

    def hush(self) -> bytes:
        """A window of noise as quiet as the line, for a voice detector instead of an echo.

        Not digital silence: the line's own noise after that would sound like an onset.
        """
        return _pcm16(self._noise.standard_normal(WINDOW, np.float32) * np.float32(self._floor**0.5))


def _aligned(played: _Array, lag: int) -> _Array:
    """What the filter looks at for a window whose echo is `lag` samples late."""
    end = min(len(played), len(played) - lag + _EARLY)
    source = played[max(0, end - _SPAN) : end]
    return np.concatenate((np.zeros(_SPAN - len(source), np.float32), source))


def _pcm16(samples: _Array) -> bytes:
    return np.rint(np.clip(samples * 32768, -32768, 32767)).astype("<i2").tobytes()
