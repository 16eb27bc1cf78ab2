"""The realtime service over real sockets, in real time: many sessions at once, optionally under TLS."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from itertools import count
from typing import Any

from websockets.asyncio.server import Server, ServerConnection, serve, unix_serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from offhook.sim.model import ModelSession
from offhook.sim.model_admission import Admitted, Turned, admit
from offhook.sim.model_drive import Driver, Engines
from offhook.sim.model_orders import Setup

LARGEST_MESSAGE = 24 * 1024 * 1024
"""15 MiB of audio in base64, and its envelope."""


class SocketServer:
    """Serves sessions until its block is left; `sessions` keeps them if the setup wants logs.

    `tell` gets one line for each session that ends or is refused.
    """

    def __init__(self, setup: Setup, engines: Engines, tell: Callable[[str], None] = lambda line: None) -> None:
        self.setup = setup
        self.sessions: list[ModelSession] = []
        self._engines, self._tell = engines, tell
        self._numbers = count(1)

    @asynccontextmanager
    async def listen(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
        """Listens while the block runs. Raises OSError if the port is taken."""
        async with serve(self._converse, host, port, ssl=tls, **self._rules()) as server:
            yield server

    @asynccontextmanager
    async def listen_unix(self, path: str) -> AsyncIterator[Server]:
        """The same on a socket in the file system, which crosses at once: for simulated time."""
        async with unix_serve(self._converse, path, **self._rules()) as server:
            yield server

    def _rules(self) -> dict[str, Any]:
        return {
            "process_request": self._judge,
            "compression": None,
            "max_size": LARGEST_MESSAGE,
            "ping_interval": 20,
            "ping_timeout": 20,
            "open_timeout": None if self.setup.faults.no_upgrade else 10,
            "close_timeout": 2,
        }

    async def _judge(self, connection: ServerConnection, request: Request) -> Response | None:
        if self.setup.faults.no_upgrade:
            await connection.wait_closed()
        admitted = admit(request.path, dict(request.headers.raw_items()), self.setup)
        if isinstance(admitted, Turned):
            self._tell(f"refused {request.path.partition('?')[0]}: {admitted.status}")
            body = admitted.body.encode()
            headers = Headers({"Content-Type": "application/json", "Content-Length": str(len(body))})
            return Response(admitted.status, _phrase(admitted.status), headers, body)
        connection.admitted = admitted  # type: ignore[attr-defined]
        return None

    async def _converse(self, connection: ServerConnection) -> None:
        admitted: Admitted = connection.admitted  # type: ignore[attr-defined]
        number = next(self._numbers)
        session = ModelSession(admitted.dialect, admitted.model, self.setup, number, admitted.agent)
        if self.setup.keep_log:
            self.sessions.append(session)
        out: asyncio.Queue[str | int] = asyncio.Queue()
        driver = Driver(session, self._engines, out.put_nowait, lambda code, _reason: out.put_nowait(code))
        writing = asyncio.create_task(_write(connection, out))
        began = driver.now()
        driver.open()
        try:
            async for message in connection:
                driver.message(message)
        except ConnectionClosed:
            pass
        finally:
            driver.gone()
            writing.cancel()
            self._tell(_line(number, session, (driver.now() - began) / 1000.0, connection.close_code))


async def _write(connection: ServerConnection, out: "asyncio.Queue[str | int]") -> None:
    try:
        while isinstance(message := await out.get(), str):
            await connection.send(message)
    except ConnectionClosed:
        return
    if message == 1006:
        connection.transport.abort()
    else:
        await connection.close(message)


def _line(number: int, session: ModelSession, lasted_s: float, code: int | None) -> str:
    """What is told of a session: no words of anybody."""
    said = session.counts
    return (
        f"session {number} ({session.dialect.name}): {lasted_s:.1f} s, {said['input_audio_buffer.committed']} turns, "
        f"{said['response.done']} responses, {said['error']} errors, closed {code or 1006}"
    )


def _phrase(status: int) -> str:
    """The name of a status, also of one that has none."""
    return next((each.phrase for each in HTTPStatus if each == status), "Refused")
