"""Several realtime models in order of preference: the first that can be reached answers, and when it is lost the next goes
on with the conversation."""

import asyncio
import logging
from collections.abc import Callable, Sequence

from offhook.agent.agent import Agent
from offhook.agent.realtime_engine import RealtimeEngine
from offhook.agent.realtime_leg import RealtimeLeg
from offhook.core import events as e
from offhook.core.keeping import Keeping
from offhook.core.leg import AgentLeg, AgentSide
from offhook.errors import ConfigError, LegFailed

log = logging.getLogger(__name__)

TRIES = 2
"""To get a session that was lost back, while another model is at hand."""


class FailoverLeg:
    """One call's agent: the legs of its models, one at a time."""

    can: frozenset[type[e.Command]] = RealtimeLeg.can
    keeping = Keeping()

    def __init__(self, legs: Sequence[Callable[[], RealtimeLeg]]) -> None:
        """`legs` make a leg each, in order of preference; they speak one format and have one kind of turns."""
        self._rest = list(legs)
        self._leg = self._rest.pop(0)()
        self.format, self.turns, self.tools = self._leg.format, self._leg.turns, self._leg.tools
        self._closed = False

    async def run(self, call: AgentSide) -> None:
        """Talks until closed. Raises the last model's LegFailed."""
        while True:
            try:
                return await self._leg.run(call)
            except LegFailed as failed:
                if self._closed or not self._rest:
                    raise
                log.warning("%s The next model goes on.", failed, extra={"call_id": call.id})
                lost, self._leg = self._leg, self._rest.pop(0)()
                self._leg.take_over(lost)

    def send_audio(self, frame: bytes) -> None:
        """The caller's audio. Media plane."""
        self._leg.send_audio(frame)

    def send(self, command: e.Command) -> None:
        """To the leg that talks now."""
        self._leg.send(command)

    async def close(self) -> None:
        """Leaves. Idempotent."""
        self._closed = True
        await self._leg.close()


class FailoverEngine:
    """The engines of several realtime models."""

    def __init__(self, engines: Sequence[RealtimeEngine]) -> None:
        """In order of preference."""
        self._engines = engines

    async def start(self) -> None:
        """Starts all of them. One that is not to be had is told and waited for no longer, as long as another is."""
        started = await asyncio.gather(*(engine.start() for engine in self._engines), return_exceptions=True)
        failed = [result for result in started if isinstance(result, BaseException)]
        for problem in failed:
            if not isinstance(problem, ConfigError) or len(failed) == len(self._engines):
                raise problem
            log.warning("one of the models cannot be used now: %s", problem)

    async def prepare(self, agent: Agent) -> None:
        """As each of them. Raises ConfigError."""
        for engine in self._engines:
            await engine.prepare(agent)

    def leg(self, agent: Agent) -> AgentLeg:
        """An agent leg for one call."""
        *others, last = self._engines
        first = [lambda engine=engine: engine.leg(agent, TRIES) for engine in others]
        return FailoverLeg([*first, lambda: last.leg(agent)])

    async def close(self) -> None:
        """Closes all of them."""
        for engine in self._engines:
            await engine.close()
