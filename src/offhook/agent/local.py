"""The embedded agent: recogniser, responder and synthesizer in the box. Needs no key, no account and no network."""

import asyncio
import contextlib
import logging
import re
import textwrap
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, Literal

import orjson

from offhook.agent import cafe
from offhook.agent.agent import Agent
from offhook.agent.briefing import pressed
from offhook.agent.conversation import Conversation
from offhook.agent.handover import Handover, handover_of
from offhook.agent.listening import Hearing, Listening
from offhook.agent.tools import Toolbox, hang_up
from offhook.audio.format import MULAW_8K
from offhook.core import events as e
from offhook.core.keeping import Keeping
from offhook.core.leg import AgentSide, Tools
from offhook.core.past import Past
from offhook.core.turns import Endpointing
from offhook.errors import ConfigError, LegFailed, ToolError
from offhook.speech.base import Recogniser, Responder, Said, Synthesizer, Utterance
from offhook.speech.desk import GRAMMAR, TRANSFER, Desk
from offhook.speech.espeak import EspeakSynthesizer
from offhook.speech.pocketsphinx import PocketsphinxPool

log = logging.getLogger(__name__)

PAUSE_MS = 200  # between two sentences
LONGEST_CHARS, MOST_PIECES = 300, 20  # of one sentence, and of what was to be one: two minutes of speech
PATIENCE_S = 0.3  # with a tool, before what was said so far becomes an item of its own
CUT_OFF = "I am sorry, we were cut off."
"""The first words of an agent that goes on with another's call."""
BACK = "Sorry, I was cut off for a moment."
"""Those of one whose call was lost, and the line with it."""
AGAIN, WHAT_NOW = "Could you say that again, please?", "What can I do for you?"
KEYS_TURN = re.compile(r"\(keys (.+)\)")
"""How the transcript tells of an entry on the keypad."""
ENTRY = "keys"
VOICES = {"en-US": "en-us", "en-GB": "en"}  # by language, as espeak-ng names them


