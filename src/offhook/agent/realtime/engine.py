"""What all agents of one realtime model share in a process: how it is reached, and the greetings it has said."""

import logging
from typing import TYPE_CHECKING

from offhook.agent.agent import Agent
from offhook.agent.options import OwnTurns
from offhook.agent.realtime import messages as say
from offhook.agent.realtime.leg import RealtimeLeg
from offhook.agent.realtime.line import TRIES, Backend
from offhook.agent.realtime.trial import Trial, attempt
from offhook.agent.realtime.wire import Dialect
from offhook.agent.rendering import Rendering
from offhook.errors import ConfigError

if TYPE_CHECKING:
    from offhook.agent.listening import Listening

log = logging.getLogger(__name__)

TRIES_IN_COMPANY = 2
"""To get a session that was lost back, while another model is at hand."""


class RealtimeEngine:
    """Opens legs to one server and model."""

    def __init__(
        self, backend: Backend, dialect: Dialect, *, transcription_model: str, voice: str | None, hosted: bool = False
    ) -> None:
        """`transcription_model` and `voice` are used by agents that name none; `hosted`: see Shape."""
        self._backend, self._dialect, self._hosted = backend, dialect, hosted
        self._transcription_model, self._voice = transcription_model, voice
        self._listening: Listening | None = None
        self._told = False
        self._rendering = Rendering(backend)

    async def start(self) -> None:
        """Nothing to start: a session belongs to a call."""

    async def prepare(self, agent: Agent) -> None:
        """Looks at an agent's options, and has its lines made ready in the background. Raises ConfigError for what this
        server has no word for."""
        say.session_update(self._shape(agent), "")
        if self._hosted and (agent.tools or agent.instructions):
            raise ConfigError("A Foundry agent has its own instructions and tools: leave them out of the Agent.")
        if isinstance(agent.realtime.turns, OwnTurns):
            if agent.realtime.audio != "mulaw":
                raise ConfigError('OwnTurns listens to the telephone\'s own audio: leave audio="mulaw".')
            self._ears()
        if agent.realtime.temperature is not None and not self._dialect.temperature and not self._told:
            self._told = True
            log.warning("%s has no temperature: it is not sent (TEMPERATURE, Realtime.temperature)", self._backend.name)
        self._rendering.want(self._shape(agent))

    def leg(self, agent: Agent, *, alone: bool = True) -> RealtimeLeg:
        """An agent leg for one call; one that is not `alone` has fewer tries to get a lost session back."""
        listening = self._ears() if isinstance(agent.realtime.turns, OwnTurns) else None
        return RealtimeLeg(
            self._shape(agent), self._backend, agent.toolbox, listening, TRIES if alone else TRIES_IN_COMPANY
        )

    async def trial(self, agent: Agent, speech: bytes) -> Trial:
        """Whether the server takes this agent's session, hears `speech` (µ-law) and answers. Costs a few seconds of it."""
        return await attempt(self._shape(agent), self._backend, speech)

    def _shape(self, agent: Agent) -> say.Shape:
        return say.Shape(agent, self._dialect, self._transcription_model, self._voice, self._hosted)

    def _ears(self) -> "Listening":
        if self._listening is None:
            from offhook.agent.listening import Listening

            self._listening = Listening()
        return self._listening

    async def close(self) -> None:
        """Gives back what was made ready in the background; sessions end with their calls."""
        await self._rendering.close()
