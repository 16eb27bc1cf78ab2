"""What is known of a call whose process died, so that another can go on with it. Pure."""

from dataclasses import dataclass, field
from typing import Any, Literal

from offhook.core import events as e
from offhook.core.leg import CallInfo


@dataclass(frozen=True, slots=True)
class Spoken:
    """A turn as it was kept."""

    number: int
    role: Literal["caller", "agent"]
    text: str
    """What was said; of the agent, what was heard."""
    unheard: str
    at_ms: float
    """When it was first kept, since the call began."""


@dataclass(frozen=True, slots=True)
class Used:
    """A use of a tool."""

    id: str
    name: str
    arguments: str
    """A JSON object, as the agent wrote it."""
    output: str | None
    """None if nobody knows what came of it."""
    at_ms: float


@dataclass(frozen=True, slots=True)
class Past:
    """A call, as far as it was kept."""

    call_id: str
    info: CallInfo
    epoch: int
    """Which stream may join next."""
    began_at: float
    """Seconds since 1970."""
    lasted_ms: float
    """Since it began, until now."""
    seq: int
    """The newest number of its journal."""
    state: str
    """Where it stood (core/states.py)."""
    agent: str = ""
    """The agent's name."""
    backend: str = ""
    """What the call was asked for with instead of the agent's own model, if anything."""
    amd: Literal["", "off", "sync", "async"] = ""
    """Of a call that was asked for here: whether the carrier finds out who answers it (core/opening.py, Detection)."""
    callee: e.CalleeKnown | None = None
    """Its newest verdict."""
    data: dict[str, Any] = field(default_factory=dict)
    """What its tools noted."""
    memory: dict[str, Any] = field(default_factory=dict)
    """What its agent leg remembered of itself (core/events.py, Remembered)."""
    turns: tuple[Spoken, ...] = ()
    uses: tuple[Used, ...] = ()
    usd: float | None = None
    unpriced: bool = False
    resumed_ms: tuple[float, ...] = ()
    """When streams came back, since the call began; the newest last."""

    @property
    def machine(self) -> bool:
        """The carrier says that a machine is on the line."""
        return self.callee is not None and self.callee.by == "machine"
