"""What viewers are sent: nothing twice, nothing left out, whatever they and the network do. In simulated time."""

import asyncio
import json
import random
from contextlib import aclosing

import pytest

from offhook.bus import MOST_WAITING, Bus, Notice
from offhook.errors import StoreAway
from offhook.server import follow
from offhook.server.feed import Feed
from offhook.server.follow import NoSuchCall, ViewerMissed, Viewers
from offhook.sim.clock import run
from offhook.store.calls import Calls
from offhook.store.store import Store
from tests.server.kept import Journal


class World:
    """A store, a journal, and viewers."""

    def __init__(self, store):
        self.store, self.bus, self.live = store, Bus(), {}
        self.journal = Journal(store, Feed(self.bus))
        self.viewers = Viewers(self.bus, Calls(store), self.live.get)

    def collect(self, call_id="c", after=0, into=None):
        """A task that gathers all there is to see of a call, to its end."""
        seen = [] if into is None else into

        async def gather():
            async with aclosing(self.viewers.one(call_id, after)) as texts:
                async for text in texts:
                    seen.append(json.loads(text))
            return seen

        return asyncio.create_task(gather())


def world(url, scenario):
    async def main():
        store = Store(url)
        await store.open()
        try:
            await scenario(World(store))
        finally:
            await store.close()

    run(main())


@pytest.fixture
def sqlite(tmp_path):
    return f"sqlite:///{tmp_path}/calls.db"


def seqs(seen):
    return [event["seq"] for event in seen]


def test_first_the_past_and_then_the_present(database_url):
    async def scenario(world):
        await world.journal.begin("c")
        await world.journal.happens("c", "call", "status")
        viewer = world.collect()
        await asyncio.sleep(1)
        await world.journal.happens("c", "transcript")
        await world.journal.happens("c", "status", "ended")
        seen = await viewer
        assert seqs(seen) == [1, 2, 3, 4, 5]
        assert seen[2] == {"type": "transcript", "call_id": "c", "at_ms": 30.0, "seq": 3, "n": 3}

    world(database_url, scenario)


def test_a_call_that_has_ended_is_told_from_any_event_on_and_that_is_all(sqlite):
    async def scenario(world):
        await world.journal.begin("c")
        await world.journal.happens("c", "call", "status", "transcript", "status", "ended")
        assert seqs(await world.collect()) == [1, 2, 3, 4, 5]
        assert seqs(await world.collect(after=3)) == [4, 5]
        assert await world.collect(after=5) == []
        assert await world.collect(after=500) == []

    world(sqlite, scenario)


def test_a_call_that_nobody_knows_is_none_and_one_that_is_not_written_down_yet_is_one(sqlite):
    async def scenario(world):
        with pytest.raises(NoSuchCall):
            await world.collect("nowhere")
        world.live["c"] = object()
        viewer = world.collect()
        await asyncio.sleep(0.05)
        await world.journal.begin("c")
        await world.journal.happens("c", "call", "ended")
        assert seqs(await viewer) == [1, 2]

    world(sqlite, scenario)


def test_a_viewer_that_comes_between_the_writing_and_the_telling_sees_each_event_once(sqlite):
    async def scenario(world):
        await world.journal.begin("c")
        written = await world.journal.write("c", "call", "status", "transcript")
        viewer = world.collect()
        await asyncio.sleep(0.1)
        world.journal.tell(written)
        await world.journal.happens("c", "ended")
        assert seqs(await viewer) == [1, 2, 3, 4]

    world(sqlite, scenario)


def test_what_the_bus_lost_is_looked_up(sqlite):
    async def scenario(world):
        await world.journal.begin("c")
        seen = []
        viewer = world.collect(into=seen)
        await asyncio.sleep(0.1)
        await world.journal.write("c", "call", "status")  # nobody is told
        await world.journal.happens("c", "transcript")
        await asyncio.sleep(0.1)
        assert seqs(seen) == [1, 2, 3]
        await world.journal.write("c", "transcript", "status", "ended")  # as of another process
        await asyncio.sleep(follow.QUIET_S)
        assert seqs(await viewer) == [1, 2, 3, 4, 5, 6]

    world(sqlite, scenario)


def test_what_is_written_behind_the_end_is_told_too(sqlite):
    async def scenario(world):
        await world.journal.begin("c")
        viewer = world.collect()
        await asyncio.sleep(0.1)
        await world.journal.happens("c", "call", "ended", "note")
        assert seqs(await viewer) == [1, 2, 3]

    world(sqlite, scenario)


def test_what_is_not_kept_comes_between_and_has_no_number(sqlite):
    async def scenario(world):
        await world.journal.begin("c")
        viewer = world.collect()
        await asyncio.sleep(0.1)
        await world.journal.happens("c", "call")
        world.bus.publish("c", [Notice("c", '{"type": "pulse"}', key="pulse")])
        await asyncio.sleep(0.1)
        await world.journal.happens("c", "ended")
        assert [event.get("seq") for event in await viewer] == [1, None, 2]

    world(sqlite, scenario)


