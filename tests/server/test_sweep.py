"""Calls that were lost are closed and calls that are old are removed: once each, whoever else does it too."""

import asyncio
import json
from datetime import timedelta

import pytest
import sqlalchemy as sa

from offhook.bus import ALL_CALLS, Bus
from offhook.core import events as e
from offhook.errors import StoreAway
from offhook.server import sweep as module
from offhook.server.feed import Feed
from offhook.server.sweep import EVERY_S, REMOVED_AT_A_TIME, Sweep
from offhook.sim import clock
from offhook.store.calls import Calls
from offhook.store.store import Store
from offhook.store.tables import CallRow, EventRow
from tests.server.test_calls import LIFE, lived
from tests.store.rows import call_row
from tests.store.test_calls import NOON, kept

BEGAN = LIFE[:5]  # four seconds of a call


class World:
    def __init__(self, store, **options):
        self.store, self.bus, self.now, self.live, self.asked = store, Bus(), NOON, set(), []
        self.statuses = {}
        self.calls = Calls(store)
        given = {"max_call_seconds": 3600.0, "carrier_status": self.status} | options
        self.sweep = self.another(**given)

    def another(self, store=None, **options):
        return Sweep(store or self.store, Feed(self.bus), self.live.__contains__, now=lambda: self.now, **options)

    async def status(self, sid):
        self.asked.append(sid)
        return self.statuses.get(sid)

    async def ended(self, call_id):
        kept = await self.calls.find(call_id)
        return kept.call["result"], kept.call["reason"]


def swept(url, scenario, **options):
    async def main():
        store = await kept(url)
        try:
            await scenario(World(store, **options))
        finally:
            await store.close()

    clock.run(main())


@pytest.fixture
def sqlite(tmp_path):
    return f"sqlite:///{tmp_path}/calls.db"


def test_a_silent_call_is_closed_when_the_carrier_says_that_it_is_over(database_url):
    statuses = {
        "completed": True, "failed": True, "no-answer": True, "unknown": True, "in-progress": False, None: False,
    }  # fmt: skip

    async def scenario(world):
        for number, status in enumerate(statuses):
            await lived(world.store, *BEGAN, call_id=f"c{number}")
            world.statuses[f"CAc{number}"] = status
        world.now = NOON + timedelta(minutes=4)
        assert await world.sweep.close_lost() == 4
        lost = ("failed", "the server that held the call was lost")
        for number, closed in enumerate(statuses.values()):
            assert await world.ended(f"c{number}") == (lost if closed else (None, None))

    swept(database_url, scenario)


def test_no_carrier_is_asked_after_a_browsers_call(sqlite):
    async def scenario(world):
        await lived(world.store, e.CallBegan("BR1", "", "inbound", "browser", ""), *BEGAN[1:], call_id="c1")
        world.now = NOON + timedelta(minutes=4)
        assert await world.sweep.close_lost() == 0
        assert world.asked == []
        world.now = NOON + timedelta(hours=2)
        assert await world.sweep.close_lost() == 1, "longer than any call may be"

    swept(sqlite, scenario)


def test_the_end_is_told_like_any_other(database_url):
    async def scenario(world):
        records = await lived(world.store, *BEGAN)
        world.statuses["CAc1"] = "completed"
        world.now = NOON + timedelta(minutes=4)
        with world.bus.watch("c1", ALL_CALLS) as watch:
            await world.sweep.close_lost()
            told = [json.loads(notice.text) for notice in await watch.take()]
        assert [event["type"] for event in told] == ["status", "ended", "status"]
        assert [event["seq"] for event in told[:2]] == [len(records) + 1, len(records) + 2]
        kept = [event for batch in [batch async for batch in world.calls.events("c1")] for event in batch]
        assert [event.seq for event in kept] == list(range(1, len(records) + 3))
        call = (await world.calls.find("c1")).call
        assert (call["ended_at"], call["last_seq"], call["state"]) == (world.now, len(records) + 2, "ended")

    swept(database_url, scenario)


def test_who_speaks_or_is_held_here_is_not_asked_after(sqlite):
    async def scenario(world):
        await lived(world.store, *BEGAN, call_id="here")
        await lived(world.store, *BEGAN, call_id="elsewhere")
        world.live.add("here")
        world.now = NOON + timedelta(minutes=3, seconds=3)  # the last word was at 4 s
        await world.sweep.close_lost()
        assert world.asked == []
        world.now += timedelta(seconds=2)
        await world.sweep.close_lost()
        assert world.asked == ["CAelsewhere"]

    swept(sqlite, scenario)


