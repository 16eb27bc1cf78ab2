"""What the agent says beside its answers: a line where a silence would be too long, and words that somebody gives it. Pure."""

from collections import deque
from collections.abc import Callable

from offhook.core import events as e
from offhook.core.deadlines import Deadlines
from offhook.core.idle import Idle
from offhook.core.silence import Awaited, Silence
from offhook.core.states import TurnState

MOST = 20
"""Words that wait to be said; who gives more has lost count."""


class Asides:
    """Those of one call."""

    def __init__(
        self,
        deadlines: Deadlines,
        do: Callable[..., None],
        *,
        quiet: Callable[[], bool],
        turn: Callable[[], TurnState],
        go_on: Callable[[float], None],
        idle: Callable[[float], None],
        leave: Callable[[float], None],
    ) -> None:
        """`do` takes commands; `quiet`: a stream carries the call and nobody speaks or is about to; `go_on` asks the agent
        to go on, `idle` to ask whether the caller is still there, `leave` to say goodbye to one who is not."""
        self._do, self._quiet, self._turn = do, quiet, turn
        self._away = False
        self._tools: set[str] = set()
        self._waiting: deque[str] = deque(maxlen=MOST)
        self._given: set[str] = set()
        self.idle = Idle(deadlines, lambda: self._awaited() == "caller", idle, leave)
        self.silence = Silence(deadlines, self._awaited, lambda item, line: do(e.Fill(item, line)), go_on, self.idle)
        self.actions: dict[type[e.Event], Callable[[e.Event, float], None]] = {
            e.AgentBack: self.back, e.SayAsked: self._on_say_asked, e.Saying: self._on_saying,
        }  # fmt: skip

    def _awaited(self) -> Awaited | None:
        if not self._quiet():
            return None
        if self._away or self._tools or self._turn() is TurnState.THINKING:
            return "agent"
        return "caller" if self._turn() is TurnState.LISTENING else None

    def has(self, item: str) -> bool:
        """True for an item that is no answer."""
        return item in self._given or self.silence.is_filler(item)

    # ------------------------------------------------------------------------------------------ what the agent waits for

    def tool_called(self, use: str, now: float) -> None:
        """A tool runs."""
        self._tools.add(use)
        self.silence.begin(now)

    def tool_finished(self, use: str) -> None:
        """It has run."""
        self._tools.discard(use)

    def away(self, now: float, *, lost: bool) -> None:
        """The agent is awaited, whoever's go it is."""
        self._away = True
        self.silence.away(now, lost=lost)

    def back(self, _event: e.Event, now: float) -> None:
        """It is no more awaited than any other agent whose go it is."""
        self._away = False
        self.silence.back(now)

    # ------------------------------------------------------------------------------------------ words that are given

    def _on_say_asked(self, event: e.Event, _now: float) -> None:
        assert isinstance(event, e.SayAsked)
        self.give(event.text)

    def give(self, text: str) -> None:
        """Words to be said as soon as they may be."""
        self._waiting.append(text)

    def forget(self) -> None:
        """What waits to be said is not said any more."""
        self._waiting.clear()

    def take_back(self, text: str) -> None:
        """These words are not to be said after all, if they still wait."""
        if text in self._waiting:
            self._waiting.remove(text)

    def under_way(self, is_open: Callable[[str], bool]) -> bool:
        """Words that were given are being said, as far as `is_open` knows, or wait for it."""
        return bool(self._waiting) or any(map(is_open, self._given))

    def _on_saying(self, event: e.Event, _now: float) -> None:
        self._do(e.Publish(event))

    def say_next(self, *, speaking: bool) -> None:
        """The caller is silent and waits for nothing they said: has the next words said that were given. They wait until
        the agent has been heard, but those of a tool that runs: its answer is to come after them."""
        if self._waiting and not self._away and (self._tools or not speaking):
            item = f"say{len(self._given) + 1}"
            self._given.add(item)
            self._do(e.Say(item, self._waiting.popleft()))
