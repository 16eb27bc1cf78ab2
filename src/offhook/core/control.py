"""CallControl: the state machine of one call. Pure: `handle(event, now) -> [commands]`, `wake_at()`, `timeout(now)`.

Two tables (core/states.py) say which event moves what: CALL for the call's life, TURNS for whose go it is. What the
tables cannot say (a rule that looks at the ledger, a deadline) is a method for each event: of the call's life here, of
the talk in core/floor.py.

The ledger and the transcript belong to the call and are pure too, so control works on them directly; legs only see
commands. `now` is milliseconds on the call's clock.
"""

from collections import deque
from collections.abc import Callable
from typing import Any, Literal

from offhook.core import events as e
from offhook.core.deadlines import Deadlines
from offhook.core.dialling import NOT_ANSWERED, RING_MS, Dialling
from offhook.core.floor import Floor
from offhook.core.opening import Opening, Plan
from offhook.core.past import Past
from offhook.core.playout import Ledger
from offhook.core.states import CALL, CallState, Next, TurnState, is_over
from offhook.core.transcript import Transcript
from offhook.core.transfer import MOST, RING_S, TALKED, Dial, Transfer

CONNECT_MS = 10_000.0  # from the webhook to the stream
PARK_MS = 15_000.0  # a stream lost without `stop` may come back so long
PARK_STOPPED_MS = 3_000.0  # after a `stop` the caller has most likely hung up
CARRIER_MS = 2_000.0  # from our hang-up until the carrier agrees
GOODBYE_MS = 10_000.0  # what a call that came to a limit gets for its goodbye, whatever is said meanwhile
LAST_WORDS_MS = 8_000.0  # from the agent's loss until its last words were heard
RESUMES, RESUMES_WITHIN_MS = 3, 60_000.0
VERDICT_MS = 60_000.0  # a carrier that finds out who answered asks what to do only then
HEARD_OF_A_MACHINE = (e.SpeechStarted, e.SpeechStopped, e.CallerTurnEnded, e.CallerTranscribed, e.KeyPressed)


