"""What a user declares: an agent."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Agent:
    """Who answers the telephone.

    `instructions` say who the agent is and what it does (the embedded engine has a part of its own and needs none);
    `model` is the backend: "local" for the embedded engine, "echo" for a leg that says back what it hears;
    `greeting` its first words (None: the backend's own, "": it waits for the caller); `voice` a voice of the backend;
    `language` a language tag; `silence_ms` the silence that ends a caller's turn (a whole sentence ends it sooner).
    """

    instructions: str = ""
    model: str = "local"
    greeting: str | None = None
    voice: str | None = None
    language: str = "en-US"
    silence_ms: int = 700
