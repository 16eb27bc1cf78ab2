"""What the core of a simulated call wants its shell to do, and what a call can be set up with."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from offhook.sim.media import SILENT_FRAME
from offhook.sim.signature import Account
from offhook.sim.stream import MarkFaults, StreamPlayback

Purpose = Literal["voice", "action", "redirect", "status", "stream"]
"""What a request is for: the first three are answered with TwiML."""


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
class Dialled:
    """What becomes of a `<Dial>`."""

    status: Literal["completed", "busy", "no-answer", "failed", "canceled"] = "completed"
    after_ms: float = 2000.0


@dataclass(slots=True)
class Setup:
    """One inbound call."""

    voice_url: str
    account: Account
    caller: str = "+15550100001"
    called: str = "+15550100002"
    call_sid: str = "CA00000000000000000000000000000001"
    status_callback: str | None = None
    """The number's own status callback: asked once, at the end."""
    upstreams: tuple[str, ...] = ()
    """Base URLs of several servers behind one public address: each request and each stream goes to the next one."""
    asks_after_hang_up: bool = True
    """Whether the `action` of `<Connect>` is also asked when the caller hung up; both are seen."""
    hang_up_after_ms: float | None = None
    """The caller hangs up this long after the call began, whatever happens."""
    dialled: Dialled = field(default_factory=Dialled)
    faults: Faults = field(default_factory=Faults)
    epoch_s: float = 0.0
    """Unix time of the call's time 0, for the timestamps of callbacks."""
