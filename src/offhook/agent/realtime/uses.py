"""The model's uses of tools in one call: which results are still to come, and what a session must be told of each. Pure."""

from collections.abc import Iterator

from offhook.agent.conversation import Conversation
from offhook.agent.realtime import messages as say
from offhook.agent.realtime.wire import ToolWanted


class Uses:
    """Those of one leg. They outlive sessions, as tools do."""

    def __init__(self, conversation: Conversation, pending: frozenset[str] = frozenset()) -> None:
        """`pending`: uses that the model of another leg asked for."""
        self._conversation = conversation
        self._pending = set(pending)
        self._known: set[str] = set()

    @property
    def pending(self) -> frozenset[str]:
        """Those whose results are to come."""
        return frozenset(self._pending)

    def renew(self) -> None:
        """Another session was told the conversation: it knows of the uses that have results."""
        self._known = {said.name for said in self._conversation.said if said.role == "output"}

    def begin(self, wanted: ToolWanted) -> None:
        """The model wants a tool run."""
        self._pending.add(wanted.call)
        self._known.add(wanted.call)
        self._conversation.begin("use", wanted.call, wanted.arguments, wanted.name)

    def end(self, use: str, output: str) -> Iterator[bytes]:
        """What came of it, as messages to the session."""
        self._pending.discard(use)
        said = self._conversation.use(use)
        if said is not None and use not in self._known:  # asked for in a session before this one
            yield say.function_call(use, said.tool, said.text)
        self._conversation.begin("output", use, output)
        yield say.function_output(use, output)
