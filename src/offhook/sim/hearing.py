"""Tells speech from silence in what reached an ear. Pure; times in milliseconds.

The judgement is made on the µ-law codes themselves: without its sign bit, and inverted, a code grows with the loudness of its
sample (ITU-T G.711). Code 24 is about 260 of 32768, -42 dBFS.
"""

from dataclasses import dataclass

from offhook.sim.stream import BYTES_PER_MS, StreamPlayback

SILENT_AFTER_MS = 700.0
"""Without a sound for this long a speaker has fallen silent."""

_LOUD_CODE = 24
_LOUD = bytes(1 if (~code & 0x7F) >= _LOUD_CODE else 0 for code in range(256))


def sounding(mulaw: bytes | bytearray) -> tuple[int, int] | None:
    """The first sample that can be heard and the one after the last; None if all is silence."""
    loud = mulaw.translate(_LOUD)
    first = loud.find(1)
    return None if first < 0 else (first, loud.rfind(1) + 1)


@dataclass(slots=True)
class Span:
    """Speech without a silence in it."""

    from_ms: float
    to_ms: float


class Hearing:
    """Follows what one ear gets, over all streams of a call."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self._ear: StreamPlayback | None = None
        self._stretch = 0
        self._offset = 0

    def listen(self, ear: StreamPlayback) -> list[tuple[float, bytes]]:
        """Takes in what the ear got since the last time, and gives it back: (when it began, µ-law) of each piece."""
        pieces = []
        if ear is not self._ear:
            self._ear, self._stretch, self._offset = ear, 0, 0
        while self._stretch < len(ear.played):
            stretch = ear.played[self._stretch]
            piece = stretch.audio[self._offset :]
            if piece:
                at_ms = stretch.start_ms + self._offset / BYTES_PER_MS
                self._take(piece, at_ms)
                pieces.append((at_ms, bytes(piece)))
            self._offset += len(piece)
            if self._stretch == len(ear.played) - 1:
                break
            self._stretch, self._offset = self._stretch + 1, 0
        return pieces

    def silent(self, now: float) -> bool:
        """Whether nothing was heard for a while, or ever."""
        return not self.spans or now - self.spans[-1].to_ms >= SILENT_AFTER_MS

    def _take(self, piece: bytes | bytearray, at_ms: float) -> None:
        for begin in range(0, len(piece), 160):  # a long piece may hold a silence
            sound = sounding(piece[begin : begin + 160])
            if sound is None:
                continue
            first, last = (at_ms + (begin + index) / BYTES_PER_MS for index in sound)
            if self.silent(first) or self._cut_between(self.spans[-1].to_ms, first):
                self.spans.append(Span(first, last))
            else:
                self.spans[-1].to_ms = last

    def _cut_between(self, from_ms: float, to_ms: float) -> bool:
        """Whether the agent withdrew what it was saying: what comes next is something else, however soon it comes."""
        clears = self._ear.clears if self._ear is not None else []
        return any(clear.dropped_bytes and from_ms <= clear.at_ms <= to_ms for clear in clears)
