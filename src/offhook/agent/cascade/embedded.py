"""The embedded agent: recogniser, responder and synthesizer in the box. Needs no key, no account and no network."""

import asyncio
import logging

from offhook.agent import cafe
from offhook.agent.agent import Agent
from offhook.agent.cascade.leg import CascadeLeg, Parts
from offhook.agent.cascade.voice import Voice
from offhook.agent.listening import Listening
from offhook.agent.tools import Toolbox, hang_up
from offhook.core.turns import Endpointing
from offhook.errors import ConfigError
from offhook.speech.cafe.desk import GRAMMAR, TRANSFER, Desk
from offhook.speech.engines.espeak import EspeakSynthesizer
from offhook.speech.engines.pocketsphinx import PocketsphinxPool

log = logging.getLogger(__name__)

VOICES = {"en-US": "en-us", "en-GB": "en"}  # by language, as espeak-ng names them


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

    def leg(self, agent: Agent, *, alone: bool = True) -> CascadeLeg:
        """One call's leg."""
        self._listening = self._listening or Listening()
        greeting = agent.first_words
        if greeting is None:
            greeting = f"{Desk().greeting()} {agent.must_say}".strip()
        parts = Parts(
            recogniser=self._recognisers.recogniser(),
            responder=lambda _leg: Desk(next(iter(agent.transfers), "")),
            voice=Voice(self._synthesizer(agent)),
            tools=desk_tools(agent.toolbox),
            endpointing=Endpointing(otherwise_ms=agent.silence_ms),
            greeting=greeting,
            backend="local",
            name=agent.name,
            idle_ms=agent.idle_seconds * 1000.0,
        )
        return CascadeLeg(self._listening, parts)

    async def close(self) -> None:
        """Ends the workers."""
        await asyncio.gather(self._recognisers.close(), *(each.close() for each in self._synthesizers.values()))
