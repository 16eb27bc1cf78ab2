"""The whole road in simulated time: carrier, signed webhooks, TwiML, stream, call, agent, and back to the ear."""

import asyncio

import httpx
import pytest

from offhook.core import events as e
from offhook.phone.twilio.rest import TwilioRest
from offhook.server.app import App, Options
from offhook.sim.carrier import CarrierCall
from offhook.sim.clock import run
from offhook.sim.exchange_app import ExchangeApp
from offhook.sim.memory import MemoryOutside, place_call
from offhook.sim.network import Link
from offhook.sim.orders import Faults, Setup
from offhook.sim.plan import Plan
from offhook.sim.signature import Account
from tests.pair import ScriptedAgent
from tests.server.running import ACCOUNT, KEY

WORDS = tuple((250.0 * n, 4 * n - 1) for n in range(1, 17))  # sixteen words of three letters, four a second


class Talkative(ScriptedAgent):
    """Says four seconds when the stream opens, with word times."""

    def send(self, command):
        super().send(command)
        if isinstance(command, e.Greet):
            self.piece("answer", 4000)
            self.call.report(e.ItemText("answer", "abc " * 16, WORDS))
            self.call.end_item("answer")


class Road:
    """One simulated call to a composed server."""

    def __init__(self, turns: str = "offhook", delay_ms: float = 40.0, **setup) -> None:
        self.turns, self.delay_ms, self.setup = turns, delay_ms, setup
        self.agents: list[Talkative] = []
        self.published: list[e.Event] = []

    def travel(self) -> "Road":
        run(self._travel())
        return self

    async def _travel(self) -> None:
        def open_agent(_info):
            self.agents.append(Talkative(self.turns))
            return self.agents[-1]

        app = App(Options(ACCOUNT, [KEY]), open_agent)
        app.ready.set()
        app.switchboard._publish = lambda _id, event: self.published.append(event)
        setup = Setup("http://voice.test/incoming-call", Account(ACCOUNT, KEY.secret), **self.setup)
        self.carrier = CarrierCall(setup)

        def accept(order, socket):
            call_id = order.url.rsplit("/", 1)[1]
            return app.door.open_leg(socket, call_id)

        self.finished = await place_call(self.carrier, app.asgi, accept, Link(self.delay_ms), Link(self.delay_ms))
        await asyncio.sleep(20.0)
        assert app.switchboard.live == 0
        await app.switchboard.close()

    def heard(self) -> list[float]:
        """Milliseconds of the answer that were heard on each stream."""
        return [stream.playback.played_ms_of_values().get(1, 0.0) for stream in self.carrier.streams]

    def kept(self) -> e.TurnKept:
        return [event for event in self.published if isinstance(event, e.TurnKept)][-1]

    def end(self) -> e.Ended:
        (ended,) = [event for event in self.published if isinstance(event, e.Ended)]
        return ended


def test_a_call_is_answered_heard_and_over():
    road = Road(hang_up_after_ms=6000.0).travel()
    assert road.heard() == [4000.0]
    assert road.finished.status == "completed"
    assert road.end() == e.Ended(e.Result.COMPLETED, e.Reason.CALLER_HUNG_UP)
    assert road.carrier.streams[0].playback.warnings == []
    assert not [entry for entry in road.carrier.log if entry["what"] == "warning"]


@pytest.mark.parametrize("asks", [True, False])
def test_a_caller_hangs_up_in_mid_answer_whether_or_not_the_carrier_asks_again(asks):
    road = Road(hang_up_after_ms=2500.0, asks_after_hang_up=asks).travel()
    assert road.end() == e.Ended(e.Result.COMPLETED, e.Reason.CALLER_HUNG_UP)
    (heard_ms,) = road.heard()
    assert 1500 < heard_ms < 2500
    assert -25 - road.delay_ms <= road.kept().heard_ms - heard_ms <= 25, "webhooks are faster than media here"
    assert abs(len(road.kept().text.split()) - heard_ms / 250) <= 1, "the words end where the caller stopped hearing"


@pytest.mark.parametrize("delay_ms", [0.0, 80.0, 250.0])
def test_a_stream_cut_in_mid_answer_comes_back_by_the_next_webhook_and_says_the_rest(delay_ms):
    road = Road(delay_ms=delay_ms, hang_up_after_ms=9000.0, faults=Faults(drop_stream_after_ms=(2000.0,))).travel()
    before, after = road.heard()
    assert before > 1000
    assert 4000 - 25 <= before + after <= 4000 + 300, "at most the word that was cut is said twice"
    assert road.agents[0].told(e.Truncate) == []
    assert len(road.agents) == 1, "the same agent, which knows what was said"
    assert road.kept().heard_ms == 4000.0


def test_a_provider_is_told_what_was_heard_and_goes_on():
    road = Road("provider", hang_up_after_ms=6000.0, faults=Faults(drop_stream_after_ms=(2000.0,))).travel()
    (truncate,) = road.agents[0].told(e.Truncate)
    assert -25 - road.delay_ms <= truncate.heard_ms - road.heard()[0] <= 25
    assert road.agents[0].told(e.Respond) == [e.Respond("", going_on=True)]


def test_a_stream_that_is_lost_again_and_again_ends_with_an_apology():
    drops = Faults(drop_stream_after_ms=(1500.0, 1500.0, 1500.0, 1500.0))
    road = Road(hang_up_after_ms=60_000.0, faults=drops).travel()
    assert road.end() == e.Ended(e.Result.FAILED, e.Reason.RESUMED_TOO_OFTEN)
    assert [entry for entry in road.carrier.log if entry["what"] == "verb" and entry["text"]], "it was spoken"


def test_a_webhook_that_comes_twice_is_one_call():
    road = Road(hang_up_after_ms=6000.0, faults=Faults(duplicate_webhook=True)).travel()
    assert len(road.agents) == 1
    assert road.heard() == [4000.0]


def test_a_call_made_by_rest_is_heard_and_ended_by_rest():
    """The product's client, the carrier and the product's server: nobody else is on the road."""

    async def travel():
        app = App(Options(ACCOUNT, [KEY]), lambda _info: Talkative("offhook"))
        app.ready.set()
        outside = MemoryOutside(app.asgi, lambda order, socket: app.door.open_leg(socket, order.url.rsplit("/", 1)[1]))
        plan = Plan(Account(ACCOUNT, KEY.secret), ["+12025550100"])
        carrier = ExchangeApp(plan, outside, links=(Link(40), Link(40)))
        rest = TwilioRest(ACCOUNT, KEY.secret, transport=httpx.ASGITransport(carrier))
        hooks = {"url": "http://voice.test/incoming-call", "status_callback": "http://voice.test/twilio/status"}
        made = await rest.create_call(to="+12025550101", caller="+12025550100", **hooks)
        call = carrier.exchange.calls[made.sid]
        await asyncio.sleep(8.0)
        assert (await rest.fetch(made.sid)).status == "in-progress"
        assert call.streams[0].playback.played_ms_of_values()[1] == 4000.0
        await rest.hang_up(made.sid)
        await carrier.idle()
        await asyncio.sleep(20.0)
        assert app.switchboard.live == 0
        assert (await rest.fetch(made.sid)).status == "completed"
        told = [entry["purpose"] for entry in call.log if entry["what"] == "answer" and entry["status"] < 300]
        assert told.count("status") == 4 and not [entry for entry in call.log if entry["what"] == "warning"]
        await rest.close()
        await app.switchboard.close()
        await outside.finish()

    run(travel())
