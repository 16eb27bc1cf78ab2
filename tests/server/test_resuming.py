"""Which process holds a call: processes that die, that live beside each other, that are asked late, twice or in vain."""

import asyncio
from contextlib import asynccontextmanager

import httpx
import pytest

from offhook.agent.echo import EchoLeg, tone
from offhook.core import events as e
from offhook.core.states import CallState
from offhook.errors import CallOver, CallRefused, StoreAway
from offhook.phone.loopback import LoopbackLeg
from offhook.phone.twilio import token
from offhook.phone.twilio.signature import sign
from offhook.server.resuming import OVER_S
from offhook.sim.caller import Caller, Leave, Listen, Say
from offhook.sim.carrier import CarrierCall
from offhook.sim.clock import run
from offhook.sim.memory import place_call
from offhook.sim.network import Link
from offhook.sim.orders import Setup
from offhook.sim.signature import Account
from tests.journal.keeping import found_at
from tests.mortal import Life, Lives
from tests.server.running import ACCOUNT, KEY, TOKEN

HOST = "http://voice.test"


class World:
    """Processes over one database, and a carrier that asks any of them."""

    def __init__(self, url, folder):
        self.url, self.folder = url, folder
        self.lives: list[Life] = []

    async def process(self, **agents) -> Life:
        life = Life(self.url, self.folder, **({"open_agent": lambda _info: EchoLeg("desk")} | agents))
        self.lives.append(await life.begin())
        return life

    async def ask(self, life: Life, path: str, sid: str = "CA1", status: str = "in-progress") -> str:
        """What comes of a webhook: the verbs, or where the stream goes and its epoch."""
        form = {"AccountSid": ACCOUNT, "CallSid": sid, "CallStatus": status, "From": "+15550199", "To": "+15550100"}
        signature = sign(HOST + path, {name: [value] for name, value in form.items()}, KEY)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(life.app.asgi), base_url=HOST) as client:
            answer = await client.post(path, data=form, headers={"x-twilio-signature": signature})
        assert answer.status_code < 300
        return answer.text

    async def begin(self, life: Life, sid: str = "CA1"):
        """A call that a stream carries."""
        await self.ask(life, "/incoming-call", sid, "ringing")
        call = life.app.switchboard.by_sid(sid)
        life.app.resuming.joined(life.app.switchboard.claim(call.id, sid, 0))
        call.join(LoopbackLeg())
        await asyncio.sleep(1.0)
        return call

    async def next(self, life: Life, call, epoch: int, status: str = "in-progress", more: str = "") -> str:
        return await self.ask(life, f"/twilio/next?call_id={call.id}&epoch={epoch}{more}", call.info.sid, status)

    async def stream(self, life: Life, call, epoch: int):
        """A stream of an epoch joins at a process."""
        joined = await life.app.resuming.claim(call.id, call.info.sid, epoch)
        joined.join(LoopbackLeg())
        await asyncio.sleep(0.5)
        return joined

    async def rows(self):
        for life in self.lives:
            if life.journal._writer is not None and not life.journal._writer.done():
                await life.journal.flush()
        return await found_at(self.url)


def scenario(url, tmp_path, play) -> None:
    @asynccontextmanager
    async def world():
        made = World(url, tmp_path / "spool")
        try:
            yield made
        finally:
            for life in made.lives:
                if life.journal._writer is not None and not life.journal._writer.done():
                    await life.end()

    async def whole():
        async with world() as made:
            await play(made)

    run(whole())


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/calls.db"


def test_a_call_of_a_dead_process_goes_on_by_next(database_url, tmp_path):
    async def play(world):
        first = await world.process()
        call = await world.begin(first)
        call.report(e.CallerTurnEnded("hello", 500.0))
        call.data["order"] = ["tea"]
        call.report(e.Noted(call.data))
        await asyncio.sleep(0.2)
        await first.die()
        second = await world.process()
        answer = await world.next(second, call, 0)
        assert f"/ws/media/{call.id}" in answer and "epoch=1" in answer
        assert second.app.switchboard.live == 0, "nothing is held before the stream is there"
        gone_on = await world.stream(second, call, 1)
        assert (gone_on.id, gone_on.info, gone_on.epoch) == (call.id, call.info, 2)
        assert (gone_on.data, gone_on.state) == ({"order": ["tea"]}, CallState.CONNECTED)
        gone_on.report(e.CallerTurnEnded("still there?", 500.0))
        await asyncio.sleep(1.0)
        gone_on.report(e.CarrierEnded("completed"))
        rows = await world.rows()
        rows.check()
        (row,) = rows.calls
        assert (row.result, row.epoch, row.agent) == ("completed", 2, "desk")
        texts = [turn.text for turn in rows.turns if turn.role == "user"]
        assert texts == ["hello", "still there?"]
        states = [event.body["state"] for event in rows.events if event.type == "status"]
        assert states == ["connecting", "connected", "parked", "connected", "parked", "ending", "ended"]

    scenario(database_url, tmp_path, play)


