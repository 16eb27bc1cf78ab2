"""What passes from an agent leg that is lost to the one that goes on with its call."""

from dataclasses import dataclass, field
from typing import Protocol

from offhook.agent.conversation import Conversation
from offhook.core.leg import AgentLeg


@dataclass(slots=True)
class Handover:
    """What a leg leaves behind."""

    conversation: Conversation = field(default_factory=Conversation)
    """What was said so far, as far as it was heard."""
    owed: bool = False
    """The caller waits for something: the greeting if nothing was said yet, the rest if the agent spoke last, else an
    answer."""
    pending: set[str] = field(default_factory=set)
    """Uses of tools that still run."""
    unheard: list[bytes] = field(default_factory=list)
    """What the caller said that nobody listened to, or that nothing came of, in the leg's format."""
    again: bool = False
    """It holds a whole turn, which the lost leg heard and nothing came of."""


class Successor(AgentLeg, Protocol):
    """An agent leg that can go on where another was lost, and be gone on for."""

    def hand_over(self) -> Handover:
        """What this leg leaves, once `run` has failed."""

    def take_over(self, past: Handover) -> None:
        """Goes on with this. Once, before `run`, which then reports AgentJoined like any other; the greeting is not asked
        for again, and what is owed is said unasked."""
