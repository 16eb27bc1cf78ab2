"""From an agent's `model` to what opens its legs. What a model needs is imported when it is used."""

from typing import Protocol

from offhook.agent.agent import Agent
from offhook.agent.credentials import Credentials
from offhook.agent.handover import Successor
from offhook.errors import ConfigError


class Engine(Protocol):
    """What all agents of one model share, in a process."""

    async def start(self) -> None:
        """Makes everything ready for the first call. Raises ConfigError if something is missing."""

    async def prepare(self, agent: Agent) -> None:
        """Makes ready what one agent needs: its voice, say. Raises ConfigError if this engine cannot be that agent."""

    def leg(self, agent: Agent, *, alone: bool = True) -> Successor:
        """An agent leg for one call; one that is not `alone` may give up sooner, since another goes on. Raises
        ConfigError if this engine cannot be that agent."""

    async def close(self) -> None:
        """Gives everything back. Idempotent."""


def engine_for(model: str, credentials: Credentials = Credentials()) -> Engine:  # noqa: B008  (it is immutable)
    """The engine of one model. Raises ConfigError for one there is none for, or that cannot be reached with these."""
    provider, _, name = model.partition(":")
    match provider, name:
        case "local", "":
            from offhook.agent.cascade.embedded import LocalEngine

            return LocalEngine()
        case "cascade", "":
            from offhook.agent.cascade.engine import CascadeEngine

            return CascadeEngine(credentials)
        case "echo", "":
            from offhook.agent.echo import EchoEngine

            return EchoEngine()
        case ("openai", name) if name:
            from offhook.agent.realtime.openai import OpenAIEngine

            return OpenAIEngine(name, credentials)
        case "gpt-realtime", "":
            from offhook.agent.realtime import openai

            return openai.OpenAIEngine(openai.MODEL, credentials)
        case ("azure", name) if name:
            from offhook.agent.realtime.azure import AzureEngine

            return AzureEngine(name, credentials)
        case "voice-live", "":
            from offhook.agent.realtime import azure

            return azure.AzureEngine(credentials.voice_live_model or azure.MODEL, credentials)
    raise ConfigError(
        f'There is no model "{model[:20]}": set MODEL to "gpt-realtime", "voice-live", "openai:NAME", "azure:NAME", '
        '"cascade" (an agent of parts), "local" (the embedded engine) or "echo".'
    )
