"""Calls of ours whose process dies: while they ring, as they are answered, in the middle of the talk."""

import asyncio

import pytest

from offhook import Agent
from offhook.agent.echo import tone
from offhook.core import events as e
from offhook.core.states import CallState
from offhook.server.resuming import OVER_S
from offhook.sim.caller import Caller
from offhook.sim.orders import CallbackFaults, Callee
from offhook.sim.plan import RestFaults
from offhook.sim.steps import Leave, Listen, Say, Wait
from tests.outbound import OURS, THEIRS, play

TALKS = Agent(model="echo", name="parrot")


def person(steps, **callee):
    return lambda _number: Callee(person=lambda _: Caller([*steps]), **callee)


@pytest.mark.parametrize("dies_at_s", [0.5, 1.9], ids=["as it begins to ring", "just before the answer"])
def test_a_call_that_rings_is_answered_by_the_next_process(tmp_path, dies_at_s):
    async def scenario(world):
        told = (await world.wish(variables={"name": "Ann"})).json()
        await asyncio.sleep(dies_at_s)
        assert world.app.switchboard.find(told["call_id"]).state is CallState.RINGING
        await world.die()
        await world.over()
        (call,) = world.made
        assert len(call.streams) == 1
        kept = await world.kept(told["call_id"])
        assert (kept.call["result"], kept.call["reason"]) == ("completed", "callee hung up")
        assert (kept.call["agent"], kept.call["variables"]) == ("parrot", {"name": "Ann"})
        assert [turn["text"] for turn in kept.turns] == ["(tone)"], "the callee is greeted, once"

    play(tmp_path, scenario, TALKS, callees=person([Wait(6000), Leave()], after_ms=3000))


def test_a_call_whose_process_died_before_it_knew_the_carriers_name_for_it(tmp_path):
    async def scenario(world):
        wishing = asyncio.ensure_future(world.wish(key="k"))
        await asyncio.sleep(1.0)
        (lost,) = world.app.switchboard.calls
        assert lost.info.sid == ""
        wishing.cancel()
        for task in world.app.outgoing._tasks:
            task.cancel()
        await world.die()
        again = await world.wish(key="k")
        assert (again.status_code, again.json()["call_id"]) == (200, lost.id)
        await world.over()
        assert len(world.made) == 1
        kept = await world.kept(lost.id)
        assert (kept.call["result"], kept.call["sid"]) == ("completed", world.made[0].setup.call_sid)
        assert kept.turns[0]["text"] == "(tone)"

    silent = CallbackFaults(lose=frozenset({"initiated", "ringing"}))
    people = person([Wait(6000), Leave()], after_ms=3000)
    play(tmp_path, scenario, TALKS, callees=people, faults=RestFaults(lost=1), callbacks=silent)


ENDS = {
    "busy": ("busy", "the line was busy, or the call was declined"),
    "no-answer": ("unanswered", "nobody answered"),
    "fail": ("failed", "the number could not be reached"),
}


@pytest.mark.parametrize("does", ENDS)
def test_what_became_of_a_call_that_nobody_took_is_known_after_a_death(tmp_path, does):
    async def scenario(world):
        told = (await world.wish()).json()
        await asyncio.sleep(1.0)
        await world.die()
        await world.over(OVER_S + 1.0)
        kept = await world.kept(told["call_id"])
        assert (kept.call["result"], kept.call["reason"]) == ENDS[does]

    play(tmp_path, scenario, callees=lambda _number: Callee(does, after_ms=3000))


def test_a_talk_goes_on_after_a_death_and_the_callee_is_the_one_who_hangs_up(tmp_path):
    async def scenario(world):
        told = (await world.wish()).json()
        await asyncio.sleep(8.0)
        assert world.app.switchboard.find(told["call_id"]).state is CallState.CONNECTED
        await world.die()
        await asyncio.sleep(4.0)
        assert world.app.switchboard.find(told["call_id"]).state is CallState.CONNECTED
        await world.over()
        kept = await world.kept(told["call_id"])
        assert (kept.call["result"], kept.call["reason"]) == ("completed", "callee hung up")
        assert [turn["text"] for turn in kept.turns] == ["(tone)", "(sound)", "(echo)"], "who speaks is answered"

    steps = [Wait(14_000), Say(tone(500), "a tone"), Listen(greeting=False), Leave()]
    play(tmp_path, scenario, TALKS, callees=person(steps))


