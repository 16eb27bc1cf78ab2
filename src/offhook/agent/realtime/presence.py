"""Whether a realtime agent is there, as its call is told: joined once, away and back as often as it happens. Pure."""

from collections.abc import Callable

from offhook.core import events as e


class Presence:
    """That of one leg. `report` takes events to the call; `name` is the agent's, `backend` what speaks for it."""

    def __init__(self, report: Callable[[e.Event], None], joined: e.AgentJoined) -> None:
        """`joined` is what the call is told first."""
        self._report, self._first = report, joined
        self._joined = self._away = False

    def join(self) -> None:
        """The agent can say its first words. Idempotent."""
        if not self._joined:
            self._joined = True
            self._report(self._first)

    def absent(self, *, lost: bool = False) -> None:
        """From now on the caller may wait for a word, though nothing was asked."""
        if lost or not self._away:
            self._away = True
            self._report(e.AgentAway(lost and self._joined))

    def present(self) -> None:
        """It speaks, or hears."""
        if self._away:
            self._away = False
            self._report(e.AgentBack())
