"""Voice activity: probabilities of speech per window of 32 ms, over many calls at once, and the gate that makes turns of them.

A `VoiceBank` belongs to a process. Each call opens a `Track` and feeds it; now and then (at most every 32 ms is enough)
someone evaluates the bank, which runs the model once over all calls that have a whole window. A `SpeechGate` per call
turns probabilities into "started" and "stopped".
"""

import logging
from dataclasses import dataclass
from functools import cache
from itertools import count
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from offhook.audio.silero import WEIGHTS, Silero

_Array = NDArray[np.float32]

WINDOW = 256
"""Samples of 8 kHz in a window."""
WINDOW_MS = 32.0
_WINDOW_BYTES = 2 * WINDOW
QUIET_WINDOWS, QUIET_BELOW = 31, 0.1

_log = logging.getLogger(__name__)


class VoiceModel(Protocol):
    """What judges windows. Keeps nothing itself: each call's memory is a row of `state_size` numbers, zero at first."""

    @property
    def state_size(self) -> int: ...

    @property
    def drifts(self) -> bool:
        """Whether a long memory makes it worse: then it is taken away in silences."""

    def __call__(self, windows: _Array, state: _Array) -> tuple[_Array, _Array]:
        """(n, 256) samples in −1..1 and (n, state_size) → n probabilities and the new states."""


class EnergyModel:
    """Judges by loudness above a noise floor, for installations without Silero's weights.

    The floor is the quietest of late: it begins at the first window, falls at once and rises by 3 dB a second. A
    probability of 0.5 is 9 dB above it. Noise that sets in therefore counts as speech until the floor has come up.
    """

    state_size = 1
    drifts = False  # the noise floor is its memory
    _QUIETEST_DB = 30.0
    """What a telephone line in silence has, above one step of PCM16; the floor stays above it."""
    _RISE_DB = 3.0 * WINDOW_MS / 1000
    _HALF_DB = 9.0
    _SLOPE_DB = 2.0

    def __call__(self, windows: _Array, state: _Array) -> tuple[_Array, _Array]:
        power = (windows - windows.mean(axis=1, keepdims=True)).var(axis=1) * 32768.0**2
        loudness = 10 * np.log10(power + 1)
        floor = np.maximum(np.where(state[:, 0] == 0, loudness, state[:, 0]), self._QUIETEST_DB)
        over = (loudness - floor - self._HALF_DB) / self._SLOPE_DB
        probability = 1 / (1 + np.exp(-np.clip(over, -30, 30)))
        floor = np.minimum(floor + self._RISE_DB, np.maximum(loudness, self._QUIETEST_DB))
        return probability.astype(np.float32), floor[:, None].astype(np.float32)


@cache
def best_model() -> VoiceModel:
    """Silero where its weights are installed, else the energy detector, with one warning."""
    if WEIGHTS.is_file():
        return Silero()
    _log.warning("The voice detector's weights are not installed; speech is told from silence by loudness alone.")
    return EnergyModel()


class Track:
    """One call's part of a bank."""

    def __init__(self, bank: "VoiceBank", row: int) -> None:
        self._bank = bank
        self.row = row
        self.pending = bytearray()

    def feed(self, pcm16: bytes) -> None:
        """More audio of the call, PCM16 8 kHz. Media plane: only kept."""
        self.pending += pcm16

    def forget(self) -> None:
        """It has been quiet for a while: what was heard before tells nothing about what comes."""
        self._bank.forget(self)

    def close(self) -> None:
        """Leave the bank. Idempotent."""
        self._bank.release(self)


class VoiceBank:
    """Windows of many calls through one model."""

    def __init__(self, model: VoiceModel | None = None) -> None:
        self._model = model or best_model()
        self._tracks: list[Track] = []
        self._free: list[int] = []
        self._state = np.zeros((0, self._model.state_size), np.float32)

    def open(self) -> Track:
        """A place for one more call."""
        if not self._free:
            had = len(self._state)
            self._state = np.concatenate((self._state, np.zeros((max(8, had), self._state.shape[1]), np.float32)))
            self._free = list(range(len(self._state) - 1, had - 1, -1))
        track = Track(self, self._free.pop())
        self._state[track.row] = 0
        self._tracks.append(track)
        return track

    def release(self, track: Track) -> None:
        """Used by `Track.close`."""
        if track in self._tracks:
            self._tracks.remove(track)
            self._free.append(track.row)
            track.pending.clear()

    def forget(self, track: Track) -> None:
        """Used by `Track.forget`."""
        if self._model.drifts:
            self._state[track.row] = 0

    def evaluate(self, most: int | None = None) -> list[tuple[Track, list[float]]]:
        """Judges the whole windows fed since the last time, at most `most` of each track, so that one call's burst does
        not hold up the others; tracks with none are left out."""
        found: dict[Track, list[float]] = {}
        for _ in range(most) if most is not None else count():
            ready = [track for track in self._tracks if len(track.pending) >= _WINDOW_BYTES]
            if not ready:
                break
            audio = b"".join(bytes(track.pending[:_WINDOW_BYTES]) for track in ready)
            windows = np.frombuffer(audio, "<i2").reshape(-1, WINDOW) * np.float32(1 / 32768)
            rows = [track.row for track in ready]
            probabilities, self._state[rows] = self._model(windows, self._state[rows])
            for track, probability in zip(ready, probabilities.tolist(), strict=True):
                del track.pending[:_WINDOW_BYTES]
                found.setdefault(track, []).append(probability)
        return list(found.items())


@dataclass(slots=True)
class Transition:
    """Speech began or ended."""

    kind: Literal["started", "stopped"]
    at_ms: float
    """Where in the track's audio it began or ended: earlier than the window that made it certain."""


class SpeechGate:
    """Probabilities to transitions, with hysteresis: speech starts by `start_windows` in a row above `start_above` and
    stops by `stop_windows` in a row below `stop_below`."""

    def __init__(
        self,
        *,
        start_windows: int = 2,
        start_above: float = 0.5,
        stop_windows: int = 7,
        stop_below: float = 0.35,
    ) -> None:
        self._start_windows, self._start_above = start_windows, start_above
        self._stop_windows, self._stop_below = stop_windows, stop_below
        self._run = 0
        self._quiet = 0
        self.speaking = False
        self.ms = 0.0
        """Milliseconds of audio judged so far."""

    @property
    def rested(self) -> bool:
        """True at the window that ends a second without anything like speech."""
        return self._quiet == QUIET_WINDOWS

    def hush(self) -> None:
        """What began was no speech: not speaking, as if it had not begun."""
        self.speaking, self._run = False, 0

    def update(self, probability: float) -> Transition | None:
        """Takes the next window's probability."""
        self.ms += WINDOW_MS
        self._quiet = 0 if self.speaking or probability > QUIET_BELOW else self._quiet + 1
        if self.speaking:
            contrary, needed = probability < self._stop_below, self._stop_windows
        else:
            contrary, needed = probability > self._start_above, self._start_windows
        self._run = self._run + 1 if contrary else 0
        if self._run < needed:
            return None
        at_ms = self.ms - self._run * WINDOW_MS
        self._run = 0
        self.speaking = not self.speaking
        return Transition("started" if self.speaking else "stopped", at_ms)
