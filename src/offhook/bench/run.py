"""The order of the runs: interleaved rounds, so that what the machine does meanwhile meets every bridge alike; and the search."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from offhook.bench.bridges import Bridge
from offhook.bench.measured import STALE_MS, Run

FIRST_CALLS = 50
MOST_CALLS = 1600
NARROWINGS = 2  # halvings between the last number that was carried and the first that was not
SEARCH_SECONDS = 4.0

Measure = Callable[[Bridge, int, float, bool], Awaitable[Run]]
"""Bridge, calls, seconds, with interruptions."""


@dataclass(slots=True)
class Found:
    """How many calls a bridge carries on one core."""

    bridge: str
    carried: int = 0
    """The most that were carried well; 0 if not even the first number was."""
    refused: int | None = None
    """The fewest that were not; None if the search ended before."""
    why: str = ""
    """What was wrong with them."""
    runs: list[Run] = field(default_factory=list)


async def rounds(
    bridges: Sequence[Bridge], calls: int, seconds: float, count: int, measure: Measure, said: Callable[[Run], None]
) -> list[Run]:
    """Every bridge once a round, each round beginning with another one. `said` is told each run as it ends."""
    runs = []
    for number in range(count):
        shift = number % len(bridges)
        for bridge in [*bridges[shift:], *bridges[:shift]]:
            runs.append(await measure(bridge, calls, seconds, True))
            said(runs[-1])
    return runs


async def search(bridge: Bridge, measure: Measure, said: Callable[[Run], None]) -> Found:
    """The largest number of calls that one core carries well: doubled until it fails, then narrowed down.

    A number is tried twice before it counts as too many, so that one hiccup of the machine does not decide.
    """
    found = Found(bridge.name)
    calls = FIRST_CALLS
    while calls <= MOST_CALLS:
        if not await _carries(bridge, calls, measure, said, found):
            break
        calls *= 2
    for _ in range(NARROWINGS):
        if found.refused is None or found.refused - found.carried < 10:
            break
        calls = (found.carried + found.refused) // 2
        if calls < 1:
            break
        await _carries(bridge, calls, measure, said, found)
    return found


async def _carries(bridge: Bridge, calls: int, measure: Measure, said: Callable[[Run], None], found: Found) -> bool:
    for _ in range(2):
        run = await measure(bridge, calls, SEARCH_SECONDS, False)
        said(run)
        found.runs.append(run)
        if run.carried:
            found.carried = calls
            return True
    found.refused, found.why = calls, trouble(run)
    return False


def trouble(run: Run) -> str:
    """Why a run is not one that carried its calls well."""
    if run.rejected is not None:
        return run.rejected
    if run.gaps:
        return f"{run.gaps} gaps in what was heard"
    delays = f"p99 {run.up_ms.p99:.0f} ms up, {run.down_ms.p99:.0f} ms down"
    if run.late_ms.p99 > STALE_MS / 2:
        return f"{delays}, but the peers themselves were late by {run.late_ms.p99:.0f} ms"
    return delays
