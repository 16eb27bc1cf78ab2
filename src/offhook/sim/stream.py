"""The carrier's playback of one media stream: plays what it is sent at real time, sample by sample, and keeps the truth.

Rules: "Media Streams - WebSocket Messages" of Twilio's documentation. Audio plays in order at 8 bytes a millisecond; a mark
comes back when everything sent before it has been played, at once if nothing is waiting; `clear` drops what is waiting and
brings back every outstanding mark at once; more than ten minutes waiting are thrown away (warning 31931). Pure: the time is
an argument, in milliseconds, and never goes back.
"""

import base64
import math
import random
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any, NamedTuple

BYTES_PER_MS = 8
LONGEST_MS = 600_000
EXCESS_DROPPED = 31931

EARLY_MS = 1e-5
"""A loop may wake a nanosecond before its timer; a sample is 125 µs."""


class Stretch(NamedTuple):
    """Audio that reached the ear without a hole in it."""

    start_ms: float
    audio: bytearray

    @property
    def end_ms(self) -> float:
        return self.start_ms + len(self.audio) / BYTES_PER_MS


class Gap(NamedTuple):
    """The ear heard nothing because the buffer had run empty; audio came again afterwards."""

    from_ms: float
    to_ms: float


class Cleared(NamedTuple):
    """A `clear` and what it threw away."""

    at_ms: float
    dropped_bytes: int
    marks: tuple[str, ...]


@dataclass(slots=True)
class MarkFaults:
    """What may happen to marks on purpose: `lose` is a probability, `late_ms` the most an echo is held back."""

    lose: float = 0.0
    late_ms: float = 0.0
    seed: int = 0


