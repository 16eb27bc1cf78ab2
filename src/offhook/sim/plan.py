"""What a simulated account is made of: its numbers, who answers where, and what goes wrong on purpose. Pure."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Self

from offhook.errors import ConfigError
from offhook.sim.orders import CallbackFaults, Callee
from offhook.sim.signature import Account

EVENTS = ("initiated", "ringing", "answered", "completed")
"""Of a call, which status callbacks are about."""


@dataclass(slots=True)
class RestFaults:
    """What goes wrong on purpose. Counts are of the next requests; times are in milliseconds."""

    too_many: int = 0
    """So many requests are answered 429, and nothing is done."""
    trouble: int = 0
    """So many requests are answered 500, and nothing is done."""
    lost: int = 0
    """So many calls are made, and the request never answered."""
    made_500: int = 0
    """So many calls are made, and the request answered 500."""
    slow_ms: int = 0
    """Every answer takes so long."""
    unlisted_ms: int = 0
    """A new call is not found by reading and listing for so long."""

    @classmethod
    def parse(cls, texts: Sequence[str]) -> Self:
        """From `name=number`, as on a command line. Raises ConfigError."""
        known = {each.name.replace("_", "-") for each in fields(cls)}
        found: dict[str, int] = {}
        for text in texts:
            name, _, count = text.partition("=")
            if name not in known:
                raise ConfigError(f"There is no fault {name!r}; there are: {', '.join(sorted(known))}.")
            if not re.fullmatch("[0-9]{1,9}", count or "1"):
                raise ConfigError(f"The fault {name} needs a whole number, as in {name}=1.")
            found[name.replace("-", "_")] = int(count or "1")
        return cls(**found)

    def spend(self, name: str) -> bool:
        """Whether it is this request's turn to have it."""
        left: int = getattr(self, name)
        if left:
            setattr(self, name, left - 1)
        return left > 0


def callback_faults(texts: Sequence[str]) -> CallbackFaults:
    """From `EVENT=lost`, `EVENT=twice` and `EVENT=milliseconds`, as on a command line. Raises ConfigError."""
    lost, twice, late_ms = set(), set(), {}
    for text in texts:
        event, _, what = text.partition("=")
        if event not in EVENTS:
            raise ConfigError(f"There is no status callback {event!r}; there are: {', '.join(EVENTS)}.")
        if what == "lost":
            lost.add(event)
        elif what == "twice":
            twice.add(event)
        elif re.fullmatch("[0-9]{1,6}", what):
            late_ms[event] = float(what)
        else:
            raise ConfigError(f"A callback is lost, twice or so many milliseconds late, as in {event}=3000.")
    return CallbackFaults(frozenset(lost), frozenset(twice), late_ms)


@dataclass(slots=True)
class Plan:
    """The account, its numbers, and how the world around it behaves."""

    account: Account
    numbers: Sequence[str] = ()
    callees: Callable[[str], Callee] = lambda _number: Callee()
    refused: Mapping[str, int] = field(default_factory=dict)
    """Numbers that cannot be called, with the error code."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """API keys (SK…) and their secrets."""
    calls_per_second: float = 1.0
    """Further calls are queued; 0: as many as you like."""
    faults: RestFaults = field(default_factory=RestFaults)
    callbacks: CallbackFaults = field(default_factory=CallbackFaults)
    upstreams: tuple[str, ...] = ()
    epoch_s: float = 0.0
    """Unix time of time 0."""
