"""What calls ask of the carrier: in simulated time, at the simulated one."""

import asyncio

from offhook.core import events as e
from offhook.server.carrier import UNKNOWN
from offhook.sim.orders import Callee
from offhook.sim.plan import RestFaults
from tests.outbound import play


def test_how_a_call_stands(tmp_path):
    async def scenario(world):
        carrier = world.app.outgoing._means.carrier
        told = (await world.wish()).json()
        await asyncio.sleep(1.0)
        assert await carrier.status(told["call_sid"]) == "ringing"
        assert await carrier.status("CA" + "9" * 32) == UNKNOWN
        world.carrier.exchange.plan.faults = RestFaults(trouble=9)
        assert await carrier.status(told["call_sid"]) is None

    play(tmp_path, scenario, callees=lambda _: Callee(after_ms=9000))


def test_a_call_that_the_carrier_holds_on_to_is_ended_there_after_two_seconds(tmp_path):
    """The stream is closed, and nobody asks what comes next: the carrier has lost its way to us."""

    async def scenario(world):
        told = (await world.wish()).json()
        await asyncio.sleep(6.0)
        call = world.app.switchboard.find(told["call_id"])
        world.unreachable = True
        call.report(e.HangUpAsked(e.Reason.OPERATOR_HUNG_UP, at_once=True))
        await asyncio.sleep(1.9)
        assert world.made[0].status == "in-progress"
        await asyncio.sleep(1.0)
        assert world.made[0].status == "completed"
        world.unreachable = False

    play(tmp_path, scenario)


def test_a_carrier_that_does_not_end_it_costs_a_line_of_the_log(tmp_path, caplog):
    async def scenario(world):
        carrier = world.app.outgoing._means.carrier
        world.carrier.exchange.plan.faults = RestFaults(trouble=99)
        await carrier.end("c1", "CA" + "9" * 32)
        assert [record.call_id for record in caplog.records if "did not end" in record.message] == ["c1"]

    play(tmp_path, scenario)
