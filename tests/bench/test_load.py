import asyncio
import math
import sys

import pytest
import uvloop

from offhook.bench import load
from offhook.bench.bridges import Bridge
from offhook.errors import ConfigError
from tests.linux import needs_linux


def bridge(code):
    return Bridge("x", "x", (sys.executable, "-c", code), webhook=False)


@needs_linux
def test_calls_that_do_not_come_up_are_counted_and_nothing_hangs(monkeypatch):
    monkeypatch.setattr(load, "WARM_SECONDS", 0.01)
    # A port that nothing listens on: the bridge says so and lives.
    deaf = bridge("import signal; print(9, flush=True); signal.pause()")
    run = uvloop.run(load.measure(deaf, 3, 0.05, interrupt=True))
    assert (run.failed, run.interruptions) == (3, [])
    assert run.rejected is not None and not run.carried


@needs_linux
def test_a_bridge_that_does_not_start_is_an_error():
    with pytest.raises(ConfigError, match="does not start"):
        asyncio.run(load.measure(bridge("raise SystemExit"), 1, 0.05))


@needs_linux
def test_a_bridge_that_dies_while_calls_are_opened_is_a_run_that_does_not_count(monkeypatch):
    monkeypatch.setattr(load, "WARM_SECONDS", 0.01)
    dies = bridge(
        "import socket; s = socket.create_server(('127.0.0.1', 0)); print(s.getsockname()[1], flush=True); s.accept()"
    )
    run = uvloop.run(load.measure(dies, 3, 0.05))
    assert run.rejected == "3 calls failed"
    assert math.isnan(run.cpu_seconds) and math.isnan(run.memory_kb)
