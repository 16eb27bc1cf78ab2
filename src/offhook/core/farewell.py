"""A call that ends once the agent's goodbye was heard: asked for, paused, withdrawn, due. Pure."""

from collections.abc import Callable

from offhook.core.deadlines import Deadlines
from offhook.core.events import Reason

LONGEST_MS = 60_000.0
"""Of a goodbye; then the call ends whatever was heard."""
BEGIN_MS = 5_000.0
"""An agent that wants to hang up has so long to begin its goodbye."""


class Farewell:
    """Whether the agent is about to leave one call. `leave` ends it, or puts the caller through."""

    def __init__(self, deadlines: Deadlines, leave: Callable[[Reason, float], None]) -> None:
        self._deadlines, self._leave = deadlines, leave
        self._due = False
        self._until: float
        self._paused: tuple[Reason, bool] | None = None
        self.reason: Reason | None = None
        """Why the call ends when the agent has been heard; None while it does not."""

    def ask(self, reason: Reason, now: float, *, due: bool, busy: bool) -> None:
        """The call ends when all was heard; `due`: the goodbye is still to come; `busy`: something is being said."""
        self.reason, self._due, self._paused = reason, due, None
        self._wait_until(now + (BEGIN_MS if due and not busy else LONGEST_MS))

    def began(self, now: float) -> None:
        """The agent says something: the goodbye, if it was due."""
        if self._due:
            self._due = False
            self._wait_until(now + LONGEST_MS)

    def _wait_until(self, at: float) -> None:
        self._until = at
        self._deadlines.set(self._over, at)

    def pause(self) -> None:
        """The caller may have something to say after all."""
        if self.reason is not None:
            self._paused = self.reason, self._due
        self.reason, self._due = None, False
        self._deadlines.drop(self._over)

    def go_on(self, now: float, *, said: bool, busy: bool) -> None:
        """They had not; `said`: the agent has begun to say something since they last spoke."""
        if self._paused is not None:
            reason, due = self._paused
            self.ask(reason, now, due=due and not said, busy=busy)

    @property
    def pending(self) -> bool:
        """The agent is about to leave, unless the caller has something to say."""
        return self.reason is not None or self._paused is not None

    def withdraw(self) -> None:
        """The caller has something to say."""
        self.pause()
        self._paused = None

    def heard(self, now: float) -> bool:
        """All that was said has been heard; True if that ended the call."""
        if self.reason is None:
            return False
        if self._due:  # that was no goodbye, but a word to fill the time
            self._wait_until(min(self._until, now + BEGIN_MS))
            return False
        self._leave(self.reason, now)
        return True

    def _over(self, now: float) -> None:
        if self.reason is not None:
            self._leave(self.reason, now)