def test_one_call_is_gone_on_with_once(database_url, tmp_path):
    async def play(world):
        first = await world.process()
        call = await world.begin(first)
        await first.die()
        second, third = await world.process(), await world.process()
        claims = [life.app.resuming.claim(call.id, "CA1", 1) for life in (second, third, second, third)]
        got = await asyncio.gather(*claims, return_exceptions=True)
        assert sum(isinstance(each, CallRefused) for each in got) == 3
        assert second.app.switchboard.live + third.app.switchboard.live == 1

    scenario(database_url, tmp_path, play)


def test_a_process_that_lives_lets_go_of_a_call_that_came_back_to_another(database_url, tmp_path):
    async def play(world):
        first, second = await world.process(), await world.process()
        call = await world.begin(first)
        call.phone.lost()
        assert call.state is CallState.PARKED
        gone_on = await world.stream(second, call, 1)
        await asyncio.sleep(2.5)
        assert first.app.switchboard.live == 0
        assert first.published(e.Ended) == []
        await asyncio.sleep(20.0)
        assert gone_on.state is CallState.CONNECTED
        # and back again, at the process that let go
        gone_on.phone.lost()
        again = await world.stream(first, call, 2)
        await asyncio.sleep(2.5)
        assert second.app.switchboard.live == 0 and again.state is CallState.CONNECTED
        rows = await world.rows()
        rows.check()
        assert rows.calls[0].epoch == 3

    scenario(database_url, tmp_path, play)


def test_a_stream_that_was_connected_is_left_when_another_process_has_the_call(url, tmp_path):
    async def play(world):
        first, second = await world.process(), await world.process()
        call = await world.begin(first)
        leg = call.phone
        await world.stream(second, call, 1)
        await asyncio.sleep(8.0)
        assert first.app.switchboard.live == 0
        assert leg._call is None

    scenario(url, tmp_path, play)


def test_two_processes_take_the_same_stream_and_one_keeps_it(url, tmp_path):
    async def play(world):
        first, second = await world.process(), await world.process()
        await world.ask(first, "/incoming-call", status="ringing")
        call = first.app.switchboard.by_sid("CA1")
        await asyncio.sleep(0.2)
        await world.stream(second, call, 0)
        first.app.resuming.joined(first.app.switchboard.claim(call.id, "CA1", 0))
        call.join(LoopbackLeg())
        await asyncio.sleep(0.5)
        assert (first.app.switchboard.live, second.app.switchboard.live) == (0, 1)

    scenario(url, tmp_path, play)


def test_a_webhook_that_is_repeated_after_a_death_is_the_same_call(database_url, tmp_path):
    async def play(world):
        first = await world.process()
        await world.ask(first, "/incoming-call", status="ringing")
        call = first.app.switchboard.by_sid("CA1")
        await asyncio.sleep(0.2)
        await first.die()
        second = await world.process()
        for _ in range(2):
            answer = await world.ask(second, "/incoming-call", status="ringing")
            assert f"/ws/media/{call.id}" in answer
        gone_on = await world.stream(second, call, 0)
        assert "(tone)" in [turn.text for turn in gone_on.control.transcript.turns], "who heard nothing yet is greeted"
        gone_on.report(e.CarrierEnded("completed"))
        await asyncio.sleep(0.2)
        third = await world.process()
        assert "<Hangup" in await world.ask(third, "/incoming-call", status="ringing")
        (await world.rows()).check()

    scenario(database_url, tmp_path, play)


