"""From an agent's `model` to what opens its legs. What a model needs is imported when it is used."""

from typing import Protocol

from offhook.agent.agent import Agent
from offhook.core.leg import AgentLeg
from offhook.errors import ConfigError


class Engine(Protocol):
    """What all calls of a process with one agent share."""

    async def start(self) -> None:
        """Makes everything ready for the first call. Raises ConfigError if something is missing."""

    def leg(self) -> AgentLeg:
        """An agent leg for one call."""

    async def close(self) -> None:
        """Gives everything back. Idempotent."""


def engine_for(agent: Agent) -> Engine:
    """The engine that `agent.model` names. Raises ConfigError for a model there is none for."""
    match agent.model:
        case "local":
            from offhook.agent.local import LocalEngine

            return LocalEngine(agent)
        case "echo":
            from offhook.agent.echo import EchoEngine

            return EchoEngine()
        case unknown:
            raise ConfigError(
                f'There is no model "{unknown[:20]}": set MODEL to "local" (the embedded engine) or "echo".'
            )
