"""Turns of our own on a realtime session: the server hears only what is speech, and is told when a turn is over."""

from collections import deque
from collections.abc import Awaitable, Callable

from offhook.agent import realtime_session as say
from offhook.agent.answers import Answers
from offhook.agent.listening import Hearing, Listening
from offhook.audio.format import MULAW_8K
from offhook.core import events as e
from offhook.core.leg import AgentSide
from offhook.core.turns import Endpointing
from offhook.speech.base import Recognised

BEFORE_MS = 600  # of audio before speech is known to have begun: the detector's delay, and a lead
LEAST_MS = 100.0  # less is no speech, and servers refuse to take it for a turn


class _NoWords:
    """The recogniser of an agent whose words come from the server."""

    complete = False

    def begin(self) -> None: ...
    def feed(self, audio: bytes) -> None: ...

    def end(self) -> Awaitable[Recognised]:
        async def nothing() -> Recognised:
            return Recognised("")

        return nothing()

    def cancel(self) -> None: ...
    def close(self) -> None: ...


class OwnEars:
    """Hears one caller for a leg. µ-law only."""

    def __init__(
        self,
        listening: Listening,
        call: AgentSide,
        silence_ms: int,
        answers: Callable[[], Answers],
        tell: Callable[[bytes], None],
    ) -> None:
        """`answers` are those of the session there is, which `tell` sends messages to."""
        self._side = _Side(call, self._on_event)
        self._report, self._answers, self._tell = call.report, answers, tell
        self._hearing: Hearing = listening.open(
            self._side, _NoWords(), Endpointing(complete_ms=silence_ms, otherwise_ms=silence_ms)
        )
        self._before: deque[bytes] = deque()
        self._before_bytes = 0
        self._open = False
        self._to_server: Callable[[bytes], None] = lambda _frame: None
        self._turns = 0
        self._committed: deque[str] = deque()
        self._names: dict[str, str] = {}

    def through(self, to_server: Callable[[bytes], None]) -> Callable[[bytes], None]:
        """What takes the caller's frames from now on."""
        self._to_server = to_server
        return self._feed

    def _feed(self, frame: bytes) -> None:
        self._hearing.feed(frame)
        if self._open:
            self._to_server(frame)
            return
        self._before.append(frame)
        self._before_bytes += len(frame)
        while self._before_bytes > BEFORE_MS * MULAW_8K.bytes_per_ms:
            self._before_bytes -= len(self._before.popleft())

    def _on_event(self, event: e.Event) -> None:
        match event:
            case e.SpeechStarted():
                self._begin()
                self._answers().caller_speaks(interrupts=False)
            case e.SpeechStopped():
                self._answers().caller_paused()
            case e.CallerTurnEnded():
                self._end(event)
        self._report(event)

    def _begin(self) -> None:
        """The server hears what the caller says from now on, and a little from before."""
        self._open = True
        for frame in self._before:
            self._to_server(frame)
        self._before.clear()
        self._before_bytes = 0

    def _end(self, turn: e.CallerTurnEnded) -> None:
        self._open = False
        spoke = turn.spoken_ms >= LEAST_MS
        if spoke:
            self._turns += 1
            turn.name = f"turn{self._turns}"
            self._committed.append(turn.name)
        self._answers().turn_ended()
        self._tell(say.commit() if spoke else say.clear())

    def name_of(self, item: str) -> str:
        """Our name for the turn that is this item of the server's."""
        if item not in self._names:
            self._names[item] = self._committed.popleft() if self._committed else item
        return self._names[item]

    def close(self) -> None:
        """Hears no more."""
        self._hearing.close()


class _Side:
    """The call as the hearing sees it: what it reports goes through the leg."""

    def __init__(self, call: AgentSide, report: Callable[[e.Event], None]) -> None:
        self.id, self.info, self.now, self.tape = call.id, call.info, call.now, call.tape
        self.agent_audio, self.end_item = call.agent_audio, call.end_item
        self.report = report
