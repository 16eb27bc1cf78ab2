"""The embedded agent: recogniser, responder and synthesizer in the box. Needs no key, no account and no network."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, Literal

import orjson

from offhook.agent import cafe
from offhook.agent.agent import Agent
from offhook.agent.listening import Hearing, Listening
from offhook.agent.tools import Toolbox, hang_up
from offhook.audio.format import MULAW_8K
from offhook.core import events as e
from offhook.core.leg import AgentLeg, AgentSide, Tools
from offhook.core.turns import Endpointing
from offhook.errors import ConfigError, LegFailed, ToolError
from offhook.speech.base import Recogniser, Responder, Said, Synthesizer, Utterance
from offhook.speech.desk import GRAMMAR, Desk
from offhook.speech.espeak import EspeakSynthesizer
from offhook.speech.pocketsphinx import PocketsphinxPool

log = logging.getLogger(__name__)

PAUSE_MS = 200  # between two sentences
VOICES = {"en-US": "en-us", "en-GB": "en"}  # by language, as espeak-ng names them


class LocalLeg:
    """One call of the embedded agent. Each answer is one item; its word times are exact."""

    format = MULAW_8K
    can: frozenset[type[e.Command]] = frozenset(
        {e.Greet, e.Respond, e.Cancel, e.Truncate, e.Discard, e.Fill, e.ToolResult}
    )
    turns: Literal["provider", "offhook"] = "offhook"

    def __init__(
        self,
        listening: Listening,
        recogniser: Recogniser,
        responder: Responder,
        synthesizer: Synthesizer,
        greeting: str | None,
        endpointing: Endpointing,
        tools: Tools,
    ) -> None:
        self.tools = tools
        self._listening, self._recogniser = listening, recogniser
        self._endpointing = endpointing
        self._responder, self._synthesizer = responder, synthesizer
        self._greeting = responder.greeting() if greeting is None else greeting
        self._call: AgentSide
        self._hearing: Hearing | None = None
        self._over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._answering: asyncio.Task[None] | None = None
        self._saying: set[asyncio.Task[None]] = set()
        self._items = 0
        self._uses = 0
        self._used: dict[str, asyncio.Future[str]] = {}
        self.send_audio: Callable[[bytes], None] = lambda _frame: None  # nobody listens before `run`

    async def run(self, call: AgentSide) -> None:
        """Listens until closed."""
        self._call = call
        self._hearing = self._listening.open(call, self._recogniser, self._endpointing)
        self.send_audio = self._hearing.feed
        call.report(e.AgentJoined())
        await self._over

    def send(self, command: e.Command) -> None:
        """Greets, answers, falls silent. What was heard of an item changes nothing for an agent of fixed answers."""
        match command:
            case e.Greet():
                if self._greeting:
                    self._answer(_only(self._greeting))
            case e.Respond(text, keys, going_on):
                self._answer(self._responder.respond(Said(text, keys, going_on), self._use))
            case e.Fill(item):
                self._start(self._fill(item, self._responder.filler()))
            case e.ToolResult(id, output, failed):
                if (awaited := self._used.pop(id, None)) and not awaited.done():
                    awaited.set_exception(ToolError(output)) if failed else awaited.set_result(output)
            case e.Cancel():
                if self._answering is not None:
                    self._answering.cancel()

    def _answer(self, sentences: AsyncIterator[str]) -> None:
        if self._answering is not None:
            self._answering.cancel()
        self._answering = self._start(self._say(sentences))

    def _start(self, saying: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(saying)
        self._saying.add(task)
        task.add_done_callback(self._saying.discard)
        return task

    async def _use(self, name: str, **arguments: Any) -> str:
        """Asks for a tool and waits for what comes of it (speech/base.py, Use)."""
        self._uses += 1
        id = f"use{self._uses}"
        awaited: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._used[id] = awaited
        self._call.report(e.ToolCalled(id, name, orjson.dumps(arguments).decode()))
        try:
            return await awaited
        finally:
            self._used.pop(id, None)

    async def _say(self, sentences: AsyncIterator[str]) -> None:
        self._items += 1
        item, said_ms = f"answer{self._items}", 0.0
        try:
            async for sentence in sentences:
                said_ms = await self._say_sentence(item, said_ms, sentence)
            if (keys := self._responder.keys_wanted) is not None:
                self._call.report(e.KeysWanted(keys))
        except Exception as failed:  # noqa: BLE001
            self._fail(failed)
        finally:
            self._call.end_item(item)

    async def _fill(self, item: str, words: str) -> None:
        try:
            await self._say_sentence(item, 0.0, words)
        except Exception as failed:  # noqa: BLE001
            self._fail(failed)
        finally:
            self._call.end_item(item)

    def _fail(self, failed: Exception) -> None:
        # Without an answer the caller would hear nothing for ever: the call ends with an apology instead.
        if not self._over.done():
            self._over.set_exception(failed)

    async def _say_sentence(self, item: str, said_ms: float, sentence: str) -> float:
        """Says one more sentence of an item of which `said_ms` were said; how many are now."""
        spoken = await self._speak(sentence)
        audio, text = spoken.audio, sentence
        if said_ms:
            audio, text = MULAW_8K.silence(PAUSE_MS) + audio, " " + text
        shift_ms, shift_chars = (said_ms + PAUSE_MS, 1) if said_ms else (0.0, 0)
        words = tuple((shift_ms + word.end_ms, shift_chars + word.end_char) for word in spoken.words)
        self._call.agent_audio(item, audio)
        self._call.report(e.ItemText(item, text, words))
        return said_ms + len(audio) / MULAW_8K.bytes_per_ms

    async def _speak(self, sentence: str) -> Utterance:
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


async def _only(sentence: str) -> AsyncIterator[str]:
    yield sentence


def desk_tools(own: Toolbox) -> Toolbox:
    """What the desk may use: the agent's own tools, and those of the café for which the agent has none of that name.

    The desk asks for the café's tools with the café's arguments, whoever made the tool: one that cannot take them is a
    ConfigError. A tool that the desk has no use for is a warning, since no caller would ever get it.
    """
    cafes = Toolbox(cafe.TOOLS)
    for name, its in cafes.by_name.items():
        if mine := own.by_name.get(name):
            asked, taken = its.schema.get("properties", {}), mine.schema.get("properties", {})
            if missing := asked.keys() - taken.keys():
                raise ConfigError(
                    f"The embedded agent uses {name} with {', '.join(sorted(missing))}: let your tool take it."
                )
            if needed := set(mine.schema.get("required", ())) - set(its.schema.get("required", ())):
                raise ConfigError(
                    f"The embedded agent may use {name} without {', '.join(sorted(needed))}: give it a default value."
                )
    if unused := [each.name for each in own if each.name not in {*cafes.by_name, hang_up.name}]:
        log.warning("the embedded agent has no use for %s: it uses the café's tools only", ", ".join(unused))
    return Toolbox([*own, *(each for each in cafes if each.name not in own.by_name)])


class LocalEngine:
    """The workers and the detector behind every call of the embedded agent."""

    def __init__(self, agent: Agent) -> None:
        """Raises ConfigError if the speech engines are not installed, or a tool does not fit the desk."""
        if agent.language not in VOICES:
            known = " and ".join(VOICES)
            raise ConfigError(f"The embedded engine speaks {known}, not {agent.language}: set LANGUAGE to one of them.")
        self._tools = desk_tools(agent.toolbox)
        self._greeting = agent.greeting
        self._silence_ms = agent.silence_ms
        self._recognisers = PocketsphinxPool(GRAMMAR)
        self._synthesizer = EspeakSynthesizer(agent.voice or VOICES[agent.language])
        self._listening: Listening | None = None

    async def start(self) -> None:
        """Starts the workers."""
        self._listening = Listening()
        await asyncio.gather(self._recognisers.start(), self._synthesizer.start())

    def leg(self) -> AgentLeg:
        """One call's leg."""
        assert self._listening is not None, "start the engine first"
        recogniser, endpointing = self._recognisers.recogniser(), Endpointing(otherwise_ms=self._silence_ms)
        return LocalLeg(
            self._listening, recogniser, Desk(), self._synthesizer, self._greeting, endpointing, self._tools
        )

    async def close(self) -> None:
        """Ends the workers."""
        await asyncio.gather(self._recognisers.close(), self._synthesizer.close())
