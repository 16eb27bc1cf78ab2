"""What was handed on to a page, on the clock of our writes: when each moment of an item was to be heard. Pure."""

from collections import deque
from dataclasses import dataclass

SAMPLE_MS = 0.04  # at the highest rate
KEPT_MS = 20_000.0


@dataclass(slots=True)
class _Span:
    item: str
    offset_ms: float
    start: float
    length_ms: float


class Written:
    """Of one stream."""

    def __init__(self) -> None:
        self._spans: deque[_Span] = deque()

    def wrote(self, item: str, offset_ms: float, start: float, length_ms: float) -> None:
        """Audio was handed on: `length_ms` of an item from `offset_ms`, to be heard from `start`."""
        newest = self._spans[-1] if self._spans else None
        if newest is not None and _follows(newest, item, offset_ms, start):
            newest.length_ms += length_ms
            return
        self._spans.append(_Span(item, offset_ms, start, length_ms))
        while self._spans[0].start + self._spans[0].length_ms < start - KEPT_MS:
            self._spans.popleft()

    def moment(self, item: str, ms: float) -> float | None:
        """When `ms` of an item was to be heard, of what was handed on last; None if nobody knows."""
        for span in reversed(self._spans):
            if span.item == item and span.offset_ms <= ms <= span.offset_ms + span.length_ms + SAMPLE_MS:
                return span.start + ms - span.offset_ms
        return None


def _follows(span: _Span, item: str, offset_ms: float, start: float) -> bool:
    """Whether audio of this item and offset, to be heard from `start`, follows a span without a break."""
    return (
        item == span.item
        and abs(span.offset_ms + span.length_ms - offset_ms) < SAMPLE_MS
        and abs(span.start + span.length_ms - start) < SAMPLE_MS
    )
