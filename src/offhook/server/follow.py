"""What a viewer is sent: the past of a call and then what happens in it, each event once and in order; or where every
call stands.

The past is in the store, the present on the bus, and the numbers of the events say where one joins the other: a viewer
watches first and reads then, what it has already is dropped, and a number that is missing is looked up. So nothing
depends on the bus being complete.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import Any

import orjson

from offhook.bus import ALL_CALLS, ALL_PULSES, Bus
from offhook.call import Call
from offhook.errors import OffhookError, StoreAway
from offhook.journal.record import Record
from offhook.server.feed import status_of_row
from offhook.store.calls import ENDED, Calls, Wanted

QUIET_S = 5.0
"""After so long without news a viewer looks whether there are some in the store: the call may be another process's."""
SNAPSHOT = 200
"""Calls read at a time."""


class ViewerMissed(OffhookError):
    """The viewer was too slow, or the past cannot be read: it is to come again, behind the last event it was sent."""

    def __init__(self, message: str, last: int = 0) -> None:
        super().__init__(message)
        self.last = last


class NoSuchCall(OffhookError):
    """Nobody knows of the call."""


class Viewers:
    """What there is to see, for any number of viewers."""

    def __init__(self, bus: Bus, calls: Calls, find: Callable[[str], Call | None]) -> None:
        """`find`: the live call of this process by its id."""
        self._bus, self._calls, self._find = bus, calls, find

    async def one(self, call_id: str, after: int = 0) -> AsyncGenerator[str]:
        """The events of a call behind `after`, and then those that come; ends behind the last one of the call.

        Raises NoSuchCall and ViewerMissed.
        """
        with self._bus.watch(call_id) as watch:
            last, first = after, True
            while True:
                try:
                    state = await self._state(call_id)
                    async for batch in self._calls.events(call_id, last):
                        for event in batch:
                            record = Record(call_id, event.seq, event.at_ms, 0.0, event.type, event.body)
                            yield orjson.dumps(record.message()).decode()
                            last = event.seq
                except StoreAway:
                    if first:
                        raise ViewerMissed("The database cannot be reached.", last) from None
                if state == ENDED:
                    return
                first = gap = False
                while not gap:
                    notices = await watch.take(QUIET_S)
                    if watch.missed:
                        raise ViewerMissed("You are too slow.", last)
                    gap = not notices
                    for notice in notices:
                        if not notice.seq:
                            yield notice.text
                        elif notice.seq == last + 1:
                            yield notice.text
                            last = notice.seq
                            gap = notice.last  # what else there is of the call is in the store
                        elif notice.seq > last:
                            gap = True
                            break

    async def _state(self, call_id: str) -> str:
        state = await self._calls.state(call_id)
        if state is None:
            if self._find(call_id) is None:
                raise NoSuchCall("There is no such call.")
            return ""  # it has just begun, and is not written down yet
        return state

    async def all(self, *, pulses: bool = False) -> AsyncGenerator[str]:
        """Where each live call stands, and then every change; and the pulse of every call, if wanted.

        Raises ViewerMissed.
        """
        topics = (ALL_CALLS, ALL_PULSES) if pulses else (ALL_CALLS,)
        with self._bus.watch(*topics) as watch:
            told: dict[str, int] = {}
            try:
                async for call in self._live():
                    told[call["id"]] = call["last_seq"]
                    yield status_of_row(call)
            except StoreAway:
                raise ViewerMissed("The database cannot be reached.") from None
            while True:
                for notice in await watch.take():
                    if not notice.seq or notice.seq > told.get(notice.call_id, 0):
                        yield notice.text

    async def _live(self) -> AsyncIterator[dict[str, Any]]:
        after = None
        while True:
            page = await self._calls.page(Wanted(live=True), SNAPSHOT, after)
            for call in page.calls:
                yield call
            if (after := page.next) is None:
                return
