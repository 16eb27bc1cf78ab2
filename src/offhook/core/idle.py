"""A caller who says nothing any more: asked twice whether they are still there, then the agent leaves. Pure."""

from collections.abc import Callable

from offhook.core.deadlines import Deadlines

MOST = 2
"""Times that the caller is asked."""


class Idle:
    """That of one call; off until `ms` is set."""

    def __init__(
        self,
        deadlines: Deadlines,
        awaits_caller: Callable[[], bool],
        ask: Callable[[float], None],
        leave: Callable[[float], None],
    ) -> None:
        """`awaits_caller`: nobody speaks, and it is the caller's go. `ask` has the agent ask, `leave` has it say goodbye."""
        self._deadlines, self._awaits_caller, self._ask, self._leave = deadlines, awaits_caller, ask, leave
        self.ms = 0.0
        """So long a caller may be silent; 0: as long as they like."""
        self._asked = 0

    def begin(self, now: float, *, anew: bool = False) -> None:
        """Nobody speaks. `anew`: the silence begins now."""
        if self.ms and (anew or self._over not in self._deadlines):
            self._deadlines.set(self._over, now + self.ms)

    def broken(self) -> None:
        """The caller does something."""
        self._asked = 0
        self._deadlines.drop(self._over)

    def _over(self, now: float) -> None:
        if not self._awaits_caller():
            return  # the silence that follows is the one that counts
        self._asked += 1
        (self._ask if self._asked <= MOST else self._leave)(now)
