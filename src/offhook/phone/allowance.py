"""How much may be dialled: so many calls a minute for each operator's token, so much money a day. Pure; times in milliseconds.

A call reserves the most that it may cost before it is dialled, and settles with what it did cost: calls that are still going on
count, so that a hundred of them cannot pass a cap together. A day is one of UTC.
"""

from collections import deque
from dataclasses import dataclass

MINUTE_MS = 60_000.0
DAY_MS = 86_400_000.0


@dataclass(frozen=True, slots=True)
class Grant:
    """The answer. `reserved_usd` goes back by `settle`, if the call was dialled or not; the sentence says why not."""

    allowed: bool
    sentence: str
    reserved_usd: float = 0.0
    retry_after_s: int = 0


class Allowance:
    """What one process may still dial."""

    def __init__(self, calls_per_minute: int = 5, usd_per_day: float | None = None) -> None:
        self._per_minute = calls_per_minute
        self._usd_per_day = usd_per_day
        self._dialled: dict[str, deque[float]] = {}
        self._day = -1
        self._spent_usd = 0.0
        self._reserved_usd = 0.0

    @property
    def unlimited(self) -> bool:
        """There is no limit on a day's cost."""
        return self._usd_per_day is None

    def admit(self, token: str, now: float, usd: float = 0.0) -> Grant:
        """Whether `token` may dial now; `now` in Unix milliseconds, `usd` the most that the call may cost."""
        self._turn(now)
        recent = self._dialled.get(token, deque())
        while recent and recent[0] <= now - MINUTE_MS:
            recent.popleft()
        if len(recent) >= self._per_minute:
            return self._too_often(max(1, -int(-(recent[0] + MINUTE_MS - now) // 1000)) if recent else 60)
        if self._spent_usd >= self._cap or self._spent_usd + self._reserved_usd + usd > self._cap:
            return self._too_dear(now)
        recent.append(now)
        self._dialled[token] = recent
        self._reserved_usd += usd
        return Grant(True, "The call may be dialled.", usd)

    def together(self, dialled: int, usd: float, now: float, own_usd: float = 0.0) -> Grant:
        """Whether a call that was granted here may be dialled, with those of all other processes: so many of the last minute,
        and so much that the day has cost or may yet, this call and its `own_usd` counted."""
        if dialled > self._per_minute:
            return self._too_often(int(MINUTE_MS / 1000))
        if usd > self._cap or usd - own_usd >= self._cap:
            return self._too_dear(now)
        return Grant(True, "The call may be dialled.")

    @property
    def _cap(self) -> float:
        return float("inf") if self._usd_per_day is None else self._usd_per_day

    def _too_often(self, wait_s: int) -> Grant:
        return Grant(False, f"{self._per_minute} calls a minute are allowed: try again in {wait_s} s.", 0.0, wait_s)

    def _too_dear(self, now: float) -> Grant:
        wait_s = int((DAY_MS - now % DAY_MS) // 1000) + 1
        return Grant(False, f"The day's {self._usd_per_day:g} USD are spent or reserved.", 0.0, wait_s)

    def settle(self, grant: Grant, spent_usd: float, now: float) -> None:
        """A call is over, or was not dialled: what it cost, in place of what was reserved. Once for each grant."""
        self._turn(now)
        self._reserved_usd = max(0.0, self._reserved_usd - grant.reserved_usd)
        self._spent_usd += max(0.0, spent_usd)

    @property
    def spent_usd(self) -> float:
        """What this day has cost so far."""
        return self._spent_usd

    def restore(self, spent_usd: float, now: float) -> None:
        """What was spent today before this process began, as the journal has it."""
        self._turn(now)
        self._spent_usd = max(self._spent_usd, spent_usd)

    def _turn(self, now: float) -> None:
        """A new day begins with nothing spent; tokens that have not dialled for a minute are forgotten."""
        day = int(now // DAY_MS)
        if day > self._day:
            self._day, self._spent_usd = day, 0.0
        for token in [each for each, times in self._dialled.items() if not times or times[-1] <= now - MINUTE_MS]:
            del self._dialled[token]