@pytest.mark.parametrize("amd", ["sync", "async"])
def test_a_machine_that_answers_after_a_death_is_known_for_one(tmp_path, amd):
    async def scenario(world):
        told = (await world.wish(amd=amd)).json()
        await asyncio.sleep(1.0)
        await world.die()
        await world.over()
        kept = await world.kept(told["call_id"])
        assert (kept.call["result"], kept.call["reason"]) == ("unanswered", "a machine answered")
        assert [turn for turn in kept.turns if turn["role"] == "assistant"] == []

    def machine(_number):
        return Callee(after_ms=3000, answered_by="machine_start", verdict_ms=1500.0, speech_ms=800.0, beep_ms=1400.0)

    play(tmp_path, scenario, callees=machine)


def test_a_call_that_was_hung_up_as_it_rang_is_not_gone_on_with(tmp_path):
    async def scenario(world):
        told = (await world.wish()).json()
        await asyncio.sleep(1.0)

        async def unheard(_sid):
            """The process dies before the carrier is told."""

        world.rest.hang_up = unheard
        call = world.app.switchboard.find(told["call_id"])
        call.report(e.HangUpAsked(e.Reason.OPERATOR_HUNG_UP, at_once=True))
        await world.journal.flush()
        await world.die()
        await world.over()
        assert world.made[0].streams == [] and world.made[0].status == "completed"
        assert world.ends() == [("canceled", "operator hung up")]

    play(tmp_path, scenario, callees=person([Wait(6000), Leave()], after_ms=3000))


@pytest.mark.parametrize(("backend", "kept_on"), [("echo", "echo"), (None, "")])
def test_the_backend_that_a_call_was_asked_for_with_is_kept(tmp_path, backend, kept_on):
    async def scenario(world):
        asked = {"backend": backend} if backend else {}
        told = (await world.wish(**asked)).json()
        await asyncio.sleep(1.0)
        seen = []
        reopen, world.roster.open = world.roster.reopen, _watched(world.roster.open, seen)
        assert reopen.__self__ is world.roster
        await world.die()
        await world.over()
        assert seen == [{"agent": "parrot", "backend": backend}]
        body = (await world.client.get(f"/api/calls/{told['call_id']}/export")).json()["events"][0]
        assert (body["agent"], body.get("backend", ""), body["amd"]) == ("parrot", kept_on, "off")
        assert (body["caller"], body["called"]) == (OURS, THEIRS)

    play(tmp_path, scenario, TALKS, callees=person([Wait(6000), Leave()], after_ms=3000))


def _watched(opened, seen):
    def watching(info, **who):
        seen.append(who)
        return opened(info, **who)

    return watching


def test_news_that_come_twice_and_late_after_a_death_change_nothing(tmp_path):
    async def scenario(world):
        told = (await world.wish()).json()
        await asyncio.sleep(1.0)
        await world.die()
        await world.over(30.0)
        kept = await world.kept(told["call_id"])
        assert world.ends() == [("completed", "callee hung up")] and kept.call["result"] == "completed"

    faults = CallbackFaults(repeat=frozenset({"ringing", "answered", "completed"}), late_ms={"ringing": 9000.0})
    play(tmp_path, scenario, TALKS, callees=person([Wait(6000), Leave()], after_ms=3000), callbacks=faults)


@pytest.mark.parametrize("joins", ["first", "second"])
def test_another_process_is_asked_while_the_one_that_dialled_lives(tmp_path, joins):
    async def scenario(world):
        told = (await world.wish()).json()
        journal, second, client = world.process()
        await journal.start()
        first, world.app = world.app, second
        world.streams_at = {"first": first, "second": second}[joins]
        async with first.resuming.running(), second.resuming.running():
            await asyncio.sleep(20.0)
            assert (first.switchboard.live, second.switchboard.live) == ((1, 0) if joins == "first" else (0, 1))
            (call,) = world.made
            assert len(call.streams) == 1 and call.status == "in-progress"
            await world.carrier.idle()
            await asyncio.sleep(OVER_S + 1.0)
        await journal.flush()
        kept = await world.kept(told["call_id"])
        assert (kept.call["result"], kept.call["reason"]) == ("completed", "callee hung up")
        world.app = first
        await second.switchboard.close()
        await client.aclose()
        await journal.close()

    play(tmp_path, scenario, TALKS, callees=person([Wait(30_000), Leave()], after_ms=3000))
