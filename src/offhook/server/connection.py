"""One connection of the server: uvicorn's, with limits on what a peer may cost, and a way out for media.

uvicorn's httptools protocol takes heads of any size, any number of requests behind one another and the rest of a body
whose request is answered, and waits for ever for a head and for a peer that does not read; all are held here. A
WebSocket upgrade that the `Doors` know is handed to picows on the same connection (server/media.py); everything else
stays ASGI.

This leans on internals of the pinned uvicorn: `HttpToolsProtocol.parser, .url, .scope, .cycle, .pipeline, .connections,
.on_response_complete, .handle_websocket_upgrade, ._should_upgrade, ._unset_keepalive_if_required` and
`RequestResponseCycle.more_body, .response_started, .response_complete, .disconnected, .message_event`.
tests/server/test_connection.py fails when they change.
"""

import asyncio
import logging
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Protocol

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.utils import get_client_addr

from offhook.errors import RemoteProtocolError
from offhook.server.head import Head

log = logging.getLogger(__name__)

HEAD_BYTES = 16 * 1024  # as much as picows takes of a head
HEAD_SECONDS = 10.0
MESSAGE_BYTES = 128 * 1024  # of head and body as they come; a body may have half of that (server/body.py)
UNREAD_SECONDS = 20.0  # for a peer to read what it asked for
WAITING = 4  # requests behind one that is not answered yet; the carrier sends none
PIECE_BYTES = 16 * 1024  # parsed at a time, since one read may bring far more than is ever taken

