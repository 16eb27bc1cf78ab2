"""A simulated call over real sockets, in real time: HTTP for the webhooks, a WebSocket for each media stream."""

import asyncio
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI

from offhook.sim.carrier import CarrierCall
from offhook.sim.drive import Answer, Connection, Driver, NotOpened
from offhook.sim.network import Link
from offhook.sim.orders import Finished, OpenStream, Request
from offhook.sim.requests import WEBHOOK_TIMEOUT_MS

CONNECT_TIMEOUT_S = 5.0
USER_AGENT = "offhook-sim"
REUSE = httpx.Limits(keepalive_expiry=2.0)
"""Servers close an idle connection after some five seconds: one that old may be closing while it is asked."""


class _Socket:
    """A WebSocket as the driver wants it: sending never waits, one task writes and one reads."""

    def __init__(
        self, websocket: ClientConnection, arrived: Callable[[str | bytes], None], closed: Callable[[int], None]
    ) -> None:
        self._websocket = websocket
        self._arrived = arrived
        self._closed = closed
        self._out: asyncio.Queue[str | bool] = asyncio.Queue()
        self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._write())]

    def send(self, message: str) -> None:
        self._out.put_nowait(message)

    def close(self, dropped: bool) -> None:
        self._out.put_nowait(dropped)

    async def finish(self) -> None:
        """Waits until what was to be sent is sent and the connection is closed."""
        _, pending = await asyncio.wait(self._tasks, timeout=CONNECT_TIMEOUT_S)
        if pending:
            self._websocket.transport.abort()
            for task in pending:
                task.cancel()
            await asyncio.wait(pending)

    async def _read(self) -> None:
        try:
            async for message in self._websocket:
                self._arrived(message)
        except ConnectionClosed:
            pass
        self._closed(self._websocket.close_code or 1006)
        self._out.put_nowait(False)

    async def _write(self) -> None:
        try:
            while isinstance(message := await self._out.get(), str):
                await self._websocket.send(message)
        except ConnectionClosed:
            return
        if message:
            self._websocket.transport.abort()
        else:
            await self._websocket.close()


class SocketOutside:
    """HTTP for the webhooks, WebSockets for the streams."""

    def __init__(self) -> None:
        self._sockets: list[_Socket] = []
        self._client = httpx.AsyncClient(
            timeout=httpx.Timeout(WEBHOOK_TIMEOUT_MS / 1000.0 + 1.0, connect=2 * CONNECT_TIMEOUT_S),
            limits=REUSE,
            trust_env=False,
            headers={"User-Agent": USER_AGENT},
        )

    async def ask(self, request: Request) -> Answer:
        """Makes a request."""
        return await _ask(self._client, request)

    async def connect(
        self, order: OpenStream, arrived: Callable[[str | bytes], None], closed: Callable[[int], None]
    ) -> Connection:
        """Opens a stream."""
        socket = _Socket(await _connect(order), arrived, closed)
        self._sockets.append(socket)
        return socket

    async def finish(self) -> None:
        """Waits until the streams are closed."""
        await asyncio.gather(*(socket.finish() for socket in self._sockets))
        await self._client.aclose()


async def place_call(
    call: CarrierCall,
    to_server: Link | None = None,
    to_carrier: Link | None = None,
    hang_up: asyncio.Event | None = None,
) -> Finished:
    """Makes the call and returns when it is over. What was heard is in `call.streams`; times count from here.

    The links add delay and jitter to the streams on top of what the real network takes. Setting `hang_up` hangs up.
    """
    outside = SocketOutside()
    driver = Driver(call, outside.ask, outside.connect, to_server or Link(), to_carrier or Link())
    waiting = asyncio.create_task(_hang_up_when(hang_up, driver)) if hang_up else None
    try:
        return await driver.run()
    finally:
        if waiting:
            waiting.cancel()
        await outside.finish()


async def _hang_up_when(wanted: asyncio.Event, driver: Driver) -> None:
    await wanted.wait()
    driver.hang_up()


async def _ask(client: httpx.AsyncClient, request: Request) -> Answer:
    url, headers = request.url, dict(request.headers)
    if request.via is not None:
        parts = urlsplit(url)
        headers["Host"] = parts.netloc
        url = request.via.rstrip("/") + (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        answer = await client.request(request.method, url, headers=headers, content=request.body)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return Answer(0, {}, (str(error) or type(error).__name__).encode())
    return Answer(answer.status_code, dict(answer.headers), answer.content)


async def _connect(order: OpenStream) -> ClientConnection:
    """Raises NotOpened with the carrier's code for what went wrong."""
    elsewhere: dict[str, Any] = {}
    url = order.url
    if order.via is not None:
        via = urlsplit(order.via)
        elsewhere = {"host": via.hostname, "port": via.port or (443 if via.scheme == "https" else 80)}
        # A proxy in front of the public address may hold the certificate; what is signed is the public address.
        url = urlsplit(url)._replace(scheme="wss" if via.scheme == "https" else "ws").geturl()
    try:
        return await connect(
            url,
            additional_headers=order.headers,
            user_agent_header=USER_AGENT,
            compression=None,
            ping_interval=None,
            max_size=None,
            open_timeout=CONNECT_TIMEOUT_S,
            proxy=None,
            **elsewhere,
        )
    except TimeoutError as error:
        raise NotOpened(31901, "no answer to the WebSocket connect") from error
    except OSError as error:
        raise NotOpened(31902, f"no connection: {error}") from error
    except (InvalidHandshake, InvalidURI) as error:
        raise NotOpened(31920, f"the handshake failed: {error}") from error