@pytest.mark.parametrize(
    ("status", "result"), [("completed", "completed"), ("failed", "failed"), ("busy", "completed")]
)
def test_a_call_that_is_over_never_comes_back(url, tmp_path, status, result):
    async def play(world):
        first = await world.process()
        call = await world.begin(first)
        await first.die()
        second = await world.process()
        assert "<Hangup" in await world.next(second, call, 0, status)
        assert "<Hangup" in await world.next(second, call, 0), "asked late"
        assert "<Hangup" in await world.ask(second, "/incoming-call", status="ringing")
        await asyncio.sleep(OVER_S + 1.0)
        rows = await world.rows()
        rows.check()
        assert (rows.calls[0].result, rows.calls[0].reason) == (result, "caller hung up")
        with pytest.raises(CallRefused):
            await second.app.resuming.claim(call.id, "CA1", 1)

    scenario(url, tmp_path, play)


def test_a_status_closes_a_call_that_nobody_holds_and_not_one_that_somebody_has_closed(url, tmp_path):
    async def play(world):
        first, second = await world.process(), await world.process()
        await world.begin(first, "CA1")
        await world.begin(first, "CA2")
        await world.ask(second, "/twilio/status", "CA2", "completed")
        await world.ask(first, "/twilio/status", "CA2", "completed")
        await first.die()
        for _ in range(3):
            await world.ask(second, "/twilio/status", "CA1", "completed")
        await world.ask(second, "/twilio/status", "CA1", "in-progress")
        await asyncio.sleep(OVER_S + 1.0)
        rows = await world.rows()
        rows.check()
        assert [row.result for row in rows.calls] == ["completed", "completed"]

    scenario(url, tmp_path, play)


def test_a_call_that_we_hung_up_is_hung_up_whoever_is_asked(url, tmp_path):
    async def play(world):
        first = await world.process()
        call = await world.begin(first)
        call.report(e.HangUpAsked(e.Reason.AGENT_HUNG_UP, at_once=True))
        assert call.state is CallState.ENDING
        await asyncio.sleep(0.2)
        await first.die()
        second = await world.process()
        with pytest.raises(CallRefused):
            await second.app.resuming.claim(call.id, "CA1", 1)
        assert "<Hangup" in await world.next(second, call, 0)
        rows = await world.rows()
        assert (rows.calls[0].state, rows.calls[0].reason) == ("ended", "agent hung up")

    scenario(url, tmp_path, play)


def test_a_call_that_kills_every_process_ends_with_an_apology(url, tmp_path):
    async def play(world):
        life = await world.process()
        call = await world.begin(life)
        for epoch in (1, 2, 3):
            await life.die()
            life = await world.process()
            assert "<Connect" in await world.next(life, call, epoch - 1)
            await world.stream(life, call, epoch)
        await life.die()
        life = await world.process()
        answer = await world.next(life, call, 3)
        assert "<Say" in answer and "<Hangup" in answer
        rows = await world.rows()
        rows.check()
        assert rows.calls[0].reason == "the media stream was lost again and again"

    scenario(url, tmp_path, play)


def test_a_loop_guard_outlives_the_process_that_counts(url, tmp_path):
    async def play(world):
        life = await world.process()
        call = await world.begin(life)
        for epoch in (1, 2):
            await life.die()
            life = await world.process()
            gone_on = await world.stream(life, call, epoch)
        gone_on.phone.lost()
        life.app.switchboard.claim(call.id, "CA1", 3)
        gone_on.join(LoopbackLeg())
        gone_on.phone.lost()
        assert "<Say" in await world.next(life, call, 3)

    scenario(url, tmp_path, play)


def test_streams_that_never_come_are_not_asked_for_for_ever(url, tmp_path):
    async def play(world):
        first = await world.process()
        call = await world.begin(first)
        await first.die()
        second = await world.process()
        assert "in_vain" not in await world.next(second, call, 0)
        assert "in_vain=1" in await world.next(second, call, 1)
        assert "in_vain=2" in await world.next(second, call, 1, more="&in_vain=1")
        assert "<Say" in await world.next(second, call, 1, more="&in_vain=2")
        assert (await world.rows()).calls[0].reason == "the carrier opened no media stream"

    scenario(url, tmp_path, play)


@pytest.mark.parametrize(("call_id", "sid"), [("nobody", "CA1"), (None, "CA9")])
def test_what_comes_next_for_a_call_that_nobody_knows_is_the_end(url, tmp_path, call_id, sid):
    async def play(world):
        first = await world.process()
        call = await world.begin(first)
        await first.die()
        second = await world.process()
        path = f"/twilio/next?call_id={call_id or call.id}&epoch=0"
        assert "<Hangup" in await world.ask(second, path, sid)
        with pytest.raises(CallRefused):
            await second.app.resuming.claim(call_id or call.id, sid, 1)
        assert (await world.rows()).calls[0].epoch == 1

    scenario(url, tmp_path, play)


