"""What the store knows of a call that nobody holds, and who may hold it next."""

import asyncio
from datetime import UTC, datetime

import pytest

from offhook.core import events as e
from offhook.core.leg import CallInfo
from offhook.core.past import Spoken, Used
from offhook.errors import CallOver, CallRefused
from offhook.journal.past import Pasts
from tests.journal.keeping import found, journal, said

NOW = 1_800_000_000.0
BEGAN = e.CallBegan("CA1", "AC1", "outbound", "+15550100", "+15550199")


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(NOW + seconds, UTC)


def with_call(url, tmp_path, play, *events) -> None:
    """Runs `play(pasts, journal)` with a call "c" in the store, of which these events are known."""

    async def whole():
        async with journal(url, tmp_path / "spool", wall_clock=lambda: NOW) as kept:
            for event in (BEGAN, *events):
                kept.publish("c", event)
            await kept.flush()
            await play(Pasts(kept.store), kept)

    asyncio.run(whole())


def test_all_that_goes_on_is_read(database_url, tmp_path):
    async def play(pasts, _kept):
        past = await pasts.read("c", at(60.0))
        assert past.info == CallInfo("CA1", "AC1", "+15550100", "+15550199", "outbound")
        assert (past.epoch, past.began_at, past.lasted_ms) == (0, NOW, 60_000.0)
        assert (past.seq, past.state, past.agent) == (15, "connected", "desk")
        assert past.turns[0] == Spoken(1, "caller", "hello", "", past.turns[0].at_ms)
        assert (past.turns[1].role, past.turns[1].text, past.turns[1].unheard) == ("agent", "Good", "morning.")
        assert [(use.id, use.name, use.output) for use in past.uses] == [("t1", "add", "done"), ("t2", "pay", None)]
        assert isinstance(past.uses[0], Used)
        assert (past.data, past.memory) == ({"order": ["tea"]}, {"n": 2})
        assert (past.usd, past.unpriced) == (0.5, True)
        assert len(past.resumed_ms) == 1

    with_call(
        database_url, tmp_path, play,
        e.AgentJoined("local", name="desk"), e.StateChanged("connected"), said(1),
        e.TurnKept(2, "agent", "Good", "morning.", "i1", 400.0, 900.0), e.ToolCalled("t1", "add", "{}"),
        e.Noted({"order": ["tea"]}), e.ToolFinished("t1", "done"), e.Remembered({"n": 1}), e.Remembered({"n": 2}),
        e.Used("m", 0.5), e.Used("x", None), e.ToolCalled("t2", "pay", "{}"), e.StateChanged("connected"),
    )  # fmt: skip


def test_an_epoch_is_used_once(database_url, tmp_path):
    async def play(pasts, kept):
        await pasts.take("c", "CA1", 0)
        for epoch in (0, -1):
            with pytest.raises(CallRefused, match="used before"):
                await pasts.take("c", "CA1", epoch)
        takes = [pasts.take("c", "CA1", 1) for _ in range(4)]
        got = await asyncio.gather(*takes, return_exceptions=True)
        assert sorted(isinstance(each, CallRefused) for each in got) == [False, True, True, True]
        for call_id, sid in (("d", "CA1"), ("c", "CA2")):
            with pytest.raises(CallRefused, match="no such call"):
                await pasts.take(call_id, sid, 2)
        assert (await found(kept.store)).calls[0].epoch == 2

    with_call(database_url, tmp_path, play)


@pytest.mark.parametrize("state", ["ending", "ended"])
def test_a_call_that_was_hung_up_is_not_taken(database_url, tmp_path, state):
    async def play(pasts, _kept):
        with pytest.raises(CallOver):
            await pasts.take("c", "CA1", 0)
        assert (await pasts.standing("CA1", at(1.0))).over

    hung_up = e.StateChanged("ending") if state == "ending" else e.Ended(e.Result.COMPLETED, e.Reason.AGENT_HUNG_UP)
    with_call(database_url, tmp_path, play, hung_up)


def test_where_a_call_stands(database_url, tmp_path):
    async def play(pasts, _kept):
        assert await pasts.standing("CA2", at(1.0)) is None
        standing = await pasts.standing("CA1", at(30.0))
        assert (standing.call_id, standing.epoch, standing.over) == ("c", 0, False)
        assert standing.resumed_ms_ago == pytest.approx((30_000.0, 30_000.0), abs=2_000.0)

    with_call(database_url, tmp_path, play, *[e.StateChanged("connected")] * 3)


def test_streams_that_have_joined_are_told_and_who_lost_a_call_is_known(database_url, tmp_path):
    async def play(pasts, kept):
        assert await pasts.advance({"c": 1, "d": 1}, {}) == ({"d"}, set())
        assert await pasts.advance({}, {"c": 1}) == (set(), set())
        assert await pasts.advance({"c": 1}, {}) == (set(), {"c"}), "another was as quick"
        assert await pasts.advance({}, {"c": 3}) == (set(), set()), "the store was away for a while"
        assert await pasts.advance({}, {"c": 2}) == (set(), {"c"})
        assert (await found(kept.store)).calls[0].epoch == 3

    with_call(database_url, tmp_path, play)


def test_a_call_that_nobody_holds_is_ended_once(database_url, tmp_path):
    async def play(pasts, kept):
        records = await pasts.end("c", at(9.0), None, e.Reason.CALLER_HUNG_UP)
        assert [(record.type, record.at_ms) for record in records] == [("status", 9_000.0), ("ended", 9_000.0)]
        assert await pasts.end("c", at(9.0), None, e.Reason.CALLER_HUNG_UP) == []
        rows = await found(kept.store)
        rows.check()
        assert (rows.calls[0].result, rows.calls[0].reason) == ("unanswered", "caller hung up")

    with_call(database_url, tmp_path, play)
