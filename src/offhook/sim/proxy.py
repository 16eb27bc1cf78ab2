"""A relay between clients and a provider, on which connections are cut, stalled, throttled and refused: bytes both ways.

Each connection has a plan (sim/trouble.py), and more may strike it while it is up. Nothing is read here but where the
server's frames end; under TLS only what needs no bytes of its own can be done.
"""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

from offhook.sim.trouble import GARBAGE, Frames, Trouble, close_frame, refusal

MOST_WAITING = 1024 * 1024
"""Bytes that may wait in one direction, as in the buffers of a long road; then its sender feels it."""
SLICE_S = 0.05
"""How often a throttled direction moves."""
HEAD_BYTES = 16 * 1024

Dial = Callable[[Callable[[], asyncio.Protocol]], Awaitable[tuple[asyncio.BaseTransport, asyncio.BaseProtocol]]]
"""Opens a connection to the server, as `loop.create_connection` does."""


class Flow:
    """One direction of a connection."""

    def __init__(self, frames: Frames | None = None) -> None:
        self.crossed = 0
        """Bytes, so far."""
        self.on_crossed: Callable[[], None] = lambda: None
        self.source: asyncio.Transport | None = None
        self.sink: asyncio.Transport | None = None
        self._frames = frames
        self._waiting = bytearray()
        self._stalled = self._ends = self._over = False
        self._last_words: bytes | None = None
        self._per_s: float | None = None
        self._timer: asyncio.TimerHandle | None = None

    def connect(self, source: asyncio.Transport | None, sink: asyncio.Transport | None) -> None:
        """What was missing at either end is there."""
        self.source, self.sink = source or self.source, sink or self.sink
        self._move()

    def take(self, data: bytes) -> None:
        """Bytes from the source."""
        if self._over:
            return
        self._waiting += data
        if self.source is not None and len(self._waiting) > MOST_WAITING:
            self.source.pause_reading()
        self._move()

    def end(self) -> None:
        """The source has no more; the sink hears of it after all that waits."""
        self._ends = True
        self._move()

    def stall(self, stalled: bool) -> None:
        """Nothing crosses, or everything again."""
        self._stalled = stalled
        self._move()

    def throttle(self, bytes_per_s: float | None) -> None:
        """No more than so many bytes a second, or as many as there are."""
        self._per_s = bytes_per_s
        self._move()

    def close_with(self, last_words: bytes) -> None:
        """These are the last bytes that cross, once the frame that is under way has ended."""
        self._last_words = last_words
        self._move()

    def stop(self) -> None:
        """Nothing crosses any more, for good."""
        self._over = True
        self._waiting.clear()
        self.sink = None
        if self._timer is not None:
            self._timer.cancel()

    def _move(self) -> None:
        if self._stalled or self.sink is None or self._timer is not None:
            return
        if self._last_words is not None and (self._frames is None or self._frames.between):
            self._say_last()
            return
        if self._waiting:
            self._cross(len(self._waiting) if self._per_s is None else max(1, round(self._per_s * SLICE_S)))
        if self._waiting and self.sink is not None:
            self._timer = asyncio.get_running_loop().call_later(SLICE_S, self._again)
        elif self._ends and self.sink is not None:
            self.sink.close()

    def _again(self) -> None:
        self._timer = None
        self._move()

    def _cross(self, most: int) -> None:
        assert self.sink is not None
        data, self._waiting = bytes(self._waiting[:most]), self._waiting[most:]
        closing = self._last_words is not None
        whole = self._frames.follow(data, to_first=closing) if self._frames is not None else 0
        over = closing and whole > 0
        self.sink.write(data[:whole] if over else data)
        self.crossed += len(data)
        if over:
            self._say_last()
        elif self.source is not None and len(self._waiting) <= MOST_WAITING:
            self.source.resume_reading()
        self.on_crossed()

    def _say_last(self) -> None:
        if self.sink is not None and self._last_words is not None:
            self.sink.write(self._last_words)  # the client closes; who does so with bytes unread would take them back
            self.stop()


