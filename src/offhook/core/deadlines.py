"""What a call waits for: each rule's deadline under the method that carries it out."""

from collections.abc import Callable, Iterator

Action = Callable[[float], None]
"""Carries out what has come due; takes the time in milliseconds."""


class Deadlines:
    """One deadline at most for each action."""

    def __init__(self) -> None:
        self._at: dict[Action, float] = {}

    def __contains__(self, action: Action) -> bool:
        return action in self._at

    def set(self, action: Action, at: float) -> None:
        """The action is due at a time, whatever was set before."""
        self._at[action] = at

    def drop(self, *actions: Action) -> None:
        """Nobody waits for these any more."""
        for action in actions:
            self._at.pop(action, None)

    def clear(self) -> None:
        """Nothing is waited for any more."""
        self._at.clear()

    def next(self) -> float | None:
        """The earliest deadline; None if nothing is waited for."""
        return min(self._at.values(), default=None)

    def due(self, now: float) -> Iterator[Action]:
        """The actions whose time has come, earliest first; one that another of them drops is left out."""
        for action, at in sorted(self._at.items(), key=lambda entry: entry[1]):
            if at <= now and self._at.get(action) == at:
                del self._at[action]
                yield action
