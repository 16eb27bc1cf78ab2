"""Turns of our own on a realtime session: the server hears only what is speech, and is told when a turn is over.

What was said comes later than a turn's end. A long turn is one whatever was said; of a short one ("yes", "uh-huh", a cough)
the words are waited for, since they tell what it is.
"""

import asyncio
import re
from collections import deque
from collections.abc import Awaitable, Callable

from offhook.agent.listening import Hearing, Listening
from offhook.agent.realtime import messages as say
from offhook.agent.realtime.answers import Answers
from offhook.audio.format import MULAW_8K
from offhook.core import events as e
from offhook.core.leg import AgentSide
from offhook.core.turns import CONFIRM_MS, Endpointing
from offhook.speech.base import Recognised

BEFORE_MS = 600  # of audio before speech is known to have begun: the detector's delay, and a lead
LEAST_MS = 100.0  # less is no speech, and servers refuse to take it for a turn
WORDS_S = 1.5  # for the words of a short turn
OVER_MS = 200.0  # what sounds so shortly before speech is known to have begun is spoken over


class _NoWords:
    """The recogniser of an agent whose words come from the server."""

    complete = False

    def begin(self) -> None: ...
    def feed(self, audio: bytes) -> None: ...
    def pause(self) -> None: ...

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
        *,
        words: bool = True,
    ) -> None:
        """`answers` are those of the session there is, which `tell` sends messages to. `words`: the server tells what was
        said (`transcribed`)."""
        self._side = Side(call, self._on_event)
        self._report, self._answers, self._tell = call.report, answers, tell
        self._words = words
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
        self._over_agent = False  # the turn began while the caller heard the agent
        self._short: e.CallerTurnEnded | None = None  # a short turn whose words are still to come
        self._patience: asyncio.TimerHandle | None = None

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
        if self._before_bytes <= BEFORE_MS * MULAW_8K.bytes_per_ms:
            return
        # What is not judged yet may be speech: after a stall much comes at once.
        most = (BEFORE_MS + self._hearing.behind_ms) * MULAW_8K.bytes_per_ms
        while self._before_bytes > most:
            self._before_bytes -= len(self._before.popleft())

    def _on_event(self, event: e.Event) -> None:
        match event:
            case e.SpeechStarted():
                self._begin()
                self._answers().caller_speaks(interrupts=False)
            case e.SpeechStopped():
                self._answers().caller_paused()
            case e.CallerTurnEnded():
                self._judge_without_words()  # one turn after the other
                if self._end(event) and event.spoken_ms < CONFIRM_MS:
                    self._await_words(event)
                    return
        self._report(event)

    def _begin(self) -> None:
        """The server hears what the caller says from now on, and a little from before."""
        if self._open:
            return
        self._open = True
        now = self._side.now()
        self._over_agent = self._side.tape.sounds(now - OVER_MS, now)
        for frame in self._before:
            self._to_server(frame)
        self._before.clear()
        self._before_bytes = 0

    def _end(self, turn: e.CallerTurnEnded) -> bool:
        """The turn is over. False if it was a mere noise."""
        self._open = False
        spoke = turn.spoken_ms >= LEAST_MS
        if spoke:
            self._turns += 1
            turn.name = f"turn{self._turns}"
            self._committed.append(turn.name)
        self._answers().turn_ended()
        self._tell(say.commit() if spoke else say.clear())
        return spoke

    # ------------------------------------------------------------------------------------------ short turns

    def _await_words(self, turn: e.CallerTurnEnded) -> None:
        self._short = turn
        patience_s = WORDS_S if self._words else 0.0
        self._patience = asyncio.get_running_loop().call_later(patience_s, self._judge_without_words)

    def _judge_without_words(self) -> None:
        """Nobody knows what was said: over the agent it was a noise, in a silence the agent may make something of it."""
        if self._short is not None and not self._over_agent:
            self._short.spoken_ms = CONFIRM_MS
        self._judge()

    def _judge(self) -> None:
        turn, self._short = self._short, None
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None
        if turn is not None:
            self._report(turn)

    def transcribed(self, item: str, text: str) -> str:
        """The words of the turn that is this item of the server's, empty if there were none; our name for it."""
        name = self.name_of(item)
        if self._short is not None and self._short.name == name:
            self._short.text = re.sub(r"[^\w' -]", "", text).strip().lower()
            self._judge()
        return name

    def name_of(self, item: str) -> str:
        """Our name for the turn that is this item of the server's."""
        if item not in self._names:
            self._names[item] = self._committed.popleft() if self._committed else item
        return self._names[item]

    def close(self) -> None:
        """Hears no more."""
        self._hearing.close()
        if self._patience is not None:
            self._patience.cancel()


class Side:
    """The call as the hearing sees it: what it reports goes through the leg."""

    def __init__(self, call: AgentSide, report: Callable[[e.Event], None]) -> None:
        self.id, self.info, self.now, self.tape = call.id, call.info, call.now, call.tape
        self.agent_audio, self.end_item = call.agent_audio, call.end_item
        self.report = report