class Connection:
    """One client's connection, and the one to the server that belongs to it."""

    def __init__(self, plan: Trouble, dial: Dial) -> None:
        self.plan = plan
        self.began = asyncio.get_running_loop().time()
        """On the loop's clock, in seconds."""
        self.over = False
        self.up, self.down = Flow(), Flow(Frames())
        self._dial = dial
        self._client: asyncio.Transport | None = None
        self._server: asyncio.Transport | None = None
        self._head = bytearray()
        self._timers: list[asyncio.TimerHandle] = []
        self._dialling: asyncio.Task[None] | None = None

    # ------------------------------------------------------------------------------------------ what goes wrong

    def strike(self, trouble: Trouble) -> None:
        """Something goes wrong, now or when the trouble says."""
        if trouble.bytes_per_s is not None:
            for flow in self._ways(trouble):
                flow.throttle(trouble.bytes_per_s)
        if not trouble.breaks:
            return
        if trouble.after_ms is not None:
            self._at(self.began + trouble.after_ms / 1000.0, lambda: self._break(trouble))
        elif trouble.after_bytes is not None:
            self.down.on_crossed = lambda: self._break_after(trouble)
        else:
            self._break(trouble)

    def _break_after(self, trouble: Trouble) -> None:
        if self.down.crossed >= (trouble.after_bytes or 0):
            self.down.on_crossed = lambda: None
            self._break(trouble)

    def _break(self, trouble: Trouble) -> None:
        if self.over or self._client is None:
            return
        if trouble.stall:
            self._stall(trouble.stall_ms, self._ways(trouble))
        if trouble.garbage:
            self._client.write(GARBAGE)
        if trouble.close is not None:
            self.down.close_with(close_frame(trouble.close))
        if trouble.end:
            self._client.close()
        if trouble.reset:
            self.reset()

    def _stall(self, ms: float | None, flows: tuple[Flow, ...]) -> None:
        def stall(stalled: bool) -> None:
            for flow in flows:
                flow.stall(stalled)

        stall(True)
        if ms is not None:
            self._at(asyncio.get_running_loop().time() + ms / 1000.0, lambda: stall(False))

    def _ways(self, trouble: Trouble) -> tuple[Flow, ...]:
        return {"both": (self.up, self.down), "up": (self.up,), "down": (self.down,)}[trouble.ways]

    def reset(self) -> None:
        """Breaks the client's connection without a word. Idempotent."""
        if self._client is not None:
            own = self._client.get_extra_info("socket")
            if own.family != socket.AF_UNIX and not self._client.is_closing():
                own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._client.abort()

    def _at(self, when: float, do: Callable[[], None]) -> None:
        self._timers.append(asyncio.get_running_loop().call_at(when, do))

    # ------------------------------------------------------------------------------------------ the client's end

    def client_made(self, transport: asyncio.Transport) -> None:
        """The client is there."""
        self._client = self.up.source = self.down.sink = transport
        plan = self.plan
        if plan.reset or plan.end:
            self.strike(plan)  # with no moment it is as near to a refusal as a port that listens can come
        if plan.status is None and not plan.mute:
            self._dialling = asyncio.get_running_loop().create_task(self._connect())

    def client_said(self, data: bytes) -> None:
        """Bytes from the client."""
        if self.plan.mute:
            return
        if self.plan.status is None:
            self.up.take(data)
            return
        self._head += data
        if self._client is not None and (b"\r\n\r\n" in self._head or len(self._head) > HEAD_BYTES):
            self._client.write(refusal(self.plan))
            self._client.close()

    def client_gone(self) -> None:
        """The client has gone: so does the connection to the server. Idempotent."""
        self.over = True
        for timer in self._timers:
            timer.cancel()
        for flow in (self.up, self.down):
            flow.stop()
        if self._dialling is not None:
            self._dialling.cancel()
        if self._server is not None:
            self._server.close()

    # ------------------------------------------------------------------------------------------ the server's end

    async def _connect(self) -> None:
        try:
            made, _ = await self._dial(lambda: _ServerEnd(self))
        except OSError:
            self.reset()
            return
        assert isinstance(made, asyncio.Transport)
        self._server = made
        if self.plan.handshake_ms:
            self._stall(self.plan.handshake_ms, (self.down,))
        if not (self.plan.reset or self.plan.end):
            self.strike(self.plan)
        self.up.connect(None, made)
        self.down.connect(made, None)

    def server_gone(self) -> None:
        """The server has gone: the client hears of it after all that is under way."""
        self.up.stop()
        self.down.end()


class _ClientEnd(asyncio.Protocol):
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._connection.client_made(transport)

    def data_received(self, data: bytes) -> None:
        self._connection.client_said(data)

    def connection_lost(self, _error: Exception | None) -> None:
        self._connection.client_gone()


class _ServerEnd(asyncio.Protocol):
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def data_received(self, data: bytes) -> None:
        self._connection.down.take(data)

    def connection_lost(self, _error: Exception | None) -> None:
        self._connection.server_gone()


class Proxy:
    """Relays while its block is left open. `connections` are all there were, in the order in which they were taken."""

    def __init__(self, dial: Dial, plans: Sequence[Trouble] = ()) -> None:
        """`dial` opens a connection to the server; `plans` are those of the next connections."""
        self.plans = list(plans)
        """Of connections that are to come."""
        self.otherwise: Callable[[], Trouble] = Trouble
        """Gives the plan of a connection that none of them is for."""
        self.connections: list[Connection] = []
        self._dial = dial

    def _taken(self) -> _ClientEnd:
        plan = self.plans.pop(0) if self.plans else self.otherwise()
        self.connections.append(Connection(plan, self._dial))
        return _ClientEnd(self.connections[-1])

    @asynccontextmanager
    async def listen(self, host: str, port: int) -> AsyncIterator[asyncio.Server]:
        """On a port; 0 takes a free one. Raises OSError if it is taken."""
        server = await asyncio.get_running_loop().create_server(self._taken, host, port)
        async with self._until_left(server):
            yield server

    @asynccontextmanager
    async def listen_unix(self, path: str) -> AsyncIterator[asyncio.Server]:
        """On a socket in the file system, which crosses at once: for simulated time."""
        server = await asyncio.get_running_loop().create_unix_server(self._taken, path)
        async with self._until_left(server):
            yield server

    @asynccontextmanager
    async def _until_left(self, server: asyncio.Server) -> AsyncIterator[None]:
        try:
            yield
        finally:
            server.close()
            for connection in self.connections:
                connection.reset()
