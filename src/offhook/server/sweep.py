"""What is seen to once a minute: calls whose process died are closed, and calls that are old enough are removed.

Every process does it and none needs to know of the others: each step is one transaction that looks once more whether it
is still to be done.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from offhook.core import events as e
from offhook.core.states import is_over
from offhook.errors import StoreAway
from offhook.journal.past import Pasts
from offhook.server.feed import Feed
from offhook.store.calls import Calls
from offhook.store.removal import remove
from offhook.store.store import Store

log = logging.getLogger(__name__)

EVERY_S = 60.0
SILENT = timedelta(minutes=3)
"""A call of which nothing was heard so long is asked after."""
BEYOND = timedelta(minutes=10)
"""A call that lasts so much longer than any may is over."""
ASKED_AT_A_TIME = 20
REMOVED_AT_A_TIME = 100

CarrierStatus = Callable[[str], Awaitable[str | None]]
"""The carrier's CallStatus of one of its calls; None if it does not say now, "unknown" if it knows no such call."""


class Sweep:
    """Of one process."""

    def __init__(
        self,
        store: Store,
        feed: Feed,
        is_live: Callable[[str], bool],
        *,
        max_call_seconds: float,
        retention_days: float | None = None,
        carrier_status: CarrierStatus | None = None,
        remove_recording: Callable[[str], Awaitable[None]] | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`is_live`: whether a call is one of this process's; `remove_recording` takes a call's id and is content with
        a call that has none."""
        self._store, self._calls, self._pasts, self._feed = store, Calls(store), Pasts(store), feed
        self._is_live, self._carrier_status, self._remove_recording = is_live, carrier_status, remove_recording
        self._longest = timedelta(seconds=max_call_seconds) + BEYOND
        self._retention = timedelta(days=retention_days) if retention_days is not None else None
        self._now = now

    async def run(self) -> None:
        """Until cancelled. Without a store it waits for it."""
        while True:
            # Processes that were started together must not all ask at once.
            await asyncio.sleep(EVERY_S * random.uniform(0.5, 1.5))
            for step in (self.close_lost, self.remove_old):
                try:
                    await step()
                except StoreAway as away:
                    log.debug("nothing can be seen to: %s", away)
                except Exception:
                    log.exception("something was not seen to")

    # ------------------------------------------------------------------------------------------ calls that were lost

    async def close_lost(self) -> int:
        """Closes the calls that nobody holds any more. How many."""
        now, asked, closed = self._now(), 0, 0
        for call in await self._calls.open_since(now - SILENT, 10 * ASKED_AT_A_TIME):
            if self._is_live(call["id"]) or call["silent_since"] > now - SILENT:
                continue
            status = None
            # Of a browser's call, which is of no account, no carrier knows.
            if self._carrier_status is not None and call["account_sid"] and asked < ASKED_AT_A_TIME:
                asked += 1
                status = await self._carrier_status(call["sid"])
            too_long = call["started_at"] < now - self._longest
            if is_over(status) if status else too_long:
                closed += await self._close(call, now)
        return closed

    async def _close(self, call: dict[str, Any], now: datetime) -> bool:
        """Writes the end of a call, unless somebody has done so meanwhile."""
        records = await self._pasts.end(call["id"], now, e.Result.FAILED, e.Reason.SERVER_LOST)
        if not records:
            return False
        log.warning("a call whose server was lost is closed", extra={"call_id": call["id"]})
        self._feed.publish(records)
        return True

    # ------------------------------------------------------------------------------------------ calls that are old

    async def remove_old(self) -> int:
        """Removes calls that are older than they may be, with their recordings. How many."""
        removed = 0
        while self._retention is not None:
            found = await self._calls.older_than(self._retention, REMOVED_AT_A_TIME, self._now())
            gone = await remove(self._store, [call["id"] for call in found if await self._recording_is_gone(call)])
            removed += len(gone)
            if not gone:
                break
        if removed:
            log.info("%d calls were older than they may be and are removed", removed)
        return removed

    async def _recording_is_gone(self, call: dict[str, Any]) -> bool:
        """A recording goes before its call, so that none is ever left that nothing points to."""
        if self._remove_recording is not None:
            try:
                await self._remove_recording(call["id"])
            except Exception:
                log.exception("a recording could not be removed; its call stays", extra={"call_id": call["id"]})
                return False
        return True
