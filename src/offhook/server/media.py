"""Media sockets: picows on a connection that uvicorn accepted, and what a phone leg sees of it.

picows' protocol class is not in its stubs and takes fifteen positional arguments; the version is pinned and
tests/server/test_media.py fails when that changes. It is given a head of our own making, because it refuses heads that
are in order (`Connection: keep-alive, Upgrade`) and would repeat a bad one to the peer.
"""

import asyncio
import base64
import binascii
import logging
import socket
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Protocol

import picows
from picows import WSListener, WSMsgType, WSTransport
from picows.picows import WSProtocol  # type: ignore[attr-defined]

from offhook.server.connection import Refused
from offhook.server.head import Head

log = logging.getLogger(__name__)

UNSENT_LOW = 16 * 1024  # what the kernel may hold back unsent, so that a `clear` overtakes audio (TCP_NOTSENT_LOWAT)
CLOSE_SECONDS = 2.0
MESSAGE_BYTES = 1024 * 1024
REASON_BYTES = 123  # RFC 6455, 5.5
BINARY = WSMsgType.BINARY
TEXT = WSMsgType.TEXT  # asking picows' enumeration for a member costs as much as cutting out a payload
NO_CODE = 1005
NEVER_SENT = (NO_CODE, 1006, 1015)  # close codes that only stand for the lack of one (RFC 6455, 7.4.1)
OUR_FAILURE = "media socket closed: our own failure"

# picows logs each connection with its address, and what peers do wrong as errors; what matters is logged here instead.
_silent = logging.getLogger("offhook.server.picows")
_silent.setLevel(logging.CRITICAL + 1)


class Leg(Protocol):
    """What a socket tells its phone leg."""

    @property
    def joined(self) -> bool:
        """True once the stream carries a call."""

    def receive(self, message: bytes) -> None:
        """One whole text message."""

    def receive_binary(self, message: bytes) -> None:
        """One whole binary message."""

    def closing(self, code: int) -> None:
        """The peer closes the socket, with this code."""

    def resume(self) -> None:
        """What was unsent has gone out."""

    def lost(self) -> None:
        """The socket is gone."""


class _NoLeg:
    """Before the socket is open, and where making the leg failed."""

    joined = False

    def receive(self, message: bytes) -> None: ...
    def receive_binary(self, message: bytes) -> None: ...
    def closing(self, code: int) -> None: ...
    def resume(self) -> None: ...
    def lost(self) -> None: ...


class MediaSocket:
    """One media socket, as its leg writes to it."""

    def __init__(self, transport: WSTransport) -> None:
        self._transport = transport
        self._stream = transport.underlying_transport
        self._loop = asyncio.get_running_loop()
        self._abort: asyncio.TimerHandle | None = None
        self._gone = False

    def send(self, message: bytes) -> None:
        """A text message. After `close` it is dropped."""
        self._send(TEXT, message)

    def send_binary(self, message: bytes) -> None:
        """A binary message. After `close` it is dropped."""
        self._send(BINARY, message)

    def _send(self, kind: WSMsgType, message: bytes) -> None:
        # With a header's room before it picows writes straight to the kernel, whatever the size; `send` would park
        # messages over 8 kB in the loop's buffer until its next turn.
        room = bytearray(14)
        room += message
        self._transport.send_reuse_external_bytearray(kind, room, 14)

    def unsent(self) -> int:
        """Bytes the kernel did not take yet."""
        return self._stream.get_write_buffer_size()

    def close(self, code: int, reason: str = "") -> None:
        """Says goodbye, with a reason of at most 123 bytes; the connection is cut if the peer does not answer soon.
        Idempotent."""
        if self._abort is None and not self._gone:
            told = reason.encode()[:REASON_BYTES].decode("utf-8", "ignore").encode()
            self._transport.send_close(code, told or None)  # type: ignore[arg-type]
            self._abort = self._loop.call_later(CLOSE_SECONDS, self._stream.abort)

    def finish(self) -> None:
        """The peer said goodbye too: let the last bytes go out, but do not wait long for them."""
        if self._abort is None:
            self._abort = self._loop.call_later(CLOSE_SECONDS, self._stream.abort)
        self._transport.disconnect()

    def released(self) -> None:
        """The connection is gone: no timer may outlive it."""
        self._gone = True
        if self._abort is not None:
            self._abort.cancel()


@dataclass(frozen=True, slots=True)
class Limits:
    """What a media socket may cost."""

    message_bytes: int = MESSAGE_BYTES
    start_seconds: float = 5.0
    ping_interval: float = 20.0
    """Seconds of silence before a ping; 0 for none."""
    ping_timeout: float = 20.0


