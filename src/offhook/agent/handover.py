"""What passes from an agent leg that is lost to the one that goes on with its call."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any, Protocol

from offhook.agent.conversation import Conversation
from offhook.core.leg import AgentLeg
from offhook.core.past import Past, Used

NOBODY_KNOWS = "Nobody knows whether this was done: it was interrupted. Find out before you do it again."
"""What came of a tool that ran when its process died."""


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
    cut_off: bool = False
    """The caller was cut off too: they are told so first."""
    memory: dict[str, Any] = field(default_factory=dict)
    """What a leg of the same kind remembered of itself, as JSON."""
    again: bool = False
    """It holds a whole turn, which the lost leg heard and nothing came of."""


class Successor(AgentLeg, Protocol):
    """An agent leg that can go on where another was lost, and be gone on for."""

    def hand_over(self) -> Handover:
        """What this leg leaves, once `run` has failed."""

    def take_over(self, past: Handover) -> None:
        """Goes on with this. Once, before `run`, which then reports AgentJoined like any other; the greeting is not asked
        for again, and what is owed is said unasked."""


def handover_of(past: Past) -> Handover:
    """What is left of a call whose process died: the turns and the uses of tools that were kept, in their order."""
    conversation, uses = Conversation(), deque(past.uses)
    for turn in past.turns:
        while uses and uses[0].at_ms < turn.at_ms:
            _add(conversation, uses.popleft())
        if turn.text:
            conversation.begin(
                "user" if turn.role == "caller" else "assistant", f"turn {turn.number} before", turn.text
            )
    for use in uses:
        _add(conversation, use)
    return Handover(conversation, owed=True, cut_off=True, memory=past.memory)


def _add(conversation: Conversation, use: Used) -> None:
    conversation.begin("use", use.id, use.arguments, use.name)
    conversation.begin("output", use.id, NOBODY_KNOWS if use.output is None else use.output)