def test_a_viewer_that_is_too_slow_is_told_where_to_go_on(sqlite):
    async def scenario(world):
        await world.journal.begin("c")
        await world.journal.happens("c", "call")
        async with aclosing(world.viewers.one("c")) as texts:
            assert json.loads(await anext(texts))["seq"] == 1
            waiting = asyncio.create_task(anext(texts))
            await asyncio.sleep(1)
            await world.journal.happens("c", "status")
            await waiting  # and now it does not read
            for _ in range(MOST_WAITING // 50 + 1):
                await world.journal.happens("c", *["transcript"] * 50)
            with pytest.raises(ViewerMissed) as missed:
                await anext(texts)
        assert missed.value.last == 2
        await world.journal.happens("c", "ended")
        assert seqs(await world.collect(after=2)) == list(range(3, world.journal.seq["c"] + 1))

    world(sqlite, scenario)


def test_without_a_store_a_viewer_is_told_to_come_again_and_one_that_is_there_stays(sqlite, monkeypatch):
    async def scenario(world):
        await world.journal.begin("c")
        await world.journal.happens("c", "call", "status")
        seen = []
        viewer = world.collect(into=seen)
        await asyncio.sleep(0.1)

        async def away(*_given):
            raise StoreAway("no answer")

        with monkeypatch.context() as outage:
            outage.setattr(Calls, "state", away)
            with pytest.raises(ViewerMissed) as missed:
                await world.collect(after=1)
            assert missed.value.last == 1
            await asyncio.sleep(3 * follow.QUIET_S)
            await world.journal.happens("c", "transcript")
            await asyncio.sleep(0.1)
            assert seqs(seen) == [1, 2, 3]
        await world.journal.happens("c", "ended")
        assert seqs(await viewer) == [1, 2, 3, 4]

    world(sqlite, scenario)


def test_twenty_viewers_that_come_and_go_as_they_like_see_each_event_once_and_in_order(database_url):
    rnd = random.Random(11)
    calls = ["a", "b", "c"]

    async def talk(world, call_id):
        await world.journal.begin(call_id)
        for number in range(120):
            kinds = ["transcript"] * rnd.randrange(1, 8)
            records = await world.journal.write(call_id, *kinds)
            await asyncio.sleep(rnd.choice((0.0, 0.0, 0.01, 0.3)))
            if rnd.random() > 0.1:  # else the bus loses them
                world.journal.tell(records)
            if number % 10 == 0:
                world.bus.publish(call_id, [Notice(call_id, '{"type":"pulse"}', key="pulse")])
            await asyncio.sleep(rnd.choice((0.0, 0.02, 0.1, 0.5)))
        await world.journal.happens(call_id, "status", "ended")

    async def view(world, call_id, patience):
        """One viewer: cuts at random, reads slowly at random, comes again with the last number it has."""
        seen, visits = [], 0
        while True:
            visits += 1
            try:
                async with asyncio.timeout(rnd.uniform(0.01, patience)):
                    async with aclosing(world.viewers.one(call_id, seen[-1] if seen else 0)) as texts:
                        async for text in texts:
                            if seq := json.loads(text).get("seq"):
                                seen.append(seq)
                            if rnd.random() < 0.05:
                                await asyncio.sleep(rnd.uniform(0.0, 0.5))
                return seen, visits
            except (TimeoutError, NoSuchCall):
                await asyncio.sleep(rnd.uniform(0.0, 1.0))
            except ViewerMissed as missed:
                assert missed.last == (seen[-1] if seen else 0)

    async def scenario(world):
        talking = [asyncio.create_task(talk(world, call_id)) for call_id in calls]
        watching = [
            asyncio.create_task(view(world, rnd.choice(calls), rnd.choice((1.0, 5.0, 60.0)))) for _ in range(20)
        ]
        await asyncio.gather(*talking)
        visits = 0
        for seen, count in await asyncio.gather(*watching):
            visits += count
            assert seen == list(range(1, len(seen) + 1)) and len(seen) > 200
        assert visits > 100
        assert not world.bus._watches

    world(database_url, scenario)


def test_viewers_of_all_calls_see_where_each_stands_and_every_change_and_never_go_back(sqlite):
    async def scenario(world):
        await world.journal.begin("over")
        await world.journal.happens("over", "ended")
        await world.journal.begin("c", caller="+15550123")
        await world.journal.happens("c", "transcript", "status")
        seen = []

        async def gather():
            async for text in world.viewers.all():
                seen.append(json.loads(text))  # noqa: PERF401  (the test looks while it grows)

        stale = await world.journal.write("c", "status")
        viewer = asyncio.create_task(gather())
        await asyncio.sleep(0.1)
        world.journal.tell(stale)  # which the list had already
        await world.journal.begin("d")
        await world.journal.happens("d", "status")
        await asyncio.sleep(0.1)
        assert [(event["call_id"], event["seq"]) for event in seen] == [("c", 3), ("d", 1)]
        assert seen[0]["caller"] == "+15550123" and seen[0]["status"] == "ringing"
        world.bus.publish("* pulse", [Notice("d", "{}", key="pulse")])
        await asyncio.sleep(0.1)
        assert len(seen) == 2, "a pulse is for who asked for it"
        viewer.cancel()
        await asyncio.gather(viewer, return_exceptions=True)

    world(sqlite, scenario)
