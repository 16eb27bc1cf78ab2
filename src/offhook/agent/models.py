"""From an agent's `model` to what opens its legs. What a model needs is imported when it is used."""

from typing import Protocol

from offhook.agent.agent import Agent
from offhook.core.leg import AgentLeg
from offhook.errors import ConfigError


class Engine(Protocol):
    """What all agents of one model share, in a process."""

    async def start(self) -> None:
        """Makes everything ready for the first call. Raises ConfigError if something is missing."""

    async def prepare(self, agent: Agent) -> None:
        """Makes ready what one agent needs: its voice, say. Raises ConfigError if this engine cannot be that agent."""

    def leg(self, agent: Agent) -> AgentLeg:
        """An agent leg for one call. Raises ConfigError if this engine cannot be that agent."""

    async def close(self) -> None:
        """Gives everything back. Idempotent."""


def engine_for(model: str) -> Engine:
    """The engine of a model. Raises ConfigError for one there is none for."""
    match model:
        case "local":
            from offhook.agent.local import LocalEngine

            return LocalEngine()
        case "echo":
            from offhook.agent.echo import EchoEngine

            return EchoEngine()
        case unknown:
            raise ConfigError(
                f'There is no model "{unknown[:20]}": set MODEL to "local" (the embedded engine) or "echo".'
            )
