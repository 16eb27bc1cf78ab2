"""A caller who is put through to somebody else: asked for, dialled, back again or gone. Pure.

The agent is kept while the telephone there rings, so that it goes on at once if nobody answers. Who answered is known by
the time: a telephone that no longer rings and of which the carrier tells nothing was picked up, and then nobody comes back.
"""

from collections.abc import Callable
from dataclasses import dataclass

from offhook.core import events as e
from offhook.core.deadlines import Deadlines

RING_S = 25
"""So long a telephone may ring."""
ANSWERED_MS = RING_S * 1000.0 + 10_000.0
"""After the carrier was told to dial: it rings no more."""
MOST = 10
"""Times that one caller is put through: who asks again and again must not have somebody rung for ever."""
TALKED = ("completed", "answered")
"""Of the carrier's words for what became of it, those after which nobody comes back."""


@dataclass(frozen=True, slots=True)
class Dial:
    """What the carrier is to dial."""

    number: str
    ring_s: int
    limit_s: int
    """The two may talk so long."""


class Transfer:
    """That of one call, if there is one."""

    def __init__(self, deadlines: Deadlines, do: Callable[..., None]) -> None:
        """`do` takes commands."""
        self._deadlines, self._do = deadlines, do
        self.wanted: e.TransferAsked | None = None
        """Where to; None while nobody is to be put through."""
        self.dialling = False
        """The carrier was told to, and has not said what came of it."""
        self.answered = False
        """Somebody must have picked up."""
        self.dialled = 0
        """Times that the carrier was told to."""

    def ask(self, wanted: e.TransferAsked) -> None:
        """The caller is to be put through when the agent was heard."""
        self.wanted = wanted
        self._tell("asked")

    def withdraw(self) -> str:
        """The caller had something to say. The words that were to be said before, and are no more."""
        assert self.wanted is not None
        self._tell("withdrawn")
        first, self.wanted = self.wanted.first, None
        return first

    def dial(self, now: float) -> None:
        """The carrier is told to dial; it may ask more than once."""
        if not self.dialling:
            self.dialling, self.dialled = True, self.dialled + 1
            self._deadlines.set(self._rings_no_more, now + ANSWERED_MS)
            self._tell("dialling")

    def over(self, status: str) -> e.Returned | None:
        """The carrier says what came of it; what the agent is to be told, if the caller is back."""
        assert self.wanted is not None
        self._deadlines.drop(self._rings_no_more)
        returned = None if status in TALKED else e.Returned(self.wanted.to, status)
        self._tell("completed" if returned is None else status)
        self.wanted, self.dialling = None, False
        return returned

    def _rings_no_more(self, _now: float) -> None:
        self.answered = True
        self._do(e.ReleaseAgent())

    def _tell(self, status: str) -> None:
        assert self.wanted is not None
        self._do(e.Publish(e.TransferChanged(self.wanted.to, status)))
