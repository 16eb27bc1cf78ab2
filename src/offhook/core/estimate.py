"""The ear of a carrier that tells nothing but marks.

Pure: time is an argument, in milliseconds. With a constant one-way delay, what was heard when our `clear` took effect
equals the carrier's queue modelled on the clock of our own writes, whatever the delay is: the audio and the `clear` that
cuts it travel the same road. Marks repair what the write clock cannot see (docs/heard.md).
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

GATE_MS = 40.0  # smaller corrections are jitter, not knowledge
IDLE_MS = 20.0  # after a gap this long the carrier may have caught up: the next audio gets a mark of its own
PERIOD_MS = 100.0  # after one this long nothing is known of the lateness of the next audio
FENCE_MS = 250.0  # the longest a truncate waits for the fence
FLOWING_MS = 45.0  # media this fresh proves that the downlink is not what keeps the fence
TOGETHER_MS = 5.0  # an echo and the media behind it that arrive this close were held up together
UNHEARD_END_MS = 1000.0  # an end mark this late beyond the round trip is lost


@dataclass(slots=True)
class _Stretch:
    item: str | None
    offset_ms: float
    start: float  # when it begins at the ear, on the clock of our writes
    length_ms: float


@dataclass(slots=True)
class _Mark:
    generation: int  # clears sent before it
    item: str | None
    offset_ms: float  # of the item, before the mark
    predicted: float  # when all before it is over, on the clock of our writes
    ends_item: bool
    idle_ms: float


@dataclass(slots=True)
class _Late:
    """How late a valid mark was, and how much the queue had been idle when it was written."""

    ms: float
    idle_ms: float


@dataclass(slots=True)
class _Echo:
    name: str
    mark: _Mark
    arrived: float
    down_late_ms: float  # of the media before it


@dataclass(slots=True)
class Cut:
    """One `clear` on its way, and afterwards the arithmetic of what was heard."""

    at: float
    stretches: list[_Stretch]
    proven_ms: dict[str, float]
    late_ms: float | None
    """Lateness of the newest valid mark of the busy period; None if there was none."""
    fence: str
    deadline: float
    fence_late_ms: float | None = None
    shift_ms: float = 0.0
    """How much later than the audio it cuts the `clear` took effect."""


class EstimatedEar:
    """The ear of a carrier that tells nothing but marks: the write clock, repaired by marks where they prove it wrong.

    The owner sends a mark wherever `mark_before` and `mark_after` give a name, tells each echo, and sends the name that
    `clear` returns right behind its clear (the *fence*).
    """

    def __init__(self, newest_media: Callable[[], tuple[float | None, float]], offset_ms: float = 0.0) -> None:
        """`newest_media` gives the timestamp (ms on the carrier's clock, None if unknown) and the arrival of the newest
        inbound media; it is asked only when a mark or a deadline needs it. `offset_ms`: a constant that the carrier
        adds between its queue and the ear (PLAYOUT_OFFSET_MS)."""
        self._newest_media = newest_media
        self._offset_ms = offset_ms
        self._stretches: list[_Stretch] = []
        self._queue_end = 0.0
        self._marks: dict[str, _Mark] = {}
        self._named = 0
        self._mark_is_newest = False
        self._marked: tuple[str | None, float] = (None, 0.0)
        self._late: _Late | None = None
        self._idle_ms = 0.0  # how long nothing was queued between writes, summed up
        self._proven_ms: dict[str, float] = {}
        self._finished: list[str] = []
        self._generation = 0
        self._cuts: deque[Cut] = deque()
        self._round_trips: deque[float] = deque(maxlen=60)
        self._round_trip_ms: float | None = None  # the median of the newest: minima of noisy samples are biased
        self._least_down_ms = float("inf")
        self._echoes: list[_Echo] = []  # wait for the media behind them
        self.settled_cut: Cut | None = None  # the arithmetic of the last settlement, for whoever shows it

    # -------------------------------------------------------------- what we write

    def queued_ms(self, now: float) -> float:
        return max(0.0, self._queue_end - now)

    @property
    def round_trip_ms(self) -> float:
        """To the ear and back, as far as marks have told; 0 before the first."""
        return self._round_trip_ms or 0.0

    def mark_before(self, item: str, offset_ms: float, now: float) -> str | None:
        """The mark to send before audio of `item`: at its first audio and after an idle gap, unless one was just sent."""
        first = not any(s.item == item for s in self._stretches)
        if self._mark_is_newest or not (first or now > self._queue_end + IDLE_MS):
            return None
        return self._mark(item, offset_ms, now)

    def wrote(self, item: str | None, offset_ms: float, length_ms: float, now: float) -> None:
        self._idle_ms += max(0.0, now - self._queue_end)
        if now > self._queue_end + PERIOD_MS:
            self._late = None
        start = max(now, self._queue_end)
        self._queue_end = start + length_ms
        self._mark_is_newest = False
        last = self._stretches[-1] if self._stretches else None
        if (
            last
            and last.item == item
            and last.start + last.length_ms == start
            and last.offset_ms + last.length_ms == offset_ms
        ):
            last.length_ms += length_ms
        else:
            self._stretches.append(_Stretch(item, offset_ms, start, length_ms))

    def mark_after(self, item: str, end_ms: float, last: bool, now: float) -> str | None:
        """The mark to send behind audio that ends at `end_ms` of `item`: once a second and at the item's end."""
        since = end_ms - (self._marked[1] if self._marked[0] == item else 0.0)
        if not last and since < 1000.0:
            return None
        return self._mark(item, end_ms, now, ends_item=last)

    def _mark(self, item: str | None, offset_ms: float, now: float, *, ends_item: bool = False) -> str:
        self._named += 1
        idle_ms = self._idle_ms + max(0.0, now - self._queue_end)
        name = f"m{self._named}"
        self._marks[name] = _Mark(self._generation, item, offset_ms, max(now, self._queue_end), ends_item, idle_ms)
        self._marked = (item, offset_ms)
        self._mark_is_newest = True
        return name

    def clear(self, now: float) -> str:
        self.flowed()
        known = self._round_trip_ms
        wait = FENCE_MS if known is None else min(FENCE_MS, known + self._down_late_ms() + 100.0)
        stretches, self._stretches = self._stretches, []
        proven, self._proven_ms = self._proven_ms, {}
        late_ms, self._late = self._late_now_ms(), None
        self._queue_end = now
        self._idle_ms = 0.0
        self._generation += 1
        for mark in self._marks.values():  # they come back with the clear, if at all
            mark.predicted = min(mark.predicted, now)
        fence = self._mark(None, 0.0, now)
        self._cuts.append(Cut(now, stretches, proven, late_ms, fence, now + wait))
        return fence

    @property
    def media_ahead_ms(self) -> float | None:
        """What to add to a moment of our writes to have the timestamp that the caller's media bears when what was written
        is heard. None until a mark has come back."""
        if self._round_trip_ms is None or self._least_down_ms == float("inf"):
            return None
        return self._round_trip_ms - self._least_down_ms + self._offset_ms

    # -------------------------------------------------------------- what comes back

    def _down_late_ms(self) -> float:
        """How much longer than ever seen the newest media took to reach us: the downlink's lateness now."""
        timestamp_ms, arrived = self._newest_media()
        if timestamp_ms is None:
            return 0.0
        self._least_down_ms = min(self._least_down_ms, arrived - timestamp_ms)
        return arrived - timestamp_ms - self._least_down_ms

    def echo(self, name: str, now: float) -> None:
        """A mark came back. What it says of lateness is known when the media behind it has come (`flowed`)."""
        mark = self._marks.get(name)
        if mark is None:
            return
        passed = list(self._marks)
        for earlier in passed[: passed.index(name) + 1]:
            self._pass(self._marks.pop(earlier))
        # A clear makes the carrier return every mark it still holds: until the fence is back, an echo proves nothing.
        fence_out = any(cut.fence_late_ms is None for cut in self._cuts)
        if any(cut.fence == name for cut in self._cuts) or not (fence_out or mark.generation != self._generation):
            self._echoes.append(_Echo(name, mark, now, self._down_late_ms()))

    @property
    def awaits_media(self) -> bool:
        """True if `flowed` wants to be called at the next inbound media."""
        return bool(self._echoes)

    def flowed(self) -> None:
        """The newest media came right after echoes: if together with them, its delay was theirs too."""
        _, arrived = self._newest_media()
        down_late_ms = self._down_late_ms()
        echoes, self._echoes = self._echoes, []
        for echo in echoes:
            together = 0.0 <= arrived - echo.arrived < TOGETHER_MS
            down = max(echo.down_late_ms, down_late_ms) if together else echo.down_late_ms
            self._learn(echo.name, echo.mark, echo.arrived - echo.mark.predicted - down)

    def _learn(self, name: str, mark: _Mark, late_ms: float) -> None:
        self._round_trips.append(late_ms)
        newest = sorted(list(self._round_trips)[-15:])
        self._round_trip_ms = newest[len(newest) // 2]
        for cut in self._cuts:
            if cut.fence == name:
                cut.fence_late_ms = late_ms
                return
        self._late = _Late(late_ms, mark.idle_ms)
        if any(stretch.item == mark.item for stretch in self._stretches) and mark.item is not None:
            self._proven_ms[mark.item] = max(self._proven_ms.get(mark.item, 0.0), mark.offset_ms)

    def _pass(self, mark: _Mark) -> None:
        # Marks return in order, so an echo also speaks for earlier marks that were lost on the way.
        if mark.ends_item and mark.item is not None and mark.generation == self._generation:
            self._finish(mark.item)

    def _finish(self, item: str) -> None:
        self._finished.append(item)
        self._stretches = [s for s in self._stretches if s.item not in (item, None)]
        self._proven_ms.pop(item, None)

    def _late_now_ms(self) -> float | None:
        """The lateness of what plays now: a carrier that is behind catches up whenever we leave it nothing to play."""
        if self._late is None:
            return None
        return max(min(self._round_trips), self._late.ms - (self._idle_ms - self._late.idle_ms))

    # -------------------------------------------------------------- what was heard

    def settled(self, now: float) -> dict[str, float] | None:
        if not self._cuts:
            return None
        if self._cuts[0].fence_late_ms is None:
            if now < self._cuts[0].deadline:
                return None
            self.flowed()
        cut = self._cuts.popleft()
        shift = self._shift(cut, now)
        cut.shift_ms = shift if abs(shift) > GATE_MS else 0.0
        self.settled_cut = cut
        return self._position(cut.stretches, cut.proven_ms, cut.at + cut.shift_ms)

    def _shift(self, cut: Cut, now: float) -> float:
        if cut.late_ms is None:
            return 0.0
        if cut.fence_late_ms is not None:
            return cut.fence_late_ms - cut.late_ms
        if now - self._newest_media()[1] < FLOWING_MS:
            return max(0.0, now - cut.at - self._down_late_ms() - cut.late_ms)
        return 0.0

    def lost(self, closed_at: float | None = None) -> dict[str, float]:
        # What the carrier sent last left it half a round trip before it arrived, and what it was playing then had left
        # us half a round trip before that. A close of ours travels as a clear does.
        at = self._newest_media()[1] - (self._round_trip_ms or 0.0) if closed_at is None else closed_at
        heard: dict[str, float] = {}
        for cut in self._cuts:
            heard |= self._position(cut.stretches, cut.proven_ms, min(at, cut.at))
        heard |= self._position(self._stretches, self._proven_ms, at)
        self._cuts.clear()
        self._stretches = []
        return heard

    def _position(self, stretches: list[_Stretch], proven_ms: dict[str, float], at: float) -> dict[str, float]:
        heard: dict[str, float] = {}
        for stretch in stretches:
            if stretch.item is None:
                continue
            reached = min(stretch.length_ms, at - self._offset_ms - stretch.start)
            position = stretch.offset_ms + reached if reached > 0 else 0.0
            heard[stretch.item] = max(heard.get(stretch.item, 0.0), position)
        for item, ms in proven_ms.items():
            if item in heard:
                heard[item] = max(heard[item], ms)
        return heard

    def finished(self, now: float) -> list[str]:
        wait = self._unheard_ms()
        for name, mark in list(self._marks.items()):
            if mark.predicted + wait > now:
                break
            self._pass(self._marks.pop(name))
        finished, self._finished = self._finished, []
        return finished

    def wake_at(self) -> float | None:
        deadline = self._cuts[0].deadline if self._cuts else None
        for mark in self._marks.values():
            if mark.ends_item:
                unheard = mark.predicted + self._unheard_ms()
                return unheard if deadline is None else min(deadline, unheard)
        return deadline

    def _unheard_ms(self) -> float:
        """So long after its moment an end mark that has not come back is lost."""
        return (self._round_trip_ms or FENCE_MS) + UNHEARD_END_MS
