"""The doors of one server: who answers an upgrade outside ASGI is the first that knows its path."""

from offhook.server.connection import Doors, Opened, Refused
from offhook.server.head import Head


class AllDoors:
    """Several doors as one."""

    def __init__(self, *doors: Doors) -> None:
        self._doors = doors

    def knock(self, head: Head) -> Opened | Refused | None:
        """The answer to an upgrade; None if the path is none of theirs."""
        for door in self._doors:
            if (answer := door.knock(head)) is not None:
                return answer
        return None
