"""What was said so far in a conversation with a model, as a later session must be told of it: what was heard. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Literal

from offhook.agent.realtime import messages as say
from offhook.agent.realtime.wire import Dialect

Role = Literal["user", "assistant", "system", "use", "output"]


@dataclass(slots=True)
class Said:
    """One entry. `name` is the item, the caller's turn or the tool use it belongs to."""

    role: Role
    name: str
    text: str = ""
    tool: str = ""
    """Of a use, the tool's name; `text` has its arguments."""
    id: str = ""
    """Its id in the session that is open, if we wrote it there ourselves."""


class Conversation:
    """The entries of one call, in the order in which they began. It outlives sessions."""

    def __init__(self) -> None:
        self.said: list[Said] = []
        self._ids = count(1)

    def _find(self, role: Role, name: str) -> Said | None:
        return next((said for said in reversed(self.said) if said.role == role and said.name == name), None)

    @property
    def last(self) -> Said | None:
        """The latest entry."""
        return self.said[-1] if self.said else None

    def begin(self, role: Role, name: str, text: str = "", tool: str = "") -> Said:
        """An entry begins; one that has begun is given back as it is."""
        if (found := self._find(role, name)) is None:
            found = Said(role, name, text, tool)
            self.said.append(found)
        return found

    def caller(self, turn: str, text: str) -> None:
        """The words of a caller's turn."""
        self.begin("user", turn).text = text

    def words(self, item: str, text: str) -> None:
        """More words of the agent's."""
        self.begin("assistant", item).text += text

    def forget(self, said: Said) -> None:
        """Nobody heard it."""
        self.said.remove(said)

    def agent(self, item: str) -> Said | None:
        """The entry of an item of the agent's."""
        return self._find("assistant", item)

    def use(self, name: str) -> Said | None:
        """The entry of a use of a tool."""
        return self._find("use", name)

    def write(self, dialect: Dialect, said: Said) -> bytes:
        """The message that writes an entry into the session, where it belongs among those written before."""
        said.id = f"offhook{next(self._ids)}"
        at = self.said.index(said)
        after = next((each.id for each in reversed(self.said[:at]) if each.id), "root")
        last = at > 0 and said is self.said[-1]
        return say.message(dialect, said.role, said.text, id=said.id, after=None if last else after)

    def replay(self, dialect: Dialect) -> Iterator[bytes]:
        """All of it for a new session, as written items. A use of a tool whose result is not there is left out."""
        outputs = {said.name for said in self.said if said.role == "output"}
        for said in self.said:
            said.id = ""
        for said in self.said:
            if said.role == "use":
                if said.name in outputs:
                    yield say.function_call(said.name, said.tool, said.text or "{}")
            elif said.role == "output":
                yield say.function_output(said.name, said.text)
            elif said.text.strip():
                said.id = f"offhook{next(self._ids)}"
                yield say.message(dialect, said.role, said.text.strip(), id=said.id)
