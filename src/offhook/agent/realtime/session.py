"""One realtime session: a socket that was made ready, until it is lost. Knows the order of the first messages."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from offhook.agent.realtime import wire
from offhook.agent.realtime.messages import SESSION
from offhook.agent.realtime.socket import Connect, Socket, without_keys
from offhook.errors import LegFailed, RemoteProtocolError

log = logging.getLogger(__name__)

READY_S = 5.0
"""For each of the server's first two words."""
MOST_MALFORMED = 10
"""One after another."""
EXPIRED = "session_expired"
PASSING = ("server_error", "rate_limit_exceeded", "service_unavailable")
"""Refusals of a session that another try may not meet."""


class Session:
    """From `open` until `lost`."""

    def __init__(self, dialect: wire.Dialect, name: str) -> None:
        self.on_fact: Callable[[wire.Fact], None] = lambda _fact: None
        """Takes what the server says, once the session carries a conversation."""
        self.expires_at: float | None = None
        """Unix seconds, if the server says."""
        self._loop = asyncio.get_running_loop()
        self.news_at = 0.0
        """When the server last said anything, on the loop's clock."""
        self.lost: asyncio.Future[LegFailed] = self._loop.create_future()
        """Why the session is over, unless we closed it."""
        self._dialect, self._name = dialect, name
        self._socket: Socket | None = None
        self._malformed = 0
        self._created: asyncio.Future[None] = self._loop.create_future()
        self._ready: asyncio.Future[None] = self._loop.create_future()
        self._update = b""

    async def open(self, connect: Connect, update: bytes, *, resumed: bool = False) -> None:
        """Connects, and has `update` accepted. Raises LegFailed, in the server's words if it has any."""
        self._socket = await connect(self._receive, self._end, resumed=resumed)
        try:
            await self._await(self._created, "did not begin a session")
            self._socket.send(update)
            await self._await(self._ready, "did not accept the session")
        except BaseException:
            self.close()
            raise

    async def _await(self, word: "asyncio.Future[None]", missing: str) -> None:
        either: tuple[asyncio.Future[Any], ...] = (word, self.lost)
        await asyncio.wait(either, timeout=READY_S, return_when=asyncio.FIRST_COMPLETED)
        if self.lost.done():
            raise self.lost.result()
        if not word.done():
            raise LegFailed(f"{self._name} {missing} within {READY_S:g} s.", retryable=True)
        word.result()

    def send(self, message: bytes) -> None:
        """A message; one after the end is dropped."""
        if self._socket is not None:
            self._socket.send(message)

    def send_audio(self, frame: bytes) -> None:
        """The caller's audio. Media plane."""
        self.send(wire.append(frame))

    def close(self) -> None:
        """Leaves. Idempotent; `lost` stays as it is."""
        socket, self._socket = self._socket, None
        if socket is not None:
            socket.close()

    async def leave(self) -> None:
        """As `close`, and waits until the connection is gone: for a loop that ends with it."""
        socket = self._socket
        self.close()
        if socket is not None:
            await socket.gone()

    def give_up(self, what: str) -> None:
        """The session is of no use: it is lost, because the server `what`."""
        self._fail(what, retryable=True)

    def _end(self, failed: LegFailed) -> None:
        self._socket = None
        if not self.lost.done():
            self.lost.set_result(failed)

    def _fail(self, what: str, *, retryable: bool) -> None:
        self.close()
        self._end(LegFailed(f"{self._name} {what}.", retryable=retryable))

    def _receive(self, message: bytes) -> None:
        if self._socket is None and self._created.done():
            return
        self.news_at = self._loop.time()
        try:
            fact = wire.parse(message, self._dialect)
            self._malformed = 0
            if fact is not None:
                self._take(fact)
        except RemoteProtocolError as error:
            self._malformed += 1
            log.warning("%s: %s", self._name, error)
            if self._malformed >= MOST_MALFORMED:
                # Who spoke it before has lost its way on this connection alone.
                self._fail("does not speak this protocol", retryable=self._ready.done())
        except Exception:
            # A bug of ours must not be told as one of the socket's.
            log.exception("a message was not understood")
            self._fail("said something that broke us", retryable=False)

    def _take(self, fact: wire.Fact) -> None:
        match fact:
            case wire.SessionCreated():
                if not self._created.done():
                    self._created.set_result(None)
            case wire.SessionUpdated(expires_at):
                self.expires_at = expires_at or self.expires_at
                if not self._ready.done():
                    self._ready.set_result(None)
            case wire.Problem(code, message, event_id, warning=False) if not self._ready.done() or event_id == SESSION:
                said = without_keys(message).rstrip(".")
                self._fail(f"refused the session: {said or code}", retryable=code in PASSING)
            case wire.Problem(code=code) if code == EXPIRED:
                self._fail("ended the session: it had expired", retryable=True)
            case _ if self._ready.done():
                self.on_fact(fact)