def test_a_call_whose_agent_cannot_be_had_ends_with_an_apology(url, tmp_path, caplog):
    async def play(world):
        first = await world.process()
        call = await world.begin(first)
        await first.die()

        def none(_info):
            raise CallRefused("planted")

        second = await world.process(open_agent=none)
        with pytest.raises(CallRefused):
            await second.app.resuming.claim(call.id, "CA1", 1)
        assert "<Say" in await world.next(second, call, 1)
        rows = await world.rows()
        rows.check()
        assert rows.calls[0].reason == "the agent failed"

    scenario(url, tmp_path, play)


def test_without_a_store_calls_are_answered_and_those_that_nobody_holds_are_apologised_for(url, tmp_path):
    async def play(world):
        first = await world.process()
        call = await world.begin(first)
        await first.die()
        second = await world.process()
        write = second.journal.store.write

        async def away(*_args, **_more):
            raise StoreAway("planted")

        second.journal.store.write = away
        assert "<Say" in await world.next(second, call, 0)
        with pytest.raises(CallRefused, match="planted"):
            await second.app.resuming.claim(call.id, "CA1", 1)
        held = await world.begin(second, "CA2")
        assert held.state is CallState.CONNECTED
        held.phone.lost()
        assert "epoch=1" in await world.next(second, held, 0), "what this process holds needs no store"
        await asyncio.sleep(3.0)
        second.journal.store.write = write
        await asyncio.sleep(20.0)
        rows = await world.rows()
        epochs = {row.sid: row.epoch for row in rows.calls}
        assert epochs == {"CA1": 1, "CA2": 1}
        assert "epoch=1" in await world.next(second, call, 0), "it is back"

    scenario(url, tmp_path, play)


def test_an_answer_that_is_asked_for_late_or_twice_leads_to_the_newest_stream(url, tmp_path):
    async def play(world):
        first = await world.process()
        call = await world.begin(first)
        await first.die()
        second = await world.process()
        await world.stream(second, call, 1)
        await second.die()
        third = await world.process()
        for epoch in (0, 1, 0):
            assert "epoch=2" in await world.next(third, call, epoch)

    scenario(url, tmp_path, play)


def test_a_process_that_is_shutting_down_takes_no_call_of_another(url, tmp_path):
    async def play(world):
        first = await world.process()
        call = await world.begin(first)
        await first.die()
        second = await world.process()
        second.app.switchboard.draining = True
        with pytest.raises(CallRefused):
            await second.app.resuming.claim(call.id, "CA1", 1)
        assert (await world.rows()).calls[0].epoch == 1, "another may still take it"

    scenario(url, tmp_path, play)


class Closing(EchoLeg):
    """Notes that it was closed."""

    closed = False

    async def close(self):
        self.closed = True
        await super().close()


def test_an_agent_that_was_opened_for_a_call_that_cannot_be_taken_is_closed(url, tmp_path):
    async def play(world):
        first = await world.process()
        call = await world.begin(first)
        await first.die()
        second, opened = await world.process(), []

        async def reopen(_past):
            opened.append(Closing("desk"))
            second.app.switchboard.draining = True  # meanwhile
            return opened[0], None

        second.app.resuming._reopen = reopen
        with pytest.raises(CallRefused):
            await second.app.resuming.claim(call.id, "CA1", 1)
        assert opened[0].closed and call.id not in second.journal._recorders

    scenario(url, tmp_path, play)


def test_a_stream_that_is_gone_before_the_agent_is_there_leaves_the_call_to_the_next(url, tmp_path):
    async def play(world):
        first = await world.process()
        call = await world.begin(first)
        await first.die()
        second = await world.process()

        async def never(_past):
            await asyncio.sleep(60)

        reopen, second.app.resuming._reopen = second.app.resuming._reopen, never
        claiming = asyncio.ensure_future(second.app.resuming.claim(call.id, "CA1", 1))
        await asyncio.sleep(1.0)
        claiming.cancel()
        await asyncio.sleep(0.1)
        assert call.id not in second.journal._recorders
        second.app.resuming._reopen = reopen
        assert "epoch=2" in await world.next(second, call, 1)
        assert (await world.stream(second, call, 2)).state is CallState.CONNECTED

    scenario(url, tmp_path, play)