def test_without_a_carrier_to_ask_a_call_is_closed_when_no_call_may_be_so_long(sqlite):
    async def scenario(world):
        await lived(world.store, *BEGAN)
        world.now = NOON + timedelta(minutes=70)
        assert await world.sweep.close_lost() == 0
        world.now += timedelta(seconds=1)
        assert await world.sweep.close_lost() == 1
        assert await world.sweep.close_lost() == 0

    swept(sqlite, scenario, carrier_status=None)


def test_a_call_that_the_carrier_knows_to_be_on_is_never_closed(sqlite):
    async def scenario(world):
        await lived(world.store, *BEGAN)
        world.statuses["CAc1"] = "in-progress"
        world.now = NOON + timedelta(days=1)
        assert await world.sweep.close_lost() == 0

    swept(sqlite, scenario)


def test_several_processes_close_a_call_once(database_url):
    async def scenario(world):
        for number in range(5):
            await lived(world.store, *BEGAN, call_id=f"c{number}")
        world.now = NOON + timedelta(days=1)
        stores = [Store(database_url) for _ in range(4)]
        sweeps = [world.another(store, max_call_seconds=60.0) for store in stores]
        assert sum(await asyncio.gather(*(sweep.close_lost() for sweep in sweeps))) == 5
        async with world.store.reading() as connection:
            ends = await connection.execute(sa.select(EventRow.call_id).where(EventRow.type == "ended"))
            assert sorted(ends.scalars()) == [f"c{number}" for number in range(5)]
        for store in stores:
            await store.close()

    swept(database_url, scenario)


# ---------------------------------------------------------------- old calls


def old(number, days, **given):
    at = NOON - timedelta(days=days)
    return call_row(f"c{number:03}", state="ended", result="completed", started_at=at, ended_at=at, **given)


async def left(world):
    async with world.store.reading() as connection:
        return sorted((await connection.scalars(sa.select(CallRow.id))).all())


def test_calls_are_removed_when_they_are_old_enough_and_not_before(database_url):
    async def scenario(world):
        rows = [old(1, 31), old(2, 30.01), old(3, 29.99), call_row("on", started_at=NOON - timedelta(days=99))]
        async with world.store.writing() as connection:
            for row in rows:
                await connection.execute(sa.insert(CallRow), [row])
        assert await world.sweep.remove_old() == 2
        assert await left(world) == ["c003", "on"]
        assert await world.sweep.remove_old() == 0

    swept(database_url, scenario, retention_days=30.0)


def test_without_a_limit_nothing_is_ever_removed(sqlite):
    async def scenario(world):
        async with world.store.writing() as connection:
            await connection.execute(sa.insert(CallRow), [old(1, 9999)])
        assert await world.sweep.remove_old() == 0
        assert await left(world) == ["c001"]

    swept(sqlite, scenario)


def test_any_number_is_removed_by_several_processes_at_once(database_url):
    async def scenario(world):
        many = 2 * REMOVED_AT_A_TIME + 7
        async with world.store.writing() as connection:
            await connection.execute(sa.insert(CallRow), [old(number, 40 + number) for number in range(many)])
        stores = [Store(database_url) for _ in range(3)]
        sweeps = [world.another(store, max_call_seconds=60.0, retention_days=30.0) for store in stores]
        removed = sum(await asyncio.gather(*(sweep.remove_old() for sweep in sweeps)))
        removed += await sweeps[0].remove_old()  # what another was just about to remove
        assert removed == many and await left(world) == []
        for store in stores:
            await store.close()

    swept(database_url, scenario)


def test_a_recording_goes_before_its_call_and_a_call_whose_recording_stays_stays(sqlite, caplog):
    async def remove_recording(call_id):
        if call_id == "c001":
            raise OSError("no")
        removed.append(call_id)

    removed = []

    async def scenario(world):
        rows = [old(1, 40, recording="stuck"), old(2, 39, recording="place")]
        async with world.store.writing() as connection:
            for row in rows:
                await connection.execute(sa.insert(CallRow), [row])
        assert await world.sweep.remove_old() == 1
        assert (removed, await left(world)) == (["c002"], ["c001"])
        assert "a recording could not be removed" in caplog.text

    swept(sqlite, scenario, retention_days=30.0, remove_recording=remove_recording)


def test_it_goes_on_every_minute_whatever_goes_wrong(sqlite, monkeypatch):
    done = []

    async def scenario(world):
        async def fails(_self):
            done.append("close")
            raise StoreAway("no answer") if len(done) % 4 else ValueError("a bug")

        async def works(_self):
            done.append("remove")

        monkeypatch.setattr(module.Sweep, "close_lost", fails)
        monkeypatch.setattr(module.Sweep, "remove_old", works)
        running = asyncio.create_task(world.sweep.run())
        await asyncio.sleep(20 * EVERY_S)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert 13 * 2 <= len(done) <= 40 * 2 and done[:4] == ["close", "remove"] * 2

    swept(sqlite, scenario)
