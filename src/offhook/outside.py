"""Marks work that happens outside the event loop (a worker process, a thread, a database), so that a simulated clock can wait for it."""

import asyncio
from collections.abc import Iterator
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