def test_an_agent_that_never_comes_is_waited_for_a_while_and_the_caller_hears_an_apology(url, tmp_path):
    async def play(world):
        first = await world.process()
        call = await world.begin(first)
        await first.die()
        second = await world.process()

        async def never(_past):
            await asyncio.sleep(600)

        second.app.resuming._reopen = never
        began = asyncio.get_running_loop().time()
        with pytest.raises(CallOver):
            await second.app.resuming.claim(call.id, "CA1", 1)
        assert 9.9 < asyncio.get_running_loop().time() - began < 11
        assert second.app.switchboard.find(call.id) is None and call.id not in second.journal._recorders

    scenario(url, tmp_path, play)


def test_two_streams_of_a_call_that_is_being_taken_are_one_call(url, tmp_path):
    async def play(world):
        first = await world.process()
        call = await world.begin(first)
        await first.die()
        second, opened = await world.process(), []

        async def slow(_past):
            opened.append(EchoLeg("desk"))
            await asyncio.sleep(2)
            return opened[-1], None

        second.app.resuming._reopen = slow
        one = asyncio.ensure_future(world.stream(second, call, 1))
        await asyncio.sleep(0.5)
        two = asyncio.ensure_future(world.stream(second, call, 2))
        held = await one
        assert await two is held and len(opened) == 1, "and no second agent was opened"
        assert (held.state, held.epoch) == (CallState.CONNECTED, 3)
        await asyncio.sleep(10.0)
        assert second.app.switchboard.find(call.id) is held, "nobody holds it but this process"
        held.report(e.CarrierEnded("completed"))
        rows = await world.rows()
        rows.check()
        assert (rows.calls[0].epoch, rows.calls[0].result) == (3, "completed")

    scenario(url, tmp_path, play)


def test_what_the_dead_left_in_the_spool_is_remembered_too(url, tmp_path):
    async def play(world):
        first = await world.process()
        call = await world.begin(first)
        write = first.journal.store.write

        async def away(*_args, **_more):
            raise StoreAway("planted")

        first.journal.store.write = away
        call.report(e.CallerTurnEnded("in the spool", 500.0))
        await asyncio.sleep(0.3)
        first.journal.store.write = write
        await first.die()
        second = await world.process()
        gone_on = await world.stream(second, call, 1)
        assert "in the spool" in [turn.text for turn in gone_on.control.transcript.turns]
        gone_on.report(e.CarrierEnded("completed"))
        (await world.rows()).check()

    scenario(url, tmp_path, play)


def test_a_whole_call_over_a_death(database_url, tmp_path):
    """Carrier, webhooks, TwiML and streams; nobody asks a process by name."""

    async def whole():
        lives = Lives(database_url, tmp_path / "spool", open_agent=lambda _info: EchoLeg())
        await lives.begin()
        steps = [Listen(), *[Say(tone(500), "a tone"), Listen()] * 4, Leave()]
        setup = Setup(f"{HOST}/incoming-call", Account(ACCOUNT, TOKEN), hang_up_after_ms=60_000.0)
        carrier = CarrierCall(setup, Caller(steps))
        calling = asyncio.create_task(place_call(carrier, lives.asgi, lives.accept, Link(30.0), Link(30.0)))
        await asyncio.sleep(3.0)
        await lives.die()
        await asyncio.sleep(2.5)
        await lives.die()
        await calling
        await asyncio.sleep(20.0)
        await lives.now.end()
        rows = await found_at(database_url)
        rows.check()
        (row,) = rows.calls
        assert (row.result, row.reason, row.epoch) == ("completed", "caller hung up", 3)
        assert len(carrier.streams) == 3
        assert [turn.text for turn in rows.turns if turn.role == "user"].count("(sound)") >= 3
        assert {life.published(e.CallBegan) != [] for life in lives.all[1:]} == {False}

    run(whole())


def test_a_token_of_another_call_opens_none(url, tmp_path):
    secret = token.secret_from(TOKEN)
    made = token.make(secret, "call", "CA1", 1, 0.0)
    with pytest.raises(CallRefused):
        token.check(secret, made, "other", "CA1", 0.0)
