"""The cascade: a leg of parts, each in its place: ears, a recogniser, who answers, a voice. The embedded agent is one too.

    voice activity → end of turn → words → an answer as it is written → its pieces as they are spoken

Each stage can be stopped at any time. Where the words are known before the turn is certainly over, the answer is begun
beside it and held: it is said the moment the turn ends, or thrown away if the caller goes on.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

import orjson

from offhook.agent.briefing import why_returned
from offhook.agent.cascade.ahead import Ahead, state_of
from offhook.agent.cascade.coming_back import AGAIN, BACK, CUT_OFF, ENTRY, WHAT_NOW, plain, standing
from offhook.agent.cascade.sentences import one_after_another, only, pieces
from offhook.agent.cascade.spoken import Answer
from offhook.agent.cascade.stages import Stages
from offhook.agent.cascade.talker import told
from offhook.agent.cascade.tongue import Manner, Tongue
from offhook.agent.cascade.voice import Voice
from offhook.agent.conversation import Conversation
from offhook.agent.handover import Handover, handover_of
from offhook.agent.listening import Hearing, Listening
from offhook.agent.realtime.own_turns import Side
from offhook.audio.format import MULAW_8K
from offhook.core import events as e
from offhook.core.keeping import Keeping
from offhook.core.leg import AgentSide, Tools
from offhook.core.past import Past
from offhook.core.turns import Endpointing, is_backchannel
from offhook.errors import ToolError
from offhook.speech.base import Recognised, Recogniser, Responder, Said, TurnModel

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Parts:
    """What one call's leg is made of."""

    recogniser: Recogniser
    responder: "Callable[[CascadeLeg], Responder]"
    """Opens who answers: given the leg, once it has a call, with the talk as it was heard (`conversation`)."""
    voice: Voice
    tools: Tools
    language: str = ""
    """The tag of the agent's own."""
    others: Sequence[Manner] = ()
    """How it speaks the languages that a caller may change to."""
    endpointing: Endpointing = field(default_factory=Endpointing)
    greeting: str | None = None
    """None: the responder's own."""
    goodbye: str = ""
    """Last words, of those that the voice keeps; empty: none."""
    back: str = BACK
    """Said by an agent whose call was lost, and the line with it."""
    turn_model: TurnModel | None = None
    """Hears whether a turn is over."""
    ahead: bool = True
    """Answers are begun before the caller's turn is certainly over."""
    backend: str = "cascade"
    name: str = ""
    """The agent's."""
    idle_ms: float = 0.0
    """After so much silence the caller is asked whether they are still there."""


