"""A small real run of one bridge: its processes, its sockets, the real clock; nothing about time is asserted."""

import uvloop

from offhook.bench import load
from offhook.bench.measured import Run


def short_run(bridge, monkeypatch, *, interrupt: bool = False) -> Run:
    """Three calls for half a second, asserted to be whole."""
    monkeypatch.setattr(load, "WARM_SECONDS", 0.2)
    run = uvloop.run(load.measure(bridge, 3, 0.5, interrupt=interrupt))
    assert (run.failed, run.missing, run.faults) == (0, 0, 0)
    assert run.cpu_seconds > 0
    return run
