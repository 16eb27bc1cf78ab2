"""Answers that are begun before the caller's turn is certainly over."""

import asyncio
from dataclasses import dataclass
from typing import Any

from offhook.agent.cascade.spoken import Answer
from offhook.agent.conversation import Conversation
from offhook.speech.base import Said


@dataclass(slots=True)
class Ahead:
    """One of them."""

    said: Said
    state: tuple[Any, ...]
    """Of the talk that it was begun in."""
    answer: Answer
    task: asyncio.Task[None]

    def answers(self, said: Said, conversation: Conversation) -> bool:
        """It is the answer to this: to the same words, after the same talk as it was heard."""
        return said == self.said and state_of(conversation) == self.state


def state_of(conversation: Conversation) -> tuple[Any, ...]:
    """A talk as it was heard by now."""
    return tuple((said.role, said.name, said.text) for said in conversation.said)
