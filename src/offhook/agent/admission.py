"""New connections as often as a server allows: those of conversations under way before those of new calls."""

import asyncio
from collections import deque


class Admission:
    """At most `most` in any `seconds`. One per server and process."""

    def __init__(self, most: int, seconds: float = 60.0) -> None:
        self._most, self._seconds = most, seconds
        self._entered: deque[float] = deque()
        self._resumed: deque[asyncio.Future[None]] = deque()
        self._new: deque[asyncio.Future[None]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    async def enter(self, *, resumed: bool) -> None:
        """Waits for its turn."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        (self._resumed if resumed else self._new).append(turn)
        self._admit()
        await turn

    def _admit(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        while self._entered and now - self._entered[0] >= self._seconds:
            self._entered.popleft()
        while len(self._entered) < self._most and (turn := self._next()) is not None:
            self._entered.append(now)
            turn.set_result(None)
        if (self._resumed or self._new) and self._timer is None:
            self._timer = loop.call_at(self._entered[0] + self._seconds + 0.001, self._again)

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
