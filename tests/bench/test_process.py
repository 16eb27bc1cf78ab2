import asyncio
import math
import os
import subprocess
import sys

import pytest

from offhook.bench import process
from offhook.bench.process import BridgeProcess, announce, cores, pinned
from offhook.errors import ConfigError
from tests.linux import needs_linux
from tests.polling import wait_for


def python(code):
    return [sys.executable, "-c", code]


@needs_linux
def test_a_process_is_watched_from_outside_and_ended():
    code = "import signal; sum(range(3_000_000)); print(4711, flush=True); signal.pause()"

    async def scenario():
        bridge = await BridgeProcess.start(python(code), cores()[0])
        try:
            return bridge.port, bridge.cpu_seconds(), bridge.memory_kb(), bridge.alive
        finally:
            await bridge.end()
            await bridge.end()
            assert not bridge.alive

    port, cpu, memory, alive = asyncio.run(scenario())
    assert (port, alive) == (4711, True)
    assert cpu > 0 and memory > 1000


@needs_linux
def test_one_that_does_not_start_says_how_to_see_why():
    with pytest.raises(ConfigError, match="does not start; run"):
        asyncio.run(BridgeProcess.start(python("raise SystemExit"), cores()[0]))


@needs_linux
def test_one_that_says_nothing_is_ended_when_the_bench_is(tmp_path):
    path = tmp_path / "pid"

    async def scenario():
        code = "import os, signal, sys; open(sys.argv[1], 'w').write(str(os.getpid())); signal.pause()"
        starting = asyncio.create_task(BridgeProcess.start([*python(code), str(path)], cores()[0]))
        await asyncio.to_thread(wait_for, lambda: path.is_file() and path.read_text())
        starting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await starting
        with pytest.raises(ProcessLookupError):
            os.kill(int(path.read_text()), 0)

    asyncio.run(scenario())


@needs_linux
def test_one_that_does_not_want_to_end_is_made_to(monkeypatch):
    monkeypatch.setattr(process, "END_SECONDS", 0.05)
    code = "import signal, time; signal.signal(15, signal.SIG_IGN); print(1, flush=True); signal.pause()"

    async def scenario():
        bridge = await BridgeProcess.start(python(code), cores()[0])
        await bridge.end()
        return bridge.alive

    assert asyncio.run(scenario()) is False


@needs_linux
def test_one_that_is_gone_has_no_figures():
    ended = subprocess.Popen(python(""))
    bridge = BridgeProcess(ended, 0)
    os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
    assert math.isnan(bridge.memory_kb())  # a zombie, of which /proc tells some things and no size
    ended.wait()
    assert math.isnan(bridge.memory_kb()) and math.isnan(bridge.cpu_seconds())


@needs_linux
def test_a_core_is_taken_and_given_back():
    before = os.sched_getaffinity(0)
    with pinned(min(before)):
        assert os.sched_getaffinity(0) == {min(before)}
    assert os.sched_getaffinity(0) == before
    assert set(cores()) <= before


def test_elsewhere_than_on_linux_it_says_so(monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    with pytest.raises(ConfigError, match="needs Linux"):
        cores()


def test_the_port_is_told_on_standard_output(capsys):
    announce(80)
    assert capsys.readouterr().out == "80\n"
