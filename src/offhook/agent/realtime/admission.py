"""New connections to one server, as fast as it can take them: those of conversations under way before those of new calls."""

import asyncio
import math
from collections import deque

MOST_A_SECOND = 50.0
"""To a server that is well: what a process's calls could ask of it at once if all had lost their sessions."""
LEAST_A_SECOND = 2.0
"""To one that is not: enough to learn soon that it is back."""
SLOWER, FASTER = 0.5, 1.5
"""What a failure, and a success, does to the pace."""


class Admission:
    """At most `most` in any `seconds`, and no faster than the pace, which falls when connections fail or are lost and rises
    when they are made. One per server and process."""

    def __init__(self, most: int | None = None, seconds: float = 60.0) -> None:
        self.most = most
        self._seconds = seconds
        self._entered: deque[float] = deque(maxlen=most) if most else deque(maxlen=0)
        self._pace = MOST_A_SECOND
        self._spent_until = 0.0  # as long as the connections made would last at the pace
        self._held_until = 0.0
        self._resumed: deque[asyncio.Future[None]] = deque()
        self._new: deque[asyncio.Future[None]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    async def enter(self, *, resumed: bool) -> None:
        """Waits for its turn."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        (self._resumed if resumed else self._new).append(turn)
        self._admit()
        await turn

    def worked(self) -> None:
        """A connection was made."""
        self._pace = min(MOST_A_SECOND, self._pace * FASTER)
        if self._timer is not None:  # set by the pace before
            self._timer.cancel()
            self._again()

    def failed(self, hold_s: float = 0.0) -> None:
        """A connection was not made, or was lost. `hold_s`: the server asks to be left alone for so long."""
        now = asyncio.get_running_loop().time()
        self._pace = max(LEAST_A_SECOND, self._pace * SLOWER)
        self._spent_until = max(self._spent_until, now)
        self._held_until = max(self._held_until, now + hold_s)

    def _admit(self) -> None:
        loop = asyncio.get_running_loop()
        while (at := self._next_at(loop.time())) <= loop.time() and (turn := self._next()) is not None:
            self._spent_until = max(self._spent_until, loop.time()) + 1.0 / self._pace
            self._entered.append(loop.time())
            turn.set_result(None)
        if (self._resumed or self._new) and self._timer is None:
            self._timer = loop.call_at(at + 0.001, self._again)

    def _next_at(self, now: float) -> float:
        """When the next may enter. A second's worth may enter at once."""
        window = self._entered[0] + self._seconds if self.most and len(self._entered) == self.most else -math.inf
        return max(window, self._held_until, self._spent_until - 1.0 + 1.0 / self._pace)

    def _again(self) -> None:
        self._timer = None
        self._admit()

    def _next(self) -> "asyncio.Future[None] | None":
        for queue in (self._resumed, self._new):
            while queue:
                turn = queue.popleft()
                if not turn.done():  # who gave up in the meantime takes nobody's place
                    return turn
        return None
