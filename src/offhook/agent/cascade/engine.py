"""What all agents of parts share in a process: each part once, by its name, and each voice."""

import asyncio
import contextlib
import logging
from collections.abc import Hashable
from functools import partial
from typing import Any

from offhook.agent.agent import Agent
from offhook.agent.cascade.coming_back import BACK
from offhook.agent.cascade.embedded import desk_tools
from offhook.agent.cascade.leg import CascadeLeg, Parts
from offhook.agent.cascade.talker import Listeners, Talker
from offhook.agent.cascade.tongue import Manner, same
from offhook.agent.cascade.voice import Voice
from offhook.agent.credentials import Credentials
from offhook.agent.listening import Listening
from offhook.agent.prices import written
from offhook.core import events as e
from offhook.core.turns import Endpointing
from offhook.errors import ConfigError, LegFailed
from offhook.parts.http import shown
from offhook.parts.names import Kind, part
from offhook.speech.base import Recogniser, Responder, Tokens

log = logging.getLogger(__name__)


class CascadeEngine:
    """Opens legs of parts."""

    def __init__(self, credentials: Credentials) -> None:
        self._keys = credentials.keys
        self._parts: dict[Hashable, Any] = {}
        self._voices: dict[Hashable, Voice] = {}
        self._listening: Listening | None = None
        self._started: dict[int, tuple[Any, asyncio.Future[None]]] = {}  # held, so that no other part has the same id
        self._keeping: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Nothing to start before an agent says what it is made of."""

    async def prepare(self, agent: Agent) -> None:
        """Starts the parts of an agent, and has what it always says rendered in the background. Raises ConfigError."""
        cascade = agent.cascade
        parts = [self._part("stt", cascade.stt), self._part("llm", cascade.llm), self._part("tts", cascade.tts)]
        if cascade.turn is not None:
            parts.append(self._part("turn", cascade.turn))
        await asyncio.gather(*(self._start(each) for each in parts))
        if agent.tools and getattr(parts[1], "tools", True) is False:
            raise ConfigError(
                f"{shown(cascade.llm)} can use no tools: leave them out of the Agent, or name another llm."
            )
        if cascade.languages and not getattr(parts[0], "tells_language", False):
            raise ConfigError(
                f"{shown(cascade.stt)} cannot tell which language is spoken: leave out the Cascade's languages, or name another stt."
            )
        self._recogniser(agent).close()
        for language in (agent.language, *_others(agent)):
            self._voice(agent, language)
        self._listening = self._listening or Listening()
        task = asyncio.get_running_loop().create_task(self._keep(agent), name="lines")
        self._keeping.add(task)
        task.add_done_callback(self._keeping.discard)

    async def _start(self, each: Any) -> None:
        """Once, however many agents want it at the same time; one that failed may be tried again."""
        if id(each) not in self._started:
            self._started[id(each)] = each, asyncio.ensure_future(each.start())
        _, starting = self._started[id(each)]
        try:
            await asyncio.shield(starting)
        except Exception as failed:
            self._started.pop(id(each), None)
            if isinstance(failed, LegFailed):
                raise ConfigError(str(failed)) from failed
            raise

    async def _keep(self, agent: Agent) -> None:
        try:
            for language in (agent.language, *_others(agent)):
                lines = agent.phrases.in_language(language)
                first = agent.first_words if language == agent.language else None
                await self._voice(agent, language).keep(
                    [first or "", *(text for texts in lines.values() for text in texts)]
                )
        except LegFailed as failed:
            log.warning(
                "the voice of agent %s does not speak, and its callers hear nothing as long as that lasts: %s",
                agent.name,
                failed,
            )

    def _part(self, kind: Kind, named: Any) -> Any:
        if not isinstance(named, str):
            return named
        if (kind, named) not in self._parts:
            self._parts[kind, named] = part(kind, named, self._keys)
        return self._parts[kind, named]

    def _recogniser(self, agent: Agent) -> Recogniser:
        recognition, others = self._part("stt", agent.cascade.stt), _others(agent)
        found: Recogniser = recognition.recogniser(agent.language, **{"also": others} if others else {})
        return found

    def _voice(self, agent: Agent, language: str) -> Voice:
        voices = self._part("tts", agent.cascade.tts)
        theirs = language == agent.language or getattr(voices, "polyglot", False)
        name = agent.voice if isinstance(agent.voice, str) and theirs else None
        key = (id(voices), name, language)
        if key not in self._voices:
            try:
                self._voices[key] = Voice(voices.voice(name, language), language)
            except ValueError as unknown:
                raise ConfigError(
                    f"{shown(agent.cascade.tts)} cannot be brought to the telephone: {unknown}."
                ) from None
        return self._voices[key]

    def _manner(self, agent: Agent, language: str) -> Manner:
        lines = agent.phrases.in_language(language)
        goodbye, lost = "".join(lines[e.Line.GOODBYE]), " ".join(lines[e.Line.LOST])
        return Manner(language, self._voice(agent, language), goodbye, lost or BACK)

    def leg(self, agent: Agent, *, alone: bool = True) -> CascadeLeg:
        """One call's leg. Raises ConfigError for a voice or a language that there is none of."""
        self._listening = self._listening or Listening()
        mind = self._part("llm", agent.cascade.llm)
        desk = hasattr(mind, "responder")

        def used(leg: CascadeLeg, tokens: Tokens) -> None:
            leg.call.report(written(tokens, getattr(mind, "price_list", ""), agent.cascade.prices))

        def responder(leg: CascadeLeg) -> Responder:
            if desk:
                opened: Responder = mind.responder(next(iter(agent.transfers), ""))
                return opened
            told = Listeners(leg.stages.note, partial(used, leg), lambda: leg.left_s)
            return Talker(mind, agent, leg.call.info, leg.conversation, told)

        own = self._manner(agent, agent.language)
        parts = Parts(
            recogniser=self._recogniser(agent),
            responder=responder,
            voice=own.voice,
            tools=desk_tools(agent.toolbox) if desk else agent.toolbox,
            endpointing=Endpointing(otherwise_ms=agent.silence_ms),
            greeting=_greeting(mind, agent) if desk else agent.first_words,
            language=agent.language,
            others=[self._manner(agent, each) for each in _others(agent)],
            goodbye=own.goodbye,
            back=BACK if desk else own.back,
            turn_model=None if agent.cascade.turn is None else self._part("turn", agent.cascade.turn),
            ahead=agent.cascade.ahead,
            name=agent.name,
            idle_ms=agent.idle_seconds * 1000.0,
        )
        return CascadeLeg(self._listening, parts)

    async def close(self) -> None:
        """Gives the parts back that were made here."""
        for task in list(self._keeping):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        await asyncio.gather(*(each.close() for each in self._parts.values()))


def _others(agent: Agent) -> tuple[str, ...]:
    """The languages that its callers may change to."""
    return tuple(each for each in agent.cascade.languages if not same(each, agent.language))


def _greeting(mind: Any, agent: Agent) -> str:
    """The first words of an agent whose mind has some of its own."""
    own = agent.first_words
    return f"{mind.responder('').greeting() or ''} {agent.must_say}".strip() if own is None else own
