import asyncio
import json

from offhook.bus import ALL_PULSES, Bus
from offhook.core import events as e
from offhook.core.redact import Redactor
from offhook.server.pulse import Pulse
from offhook.sim.clock import run
from tests.pair import Pair


class Live:
    def __init__(self, *calls):
        self.calls = list(calls)


def beats(scenario, **options):
    """A call with a pulse, in simulated time."""

    async def whole():
        async with Pair(**options) as pair:
            bus = Bus()
            pulse = asyncio.create_task(Pulse(bus, Live(pair.call)).run())
            await scenario(pair, bus)
            pulse.cancel()
            await asyncio.gather(pulse, return_exceptions=True)
            assert not pair.call.overheard

    run(whole())


def test_both_sides_are_as_loud_as_they_are_at_this_moment():
    async def scenario(pair, bus):
        with bus.watch(pair.call.id) as watch:
            await pair.agent.say("a", 2000.0, words="All of this is being said.")
            await pair.loop_ms(1000)
            await watch.take()
            (notice,) = await watch.take()
            pulse = json.loads(notice.text)
            assert pulse["agent_db"] > -60
            assert pulse["caller_db"] == -90, "the carrier's frames are silence"
            assert pulse["saying"] == [{"turn": 2, "item": "a", "text": "All of this is being said."}]
            pair.call.caller_audio(b"\x80" * 160)
            (notice,) = await watch.take()
            assert json.loads(notice.text)["caller_db"] > -20
            await pair.loop_ms(4000)
            await watch.take()
            (notice,) = await watch.take()
            assert json.loads(notice.text)["agent_db"] == -90
            assert json.loads(notice.text)["saying"] == []

    beats(scenario)


def test_there_are_at_most_four_a_second_and_a_slow_viewer_gets_the_newest():
    async def scenario(pair, bus):
        with bus.watch(pair.call.id) as watch:
            count, until = 0, pair.now + 10_000
            while pair.now < until:
                count += len(await watch.take())
            assert 36 <= count <= 40
            await pair.loop_ms(5000)
            (notice,) = await watch.take()
            assert pair.now - pair.call.began - json.loads(notice.text)["at_ms"] <= 250

    beats(scenario)


def test_nothing_is_laid_aside_or_computed_for_a_call_that_nobody_watches(monkeypatch):
    computed = []
    monkeypatch.setattr("offhook.server.pulse.dbfs", lambda *_given: computed.append(1) or -90)

    async def scenario(pair, bus):
        await pair.loop_ms(2000)
        with bus.watch("another call"):
            await pair.loop_ms(2000)
            assert not pair.call.overheard and not computed
        with bus.watch(pair.call.id):
            await pair.loop_ms(2000)
            assert pair.call.overheard and computed
        with bus.watch(ALL_PULSES):
            await pair.loop_ms(2000)
            assert pair.call.overheard
        with bus.watch("another call"):
            await pair.loop_ms(300)
            assert not pair.call.overheard

    beats(scenario)


def test_a_call_that_ends_has_no_pulse():
    async def scenario(pair, bus):
        with bus.watch(pair.call.id) as watch:
            pair.report(e.CarrierEnded("completed"))
            await pair.loop_ms(100)
            await watch.take(0.3)
            assert await watch.take(2.0) == []

    beats(scenario)


def test_where_something_may_not_be_kept_nobody_sees_words_before_they_are():
    async def scenario(pair, bus):
        pair.call._redactor = Redactor(("cards",))
        with bus.watch(pair.call.id) as watch:
            await pair.agent.say("a", 2000.0, words="Your card is 4111 1111 1111")
            await pair.loop_ms(1000)
            await watch.take()
            (notice,) = await watch.take()
            assert json.loads(notice.text)["saying"] == [{"turn": 2, "item": "a", "text": ""}]

    beats(scenario)
