"""The tape: what is played at the caller's ear, on the clock of our writes.

Filled by the phone leg, a plain call for each slice it hands on; read by whoever wants to know what the caller hears.
The network to the ear is not in it: what was written at 5 s is on the tape at 5 s and in the ear a little later. Pure:
time is an argument, in milliseconds.
"""

from collections import deque

from offhook.audio.format import MULAW_8K, Format

PAST_MS = 5_000  # what was played longer ago is forgotten


class Tape:
    """One call's, over all its streams."""

    def __init__(self, format: Format = MULAW_8K) -> None:
        self.format = format
        self._sample = format.bytes_per_ms * 1000 // format.rate  # bytes
        self._pieces: deque[tuple[int, bytes]] = (
            deque()
        )  # where each begins, in bytes of the clock; they do not overlap
        self._end = 0  # of the last piece
        self._cuts: deque[tuple[int, list[tuple[int, bytes]]]] = deque()  # when, and what was cut; not yet settled

    def wrote(self, audio: bytes, now: float) -> None:
        """Audio was handed on: it plays behind what is still playing, or now. Media plane."""
        if not audio:
            return
        begin = max(self._at(now), self._end)
        self._pieces.append((begin, audio))
        self._end = begin + len(audio)
        past = self._at(now - PAST_MS)
        while self._pieces[0][0] + len(self._pieces[0][1]) < past:
            self._pieces.popleft()

    def cleared(self, now: float) -> None:
        """What was not played by now never will be, as far as is known now: `settled` tells it better."""
        at = self._at(now)
        cut: list[tuple[int, bytes]] = []
        while self._pieces and self._end > at:
            begin, audio = self._pieces.pop()
            if begin < at:
                self._pieces.append((begin, audio[: at - begin]))
                begin, audio = at, audio[at - begin :]
            cut.insert(0, (begin, audio))
            self._end = begin
        self._cuts.append((at, cut))

    def settled(self, shift_ms: float) -> None:
        """The earliest `cleared` took effect `shift_ms` later than it seemed (earlier, if below zero): what was heard
        meanwhile is there after all, or is not."""
        if not self._cuts:
            return
        at, cut = self._cuts.popleft()
        end = at + self._at(shift_ms)
        kept = [
            (begin, audio[: end - begin] if begin < at else audio)
            for begin, audio in self._pieces
            if not end <= begin < at
        ]
        end = min([end, *(begin for begin, _ in kept if begin >= at)])  # what came next was not overlaid
        kept += [(begin, audio[: end - begin]) for begin, audio in cut if begin < end]
        self._pieces = deque(sorted(kept))
        self._end = max((begin + len(audio) for begin, audio in self._pieces), default=self._end)

    def lost(self, now: float) -> None:
        """The stream is over now."""
        self.cleared(now)
        self._cuts.clear()

    def sounds(self, from_ms: float, to_ms: float) -> bool:
        """True if anything plays in the stretch."""
        begin, end = self._at(from_ms), self._at(to_ms)
        return any(at < end and at + len(audio) > begin for at, audio in self._pieces)

    def between(self, from_ms: float, to_ms: float) -> bytes:
        """What plays in the stretch, in the leg's format; silence where nothing does, or no longer known."""
        begin, end = self._at(from_ms), self._at(to_ms)
        parts, at = [], begin
        for start, audio in self._pieces:
            stop = min(start + len(audio), end)
            if stop <= at or start >= end:
                continue
            parts.append(self._silence(start - at))
            at = max(at, start)
            parts.append(audio[at - start : stop - start])
            at = stop
        parts.append(self._silence(end - at))
        return b"".join(parts)

    def _at(self, ms: float) -> int:
        """A moment in bytes of the clock: never in the middle of a sample."""
        return round(ms * self.format.rate / 1000) * self._sample

    def _silence(self, size: int) -> bytes:
        return self.format.silence(1)[:1] * size
