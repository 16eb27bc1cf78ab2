"""What a user declares: an agent."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from offhook.agent.options import Realtime
from offhook.agent.tools import Tool, Toolbox, hang_up


@dataclass(frozen=True, slots=True)
class Agent:
    """Who answers the telephone.

    `instructions` say who the agent is and what it does (the embedded engine has a part of its own and needs none);
    `model` is the backend: "openai:NAME" or "azure:NAME" for a realtime model, "gpt-realtime" or "voice-live" for the
    usual one of each, several of these with commas between in order of preference, "local" for the embedded engine, "echo"
    for a leg that says back what it hears;
    `greeting` its first words (None: the backend's own, "": it waits for the caller); `voice` a voice of the backend;
    `language` a language tag; `tools` functions it may ask for (agent/tools.py); `can_hang_up` gives it the tool that
    ends the call after its goodbye; `silence_ms` is the silence that ends a caller's turn (a whole sentence ends it
    sooner); `realtime` has the options of realtime models.
    """

    instructions: str = ""
    model: str = "local"
    greeting: str | None = None
    voice: str | None = None
    language: str = "en-US"
    tools: Sequence[Tool | Callable[..., Any]] = ()
    can_hang_up: bool = True
    silence_ms: int = 700
    realtime: Realtime = field(default_factory=Realtime)

    @property
    def toolbox(self) -> Toolbox:
        """All tools of the agent. Raises ConfigError for two of one name."""
        return Toolbox([*self.tools, *([hang_up] if self.can_hang_up else [])])
