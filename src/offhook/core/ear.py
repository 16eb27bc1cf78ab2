"""How far the caller has listened to what was handed on: what every ear promises, and the ear of a player that reports.

Pure: time is an argument, in milliseconds.

*Heard* means the milliseconds of an item that had reached the ear when our `clear` took effect: all that the caller
will ever have heard of it (docs/heard.md).
"""

from collections import deque
from dataclasses import dataclass
from typing import Protocol


class Ear(Protocol):
    """How far the ear got, for one stream."""

    def queued_ms(self, now: float) -> float:
        """Audio handed on and not yet heard."""

    def wrote(self, item: str | None, offset_ms: float, length_ms: float, now: float) -> None:
        """Audio was handed on: `length_ms` of an item from `offset_ms`; item None for silence that does not count."""

    def clear(self, now: float) -> str | None:
        """Our `clear` goes out now. The name of a mark to send right behind it, if this ear uses marks."""

    def settled(self, now: float) -> dict[str, float] | None:
        """Heard ms per item of the earliest `clear`, as soon as it is known; None until then."""

    def lost(self, closed_at: float | None = None) -> dict[str, float]:
        """The stream is gone: heard ms per item of all that is not settled. `closed_at`: it was us who closed it, then."""

    def finished(self, now: float) -> list[str]:
        """Items heard to their end since the last call."""

    def wake_at(self) -> float | None:
        """When `settled` or `finished` may have something new without anything arriving."""


class ReportedEar:
    """The ear of a player that reports what it really played (a browser, a loopback): exact.

    The owner tells `reported` whenever the player says how far it is, and `cleared` when it has stopped.
    """

    def __init__(self, patience_ms: float = 1000.0) -> None:
        """`patience_ms`: how long a player may take to say what it had played when it was cleared."""
        self._patience_ms = patience_ms
        self._queue_end = 0.0
        self._heard_ms: dict[str, float] = {}
        self._length_ms: dict[str, float] = {}
        self._ended: set[str] = set()
        self._cuts: deque[_Cut] = deque()
        self._answers: deque[dict[str, float]] = deque()
        self._too_late = 0  # answers that are still to come for cuts that were settled without them
        self._finished: list[str] = []

    def queued_ms(self, now: float) -> float:
        return max(0.0, self._queue_end - now)

    def wrote(self, item: str | None, offset_ms: float, length_ms: float, now: float) -> None:
        self._queue_end = max(now, self._queue_end) + length_ms
        if item is not None:
            self._heard_ms.setdefault(item, 0.0)
            self._length_ms[item] = offset_ms + length_ms

    def ended(self, item: str) -> None:
        """No more audio will be written of the item."""
        self._ended.add(item)
        self._check(item)

    def reported(self, item: str, ms: float) -> None:
        """The player has played `ms` of the item."""
        if self._too_late:
            return  # it speaks of what was settled without it
        cut = self._cuts[len(self._answers)] if len(self._cuts) > len(self._answers) else None
        if cut is not None and item in cut.heard_ms:  # it has not heard of the clear yet
            _take(cut.heard_ms, cut.length_ms, item, ms)
        else:
            _take(self._heard_ms, self._length_ms, item, ms)
            self._check(item)

    def _check(self, item: str) -> None:
        if item in self._ended and self._heard_ms.get(item, -1.0) >= self._length_ms.get(item, 0.0):
            del self._heard_ms[item], self._length_ms[item]
            self._ended.discard(item)
            self._finished.append(item)

    def clear(self, now: float) -> None:
        self._cuts.append(_Cut(now + self._patience_ms, self._heard_ms, self._length_ms))
        self._heard_ms, self._length_ms = {}, {}
        self._ended.clear()
        self._queue_end = now

    def cleared(self, heard_ms: dict[str, float]) -> None:
        """The player stopped at these positions."""
        if self._too_late:
            self._too_late -= 1
        else:
            self._answers.append(heard_ms)

    def settled(self, now: float) -> dict[str, float] | None:
        if not self._cuts or (not self._answers and now < self._cuts[0].until):
            return None
        cut = self._cuts.popleft()
        if self._answers:
            for item, ms in self._answers.popleft().items():
                _take(cut.heard_ms, cut.length_ms, item, ms)
        else:
            self._too_late += 1
        return cut.heard_ms

    def lost(self, closed_at: float | None = None) -> dict[str, float]:
        heard: dict[str, float] = {}
        for cut in self._cuts:
            heard |= cut.heard_ms
        self._cuts.clear()
        return heard | self._heard_ms

    def finished(self, now: float) -> list[str]:
        finished, self._finished = self._finished, []
        return finished

    def wake_at(self) -> float | None:
        return self._cuts[0].until if self._cuts else None


@dataclass(slots=True)
class _Cut:
    until: float
    heard_ms: dict[str, float]
    length_ms: dict[str, float]


def _take(heard_ms: dict[str, float], length_ms: dict[str, float], item: str, ms: float) -> None:
    """A position that was told of an item: it never goes back, nor beyond what was written."""
    if item in heard_ms:
        heard_ms[item] = max(heard_ms[item], min(ms, length_ms[item]))
