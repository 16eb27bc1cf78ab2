"""The realtime agent leg: a model that listens and speaks by itself, over sessions that come and go.

A session is lost, expires, is replaced; the leg and its conversation last as long as the call. What the model was heard
to say is told to it at once by truncating, and to a later session as written items (agent/conversation.py).
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Literal

from offhook.agent import realtime as wire
from offhook.agent import realtime_session as say
from offhook.agent.answers import HARMLESS, Answers
from offhook.agent.backlog import Backlog
from offhook.agent.briefing import EXACTLY, GO_ON, briefing, greet, pressed
from offhook.agent.conversation import Conversation
from offhook.agent.greetings import Piece, Recording, word_times
from offhook.agent.line import TRIES, Backend, Line
from offhook.agent.listening import Listening
from offhook.agent.options import OwnTurns
from offhook.agent.own_turns import OwnEars
from offhook.agent.prices import used
from offhook.agent.realtime_items import Items
from offhook.agent.session import Session
from offhook.agent.timers import Timers
from offhook.agent.word_times import Timed
from offhook.audio.format import MULAW_8K, PCM16_24K
from offhook.core import events as e
from offhook.core.keeping import Keeping
from offhook.core.leg import AgentSide, Tools
from offhook.errors import LegFailed

log = logging.getLogger(__name__)

OWED_S = 3.0  # an answer of the server's own that has not come by then does not come
STALL_S = 12.0  # without anything new of an answer that is under way: it is given up, and asked for once more
UNANSWERED_S = 6.0  # the same of an answer to the caller that the server was to begin by itself
RETRY_S = 0.5  # before an answer that failed is asked for again
KEPT_MS = 30_000  # of the caller's speech, while there is no session


class RealtimeLeg:
    """One call's agent."""

    can: frozenset[type[e.Command]] = frozenset({e.Greet, e.Respond, e.Cancel, e.Truncate, e.Discard, e.ToolResult})
    keeping = Keeping()

    def __init__(
        self, shape: say.Shape, backend: Backend, tools: Tools, listening: Listening | None = None, tries: int = TRIES
    ) -> None:
        """`listening`: what hears the caller where the agent has its own turns; `tries` to get a session that was lost
        back."""
        options = shape.agent.realtime
        self.format = PCM16_24K if options.audio == "pcm16" else MULAW_8K
        self.turns: Literal["provider", "offhook"] = "offhook" if isinstance(options.turns, OwnTurns) else "provider"
        self.tools = tools
        self.conversation = Conversation()
        self._shape, self._backend, self._listening, self._tries = shape, backend, listening, tries
        self._sound = (backend.model, *shape.sound)
        self._call: AgentSide
        self._over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._session: Session | None = None
        self._renew(lambda _message: None)
        self._pending: set[str] = set()  # uses of tools whose results are to come
        self._known: set[str] = set()  # uses of tools that this session knows of
        self._missed: dict[str, Any] | None = None  # the answer that was lost with its session
        self._joined = False
        self._instructions = ""
        self._interrupts = True  # the server stops generating when the caller speaks
        self._ears: OwnEars | None = None
        self._backlog = Backlog(KEPT_MS * self.format.bytes_per_ms)
        self._greeting: Recording | None = None
        self._timers = Timers()
        self._to_server: Callable[[bytes], None] = self._backlog.keep

    def _renew(self, send: Callable[[bytes], None]) -> None:
        """What belongs to one session."""
        self._answers = Answers(send, provider=self.turns == "provider")
        dialect, bytes_per_ms = self._shape.dialect, self.format.bytes_per_ms
        self._items = Items(send, self._answers, self.conversation, dialect, bytes_per_ms)

    # ------------------------------------------------------------------------------------------ sessions

    async def run(self, call: AgentSide) -> None:
        """Talks until closed. Raises LegFailed when the model is lost for good."""
        self._call = call
        agent, backend = self._shape.agent, self._backend
        self._instructions = briefing(agent, call.info, backend.clock())
        if self.turns == "offhook":
            assert self._listening is not None, "an agent with turns of its own listens itself"
            self._ears = OwnEars(self._listening, call, agent.silence_ms, self._heard_myself, self._commit)
        if self._kept_greeting() is not None:
            self._join()  # what it says first needs no session
        line = Line(
            backend, self._shape.dialect, call.id, update=self._update, on_fact=self._on_fact,
            idle=lambda: self._answers.idle and not self._pending, tries=self._tries,
        )  # fmt: skip
        try:
            await line.run(self._over, resumed=bool(self.conversation.said), moved=self._use, lost=self._on_lost)
        finally:
            self._timers.clear()
            if self._ears is not None:
                self._ears.close()
            self._to_server = lambda _frame: None

    def _update(self, resumed: bool) -> bytes:
        # A greeting that is generated is not given up because somebody says hello into it (core/greeting.py).
        self._interrupts = resumed or self._shape.agent.first_words == "" or self._kept_greeting() is not None
        return say.session_update(self._shape, self._instructions, interrupts=self._interrupts)

    def _use(self, session: Session) -> None:
        """From now on this session carries the conversation."""
        if self._shape.hosted:  # whose instructions are not ours to give
            session.send(say.message(self._shape.dialect, "system", self._instructions))
        for message in self.conversation.replay(self._shape.dialect):
            session.send(message)
        self._known = {said.name for said in self.conversation.said if said.role == "output"}
        self._session = session
        self._renew(session.send)
        to_server = session.send_audio if self._ears is None else self._ears.through(session.send_audio)
        self._backlog.drain(to_server)
        self._to_server = to_server
        if self._missed is not None:
            self._want(self._missed)
            self._missed = None
        self._join()

    def _join(self) -> None:
        if not self._joined:
            self._joined = True
            self._call.report(e.AgentJoined())

    def send_audio(self, frame: bytes) -> None:
        """The caller's audio, on its way to the server. Media plane."""
        self._to_server(frame)

    def _on_lost(self) -> None:
        """There is no session: the caller's speech waits, and what was being said ends where it has come to."""
        self._to_server, self._session, self._greeting = self._backlog.keep, None, None
        answers, cut_off = self._answers, self._items.open()
        if cut_off:
            self._missed = self._instructed(GO_ON)
        elif (answers.under_way or answers.owed is not None) and not self._pending:
            self._missed = answers.owed or {}
        for item in cut_off:
            self._end_item(item)

    def take_over(self, other: "RealtimeLeg") -> None:
        """Goes on where another leg of the call, which has failed, left off. Before `run`."""
        self.conversation, self._backlog, self._pending = other.conversation, other._backlog, other._pending
        self._missed, self._joined, self._to_server = other._missed, other._joined, other._backlog.keep
        self._renew(lambda _message: None)

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
            case e.Respond(keys=keys, going_on=going_on):
                self._respond(keys, going_on)
            case e.Cancel():
                self._answers.cancel()
            case e.Truncate(item, heard_ms, text):
                self._items.truncate(item, heard_ms, text)
            case e.Discard(item):
                self._items.discard(item)
            case e.ToolResult(id, output, _failed):
                self._tool_result(id, output)

    def _tell(self, message: bytes) -> None:
        if self._session is not None:
            self._session.send(message)

    def _want(self, wish: dict[str, Any]) -> None:
        if self._session is None:
            self._missed = wish or self._missed or {}
            return
        self._answers.want(wish)
        if self._answers.owed is not None:
            self._timers.later(OWED_S, self._answers.insist)
        self._watch()

    def _watch(self) -> None:
        """A caller must not wait for ever for an answer that does not come, or stops in the middle."""
        if (awaited := self._answers.awaited) is not None:
            session, received = self._session, self._items.received(awaited)
            seconds = STALL_S if self._answers.asked_or_begun else UNANSWERED_S
            self._timers.later(seconds, lambda: self._check(session, awaited, received))

    def _check(self, session: Session | None, awaited: str, received: int) -> None:
        if session is not self._session or awaited != self._answers.awaited:
            return
        if self._items.received(awaited) == received:
            log.warning("an answer of %s does not come", self._backend.name, extra={"call_id": self._call.id})
            for item in self._items.open(awaited):
                self._end_item(item)
            if self._greeting is not None:
                self._greeting = Recording(self._greeting.text)
            if not self._answers.missing(awaited):
                self._fail(LegFailed(f"{self._backend.name} does not answer.", retryable=True))
        self._watch()

    def _respond(self, keys: str, going_on: bool) -> None:
        if going_on:
            if not self._answers.heard:
                self._want(self._instructed(GO_ON))
            return
        if keys:
            said = self.conversation.begin("user", f"keys {len(self.conversation.said)}", pressed(keys))
            self._tell(say.message(self._shape.dialect, "user", said.text))
        self._want({})

    def _tool_result(self, use: str, output: str) -> None:
        self._pending.discard(use)
        said = self.conversation.use(use)
        if said is not None and use not in self._known:  # asked for in a session before this one
            self._tell(say.function_call(use, said.tool, said.text))
        self.conversation.begin("output", use, output)
        self._tell(say.function_output(use, output))
        if not self._pending:
            self._want({})

    # ------------------------------------------------------------------------------------------ the greeting

    def _kept_greeting(self) -> "tuple[Piece, ...] | None":
        return self._backend.greetings.find(self._sound) if self._shape.agent.first_words else None

    def _greet(self) -> None:
        text, must_say = self._shape.agent.first_words, self._shape.agent.must_say
        if must_say and self._shape.hosted:
            text = must_say  # whose greeting is its own, and cannot be told to hold it
        if text == "":
            return
        if (kept := self._kept_greeting()) is not None:
            self._say_kept(kept)
            return
        self._greeting = Recording(text)
        if text is not None and self._shape.dialect.says_exactly:
            self._want(say.exactly(text))
        else:
            self._want(self._instructed(greet(must_say) if text is None else EXACTLY.format(text)))

    def _instructed(self, how: str) -> dict[str, Any]:
        """An answer of a kind of its own; one that has its instructions from elsewhere answers as it likes."""
        return {} if self._shape.hosted else say.instructed(say.joined((self._instructions, how)))

    def _say_kept(self, pieces: "tuple[Piece, ...]") -> None:
        item = f"greeting{len(self.conversation.said)}"
        text, words = word_times(pieces, self.format.bytes_per_ms)
        said = self.conversation.begin("assistant", item, text)
        for audio, _ in pieces:
            self._call.agent_audio(item, audio)
        self._call.report(e.ItemText(item, text, words))
        self._call.end_item(item)
        self._tell(self.conversation.write(self._shape.dialect, said))

    def _greeting_over(self, fact: wire.ResponseDone) -> None:
        greeting, self._greeting = self._greeting, None
        if greeting is not None and fact.status == "failed":
            self._greeting = Recording(greeting.text)  # said once more
            return
        if greeting is not None and greeting.text and fact.status == "completed":
            self._backend.greetings.keep(self._sound, greeting.text, greeting.pieces)
        if not self._interrupts:
            self._interrupts = True
            if self.turns == "provider":
                self._tell(say.turn_detection_update(self._shape, interrupts=True))

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
                self._answers.caller_speaks(interrupts=self._interrupts)
                self._call.report(e.SpeechStarted())
            case wire.SpeechStopped():
                self._answers.caller_paused()
                self._call.report(e.SpeechStopped())
                if self._answers.owed is not None:
                    self._timers.later(OWED_S, self._answers.insist)
            case wire.Committed(item):
                self._on_committed(item)
            case wire.Transcribed(item, text, usage):
                self._on_transcribed(item, text, usage)
            case wire.ResponseCreated(response):
                if self._answers.created(response) and self._greeting and not self._greeting.response:
                    self._greeting.response = response
                self._watch()
            case wire.ItemAdded(response, item, "message"):
                self._items.of(response, item)
            case wire.ItemDone(_, item, "message"):
                self._end_item(item)
            case wire.ToolWanted(_, _, use, name, arguments):
                self._pending.add(use)
                self._known.add(use)
                self.conversation.begin("use", use, arguments, name)
                self._call.report(e.ToolCalled(use, name, arguments))
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
            self.conversation.begin("assistant", fact.item)
        if self._greeting is not None:
            self._greeting.audio(fact.response, fact.audio)
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
            if self._greeting is not None:
                self._greeting.words(fact.response, fact.text)

    def _tell_words(self, item: str, told: list[Timed]) -> None:
        for text, words in told:
            self._call.report(e.ItemText(item, text, words))

    def _end_item(self, item: str) -> None:
        self._tell_words(item, self._items.rest_of_words(item))
        if self._items.end(item) and self._items.counts(item):
            self._call.end_item(item)

    def _on_committed(self, turn: str) -> None:
        self.conversation.begin("user", turn)
        if self._ears is not None:
            self._ears.name_of(turn)
            return
        self._answers.turn_ended()
        self._call.report(e.CallerTurnEnded("", name=turn))
        self._watch()

    def _on_transcribed(self, turn: str, text: str, usage: dict[str, Any]) -> None:
        if text:
            self.conversation.caller(turn, text)
            name = self._ears.name_of(turn) if self._ears is not None else turn
            self._call.report(e.CallerTranscribed(text, name))
        self._report_used(self._shape.transcriber, usage)

    def _report_used(self, model: str, usage: dict[str, Any]) -> None:
        if (counted := used(model, self._backend.provider, usage)) is not None:
            self._call.report(counted)

    def _on_response_done(self, fact: wire.ResponseDone) -> None:
        for item in self._items.open(fact.response):
            self._end_item(item)
        self._report_used(self._backend.model, fact.usage)
        if self._greeting is not None and self._greeting.response == fact.response:
            self._greeting_over(fact)
        if fact.status in ("failed", "incomplete"):
            what, call = (self._backend.name, fact.status, fact.code or fact.reason), {"call_id": self._call.id}
            log.warning("an answer of %s is %s: %s", *what, extra=call)
        if not self._answers.done(fact):
            self._fail(LegFailed(f"{self._backend.name} fails to answer: {fact.code or fact.status}.", retryable=True))
        elif fact.status == "failed":
            self._timers.later(RETRY_S, self._answers.retry)
        elif not (self._items.any_of(fact.response) or self._answers.under_way or self._pending):
            self._call.end_item(fact.response)  # an answer without a sound is an answer too
        self._watch()

    def _on_problem(self, fact: wire.Problem) -> None:
        ours = self._answers.refused(fact.event_id, fact.code)
        if fact.code in HARMLESS:
            if self._answers.owed is not None:
                self._timers.later(OWED_S, self._answers.insist)
            return
        # Its words may hold what was said, so they are not for everybody's log.
        what, call = "warns" if fact.warning else "refused something", {"call_id": self._call.id}
        log.warning("%s %s: %s", self._backend.name, what, fact.code, extra=call)
        log.debug("in its words: %s", fact.message, extra=call)
        if ours:
            self._fail(LegFailed(f"{self._backend.name} refuses to answer: {fact.code}.", retryable=False))

    # ------------------------------------------------------------------------------------------ turns of our own

    def _heard_myself(self, event: e.Event) -> None:
        match event:
            case e.SpeechStarted():
                self._answers.caller_speaks(interrupts=False)
            case e.SpeechStopped():
                self._answers.caller_paused()
        self._call.report(event)

    def _commit(self, spoke: bool) -> None:
        self._answers.turn_ended()
        self._tell(say.commit() if spoke else say.clear())
