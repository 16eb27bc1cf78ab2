"""What a simulated loop knows that a real one does not: work outside of it (a worker process, a thread, a database), which
its clock waits for, and a time that is not the machine's."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def outside() -> Iterator[None]:
    """Counts one piece of outside work on the running loop while the block runs.

    A real loop has no counter and nothing happens. The simulated loop (sim/clock.py) keeps `outside_work`
    and lets its clock stand still while it is above zero.
    """
    loop: Any = asyncio.get_running_loop()
    if not hasattr(loop, "outside_work"):
        yield
        return
    loop.outside_work += 1
    try:
        yield
    finally:
        loop.outside_work -= 1


def clock(loop: asyncio.AbstractEventLoop) -> Callable[[], float]:
    """The seconds that timers of this loop go by, exact at any moment.

    uvloop's own `time()` has steps of a millisecond and stands still while callbacks run; it counts from where
    `time.monotonic` does, and so does asyncio's. Only a simulated loop has a time of its own.
    """
    return loop.time if hasattr(loop, "outside_work") else time.monotonic
