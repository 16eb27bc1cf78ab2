"""CallControl: the state machine of one call. Pure: `handle(event, now) -> [commands]`, `wake_at()`, `timeout(now)`.

Two tables (core/states.py) say which event moves what: CALL for the call's life, TURNS for whose go it is. What the
tables cannot say (a rule that looks at the ledger, a deadline) is here, a method for each event.

The ledger and the transcript belong to the call and are pure too, so control works on them directly; legs only see
commands. `now` is milliseconds on the call's clock.
"""

from collections import deque
from collections.abc import Callable
from typing import Any, Literal

from offhook.core import events as e
from offhook.core.playout import Heard, Ledger
from offhook.core.states import CALL, TURNS, CallState, Next, TurnState, is_over
from offhook.core.transcript import Transcript
from offhook.core.turns import CONFIRM_MS, interrupts

CONNECT_MS = 10_000.0  # from the webhook to the stream
PARK_MS = 15_000.0  # a stream lost without `stop` may come back so long
PARK_STOPPED_MS = 3_000.0  # after a `stop` the caller has most likely hung up
CARRIER_MS = 2_000.0  # from our hang-up until the carrier agrees
FAREWELL_MS = 60_000.0  # the longest goodbye
RESUMES, RESUMES_WITHIN_MS = 3, 60_000.0


class _Suspicion:
    """An interruption that may turn out to be none; both halves of the verdict may come first."""

    def __init__(self, hang_up_after: e.Reason | None) -> None:
        self.confirmed: bool | None = None
        self.cut: list[Heard] | None = None
        self.hang_up_after = hang_up_after
        """The goodbye it fell into; a cough does not withdraw it."""


