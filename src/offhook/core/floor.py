"""Who has the floor: the caller, the agent or nobody; and the manners of changing it.

Pure: part of CallControl, which tells it events and times and carries its commands on. The tables in core/states.py say
which event moves the turn; this file has the rules that look at the ledger or at a clock. docs/calls.md tells them to a
reader.

Where offhook owns the turns, speech over the agent is a *suspicion* first: the ear is cleared at once, the rest is held,
and the words (or their absence) decide whether it was an interruption. With a provider's turns it is one at once.
"""

from collections.abc import Callable
from typing import Any, Literal

from offhook.core import events as e
from offhook.core.asides import Asides
from offhook.core.deadlines import Deadlines
from offhook.core.farewell import Farewell
from offhook.core.greeting import Greeting
from offhook.core.keypad import Keypad, Tones
from offhook.core.playout import Heard, Ledger
from offhook.core.settling import Settling, Suspicion
from offhook.core.states import TURNS, TurnState
from offhook.core.transcript import Transcript
from offhook.core.turns import CONFIRM_MS, LATE_MS, OTHERWISE_MS, greets, interrupts

NOT_UNDERSTOOD = "(not understood)"
"""What the transcript says of a turn whose words nobody knows."""


class Floor:
    """Whose go it is in one call."""

    def __init__(
        self,
        ours: bool,
        ledger: Ledger,
        transcript: Transcript,
        deadlines: Deadlines,
        do: Callable[..., None],
        leave: Callable[[e.Reason, float], None],
    ) -> None:
        """`ours`: offhook decides when a turn ends; `do` takes commands; `leave` ends the call after a goodbye."""
        self.turn = TurnState.LISTENING
        self.open = False
        """A stream carries the call; else nobody can be heard."""
        self.held = False
        """The agent says nothing but what it is given: the first words are not due yet, or a machine is on the line."""
        self.farewell = Farewell(deadlines, leave)
        self._ours, self._ledger, self._transcript = ours, ledger, transcript
        self._deadlines, self._do = deadlines, do
        self._settling = Settling(ledger, transcript, do)
        self._suspicion: Suspicion | None = None
        self._answer_due = False
        self._caller_speaks = False
        self._words_due = False  # what the caller says now, or said last, is still to be told
        self._spoke_from = 0.0
        self._spoke_until = 0.0
        self._answer_awaited: float | None = None  # since the caller fell silent, or entered something
        self._unanswered: list[str] = []
        self._wants_more = False  # than a greeting: of what is not answered
        self.keypad = Keypad(deadlines, self._on_keys_over)
        self._tones = Tones()
        self._entered = ""
        self._owed: list[str] = []  # said before the greeting, and more than one answers
        self._goodbye_due = False  # the agent is to be asked for it when what it said is settled
        self._cut_in = False  # the caller interrupted, and is owed an answer even if nothing was understood
        self._lost_in_speech = False  # the stream was lost in the middle of something
        self._spoke = False  # the agent has begun an answer since the caller last spoke
        self._hushed = False  # an operator silenced the agent: it waits for the caller
        self.asides = Asides(
            deadlines, do, quiet=self._quiet, turn=lambda: self.turn, go_on=self._go_on_by_itself,
            idle=self._ask_whether_there, leave=lambda now: self.take_leave(e.Reason.CALLER_SILENT, now, cut=False),
        )  # fmt: skip
        self._silence = self.asides.silence
        self._greeting = Greeting()
        self.actions: dict[type[Any], Callable[[Any, float], None]] = self.asides.actions | {
            e.SpeechStarted: self._on_speech_started, e.SpeechStopped: self._on_speech_stopped,
            e.CallerTurnEnded: self._on_caller_turn_ended, e.CallerTranscribed: self._on_caller_transcribed,
            e.KeyPressed: self._on_key_pressed, e.KeysWanted: self._on_keys_wanted,
            e.ItemBegan: self._on_item_began, e.ItemEnded: self._on_item_ended, e.ItemText: self._on_item_text,
            e.ItemSounded: self._on_item_sounded, e.ItemHeard: self._on_item_heard, e.Settled: self._on_settled,
            e.AgentAway: lambda event, now: self.away(now, lost=event.lost), e.InterruptAsked: self._on_interrupt_asked,
            e.ToolCalled: self._on_tool_called, e.ToolFinished: self._on_tool_finished,
        }  # fmt: skip

    @property
    def busy(self) -> bool:
        """Something is being said, or may have to be said again."""
        return self._ledger.speaking or self._suspicion is not None

    @property
    def goodbye_said(self) -> bool:
        """The agent has begun to say something since the caller last spoke."""
        return self._spoke

    def say_goodbye(self, reason: e.Reason, now: float, *, due: bool) -> None:
        """The call ends once what is being said was heard; `due`: the goodbye itself is still to come."""
        self.farewell.ask(reason, now, due=due, busy=self.busy)

    def take_leave(self, reason: e.Reason, now: float, *, cut: bool) -> None:
        """The call ends once a goodbye was heard, which the agent is asked for; `cut`: whatever it says by now, or is about
        to, is cut for it, but for a goodbye."""
        if self.farewell.reason is not None or (self.farewell.pending and self._suspicion is not None):
            return  # a goodbye stands, or will if the caller has made no more than a noise
        self._owed = []
        if cut:
            self.asides.forget()
            self._cut_short(now)
        self.farewell.ask(reason, now, due=True, busy=self.busy)
        self._silence.broken()
        self._goodbye_due = True
        self._settled_enough()

    @property
    def says_given_words(self) -> bool:
        """The agent says words that it was given, or is about to."""
        return self.asides.under_way(self._ledger.is_open)

    def _leave_after_all(self, now: float) -> None:
        """The caller made no more than a noise: a goodbye stands."""
        self.farewell.go_on(now, said=self._spoke, busy=self.busy)
        if not self.busy:
            self.farewell.heard(now)

    def move(self, event: e.Event) -> None:
        """The turn as the table has it. What begins while an interruption is judged, or only fills time, moves nothing."""
        self._turn_was = self.turn
        if isinstance(event, e.ItemBegan) and (self._suspicion or self.asides.has(event.item)):
            return
        self.turn = TURNS[self.turn].get(type(event), self.turn)

    def _publish(self, event: e.Event) -> None:
        self._do(e.Publish(event))

    # ------------------------------------------------------------------------------------------ the caller speaks

    def _on_speech_started(self, _event: e.SpeechStarted, now: float) -> None:
        if not self.open:
            return
        self.farewell.pause()  # the caller may have something to say after all
        self._silence.broken()
        self._caller_speaks, self._spoke_from = True, now
        self._words_due = True
        if self._suspicion is not None:
            if self._suspicion.confirmed is False:
                self._suspicion.confirmed = None  # they go on: judged by all of it
            self._deadlines.set(self._spoke_long, now + CONFIRM_MS + LATE_MS)
        elif self._greets_now and now < self._greeting.yields_at:
            self._deadlines.set(self._greeting_yields, self._yields_at())
        elif self._ledger.speaking or (self._ours and self._turn_was is TurnState.THINKING):
            self._interrupt(now)

    def _interrupt(self, now: float) -> None:
        heard = self._ledger.speaking
        if heard:
            self._do(e.Clear())
        if not self._ours:
            self._ledger.cut()
            return
        self._ledger.hold()
        self._suspicion = Suspicion()
        self._deadlines.set(self._spoke_long, max(now, self._spoke_from + CONFIRM_MS + LATE_MS))
        if not heard:  # the answer was not there yet: it waits for the verdict
            self._settle({}, now)

    def _on_speech_stopped(self, event: e.SpeechStopped, now: float) -> None:
        self._caller_speaks = False
        self._spoke_until = now - event.ago_ms
        self._deadlines.drop(self._spoke_long, self._greeting_yields)  # the words, or their absence, will tell
        self._silence.begin(now, anew=True)

    def _spoke_long(self, now: float) -> None:
        self._decide(True, now)

    def _on_caller_turn_ended(self, event: e.CallerTurnEnded, now: float) -> None:
        self._words_due = self._caller_speaks
        if not self._ours:
            self._spoke = False
            self._answer_awaited = self._spoke_until
            self._greeting.passed_over()
            self.farewell.withdraw()
            self._keep_caller(event.text, event.name)
            self._settled_enough()
            self._silence.asked()
            self._silence.begin(now)
            return
        if self._tones.cover(self._spoke_from, self._spoke_until):
            event = e.CallerTurnEnded("", min(event.spoken_ms, CONFIRM_MS - 1.0), event.name)
        meant = interrupts(event.text, event.spoken_ms, self._asked())
        if self._suspicion is not None and self._suspicion.confirmed is None:
            if not meant:
                self._keep_caller(event.text, event.name)
                self.turn = TurnState.LISTENING
                if not self._caller_speaks:
                    self._decide(False, now)
                return
            self._decide(True, now)
        elif self._suspicion is None and self._ledger.speaking:  # a greeting, or the stream was lost in between
            if self._no_more_than_hello(event) if self._greets_now else not meant:
                self._keep_caller(event.text, event.name)
                self.turn = TurnState.THINKING if self._unanswered else TurnState.SPEAKING
                self._leave_after_all(now)
                self._answer_owed(now)
                return
            self._interrupt(now)
            self._decide(True, now)
        elif not meant and not event.text and not self._cut_in:  # a cough: as if nothing had been
            self.turn = TurnState.THINKING if self._unanswered else TurnState.LISTENING
            if self._unanswered:
                self._respond()
            elif self._transcript.asked:
                self._silence.left_hanging()
                self._silence.begin(now)
            self._leave_after_all(now)
            self._answer_owed(now)
            return
        self.farewell.withdraw()
        self._cut_in = False
        self._keep_caller(event.text or ("" if event.name else NOT_UNDERSTOOD), event.name)
        self._wants_more = self._wants_more or not self._no_more_than_hello(event)
        self._answer(event.text, now, self._spoke_until)

    @staticmethod
    def _no_more_than_hello(event: e.CallerTurnEnded) -> bool:
        """A greeting answers the turn. Words that are told later are more than that if there are many."""
        return greets(event.text) and not (event.name and not event.text and event.spoken_ms >= CONFIRM_MS)

    def _asked(self) -> bool:
        """Whether the agent was asking something when it was cut into."""
        cut = self._suspicion.cut if self._suspicion else None
        last = next((heard for heard in reversed(cut or []) if heard.heard_ms > 0), None)
        return last is not None and self._transcript.asking(last.item, last.heard_ms, last.generated_ms)

    def _on_caller_transcribed(self, event: e.CallerTranscribed, _now: float) -> None:
        self._keep_caller(event.text, event.name)

    def _keep_caller(self, text: str, name: str = "") -> None:
        if kept := self._transcript.caller(text, name):
            self._publish(kept)

    # ------------------------------------------------------------------------------------------ the caller presses keys

    def _on_key_pressed(self, event: e.KeyPressed, now: float) -> None:
        self._publish(e.KeyPressed(self.keypad.shown(event.digit)))
        if not self.open:
            return
        self._tones.pressed(now)
        self.farewell.withdraw()
        self._silence.broken()
        self._silence_agent(now)
        self._cut_in = False
        self.keypad.press(event.digit, now)

    def _silence_agent(self, now: float) -> None:
        """The agent is cut off for good, by something else than speech."""
        thinking = self._ours and self.turn is TurnState.THINKING
        if self._suspicion is None and (self._ledger.speaking or thinking):
            self.turn = TurnState.LISTENING
            if self._ledger.generating and not self._ours:
                self._do(e.Cancel())
            self._interrupt(now)
        self._decide(True, now)

    def _cut_short(self, now: float) -> None:
        """What the agent says, or is about to, is cut for good, by whoever may; it is not asked to go on."""
        self._answer_due, self._hushed, self._owed = False, True, []
        self._forget_unanswered()
        if self.turn is TurnState.THINKING and not self._ours:
            self._do(e.Cancel())
        self._silence_agent(now)
        self.turn = TurnState.LISTENING
        self._cut_in = False

    def _on_interrupt_asked(self, _event: e.InterruptAsked, now: float) -> None:
        if not self.open:
            return
        self.farewell.withdraw()
        self._cut_short(now)
        self._silence.answered()
        self._silence.begin(now, anew=True)

    def _on_keys_wanted(self, event: e.KeysWanted, now: float) -> None:
        self.keypad.want(event.count, event.secret, now)

    def _on_keys_over(self, entered: str, now: float) -> None:
        if entered:
            self._keep_caller(f"(keys {entered})")
            self._entered = entered
            self._answer("", now, now)
        else:
            self._silence.begin(now, anew=True)

    # ------------------------------------------------------------------------------------------ the agent answers

    def greet(self) -> None:
        """Both legs are there: the first words."""
        self._greeting.asked()
        self._do(e.Greet())

    def speak_first(self, now: float, *, greets: bool) -> None:
        """The first words were held and are due: the greeting, which answers a hello too, and is followed by the answer to more
        than that; or that answer alone, of an agent that waits to be spoken to."""
        self.held = False
        if greets:
            self._answer_due = False
            if self._ours and self._wants_more:
                self._owed = [text for text in self._unanswered if text]
            self.greet()
            if self.turn is TurnState.THINKING:
                self._silence.begin(now)
        elif self.turn is TurnState.THINKING:
            self._respond()

    def hush(self, now: float) -> None:
        """A machine is on the line: what is said to it is cut, and what it says is not answered."""
        self.held, self._answer_due, self._spoke, self._owed = True, False, False, []
        self._caller_speaks = self._words_due = False
        self._forget_unanswered()
        self._greeting.passed_over()
        self._silence.broken()
        self._deadlines.drop(self._spoke_long, self._greeting_yields)
        thinking = self.turn is TurnState.THINKING
        if not self._ours and (thinking or self._ledger.generating):
            self._do(e.Cancel())
        if self._suspicion is None and (self._ledger.speaking or (self._ours and thinking)):
            self._interrupt(now)
        self._decide(True, now)
        self.turn = TurnState.LISTENING

    def overhear(self, event: e.Event) -> None:
        """What a machine says is written down."""
        if isinstance(event, e.CallerTurnEnded | e.CallerTranscribed):
            self._keep_caller(event.text, event.name)

    def leave_message(self, text: str, now: float) -> None:
        """The machine records: says the message; the call ends when it was heard."""
        self.farewell.ask(e.Reason.MESSAGE_LEFT, now, due=True, busy=False)
        self.asides.give(text)
        self.say_next()

    def _answer(self, text: str, now: float, since: float) -> None:
        self._unanswered += [*self._owed, text]
        self._owed = []
        self._answer_awaited = since
        self._spoke = False
        self._silence.asked()
        self.turn = TurnState.THINKING
        self._respond()
        self._silence.begin(now)

    def _respond(self) -> None:
        self._answer_due = True
        self._settled_enough()

    def _settled_enough(self) -> None:
        """What was heard goes before any answer that builds on it, and the end of what they say now answers all of it."""
        if self._goodbye_due and not (self._ledger.unsettled or self._suspicion):
            self._goodbye_due = False
            self._do(e.Respond("", leaving=True))
        if self.held or not self._answer_due or self._words_due or self._ledger.unsettled or self._suspicion:
            return
        self._answer_due = False
        self.turn = TurnState.THINKING
        if not self.keypad.secret:  # which are asked for by a tool, before the agent says so
            self.keypad.wanted = None
        text = " ".join(text for text in self._unanswered if text)
        if not (self._entered or self._wants_more) and self._greeting.again_for(text):
            self.greet()
        else:
            self._greeting.passed_over()
            self._do(e.Respond(text, self._entered))

    @property
    def _greets_now(self) -> bool:
        return self._greeting.item is not None and self._ledger.is_open(self._greeting.item)

    def _greeting_yields(self, now: float) -> None:
        """The caller has been speaking over the greeting for as long as it may go on."""
        if self._caller_speaks and self._suspicion is None and self._ledger.speaking:
            self.turn = TurnState.LISTENING
            self._interrupt(now)

    def _on_item_began(self, event: e.ItemBegan, now: float) -> None:
        self._transcript.begin(event.item)
        beside = self.asides.has(event.item)
        if not beside:
            self._greeting.began(event.item, now)
        if not self._silence.is_filler(event.item):
            self._spoke = True
            self._silence.answered()
            self._hushed = False
            self.farewell.began(now)
        if self._ours and self._words_due and self._suspicion is None:
            self._begin_over_caller(now)
        if not beside and self._suspicion is None:
            self._forget_unanswered()
        elif not beside and self._suspicion is not None:
            self._suspicion.answered = True

    def _begin_over_caller(self, now: float) -> None:
        """The agent begins while the caller's words are still to come: they get a greeting, all else waits for them."""
        if not self._greets_now:
            self.turn = TurnState.LISTENING
            self._interrupt(now)
        elif self._caller_speaks:
            self._deadlines.set(self._greeting_yields, self._yields_at())

    def _yields_at(self) -> float:
        if self._ours:
            return self._greeting.yields_at
        # A provider tells of a pause when it has lasted, and its word is final: a hello must not count until then.
        return max(self._greeting.yields_at, self._spoke_from + CONFIRM_MS + OTHERWISE_MS)

    def _forget_unanswered(self) -> None:
        self._unanswered.clear()
        self._entered = ""
        self._wants_more = False

    def _on_item_ended(self, event: e.ItemEnded, now: float) -> None:
        late = self._ledger.knows(event.item) or self.asides.has(event.item)
        if self._suspicion is not None and not late:
            self._suspicion.answered = True
        if self.turn is TurnState.THINKING and not (late or self.busy or self._answer_due):
            self.turn = TurnState.LISTENING  # an answer without a sound
            self._forget_unanswered()
            self._silence.begin(now)
        self._greeting.ended(event.item)
        self._answer_owed(now)

    def _answer_owed(self, now: float) -> None:
        """What was asked before the greeting is answered behind it; while the caller speaks, with what they say or behind that,
        if it is no more than a noise."""
        if self._owed and self._greeting.whole and not (self._words_due or self._suspicion):
            self._wants_more = True
            self._answer("", now, now)

    def _on_item_text(self, event: e.ItemText, _now: float) -> None:
        generated_ms = self._ledger.generated_ms(event.item)
        if kept := self._transcript.words(event.item, event.text, event.words, generated_ms):
            self._publish(kept)

    def _on_item_sounded(self, event: e.ItemSounded, _now: float) -> None:
        if self._answer_awaited is not None and not self._silence.is_filler(event.item):
            self._publish(e.Answered(event.item, event.at_ms - self._answer_awaited))
            self._answer_awaited = None

    def _on_item_heard(self, event: e.ItemHeard, now: float) -> None:
        if heard := self._ledger.heard(event.item):
            self._settling.keep([heard])
        self._fall_silent(now)

    def _fall_silent(self, now: float) -> None:
        if self.busy:
            return
        if self.turn is TurnState.SPEAKING:
            self.turn = TurnState.LISTENING
        if not self.farewell.heard(now):
            self._silence.begin(now, anew=True)

    # ------------------------------------------------------------------------------------------ tools, and silence

    def _on_tool_called(self, event: e.ToolCalled, now: float) -> None:
        # What was asked has begun to be done: if the caller goes on now, it is not asked a second time.
        self._unanswered = [""] * len(self._unanswered)
        self._entered = ""
        self._publish(event)
        self._do(e.RunTool(event.id, event.name, event.arguments))
        self.asides.tool_called(event.id, now)

    def _on_tool_finished(self, event: e.ToolFinished, _now: float) -> None:
        self.asides.tool_finished(event.id)
        self._publish(event)
        self._do(e.ToolResult(event.id, event.output, event.failed))

    def _quiet(self) -> bool:
        return self.open and not (self.held or self._caller_speaks or self.busy or self.keypad.pressed)

    def say_next(self) -> None:
        """Whatever happened: what somebody wants said may be said now."""
        theirs = self._caller_speaks or self._words_due or self.keypad.pressed
        if self.open and not (theirs or self._suspicion or self._ledger.unsettled):
            self.asides.say_next(speaking=self._ledger.speaking)

    def away(self, now: float, *, lost: bool) -> None:
        """The agent is awaited, whoever's go it is."""
        if lost and not self._ours:  # who hears the caller is gone, and will not say when they pause
            self._caller_speaks = self._words_due = False
        elif lost:  # nobody will say whether it was an interruption: go on
            self._decide(False, now)
        self.asides.away(now, lost=lost)

    def _go_on_by_itself(self, _now: float) -> None:
        self.turn = TurnState.THINKING
        self._do(e.Respond("", going_on=True))

    def _ask_whether_there(self, now: float) -> None:
        self.turn = TurnState.THINKING
        self._do(e.Respond("", idle=True))
        self._silence.asked()
        self._silence.begin(now)

    # ------------------------------------------------------------------------------------------ what was heard

    def _on_settled(self, event: e.Settled, now: float) -> None:
        self._settle(event.heard_ms, now)
        self._settled_enough()

    def _settle(self, heard_ms: dict[str, float], now: float) -> None:
        cut = self._ledger.settle(heard_ms)
        if self._suspicion is None:
            self._cut(self._settling.conclude(cut))
        else:
            self._suspicion.cut = cut
            self._judge(now)

    def _decide(self, confirmed: bool, now: float) -> None:
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
        if suspicion.confirmed:
            if not (self.held or self._goodbye_due):  # a machine takes no goodbye back, and a limit neither
                self.farewell.withdraw()
            self._cut(self._settling.give_up(suspicion.cut))
            return
        self._settling.resume(suspicion.cut)
        if suspicion.answered:
            self._forget_unanswered()
        if self._ledger.speaking:
            self._do(e.SayRest())
        if self._unanswered:
            self.turn = TurnState.THINKING
        elif self._ledger.speaking:
            self.turn = TurnState.SPEAKING
        self.farewell.go_on(now, said=self._spoke, busy=self.busy)
        self._fall_silent(now)
        self._settled_enough()
        self._answer_owed(now)

    def _cut(self, partly: list[Heard]) -> None:
        for heard in partly:
            self._greeting.cut(heard)
        if partly:
            if not self._hushed:
                self._silence.left_hanging()
            if self.open:
                self._publish(e.BargedIn({heard.item: heard.heard_ms for heard in partly}))

    # ------------------------------------------------------------------------------------------ one agent leg for another

    def agent_changed(self, turns: Literal["provider", "offhook"] | None, now: float, *, again: bool) -> None:
        """An agent leg has joined, which owns the turns or leaves them to us; `again`: in the place of another.

        It has not heard the caller speak, and nobody will say whether they meant to cut in: that counts as if they had.
        """
        if turns is not None:
            self._ours = self._ledger.keep = turns == "offhook"
        if again:
            self._caller_speaks = self._words_due = False
            self._deadlines.drop(self._spoke_long, self._greeting_yields)
            self._decide(True, now)
            self._settled_enough()
            self._silence.begin(now)

    # ------------------------------------------------------------------------------------------ the stream goes and comes

    def lost(self, heard_ms: dict[str, float], now: float) -> None:
        """The stream is gone; `open` is False by now."""
        self._caller_speaks = self._words_due = False
        self._settle_all(heard_ms, now)
        if self._ours:
            if self._suspicion is not None:  # nobody will say whether it was an interruption: go on
                self._suspicion.confirmed = False
                self._judge(now)
            self._ledger.hold()
            self._settling.resume(self._ledger.settle(heard_ms))
        else:
            self._lost_in_speech = self._ledger.speaking or self.turn is TurnState.THINKING
            if self._ledger.generating or self.turn is TurnState.THINKING:
                self._do(e.Cancel())
            self._ledger.cut()
            self._cut(self._settling.conclude(self._ledger.settle(heard_ms)))
        self._settled_enough()

    def _settle_all(self, heard_ms: dict[str, float], now: float) -> None:
        for _ in range(self._ledger.unsettled):
            self._settle(heard_ms, now)

    def go_on(self, now: float) -> None:
        """A stream carries the call again."""
        if self._ours:
            self._do(e.SayRest())
        elif self._lost_in_speech and not self._ledger.speaking:  # else it has gone on by itself meanwhile
            self._go_on_by_itself(now)
        if self._ledger.speaking:
            self.turn = TurnState.THINKING if self._unanswered else TurnState.SPEAKING
        else:
            self._silence.begin(now)

    def given_away(self, heard_ms: dict[str, float], now: float) -> None:
        """The stream of a call that is put through is gone: what was not heard by now never will be."""
        self._caller_speaks = self._words_due = False
        self._settle_all(heard_ms, now)
        self._drop(heard_ms)

    def come_back(self) -> None:
        """Nobody was there to be put through to: what the agent said meanwhile is for nobody's ears."""
        self._drop({})

    def _drop(self, heard_ms: dict[str, float]) -> None:
        if self._ledger.generating or self.turn is TurnState.THINKING:
            self._do(e.Cancel())
        self._suspicion = None
        self._settling.give_up([])
        self._ledger.cut()
        self._settling.conclude(self._ledger.settle(heard_ms))
        self._answer_due, self._owed = False, []
        self._forget_unanswered()
        self.turn = TurnState.LISTENING

    def returned(self, returned: e.Returned, now: float) -> None:
        """A stream carries the call again, whose caller was to be put through: the agent says why they are back."""
        self.turn = TurnState.THINKING
        self._do(e.Respond("", returned=returned))
        self._silence.asked()
        self._silence.begin(now)

    def lost_for_good(self, heard_ms: dict[str, float], now: float) -> None:
        """The stream of a call that ends is gone: what was heard of the last words is known now."""
        self._settle_all(heard_ms, now)
        self._settling.lost(heard_ms)

    def finish(self) -> None:
        """The call is over: every item is settled, as far as anybody knows."""
        self._settling.finish()
