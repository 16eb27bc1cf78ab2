"""Simulated time: an event loop whose clock jumps to the next timer when nothing is ready.

Code under test sleeps, times out and schedules as always, but an hour passes in milliseconds and every run is alike. Real
work (a thread, a worker process, a database) takes no simulated time: it is counted in `outside_work`, by hand with
`offhook.outside.outside()` or, for executor jobs, by the loop itself, and the clock stands still until it is done.
"""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

PATIENCE_S = 60.0
"""Real seconds that outside work may take before it counts as lost."""


class SimLoop(asyncio.SelectorEventLoop):
    """An asyncio loop in simulated time; starts at 0.

    Raises RuntimeError out of `run_forever` when nothing is ready, no timer is set and no outside work is under way
    (everybody waits for somebody), and when outside work has not come back within a minute of real time (a block of
    `outside()` that waits for a simulated timer would wait for ever).
    """

    def __init__(self) -> None:
        self.outside_work = 0
        self._now = 0.0
        super().__init__(_JumpingSelector(self))

    def time(self) -> float:
        """Seconds of simulated time."""
        return self._now

    def jump(self, seconds: float) -> None:
        """Moves the clock on; the selector calls this when nothing else can happen."""
        self._now += seconds

    def run_in_executor(self, executor: Any, func: Callable[..., T], *args: Any) -> "asyncio.Future[T]":  # type: ignore[override]
        """As always, and the clock stands still until the job is done."""
        future = super().run_in_executor(executor, func, *args)
        self.outside_work += 1
        future.add_done_callback(self._job_done)
        return future

    def _job_done(self, _future: "asyncio.Future[Any]") -> None:
        self.outside_work -= 1

    async def shutdown_default_executor(self, *args: Any, **kwargs: Any) -> None:
        """As always; joining the threads is outside work too."""
        self.outside_work += 1
        try:
            await super().shutdown_default_executor(*args, **kwargs)
        finally:
            self.outside_work -= 1

    def waiting(self) -> str:
        """The unfinished tasks, for an error message."""
        return (
            ", ".join(sorted(f"{task.get_name()} ({task.get_coro()!r})" for task in asyncio.all_tasks(self))) or "none"
        )


class _JumpingSelector(selectors.DefaultSelector):
    """Serves what is ready; else waits for outside work; else moves the clock."""

    def __init__(self, loop: SimLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or (timeout is not None and timeout <= 0):
            return ready
        if self._loop.outside_work > 0:
            ready = super().select(PATIENCE_S)
            if not ready:
                raise RuntimeError(
                    f"simulated time: outside work ({self._loop.outside_work}) did not come back within {PATIENCE_S:.0f} s; "
                    f"unfinished tasks: {self._loop.waiting()}"
                )
            return ready
        if timeout is None:
            raise RuntimeError(
                "simulated time: nothing is ready, no timer is set and no outside work is under way; "
                f"unfinished tasks: {self._loop.waiting()}"
            )
        self._loop.jump(timeout)
        return []


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Runs a coroutine in simulated time on a loop of its own, then cancels what it left behind and closes the loop."""
    with asyncio.Runner(loop_factory=SimLoop) as runner:
        return runner.run(coroutine)