class CallControl:
    """Decides what happens in one call."""

    def __init__(
        self, turns: Literal["provider", "offhook"], ledger: Ledger, *, now: float, max_call_ms: float = 3_600_000.0
    ) -> None:
        self.state = CallState.CONNECTING
        self.turn = TurnState.LISTENING
        self.ledger = ledger
        self.transcript = Transcript()
        self.result: e.Result | None = None
        self.reason: e.Reason | None = None
        self._ours = turns == "offhook"
        self._commands: list[e.Command] = []
        self._deadlines: dict[Callable[[float], None], float] = {
            self._no_stream: now + CONNECT_MS,
            self._too_long: now + max_call_ms,
        }
        self._agent_joined = self._greeted = False
        self._phone_joined = False
        self._stopped = False  # the stream that was lost said `stop` first
        self._carrier_over = False
        self._caller_speaks = False
        self._suspicion: _Suspicion | None = None
        self._after_settling: list[e.Command] = []
        self._unanswered: list[str] = []
        self._hang_up_after: e.Reason | None = None
        self._cut_in = False  # the caller interrupted, and is owed an answer even if nothing was understood
        self._cut_off = False  # the stream was lost in the middle of something
        self._resumes: deque[float] = deque(maxlen=RESUMES)
        self._in_vain = 0  # answers to `next` since the last stream
        self._actions: dict[type[Any], Callable[[Any, float], None]] = {
            e.PhoneJoined: self._on_phone_joined, e.PhoneLost: self._on_phone_lost,
            e.CarrierEnded: self._on_carrier_ended, e.Settled: self._on_settled, e.ItemHeard: self._on_item_heard,
            e.AgentJoined: self._on_agent_joined, e.AgentLost: self._on_agent_lost,
            e.SpeechStarted: self._on_speech_started, e.SpeechStopped: self._on_speech_stopped, e.CallerTurnEnded: self._on_caller_turn_ended,
            e.CallerTranscribed: self._on_caller_transcribed, e.ItemBegan: self._on_item_began,
            e.ItemText: self._on_item_text, e.ItemEnded: self._on_item_ended, e.HangUpAsked: self._on_hang_up_asked, e.KeyPressed: self._on_key_pressed,
            e.ToolCalled: self._on_tool_called, e.ToolFinished: self._on_tool_finished,
        }  # fmt: skip

    # ------------------------------------------------------------------------------------------ the contract

    def handle(self, event: e.Event, now: float) -> list[e.Command]:
        """One event happened; carry out the commands in their order before the next event."""
        if self.state is CallState.ENDED:
            return []
        self._was, self._turn_was = self.state, self.turn
        self._enter(CALL[self.state].get(type(event), self.state))
        if not (self._suspicion and isinstance(event, e.ItemBegan)):
            self.turn = TURNS[self.turn].get(type(event), self.turn)
        if action := self._actions.get(type(event)):
            action(event, now)
        return self._drain()

    def wake_at(self) -> float | None:
        """When `timeout` wants to be called; None if nothing is awaited."""
        return min(self._deadlines.values(), default=None)

    def timeout(self, now: float) -> list[e.Command]:
        """Carries out the deadlines that have come."""
        for action, at in sorted(self._deadlines.items(), key=lambda entry: entry[1]):
            if at <= now and self.state is not CallState.ENDED and action in self._deadlines:
                del self._deadlines[action]
                action(now)
        return self._drain()

    def next(self, status: str, now: float) -> tuple[Next, list[e.Command]]:
        """A stream has ended and the carrier asks how to go on; `status` is its CallStatus.

        A status other than in-progress never resumes. Three resumes within a minute are enough, and so are three answers
        that brought no stream: a carrier that cannot reach us would ask for ever.
        """
        if status != "in-progress":
            return Next.HANG_UP, self.handle(e.CarrierEnded(status), now)
        if self.state in (CallState.ENDING, CallState.ENDED):
            return self.last_word, []
        commands: list[e.Command] = []
        if self.state is CallState.CONNECTED:
            commands = self.handle(e.PhoneLost(stopped=False), now)
        often = len(self._resumes) == RESUMES and now - self._resumes[0] < RESUMES_WITHIN_MS
        if often or self._in_vain == RESUMES:
            self._end(e.Result.FAILED, e.Reason.RESUMED_TOO_OFTEN if often else e.Reason.NO_STREAM, now)
            return Next.APOLOGISE, commands + self._drain()
        self._in_vain += 1
        # Whoever asks so has the caller on the line: the stream gets its whole time again.
        self._stopped = False
        for waiting, patience_ms in ((self._not_resumed, PARK_MS), (self._no_stream, CONNECT_MS)):
            if waiting in self._deadlines:
                self._deadlines[waiting] = now + patience_ms
        return Next.STREAM, commands

    @property
    def last_word(self) -> Next:
        """What a carrier is told that asks how to go on with a call that is over."""
        apologise = self.reason in (e.Reason.AGENT_FAILED, e.Reason.RESUMED_TOO_OFTEN)
        return Next.APOLOGISE if apologise else Next.HANG_UP

    def _drain(self) -> list[e.Command]:
        commands, self._commands = self._commands, []
        return commands

    def _do(self, *commands: e.Command) -> None:
        self._commands.extend(commands)

    def _publish(self, event: e.Event) -> None:
        self._commands.append(e.Publish(event))

    def _enter(self, state: CallState) -> None:
        if state is not self.state:
            self.state = state
            self._publish(e.StateChanged(state.value))

    # ------------------------------------------------------------------------------------------ the call's life

    def _on_phone_joined(self, _event: e.PhoneJoined, now: float) -> None:
        self._phone_joined = True
        self._in_vain = 0
        if self._was is CallState.PARKED:
            self._resumes.append(now)
            self._deadlines.pop(self._not_resumed, None)
            self._go_on()
        elif self.state is CallState.CONNECTED:
            self._deadlines.pop(self._no_stream, None)
        self._greet()

    def _on_agent_joined(self, _event: e.AgentJoined, _now: float) -> None:
        self._agent_joined = True
        self._greet()

    def _greet(self) -> None:
        if self.state is CallState.CONNECTED and self._agent_joined and not self._greeted:
            self._greeted = True
            self._do(e.Greet())

    def _on_phone_lost(self, event: e.PhoneLost, now: float) -> None:
        self._phone_joined = self._caller_speaks = False
        for _ in range(self.ledger.unsettled):
            self._settle(event.heard_ms, now)
        if self._was is CallState.ENDING:
            self.ledger.cut()
            self._keep_turns(self.ledger.settle(event.heard_ms))
            self._finish_if_over(now)
            return
        if self._was is not CallState.CONNECTED:
            return
        self._deadlines[self._not_resumed] = now + (PARK_STOPPED_MS if event.stopped else PARK_MS)
        self._stopped = event.stopped
        if self._ours:
            self._rewind_lost(event.heard_ms, now)
        else:
            self._cut_off = self.ledger.speaking or self.turn is TurnState.THINKING
            if self.ledger.generating or self.turn is TurnState.THINKING:
                self._do(e.Cancel())
            self.ledger.cut()
            self._conclude(self.ledger.settle(event.heard_ms))
        self._settled_enough()
        if self._hang_up_after is not None:
            self._end(e.Result.COMPLETED, self._hang_up_after, now)

    def _rewind_lost(self, heard_ms: dict[str, float], now: float) -> None:
        if self._suspicion is not None:  # nobody will say whether it was an interruption: go on
            self._suspicion.confirmed = False
            self._judge(now)
        self.ledger.hold()
        self._resume_held(self.ledger.settle(heard_ms))

    def _go_on(self) -> None:
        if self._ours:
            self._do(e.SayRest())
        elif self._cut_off and not self.ledger.speaking:  # else it has gone on by itself meanwhile
            self._do(e.Respond("", going_on=True))
        self._cut_off = False
        if self.ledger.speaking:
            self.turn = TurnState.SPEAKING

    def _on_carrier_ended(self, event: e.CarrierEnded, now: float) -> None:
        if not is_over(event.status):
            return
        self._carrier_over = True
        if self.state is not CallState.ENDING:
            answered = self._was not in (CallState.CONNECTING, CallState.RINGING)
            result = e.Result.COMPLETED if answered else e.Result.UNANSWERED
            self._end(e.Result.FAILED if event.status == "failed" else result, e.Reason.CALLER_HUNG_UP, now)
        self._finish_if_over(now)

    def _on_agent_lost(self, _event: e.AgentLost, now: float) -> None:
        self._end(e.Result.FAILED, e.Reason.AGENT_FAILED, now)

    def _on_hang_up_asked(self, event: e.HangUpAsked, now: float) -> None:
        if self.state is CallState.ENDING:
            return
        if event.at_once or not (self.ledger.speaking or self._suspicion):
            result = e.Result.FAILED if event.reason is e.Reason.SHUT_DOWN else e.Result.COMPLETED
            self._end(result, event.reason, now)
        else:
            self._hang_up_after = event.reason
            self._deadlines[self._farewell_over] = now + FAREWELL_MS

    @property
    def goodbye_said(self) -> bool:
        """True if the agent has begun to say something since the caller last spoke."""
        return self.turn is TurnState.SPEAKING

    def _on_tool_called(self, event: e.ToolCalled, _now: float) -> None:
        self._do(e.RunTool(event.id, event.name, event.arguments), e.Publish(event))

    def _on_tool_finished(self, event: e.ToolFinished, _now: float) -> None:
        self._do(e.ToolResult(event.id, event.output, event.failed), e.Publish(event))

    def _on_key_pressed(self, event: e.KeyPressed, _now: float) -> None:
        self._publish(event)

    def _no_stream(self, now: float) -> None:
        self._end(e.Result.UNANSWERED, e.Reason.NO_STREAM, now)

    def _not_resumed(self, now: float) -> None:
        if self._stopped:
            self._end(e.Result.COMPLETED, e.Reason.CALLER_HUNG_UP, now)
        else:
            self._end(e.Result.FAILED, e.Reason.STREAM_LOST, now)

    def _too_long(self, now: float) -> None:
        self._end(e.Result.COMPLETED, e.Reason.MAX_DURATION, now)

    def _farewell_over(self, now: float) -> None:
        if self._hang_up_after is not None:
            self._end(e.Result.COMPLETED, self._hang_up_after, now)

    def _end(self, result: e.Result, reason: e.Reason, now: float) -> None:
        """Hang up. A call that no stream carries is over at once; else the stream is closed and the carrier told next."""
        if self.state in (CallState.ENDING, CallState.ENDED):
            return
        self.result, self.reason = result, reason
        self._deadlines = {self._carrier_silent: now + CARRIER_MS}
        self._enter(CallState.ENDING)
        if self._phone_joined:
            self._do(e.HangUp())
        else:
            self._finish(now)

    def _carrier_silent(self, now: float) -> None:
        self._finish(now)

    def _finish_if_over(self, now: float) -> None:
        if self.state is CallState.ENDING and self._carrier_over and not self._phone_joined:
            self._finish(now)

    def _finish(self, now: float) -> None:
        self._suspicion = None
        for _ in range(self.ledger.unsettled):
            self._keep_turns(self.ledger.settle({}))
        self._keep_turns(self.ledger.give_up())
        self._deadlines = {}
        self._enter(CallState.ENDED)
        assert self.result is not None and self.reason is not None
        self._publish(e.Ended(self.result, self.reason))
        self._do(e.CloseAgent())

    # ------------------------------------------------------------------------------------------ whose go it is

    def _on_speech_started(self, _event: e.SpeechStarted, now: float) -> None:
        if self.state is not CallState.CONNECTED:
            return
        # The caller has something to say after all.
        withdrawn, self._hang_up_after = self._hang_up_after, None
        self._deadlines.pop(self._farewell_over, None)
        self._caller_speaks = True
        self._after_settling = []  # the answer to what was said before waits for what is said now
        if self._suspicion is not None:
            if self._suspicion.confirmed is False:
                self._suspicion.confirmed = None  # they go on: judged by all of it
            self._deadlines[self._spoke_long] = now + CONFIRM_MS
        elif self.ledger.speaking:
            self._do(e.Clear())
            if self._ours:
                self.ledger.hold()
                self._suspicion = _Suspicion(withdrawn)
                self._deadlines[self._spoke_long] = now + CONFIRM_MS
            else:
                self.ledger.cut()
        elif self._turn_was is TurnState.THINKING and self._ours:
            self._do(e.Cancel())

    def _on_speech_stopped(self, _event: e.SpeechStopped, _now: float) -> None:
        self._caller_speaks = False
        self._deadlines.pop(self._spoke_long, None)  # the words, or their absence, will tell

    def _spoke_long(self, now: float) -> None:
        self._decide(True, now)

    def _on_caller_turn_ended(self, event: e.CallerTurnEnded, now: float) -> None:
        if not self._ours:
            self._keep_caller(event.text)
            return
        meant = interrupts(event.text, event.spoken_ms)
        if self._suspicion is not None and self._suspicion.confirmed is None:
            if not meant:
                self.turn = TurnState.LISTENING
                if not self._caller_speaks:
                    self._decide(False, now)
                return
            self._decide(True, now)
        elif not meant and not event.text and not self._cut_in:  # a cough: as if nothing had been
            self.turn = TurnState.THINKING if self._unanswered else TurnState.LISTENING
            if self._unanswered:
                self._respond()
            return
        self._cut_in = False
        self._keep_caller(event.text)
        self._unanswered.append(event.text)
        self.turn = TurnState.THINKING
        self._respond()

    def _on_caller_transcribed(self, event: e.CallerTranscribed, _now: float) -> None:
        self._keep_caller(event.text)

    def _keep_caller(self, text: str) -> None:
        if text:
            self._publish(self.transcript.caller(text))

    def _respond(self) -> None:
        if self._caller_speaks:
            return  # the end of what they say now answers all of it
        # What was heard goes before any answer that builds on it.
        respond = e.Respond(" ".join(text for text in self._unanswered if text))
        self._after_settling = [respond]
        self._settled_enough()

    def _settled_enough(self) -> None:
        if not self.ledger.unsettled and not self._suspicion:
            self._do(*self._after_settling)
            self._after_settling = []

    def _on_item_began(self, event: e.ItemBegan, _now: float) -> None:
        self._unanswered.clear()
        self.transcript.begin(event.item)

    def _on_item_ended(self, _event: e.ItemEnded, _now: float) -> None:
        if self.turn is TurnState.THINKING and not (self.ledger.speaking or self._suspicion or self._after_settling):
            self.turn = TurnState.LISTENING  # an answer without a sound

    def _on_item_text(self, event: e.ItemText, _now: float) -> None:
        generated_ms = self.ledger.generated_ms(event.item)
        if kept := self.transcript.words(event.item, event.text, event.words, generated_ms):
            self._publish(kept)

    def _on_item_heard(self, event: e.ItemHeard, now: float) -> None:
        if heard := self.ledger.heard(event.item):
            self._keep_turns([heard])
        self._fall_silent(now)

    def _fall_silent(self, now: float) -> None:
        if self.ledger.speaking or self._suspicion:
            return
        if self.turn is TurnState.SPEAKING:
            self.turn = TurnState.LISTENING
        if self._hang_up_after is not None:
            self._end(e.Result.COMPLETED, self._hang_up_after, now)

    # ------------------------------------------------------------------------------------------ what was heard

    def _on_settled(self, event: e.Settled, now: float) -> None:
        self._settle(event.heard_ms, now)
        self._settled_enough()

    def _settle(self, heard_ms: dict[str, float], now: float) -> None:
        cut = self.ledger.settle(heard_ms)
        if self._suspicion is None:
            self._conclude(cut)
        else:
            self._suspicion.cut = cut
            self._judge(now)

    def _decide(self, confirmed: bool, now: float) -> None:
        self._deadlines.pop(self._spoke_long, None)
        if self._suspicion is None or self._suspicion.confirmed is not None:
            return
        self._suspicion.confirmed = self._cut_in = confirmed
        if confirmed:
            self._do(e.Cancel())
        self._judge(now)

    def _judge(self, now: float) -> None:
        suspicion = self._suspicion
        if suspicion is None or suspicion.confirmed is None or suspicion.cut is None:
            return
        self._suspicion = None
        self._deadlines.pop(self._spoke_long, None)
        if suspicion.confirmed:
            self._hang_up_after = None
            whole = [heard for heard in suspicion.cut if heard.whole]
            names = {heard.item for heard in whole}
            self._conclude(whole + [heard for heard in self.ledger.give_up() if heard.item not in names])
            return
        self._resume_held(suspicion.cut)
        if suspicion.hang_up_after is not None:
            self._hang_up_after = suspicion.hang_up_after
            self._deadlines[self._farewell_over] = now + FAREWELL_MS
        if self.ledger.speaking:
            self.turn = TurnState.SPEAKING
            self._do(e.SayRest())
        self._fall_silent(now)

    def _resume_held(self, cut: list[Heard]) -> None:
        boundary = self.transcript.boundary
        self.ledger.rewind({h.item: boundary(h.item, h.heard_ms, h.generated_ms) for h in cut if not h.whole})
        for heard in cut:
            if heard.whole and self.ledger.heard(heard.item):
                self._keep_turns([heard])

    def _conclude(self, cut: list[Heard]) -> None:
        """Items were cut for good: the agent is told of each that was not heard to its end, in their order."""
        texts = self._keep_turns(cut)
        partly = {heard.item: heard.heard_ms for heard in cut if not heard.whole}
        for item, heard_ms, generated_ms in ((h.item, h.heard_ms, h.generated_ms) for h in cut if not h.whole):
            # Rounded to the millisecond, but never beyond what there is.
            whole_ms = min(round(heard_ms), int(generated_ms))
            self._do(e.Truncate(item, whole_ms, texts[item]) if whole_ms > 0 else e.Discard(item))
        if partly and self.state is CallState.CONNECTED:
            self._publish(e.BargedIn(partly))

    def _keep_turns(self, cut: list[Heard]) -> dict[str, str]:
        texts = {}
        for heard in cut:
            kept = self.transcript.settle(heard.item, heard.heard_ms, heard.generated_ms, heard.whole)
            texts[heard.item] = kept.text
            self._publish(kept)
        return texts
