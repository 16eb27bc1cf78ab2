import asyncio

import pytest

from offhook.agent.tools import Toolbox, tool
from offhook.core import events as e
from offhook.core.leg import CallInfo
from offhook.core.opening import Plan
from offhook.core.states import Next
from offhook.errors import CallOver, CallRefused, CallsFull
from offhook.phone.loopback import LoopbackLeg
from offhook.sim.clock import run
from offhook.switchboard import Switchboard
from tests.pair import ScriptedAgent


def info(n: int) -> CallInfo:
    return CallInfo(f"CA{n}", "AC1", "anonymous", "+15550100")


def on_board(scenario, **options):
    async def whole():
        board = Switchboard(lambda _info: ScriptedAgent(), **options)
        await scenario(board)
        await board.close()
        assert board.live == 0

    run(whole())


def test_the_same_sid_gives_the_same_call():
    async def scenario(board):
        assert board.admit(info(1)) is board.admit(info(1))
        assert board.live == 1

    on_board(scenario)


def test_a_call_beyond_the_limit_is_refused_and_the_others_stay():
    async def scenario(board):
        calls = [board.admit(info(n)) for n in range(3)]
        with pytest.raises(CallsFull):
            board.admit(info(3))
        assert board.full
        assert [board.find(call.id) for call in calls] == calls

    on_board(scenario, limit=3)


def test_a_call_that_has_ended_does_not_come_back():
    async def scenario(board):
        call = board.admit(info(1))
        board.status("CA1", "completed")
        assert call.ended
        assert board.live == 0
        with pytest.raises(CallOver):
            board.admit(info(1))
        assert board.next(call.id, "CA1", "in-progress") is Next.HANG_UP

    on_board(scenario)


def test_a_stream_may_come_before_the_carriers_name_for_a_call_of_ours():
    async def scenario(board):
        call = board.dial(CallInfo("", "AC1", "+15550100", "+15550101", "outbound-api"), ScriptedAgent(), Plan())
        assert board.claim(call.id, "CA1", 0) is call
        assert board.by_sid("CA1") is call and call.info.sid == "CA1"
        with pytest.raises(CallRefused):
            board.claim(call.id, "CA2", 1)
        board.status("CA1", "completed")

    on_board(scenario)


def test_a_call_whose_agent_failed_before_the_stream_came_gets_an_apology():
    async def scenario(board):
        call = board.admit(info(1))
        call.report(e.AgentLost("gone"))
        assert board.live == 0
        assert board.next(call.id, "CA1", "in-progress") is Next.APOLOGISE
        assert board.next(call.id, "CA1", "completed") is Next.HANG_UP

    on_board(scenario)


def test_one_token_opens_one_stream():
    async def scenario(board):
        call = board.admit(info(1))
        assert board.claim(call.id, "CA1", 0) is call
        call.join(LoopbackLeg())
        for epoch in (0, 1, 7):
            with pytest.raises(CallRefused):
                board.claim(call.id, "CA1", epoch)
        call.phone.lost()
        with pytest.raises(CallRefused, match="used before"):
            board.claim(call.id, "CA1", 0)
        assert board.claim(call.id, "CA1", 1) is call

    on_board(scenario)


def test_a_stream_of_another_call_is_refused():
    async def scenario(board):
        call = board.admit(info(1))
        for call_id, sid in ((call.id, "CA2"), ("nothing", "CA1")):
            with pytest.raises(CallRefused):
                board.claim(call_id, sid, 0)

    on_board(scenario)


def test_a_stream_that_no_webhook_announced_is_adopted_once():
    async def scenario(board):
        board.adopt(info(1))
        with pytest.raises(CallRefused):
            board.adopt(info(1))

    on_board(scenario)


def test_draining_takes_no_calls_and_waits_for_the_last():
    async def scenario(board):
        call = board.admit(info(1))
        call.join(LoopbackLeg())
        draining = asyncio.create_task(board.drain(60.0))
        await asyncio.sleep(30.0)
        with pytest.raises(CallsFull):
            board.admit(info(2))
        assert not draining.done()
        board.status("CA1", "completed")
        await draining
        assert asyncio.get_running_loop().time() < 31.0

    on_board(scenario)


def test_a_drain_that_is_over_ends_the_calls_that_are_left():
    async def scenario(board):
        published = []
        board._publish = lambda _id, event: published.append(event)
        call = board.admit(info(1))
        call.join(LoopbackLeg())
        await board.drain(5.0)
        assert call.ended
        assert published[-1].reason is e.Reason.SHUT_DOWN

    on_board(scenario)


def test_ten_thousand_calls_leave_little_behind():
    async def scenario(board):
        for n in range(10_500):
            board.admit(info(n))
            board.status(f"CA{n}", "completed")
            if n % 100 == 0:
                await asyncio.sleep(0)
        assert board.live == 0
        assert len(board._over) == 10_000
        await asyncio.sleep(1)
        assert len(asyncio.all_tasks()) <= 2

    on_board(scenario)


def test_the_first_that_is_told_of_a_call_is_who_calls_whom():
    told = []

    async def scenario(board):
        call = board.admit(info(1))
        board.admit(info(1))
        assert told == [(call.id, e.CallBegan("CA1", "AC1", "inbound", "anonymous", "+15550100"))]

    on_board(scenario, publish=lambda call_id, event: told.append((call_id, event)))


def test_the_end_waits_for_tools_that_outlive_their_calls():
    done = []

    @tool(finish=True)
    async def book() -> None:
        await asyncio.sleep(10.0)
        done.append("booked")

    async def scenario(board):
        call = board.admit(info(1))
        call.agent.tools = Toolbox([book])
        await asyncio.sleep(0)
        call.report(e.ToolCalled("1", "book", "{}"))
        await asyncio.sleep(1.0)
        board.status("CA1", "completed")
        assert call.ended and not done

    on_board(scenario)
    assert done == ["booked"]
