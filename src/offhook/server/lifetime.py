"""How the server lives and ends: uvicorn, with a listener that stays open until the last call is over.

uvicorn closes its listener on SIGTERM, and then Twilio cannot ask what comes next for the calls that are still on. Here
a first signal only stops admitting; the process ends when no call is left or the time is over. A second signal ends it
now.

Leans on `uvicorn.Server.startup, .on_tick, .shutdown, .handle_exit, .should_exit, .servers`; a test fails when they
change (tests/server/test_lifetime.py).
"""

import asyncio
import gc
import logging
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from types import FrameType

import uvicorn

from offhook.errors import ConfigError
from offhook.server.app import App
from offhook.server.connection import HEAD_SECONDS, UNREAD_SECONDS, connection_class
from offhook.server.socket import socket_class
from offhook.settings import without_secrets

log = logging.getLogger(__name__)

CLOSE_SECONDS = 3  # for sockets to say goodbye once no call is left


@dataclass(frozen=True, slots=True)
class Listening:
    """Where and how to listen."""

    host: str = "127.0.0.1"
    port: int = 8000
    """0 takes a free one."""
    backlog: int = 2048
    timeout_keep_alive: int = 5
    head_seconds: float = HEAD_SECONDS
    unread_seconds: float = UNREAD_SECONDS
    drain_seconds: float = 30.0


class Server(uvicorn.Server):
    """uvicorn's server with our end. `drain(seconds)` stops admitting and returns when the last call is over."""

    def __init__(
        self,
        config: uvicorn.Config,
        drain: Callable[[float], Awaitable[None]],
        drain_seconds: float,
        on_started: Callable[[int], None] = lambda _port: None,
    ) -> None:
        super().__init__(config)
        self._drain, self._drain_seconds, self._on_started = drain, drain_seconds, on_started
        self._asked = False
        self._draining: asyncio.Task[None] | None = None

    def stop(self) -> None:
        """Stop admitting and end when the calls are over; asked a second time: end now. Safe in a signal handler."""
        if self._asked:
            self.config.timeout_graceful_shutdown = 0
            self.should_exit = True
        self._asked = True

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        # uvicorn would raise the signal again at the end; a drained server ends with 0.
        self.stop()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_started(self.servers[0].sockets[0].getsockname()[1])

    async def on_tick(self, counter: int) -> bool:
        if self._asked and self._draining is None:
            self._draining = asyncio.get_running_loop().create_task(self._end(), name="drain")
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._draining is not None:
            self._draining.cancel()
            await asyncio.gather(self._draining, return_exceptions=True)
        await super().shutdown(sockets)

    async def _end(self) -> None:
        log.info("stopping: no new calls")
        try:
            await self._drain(self._drain_seconds)
        except Exception:
            log.exception("the calls did not end in order")
        self.should_exit = True


async def serve(
    app: App,
    listening: Listening,
    *,
    prepare: Callable[[], Awaitable[None]] | None = None,
    on_started: Callable[[int], None] = lambda _port: None,
    on_ready: Callable[[int], None] = lambda _port: None,
    on_server: Callable[[Server], None] = lambda _server: None,
) -> None:
    """Runs a server until it was asked to stop. Raises ConfigError if it cannot listen, or keep
    anything.

    `prepare` makes the agents ready once the server listens: the page is there at once, and the first call waits at its
    webhook. If it fails, the server ends and its error is raised. `on_started` and, after `prepare`, `on_ready` are told
    the port.
    """
    raise_descriptor_limit()
    limits = app.options.media
    config = uvicorn.Config(
        app.asgi,
        host=listening.host,
        port=listening.port,
        http=connection_class(app.doors, head_seconds=listening.head_seconds, unread_seconds=listening.unread_seconds),
        ws=socket_class(listening.unread_seconds),
        ws_max_size=limits.message_bytes,
        ws_ping_interval=limits.ping_interval or None,
        ws_ping_timeout=limits.ping_timeout,
        ws_per_message_deflate=False,
        lifespan="on",
        log_config=None,
        proxy_headers=False,  # forwarded headers are judged in server/head.py, for routes and media alike
        server_header=False,
        backlog=listening.backlog,
        timeout_keep_alive=listening.timeout_keep_alive,
        timeout_graceful_shutdown=CLOSE_SECONDS,
    )
    preparing: list[asyncio.Task[None]] = []

    def started(port: int) -> None:
        on_started(port)
        ready = _make_ready(app, prepare, server, lambda: on_ready(port))
        preparing.append(asyncio.get_running_loop().create_task(ready, name="prepare"))

    server = Server(config, app.switchboard.drain, listening.drain_seconds, started)
    on_server(server)
    if app.journal is not None:
        await app.journal.start()
    try:
        await server.serve()
    except SystemExit:
        # uvicorn logs why it cannot listen and leaves the process; the sentence is ours to say.
        where = f"{without_secrets(listening.host)} port {listening.port}"
        raise ConfigError(f"Cannot listen on {where}: it is in use or not allowed; choose another PORT.") from None
    finally:
        if app.journal is not None:
            await app.journal.close()  # after the last call's last word
    for task in preparing:
        if task.done():
            await task  # raises what went wrong
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def raise_descriptor_limit() -> None:
    """Lets this process have as many descriptors as the system allows: the usual 1024 are used up by 1000 connections,
    and then no call is let in."""
    try:
        import resource
    except ImportError:  # not on Windows
        return
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    except (ValueError, OSError) as error:  # macOS says "unlimited" and does not mean it
        log.debug("the limit of descriptors stays as it is: %s", error)


async def _make_ready(
    app: App, prepare: Callable[[], Awaitable[None]] | None, server: Server, ready: Callable[[], None]
) -> None:
    try:
        if prepare is not None:
            await prepare()
    except BaseException:
        server.stop()
        raise
    # What was loaded until now stays: looking through it for garbage again and again holds every call up for tens of ms.
    gc.collect()
    gc.freeze()
    app.ready.set()
    ready()
