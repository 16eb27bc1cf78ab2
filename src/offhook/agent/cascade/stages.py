"""How long each stage of an answer took, from the end of the caller's speech: one turn at a time."""

from offhook.core.events import Staged
from offhook.core.leg import AgentSide


class Stages:
    """Those of one leg. Of each stage the first time in a turn counts."""

    def __init__(self) -> None:
        self._call: AgentSide | None = None
        self._since: float | None = None
        self._ms: dict[str, float] = {}

    def join(self, call: AgentSide) -> None:
        """The call whose clock it is, and that is told."""
        self._call = call

    def begin(self, ago_ms: float) -> None:
        """The caller fell silent so long ago."""
        assert self._call is not None
        self._since, self._ms = self._call.now() - ago_ms, {}

    def clear(self) -> None:
        """What follows is no answer to anything that was said."""
        self._since = None

    def note(self, stage: str) -> None:
        """A stage is reached now."""
        if self._call is not None and self._since is not None:
            self._ms.setdefault(stage, round(self._call.now() - self._since, 1))

    def tell(self, item: str) -> None:
        """The answer is said, in this item: the call is told, once in a turn."""
        if self._call is not None and self._since is not None:
            self._call.report(Staged(item, self._ms))
            self._since = None
