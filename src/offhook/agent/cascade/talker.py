"""A language model as a responder: what it is told, its answer in pieces as it is written, and the tools it uses."""

import asyncio
import logging
import math
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any

import orjson

from offhook.agent.agent import Agent
from offhook.agent.briefing import GO_ON, LEAVE, STILL_THERE, briefing, greet, pressed, why_returned
from offhook.agent.cascade.context import Context
from offhook.agent.conversation import Conversation
from offhook.core import events as e
from offhook.core.leg import CallInfo
from offhook.errors import LegFailed, ToolError
from offhook.speech.base import LanguageModel, Message, Said, Tokens, ToolSpec, ToolUse, Use, Wishes
from offhook.speech.saying.splitting import FIRST_CHARS, Splitter

log = logging.getLogger(__name__)

SPOKEN = (
    "Answer as one speaks: short sentences, no lists, no headings, no markup, no emoji. "
    "Your words up to the last one that the caller heard are in this talk; what they did not hear, you have not said. "
    "The caller's words come from a recogniser and may be misheard."
)
MUFFLED = "(The caller said something that could not be understood.)"
SUMMARISE = (
    "Summarise this part of a telephone call in at most 150 words, for the agent to go on with: names, numbers, what was "
    "asked, agreed and done, what is still open."
)
MOST_ROUNDS = 8
"""Of tools in one answer."""
FIRST_WORDS_S = 0.5
"""After its first word, a slow model's first piece is what there is; later ones, when so much is left to be heard of what
there was before:"""
RUNS_OUT_S = 0.5
AGAIN_S = 0.1


@dataclass(slots=True)
class Listeners:
    """Who is told what happens while a model answers."""

    note: Callable[[str], None] = lambda _stage: None
    """The first "token" of an answer is there."""
    used: Callable[[Tokens], None] = lambda _tokens: None
    left_s: Callable[[], float] = lambda: 0.0
    """How long what was said will still be heard."""


@dataclass(slots=True)
class _Round:
    """What the model has said and wants in one go."""

    text: str = ""
    uses: list[ToolUse] = field(default_factory=list)