class CallControl:
    """Decides what happens in one call."""

    def __init__(
        self,
        turns: Literal["provider", "offhook"],
        ledger: Ledger,
        *,
        now: float,
        max_call_ms: float = 3_600_000.0,
        max_usd: float | None = None,
        plan: Plan | None = None,
        ring_ms: float = RING_MS,
    ) -> None:
        """`max_usd`: what the call may cost at its providers; what has no price is not counted. `plan`: the call is one of
        ours, which is dialled now and rings for `ring_ms`."""
        self.state = CallState.CONNECTING
        self.transcript = Transcript()
        self.result: e.Result | None = None
        self.reason: e.Reason | None = None
        self._ledger = ledger
        self._commands: list[e.Command] = []
        self._deadlines = Deadlines()
        self._max_call_ms = max_call_ms
        self._floor = Floor(
            turns == "offhook", ledger, self.transcript, self._deadlines, self._do,
            self._leave_now,
        )  # fmt: skip
        self._ends_at = now + max_call_ms
        self._transfer = Transfer(self._deadlines, self._do)
        self._returned: e.Returned | None = None  # what the agent is to be told when the stream is back
        self._agent_lost = False  # while nobody could hear its last words
        self._plan = plan
        self._dialling: Dialling | None = None
        self._callee: e.CalleeKnown | None = None
        self._opening: Opening | None = None
        self._opened = False  # with another process
        if plan is None:
            self._await_stream(now, CONNECT_MS)
        else:
            self._floor.held = True
            self._opening = self._opening_of(plan)
            self._dialling = Dialling(
                self._deadlines, ring_ms=ring_ms, now=now, do=self._do, publish=self._publish, end=self._end
            )
        self._asked_next = False  # the carrier knows how to go on since the call ended
        self._max_usd, self.usd = max_usd, 0.0
        self._agent_joined = self._greeted = False
        self._last_words: str | None = None  # the item that says that the agent is lost for good
        self._apologised = False
        self._phone_joined = False
        self._leaving: e.Reason | None = None  # a limit that was reached
        self._stopped = False  # the stream that was lost said `stop` first
        self._carrier_over = False
        self._resumes: deque[float] = deque(maxlen=RESUMES)
        self._in_vain = 0  # answers to `next` since the last stream
        self._actions: dict[type[Any], Callable[[Any, float], None]] = self._floor.actions | {
            e.PhoneJoined: self._on_phone_joined, e.PhoneLost: self._on_phone_lost,
            e.ItemHeard: self._on_item_heard, e.CarrierEnded: self._on_carrier_ended, e.AgentJoined: self._on_agent_joined,
            e.AgentLost: self._on_agent_lost, e.HangUpAsked: self._on_hang_up_asked, e.Used: self._on_used,
            e.StreamEnded: self._on_told, e.Noted: self._on_told, e.Staged: self._on_told, e.Remembered: self._on_told,
            e.OperatorAsked: self._on_told, e.TransferAsked: self._on_transfer_asked,
            e.PickedUp: self._on_picked_up, e.CalleeKnown: self._on_callee_known,
        } | (self._dialling.actions if self._dialling else {})  # fmt: skip

    @property
    def turn(self) -> TurnState:
        """Whose go it is."""
        return self._floor.turn

    @property
    def goodbye_said(self) -> bool:
        """The agent has begun to say something since the caller last spoke."""
        return self._floor.goodbye_said

    def resume(self, past: Past, now: float) -> None:
        """The call began with another process, and waits for a stream. Once, first of all.

        Whoever said nothing yet is greeted as if the call were new. One of ours has been answered, or is by that stream.
        """
        self.state = CallState.PARKED
        self.transcript.resume(past.turns)
        if self._dialling is not None and self._opening is not None:
            self._dialling.answer()
            self._await_stream(now, CONNECT_MS)
            self._opening.resume(past)
            self._floor.held = self._opening.holds
            self._opened = not self._floor.held
        else:
            self._greeted = bool(past.turns)
        self.usd = past.usd or 0.0
        self._resumes.extend(now - past.lasted_ms + at_ms for at_ms in past.resumed_ms)
        self._deadlines.drop(self._no_stream)
        self._deadlines.set(self._not_resumed, now + PARK_MS)

    def let_go(self) -> None:
        """Another process holds the call: nothing more happens in this one."""
        self.state = CallState.ENDED
        self._deadlines.clear()

    @property
    def transferring(self) -> bool:
        """The caller is put through to somebody, or is about to be."""
        return self._transfer.wanted is not None

    @property
    def put_through_enough(self) -> bool:
        """The caller was put through as often as one may be."""
        return self._transfer.dialled >= MOST

    @property
    def opens(self) -> bool:
        """It is a call of ours that has an opening of its own; false if that was had with another process."""
        return self._opening is not None and not self._opened

    @property
    def leaving(self) -> bool:
        """The call ends, whatever the caller says."""
        return self._leaving is not None

    @property
    def secret(self) -> bool:
        """The caller is asked for keys that nobody but a tool may know."""
        return self._floor.keypad.secret

    @property
    def entered(self) -> str:
        """The last entry on the keypad, as it was keyed in: for tools only."""
        return self._floor.keypad.entered

    # ------------------------------------------------------------------------------------------ the contract

    def handle(self, event: e.Event, now: float) -> list[e.Command]:
        """One event happened; carry out the commands in their order before the next event."""
        if self.state is CallState.ENDED:
            return []
        self._was = self.state
        if self._opening is not None and self._opening.machine and isinstance(event, HEARD_OF_A_MACHINE):
            self._floor.overhear(event)
            self._opening.told(event, now)
            return self._drain()
        self._enter(CALL[self.state].get(type(event), self.state))
        self._floor.move(event)
        if action := self._actions.get(type(event)):
            action(event, now)
        if self.state is CallState.CONNECTED and self._transfer.wanted and not self._floor.farewell.pending:
            self._floor.asides.take_back(self._transfer.withdraw())
        if self._opening is not None and self.state is not CallState.ENDING:
            self._opening.told(event, now)
        self._floor.say_next()
        return self._drain()

    def wake_at(self) -> float | None:
        """When `timeout` wants to be called; None if nothing is awaited."""
        return self._deadlines.next()

    def timeout(self, now: float) -> list[e.Command]:
        """Carries out the deadlines that have come."""
        for action in self._deadlines.due(now):
            if self.state is not CallState.ENDED:
                action(now)
        return self._drain()

    def next(self, status: str, now: float, dialled: str = "") -> tuple[Next, list[e.Command]]:
        """A stream has ended and the carrier asks how to go on; `status` is its CallStatus. `dialled`: it is a call that
        was put through, and this is what came of it.

        A status other than in-progress never resumes. Three resumes within a minute are enough, and so are three answers
        that brought no stream: a carrier that cannot reach us would ask for ever.
        """
        if status != "in-progress":
            return Next.HANG_UP, self.handle(e.CarrierEnded(status, dialled), now)
        if self.state in (CallState.ENDING, CallState.ENDED):
            self._asked_next = True
            return self.last_word, []
        if dialled:
            return self._next_after_dial(dialled, now)
        if self.state is CallState.TRANSFERRING:
            self._deadlines.drop(self._not_resumed)
            self._transfer.dial(now)
            return Next.TRANSFER, self._drain()
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
                self._deadlines.set(waiting, now + patience_ms)
        return Next.STREAM, commands

    def _next_after_dial(self, dialled: str, now: float) -> tuple[Next, list[e.Command]]:
        if self.state is not CallState.TRANSFERRING:  # told again: the caller is back already
            return Next.STREAM, []
        answered = self._transfer.answered
        self._returned = self._transfer.over(dialled)
        if self._returned is None:
            self._end(e.Result.COMPLETED, e.Reason.TRANSFERRED, now)
            return Next.HANG_UP, self._drain()
        if self._agent_lost or answered:
            self._end(e.Result.FAILED, e.Reason.AGENT_FAILED, now)
            return Next.APOLOGISE, self._drain()
        self._enter(CallState.PARKED)
        self._floor.come_back()
        self._in_vain, self._stopped = 1, False
        self._deadlines.set(self._not_resumed, now + PARK_MS)
        return Next.STREAM, self._drain()

    def dial(self, now: float) -> Dial | None:
        """What the carrier is to dial; None if the caller is not put through."""
        wanted = self._transfer.wanted
        if self.state is not CallState.TRANSFERRING or wanted is None:
            return None
        return Dial(wanted.number, RING_S, max(1, int((self._ends_at - now) / 1000.0)))

    @property
    def last_word(self) -> Next:
        """What a carrier is told that asks how to go on with a call that is over."""
        failed = self.reason in (e.Reason.AGENT_FAILED, e.Reason.RESUMED_TOO_OFTEN)
        return Next.APOLOGISE if failed and not self._apologised else Next.HANG_UP

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
            self._floor.open = state is CallState.CONNECTED
            self._publish(e.StateChanged(state.value))

    # ------------------------------------------------------------------------------------------ a call of ours

    def _opening_of(self, plan: Plan) -> Opening:
        def speak(now: float) -> None:
            self._do(e.Heed(True))
            self._floor.speak_first(now, greets=plan.speaks)

        def hush(now: float) -> None:
            self._do(e.Heed(False))
            self._floor.hush(now)

        def hang_up(reason: e.Reason, now: float) -> None:
            self._end(e.Result.UNANSWERED, reason, now)

        return Opening(
            plan, self._deadlines, speak=speak, hush=hush,
            leave=lambda now: self._floor.leave_message(plan.voicemail, now), hang_up=hang_up,
        )  # fmt: skip

    def _on_picked_up(self, _event: e.PickedUp, now: float) -> None:
        if self._plan is not None and self._dialling is not None and self._dialling.answer():
            self._await_stream(now, CONNECT_MS + (VERDICT_MS if self._plan.detection == "sync" else 0.0))
            self._do(e.OpenAgent())

    def _on_callee_known(self, event: e.CalleeKnown, _now: float) -> None:
        if event != self._callee:  # each piece of news tells it again
            self._callee = event
            self._publish(event)

    @property
    def _rings(self) -> bool:
        """It is a call of ours that nobody has answered yet."""
        return self._dialling is not None and not self._dialling.answered

    @property
    def _their_hang_up(self) -> e.Reason:
        return e.Reason.CALLER_HUNG_UP if self._dialling is None else e.Reason.CALLEE_HUNG_UP

    # ------------------------------------------------------------------------------------------ the call's life

    def _await_stream(self, now: float, patience_ms: float) -> None:
        self._deadlines.set(self._no_stream, now + patience_ms)
        self._ends_at = now + self._max_call_ms
        self._deadlines.set(self._too_long, self._ends_at)

    def _on_phone_joined(self, _event: e.PhoneJoined, now: float) -> None:
        self._on_picked_up(e.PickedUp(), now)
        self._phone_joined = True
        self._in_vain = 0
        self._floor.asides.idle.begin(now, anew=True)
        if self._was is CallState.PARKED:
            self._deadlines.drop(self._not_resumed)
            if self._returned is not None:
                returned, self._returned = self._returned, None
                self._floor.returned(returned, now)
            else:
                self._resumes.append(now)
                self._floor.go_on(now)
            if not self._agent_joined:
                self._floor.away(now, lost=False)
        elif self.state is CallState.CONNECTED:
            self._deadlines.drop(self._no_stream)
            if not self._agent_joined:
                self._floor.away(now, lost=False)
        self._greet(now)

    def _on_agent_joined(self, event: e.AgentJoined, now: float) -> None:
        self._floor.agent_changed(event.turns, now, again=self._agent_joined)
        if self._floor.held:  # it may be one that goes on in the place of another
            self._do(e.Heed(False))
        self._agent_joined = True
        self._floor.asides.idle.ms = event.idle_ms
        self._floor.asides.back(event, now)
        self._publish(event)
        self._greet(now)

    def _greet(self, now: float) -> None:
        if self.state is CallState.CONNECTED and self._agent_joined and not self._greeted:
            self._greeted = True
            if self._opening is None:
                self._floor.greet()
            else:
                self._opening.begin(now)

    def _on_phone_lost(self, event: e.PhoneLost, now: float) -> None:
        self._phone_joined = False
        if self._was is CallState.ENDING:
            self._floor.lost_for_good(event.heard_ms, now)
            self._finish_if_over(now)
        elif self._was is CallState.TRANSFERRING:
            self._floor.given_away(event.heard_ms, now)
        elif self._was is CallState.CONNECTED:
            self._stopped = event.stopped
            self._deadlines.set(self._not_resumed, now + (PARK_STOPPED_MS if event.stopped else PARK_MS))
            self._floor.lost(event.heard_ms, now)
            if self._last_words is not None:
                self._agent_silent(now)
            elif self._floor.farewell.reason is not None:
                self._leave_now(self._floor.farewell.reason, now)

    def _on_carrier_ended(self, event: e.CarrierEnded, now: float) -> None:
        if not is_over(event.status):
            return
        self._carrier_over = True
        if event.status == "completed" and self._dialling is not None:
            self._dialling.answer()  # as the carrier says it of no other call
        if self._transfer.dialling and self.state is CallState.TRANSFERRING:
            if event.dialled:
                self._untold(now, event.dialled)
            else:
                self._deadlines.set(self._untold, now + CARRIER_MS)
            return
        if self.state is not CallState.ENDING:
            answered = self._was not in (CallState.CONNECTING, CallState.RINGING)
            result = e.Result.COMPLETED if answered or self._dialling else e.Result.UNANSWERED
            if event.status in NOT_ANSWERED and self._rings:
                self._end(*NOT_ANSWERED[event.status], now)
            else:
                self._end(e.Result.FAILED if event.status == "failed" else result, self._their_hang_up, now)
        self._finish_if_over(now)

    def _on_agent_lost(self, event: e.AgentLost, now: float) -> None:
        self._do(e.Publish(event))
        if self.state is CallState.TRANSFERRING:
            self._agent_lost = True  # somebody else may talk to the caller
        elif self.state is CallState.CONNECTED:
            self._last_words = self._floor.asides.silence.last_words()
            self._deadlines.set(self._agent_gone, now)  # by then it is known whether it has any
        else:
            self._end(e.Result.FAILED, e.Reason.AGENT_FAILED, now)

    def _agent_gone(self, now: float) -> None:
        if self._last_words is not None and self._ledger.is_open(self._last_words):
            self._deadlines.set(self._agent_silent, now + LAST_WORDS_MS)
        else:
            self._agent_silent(now)

    def _agent_silent(self, now: float) -> None:
        self._end(e.Result.FAILED, e.Reason.AGENT_FAILED, now)

    def _on_item_heard(self, event: e.ItemHeard, now: float) -> None:
        self._floor.actions[e.ItemHeard](event, now)
        if event.item == self._last_words:
            self._apologised = True
            self._agent_silent(now)

    def _on_used(self, event: e.Used, now: float) -> None:
        self._publish(event)
        was_below = self._max_usd is not None and self.usd < self._max_usd
        self.usd += event.usd or 0.0
        if was_below and self._max_usd is not None and self.usd >= self._max_usd:
            self._take_leave(e.Reason.MAX_COST, now)

    def _on_told(self, event: e.StreamEnded | e.Noted | e.Staged | e.Remembered, _now: float) -> None:
        self._publish(event)

    def _on_hang_up_asked(self, event: e.HangUpAsked, now: float) -> None:
        if self.state is CallState.ENDING or (self._leaving and not event.at_once):
            return
        if self._transfer.wanted is not None and event.goodbye:
            return  # who puts a caller through does not hang up on them
        if event.leaving:
            self._take_leave(event.reason, now)
            return
        due = event.goodbye and not self._floor.goodbye_said
        if event.at_once or not (self._floor.busy or due):
            result = e.Result.FAILED if event.reason is e.Reason.SHUT_DOWN else e.Result.COMPLETED
            self._end(result, event.reason, now)
        else:
            self._floor.say_goodbye(event.reason, now, due=due)

    # ------------------------------------------------------------------------------------------ put through

    def _on_transfer_asked(self, event: e.TransferAsked, now: float) -> None:
        if self.state is not CallState.CONNECTED or self._leaving or self._transfer.wanted:
            return
        self._transfer.ask(event)
        if self._floor.busy or event.due:
            self._floor.say_goodbye(e.Reason.TRANSFERRED, now, due=event.due)
        else:
            self._put_through(now)

    def _put_through(self, now: float) -> None:
        """The carrier gets the caller back, and will ask what to do with them."""
        self._floor.farewell.withdraw()
        self._enter(CallState.TRANSFERRING)
        self._deadlines.set(self._not_resumed, now + (PARK_STOPPED_MS if self._stopped else PARK_MS))
        if self._phone_joined:
            self._do(e.PutThrough())

    def _untold(self, now: float, dialled: str = "") -> None:
        """The call is over, in the middle of what the caller was put through to."""
        talked = self._transfer.answered if not dialled else dialled in TALKED
        self._transfer.over(dialled or ("completed" if talked else "canceled"))
        self._end(e.Result.COMPLETED, e.Reason.TRANSFERRED if talked else self._their_hang_up, now)

    # ------------------------------------------------------------------------------------------ the end

    def _no_stream(self, now: float) -> None:
        self._do(e.EndAtCarrier())
        self._end(e.Result.UNANSWERED, e.Reason.NO_STREAM, now)

    def _not_resumed(self, now: float) -> None:
        if self._stopped:
            self._end(e.Result.COMPLETED, self._their_hang_up, now)
        else:
            self._do(e.EndAtCarrier())
            self._end(e.Result.FAILED, e.Reason.STREAM_LOST, now)

    def _too_long(self, now: float) -> None:
        self._take_leave(e.Reason.MAX_DURATION, now)

    def _take_leave(self, reason: e.Reason, now: float) -> None:
        """A limit is reached: the agent says goodbye, if anybody can hear it, and no answer of the caller's undoes it."""
        if self.state is CallState.CONNECTED and self._agent_joined and not self._leaving:
            self._leaving = reason
            self._deadlines.set(self._leave, now + GOODBYE_MS)
            if self._transfer.wanted is not None:
                self._floor.asides.take_back(self._transfer.withdraw())
                self._floor.farewell.withdraw()
            asked = reason is e.Reason.OPERATOR_HUNG_UP
            self._floor.take_leave(reason, now, cut=not (asked and self._floor.says_given_words))
        elif not self._leaving:
            self._end(e.Result.COMPLETED, reason, now)

    def _leave_now(self, reason: e.Reason, now: float) -> None:
        """The last words were heard, or do not come."""
        if reason is e.Reason.TRANSFERRED:
            self._put_through(now)
        elif reason is e.Reason.MESSAGE_LEFT and not self._floor.goodbye_said:
            self._end(e.Result.UNANSWERED, e.Reason.MACHINE, now)
        else:
            self._end(e.Result.COMPLETED, reason, now)

    def _leave(self, now: float) -> None:
        assert self._leaving is not None
        self._end(e.Result.COMPLETED, self._leaving, now)

    def _end(self, result: e.Result, reason: e.Reason, now: float) -> None:
        """Hang up. A call that no stream carries is over at once; else the stream is closed and the carrier told next."""
        if self.state in (CallState.ENDING, CallState.ENDED):
            return
        if self._rings and result is e.Result.COMPLETED:
            result = e.Result.CANCELED
        lost = self._last_words is not None
        self.result, self.reason = (e.Result.FAILED, e.Reason.AGENT_FAILED) if lost else (result, reason)
        self._deadlines.clear()
        self._deadlines.set(self._carrier_silent, now + CARRIER_MS)
        self._enter(CallState.ENDING)
        if self._phone_joined:
            self._do(e.HangUp())
            return
        if self._transfer.dialling and not self._carrier_over:
            self._asked_next = True
            self._do(e.EndAtCarrier())  # it asks nothing while it dials
            return
        if self._rings and not (self._carrier_over or reason is e.Reason.NOT_DIALLED):
            self._do(e.EndAtCarrier())  # it may ring
        self._finish(now)

    def _carrier_silent(self, now: float) -> None:
        if not (self._carrier_over or self._asked_next):
            self._do(e.EndAtCarrier())
        self._finish(now)

    def _finish_if_over(self, now: float) -> None:
        if self.state is CallState.ENDING and self._carrier_over and not self._phone_joined:
            self._finish(now)

    def _finish(self, _now: float) -> None:
        self._floor.finish()
        self._deadlines.clear()
        self._enter(CallState.ENDED)
        assert self.result is not None and self.reason is not None
        self._publish(e.Ended(self.result, self.reason))
        self._do(e.CloseAgent())
