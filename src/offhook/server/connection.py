"""One connection of the server: uvicorn's, with a limit and a deadline for request heads, and a way out for media.

uvicorn's httptools protocol takes a head of any size and waits for it for ever; both are held here. A WebSocket upgrade
that the `Doors` know is handed to picows on the same connection (server/media.py); everything else stays ASGI.

This leans on internals of the pinned uvicorn: `HttpToolsProtocol.parser, .url, .scope, .cycle, .connections,
.handle_websocket_upgrade, ._should_upgrade, ._unset_keepalive_if_required`. tests/server/test_connection.py fails when
they change.
"""

import asyncio
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Protocol

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.utils import get_client_addr

from offhook.server.head import Head

HEAD_BYTES = 16 * 1024  # as much as picows takes of a head
HEAD_SECONDS = 10.0

TOO_LARGE = (HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "The request's head is too large.")


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

    _taken = 0  # bytes of the head so far, as it came
    _parsed = 0  # bytes of the head so far, as the parser gave them
    _in_head = False
    _began_late = False  # this head began behind a body in the same read: that read is not counted
    _deadline: asyncio.TimerHandle | None = None
    _tail = b""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._unwatch()
        super().connection_lost(exc)

    # -------------------------------------------------------------- the head's limits

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._tail = data[upgrade.args[0] :]
            self._upgrade()
            return
        except httptools.HttpParserError as error:
            if isinstance(error.__context__, _HeadTooLarge):
                self._answer(*TOO_LARGE)
            else:
                self._answer(HTTPStatus.BAD_REQUEST, "This is not HTTP.")
            return
        if self._in_head and not self._began_late:
            self._taken += len(data)
            if self._taken > self.head_bytes:
                self._answer(*TOO_LARGE)
                return
        self._began_late = False
        if self._in_head or self.cycle is None or self.cycle.response_complete:
            self._watch()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._began_late = self.cycle is not None
        self._in_head = True
        self._taken = self._parsed = 0

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
        """Answers outside ASGI, and closes."""
        self._unwatch()
        if self.transport.is_closing():
            return
        lines = [f"HTTP/1.1 {status.value} {status.phrase}", "content-type: text/plain; charset=utf-8"]
        lines += [f"content-length: {len(sentence.encode())}", "connection: close"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        self.transport.write("\r\n".join([*lines, "", sentence]).encode())
        # close() waits until all is written; a peer that does not read would hold the socket for ever.
        self._deadline = self.loop.call_later(self.head_seconds, self.transport.abort)
        self.transport.close()

    # -------------------------------------------------------------- the way out

    def _upgrade(self) -> None:
        if not self._should_upgrade():
            return  # such as h2c: the app answers as if no upgrade had been asked for
        if self.cycle is not None and not self.cycle.response_complete:
            self.transport.close()  # an upgrade behind a request that is not answered yet
            return
        head = Head.of(self.scope, self.url.decode("latin-1"))
        answer = self.doors.knock(head)
        if answer is None:
            self.handle_websocket_upgrade()
            return
        status = answer.status if isinstance(answer, Refused) else HTTPStatus.SWITCHING_PROTOCOLS
        if self.access_log:
            peer, version = get_client_addr(self.scope), self.scope["http_version"]
            self.access_logger.info('%s - "%s %s HTTP/%s" %d', peer, "GET", head.target, version, status.value)
        if isinstance(answer, Refused):
            self._answer(answer.status, answer.sentence, answer.headers)
            return
        self.connections.discard(self)
        answer.hand_over(self.transport, self.connections, self._tail)


class _HeadTooLarge(Exception):
    pass


def connection_class(
    doors: Doors, *, head_bytes: int = HEAD_BYTES, head_seconds: float = HEAD_SECONDS
) -> type[Connection]:
    """The class to give uvicorn as `http=`: it makes the connections itself and knows nothing of ours."""
    return type("Connection", (Connection,), {"doors": doors, "head_bytes": head_bytes, "head_seconds": head_seconds})