HEAD_TOO_LARGE = (HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "The request's head is too large.")
MESSAGE_TOO_LARGE = (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The request is too large.")


@dataclass(frozen=True, slots=True)
class Refused:
    """An upgrade that is not taken."""

    status: HTTPStatus
    sentence: str
    headers: dict[str, str] = field(default_factory=dict)


class Opened(Protocol):
    """An upgrade that is taken."""

    def hand_over(self, transport: asyncio.Transport, connections: set[Any], tail: bytes) -> None:
        """Answers the upgrade on `transport` and carries on with it; `tail` is what came behind the head."""


class Doors(Protocol):
    """Who answers upgrades outside ASGI."""

    def knock(self, head: Head) -> Opened | Refused | None:
        """The answer to an upgrade; None if the path is none of theirs."""


class Connection(HttpToolsProtocol):
    """See the module. Made by uvicorn for each connection; `connection_class` gives it its doors and limits."""

    doors: Doors
    head_bytes: int
    head_seconds: float
    unread_seconds: float

    _taken = 0  # bytes of the message so far, as it came
    _parsed = 0  # bytes of the head so far, as the parser gave them
    _in_head = False
    _in_message = False
    _began_late = False  # this head began behind a body in the same piece: that piece is not counted
    _deadline: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None  # runs while something is unsent
    _tail = b""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=0)  # writing is paused as soon as anything is unsent
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._unwatch()
        self._sent()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        # Neither uvicorn nor close() ever gives up on a peer that does not read.
        if self._unread is None:
            self._unread = self.loop.call_later(self.unread_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        self._sent()
        super().resume_writing()

    def _sent(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    # -------------------------------------------------------------- the limits of a request

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        for at in range(0, len(data), PIECE_BYTES):
            piece = data[at : at + PIECE_BYTES]
            try:
                self.parser.feed_data(piece)
            except httptools.HttpParserUpgrade as upgrade:
                self._tail = data[at + upgrade.args[0] :]
                self._upgrade()
                return
            except httptools.HttpParserError as error:
                self._stop(error.__context__)
                return
            if not self._has_room(len(piece)):
                return
        if self._in_head or self.cycle is None or self.cycle.response_complete:
            self._watch()

    def _stop(self, cause: BaseException | None) -> None:
        """The parser came to an end: by what one of our limits raised, or by itself."""
        if isinstance(cause, _TooManyWait):
            self._close()
        elif isinstance(cause, _HeadTooLarge):
            self._answer(*HEAD_TOO_LARGE)
        else:
            self._answer(HTTPStatus.BAD_REQUEST, "This is not HTTP.")

    def _has_room(self, size: int) -> bool:
        """Counts a piece as it came: what the parser gives of one-byte chunks is a fraction of what they cost."""
        if self._in_message and not self._began_late:
            self._taken += size
        self._began_late = False
        if self._in_head and self._taken > self.head_bytes:
            self._answer(*HEAD_TOO_LARGE)
            return False
        if self._in_message and self._taken > MESSAGE_BYTES:
            self._answer(*MESSAGE_TOO_LARGE)
            return False
        return True

    def on_message_begin(self) -> None:
        if len(self.pipeline) >= WAITING:
            raise _TooManyWait
        super().on_message_begin()
        self._began_late = self.cycle is not None
        self._in_head = self._in_message = True
        self._taken = self._parsed = 0

    def on_message_complete(self) -> None:
        self._in_message = False
        super().on_message_complete()

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        self._count(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        self._count(len(name) + len(value) + 4)

    def _count(self, size: int) -> None:
        self._parsed += size
        if self._parsed > self.head_bytes:
            raise _HeadTooLarge

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._unwatch()
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        if self.cycle.response_complete and self.cycle.more_body:
            self._close()  # answered before its body was there: nobody reads the rest
        super().on_response_complete()

    def _watch(self) -> None:
        if self._deadline is None and not self.transport.is_closing():
            self._deadline = self.loop.call_later(self.head_seconds, self._late)

    def _unwatch(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _late(self) -> None:
        self._deadline = None
        if self.cycle is not None and not self.cycle.response_complete:
            return  # an answer is under way; what comes behind it waits
        if self.cycle is not None and not self._in_head:
            self.transport.close()  # idle
            return
        self._answer(HTTPStatus.REQUEST_TIMEOUT, "The request's head did not come in time.")

    def _answer(self, status: HTTPStatus, sentence: str, headers: dict[str, str] | None = None) -> None:
        """Answers outside ASGI, and closes; only closes where the peer would take it for another request's answer."""
        cycle = self.cycle
        if cycle is not None and not cycle.response_complete:
            if self.pipeline or cycle.response_started or not cycle.more_body:
                self._close()
                return
            cycle.disconnected = True  # this request is answered here
            cycle.message_event.set()
        if self.transport.is_closing():
            return
        lines = [f"HTTP/1.1 {status.value} {status.phrase}", "content-type: text/plain; charset=utf-8"]
        lines += [f"content-length: {len(sentence.encode())}", "connection: close"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        self.transport.write("\r\n".join([*lines, "", sentence]).encode())
        self._close()

    def _close(self) -> None:
        self._unwatch()
        self.transport.close()

    # -------------------------------------------------------------- the way out

    def _upgrade(self) -> None:
        if not self._should_upgrade():
            return  # such as h2c: the app answers as if no upgrade had been asked for
        if self._unread is not None or (self.cycle is not None and not self.cycle.response_complete):
            self._close()  # an upgrade behind a request whose answer is not out yet
            return
        head = Head.of(self.scope, self.url.decode("latin-1"))
        answer = self._knock(head)
        if answer is None:
            self.handle_websocket_upgrade()
            return
        status = answer.status if isinstance(answer, Refused) else HTTPStatus.SWITCHING_PROTOCOLS
        if self.access_log:
            peer, method, version = get_client_addr(self.scope), self.scope["method"], self.scope["http_version"]
            self.access_logger.info('%s - "%s %s HTTP/%s" %d', peer, method, head.target, version, status.value)
        if isinstance(answer, Refused):
            self._answer(answer.status, answer.sentence, answer.headers)
            return
        self.connections.discard(self)
        answer.hand_over(self.transport, self.connections, self._tail)

    def _knock(self, head: Head) -> Opened | Refused | None:
        """What the doors say; a failure of theirs costs this connection only."""
        if self.scope["method"] != "GET":  # RFC 6455, 4.1
            return Refused(HTTPStatus.METHOD_NOT_ALLOWED, "A WebSocket is opened with GET.", {"allow": "GET"})
        try:
            return self.doors.knock(head)
        except RemoteProtocolError as error:
            return Refused(HTTPStatus.BAD_REQUEST, f"The request cannot be read: {error}.")
        except Exception:
            log.exception("an upgrade could not be answered")
            return Refused(HTTPStatus.INTERNAL_SERVER_ERROR, "Something went wrong on our side.")


class _HeadTooLarge(Exception):
    pass


class _TooManyWait(Exception):
    pass


def connection_class(
    doors: Doors,
    *,
    head_bytes: int = HEAD_BYTES,
    head_seconds: float = HEAD_SECONDS,
    unread_seconds: float = UNREAD_SECONDS,
) -> type[Connection]:
    """The class to give uvicorn as `http=`: it makes the connections itself and knows nothing of ours."""
    given = {
        "doors": doors, "head_bytes": head_bytes, "head_seconds": head_seconds, "unread_seconds": unread_seconds,
    }  # fmt: skip
    return type("Connection", (Connection,), given)