class MediaListener(WSListener):
    """Whole messages to the leg; everything else is answered, counted or refused here."""

    def __init__(self, limits: Limits, open_leg: Callable[[MediaSocket], Leg]) -> None:
        self._limits = limits
        self._open_leg = open_leg
        self._leg: Leg = _NoLeg()
        self._parts: bytearray | None = None  # of a fragmented message
        self._parts_kind = TEXT

    def on_ws_connected(self, transport: WSTransport) -> None:
        stream = transport.underlying_transport
        stream.set_write_buffer_limits(high=0)
        if hasattr(socket, "TCP_NOTSENT_LOWAT"):
            stream.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_LOW)
        self.socket = MediaSocket(transport)
        self._start_timer = asyncio.get_running_loop().call_later(self._limits.start_seconds, self._check_started)
        try:
            self._leg = self._open_leg(self.socket)
        except Exception:
            log.exception(OUR_FAILURE)
            self.socket.close(1011)

    def _check_started(self) -> None:
        if not self._leg.joined:
            log.info("media socket closed: no start in time")
            self.socket.close(1008)

    def on_ws_frame(self, transport: WSTransport, frame: picows.WSFrame) -> None:
        try:
            kind = frame.msg_type
            if kind is TEXT and frame.fin and self._parts is None and not (frame.rsv1 or frame.rsv2 or frame.rsv3):
                if not transport.is_close_frame_sent:
                    self._leg.receive(frame.get_payload_as_bytes())
                return
            self._unusual(transport, frame, kind)
        except Exception:
            log.exception(OUR_FAILURE)
            self.socket.close(1011)

    def _unusual(self, transport: WSTransport, frame: picows.WSFrame, kind: WSMsgType) -> None:
        if kind == WSMsgType.CLOSE:
            if not transport.is_close_frame_sent:
                told = frame.get_payload_as_bytes()
                transport.send_close(_goodbye(told))  # type: ignore[arg-type]
                self._leg.closing(int.from_bytes(told[:2]) if told else NO_CODE)
            self.socket.finish()
        elif transport.is_close_frame_sent or kind == WSMsgType.PONG:
            return
        elif frame.rsv1 or frame.rsv2 or frame.rsv3:
            self.socket.close(1002)  # no extension was agreed on
        elif kind == WSMsgType.PING:
            # A peer that asks without reading must not fill our memory; RFC 6455, 5.5.3 lets us skip all but the last.
            if self.socket.unsent() == 0:
                transport.send_pong(frame.get_payload_as_bytes())
        elif kind == WSMsgType.CONTINUATION:
            self._continued(frame)
        elif self._parts is not None:
            self.socket.close(1002)  # a new message inside a fragmented one
        elif frame.fin:
            self._leg.receive_binary(frame.get_payload_as_bytes())  # a whole text is not unusual
        else:
            self._parts, self._parts_kind = bytearray(frame.get_payload_as_memoryview()), kind

    def _continued(self, frame: picows.WSFrame) -> None:
        if self._parts is None:
            self.socket.close(1002)
            return
        self._parts += frame.get_payload_as_memoryview()
        if len(self._parts) > self._limits.message_bytes:
            self._parts = None
            self.socket.close(1009)
        elif frame.fin:
            message, self._parts = bytes(self._parts), None
            if self._parts_kind == TEXT:
                self._leg.receive(message)
            else:
                self._leg.receive_binary(message)

    def pause_writing(self) -> None:
        """Nothing to do: the leg asks `unsent` before it writes."""

    def resume_writing(self) -> None:
        try:
            self._leg.resume()
        except Exception:
            log.exception(OUR_FAILURE)
            self.socket.close(1011)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self._start_timer.cancel()
        self.socket.released()
        try:
            self._leg.lost()
        except Exception:
            log.exception("a lost media socket was not noticed")


def _goodbye(told: bytes) -> int:
    """The close code that answers the payload of a close frame: the same, or 1002 for one that may not be sent."""
    if not told:
        return 1000
    code = int.from_bytes(told[:2])
    return code if 1000 <= code < 5000 and code not in NEVER_SENT else 1002


class MediaProtocol(WSProtocol):  # type: ignore[misc]
    """Known to uvicorn as a live connection: asked to close at the end, and waited for."""

    connections: set[Any]

    def connection_lost(self, exc: Exception | None) -> None:
        self.connections.discard(self)
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """The server stops."""
        if self.listener is None:
            self.transport.disconnect()
        else:
            self.listener.socket.close(1012)


class MediaUpgrade:
    """A media upgrade that is taken."""

    def __init__(self, key: str, listener: WSListener, limits: Limits) -> None:
        self._key, self._listener, self._limits = key, listener, limits

    def hand_over(self, transport: asyncio.Transport, connections: set[Any], tail: bytes) -> None:
        """Answers the upgrade and lets picows have the connection."""
        limits = self._limits
        pings = limits.ping_interval > 0
        protocol = MediaProtocol(
            None, None, False, lambda _request: self._listener, _silent, False, None, pings, limits.ping_interval,
            min(limits.ping_timeout, limits.ping_interval), picows.WSAutoPingStrategy.PING_WHEN_IDLE, False,
            limits.message_bytes, None, 16 * 1024,
        )  # fmt: skip
        protocol.connections = connections
        connections.add(protocol)
        protocol.connection_made(transport)
        transport.set_protocol(protocol)
        head = (
            "GET / HTTP/1.1\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
            f"sec-websocket-version: 13\r\nsec-websocket-key: {self._key}\r\n\r\n"
        )
        rest = memoryview(head.encode() + tail)
        while rest:
            buffer = protocol.get_buffer(-1)
            taken = min(len(buffer), len(rest))
            buffer[:taken] = rest[:taken]
            protocol.buffer_updated(taken)
            rest = rest[taken:]


def websocket_key(head: Head) -> str | Refused:
    """The key of a WebSocket handshake (RFC 6455, 4.2.1), or what is wrong with it."""
    if head.headers.get("sec-websocket-version") != "13":
        return Refused(
            HTTPStatus.UPGRADE_REQUIRED, "Only WebSocket version 13 is spoken here.", {"sec-websocket-version": "13"}
        )
    key = head.headers.get("sec-websocket-key", "")
    try:
        if len(base64.b64decode(key, validate=True)) == 16:
            return key
    except (binascii.Error, ValueError):
        pass
    return Refused(HTTPStatus.BAD_REQUEST, "The Sec-WebSocket-Key is malformed.")
