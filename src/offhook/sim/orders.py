"""What the core of a simulated call wants its shell to do, and what a call can be set up with."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from offhook.sim.media import SILENT_FRAME
from offhook.sim.signature import Account
from offhook.sim.stream import MarkFaults, StreamPlayback

Purpose = Literal["voice", "action", "redirect", "fallback", "status", "stream", "amd"]
"""What a request is for: the first four are answered with TwiML."""
Direction = Literal["inbound", "outbound-api"]


@dataclass(slots=True)
class Request:
    """Make this HTTP request and report its answer with the `id`."""

    id: int
    purpose: Purpose
    method: str
    url: str
    """The public address, which is what was signed."""
    headers: dict[str, str]
    body: bytes
    via: str | None = None
    """Where to connect instead (`http://host:port`), as a load balancer would; the Host header stays that of `url`."""


@dataclass(slots=True)
class OpenStream:
    """Open this WebSocket and report whether it came up."""

    stream: str
    url: str
    headers: dict[str, str]
    via: str | None = None


@dataclass(slots=True)
class SendMessage:
    """Send this text message."""

    stream: str
    text: str


@dataclass(slots=True)
class CloseStream:
    """Close the connection; `dropped`: without a closing handshake, as when a network fails."""

    stream: str
    dropped: bool = False


@dataclass(slots=True)
class Finished:
    """The call is over and nothing more will be asked for. Exactly once."""

    status: str
    """The CallStatus the carrier would report."""
    reason: str


Order = Request | OpenStream | SendMessage | CloseStream | Finished


@dataclass(slots=True)
class Press:
    """The caller presses a key."""

    digit: str


@dataclass(slots=True)
class HangUp:
    """The caller hangs up."""


class Party(Protocol):
    """Who holds the telephone."""

    def frame(self, now: float, ear: StreamPlayback) -> bytes:
        """The 20 ms (160 bytes of µ-law) that end now; `ear` is what was heard so far on this stream."""

    def acts(self) -> Sequence[Press | HangUp]:
        """What else the party did since it was last asked."""


class Silent:
    """A party that only listens."""

    def frame(self, now: float, ear: StreamPlayback) -> bytes:
        return SILENT_FRAME

    def acts(self) -> Sequence[Press | HangUp]:
        return ()


@dataclass(slots=True)
class Faults:
    """What goes wrong on purpose."""

    drop_stream_after_ms: tuple[float | None, ...] = ()
    """For the first, second, … stream: how long after its start the socket is dropped without `stop`."""
    duplicate_webhook: bool = False
    """The first request is made twice, as after a lost answer."""
    marks: MarkFaults = field(default_factory=MarkFaults)


@dataclass(slots=True)
class Callee:
    """What happens at a number when it is dialled. Times after the answer count from the answer."""

    does: Literal["answer", "busy", "reject", "no-answer", "fail"] = "answer"
    after_ms: float = 2000.0
    """How long it rings before that."""
    person: Callable[[float], Party] = lambda _answered_ms: Silent()
    """Who is on the line then, made with the time of the answer."""
    speech_ms: float = 0.0
    """How long the first words are: a machine's greeting, a person's hello; 0: waits in silence."""
    beep_ms: float | None = None
    """When the beep of a machine is over."""
    fax: bool = False
    answered_by: str | None = None
    """What the detection of machines is to say, whatever is heard."""
    verdict_ms: float | None = None
    """When it is to say it."""
    leaves_ms: float | None = None
    """When the line is hung up there, whatever happens."""


@dataclass(slots=True)
class CallbackFaults:
    """What happens on purpose to status callbacks, by event: `initiated`, `ringing`, `answered`, `completed`."""

    lose: frozenset[str] = frozenset()
    repeat: frozenset[str] = frozenset()
    late_ms: Mapping[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class Setup:
    """One call: what its TwiML comes from, who calls whom, and what is told to whom."""

    voice_url: str
    account: Account
    voice_method: str = "POST"
    fallback_url: str | None = None
    """Asked once where a document cannot be had or followed."""
    direction: Direction = "inbound"
    caller: str = "+15550100001"
    called: str = "+15550100002"
    call_sid: str = "CA00000000000000000000000000000001"
    status_callback: str | None = None
    """Of an inbound call the number's own: asked once, at the end."""
    status_method: str = "POST"
    upstreams: tuple[str, ...] = ()
    """Base URLs of several servers behind one public address: each request and each stream goes to the next one."""
    asks_after_hang_up: bool = True
    """Whether the `action` of `<Connect>` is also asked when the caller hung up; both are seen."""
    hang_up_after_ms: float | None = None
    """The caller hangs up this long after the call began, whatever happens."""
    callees: Callable[[str], Callee] = lambda _number: Callee()
    """Who answers where the call, or a `<Dial>`, is put through to."""
    faults: Faults = field(default_factory=Faults)
    epoch_s: float = 0.0
    """Unix time of the call's time 0, for the timestamps of callbacks."""
