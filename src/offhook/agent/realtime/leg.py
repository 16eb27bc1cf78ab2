"""The realtime agent leg: a model that listens and speaks by itself, over sessions that come and go.

A session is lost, expires, is replaced; the leg and its conversation last as long as the call. What the model was heard
to say is told to it at once by truncating, and to a later session as written items (agent/conversation.py).
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Literal

from offhook.agent.backlog import Backlog
from offhook.agent.briefing import BACK, GO_ON, LEAVE, SAY, STILL_THERE, briefing, pressed, why_returned
from offhook.agent.conversation import Conversation
from offhook.agent.greetings import Piece
from offhook.agent.handover import Handover, handover_of
from offhook.agent.listening import Listening
from offhook.agent.options import OwnTurns
from offhook.agent.prices import used
from offhook.agent.realtime import messages as say
from offhook.agent.realtime import wire
from offhook.agent.realtime.answers import HARMLESS, Answers
from offhook.agent.realtime.asking import Asking
from offhook.agent.realtime.greeter import Greeter
from offhook.agent.realtime.items import Items
from offhook.agent.realtime.line import TRIES, Backend, Line
from offhook.agent.realtime.lines import Lines, recite
from offhook.agent.realtime.own_turns import OwnEars
from offhook.agent.realtime.presence import Presence
from offhook.agent.realtime.session import Session
from offhook.agent.realtime.unheard import Unheard
from offhook.agent.realtime.uses import Uses
from offhook.agent.realtime.word_times import Timed
from offhook.agent.timers import Timers
from offhook.audio.format import MULAW_8K, PCM16_24K
from offhook.core import events as e
from offhook.core.keeping import Keeping
from offhook.core.leg import AgentSide, Tools
from offhook.core.past import Past
from offhook.errors import LegFailed

log = logging.getLogger(__name__)

MOST_MISSED = 2  # answers that did not come, one after another: the first is asked for again, then so is the session
AWAY_S = 30.0  # without a session: a caller had better hear that something is wrong
KEPT_MS = 30_000  # of the caller's speech, while there is no session
RECENT_MS = 4_000  # of it, while there is one: so long a dead connection may take it before that is known (socket.py)
BEFORE_MS = 800  # of it before the server tells that it hears a turn


class RealtimeLeg:
    """One call's agent."""

    can: frozenset[type[e.Command]] = frozenset(
        {e.Greet, e.Heed, e.Respond, e.Cancel, e.Truncate, e.Discard, e.Fill, e.Say, e.ToolResult}
    )
    keeping = Keeping()

    def __init__(
        self, shape: say.Shape, backend: Backend, tools: Tools, listening: Listening | None = None, tries: int = TRIES
    ) -> None:
        """`listening`: what hears the caller where the agent has its own turns; `tries` to get a session that was lost
        back."""
        options = shape.agent.realtime
        self.format = PCM16_24K if options.audio == "pcm16" else MULAW_8K
        self.turns: Literal["provider", "offhook"] = "offhook" if isinstance(options.turns, OwnTurns) else "provider"
        self.tools, self.says_exactly = tools, shape.dialect.says_exactly
        self.conversation = Conversation()
        self._shape, self._backend, self._listening, self._tries = shape, backend, listening, tries
        self._lines = Lines(backend.greetings, backend.model, shape)
        self._greeter = Greeter(shape, self._lines)
        self._call: AgentSide
        self._over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._session: Session | None = None
        self._presence = Presence(
            lambda event: self._call.report(event),
            e.AgentJoined(
                f"{backend.provider}:{backend.model}", self.turns, shape.agent.name, shape.agent.idle_seconds * 1000.0
            ),
        )
        self._asking = Asking(
            provider=self.turns == "provider", in_the_middle=lambda answer: self._items.in_the_middle(answer),
            news=lambda: self._session.news_at if self._session is not None else 0.0, missing=self._on_missing,
        )  # fmt: skip
        self._items = self._items_of(lambda _message: None)
        self._uses = Uses(self.conversation)
        self._not_come = 0  # answers, since one was whole
        self._sessions = 0
        self._owes = self._cut_off = False  # what another leg left unsaid; and that the line was lost
        self._heeds = True
        self._conduct_told = say.Conduct()
        self._instructions = ""
        self._ears: OwnEars | None = None
        kept, per_ms = KEPT_MS * self.format.bytes_per_ms, self.format.bytes_per_ms
        self._backlog = Backlog(kept)
        # Ears of our own let speech alone through: a turn of theirs begins where the last one ended.
        self._unheard = Unheard(RECENT_MS * per_ms, BEFORE_MS * per_ms if self.turns == "provider" else kept, kept)
        self._timers = Timers()
        self._to_server: Callable[[bytes], None] = self._backlog.keep

    def _items_of(self, send: Callable[[bytes], None]) -> Items:
        dialect, bytes_per_ms = self._shape.dialect, self.format.bytes_per_ms
        return Items(send, self._asking.answers, self.conversation, dialect, bytes_per_ms)

    @property
    def _answers(self) -> Answers:
        return self._asking.answers

    # ------------------------------------------------------------------------------------------ sessions

    async def run(self, call: AgentSide) -> None:
        """Talks until closed. Raises LegFailed when the model is lost for good."""
        self._call = call
        agent, backend = self._shape.agent, self._backend
        self._heeds = call.info.direction == "inbound" or bool(self.conversation.said)
        self._instructions = briefing(agent, call.info, backend.clock())
        if self._owes:
            self._say_owed()
        if self.turns == "offhook":
            assert self._listening is not None, "an agent with turns of its own listens itself"
            self._ears = OwnEars(
                self._listening, call, agent.silence_ms, lambda: self._answers, self._tell,
                words=agent.realtime.transcription is not None,
            )  # fmt: skip
        if self._lines.greeting() is not None and not self.conversation.said:
            self._presence.join()  # what it says first needs no session
            self._presence.absent()
        self._wait_for_session()
        line = Line(
            backend, self._shape.dialect, call.id, update=self._update, on_fact=self._on_fact,
            idle=lambda: self._answers.idle and not self._uses.pending, tries=self._tries,
        )  # fmt: skip
        try:
            await line.run(self._over, resumed=bool(self.conversation.said), moved=self._use, lost=self._on_lost)
        finally:
            self._timers.clear()
            self._asking.close()
            if self._ears is not None:
                self._ears.close()
            self._to_server = lambda _frame: None

    def _update(self, resumed: bool) -> bytes:
        self._greeter.opens(resumed=resumed)
        self._conduct_told = self._conduct
        return say.session_update(self._shape, self._instructions, self._conduct)

    @property
    def _conduct(self) -> say.Conduct:
        return say.Conduct(self._greeter.interrupts and self._heeds, self._heeds)

    def _tell_conduct(self) -> None:
        """The server does by itself what it should by now."""
        if self._session is not None and self._conduct != self._conduct_told and self.turns == "provider":
            self._conduct_told = self._conduct
            self._session.send(say.turn_detection_update(self._shape, self._conduct))

    def _heed(self, on: bool) -> None:
        self._heeds = self._answers.heeds = on
        self._tell_conduct()

    def _use(self, session: Session) -> None:
        """From now on this session carries the conversation."""
        if self._shape.hosted:  # whose instructions are not ours to give
            session.send(say.message(self._shape.dialect, "system", self._instructions))
        for message in self.conversation.replay(self._shape.dialect):
            session.send(message)
        self._uses.renew()
        self._session = session
        self._sessions += 1
        self._asking.renew(session.send).heeds = self._heeds
        self._tell_conduct()
        self._items = self._items_of(session.send)
        again = self._say_again(session)
        kept = self._unheard.through(session.send_audio)
        to_server = kept if self._ears is None else self._ears.through(kept)
        self._backlog.drain(to_server)
        self._to_server = to_server
        if not (self._asking.catch_up() or again):
            self._presence.present()
        self._presence.join()

    def _say_again(self, session: Session) -> bool:
        """What the caller said to the session before, and nothing came of: it may never have got there. True if the server
        has to answer it."""
        if not self._unheard.say_again(session.send_audio):
            return False
        if self._ears is not None:
            session.send(say.commit())
            return False
        return self._asking.hears_again()

    def _wait_for_session(self) -> None:
        had, failed = self._sessions, LegFailed(f"{self._backend.name} is away for {AWAY_S:g} s.", retryable=True)
        self._timers.later(AWAY_S, lambda: self._fail(failed) if self._sessions == had else None)

    def send_audio(self, frame: bytes) -> None:
        """The caller's audio, on its way to the server. Media plane."""
        self._to_server(frame)

    def _on_lost(self) -> None:
        """There is no session: the caller's speech waits, and what was being said ends where it has come to."""
        if self._session is None:
            return
        self._to_server, self._session, self._greeter.recording = self._backlog.keep, None, None
        cut_off = self._items.open()
        self._asking.lose(self._instructed(GO_ON) if cut_off else None, waits=bool(self._uses.pending))
        for item in cut_off:
            self._end_item(item)
        self._presence.absent(lost=True)
        self._wait_for_session()

    def recall(self, past: Past) -> None:
        """The call comes from a process that died. Before `run`."""
        self.take_over(handover_of(past))

    def hand_over(self) -> Handover:
        """What another leg goes on with, once `run` has failed."""
        past = Handover(self.conversation, self._asking.owes, set(self._uses.pending))
        past.again = self._unheard.say_again(past.unheard.append)
        self._backlog.drain(past.unheard.append)
        return past

    def take_over(self, past: Handover) -> None:
        """Goes on where another leg of the call left off. Before `run`."""
        self.conversation, self._cut_off = past.conversation, past.cut_off
        last = past.conversation.last
        # A turn that is heard anew is answered unasked.
        self._owes = past.owed and not (past.again and last is not None and last.role == "user")
        self._uses = Uses(self.conversation, frozenset(past.pending))
        self._items = self._items_of(lambda _message: None)
        for frame in past.unheard:
            self._backlog.keep(frame)

    def _say_owed(self) -> None:
        last = self.conversation.last
        if last is None:
            self._greet()
        elif not self._uses.pending:
            how = BACK if self._cut_off else GO_ON if last.role == "assistant" else None
            self._asking.want(self._instructed(how) if how else {})

    async def close(self) -> None:
        """Leaves. Idempotent."""
        if not self._over.done():
            self._over.set_result(None)

    def _fail(self, failed: LegFailed) -> None:
        if not self._over.done():
            self._on_lost()
            self._over.set_exception(failed)
            self._over.exception()  # whoever runs the leg gets it; if nobody does any more, nobody misses it

    # ------------------------------------------------------------------------------------------ commands

    def send(self, command: e.Command) -> None:
        """Greets, answers keys, goes on, stops; tells the model what was heard and what tools brought."""
        match command:
            case e.Greet():
                self._greet()
            case e.Heed(on):
                self._heed(on)
            case e.Respond(leaving=True):
                self._asking.want(self._instructed(LEAVE))
            case e.Respond(returned=e.Returned() as returned):
                told, how = why_returned(returned)
                self._note("system", f"returned {len(self.conversation.said)}", told)
                self._asking.want(self._instructed(how))
            case e.Respond(keys=keys, going_on=going_on, idle=idle):
                self._respond(keys, STILL_THERE if idle else GO_ON if going_on else "")
            case e.Cancel():
                self._answers.cancel()
            case e.Truncate(item, heard_ms, text):
                self._asking.watchdog.silenced()
                self._items.truncate(item, heard_ms, text)
            case e.Discard(item):
                self._asking.watchdog.silenced()
                self._items.discard(item)
            case e.Fill(item, line):
                if (pieces := self._lines.next(line)) is not None:
                    self._recite(item, pieces)
            case e.Say(_, text):
                self._say(text)
            case e.ToolResult(id, output, _failed):
                self._tool_result(id, output)

    def _tell(self, message: bytes) -> None:
        if self._session is not None:
            self._session.send(message)

    def _say(self, text: str) -> None:
        exact = self._shape.dialect.says_exactly
        self._asking.say(say.exactly(text) if exact else self._instructed(SAY.format(text)))
        self._call.report(e.Saying(text, exact))

    def _on_missing(self, answer: str, mute: bool) -> None:
        if self._session is not None and answer == self._answers.awaited:
            self._not_come += 1
            log.warning("an answer of %s does not come", self._backend.name, extra={"call_id": self._call.id})
            self._greeter.again()
            self._presence.absent()
            if self._not_come > MOST_MISSED:
                self._fail(LegFailed(f"{self._backend.name} does not answer.", retryable=True))
            elif mute or self._not_come == MOST_MISSED:
                self._session.give_up("does not answer")
            else:
                instead = self._instructed(GO_ON) if self._items.in_the_middle(answer) else None
                for item in self._items.open(answer):
                    self._end_item(item)
                self._answers.missing(answer, instead)
        self._asking.watch()

    def _respond(self, keys: str, unasked: str) -> None:
        if unasked:
            if not self._answers.heard:
                self._asking.want(self._instructed(unasked))
            return
        if keys:
            self._note("user", f"keys {len(self.conversation.said)}", pressed(keys))
        self._asking.want({})

    def _note(self, role: Literal["user", "system"], name: str, text: str) -> None:
        said = self.conversation.begin(role, name, text)
        self._tell(say.message(self._shape.dialect, role, said.text))

    def _tool_result(self, use: str, output: str) -> None:
        for message in self._uses.end(use, output):
            self._tell(message)
        if not self._uses.pending:
            self._asking.want({})

    # ------------------------------------------------------------------------------------------ what it says by itself

    def _greet(self) -> None:
        if (kept := self._lines.greeting()) is not None:
            item = f"greeting{len(self.conversation.said)}"
            said = self.conversation.begin("assistant", item, self._recite(item, kept))
            self._tell(self.conversation.write(self._shape.dialect, said))
        elif self._shape.first_words != "":
            self._presence.absent()
            self._asking.want(self._greeter.wish(self._instructed, inbound=self._call.info.direction == "inbound"))

    def _recite(self, item: str, pieces: "tuple[Piece, ...]") -> str:
        bytes_per_ms = self.format.bytes_per_ms
        self._asking.watchdog.plays(sum(len(audio) for audio, _ in pieces) / bytes_per_ms, answer=False)
        return recite(self._call, item, pieces, bytes_per_ms)

    def _instructed(self, how: str) -> dict[str, Any]:
        """An answer of a kind of its own; one that has its instructions from elsewhere answers as it likes."""
        return {} if self._shape.hosted else say.instructed(say.joined((self._instructions, how)))

    # ------------------------------------------------------------------------------------------ what the server says

    def _on_fact(self, fact: wire.Fact) -> None:
        match fact:
            case wire.Audio():
                self._on_audio(fact)
            case wire.Words():
                self._on_words(fact)
            case wire.WordTime(response, item, word, end_ms):
                self._tell_words(item, self._items.of(response, item).words.time(word, end_ms))
            case wire.SpeechStarted():
                for item in self._items.open():  # what is cut now is cut by the words that are known now
                    self._tell_words(item, self._items.rest_of_words(item))
                self._answers.caller_speaks(interrupts=self._conduct.interrupts)
                self._unheard.turn_began()
                self._presence.present()
                self._call.report(e.SpeechStarted())
            case wire.SpeechStopped():
                self._answers.caller_paused()
                self._call.report(e.SpeechStopped())
                self._asking.insist_if_owed()
            case wire.Committed(item):
                self._on_committed(item)
            case wire.Transcribed(item, text, usage):
                self._on_transcribed(item, text, usage)
            case wire.ResponseCreated(response):
                if self._answers.created(response):
                    self._greeter.begins(response)
                self._asking.watch()
            case wire.ItemAdded(response, item, "message"):
                self._items.of(response, item)
            case wire.ItemDone(_, item, "message"):
                self._end_item(item)
            case wire.ToolWanted():
                self._unheard.answered()
                self._uses.begin(fact)
                self._call.report(e.ToolCalled(fact.call, fact.name, fact.arguments))
            case wire.ResponseDone():
                self._on_response_done(fact)
            case wire.Problem():
                self._on_problem(fact)

    def _on_audio(self, fact: wire.Audio) -> None:
        item = self._items.of(fact.response, fact.item)
        item.received += len(fact.audio)
        if item.ended or self._answers.is_dead(fact.response):
            return
        if not item.begun:
            item.begun = True
            self._unheard.answered()
            self.conversation.begin("assistant", fact.item)
            self._presence.present()
        if self._greeter.recording is not None:
            self._greeter.recording.audio(fact.response, fact.audio)
        self._asking.watchdog.plays(len(fact.audio) / self.format.bytes_per_ms, answer=True)
        self._call.agent_audio(fact.item, fact.audio)

    def _on_words(self, fact: wire.Words) -> None:
        dead = self._answers.is_dead(fact.response)
        item = self._items.of(fact.response, fact.item)
        if dead and not item.begun:
            return  # of something that nobody will hear
        timed = self._shape.word_times and not item.ended
        self._tell_words(fact.item, item.words.text(fact.text) if timed else [(fact.text, ())])
        if not dead:
            self.conversation.words(fact.item, fact.text)
            if self._greeter.recording is not None:
                self._greeter.recording.words(fact.response, fact.text)

    def _tell_words(self, item: str, told: list[Timed]) -> None:
        for text, words in told:
            self._call.report(e.ItemText(item, text, words))

    def _end_item(self, item: str) -> None:
        self._tell_words(item, self._items.rest_of_words(item))
        if self._items.end(item) and self._items.counts(item):
            self._call.end_item(item)

    def _on_committed(self, turn: str) -> None:
        self.conversation.begin("user", turn)
        self._unheard.turn_ended(turn)
        if self._ears is not None:
            self._ears.name_of(turn)
            return
        self._answers.turn_ended()
        self._call.report(e.CallerTurnEnded("", name=turn))
        self._asking.watch()

    def _on_transcribed(self, turn: str, text: str, usage: dict[str, Any]) -> None:
        self._unheard.written(turn)
        name = self._ears.transcribed(turn, text) if self._ears is not None else turn
        if text:
            self.conversation.caller(turn, text)
            self._call.report(e.CallerTranscribed(text, name))
        self._report_used(self._shape.transcriber, usage)

    def _report_used(self, model: str, usage: dict[str, Any], item: str | None = None) -> None:
        if (counted := used(model, self._backend.provider, usage)) is not None:
            counted.item = item or ""
            self._call.report(counted)

    def _on_response_done(self, fact: wire.ResponseDone) -> None:
        for item in self._items.open(fact.response):
            self._end_item(item)
        self._report_used(self._backend.model, fact.usage, self._items.first_of(fact.response))
        self._greeter.over(fact)
        self._tell_conduct()
        if fact.status == "completed":
            self._not_come = 0
        if fact.status in ("failed", "incomplete"):
            what, call = (self._backend.name, fact.status, fact.code or fact.reason), {"call_id": self._call.id}
            log.warning("an answer of %s is %s: %s", *what, extra=call)
        if not self._answers.done(fact):
            self._fail(LegFailed(f"{self._backend.name} fails to answer: {fact.code or fact.status}.", retryable=True))
        elif fact.status == "failed":
            self._asking.retry()
        elif not (self._answers.under_way or self._uses.pending):
            self._presence.present()
            if not self._items.first_of(fact.response):
                self._call.end_item(fact.response)  # an answer without a sound is an answer too
        self._asking.watch()

    def _on_problem(self, fact: wire.Problem) -> None:
        ours = self._answers.refused(fact.event_id, fact.code)
        if fact.code in HARMLESS:
            return self._asking.insist_if_owed()
        # Its words may hold what was said, so they are not for everybody's log.
        what, call = "warns" if fact.warning else "refused something", {"call_id": self._call.id}
        log.warning("%s %s: %s", self._backend.name, what, fact.code, extra=call)
        log.debug("in its words: %s", fact.message, extra=call)
        if ours:
            self._fail(LegFailed(f"{self._backend.name} refuses to answer: {fact.code}.", retryable=False))
