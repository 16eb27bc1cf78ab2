"""How much a process holds, and whether that grows with the calls it takes. Linux only: read from /proc."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")


@dataclass(frozen=True)
class Reading:
    """What a process and its workers held at rest, after so many calls."""

    calls: int
    kb: int
    """Resident memory of the process itself."""
    workers: tuple[int, ...]
    """Resident kB of each of its child processes."""
    descriptors: int
    threads: int


def read(pid: int, calls: int) -> Reading:
    """A reading of a process that is at rest."""
    return Reading(
        calls, _kb(pid), tuple(map(_kb, children(pid))), len(os.listdir(PROC / str(pid) / "fd")), _threads(pid)
    )


def children(pid: int) -> list[int]:
    """Its child processes, oldest first."""
    found: list[int] = []
    for task in (PROC / str(pid) / "task").iterdir():
        found += map(int, (task / "children").read_text().split())
    return sorted(found)


def _status(pid: int, name: str) -> int:
    for line in (PROC / str(pid) / "status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1])
    raise AssertionError(f"no {name} of process {pid}")


def _kb(pid: int) -> int:
    return _status(pid, "VmRSS")


def _threads(pid: int) -> int:
    return _status(pid, "Threads")


def per_thousand(calls: Sequence[int], amounts: Sequence[float]) -> float:
    """How much an amount grows with a thousand calls: the slope of the line through the readings."""
    mean_x, mean_y = sum(calls) / len(calls), sum(amounts) / len(amounts)
    spread = sum((x - mean_x) ** 2 for x in calls)
    return 1000.0 * sum((x - mean_x) * (y - mean_y) for x, y in zip(calls, amounts, strict=True)) / spread
