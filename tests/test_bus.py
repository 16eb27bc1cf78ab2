import asyncio

from offhook.bus import ALL_CALLS, MOST_WAITING, Bus, Notice
from offhook.sim.clock import run


def notice(seq, call_id="c1"):
    return Notice(call_id, f"event {seq}", seq=seq)


def test_a_viewer_gets_what_happens_in_its_call_in_order_and_nothing_of_others():
    async def scenario():
        bus = Bus()
        bus.publish("c1", [notice(1)])
        with bus.watch("c1") as watch, bus.watch("c2") as other:
            bus.publish("c1", [notice(2), notice(3)])
            bus.publish("c1", [notice(4)])
            assert [each.seq for each in await watch.take()] == [2, 3, 4]
            assert await other.take(0.1) == []

    run(scenario())


def test_a_viewer_waits_until_something_happens():
    async def scenario():
        bus = Bus()
        with bus.watch("c1") as watch:
            asyncio.get_running_loop().call_later(3.0, bus.publish, "c1", [notice(1)])
            assert await watch.take(2.0) == []
            assert len(await watch.take(2.0)) == 1

    run(scenario())


def test_of_what_only_the_newest_of_matters_a_slow_viewer_gets_the_newest():
    async def scenario():
        bus = Bus()
        with bus.watch(ALL_CALLS) as watch:
            for number in range(5 * MOST_WAITING):
                bus.publish(ALL_CALLS, [Notice(f"c{number % 2}", str(number), key="status")])
            assert {each.text for each in await watch.take()} == {"4998", "4999"}
            assert not watch.missed

    run(scenario())


def test_a_viewer_that_takes_nothing_costs_a_bounded_queue_and_is_told_that_it_missed_something():
    async def scenario():
        bus = Bus()
        with bus.watch("c1") as slow, bus.watch("c1") as quick:
            for number in range(MOST_WAITING + 1):
                bus.publish("c1", [notice(number)])
                assert len(await quick.take()) == 1
            assert slow.missed and not quick.missed
            assert await slow.take() == []
            bus.publish("c1", [notice(7)])
            assert await slow.take() == [] and slow.missed, "one missed is as bad as many"

    run(scenario())


def test_a_topic_is_watched_while_somebody_does():
    async def scenario():
        bus = Bus()
        assert not bus.watched("c1")
        waiting = asyncio.create_task(bus.somebody())
        await asyncio.sleep(1)
        assert not waiting.done()
        with bus.watch("c1", "c2"):
            with bus.watch("c1"):
                assert bus.watched("c1") and bus.watched("c2") and not bus.watched(ALL_CALLS)
                await waiting
            assert bus.watched("c1")
        assert not bus.watched("c1")
        assert not bus._watches

    run(scenario())


def test_how_much_waits_for_a_viewer_can_be_said():
    async def scenario():
        bus = Bus(2)
        with bus.watch("c1") as watch:
            bus.publish("c1", [Notice("c1", str(number), number) for number in range(2)])
            assert len(await watch.take()) == 2 and not watch.missed
            bus.publish("c1", [Notice("c1", str(number), number) for number in range(3)])
            assert await watch.take() == [] and watch.missed

    asyncio.run(scenario())
