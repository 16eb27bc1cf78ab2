"""What a language model is told of the talk so far, as it was heard, and within a window. Pure.

Words count by their characters: a token has about four. What falls out of the window is told as a summary, as soon as
somebody has made one.
"""

from dataclasses import dataclass

from offhook.agent.conversation import Conversation, Said
from offhook.speech.base import Message, ToolUse

TOKEN_CHARS = 4
MOST_RESULT_CHARS = 8_000
"""Of a tool's result that is not the newest."""
EARLIER = "What was said before, in short: {}"


@dataclass(slots=True)
class Summary:
    """What stands for the first entries of a conversation."""

    upto: Said | None = None
    """The last entry that it stands for."""
    text: str = ""


class Context:
    """The messages of one conversation."""

    def __init__(self, conversation: Conversation, window_tokens: int) -> None:
        self._conversation = conversation
        self._window_chars = window_tokens * TOKEN_CHARS
        self.summary = Summary()

    def messages(self) -> list[Message]:
        """The talk as it was heard: what fits into the window, the newest of it if not all does."""
        told = [message for _, messages in self._newest(self._window_chars) for message in messages]
        return ([Message("system", EARLIER.format(self.summary.text))] if self.summary.text else []) + told

    def too_long(self) -> tuple[Said, list[Message]] | None:
        """What should be told in short from now on: the last entry of it, and all of it, with the summary there is. None
        while three quarters of the window are enough."""
        entries = self._entries()
        if sum(_size(messages) for _, messages in entries) < self._window_chars * 3 // 4:
            return None
        newest = {id(said) for said, _ in self._newest(self._window_chars // 3)}
        old = [(said, messages) for said, messages in entries if id(said) not in newest]
        if not old:
            return None
        before = [Message("system", EARLIER.format(self.summary.text))] if self.summary.text else []
        return old[-1][0], before + [message for _, messages in old for message in messages]

    def _newest(self, chars: int) -> list[tuple[Said, list[Message]]]:
        kept: list[tuple[Said, list[Message]]] = []
        for said, messages in reversed(self._entries()):
            chars -= _size(messages)
            if chars < 0 and kept:
                break
            kept.append((said, messages))
        return kept[::-1]

    def _entries(self) -> list[tuple[Said, list[Message]]]:
        """Each entry with what it tells; a use of a tool together with its result, and none without."""
        said = self._conversation.said
        upto = self.summary.upto
        begin = next((at + 1 for at in range(len(said) - 1, -1, -1) if said[at] is upto), 0)
        outputs = {each.name: each.text for each in said if each.role == "output"}
        found = []
        for each in said[begin:]:
            if each.role == "use" and each.name in outputs:
                use = ToolUse(each.name, each.tool, each.text or "{}")
                result = outputs[each.name][:MOST_RESULT_CHARS]
                found.append((each, [Message("assistant", uses=(use,)), Message("tool", result, use=each.name)]))
            elif each.role in ("user", "assistant", "system") and each.text.strip():
                found.append((each, [Message(each.role, each.text.strip())]))
        return found


def _size(messages: list[Message]) -> int:
    return sum(len(message.text) + sum(len(use.arguments) for use in message.uses) for message in messages)
