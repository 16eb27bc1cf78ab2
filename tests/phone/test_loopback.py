import asyncio

import pytest

from offhook.call import Call
from offhook.core import events as e
from offhook.core.leg import CallInfo
from offhook.errors import LocalProtocolError
from offhook.phone.loopback import PAUSE_MS, LoopbackLeg
from offhook.sim.clock import run
from tests.pair import ScriptedAgent


def looped(scenario, turns="provider"):
    async def whole():
        agent = ScriptedAgent(turns)
        published = []
        call = Call(
            CallInfo("CA1", "AC1", "", ""), agent, publish=lambda _id, event: published.append(event),
            on_ended=lambda _call: None,
        )  # fmt: skip
        call.start()
        await asyncio.sleep(0)
        leg = LoopbackLeg()
        call.join(leg)
        await scenario(call, agent, leg, published)
        if not call.ended:
            call.report(e.CarrierEnded("completed"))
        await call.closed()

    run(whole())


def test_an_item_is_heard_when_it_has_been_played():
    async def scenario(call, agent, leg, published):
        agent.piece("a", 2500, "hello")
        call.end_item("a")
        await asyncio.sleep(2.4)
        assert not [event for event in published if isinstance(event, e.TurnKept)]
        await asyncio.sleep(0.2)
        (kept,) = [event for event in published if isinstance(event, e.TurnKept)]
        assert (kept.text, kept.heard_ms) == ("hello", 2500.0)
        assert b"".join(audio for _, audio in leg.played) == b"\x01" * 20_000

    looped(scenario)


def test_a_barge_in_is_exact_to_the_sample():
    async def scenario(call, agent, leg, published):
        agent.piece("a", 1000)
        call.end_item("a")
        agent.piece("b", 1000)
        await asyncio.sleep(1.4)
        call.report(e.SpeechStarted())
        assert [(c.item, c.heard_ms) for c in agent.told(e.Truncate)] == [("b", 400)]

    looped(scenario)


def test_a_refuted_interruption_plays_the_rest():
    async def scenario(call, agent, leg, published):
        agent.piece("a", 2000)
        call.end_item("a")
        await asyncio.sleep(1.0)
        call.report(e.SpeechStarted())
        call.report(e.SpeechStopped())
        await asyncio.sleep(0.5)
        call.report(e.CallerTurnEnded("", 200.0))
        await asyncio.sleep(3.0)
        (kept,) = [event for event in published if isinstance(event, e.TurnKept)]
        assert kept.heard_ms == 2000.0

    looped(scenario, "offhook")


def test_hanging_up_tells_what_was_heard():
    async def scenario(call, agent, leg, published):
        agent.piece("a", 2000)
        await asyncio.sleep(0.5)
        call.report(e.HangUpAsked(e.Reason.OPERATOR_HUNG_UP, at_once=True))
        kept = [event for event in published if isinstance(event, e.TurnKept)]
        assert [turn.heard_ms for turn in kept] == [500.0]

    looped(scenario)


def test_the_caller_is_heard():
    async def scenario(call, agent, leg, published):
        leg.say(bytes(160))
        assert agent.frames == 1
        with pytest.raises(LocalProtocolError):
            leg.send(e.Greet())

    looped(scenario)


def test_the_tape_holds_what_is_played_until_a_clear_or_the_end_of_the_line():
    async def scenario(call, agent, leg, published):
        agent.piece("a", 3000)
        began = call.now()
        await asyncio.sleep(2.0)  # a greeting is not interrupted before
        call.report(e.SpeechStarted())
        agent.piece("b", 3000)
        assert call.tape.between(began, began + 5000) == b"\x01" * 16_000 + b"\x02" * 24_000
        await asyncio.sleep(1.0)
        leg.lost()
        assert call.tape.between(began + 2000, began + 5000) == b"\x02" * 8000 + b"\xff" * 16_000

    looped(scenario)


def test_its_media_bear_our_own_clock():
    async def scenario():
        leg = LoopbackLeg()
        assert leg.media_ms() is None
        call = Call(CallInfo("CA1", "AC1", "a", "b"), ScriptedAgent(), publish=lambda *_: None, on_ended=lambda _: None)
        call.join(leg)
        await asyncio.sleep(1.0)
        leg.say(b"\xff" * 160)
        assert leg.media_ms() == pytest.approx(1000.0)
        leg.say(b"\xff" * 160)
        assert leg.media_ms() == pytest.approx(1020.0), "what is said at once follows"
        await asyncio.sleep(1.0)
        assert leg.media_ms() == pytest.approx(2000.0 - PAUSE_MS), "a silent caller's clock goes on"
        assert leg.media_ahead_ms() == 0.0
        call.report(e.CarrierEnded("completed"))
        await call.closed()

    run(scenario())