class CascadeLeg:
    """One call. Each answer is one item, or several where a tool takes long."""

    format = MULAW_8K
    can: frozenset[type[e.Command]] = frozenset(
        {e.Greet, e.Respond, e.Cancel, e.Truncate, e.Discard, e.Fill, e.Say, e.ToolResult}
    )
    turns: Literal["provider", "offhook"] = "offhook"
    says_exactly = True
    keeping = Keeping()

    def __init__(self, listening: Listening, parts: Parts) -> None:
        self._listening, self._parts = listening, parts
        self.tools = parts.tools
        self._tongue = Tongue(Manner(parts.language, parts.voice, parts.goodbye, parts.back), parts.others)
        self.call: AgentSide
        self.conversation = Conversation()
        self._responder: Responder
        self._past: Handover | None = None  # what another leg left to this one
        self._broke_off = False
        self._hearing: Hearing | None = None
        self._over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._answering: asyncio.Task[None] | None = None
        self._latest: Answer | None = None
        self._ahead: Ahead | None = None
        self._saying: set[asyncio.Task[None]] = set()
        self._items = self._turns = self.said = 0
        self._uses = 0
        self._used: dict[str, asyncio.Future[str]] = {}
        self.stages = Stages()
        """Of the answer that is under way."""
        self.send_audio: Callable[[bytes], None] = lambda _frame: None  # nobody listens before `run`

    async def run(self, call: AgentSide) -> None:
        """Listens until closed. Raises LegFailed if a part is lost for good."""
        self.call = call
        self.stages.join(call)
        self._responder = self._parts.responder(self)
        side = Side(call, self._on_event)
        parts = self._parts
        self._hearing = self._listening.open(
            side, parts.recogniser, parts.endpointing, self._think_ahead, parts.turn_model
        )
        self.send_audio = self._hearing.feed
        call.report(e.AgentJoined(self._parts.backend, self.turns, self._parts.name, self._parts.idle_ms))
        if (past := self._past) is not None:
            # A turn that was taken is asked for again, not heard twice.
            for frame in [] if past.again else past.unheard:
                self.send_audio(frame)
            if self._responder.knows_past or not self.conversation.said:
                self._past = None
            if past.cut_off:
                self._come_back(past)
            elif past.owed or past.pending:
                self._make_good()
        try:
            await self._over
        finally:
            self._responder.close()

    def _on_event(self, event: e.Event) -> None:
        """What the ears report, on its way to the call."""
        match event:
            case e.SpeechStopped(ago_ms):
                self.stages.begin(ago_ms)
            case e.CallerTurnEnded(text, language=language):
                self.stages.note("words")
                self.stages.note("turn")
                self._in_language(text, language)
        self.call.report(event)

    @property
    def voice(self) -> Voice:
        """That of the language of the talk."""
        return self._tongue.now.voice

    def _in_language(self, text: str, language: str) -> None:
        if self._tongue.heard(text, language):
            self._responder.speak(self._tongue.now.language)

    def send(self, command: e.Command) -> None:
        """Greets, answers, falls silent, and keeps what was heard."""
        match command:
            case e.Greet():
                self._greet()
            case e.Respond():
                self._on_respond(command)
            case e.Fill(item, line):
                self._fill(item, line)
            case e.Say(item, text):
                self._start(self._say(Answer(self, item), only(text), asks=False))
                self.call.report(e.Saying(text, exact=True))
            case e.Truncate(item, _, text):
                if (said := self.conversation.agent(item)) is not None:
                    said.text = text
            case e.Discard(item):
                if (said := self.conversation.agent(item)) is not None:
                    self.conversation.forget(said)
            case e.ToolResult(id, output, failed):
                self.conversation.begin("output", id, output)
                if (awaited := self._used.pop(id, None)) is not None and not awaited.done():
                    awaited.set_exception(ToolError(output)) if failed else awaited.set_result(output)
            case e.Cancel():
                self._drop_ahead()
                if self._answering is not None:
                    self._answering.cancel()

    # ------------------------------------------------------------------------------------------ answering

    def _greet(self) -> None:
        greeting = self._responder.greeting() if self._parts.greeting is None else self._parts.greeting
        if greeting is None:
            self._respond(Said(opening=True))
        elif greeting:
            self._answer(Answer(self), only(greeting))

    def _on_respond(self, wish: e.Respond) -> None:
        back = ("", "") if wish.returned is None else (wish.returned.to, wish.returned.status)
        said = Said(wish.text, wish.keys, wish.going_on, wish.leaving, wish.idle, *back)
        ahead, self._ahead = self._ahead, None
        if ahead is not None and ahead.answers(said, self.conversation):
            self._heard(said)
            if self._answering is not None:
                self._answering.cancel()
            self._answering, self._latest = ahead.task, ahead.answer
            ahead.answer.release()
            return
        if ahead is not None:
            ahead.task.cancel()
        self._respond(said)

    def _respond(self, said: Said) -> None:
        if not said.text:
            self.stages.clear()
        answer = Answer(self)
        sentences = self._asked(said, answer)
        self._heard(said)
        if self._past is not None:  # the first words of an agent that came into the middle of a call
            self._past = None
            sentences = one_after_another(only(CUT_OFF), sentences)
        self._answer(answer, sentences)

    def _asked(self, said: Said, answer: Answer) -> AsyncGenerator[str, None]:
        """What the responder says to this."""
        answer.first = partial(self._note, answer, said)
        self.stages.note("asked")
        sentences = self._responder.respond(said, answer.use)
        return sentences if self._responder.knows_past else self._remembering(said, sentences)

    def _note(self, answer: Answer, said: Said, stage: str) -> None:
        self.stages.note(stage)
        if stage == "said":
            self.stages.tell(answer.item)
            if self._responder.knows_past:
                self._remember(said)

    def _remember(self, said: Said) -> None:
        # What they keyed in may be nobody's to know.
        answered = ENTRY if said.keys else said.text
        self.call.report(e.Remembered({"answered": answered, "responder": self._responder.memory()}))

    async def _remembering(self, said: Said, sentences: AsyncGenerator[str, None]) -> AsyncGenerator[str, None]:
        """Tells what the responder knows once it has an answer: before a word of it is said, and all that it did is done."""
        told = False
        async with aclosing(sentences):
            async for sentence in sentences:
                if not told:
                    told = True
                    self._remember(said)
                yield sentence

    def _heard(self, said: Said) -> None:
        """Keeps what the caller did."""
        if said.back_from:
            why, _ = why_returned(e.Returned(said.back_from, said.because))
            self.conversation.begin("system", f"returned {len(self.conversation.said)}", why)
        if not (said.text or said.keys):
            return
        text = told(said)
        last = self.conversation.last
        if last is not None and last.role == "user" and text.startswith(last.text):
            last.text = text  # they went on before anything was answered
            return
        self._turns += 1
        self.conversation.begin("user", f"turn{self._turns}", text)

    def _come_back(self, past: Handover) -> None:
        """The line was lost with the process before this one. Says so, answers what nobody has, or goes on."""
        spoken = [said for said in self.conversation.said if said.role in ("user", "assistant")]
        if not spoken:
            return self.send(e.Greet())
        self._past = None
        last = spoken[-1]
        at = standing(last, past.memory)
        if at.known is not None:
            self._responder.recall(at.known, heard=not at.answered)
        answer = Answer(self)
        # What was asked and begun is not done twice: the caller hears where the talk was before.
        if at.words and not at.answered and last is self.conversation.last:
            words = at.words
            if self._responder.knows_past:
                self.conversation.forget(last)  # it is said to the responder now
                words = last.text
            said = Said(keys=at.keys) if at.keys else Said(words)
            sentences = self._asked(said, answer)
            if self._responder.knows_past:
                self._heard(said)
        elif at.known or self._responder.knows_past:
            sentences = self._responder.respond(Said(going_on=True), answer.use)
        else:
            sentences = only(WHAT_NOW)
        self._answer(answer, one_after_another(only(self._tongue.now.back), sentences))

    def _make_good(self) -> None:
        """Says what another leg owed, as far as this agent can."""
        last = self.conversation.last
        if last is None:
            self.send(e.Greet())
        elif self._responder.knows_past and last.role == "user":
            self.conversation.forget(last)  # it is said to the responder now
            self._respond(Said(last.text))
        elif self._responder.knows_past:
            self._respond(Said(going_on=True))
        elif last.role == "user" and last.text:
            self._respond(Said(plain(last.text)))
        else:
            self._past = None
            asked_again = AGAIN if last.role == "user" else WHAT_NOW
            self._answer(Answer(self), one_after_another(only(CUT_OFF), only(asked_again)))

    def _answer(self, answer: Answer, sentences: AsyncGenerator[str, None]) -> None:
        if self._answering is not None:
            self._answering.cancel()
        self._latest = answer
        self._answering = self._start(self._say(answer, sentences))

    def _start(self, saying: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(saying)
        self._saying.add(task)
        task.add_done_callback(self._saying.discard)
        return task

    async def _say(self, answer: Answer, sentences: AsyncGenerator[str, None], *, asks: bool = True) -> None:
        try:
            async with aclosing(sentences):
                async for sentence in sentences:
                    for piece in pieces(sentence):
                        await answer.say(piece)
            await answer.finish()
            if asks and (keys := self._responder.keys_wanted) is not None:
                self.call.report(e.KeysWanted(keys))
        except asyncio.CancelledError:
            await answer.stop()
            if answer.begun:
                answer.end()  # else nothing of it was ever there to end, and the next answer may be under way
            raise
        except Exception as failed:  # noqa: BLE001
            await answer.stop()
            await answer.wanted()
            self._broke_off = True
            self._fail(failed)
            return
        answer.end()

    @property
    def left_s(self) -> float:
        """Of speech, until all of the newest answer that was given so far has been heard, about."""
        answer = self._ahead.answer if self._ahead is not None else self._latest
        return answer.left_s if answer is not None else 0.0

    # ------------------------------------------------------------------------------------------ before it is wanted

    def _think_ahead(self, words: Recognised | None) -> None:
        """The caller pauses, and said this; None: they go on."""
        self._drop_ahead()
        if words is None:
            return
        text = words.text
        self.stages.note("words")
        self._in_language(text, words.language)
        if (
            not (text and self._parts.ahead and self._responder.knows_past)
            or is_backchannel(text)
            or self._past is not None
        ):
            return
        answer, said = Answer(self, held=True), Said(text)
        sentences = self._asked(said, answer)
        task = self._start(self._say(answer, sentences))
        self._ahead = Ahead(said, state_of(self.conversation), answer, task)

    def _drop_ahead(self) -> None:
        if self._ahead is not None:
            self._ahead.task.cancel()
            self._ahead = None

    # ------------------------------------------------------------------------------------------ beside the answers

    def _fill(self, item: str, line: e.Line) -> None:
        if line is e.Line.WAIT and self._latest is not None and self._latest.near:
            return  # what fills time would only hold it up
        if line is not e.Line.GOODBYE:
            if words := self._responder.filler():
                self._start(self._fill_time(item, words))
        elif (kept := self.voice.kept(self._tongue.now.goodbye)) is not None:  # whatever was lost, this is at hand
            for sound in kept:
                self.call.agent_audio(item, sound.audio)
            self.call.report(e.ItemText(item, self._tongue.now.goodbye))
            self.call.end_item(item)

    async def _fill_time(self, item: str, words: str) -> None:
        said = self.said
        answer = Answer(self, item, held=True)
        try:
            await answer.say(words)
            await answer.finish()
        except asyncio.CancelledError:
            await answer.stop()
            raise
        except Exception as failed:  # noqa: BLE001
            await answer.stop()
            self._fail(failed)
            return
        if self.said == said:  # else the answer has come meanwhile
            answer.release()
            answer.end()

    def _fail(self, failed: Exception) -> None:
        # Without an answer the caller would hear nothing for ever: the call ends with an apology instead.
        if not self._over.done():
            self._over.set_exception(failed)

    def next_item(self) -> str:
        """A name for one more item."""
        self._items += 1
        return f"answer{self._items}"

    def ask(self, name: str, arguments: dict[str, Any]) -> "asyncio.Future[str]":
        """Asks for a tool; the future tells what came of it, or raises ToolError."""
        self._uses += 1
        id, written = f"use{self._uses}", orjson.dumps(arguments).decode()
        awaited: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._used[id] = awaited
        self.conversation.begin("use", id, written, name)
        self.call.report(e.ToolCalled(id, name, written))
        return awaited

    # ------------------------------------------------------------------------------------------ coming and going

    def recall(self, past: Past) -> None:
        """The call comes from a process that died. Before `run`."""
        self.take_over(handover_of(past))

    def hand_over(self) -> Handover:
        """What another leg goes on with, once `run` has failed."""
        answering = self._answering is not None and not self._answering.done()
        return Handover(self.conversation, self._broke_off or answering, set(self._used))

    def take_over(self, past: Handover) -> None:
        """Goes on where another leg of the call left off. Before `run`."""
        self._past, self.conversation = past, past.conversation
        # Names that were given before are not given again.
        self._items = self._turns = self._uses = len(past.conversation.said)

    async def close(self) -> None:
        """Stops listening and answering."""
        # Of a call that nobody took nothing was listened to, and yet a recogniser was opened for it.
        (self._hearing or self._parts.recogniser).close()
        for task in list(self._saying):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        if not self._over.done():
            self._over.set_result(None)