class Talker:
    """One conversation led by a language model (a `Responder`)."""

    knows_past = True
    keys_wanted = None

    def __init__(
        self,
        model: LanguageModel,
        agent: Agent,
        info: CallInfo,
        conversation: Conversation,
        listeners: Listeners,
        *,
        now: Callable[[], datetime] = lambda: datetime.now().astimezone(),
    ) -> None:
        self._model, self._agent, self._info = model, agent, info
        self._listeners, self._now = listeners, now
        self._context = Context(conversation, agent.cascade.window_tokens)
        self._tools = (
            [ToolSpec(each.name, each.description, each.schema) for each in agent.toolbox] if model.tools else []
        )
        self._wishes = Wishes(agent.cascade.temperature, agent.cascade.most_tokens)
        self._language = agent.language
        self._filled = count()
        self._summarising: asyncio.Task[None] | None = None
        self._closed = False

    def greeting(self) -> None:
        """In its own words."""

    def filler(self) -> str:
        """One of the agent's phrases, in turn."""
        fillers = self._agent.phrases.in_language(self._language)[e.Line.WAIT]
        return fillers[next(self._filled) % len(fillers)] if fillers else ""

    def speak(self, language: str) -> None:
        """The model is told, and its words are cut and put as it is done there."""
        self._language = language

    def memory(self) -> dict[str, Any]:
        """Nothing but the talk, which others keep."""
        return {}

    def recall(self, memory: dict[str, Any], *, heard: bool) -> None:
        """The talk is told it anyway."""

    def respond(self, said: Said, use: Use) -> AsyncGenerator[str, None]:
        """The model's answer in pieces; what was said before is as it stands now."""
        before = self._context.messages()
        last = _last(said, self._agent.must_say, self._info.direction == "inbound")
        if before and before[-1].role == last[0].role == "user" and last[0].text.startswith(before[-1].text):
            before.pop()  # they went on before anything was answered
        briefed = Message("system", f"{briefing(self._agent, self._info, self._now(), self._language)}\n{SPOKEN}")
        messages = [briefed, *before, *last]
        return self._answer(messages, use, tools=[] if said.leaving else self._tools)

    async def _answer(self, messages: list[Message], use: Use, tools: list[ToolSpec]) -> AsyncGenerator[str, None]:
        try:
            for rounds in range(MOST_ROUNDS):
                wanted = _Round()
                offered = tools if rounds < MOST_ROUNDS - 1 else []
                async with aclosing(self._pieces(messages, offered, wanted, first=rounds == 0)) as pieces:
                    async for piece in pieces:
                        yield piece
                if not wanted.uses:
                    break
                messages = [*messages, Message("assistant", wanted.text, tuple(wanted.uses))]
                results = await _run_all(wanted.uses, use)
                messages += [
                    Message("tool", text, use=each.id) for each, text in zip(wanted.uses, results, strict=True)
                ]
                if all(each.name == "hang_up" for each in wanted.uses) and wanted.text.strip():
                    break  # it has said goodbye
        finally:  # also of an answer that is cut: a talk of nothing else grows too
            self._see_to_length()

    async def _pieces(
        self, messages: list[Message], tools: list[ToolSpec], wanted: _Round, *, first: bool
    ) -> AsyncGenerator[str, None]:
        """The text of one round, as soon as it can be said."""
        splitter = Splitter(self._language, first_chars=FIRST_CHARS if first else 0)
        tokens = self._tokens(messages, tools, wanted, first=first)
        loop = asyncio.get_running_loop()
        begun, dry_at = not first, math.inf
        awaited: asyncio.Future[str] | None = None
        async with aclosing(tokens):
            try:
                while True:
                    awaited = awaited or asyncio.ensure_future(anext(tokens, ""))
                    await asyncio.wait(
                        (awaited,), timeout=max(0.0, dry_at - loop.time()) if dry_at < math.inf else None
                    )
                    found = []
                    if awaited.done():
                        if not (text := awaited.result()):
                            break
                        awaited = None
                        if wanted.text == text:
                            self._listeners.note("token")
                            dry_at = loop.time() + FIRST_WORDS_S
                        found = splitter.feed(text)
                    elif begun and (left_s := self._listeners.left_s()) > RUNS_OUT_S:
                        dry_at = loop.time() + max(AGAIN_S, left_s - RUNS_OUT_S)
                    else:
                        found, dry_at = splitter.hurry(), loop.time() + AGAIN_S
                    for piece in filter(str.strip, found):
                        begun, dry_at = True, loop.time() + AGAIN_S
                        yield piece
            finally:
                if awaited is not None and not awaited.done():
                    awaited.cancel()
                    await asyncio.wait((awaited,))
        for piece in filter(str.strip, splitter.end()):
            yield piece

    async def _tokens(
        self, messages: list[Message], tools: list[ToolSpec], wanted: _Round, *, first: bool
    ) -> AsyncGenerator[str, None]:
        """The words of one round; a model that fails before it has said any is asked once more, and so is one that has no
        word for what was said."""
        for last in (False, True):
            try:
                async with aclosing(self._model.answer(messages, tools, self._wishes)) as parts:
                    async for part in parts:
                        match part:
                            case str():
                                wanted.text += part
                                if part:
                                    yield part
                            case ToolUse():
                                wanted.uses.append(part)
                            case Tokens():
                                self._listeners.used(part)
                if last or wanted.text.strip() or wanted.uses or not first:
                    return
                log.warning("a language model said nothing, and is asked once more")
            except LegFailed as failed:
                if last or not failed.retryable or wanted.text or wanted.uses:
                    raise
                log.warning("a language model is asked once more: %s", failed)

    def close(self) -> None:
        """The call is over: nothing is told in short any more."""
        self._closed = True
        if self._summarising is not None:
            self._summarising.cancel()

    # ------------------------------------------------------------------------------------------ long talks

    def _see_to_length(self) -> None:
        if self._closed or (self._summarising is not None and not self._summarising.done()):
            return
        if (old := self._context.too_long()) is not None:
            self._summarising = asyncio.get_running_loop().create_task(self._summarise(*old))

    async def _summarise(self, upto: object, old: list[Message]) -> None:
        said = "\n".join(f"{message.role}: {message.text}" for message in old if message.text)
        asked = [Message("system", SUMMARISE), Message("user", said)]
        text = ""
        try:
            async with aclosing(self._model.answer(asked)) as parts:
                async for part in parts:
                    if isinstance(part, str):
                        text += part
                    elif isinstance(part, Tokens):
                        self._listeners.used(part)
        except LegFailed as failed:
            log.warning("the talk could not be summarised: %s", failed)
            return
        if text.strip():
            self._context.summary.upto, self._context.summary.text = upto, text.strip()  # type: ignore[assignment]


def _last(said: Said, must_say: str, inbound: bool) -> list[Message]:
    """What the caller did, or what is asked of the agent instead."""
    if said.opening:
        return [Message("system", greet(must_say, inbound=inbound))]
    if said.leaving:
        return [Message("system", LEAVE)]
    if said.idle:
        return [Message("system", STILL_THERE)]
    if said.back_from:
        return [Message("system", text) for text in why_returned(e.Returned(said.back_from, said.because))]
    if said.going_on:
        return [Message("system", GO_ON)]
    return [Message("user", told(said) or MUFFLED)]


def told(said: Said) -> str:
    """What the caller entered and said, in words."""
    return " ".join(filter(None, (pressed(said.keys) if said.keys else "", said.text)))


async def _run_all(wanted: Sequence[ToolUse], use: Use) -> list[str]:
    """Side by side; if one cannot go on, none does."""
    running = [asyncio.ensure_future(_run(each, use)) for each in wanted]
    try:
        return await asyncio.gather(*running)
    finally:
        for each in running:
            each.cancel()


async def _run(wanted: ToolUse, use: Use) -> str:
    try:
        arguments = orjson.loads(wanted.arguments or "{}")
    except orjson.JSONDecodeError:
        arguments = None
    if not isinstance(arguments, dict):
        return "The arguments are no JSON object: ask for it again."
    try:
        return await use(wanted.name, **arguments)
    except ToolError as error:
        return str(error)
