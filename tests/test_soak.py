"""What calls leave behind: an hour of short calls in simulated time, and some minutes of them over real sockets.

Both with the embedded agent. Nothing may grow with the number of calls: memory, descriptors, threads, tasks, worker
processes, tables. SOAK_MINUTES (default 4) is how long the real part lasts; the simulated hour is twice as long, an hour
at most.
"""

import asyncio
import gc
import importlib.util
import logging
import os
import re
import signal
import subprocess
import sys
import tracemalloc
from contextlib import contextmanager

import pytest

from offhook import switchboard
from offhook.agent.agent import Agent
from offhook.agent.cascade.embedded import LocalEngine
from offhook.agent.roster import Roster
from offhook.server.app import App, Options
from offhook.server.simulator_account import simulator_account
from offhook.settings import Settings
from offhook.sim import memory, phone
from offhook.sim.carrier import CarrierCall
from offhook.sim.clock import run
from offhook.sim.network import Link
from offhook.sim.signature import Account
from tests.growth import PROC, Reading, per_thousand, read
from tests.server.running import ACCOUNT, KEY
from tests.short_calls import ShortCalls, keep_calling, voices
from tests.test_structure import SRC

if not (importlib.util.find_spec("pocketsphinx") and importlib.util.find_spec("espeakng_loader")):
    pytest.skip("the speech engines are not installed: pip install 'offhook[local]'", allow_module_level=True)
if not (PROC / "self" / "fd").is_dir():
    pytest.skip("what a process holds is read from /proc, which this system has not", allow_module_level=True)

MINUTES = float(os.environ.get("SOAK_MINUTES", "4"))
pytestmark = [pytest.mark.soak, pytest.mark.timeout(600 + 300 * MINUTES)]
LANES = 10
"""Callers at once."""
ROUND_S = 60.0
"""Of simulated time between two readings."""

MOST_WRONG = 0.01
"""Of the calls on the real clock, which a busy machine may spoil."""
EXECUTOR = 4
"""Threads that asyncio's executor may still open, whatever the number of calls."""
MOST_KB, NOISE_KB = 1000, 3000
"""Resident memory that a thousand calls may add to the server, or to one of its workers; and what an allocator may come
and go by in a whole run: of a few hundred calls nothing finer can be told."""
MOST_TRACED_KB, NOISE_TRACED_KB = 100, 50
"""The same of the memory of Python objects."""


@pytest.fixture(autouse=True)
def no_log():
    """pytest keeps every record of a test."""
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


def held(engine: LocalEngine, app: App) -> dict[str, int]:
    """What is in the tables that calls enter and must leave."""
    listening, pool = engine._listening, engine._recognisers
    workers = [each._worker for each in engine._synthesizers.values()] + [shared.worker for shared in pool._workers]
    return {
        "calls": len(app.switchboard._calls),
        "sids": len(app.switchboard._by_sid),
        "hearings": len(listening._hearings),
        "tracks": len(listening._bank._tracks),
        "callers of recognisers": sum(shared.callers for shared in pool._workers),
        "answers awaited": sum(len(worker._awaited) for worker in workers),
    }


def test_an_hour_of_short_calls_leaves_nothing_behind(monkeypatch, capsys):
    monkeypatch.setattr(switchboard, "REMEMBERED", 100)  # kept of ended calls, on purpose: full after the first round
    hour = Hour()
    run(hour.pass_by(min(60.0, 2 * MINUTES)))
    with capsys.disabled():
        tell(f"simulated, {LANES} callers at once", hour.readings)
        print(f"  Python objects: {hour.traced_kb:+.0f} kB of {hour.traced_calls} calls; where most was added:")
        for place in hour.top:
            print(f"    {place}")
    assert hour.calls.wrong == []
    assert not [each for each in hour.held if any(each.values())]
    assert_flat(hour.readings)
    most_kb = max(NOISE_TRACED_KB, MOST_TRACED_KB * hour.traced_calls / 1000.0)
    assert hour.traced_kb <= most_kb, f"{hour.traced_kb:.0f} kB of Python objects of {hour.traced_calls} calls"


