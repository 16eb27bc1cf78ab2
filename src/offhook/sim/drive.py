"""Drives the core of a call on an event loop: its orders outwards, what happens inwards, over two links.

The driver knows neither HTTP nor sockets: a shell (phone.py, memory.py) gives it one function that makes a request and one that
opens a connection.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Protocol

from offhook.sim.carrier import CarrierCall
from offhook.sim.network import Lane, Link
from offhook.sim.orders import CloseStream, Finished, OpenStream, Order, Request, SendMessage


@dataclass(slots=True)
class Answer:
    """The answer to a request. Header names in lower case; status 0: none, the body says why."""

    status: int
    headers: dict[str, str]
    body: bytes


class NotOpened(Exception):
    """A stream did not come up; `code` is the carrier's error code."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class Connection(Protocol):
    """An open media connection."""

    def send(self, message: str) -> None:
        """Sends a text message."""

    def close(self, dropped: bool) -> None:
        """Closes it, with or without a closing handshake. Idempotent."""


Ask = Callable[[Request], Awaitable[Answer]]
Connect = Callable[[OpenStream, Callable[[str | bytes], None], Callable[[int], None]], Awaitable[Connection]]
"""Opens a stream; the two functions take the server's messages and its closing. Raises NotOpened."""


class Outside(Protocol):
    """What is around a call: how requests are made and streams opened."""

    async def ask(self, request: Request) -> Answer:
        """Makes a request; one that nobody answers is an answer with status 0."""

    async def connect(
        self, order: OpenStream, arrived: Callable[[str | bytes], None], closed: Callable[[int], None]
    ) -> Connection:
        """Opens a stream; the two functions take the server's messages and its closing. Raises NotOpened."""

    async def finish(self) -> None:
        """Waits until what was sent has gone out, and closes what is open."""


class Driver:
    """One call from begin to finish. `to_server` and `to_carrier` delay the messages of its streams."""

    def __init__(self, call: CarrierCall, ask: Ask, connect: Connect, to_server: Link, to_carrier: Link) -> None:
        self._call = call
        self._ask = ask
        self._connect = connect
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()
        self._to_server: Lane[tuple[str, str | bool]] = Lane(self._loop, to_server, self._at_server)
        self._to_carrier: Lane[tuple[str, str | bytes | int]] = Lane(self._loop, to_carrier, self._at_carrier)
        self._connections: dict[str, Connection] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._armed_for = 0.0
        self._over: asyncio.Future[Finished] = self._loop.create_future()

    def now(self) -> float:
        """Milliseconds since the call began."""
        return (self._loop.time() - self._began) * 1000.0

    async def run(self) -> Finished:
        """Makes the call and returns when it is over."""
        try:
            self._do(self._call.begin(self.now()))
            return await self._over
        finally:
            if self._timer is not None:
                self._timer.cancel()
            self._to_server.close()
            self._to_carrier.close()
            for connection in self._connections.values():
                connection.close(dropped=False)
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def hang_up(self) -> None:
        """The caller hangs up now."""
        self.apply(lambda now: self._call.hang_up(now))

    def apply(self, change: Callable[[float], list[Order]]) -> None:
        """Tells the call, at its own time, of something from outside, such as a change by REST."""
        self._do(change(self.now()))

    # ------------------------------------------------------------ orders

    def _do(self, orders: list[Order]) -> None:
        for order in orders:
            match order:
                case SendMessage():
                    self._to_server.send((order.stream, order.text))
                case CloseStream():
                    self._to_server.send((order.stream, order.dropped))
                case Request():
                    self._start(self._make(order))
                case OpenStream():
                    self._start(self._open(order))
                case Finished():
                    if not self._over.done():
                        # what is on its way to the server, a last `stop`, still gets there
                        self._loop.call_later(self._to_server.link.delay_ms / 1000.0, self._finish, order)
        self._arm()

    def _finish(self, finished: Finished) -> None:
        if self._to_server.busy:
            self._loop.call_later(0.001, self._finish, finished)
        elif not self._over.done():
            self._over.set_result(finished)

    def _arm(self) -> None:
        """The one timer of the call."""
        at = self._call.next_at()
        if self._timer is not None:
            if at == self._armed_for:
                return
            self._timer.cancel()
            self._timer = None
        if at is not None and not self._over.done():
            self._armed_for = at
            self._timer = self._loop.call_at(self._began + at / 1000.0, self._due)

    def _due(self) -> None:
        self._timer = None
        self._do(self._call.due(self.now()))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None and not self._over.done():
            self._over.set_exception(error)

    async def _make(self, request: Request) -> None:
        answer = await self._ask(request)
        self._do(self._call.answered(request.id, answer.status, answer.headers, answer.body, self.now()))

    async def _open(self, order: OpenStream) -> None:
        def arrived(message: str | bytes) -> None:
            self._to_carrier.send((order.stream, message))

        def closed(code: int) -> None:
            self._to_carrier.send((order.stream, code))

        try:
            self._connections[order.stream] = await self._connect(order, arrived, closed)
        except NotOpened as error:
            self._do(self._call.stream_failed(order.stream, error.code, str(error), self.now()))
            return
        self._do(self._call.stream_opened(order.stream, self.now()))

    # ------------------------------------------------------------ what comes out of the links

    def _at_server(self, item: tuple[str, str | bool]) -> None:
        stream, message = item
        connection = self._connections.get(stream)
        if connection is None:
            return
        if isinstance(message, str):
            connection.send(message)
        else:
            connection.close(dropped=message)

    def _at_carrier(self, item: tuple[str, str | bytes | int]) -> None:
        stream, message = item
        if isinstance(message, int):
            self._do(self._call.stream_closed(stream, message, self.now()))
        else:
            self._do(self._call.stream_message(stream, message, self.now()))
