"""A bridge as a process of its own: started on its core, watched from outside, ended.

Linux only: what a process costs is read from /proc, and relay.c waits by epoll.
"""

import asyncio
import contextlib
import math
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from offhook.errors import ConfigError

START_SECONDS = 20.0
END_SECONDS = 5.0


def announce(port: int) -> None:
    """A bridge tells whoever started it where it listens."""
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()


def cores() -> tuple[int, int]:
    """The core for the bridge and the core for its peers; the same one if there is but one. Raises ConfigError."""
    if not hasattr(os, "sched_getaffinity") or not Path("/proc/self/schedstat").is_file():
        raise ConfigError("The bench needs Linux: it reads what a process costs from /proc. Run it in a container.")
    allowed = sorted(os.sched_getaffinity(0))
    return allowed[0], allowed[1 % len(allowed)]


@contextlib.contextmanager
def pinned(core: int) -> Iterator[None]:
    """This thread, and what it starts, runs on one core within the block."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


class BridgeProcess:
    """A bridge that runs. Use `start`, and `end` whatever happens."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self._process = process
        self.port = port

    @classmethod
    async def start(cls, command: list[str], core: int) -> "BridgeProcess":
        """Starts a bridge on a core and waits until it has told its port. Raises ConfigError if it does not."""
        quiet = asyncio.subprocess.DEVNULL
        with pinned(core):  # a child inherits the core before its first thread is made
            process = await asyncio.create_subprocess_exec(
                *command, stdin=quiet, stdout=asyncio.subprocess.PIPE, stderr=quiet
            )
        assert process.stdout is not None
        try:
            async with asyncio.timeout(START_SECONDS):
                line = await process.stdout.readline()
            return cls(process, int(line))
        except BaseException as error:
            await cls(process, 0).end()
            if isinstance(error, TimeoutError | ValueError):
                raise ConfigError(f"The bridge does not start; run `{' '.join(command)}` to see why.") from None
            raise

    def cpu_seconds(self) -> float:
        """User and system time of all its threads so far; NaN once it is gone."""
        total = 0
        try:
            tasks = list(Path(f"/proc/{self._process.pid}/task").iterdir())
        except OSError:
            return math.nan
        for task in tasks:
            with contextlib.suppress(OSError):  # a thread may end meanwhile
                total += int((task / "schedstat").read_text().split()[0])
        return total / 1e9

    def memory_kb(self) -> float:
        """What of it is in memory; NaN once it is gone."""
        try:
            status = Path(f"/proc/{self._process.pid}/status").read_text()
        except OSError:
            return math.nan
        sizes = (float(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:"))
        return next(sizes, math.nan)  # one that has ended and was not waited for has no size

    @property
    def alive(self) -> bool:
        """False once it has ended."""
        return self._process.returncode is None

    async def end(self) -> None:
        """Asks it to end, and makes it end if it does not. Idempotent."""
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        try:
            async with asyncio.timeout(END_SECONDS):
                await self._process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
