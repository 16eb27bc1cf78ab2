"""What a session asks of its shell, how the service is to behave, and what is to go wrong. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from offhook.errors import ConfigError


@dataclass(slots=True)
class Send:
    """A text message to the client."""

    text: str


@dataclass(slots=True)
class Close:
    """Close the connection; what was sent before arrives. 1006 drops it without a closing handshake."""

    code: int
    reason: str = ""


@dataclass(slots=True)
class Hear:
    """Recognise PCM16 8 kHz, and call `heard` with the words."""

    item_id: str
    pcm16: bytes


@dataclass(slots=True)
class Speak:
    """Render a sentence at a speed (1 is usual), and call `spoken` with it."""

    response_id: str
    index: int
    text: str
    speed: float


Order = Send | Close | Hear | Speak


@dataclass(frozen=True, slots=True)
class ToolUse:
    """A tool that the model calls, with arguments as JSON text."""

    name: str
    arguments: str = "{}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model says or does in one response."""

    text: str = ""
    tools: tuple[ToolUse, ...] = ()
    fails: tuple[str, str] | None = None
    """The response fails instead, with this code and message."""
    stops: str | None = None
    """The response ends incomplete after its text: "content_filter" or "max_output_tokens"."""


@dataclass(frozen=True, slots=True)
class Faults:
    """What is to go wrong. Milliseconds of audio count per response."""

    refuse: int | None = None
    """The handshake is answered with this status."""
    no_upgrade: bool = False
    """The connection is taken, and its handshake is never answered."""
    half_open: bool = False
    """The handshake is answered, and nothing is ever said."""
    update_error: bool = False
    """An error of the server comes before each `session.updated`."""
    update_silent: bool = False
    """`session.update` is never answered."""
    stall_ms: int | None = None
    """Responses stop after so much audio and never end."""
    drop_ms: int | None = None
    """The connection is closed after so much audio of a response."""
    drop_code: int = 1011
    """The close code of that; 1006 drops the connection."""
    delay_ms: int = 0
    """Every event is so late."""
    transcription_delay_ms: int = 0
    """Transcriptions are so late: after the answer, or after the next turn's."""
    transcription_twice: bool = False
    transcription_fails: bool = False
    fail_responses: int = 0
    """So many responses fail before one works."""
    malformed: bool = False
    """Before the first audio of each response comes a message that is no JSON."""
    oversize: bool = False
    """The first audio of each response comes in an event of more than 2 MiB."""
    unknown_events: bool = False
    """Events and keys that no documentation knows are sent in between."""
    deaf: bool = False
    """µ-law from the caller is dropped without a word."""

    @property
    def mute(self) -> bool:
        """Whether nothing is to be said at all."""
        return self.no_upgrade or self.half_open

    @classmethod
    def parse(cls, wanted: Sequence[str]) -> "Faults":
        """From "name" and "name=number". Raises ConfigError."""
        known = {each.name: each for each in fields(cls)}
        values: dict[str, Any] = {}
        for text in wanted:
            name, _, number = text.partition("=")
            name = name.replace("-", "_")
            if name not in known:
                names = ", ".join(each.replace("_", "-") for each in known)
                raise ConfigError(f"There is no fault {name!r}; the faults are {names}.")
            plain = known[name].default is False
            if plain == bool(number) or (number and not number.isdecimal()):
                raise ConfigError(
                    f"The fault {name} {'takes no number' if plain else 'needs a whole number: ' + name + '=400'}."
                )
            values[name] = True if plain else int(number)
        return cls(**values)


@dataclass(frozen=True, slots=True)
class Setup:
    """One service: how fast it is, how long its sessions last, whom it admits."""

    api_key: str | None = None
    """The key that is asked for; None takes any."""
    first_audio_ms: float = 300.0
    """From the beginning of a response to its first audio."""
    delta_ms: int = 200
    """Audio in one event."""
    pace: float = 8.0
    """How many times faster than it sounds audio comes."""
    lifetime_s: float = 3600.0
    """How long a session may last."""
    expiry_code: int = 1001
    """The close code then."""
    answers: tuple[Answer, ...] = ()
    """What each session's first responses are; then the model thinks for itself."""
    faults: Faults = field(default_factory=Faults)
    keep_log: bool = True
    """Sessions keep all that was said, for who reads it afterwards."""
    epoch_s: float = 0.0
    """Unix time of the shell's 0 ms."""
    seed: int = 0
    """Makes the ids."""
