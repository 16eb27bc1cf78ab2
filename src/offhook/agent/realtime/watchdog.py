"""Notices an answer that does not come, or stops in the middle, so that no caller waits for ever."""

import asyncio
from collections.abc import Callable

STALLED_S = 2.0  # of silence at the ear in the middle of what is being said
STALL_S = 8.0  # without a sound of an answer that was asked for or has begun
UNANSWERED_S = 6.0  # the same of an answer to the caller that the server was to begin by itself
MUTE_S = 5.0  # a server that has said nothing whatever since it was asked for an answer is not there


class Watchdog:
    """That of one leg. Its clock is the loop's, in seconds; positions at the ear are those of our own writes."""

    def __init__(
        self,
        *,
        in_the_middle: Callable[[str], bool],
        news: Callable[[], float],
        missing: Callable[[str, bool], None],
    ) -> None:
        """`in_the_middle` of an item of this answer: it has begun and has not ended. `news`: when the server last said
        anything at all. `missing` is told of the answer, and whether the server is mute."""
        self._loop = asyncio.get_running_loop()
        self._in_the_middle, self._news, self._missing = in_the_middle, news, missing
        self._step: str | None = None
        self._asked = self._begun = False
        self._since = self._heard_until = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def awaits(self, step: str | None, *, asked: bool, begun: bool) -> None:
        """This answer is awaited now, or none; `asked`: we have asked for it; `begun`: it is being generated."""
        if step != self._step:
            self._step, self._asked, self._begun, self._since = step, asked, begun, self._loop.time()
            self._arm()

    def plays(self, ms: float, *, answer: bool) -> None:
        """So much audio was handed on, of the `answer` or of something else. Media plane."""
        now = self._loop.time()
        self._heard_until = max(now, self._heard_until) + ms / 1000.0
        if answer:
            self._since = now
            self._arm()

    def silenced(self) -> None:
        """What was handed on is not heard after all."""
        self._heard_until = self._loop.time()

    def close(self) -> None:
        """Watches no more. Idempotent."""
        self._step = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _due(self) -> float | None:
        if self._step is None:
            return None
        if self._begun and self._in_the_middle(self._step):
            return max(self._since, self._heard_until) + STALLED_S
        if self._mute:
            return self._since + MUTE_S
        return self._since + (STALL_S if self._asked or self._begun else UNANSWERED_S)

    @property
    def _mute(self) -> bool:
        return self._asked and not self._begun and self._news() <= self._since

    def _arm(self) -> None:
        """The timer rings when it is due, or earlier, and then looks again: audio does not move it."""
        due = self._due()
        if due is None or (self._timer is not None and self._timer.when() <= due):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(due, self._look)

    def _look(self) -> None:
        self._timer = None
        due, step = self._due(), self._step
        if due is not None and step is not None and due <= self._loop.time() + 0.001:
            mute, self._step = self._mute, None
            self._missing(step, mute)
        self._arm()
