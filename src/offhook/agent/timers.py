"""Timers that end with what they belong to."""

import asyncio
from collections.abc import Callable


class Timers:
    """Any number of them, each once."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.TimerHandle] = set()

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        """Calls `action` in so many seconds, unless `clear` comes first."""

        def run() -> None:
            self._waiting.discard(timer)
            action()

        timer = asyncio.get_running_loop().call_later(seconds, run)
        self._waiting.add(timer)

    def clear(self) -> None:
        """None of them is called any more."""
        for timer in self._waiting:
            timer.cancel()
        self._waiting.clear()
