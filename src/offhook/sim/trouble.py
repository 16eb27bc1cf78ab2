"""What may go wrong on one connection between a client and a provider: a plan, and what of it is bytes. Pure."""

from dataclasses import dataclass, fields
from http import HTTPStatus
from typing import Any, Literal

from offhook.errors import ConfigError

Ways = Literal["both", "up", "down"]
"""Which direction is meant: "up" is from the client to the server."""
GARBAGE = b"\xff\x00garbage\x7f\xfe" * 4
"""No frame of a WebSocket, and no HTTP."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """A connection's plan; without any, nothing goes wrong.

    What breaks a connection (`reset`, `end`, `close`, `stall`, `garbage`) happens `after_ms`, counted from when the
    connection was taken, or once the server has sent `after_bytes`, whichever is said; at once if neither is.
    """

    reset: bool = False
    """Broken without a word: RST."""
    end: bool = False
    """Ended without a closing handshake: FIN."""
    close: int | None = None
    """Closed with this code, in the server's name."""
    stall: bool = False
    """Nothing crosses any more, and nobody is told: the half-open connection."""
    garbage: bool = False
    """Bytes of something else come from the server."""
    after_ms: float | None = None
    after_bytes: int | None = None
    stall_ms: float | None = None
    """How long a stall lasts; then all that waited crosses. None: for ever."""
    ways: Ways = "both"
    """Which direction stalls, or is throttled."""
    status: int | None = None
    """The handshake is answered with this status and never reaches the server."""
    retry_after: str | None = None
    """With `status`: the header of this name."""
    mute: bool = False
    """The connection is taken, and the handshake is never answered."""
    handshake_ms: float = 0.0
    """The handshake is answered so late."""
    bytes_per_s: float | None = None
    """No more than so many cross in a second."""

    @property
    def breaks(self) -> bool:
        """Whether the connection, once made, comes to harm at some moment."""
        return self.reset or self.end or self.close is not None or self.stall or self.garbage

    @property
    def speaks(self) -> bool:
        """Whether bytes of the proxy's own are put in, which no client under TLS can read."""
        return self.close is not None or self.garbage or self.status is not None

    @classmethod
    def parse(cls, text: str) -> "Trouble":
        """From "reset,after-ms=4000", or "none". Raises ConfigError."""
        known = {each.name: each for each in fields(cls)}
        values: dict[str, Any] = {}
        for part in () if text == "none" else text.split(","):
            name, _, value = part.strip().partition("=")
            field = known.get(name.replace("-", "_"))
            if field is None:
                names = ", ".join(each.replace("_", "-") for each in known)
                raise ConfigError(f"A connection knows no trouble {name!r}; it is none, or of {names}.")
            values[field.name] = _value(name, value, field.default)
        return cls(**values)


def _value(name: str, value: str, default: Any) -> Any:
    if default is False:
        if value:
            raise ConfigError(f"The trouble {name} takes no value.")
        return True
    if name == "ways":
        if value not in ("both", "up", "down"):
            raise ConfigError("The trouble ways is both, up or down.")
        return value
    if name == "retry-after":
        return value
    try:
        number = float(value)
        if not (1 if name in ("close", "status", "bytes-per-s") else 0) <= number < 1e9:
            raise ValueError
    except ValueError:
        raise ConfigError(f"The trouble {name} needs a number: {name}=400.") from None
    return int(number) if name in ("close", "status", "after-bytes") else number


def refusal(trouble: Trouble) -> bytes:
    """The answer to a handshake that is refused with a status."""
    status = trouble.status or 503
    phrase = next((each.phrase for each in HTTPStatus if each == status), "Refused")
    body = b'{"error":{"message":"The proxy refuses this connection."}}'
    lines = [
        f"HTTP/1.1 {status} {phrase}", "Content-Type: application/json", f"Content-Length: {len(body)}",
        "Connection: close",
    ]  # fmt: skip
    if trouble.retry_after is not None:
        lines.append(f"Retry-After: {trouble.retry_after}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def close_frame(code: int) -> bytes:
    """The closing frame of a server."""
    return b"\x88\x02" + code.to_bytes(2, "big")


class Frames:
    """Follows what a server sends, and knows where a frame of its ends: only there may another be put in."""

    def __init__(self) -> None:
        self._head: bytearray | None = bytearray()
        """Of the frame that is under way, as long as it is not whole; None while its payload comes."""
        self._left = 0
        self._http = bytearray()
        self._upgraded = False

    @property
    def between(self) -> bool:
        """Whether all that was followed so far ends with a frame, or with the head of the handshake's answer."""
        return self._upgraded and self._head is not None and not self._head

    def follow(self, data: bytes, *, to_first: bool = False) -> int:
        """Takes the next bytes. Gives the offset in them after the last end of a frame, or after the first and takes no
        more; 0 if none ends in them."""
        at = last = 0
        if not self._upgraded:
            before = len(self._http)
            self._http += data
            end = self._http.find(b"\r\n\r\n")
            if end < 0:
                return 0
            self._upgraded = True
            at = last = end + 4 - before
            self._http.clear()
        while at < len(data):
            if self._head is None:
                step = min(self._left, len(data) - at)
                self._left -= step
                at += step
            else:
                self._head.append(data[at])
                at += 1
                self._read_head(self._head)
            if self._head is None and not self._left:
                self._head, last = bytearray(), at
                if to_first:
                    break
        return last

    def _read_head(self, head: bytearray) -> None:
        if len(head) < 2:
            return
        more = {126: 2, 127: 8}.get(head[1] & 0x7F, 0)
        if len(head) == 2 + more:
            self._left = int.from_bytes(head[2:], "big") if more else head[1] & 0x7F
            self._head = None
