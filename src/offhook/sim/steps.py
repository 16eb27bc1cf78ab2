"""The steps of a script that a caller follows: plain data. Times are milliseconds, audio is µ-law of 8 kHz.

`number` is the step of the script that it came from; 0 where there is no script.
"""

from dataclasses import dataclass, field

PATIENCE_MS = 8000.0


@dataclass(slots=True)
class Listen:
    """Wait until the agent has spoken since the caller last did, and fell silent; give up if nothing is heard for a while.

    `greeting` false: who has said nothing yet does not wait for the agent to speak first.
    """

    patience_ms: float = PATIENCE_MS
    greeting: bool = True
    number: int = field(default=0, kw_only=True)


@dataclass(slots=True)
class Speech:
    """Wait until the agent is speaking."""

    patience_ms: float = PATIENCE_MS
    number: int = field(default=0, kw_only=True)


@dataclass(slots=True)
class Silence:
    """Wait until nothing was heard of the agent for so long."""

    ms: float = 700.0
    patience_ms: float = 60_000.0
    number: int = field(default=0, kw_only=True)


@dataclass(slots=True)
class Hear:
    """Wait until the agent has said these words since the caller last spoke."""

    words: str
    patience_ms: float = 12_000.0
    number: int = field(default=0, kw_only=True)


@dataclass(slots=True)
class End:
    """Wait until the agent hangs up."""

    patience_ms: float = 15_000.0
    number: int = field(default=0, kw_only=True)


@dataclass(slots=True)
class Say:
    """Speak. `words` is for the report."""

    audio: bytes
    words: str = ""
    number: int = field(default=0, kw_only=True)


@dataclass(slots=True)
class BargeIn:
    """Speak `after_ms` after the agent began its answer; without an answer, when the patience is over."""

    after_ms: float
    audio: bytes
    words: str = ""
    patience_ms: float = PATIENCE_MS
    number: int = field(default=0, kw_only=True)


@dataclass(slots=True)
class Sound:
    """Make a sound that is no speech, or play a file. Nobody has to answer it."""

    audio: bytes
    name: str
    number: int = field(default=0, kw_only=True)


@dataclass(slots=True)
class Noise:
    """From now on there is noise around the caller; the script goes on."""

    audio: bytes
    name: str
    ms: float
    number: int = field(default=0, kw_only=True)


@dataclass(slots=True)
class PressKey:
    """Press a key."""

    digit: str
    number: int = field(default=0, kw_only=True)


@dataclass(slots=True)
class Wait:
    """Do nothing for a while."""

    ms: float
    number: int = field(default=0, kw_only=True)


@dataclass(slots=True)
class Leave:
    """Hang up."""

    number: int = field(default=0, kw_only=True)


Step = Listen | Speech | Silence | Hear | End | Say | BargeIn | Sound | Noise | PressKey | Wait | Leave
