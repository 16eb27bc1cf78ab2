"""Sends on time: a wheel of one-millisecond slots, so that calls do not all send at once and no call needs a timer."""

import asyncio
import time
from collections.abc import Callable

FRAME_SLOTS = 20
DELTA_SLOTS = 200
FAR_BEHIND_SECONDS = 0.1


class Pacer:
    """Calls `frame` of each member every 20 ms and `delta` every 200 ms, each member in a slot of its own."""

    def __init__(self) -> None:
        self._frames: list[list[Callable[[], None]]] = [[] for _ in range(FRAME_SLOTS)]
        self._deltas: list[list[Callable[[], None]]] = [[] for _ in range(DELTA_SLOTS)]
        self._members = 0
        self._stopped = False
        self.late_ms: list[float] = []
        """How late each slot was."""

    def join(self, frame: Callable[[], None], delta: Callable[[], None]) -> None:
        """One more member."""
        self._frames[self._members % FRAME_SLOTS].append(frame)
        self._deltas[self._members * 7 % DELTA_SLOTS].append(delta)
        self._members += 1

    def stop(self) -> None:
        """No more is sent."""
        self._stopped = True

    async def run(self) -> None:
        """Turns until stopped. Slots that are missed are made up for one by one, so that the loop can read in between.

        A wheel that is far behind does not race: it goes on from there, and too little was sent.
        """
        began, slot = time.perf_counter(), 0
        while not self._stopped:
            # A whole millisecond or nothing: a loop that knows no shorter time would spin.
            early = began + slot / 1000.0 > time.perf_counter()
            await asyncio.sleep(0.001 if early else 0.0)
            if self._stopped:
                return
            late = max(0.0, time.perf_counter() - began - slot / 1000.0)
            self.late_ms.append(late * 1000.0)
            if late > FAR_BEHIND_SECONDS:
                began += late
            for send in self._frames[slot % FRAME_SLOTS]:
                send()
            for send in self._deltas[slot % DELTA_SLOTS]:
                send()
            slot += 1