@dataclass(slots=True)
class StreamPlayback:
    """What waits to be played, and what has been. Answers are messages without stream sid and sequence number."""

    faults: MarkFaults = field(default_factory=MarkFaults)
    played: list[Stretch] = field(default_factory=list)
    """The truth: what the ear got, and when."""
    underruns: list[Gap] = field(default_factory=list)
    """Every time the buffer ran empty by itself and filled again, pauses between turns included."""
    clears: list[Cleared] = field(default_factory=list)
    warnings: list[tuple[float, int]] = field(default_factory=list)
    echoes: list[tuple[float, str]] = field(default_factory=list)
    """Marks sent back, with the time."""
    marks_lost: list[tuple[float, str]] = field(default_factory=list)

    _waiting: deque[bytes] = field(default_factory=deque)
    _begun: int = 0
    """Bytes of the first waiting piece that have been played."""
    _played: int = 0
    _accepted: int = 0
    _head_ms: float = 0.0
    """When the first waiting byte begins to play; while none waits, when the last one ended."""
    _marks: deque[tuple[int, str]] = field(default_factory=deque)
    """Marks that wait for `_played` to reach their position."""
    _held: deque[tuple[float, str]] = field(default_factory=deque)
    """Marks that were reached and are kept back until a time."""
    _idle_by_itself: bool = False
    _random: random.Random = field(default_factory=random.Random)

    def __post_init__(self) -> None:
        self._random.seed(self.faults.seed)

    # ------------------------------------------------------------ what the other side sends

    def receive(self, message: dict[str, Any], now: float) -> list[dict[str, Any]]:
        """Takes one well-formed media, mark or clear message as parsed JSON; the payload may be decoded already (bytes)."""
        answers = self.due(now)
        kind = message["event"]
        if kind == "media":
            payload = message["media"]["payload"]
            self._media(payload if isinstance(payload, bytes) else base64.b64decode(payload), now)
        elif kind == "mark":
            self._marks.append((self._accepted, message["mark"]["name"]))
            self._reach(now)
        elif kind == "clear":
            self._clear(now)
        return answers + self.due(now)

    def _media(self, audio: bytes, now: float) -> None:
        room = LONGEST_MS * BYTES_PER_MS - (self._accepted - self._played)
        if len(audio) > room:
            audio = audio[:room]
            if not any(code == EXCESS_DROPPED for _, code in self.warnings):
                self.warnings.append((now, EXCESS_DROPPED))
        if not audio:
            return
        if self._accepted == self._played:
            if now > self._head_ms + EARLY_MS:
                if self._idle_by_itself:
                    self.underruns.append(Gap(self._head_ms, now))
                self._head_ms = now
            self._idle_by_itself = True
        self._waiting.append(audio)
        self._accepted += len(audio)

    def _clear(self, now: float) -> None:
        self.clears.append(Cleared(now, self._accepted - self._played, tuple(name for _, name in self._marks)))
        self._drop(now)
        self._marks = deque((self._played, name) for _, name in self._marks)
        self._reach(now)
        self._held = deque((now, name) for _, name in self._held)

    def _drop(self, now: float) -> None:
        self._waiting.clear()
        self._begun = 0
        self._accepted = self._played
        self._head_ms = max(self._head_ms, now)
        self._idle_by_itself = False

    def end(self, now: float) -> None:
        """The stream is over: what has not been played by now never is, and no mark comes back any more."""
        self._play(now)
        self._drop(now)
        self._marks.clear()
        self._held.clear()

    # ------------------------------------------------------------ time

    def due(self, now: float) -> list[dict[str, Any]]:
        """Plays up to now; the marks that come back with it."""
        self._play(now)
        answers = []
        while self._held and self._held[0][0] <= now + EARLY_MS:
            name = self._held.popleft()[1]
            self.echoes.append((now, name))
            answers.append({"event": "mark", "mark": {"name": name}})
        return answers

    def next_at(self) -> float | None:
        """When the next mark comes back if nothing else happens."""
        times = [self._held[0][0]] if self._held else []
        if self._marks:
            times.append(self._head_ms + (self._marks[0][0] - self._played) / BYTES_PER_MS)
        return min(times, default=None)

    def silent_at(self) -> float:
        """When the last byte that waits will have been played; in the past if none waits."""
        return self._head_ms + (self._accepted - self._played) / BYTES_PER_MS

    def _play(self, now: float) -> None:
        due = math.floor((now + EARLY_MS - self._head_ms) * BYTES_PER_MS)
        while due > 0 and self._accepted > self._played:
            count = min(due, self._accepted - self._played)
            if self._marks:
                count = min(count, self._marks[0][0] - self._played)
            self._hear(count)
            due -= count
            self._reach(self._head_ms)

    def _hear(self, count: int) -> None:
        """The next `count` waiting bytes reach the ear."""
        if not self.played or abs(self.played[-1].end_ms - self._head_ms) > EARLY_MS:
            self.played.append(Stretch(self._head_ms, bytearray()))
        heard = self.played[-1].audio
        self._played += count
        self._head_ms += count / BYTES_PER_MS
        while count:
            piece = self._waiting[0][self._begun : self._begun + count]
            heard += piece
            count -= len(piece)
            self._begun += len(piece)
            if self._begun == len(self._waiting[0]):
                self._waiting.popleft()
                self._begun = 0

    def _reach(self, at_ms: float) -> None:
        """Every mark whose position has been played is on its way back."""
        while self._marks and self._marks[0][0] <= self._played:
            name = self._marks.popleft()[1]
            if self.faults.lose and self._random.random() < self.faults.lose:
                self.marks_lost.append((at_ms, name))
                continue
            held = self._random.uniform(0.0, self.faults.late_ms) if self.faults.late_ms else 0.0
            self._held.append((max(at_ms + held, self._held[-1][0] if self._held else at_ms), name))

    # ------------------------------------------------------------ the truth

    def played_bytes_between(self, from_ms: float, to_ms: float) -> bytes:
        """What the ear got in a time, holes left out."""
        parts = []
        for start_ms, audio in self.played:
            first = max(0, math.ceil((from_ms - EARLY_MS - start_ms) * BYTES_PER_MS))
            last = max(0, math.ceil((to_ms - EARLY_MS - start_ms) * BYTES_PER_MS))
            parts.append(bytes(audio[first:last]))
        return b"".join(parts)

    def played_ms_of_values(self) -> dict[int, float]:
        """Milliseconds played of each byte value: a test that sends each item as one value of its own reads off what was heard."""
        counts: Counter[int] = Counter()
        for stretch in self.played:
            counts.update(stretch.audio)
        return {value: count / BYTES_PER_MS for value, count in sorted(counts.items())}

    def gaps(self, shorter_than_ms: float = 500.0) -> list[Gap]:
        """The underruns that are holes inside speech, not pauses between turns."""
        return [gap for gap in self.underruns if gap.to_ms - gap.from_ms < shorter_than_ms]
