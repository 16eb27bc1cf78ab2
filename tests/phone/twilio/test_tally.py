"""What a stream carried: counted through the real leg, and alone."""

import orjson

from offhook.core import events as e
from offhook.phone.twilio.tally import Tally
from offhook.sim import clock
from tests.pair import Pair


def media(chunk):
    return orjson.dumps({"event": "media", "media": {"chunk": chunk, "timestamp": "20", "payload": "/w=="}})


def test_the_newest_number_tells_what_never_came():
    tally = Tally(3, 100.0)
    for gap in (20.0, 75.5, 20.0):
        tally.came(gap)
    assert tally.ended(media("5"), 1100.0) == e.StreamEnded(3, 1000.0, 3, 0, 2, 75.5, 0, 0)


def test_without_a_number_nothing_is_known_to_be_missing():
    for newest in (b"", media("many"), media(None), media("-5"), media("9" * 30)):
        assert Tally(0, 0.0).ended(newest, 0.0).missing == 0


def test_a_stream_tells_what_it_carried_before_the_call_ends():
    async def main():
        async with Pair() as pair:
            await pair.agent.say("a", 2000.0)
            await pair.loop_ms(3000.0)
            pair.carrier.say({"event": "media", "media": {"chunk": "9999", "timestamp": "1", "payload": "/w=="}})
            await pair.loop_ms(200.0)
            pair.carrier.say({"event": "stop"})
            await pair.loop_ms(5000.0)
            return pair.published(e.StreamEnded), pair.events, len(pair.sent)

    [told], events, _ = clock.run(main())
    kinds = [type(event) for _, event in events]
    assert kinds.index(e.StreamEnded) < kinds.index(e.Ended)
    assert told.media_in > 200
    assert told.media_out >= 10
    assert told.longest_gap_ms < 60
    assert (told.underruns, told.corrections) == (0, 0)


def test_an_ear_that_runs_dry_in_the_middle_of_an_item_is_an_underrun():
    async def main():
        async with Pair() as pair:
            for _ in range(3):
                pair.agent.piece("a", 200.0)
                await pair.loop_ms(300.0)
            pair.call.end_item("a")
            pair.agent.piece("b", 200.0)  # a new item after a silence is none
            pair.interrupt()
            await pair.loop_ms(600.0)
            pair.agent.piece("c", 200.0)
            await pair.loop_ms(600.0)
            pair.carrier.drop()
            await pair.loop_ms(500.0)
            return pair.published(e.StreamEnded)

    [told] = clock.run(main())
    assert told.underruns == 2
