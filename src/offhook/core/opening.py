"""The first words of a call that we made: who speaks first, and what a machine is told. Pure.

The callee says hello, and is answered by the greeting; who says nothing is greeted after a moment. With answering-machine
detection the greeting waits for the verdict a little. A machine is told a message, once, when it records.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from offhook.core import events as e
from offhook.core.deadlines import Deadlines
from offhook.core.past import Past

QUIET_MS = 1_500.0
"""A callee who has said nothing for so long is greeted."""
HOLD_MS = 2_000.0
"""From the answer: so long the greeting waits for a verdict, and no longer."""
RECORDS_MS = 2_000.0
"""A machine that has been silent for so long records."""
PATIENCE_MS = 60_000.0
"""With a machine's own message."""
TURNS = 2
"""Who has said so much in answer to the agent is a person, whatever the carrier says."""

Detection = Literal["off", "sync", "async"]


@dataclass(frozen=True, slots=True)
class Plan:
    """What the agent has to say, and whether the carrier says who answers."""

    speaks: bool = True
    """It has a greeting; else it waits for the callee's words."""
    detection: Detection = "off"
    voicemail: str = ""
    """For a machine; empty: it is hung up on."""


class Opening:
    """That of one call. `speak`: the talk begins; `hush`: a machine is on the line, which is not talked with; `leave`: it
    records, say the message; `hang_up` ends the call."""

    def __init__(
        self,
        plan: Plan,
        deadlines: Deadlines,
        *,
        speak: Callable[[float], None],
        hush: Callable[[float], None],
        leave: Callable[[float], None],
        hang_up: Callable[[e.Reason, float], None],
    ) -> None:
        self._plan, self._deadlines = plan, deadlines
        self._speak_first, self._hush, self._leave, self._hang_up = speak, hush, leave, hang_up
        self.machine = False
        """A machine is on the line."""
        self._awaits_verdict = plan.detection != "off"
        self._waits = True  # nothing was said yet
        self._began: float | None = None
        self._callee_speaks = False
        self._left = False
        self._records = False
        self._turns = 0
        self._answered = True  # the agent was heard to the end since the callee last spoke

    def resume(self, past: Past) -> None:
        """The call was answered when another process held it. What was said first is said; a machine is told the whole
        message, for nobody knows how much of it was recorded."""
        self._turns = sum(turn.role == "caller" for turn in past.turns)
        self._waits = not past.turns
        if past.machine and self._plan.voicemail and self._awaits_verdict:
            self.machine, self._waits = True, False
        elif past.callee is not None:
            self._awaits_verdict = False

    @property
    def holds(self) -> bool:
        """The agent says nothing by itself: the first words are still to come, or a machine is on the line."""
        return self._waits or self.machine

    def begin(self, now: float) -> None:
        """Both legs are there."""
        self._began = now
        if self.machine:
            self._meet_machine(now)
        elif not self._waits:
            return
        elif not (self._plan.speaks or self._awaits_verdict):
            self._speak(now)
        elif not self._callee_speaks:
            self._deadlines.set(self._due, now + (QUIET_MS if self._plan.speaks else HOLD_MS))

    def told(self, event: e.Event, now: float) -> None:
        """Something happened in the call."""
        match event:
            case e.SpeechStarted():
                self._callee_speaks = True
                self._deadlines.drop(self._due, self._speak, self._records_now)
            case e.SpeechStopped(ago_ms):
                self._callee_speaks = False
                self._fell_silent(now - ago_ms)
            case e.CallerTurnEnded():
                self._turns += self._answered
                self._answered = False
                if self._waits and self._began is not None and not self.machine:
                    self._due(now)
            case e.ItemHeard():
                self._answered = True
            case e.CalleeKnown(by, message_over):
                self._judged(by, message_over, now)

    def _fell_silent(self, since: float) -> None:
        if self._began is None:
            return
        if self.machine:
            if not self._left:
                self._deadlines.set(self._records_now, since + RECORDS_MS)
        elif self._waits:  # the end of the turn follows, or it was a noise
            self._deadlines.set(self._due, since + QUIET_MS)

    # ------------------------------------------------------------------------------------------ a person

    def _due(self, now: float) -> None:
        """The callee has spoken, or says nothing."""
        assert self._began is not None
        self._deadlines.drop(self._due)
        if self._awaits_verdict and now < self._began + HOLD_MS:
            self._deadlines.set(self._speak, self._began + HOLD_MS)
        else:
            self._speak(now)

    def _speak(self, now: float) -> None:
        self._waits = False
        self._deadlines.drop(self._due, self._speak)
        self._speak_first(now)

    # ------------------------------------------------------------------------------------------ a verdict

    def _judged(self, by: str, message_over: bool, now: float) -> None:
        if not self._awaits_verdict or self._turns >= TURNS:
            return
        if by == "fax":
            self._hang_up(e.Reason.FAX, now)
        elif by == "machine":
            self._records = self._records or message_over
            self._found_machine(now)
        elif not self.machine:
            self._awaits_verdict = False
            if self._speak in self._deadlines:
                self._speak(now)

    def _found_machine(self, now: float) -> None:
        if not self._plan.voicemail:
            self._hang_up(e.Reason.MACHINE, now)
            return
        first, self.machine, self._waits = not self.machine, True, False
        self._deadlines.drop(self._due, self._speak)
        if self._began is None:
            return
        if first:
            self._meet_machine(now)
        elif self._records:
            self._records_now(now)

    def _meet_machine(self, now: float) -> None:
        self._hush(now)
        if self._records:
            self._records_now(now)
            return
        self._deadlines.set(self._patience_over, now + PATIENCE_MS)
        if not self._callee_speaks:
            self._deadlines.set(self._records_now, now + RECORDS_MS)

    def _patience_over(self, now: float) -> None:
        self._records_now(now)

    def _records_now(self, now: float) -> None:
        if not self._left:
            self._left = True
            self._deadlines.drop(self._records_now, self._patience_over)
            self._leave(now)
