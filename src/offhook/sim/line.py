"""What a line and a room add to a caller's voice: noise, and an echo of what is heard. Pure; times in milliseconds."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from offhook.audio import g711
from offhook.sim.stream import BYTES_PER_MS

SILENCE = 0xFF


@dataclass(slots=True)
class _Bed:
    samples: NDArray[np.float64]
    from_ms: float
    to_ms: float


class Line:
    """Between a mouth and the carrier. `echo_gain` 0 for none; the echo comes `echo_ms` after what is heard."""

    def __init__(self, echo_ms: float = 0.0, echo_gain: float = 0.0) -> None:
        self._echo_ms, self._echo_gain = echo_ms, echo_gain
        self._heard: list[tuple[float, bytes]] = []
        self._beds: list[_Bed] = []

    def add_noise(self, mulaw: bytes, from_ms: float, ms: float = np.inf) -> None:
        """From a time on there is noise; it is repeated as long as it lasts."""
        if mulaw:
            self._beds.append(_Bed(_floats(mulaw), from_ms, from_ms + ms))

    def hear(self, pieces: Iterable[tuple[float, bytes]]) -> None:
        """What came out of the caller's telephone: (when it began, µ-law)."""
        if self._echo_gain:
            self._heard += pieces

    def carry(self, voice: bytes, from_ms: float) -> bytes:
        """A frame of the voice as the carrier gets it."""
        self._beds = [bed for bed in self._beds if bed.to_ms > from_ms]
        noises = [bed for bed in self._beds if bed.from_ms <= from_ms]
        echo = self._echo(from_ms - self._echo_ms, len(voice)) if self._echo_gain else None
        if not noises and echo is None:
            return voice
        mixed = _floats(voice)
        for bed in noises:
            begin = round((from_ms - bed.from_ms) * BYTES_PER_MS)
            mixed += bed.samples[(begin + np.arange(len(voice))) % len(bed.samples)]
        if echo is not None:
            mixed += _floats(echo) * self._echo_gain
        return g711.encode(np.rint(mixed).clip(-32768, 32767).astype("<i2").tobytes())

    def _echo(self, from_ms: float, size: int) -> bytes | None:
        """What was heard from a time on; None if that was nothing."""
        frame, found = bytearray([SILENCE]) * size, False
        while self._heard and self._heard[0][0] + len(self._heard[0][1]) / BYTES_PER_MS <= from_ms:
            self._heard.pop(0)
        for at_ms, piece in self._heard:
            begin = round((at_ms - from_ms) * BYTES_PER_MS)
            if begin >= size:
                break
            cut = piece[max(0, -begin) : size - begin]
            frame[max(0, begin) : max(0, begin) + len(cut)] = cut
            found = found or bool(cut)
        return bytes(frame) if found else None


def _floats(mulaw: bytes) -> NDArray[np.float64]:
    return np.frombuffer(g711.decode(mulaw), "<i2").astype(np.float64)
