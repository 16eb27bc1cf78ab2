"""The bus: tells viewers what happens in calls, within one process. For viewers only: it may drop what they do not take.

A notice that must not be lost has its place in the store too, and a viewer who missed one reads it there. What only the
newest of matters (where a call stands, how loud it is) has a key: a newer notice takes the place of an older one that
nobody has taken yet, so that a slow viewer costs little and never lags.
"""

import asyncio
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

ALL_CALLS = "*"
"""The topic of where each call stands. Every other topic is a call's id."""
ALL_PULSES = "* pulse"
"""The topic of what passes in all calls at once."""

MOST_WAITING = 1000
"""Notices that wait for one viewer; one more, and the viewer has missed them."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One message to viewers."""

    call_id: str
    text: str
    """JSON, as it is sent."""
    seq: int = 0
    """Its number in the call's journal; 0 for what is not kept there."""
    last: bool = False
    """The call is over with it."""
    key: str = ""
    """Of notices of one call with the same key only the newest matters; empty: each does."""


class Watch:
    """What waits for one viewer."""

    def __init__(self, most: int = MOST_WAITING) -> None:
        self._most = most
        self._waiting: deque[Notice] = deque()
        self._newest: dict[tuple[str, str], Notice] = {}
        self._come = asyncio.Event()
        self.missed = False
        """Too much waited: what must not be lost was dropped, and will be until the watch ends."""

    def tell(self, notice: Notice) -> None:
        """One more notice."""
        if notice.key:
            self._newest[notice.call_id, notice.key] = notice
        elif len(self._waiting) >= self._most or self.missed:
            self.missed = True
            self._waiting.clear()
        else:
            self._waiting.append(notice)
        self._come.set()

    async def take(self, seconds: float | None = None) -> list[Notice]:
        """All that waits, as soon as something does; nothing after so many seconds of quiet, or if the viewer has
        missed something."""
        try:
            async with asyncio.timeout(seconds):
                await self._come.wait()
        except TimeoutError:
            return []
        self._come.clear()
        taken = [*self._waiting, *self._newest.values()]
        self._waiting.clear()
        self._newest.clear()
        return [] if self.missed else taken


class Bus:
    """Topics, and who watches them. To be used from one event loop."""

    def __init__(self, most: int = MOST_WAITING) -> None:
        """`most`: notices that wait for one viewer."""
        self._most = most
        self._watches: dict[str, set[Watch]] = {}
        self._somebody = asyncio.Event()

    def watched(self, topic: str) -> bool:
        """Whether anybody would be told: what nobody watches need not be made."""
        return topic in self._watches

    async def somebody(self) -> None:
        """Waits until anybody watches anything."""
        await self._somebody.wait()

    @contextmanager
    def watch(self, *topics: str) -> Iterator[Watch]:
        """All notices of the topics from now on, while the block runs."""
        watch = Watch(self._most)
        for topic in topics:
            self._watches.setdefault(topic, set()).add(watch)
        self._somebody.set()
        try:
            yield watch
        finally:
            for topic in topics:
                self._watches[topic].discard(watch)
                if not self._watches[topic]:
                    del self._watches[topic]
            if not self._watches:
                self._somebody.clear()

    def publish(self, topic: str, notices: Sequence[Notice]) -> None:
        """Tells whoever watches. Never waits."""
        for watch in self._watches.get(topic, ()):
            for notice in notices:
                watch.tell(notice)
