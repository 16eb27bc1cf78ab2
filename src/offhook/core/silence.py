"""Silences that somebody should break: while the agent is awaited, and while each waits for the other. Pure."""

from collections.abc import Callable
from typing import Literal

from offhook.core.deadlines import Deadlines
from offhook.core.events import Line
from offhook.core.idle import Idle

FILL_MS = 900.0
"""From the news that the caller paused, which comes 0.2 s late: a word before 1.2 s of silence."""
FILL_AGAIN_MS = 2_700.0
"""From the news that a filler was heard: with that news and the next filler on their way, no 3.5 s of silence."""
AWAY_MS = 1_500.0
"""Of an agent that is away while nothing is asked of it: most are back before, and the caller need not know."""
STALLED_MS = 1_300.0
"""Likewise from the news: both are silent for 1.5 s, and something was left hanging."""

Awaited = Literal["agent", "caller"]


class Silence:
    """Those of one call."""

    def __init__(
        self,
        deadlines: Deadlines,
        awaited: Callable[[], Awaited | None],
        fill: Callable[[str, Line], None],
        go_on: Callable[[float], None],
        idle: Idle,
    ) -> None:
        """`awaited`: whose words are waited for; None while somebody speaks or is about to. `fill` has a line said,
        under the item it is given; `go_on` asks the agent to go on;
        `idle` is told of every silence."""
        self.idle = idle
        self._deadlines, self._awaited, self._fill, self._go_on = deadlines, awaited, fill, go_on
        self._fillers: set[str] = set()
        self._filled = False  # a filler was the last the agent said
        self._hanging = False
        self._line = Line.WAIT

    def is_filler(self, item: str) -> bool:
        """True for an item that only fills time."""
        return item in self._fillers

    def begin(self, now: float, *, anew: bool = False) -> None:
        """Nobody speaks, or so it may be: see to it that this does not last. `anew`: the silence begins now."""
        self.idle.begin(now, anew=anew)
        if anew or self._too_long not in self._deadlines:
            self._deadlines.set(self._too_long, now + (FILL_AGAIN_MS if self._filled else FILL_MS))

    def away(self, now: float, *, lost: bool) -> None:
        """The agent is away: it is awaited from now on. One that was lost says so once."""
        self._line = Line.LOST if lost else self._line
        if self._too_long not in self._deadlines:
            self._filled = False
            self._deadlines.set(self._too_long, now + AWAY_MS)

    def back(self, now: float) -> None:
        """It is not: there is nothing to explain any more."""
        self._line = Line.WAIT
        self.begin(now)

    def last_words(self) -> str:
        """The agent is lost for good, and has that said under the item that is given back."""
        return self._say(Line.GOODBYE)

    def _say(self, line: Line) -> str:
        item = f"filler{len(self._fillers) + 1}"
        self._fillers.add(item)
        self._fill(item, line)
        return item

    def broken(self) -> None:
        """The caller does something."""
        self.idle.broken()
        self._deadlines.drop(self._too_long, self._stalled)

    def asked(self) -> None:
        """The caller's turn is over: a new wait begins, in which nothing was said yet."""
        self._filled = False

    def answered(self) -> None:
        """The agent says something of its own."""
        self._filled = self._hanging = False

    def left_hanging(self) -> None:
        """The agent was cut off, or asked something and got no more than a noise."""
        self._hanging = True

    def _too_long(self, now: float) -> None:
        match self._awaited():
            case "agent":
                line, self._line = self._line, Line.WAIT
                self._filled = True
                self._say(line)
                self._deadlines.set(self._too_long, now + FILL_AGAIN_MS)
            case "caller" if self._hanging:
                self._deadlines.set(self._stalled, now + STALLED_MS - FILL_MS)

    def _stalled(self, now: float) -> None:
        if self._hanging and self._awaited() == "caller":
            self._hanging = False
            self._go_on(now)
            self.begin(now)
