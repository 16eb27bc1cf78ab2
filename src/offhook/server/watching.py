"""Everything that is seen of calls, composed: bus, feed, pulse, sockets, API, sweep. One object of the app."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from fastapi import APIRouter

from offhook.bus import MOST_WAITING, Bus
from offhook.server.auth import Access
from offhook.server.calls import CallsApi
from offhook.server.feed import Feed
from offhook.server.follow import Viewers
from offhook.server.live import live
from offhook.server.pulse import Pulse
from offhook.server.sweep import CarrierStatus, Sweep
from offhook.store.calls import Calls
from offhook.store.store import Store
from offhook.switchboard import Switchboard


class Watching:
    """Of one process. Its `feed` is told what the journal has kept."""

    def __init__(
        self,
        access: Access,
        switchboard: Switchboard,
        store: Store,
        *,
        max_call_seconds: float,
        retention_days: float | None = None,
        most_waiting: int = MOST_WAITING,
        carrier_status: CarrierStatus | None = None,
        remove_recording: Callable[[str], Awaitable[None]] | None = None,
    ) -> None:
        self._access, self._switchboard, self._store = access, switchboard, store
        self._remove_recording = remove_recording
        self.bus = Bus(most_waiting)
        self.feed = Feed(self.bus)
        self.viewers = Viewers(self.bus, Calls(store), switchboard.find)
        """What there is to see of each call."""
        self._pulse = Pulse(self.bus, switchboard)
        self._sweep = Sweep(
            store, self.feed, lambda call_id: switchboard.find(call_id) is not None,
            max_call_seconds=max_call_seconds, retention_days=retention_days, carrier_status=carrier_status,
            remove_recording=remove_recording,
        )  # fmt: skip

    def router(self) -> APIRouter:
        """The API and the sockets."""
        find = self._switchboard.find
        router = APIRouter()
        router.include_router(CallsApi(self._access, self._store, find, self._remove_recording).router())
        router.include_router(live(self._access, self.viewers))
        return router

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """While the block runs, calls have a pulse and the store is seen to."""
        tasks = [
            asyncio.create_task(self._pulse.run(), name="pulse"),
            asyncio.create_task(self._sweep.run(), name="sweep"),
        ]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