class LocalLeg:
    """One call of the embedded agent. Each answer is one item; its word times are exact."""

    format = MULAW_8K
    can: frozenset[type[e.Command]] = frozenset(
        {e.Greet, e.Respond, e.Cancel, e.Truncate, e.Discard, e.Fill, e.Say, e.ToolResult}
    )
    turns: Literal["provider", "offhook"] = "offhook"
    says_exactly = True
    keeping = Keeping()

    def __init__(
        self,
        listening: Listening,
        recogniser: Recogniser,
        responder: Responder,
        synthesizer: Synthesizer,
        greeting: str | None,
        endpointing: Endpointing,
        tools: Tools,
        name: str = "",
        idle_ms: float = 0.0,
    ) -> None:
        """`name`: the agent's; `idle_ms`: after so much silence the caller is asked whether they are still there."""
        self.tools, self._name, self._idle_ms = tools, name, idle_ms
        self._listening, self._recogniser = listening, recogniser
        self._endpointing = endpointing
        self._responder, self._synthesizer = responder, synthesizer
        self._greeting = responder.greeting() if greeting is None else greeting
        self.call: AgentSide
        self.conversation = Conversation()
        self._past: Handover | None = None  # what another leg left to this one
        self._broke_off = False
        self._hearing: Hearing | None = None
        self._over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._answering: asyncio.Task[None] | None = None
        self._saying: set[asyncio.Task[None]] = set()
        self._items = self._turns = self.said = 0
        self._uses = 0
        self._used: dict[str, asyncio.Future[str]] = {}
        self.send_audio: Callable[[bytes], None] = lambda _frame: None  # nobody listens before `run`

    async def run(self, call: AgentSide) -> None:
        """Listens until closed."""
        self.call = call
        self._hearing = self._listening.open(call, self._recogniser, self._endpointing)
        self.send_audio = self._hearing.feed
        call.report(e.AgentJoined("local", self.turns, self._name, self._idle_ms))
        if (past := self._past) is not None:
            for frame in (
                [] if past.again else past.unheard
            ):  # a turn that was taken is asked for again, not heard twice
                self.send_audio(frame)
            if not self.conversation.said:
                self._past = None
            if past.cut_off:
                self._come_back(past)
            elif past.owed or past.pending:
                self._make_good()
        await self._over

    def send(self, command: e.Command) -> None:
        """Greets, answers, falls silent. What was heard of an item changes nothing for an agent of fixed answers, but it
        is kept for another that may have to go on."""
        match command:
            case e.Greet():
                if self._greeting:
                    self._answer(_Answer(self), _only(self._greeting))
            case e.Respond(text, keys, going_on, leaving, idle, returned):
                if text or keys:
                    self._turns += 1
                    self.conversation.begin("user", f"turn{self._turns}", pressed(keys) if keys else text)
                back = ("", "") if returned is None else (returned.to, returned.status)
                self._respond(Said(text, keys, going_on, leaving, idle, *back))
            case e.Fill(item, line) if line is not e.Line.GOODBYE:  # without its engines it cannot say that
                self._start(self._fill(item, self._responder.filler()))
            case e.Say(item, text):
                self._start(self._say(_Answer(self, item), _only(text), asks=False))
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
                if self._answering is not None:
                    self._answering.cancel()

    def _respond(self, said: Said) -> None:
        answer = _Answer(self)
        sentences = self._remembering(said, self._responder.respond(said, answer.use))
        if self._past is not None:  # the first words of an agent that came into the middle of a call
            self._past = None
            sentences = _one_after_another(_only(CUT_OFF), sentences)
        self._answer(answer, sentences)

    async def _remembering(self, said: Said, sentences: AsyncIterator[str]) -> AsyncIterator[str]:
        """Tells what the responder knows once it has an answer: before a word of it is said, and all that it did is done."""
        told = False
        async for sentence in sentences:
            if not told:
                told = True
                self.call.report(e.Remembered({"answered": _words(said), "responder": self._responder.memory()}))
            yield sentence

    def _come_back(self, past: Handover) -> None:
        """The line was lost with the process before this one. Says so, answers what nobody has, or goes on."""
        spoken = [said for said in self.conversation.said if said.role in ("user", "assistant")]
        if not spoken:
            return self.send(e.Greet())
        self._past = None
        last, memory = spoken[-1], past.memory
        words = plain(last.text) if last.role == "user" else ""
        keyed = KEYS_TURN.fullmatch(last.text)
        answered = bool(words) and plain(str(memory.get("answered", ""))).endswith(ENTRY if keyed else words)
        known = memory.get("responder")
        if isinstance(known, dict):
            self._responder.recall(known, heard=not answered)
        answer = _Answer(self)
        # What was asked and begun is not done twice: the caller hears where the talk was before.
        if words and not answered and last is self.conversation.last:
            said = Said(keys=keyed[1]) if keyed else Said(words)
            sentences = self._remembering(said, self._responder.respond(said, answer.use))
        elif known:
            sentences = self._responder.respond(Said(going_on=True), answer.use)
        else:
            sentences = _only(WHAT_NOW)
        self._answer(answer, _one_after_another(_only(BACK), sentences))

    def _make_good(self) -> None:
        """Says what another leg owed, as far as an agent that has not heard the call can."""
        last = self.conversation.last
        if last is None:
            self.send(e.Greet())
        elif last.role == "user" and last.text:
            self._respond(Said(plain(last.text)))
        else:
            self._past = None
            asked_again = AGAIN if last.role == "user" else WHAT_NOW
            self._answer(_Answer(self), _one_after_another(_only(CUT_OFF), _only(asked_again)))

    def recall(self, past: Past) -> None:
        """The call comes from a process that died. Before `run`."""
        self.take_over(handover_of(past))

    def hand_over(self) -> Handover:
        """What another leg goes on with, once `run` has failed."""
        answering = self._answering is not None and not self._answering.done()
        return Handover(self.conversation, self._broke_off or answering, set(self._used))

    def take_over(self, past: Handover) -> None:
        """Goes on where another leg of the call left off: it apologises, and starts from what it is asked. Before `run`."""
        self._past, self.conversation = past, past.conversation
        # Names that were given before are not given again.
        self._items = self._turns = self._uses = len(past.conversation.said)

    def _answer(self, answer: "_Answer", sentences: AsyncIterator[str]) -> None:
        if self._answering is not None:
            self._answering.cancel()
        self._answering = self._start(self._say(answer, sentences))

    def _start(self, saying: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(saying)
        self._saying.add(task)
        task.add_done_callback(self._saying.discard)
        return task

    async def _say(self, answer: "_Answer", sentences: AsyncIterator[str], *, asks: bool = True) -> None:
        try:
            async for sentence in sentences:
                for piece in pieces(sentence):
                    await answer.say(piece)
            if asks and (keys := self._responder.keys_wanted) is not None:
                self.call.report(e.KeysWanted(keys))
        except asyncio.CancelledError:
            if answer.begun:
                answer.end()  # else nothing of it was ever there to end, and the next answer may be under way
            raise
        except Exception as failed:  # noqa: BLE001
            self._broke_off = True
            self._fail(failed)
            return
        answer.end()

    async def _fill(self, item: str, words: str) -> None:
        said = self.said
        try:
            spoken = await self.speak(words)
        except Exception as failed:  # noqa: BLE001
            self._fail(failed)
            return
        if self.said == said:  # else the answer has come meanwhile
            answer = _Answer(self, item)
            answer.give(words, spoken)
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

    async def speak(self, sentence: str) -> Utterance:
        """One sentence as audio. Raises LegFailed if the engine died and could not be revived."""
        try:
            return await self._synthesizer.speak(sentence)
        except LegFailed as failed:
            if not failed.retryable:
                raise
            return await self._synthesizer.speak(sentence)  # on a new worker

    async def close(self) -> None:
        """Stops listening and answering."""
        if self._hearing is not None:
            self._hearing.close()
        for task in list(self._saying):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        if not self._over.done():
            self._over.set_result(None)


class _Answer:
    """What is said at one go: an item, or several where a tool takes long between them."""

    def __init__(self, leg: LocalLeg, item: str | None = None) -> None:
        self._leg = leg
        self._item = item or leg.next_item()
        self._said_ms = 0.0

    async def say(self, sentence: str) -> None:
        """Says one more sentence."""
        self.give(sentence, await self._leg.speak(sentence))

    @property
    def begun(self) -> bool:
        """Whether anything was said."""
        return self._said_ms > 0

    def give(self, sentence: str, spoken: Utterance) -> None:
        """Says a sentence that is rendered."""
        self._leg.said += 1
        audio, text = spoken.audio, sentence
        if self._said_ms:
            audio, text = MULAW_8K.silence(PAUSE_MS) + audio, " " + text
        shift_ms, shift_chars = (self._said_ms + PAUSE_MS, 1) if self._said_ms else (0.0, 0)
        words = tuple((shift_ms + word.end_ms, shift_chars + word.end_char) for word in spoken.words)
        self._leg.conversation.words(self._item, text)
        self._leg.call.agent_audio(self._item, audio)
        self._leg.call.report(e.ItemText(self._item, text, words))
        self._said_ms += len(audio) / MULAW_8K.bytes_per_ms

    async def use(self, name: str, **arguments: Any) -> str:
        """Runs a tool (speech/base.py, Use)."""
        awaited = self._leg.ask(name, arguments)
        done, _ = await asyncio.wait((awaited,), timeout=PATIENCE_S)
        if not done and self._said_ms:
            # What was said so far stands alone, so that a filler may follow it.
            self.end()
            self._item, self._said_ms = self._leg.next_item(), 0.0
        return await awaited

    def end(self) -> None:
        """Nothing more comes of the item."""
        self._leg.call.end_item(self._item)


def pieces(sentence: str) -> list[str]:
    """A sentence, or one that a tool wrote without an end in pieces that the synthesizer renders quickly: its worker is
    shared by every call."""
    if len(sentence) <= LONGEST_CHARS:
        return [sentence]
    return textwrap.wrap(sentence, LONGEST_CHARS, break_on_hyphens=False)[:MOST_PIECES]


async def _only(sentence: str) -> AsyncIterator[str]:
    yield sentence


async def _one_after_another(*parts: AsyncIterator[str]) -> AsyncIterator[str]:
    for part in parts:
        async for sentence in part:
            yield sentence


def _words(said: Said) -> str:
    """What the caller did. What they keyed in may be nobody's to know."""
    return ENTRY if said.keys else said.text


def plain(text: str) -> str:
    """Words as another model wrote them, as a recogniser of ours would have: without case and punctuation."""
    return " ".join(re.sub(r"[^\w\s']", " ", text).lower().split())


def desk_tools(own: Toolbox) -> Toolbox:
    """What the desk may use: the agent's own tools, and those of the café for which the agent has none of that name.

    The desk asks for the café's tools with the café's arguments, whoever made the tool: one that cannot take them is a
    ConfigError.
    """
    cafes = Toolbox(cafe.TOOLS)
    for name, its in cafes.by_name.items():
        if (mine := own.by_name.get(name)) is not None and mine is not its:
            asked, taken = its.schema.get("properties", {}), mine.schema.get("properties", {})
            if missing := asked.keys() - taken.keys():
                raise ConfigError(
                    f"The embedded agent uses {name} with {', '.join(sorted(missing))}: let your tool take it."
                )
            if needed := set(mine.schema.get("required", ())) - set(its.schema.get("required", ())):
                raise ConfigError(
                    f"The embedded agent may use {name} without {', '.join(sorted(needed))}: give it a default value."
                )
    return Toolbox([*own, *(each for each in cafes if each.name not in own.by_name)], transfers=own.transfers)


def unused_tools(own: Toolbox) -> list[str]:
    """The agent's tools that no caller would ever get, since the desk does not know them."""
    known = {*(each.name for each in cafe.TOOLS), hang_up.name, TRANSFER}
    return [each.name for each in own if each.name not in known]


class LocalEngine:
    """The workers and the detector behind every call of the embedded agent."""

    def __init__(self) -> None:
        """Raises ConfigError if the speech engines are not installed."""
        self._recognisers = PocketsphinxPool(GRAMMAR)
        self._synthesizers: dict[str, EspeakSynthesizer] = {}
        self._listening: Listening | None = None

    async def start(self) -> None:
        """Starts the recogniser's workers."""
        self._listening = Listening()
        await self._recognisers.start()

    async def prepare(self, agent: Agent) -> None:
        """Starts the voice of an agent, and looks at its tools."""
        desk_tools(agent.toolbox)
        if unused := unused_tools(agent.toolbox):
            log.warning("the embedded agent has no use for %s: it uses the café's tools only", ", ".join(unused))
        await self._synthesizer(agent).start()

    def _synthesizer(self, agent: Agent) -> EspeakSynthesizer:
        if agent.language not in VOICES:
            known = " and ".join(VOICES)
            raise ConfigError(f"The embedded engine speaks {known}, not {agent.language}: set LANGUAGE to one of them.")
        voice = agent.voice if agent.voice and isinstance(agent.voice, str) else VOICES[agent.language]
        if voice not in self._synthesizers:
            self._synthesizers[voice] = EspeakSynthesizer(voice)
        return self._synthesizers[voice]

    def leg(self, agent: Agent, *, alone: bool = True) -> LocalLeg:
        """One call's leg."""
        self._listening = self._listening or Listening()
        desk, greeting = Desk(next(iter(agent.transfers), "")), agent.first_words
        if greeting is None:
            greeting = f"{desk.greeting()} {agent.must_say}".strip()
        return LocalLeg(
            self._listening, self._recognisers.recogniser(), desk, self._synthesizer(agent), greeting,
            Endpointing(otherwise_ms=agent.silence_ms), desk_tools(agent.toolbox), agent.name,
            agent.idle_seconds * 1000.0,
        )  # fmt: skip

    async def close(self) -> None:
        """Ends the workers."""
        await asyncio.gather(self._recognisers.close(), *(each.close() for each in self._synthesizers.values()))
