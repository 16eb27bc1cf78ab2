"""A call as it is spoken, for the terminal of whoever tries the demo. A real server shows it to nobody."""

from collections.abc import Callable

from offhook.core import events as e

SHOWN_CHARS = 100  # of a tool's arguments and result


class LiveTalk:
    """Prints each call's turns in their order, though a turn of the agent's is known only when it was heard."""

    def __init__(self, say: Callable[[str], None]) -> None:
        """`say` prints a line."""
        self._say = say
        self._calls: dict[str, _Lines] = {}

    def watch(self, call_id: str, event: e.Event) -> None:
        """Every event of every call. While several are on, each line names its call."""
        lines = self._calls.setdefault(call_id, _Lines(lambda text: self._say(self._label(call_id) + text)))
        match event:
            case e.AgentJoined(backend=backend):
                if lines.joined:
                    lines.line(f"  {backend} goes on")
                lines.joined = True
            case e.TurnKept(turn=turn, role="caller", text=text):
                lines.turn(turn, f"  caller  {text}")
            case e.TurnKept(turn=turn, role="agent", text=text, unheard=unheard):
                lines.turn(turn, f"  agent   {text}" + (f" […not heard: {unheard}]" if unheard else ""))
            case e.ToolCalled(name=name, arguments=arguments):
                lines.line(f"  tool    {name} {_short(arguments)}")
            case e.ToolFinished(output=output, failed=failed):
                lines.line(f"          {'refused: ' if failed else '→ '}{_short(output)}")
            case e.AgentLost(message):
                lines.line(f"  the agent was lost: {message}")
            case e.Ended(result, reason):
                lines.flush()
                self._say(f"{self._label(call_id)}  call {result}: {reason}\n")
                del self._calls[call_id]

    def _label(self, call_id: str) -> str:
        return f"{call_id[:4]}" if len(self._calls) > 1 else ""


class _Lines:
    """What waits for a turn that began before it."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.joined = False
        """An agent has answered: one that joins now goes on for it."""
        self._say = say
        self._next = 1
        self._waiting: list[tuple[int | None, str]] = []

    def turn(self, turn: int, text: str) -> None:
        """A turn, or a better version of one."""
        if turn < self._next:
            self._say(text)
            return
        self._waiting.append((turn, text))
        if turn == self._next:
            self._catch_up()

    def line(self, text: str) -> None:
        """Anything else, at its place."""
        if self._waiting:
            self._waiting.append((None, text))
        else:
            self._say(text)

    def _catch_up(self) -> None:
        """Says the turn that was waited for, and all that waited behind it."""
        while at := next((at for at in self._waiting if at[0] == self._next), None):
            self._waiting.remove(at)
            self._say(at[1])
            self._next += 1
        while self._waiting and self._waiting[0][0] is None:
            self._say(self._waiting.pop(0)[1])

    def flush(self) -> None:
        """The call is over: nothing is waited for."""
        for _, text in self._waiting:
            self._say(text)


def _short(text: str) -> str:
    return text if len(text) <= SHOWN_CHARS else text[:SHOWN_CHARS] + " …"
