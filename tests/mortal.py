"""A server that dies in the middle of its calls, and another over the same database that takes its place, in simulated time.

What a kill takes away is taken away: sockets break, what the journal had not written is gone, nobody says a word.
"""

import asyncio
import os
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from offhook.core import events as e
from offhook.journal.journal import Journal
from offhook.server.app import App, Options
from offhook.store.store import Store
from tests.server.running import ACCOUNT, KEY


def kill(journal: Journal) -> None:
    """What the journal has not written is gone, and its spool is nobody's."""
    for task in (journal._writer, journal._heir):
        task.cancel()
    if journal._spool._descriptor >= 0:
        os.close(journal._spool._descriptor)


class Life:
    """One process."""

    def __init__(self, url: str, folder: Path, **agents: Any) -> None:
        loop = asyncio.get_running_loop()
        self.events: list[tuple[str, e.Event]] = []
        self.sockets: list[Any] = []
        self.journal = Journal(Store(url), folder, wall_clock=lambda: 1_800_000_000.0 + loop.time())
        self.app = App(
            Options(ACCOUNT, [KEY]), watch=lambda id, event: self.events.append((id, event)), journal=self.journal,
            **agents,
        )  # fmt: skip
        self._running = AsyncExitStack()

    async def begin(self) -> "Life":
        await self.journal.start()
        await self._running.enter_async_context(self.app.resuming.running())
        self.app.ready.set()
        return self

    async def die(self) -> None:
        """As by kill -9."""
        kill(self.journal)
        for call in list(self.app.switchboard.calls):
            call.let_go()
        for socket in self.sockets:
            if not socket.closed:
                socket.closed = True
                socket._closed(1006)
        await self._running.aclose()
        await self.journal.store.close()

    async def end(self) -> None:
        """In order."""
        await self.app.switchboard.close()
        await self._running.aclose()
        await self.journal.close()

    def published(self, kind: type) -> list[Any]:
        return [event for _, event in self.events if isinstance(event, kind)]


class Lives:
    """One process after another; `asgi` and `accept` are those of the one that lives, for whom requests wait."""

    def __init__(self, url: str, folder: Path, **agents: Any) -> None:
        self._given = (url, folder, agents)
        self.all: list[Life] = []
        self._alive = asyncio.Event()

    @property
    def now(self) -> Life:
        return self.all[-1]

    async def begin(self) -> Life:
        url, folder, agents = self._given
        self.all.append(await Life(url, folder, **agents).begin())
        self._alive.set()
        return self.now

    async def die(self, dead_s: float = 0.5) -> Life:
        self._alive.clear()
        await self.now.die()
        await asyncio.sleep(dead_s)
        return await self.begin()

    async def asgi(self, scope, receive, send) -> None:
        await self._alive.wait()
        await self.now.app.asgi(scope, receive, send)

    def accept(self, order, socket):
        if not self._alive.is_set():
            return None
        self.now.sockets.append(socket)
        return self.now.app.door.open_leg(socket, order.url.rsplit("/", 1)[1])