class Hour:
    """Simulated time full of calls, with a reading of this process after every round."""

    async def pass_by(self, minutes: float) -> None:
        self.roster = Roster(Agent(greeting="Hello."))
        await self.roster.start()
        self.app = App(Options(ACCOUNT, [KEY]), self.roster.open)
        self.app.ready.set()
        account = Account(ACCOUNT, KEY.secret)
        self.calls = ShortCalls("http://voice.test/incoming-call", account, await voices())
        self.readings: list[Reading] = []
        self.held: list[dict[str, int]] = []
        self._others = len(asyncio.all_tasks())
        rounds = max(4, round(minutes * 60.0 / ROUND_S))
        for _ in range(rounds):
            await self.round()
            self.readings.append(read(os.getpid(), self.calls.made))
        await self.trace(max(1, rounds // 4))
        await self.app.switchboard.close()
        await self.roster.close()

    async def round(self) -> None:
        await keep_calling(self.calls, self.place, LANES, ROUND_S)
        await asyncio.sleep(20.0)  # the last of them park and end
        gc.collect()
        tasks = len(asyncio.all_tasks()) - self._others
        self.held.append(held(self.roster._engines["local"], self.app) | {"tasks": tasks})
        assert len(self.app.switchboard._over) <= switchboard.REMEMBERED

    async def trace(self, rounds: int) -> None:
        """What Python objects are there after some more rounds that were not there before; it slows everything down."""
        tracemalloc.start()
        await self.round()
        before, began = self._snapshot(), self.calls.made
        for _ in range(rounds):
            await self.round()
        after = self._snapshot()
        tracemalloc.stop()
        self.traced_calls = self.calls.made - began
        self.traced_kb = sum(each.size_diff for each in after.compare_to(before, "filename")) / 1024
        self.top = [str(each) for each in after.compare_to(before, "lineno")[:8]]

    def _snapshot(self) -> tracemalloc.Snapshot:
        own = [tracemalloc.Filter(False, name) for name in (tracemalloc.__file__, __file__)]
        return tracemalloc.take_snapshot().filter_traces(own)

    async def place(self, call: CarrierCall) -> None:
        def accept(order, socket):
            return self.app.door.open_leg(socket, order.url.rsplit("/", 1)[1])

        await memory.place_call(call, self.app.asgi, accept, Link(40.0, 4.0, seed=1), Link(40.0, 4.0, seed=2))


def test_some_minutes_of_short_calls_leave_a_real_server_as_it_was(tmp_path, capsys):
    with server(tmp_path) as (process, url):
        account = simulator_account(tmp_path)
        readings, calls = asyncio.run(real(process.pid, url, Account(account.account_sid, account.auth_token)))
    with capsys.disabled():
        tell(f"real server, {LANES} callers at once, {MINUTES:g} minutes", readings)
        print(*(f"  went wrong: {each}" for each in calls.wrong), sep="\n")
    assert len(calls.wrong) <= MOST_WRONG * calls.made
    assert_flat(readings)


@contextmanager
def server(folder):
    """`offhook serve` with the embedded agent, and where it answers."""
    environment = {name: value for name, value in os.environ.items() if name.lower() not in Settings.model_fields}
    environment |= {
        "MODEL": "local",
        "GREETING": "Hello.",
        "PORT": "0",
        "OFFHOOK_DATA": str(folder),
        "LOG_LEVEL": "error",
        "PYTHONPATH": str(SRC.parent),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "offhook", "serve"], cwd=folder, env=environment, stderr=subprocess.PIPE, text=True
    )
    try:
        url = re.search(r"http://127\.0\.0\.1:\d+", process.stderr.readline())[0]
        yield process, url
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


async def real(pid: int, url: str, account: Account):
    calls = ShortCalls(url + "/incoming-call", account, await voices())

    async def place(call):
        await phone.place_call(call, Link(40.0, 4.0, seed=1), Link(40.0, 4.0, seed=2))

    readings, rounds = [], max(8, round(MINUTES))
    for _ in range(rounds):
        await keep_calling(calls, place, LANES, MINUTES * 60.0 / rounds)
        await asyncio.sleep(8.0)  # idle connections close, the last calls park and end
        readings.append(read(pid, calls.made))
    return readings, calls


def tell(title: str, readings: list[Reading]) -> None:
    print(f"\n{title}")
    print("   calls | memory kB | workers kB                     | descriptors | threads")
    for each in readings:
        workers = ", ".join(map(str, each.workers))
        print(f"{each.calls:8} | {each.kb:9} | {workers:30} | {each.descriptors:11} | {each.threads}")
    for name, amounts in memories(readings).items():
        print(
            f"  {name}: {per_thousand([each.calls for each in second_half(readings)], amounts):+.0f} kB per 1,000 calls"
        )


def memories(readings: list[Reading]) -> dict[str, list[int]]:
    """The memory of each process in the second half: until then allocators and caches fill up."""
    warm = second_half(readings)
    return {"server": [each.kb for each in warm]} | {
        f"worker {n}": [each.workers[n] for each in warm] for n in range(len(warm[0].workers))
    }


def second_half(readings: list[Reading]) -> list[Reading]:
    return readings[len(readings) // 2 :]


def assert_flat(readings: list[Reading]) -> None:
    warm = second_half(readings)
    calls = [each.calls for each in warm]
    assert len({len(each.workers) for each in warm}) == 1, "as many worker processes as before"
    assert warm[-1].threads <= warm[0].threads + EXECUTOR, "threads do not grow with calls"
    assert warm[-1].descriptors <= warm[0].descriptors
    for name, kb in memories(readings).items():
        grown = per_thousand(calls, kb)
        over_all = grown * (calls[-1] - calls[0]) / 1000.0
        assert grown <= MOST_KB or over_all <= NOISE_KB, f"{name}: {grown:.0f} kB per 1,000 calls"
