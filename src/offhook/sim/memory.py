"""A simulated call in memory and in simulated time: webhooks straight into an ASGI app, media through two links.

Runs on `sim.clock.SimLoop`, where a call of an hour takes seconds and every run is alike.
"""

from collections.abc import Callable
from typing import Any, Protocol

import httpx

from offhook.sim.carrier import CarrierCall
from offhook.sim.drive import Answer, Connection, Driver, NotOpened
from offhook.sim.network import Link
from offhook.sim.orders import Finished, OpenStream, Request


class MediaSocket:
    """The server's end of a media connection, as a socket would be."""

    def __init__(self, arrived: Callable[[str | bytes], None], closed: Callable[[int], None]) -> None:
        self._arrived = arrived
        self._closed = closed
        self.closed = False

    def send(self, message: bytes) -> None:
        """Sends a text message; one to a closed connection is lost."""
        if not self.closed:
            self._arrived(message.decode())

    def unsent(self) -> int:
        """Bytes in the socket's own buffer: the memory takes all at once."""
        return 0

    def close(self, code: int = 1000) -> None:
        """Closes the connection. Idempotent."""
        if not self.closed:
            self.closed = True
            self._closed(code)


class MediaServer(Protocol):
    """What the server has behind its end."""

    def receive(self, message: bytes) -> None:
        """One whole text message."""

    def lost(self) -> None:
        """The connection is gone, and the server did not close it."""


Accept = Callable[[OpenStream, MediaSocket], MediaServer | None]
"""Takes an upgrade (its URL and headers) and the server's end of the connection; None refuses it."""


class _Wire:
    """The carrier's end."""

    def __init__(self, socket: MediaSocket, server: MediaServer) -> None:
        self._socket = socket
        self._server = server

    def send(self, message: str) -> None:
        if not self._socket.closed:
            self._server.receive(message.encode())

    def close(self, dropped: bool) -> None:
        if not self._socket.closed:
            self._socket.closed = True
            self._server.lost()


class MemoryOutside:
    """An ASGI app for the webhooks, and `accept` for the streams. Webhooks take no time of their own."""

    def __init__(self, app: Any, accept: Accept) -> None:
        self._client = httpx.AsyncClient(transport=httpx.ASGITransport(app))
        self._accept = accept

    async def ask(self, request: Request) -> Answer:
        """Makes a request."""
        answer = await self._client.request(request.method, request.url, headers=request.headers, content=request.body)
        return Answer(answer.status_code, dict(answer.headers), answer.content)

    async def connect(
        self, order: OpenStream, arrived: Callable[[str | bytes], None], closed: Callable[[int], None]
    ) -> Connection:
        """Opens a stream."""
        socket = MediaSocket(arrived, closed)
        server = self._accept(order, socket)
        if server is None:
            raise NotOpened(31920, "the upgrade was refused")
        return _Wire(socket, server)

    async def finish(self) -> None:
        """Nothing is under way in memory."""
        await self._client.aclose()


async def place_call(
    call: CarrierCall, app: Any, accept: Accept, to_server: Link | None = None, to_carrier: Link | None = None
) -> Finished:
    """Makes the call to an ASGI app and returns when it is over. What was heard is in `call.streams`.

    The times in the call's log count from here.
    """
    outside = MemoryOutside(app, accept)
    try:
        return await Driver(call, outside.ask, outside.connect, to_server or Link(), to_carrier or Link()).run()
    finally:
        await outside.finish()
