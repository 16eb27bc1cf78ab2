"""Calls that are asked for: what becomes of each, who is told what, and that nobody is called twice for one wish."""

import asyncio
import random

import pytest

from offhook import Agent
from offhook.core import events as e
from offhook.errors import StoreAway
from offhook.phone.allowance import Allowance
from offhook.phone.twilio.signature import Key, sign
from offhook.sim.caller import Caller
from offhook.sim.orders import CallbackFaults, Callee
from offhook.sim.plan import RestFaults
from offhook.sim.steps import Leave, Wait
from tests.outbound import ECHO, ORIGIN, OURS, THEIRS, play
from tests.server.running import ACCOUNT, KEY
from tests.sim import oai


def test_somebody_is_called_and_talked_to(tmp_path):
    async def scenario(world):
        answer = await world.wish(variables={"name": "Ann"})
        told = answer.json()
        assert answer.status_code == 200 and told["status"] == "queued"
        (call,) = world.made
        assert told["twilio_sid"] == told["call_sid"] == call.setup.call_sid
        await world.over()
        kept = await world.kept(told["call_id"])
        assert (kept.call["sid"], kept.call["direction"]) == (call.setup.call_sid, "outbound-api")
        assert (kept.call["caller"], kept.call["called"]) == (OURS, THEIRS)
        assert (kept.call["agent"], kept.call["variables"]) == ("parrot", {"name": "Ann"})
        assert (kept.call["result"], kept.call["reason"]) == ("completed", "callee hung up")
        assert kept.turns[0]["text"] == "(tone)" and kept.streams[0]["media_in"] > 0
        assert not [entry for entry in call.log if entry["what"] == "warning"]

    play(tmp_path, scenario, callees=lambda _: Callee(person=lambda _: Caller([Wait(6000), Leave()])))


ENDS = {
    "busy": ("busy", "the line was busy, or the call was declined"),
    "reject": ("busy", "the line was busy, or the call was declined"),
    "no-answer": ("unanswered", "nobody answered"),
    "fail": ("failed", "the number could not be reached"),
}


@pytest.mark.parametrize("does", ENDS)
def test_what_became_of_a_call_that_nobody_took_is_told_apart(tmp_path, does):
    async def scenario(world):
        told = (await world.wish()).json()
        await world.over()
        assert world.ends() == [ENDS[does]]
        kept = await world.kept(told["call_id"])
        assert (kept.call["result"], kept.call["reason"]) == ENDS[does]
        assert (await world.client.get(f"/api/calls/{told['call_id']}")).json()["status"] in (
            "busy",
            "no-answer",
            "failed",
        )

    play(tmp_path, scenario, callees=lambda _: Callee(does))


@pytest.mark.parametrize(
    "faults",
    [
        CallbackFaults(lose=frozenset({"initiated", "ringing", "answered"})),
        CallbackFaults(repeat=frozenset({"initiated", "ringing", "answered", "completed"})),
        CallbackFaults(late_ms={"ringing": 5000.0, "initiated": 9000.0, "answered": 12_000.0}),
        CallbackFaults(lose=frozenset({"completed"})),
    ],
    ids=["lost", "repeated", "late", "end lost"],
)
def test_news_may_come_in_any_order_twice_late_or_never(tmp_path, faults):
    async def scenario(world):
        told = (await world.wish()).json()
        await world.over(20.0)
        assert world.ends() == [("completed", "callee hung up")]
        events = (await world.client.get(f"/api/calls/{told['call_id']}/export")).json()["events"]
        assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
        assert [event["type"] for event in events].count("dialled") == 1

    people = Callee(person=lambda _: Caller([Wait(4000), Leave()]))
    play(tmp_path, scenario, callees=lambda _: people, callbacks=faults)


@pytest.mark.parametrize("does", ["busy", "no-answer"])
def test_a_call_whose_news_are_all_lost_is_asked_after(tmp_path, does):
    async def scenario(world):
        await world.wish()
        await world.carrier.idle()
        await asyncio.sleep(120.0)
        assert world.ends() == [ENDS[does]]

    faults = CallbackFaults(lose=frozenset({"initiated", "ringing", "answered", "completed"}))
    play(tmp_path, scenario, callees=lambda _: Callee(does), callbacks=faults)


def test_it_is_hung_up_while_it_rings(tmp_path):
    async def scenario(world):
        told = (await world.wish()).json()
        await asyncio.sleep(1.0)
        call = world.app.switchboard.find(told["call_id"])
        assert call.state == "ringing"
        call.report(e.HangUpAsked(e.Reason.OPERATOR_HUNG_UP, at_once=True))
        await world.over()
        assert world.made[0].status == "canceled" and world.ends() == [("canceled", "operator hung up")]

    play(tmp_path, scenario, callees=lambda _: Callee(after_ms=20_000))


# ---------------------------------------------------------------------------------------------- once, and not twice


@pytest.mark.parametrize("faults", [{"lost": 1}, {"made_500": 1}, {"lost": 1, "unlisted_ms": 17_000}], ids=str)
def test_twenty_at_once_with_one_key_are_one_call_though_its_answer_is_lost(tmp_path, faults):
    async def scenario(world):
        answers = await asyncio.gather(*(world.wish(key="k") for _ in range(20)))
        assert len(world.made) == 1
        assert len({answer.text for answer in answers}) == 1 and {answer.status_code for answer in answers} == {200}
        assert answers[0].json()["twilio_sid"] == world.made[0].setup.call_sid
        again = await world.wish(key="k")
        assert again.json() == answers[0].json() and len(world.made) == 1

    play(tmp_path, scenario, faults=RestFaults(**faults))


def test_a_call_that_nobody_can_find_is_not_made_again_and_found_when_its_news_come(tmp_path):
    async def scenario(world):
        answer = await world.wish(key="k")
        assert answer.status_code == 504 and "before you dial again" in answer.json()["detail"]
        assert (await world.wish(key="k")).json() == answer.json()
        await world.over()
        assert len(world.made) == 1 and world.ends() == [("completed", "callee hung up")]
        kept = await world.kept(answer.json()["call_id"])
        assert kept.call["sid"] == world.made[0].setup.call_sid

    people = Callee(after_ms=3000, person=lambda _: Caller([Wait(90_000), Leave()]))
    play(tmp_path, scenario, faults=RestFaults(lost=1, unlisted_ms=10_000_000), callees=lambda _: people)


def test_after_a_restart_the_same_key_is_the_same_call(tmp_path):
    told = {}

    async def before(world):
        told.update((await world.wish(key="k")).json())

    async def after(world):
        assert (await world.wish(key="k")).json() == told and world.made == []
        other = await world.wish("+12025550124", key="k")
        assert other.status_code == 422 and "another call" in other.json()["detail"]
        assert (await world.wish(key="k2")).status_code == 200 and len(world.made) == 1

    play(tmp_path, before)
    play(tmp_path, after)


@pytest.mark.parametrize("named", [True, False])
def test_a_process_that_died_at_it_left_a_call_that_is_not_made_again(tmp_path, named):
    async def before(world):
        await world.app.outgoing._keys.claim(_digest("k"), "c1", _wish().digest())
        call = world.app.switchboard.dial(_info(), world.roster.open(_info()), _plan(), id="c1")
        await world.journal.flush()
        if named:
            call.dialled("CA" + "5" * 32)
        await world.journal.flush()
        world.journal.publish = lambda *_: None  # it dies: what happens now is not written

    async def after(world):
        answer = await world.wish(key="k")
        assert world.made == []
        if named:
            assert answer.json()["twilio_sid"] == "CA" + "5" * 32
        else:
            assert answer.status_code == 504 and answer.json()["call_id"] == "c1"
            await world.app.outgoing.learn("c1", "CA" + "6" * 32)
            assert (await world.wish(key="k")).json()["twilio_sid"] == "CA" + "6" * 32

    play(tmp_path, before)
    play(tmp_path, after)


def _digest(key):
    import hashlib

    return hashlib.sha256(key.encode()).hexdigest()


def _wish():
    from offhook.server.outgoing import Wish

    return Wish(THEIRS)


def _info():
    from offhook.core.leg import CallInfo

    return CallInfo("", "AC1", OURS, THEIRS, "outbound-api")


def _plan():
    from offhook.core.opening import Plan

    return Plan()


# ---------------------------------------------------------------------------------------------- refusals

PROBLEMS = {
    "credentials": ({"token": "wrong"}, 502, 20003, "Twilio does not take the credentials"),
    "number": ({"refused": {THEIRS: 21211}}, 422, 21211, "Twilio does not take the number"),
    "country": ({"refused": {THEIRS: 21215}}, 422, 21215, "may not call that country"),
    "429": ({"faults": RestFaults(too_many=9)}, 429, 20429, "asked too much at once"),
    "500": ({"faults": RestFaults(trouble=99)}, 502, 20500, "Twilio is in trouble"),
    "nobody answers": ({"faults": RestFaults(lost=1, unlisted_ms=10_000_000)}, 504, None, "did not answer in time"),
}


@pytest.mark.parametrize("problem", PROBLEMS)
def test_each_problem_is_one_clear_sentence_logged_once_and_no_call_is_made_twice(tmp_path, caplog, problem):
    world_options, status, code, words = PROBLEMS[problem]

    async def scenario(world):
        answer = await world.wish()
        told = answer.json()
        assert (answer.status_code, told["code"]) == (status, code) and words in told["detail"]
        assert told["detail"].count(". ") == 0 and THEIRS not in told["detail"]
        logged = [record for record in caplog.records if record.levelname in ("WARNING", "ERROR")]
        assert len(logged) == 1 and THEIRS not in caplog.text
        assert len(world.made) <= 1
        if status == 429:
            assert answer.headers["retry-after"]
        if status != 504 and problem != "500":
            assert world.ends() == [("failed", "the carrier did not make the call")]

    play(tmp_path, scenario, **world_options)


MISSING = {
    "TWILIO_ACCOUNT_SID": {"credentials": False},
    "TWILIO_PHONE_NUMBER": {"number": None},
    "PUBLIC_URL": {"public_url": None},
}


@pytest.mark.parametrize("setting", MISSING)
def test_what_is_not_set_is_named(tmp_path, setting):
    async def scenario(world):
        answer = await world.wish()
        assert answer.status_code == 503 and f"set {setting}" in answer.json()["detail"]
        assert world.made == [] and world.events == []

    play(tmp_path, scenario, **MISSING[setting])


def test_a_wish_that_was_refused_may_be_made_again_with_its_key(tmp_path):
    async def scenario(world):
        assert (await world.wish(key="k")).status_code == 429
        assert (await world.wish(key="k")).status_code == 200
        assert len(world.made) == 1

    play(tmp_path, scenario, faults=RestFaults(too_many=4))


def test_hostile_numbers_are_not_dialled(tmp_path):
    chance = random.Random(7)
    bad = [
        "911",
        "112",
        "+1911",
        "+19005550123",
        "+881612345678",
        "+442079460018",
        "tel:+12025550123",
        "",
        "+",
        "sip:x@y",
    ]
    marks = "+0123456789 -().;,pw*#x\u200b\u0661\uff11\n\0'\"<>%&"

    def hostile():
        kind = chance.randrange(5)
        if kind == 0:
            return chance.choice(bad)
        if kind == 1:
            return "".join(chance.choice(marks) for _ in range(chance.randrange(1, 30)))
        if kind == 2:
            return "+1" + chance.choice(["900", "876", "411", "976", "555"]) + f"{chance.randrange(10**7):07d}"
        if kind == 3:
            return THEIRS + chance.choice([",911", ";ext=1", "wW1", " +12025550124", "\u202e", "#", "@x", "\n"])
        return f"+{chance.choice([7, 44, 49, 53, 88, 979, 882])}{chance.randrange(10**9)}"

    async def scenario(world):
        from offhook.server.outgoing import Wish

        for _ in range(10_000):
            reply = await world.app.outgoing.call(Wish(hostile()), origin="http://voice.test")
            assert reply.status in (403, 422) and reply.undone
        assert world.made == [] and world.events == []

    play(tmp_path, scenario)


def test_so_many_a_minute(tmp_path):
    async def scenario(world):
        answers = [await world.wish() for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert 0 < int(answers[2].headers["retry-after"]) <= 60 and len(world.made) == 2

    play(tmp_path, scenario, allowance=Allowance(calls_per_minute=2))


def test_so_much_a_day_also_after_a_restart(tmp_path):
    async def before(world):
        told = (await world.wish()).json()
        world.app.switchboard.find(told["call_id"]).report(e.Used("m", 1.5))
        assert (await world.wish()).status_code == 429, "it is spent, though the call goes on"
        await world.over()
        assert (await world.wish()).status_code == 429

    async def after(world):
        answer = await world.wish()
        assert answer.status_code == 429 and "USD are spent" in answer.json()["detail"] and world.made == []

    people = Callee("busy")
    play(tmp_path, before, allowance=Allowance(10, 1.2), callees=lambda _: people)
    play(tmp_path, after, allowance=Allowance(10, 1.2))


async def another(world):
    """A second process, with an allowance of its own."""
    allowance = world.allowance
    world.allowance = Allowance(allowance._per_minute, allowance._usd_per_day)
    journal, app, client = world.process()
    world.allowance = allowance
    await journal.start()
    return journal, app, client


@pytest.mark.parametrize("allowance", [Allowance(2), Allowance(100, 2.5)], ids=["a minute", "a day"])
def test_limits_hold_over_all_processes(tmp_path, allowance):
    async def scenario(world):
        journal, app, client = await another(world)
        here = [await world.wish(), await world.wish()]
        there = await client.post("/api/call", json={"phone_number": THEIRS})
        assert [each.status_code for each in (*here, there)] == [200, 200, 429] and there.headers["retry-after"]
        assert len(world.made) == 2 and app.switchboard.live == 0
        await client.aclose()
        await app.switchboard.close()
        await journal.close()

    play(tmp_path, scenario, allowance=allowance, max_usd=1.0)


@pytest.mark.parametrize(("usd_per_day", "status"), [(None, 200), (2.5, 503)])
def test_while_the_store_is_away_nothing_is_dialled_that_may_be_too_dear(tmp_path, usd_per_day, status):
    async def scenario(world):
        outgoing = world.app.outgoing

        async def away(*_args, **_more):
            raise StoreAway("planted")

        dialled, outgoing._calls.dialled = outgoing._calls.dialled, away
        answer = await world.wish(key="k")
        assert answer.status_code == status and len(world.made) == (status == 200)
        outgoing._calls.dialled = dialled
        assert (await world.wish(key="k")).status_code == 200 and len(world.made) == 1

    play(tmp_path, scenario, allowance=Allowance(100, usd_per_day))


def test_what_was_reserved_for_a_call_that_another_process_took_is_given_back(tmp_path):
    async def scenario(world):
        assert (await world.wish()).status_code == 200
        for call in list(world.app.switchboard.calls):
            world.app.switchboard.let_go(call)
        assert world.app.outgoing._means.allowance._reserved_usd == 1.0
        await world.wish()
        assert world.app.outgoing._means.allowance._reserved_usd == 1.0, "of the new one"

    play(tmp_path, scenario, allowance=Allowance(100, 10.0), max_usd=1.0)


def test_a_full_and_a_draining_server_make_no_calls(tmp_path):
    async def scenario(world):
        assert (await world.wish()).status_code == 200
        full = await world.wish(key="k")
        assert full.status_code == 503 and "limit of 1" in full.json()["detail"] and full.headers["retry-after"]
        world.app.switchboard.draining = True
        assert "shutting down" in (await world.wish(key="k")).json()["detail"]
        assert len(world.made) == 1

    play(tmp_path, scenario, options={"limit": 1})


def test_a_greeting_that_needs_a_variable_is_not_said_without_it(tmp_path):
    async def scenario(world):
        answer = await world.wish()
        assert answer.status_code == 422 and 'the variable "name"' in answer.json()["detail"]
        assert (await world.wish(variables={"name": "Ann"})).status_code == 200

    play(tmp_path, scenario, Agent(model="echo", greeting="Hello {name}."))


def test_a_server_that_ends_while_it_dials_leaves_nothing_ringing(tmp_path):
    async def scenario(world):
        asking = asyncio.ensure_future(world.wish())
        await asyncio.sleep(1.0)
        await world.app.switchboard.close()
        await asking
        await world.carrier.idle()
        assert world.made[0].status == "canceled" and world.ends()[0][1] == "the server shut down"

    people = Callee(after_ms=30_000)
    play(tmp_path, scenario, faults=RestFaults(slow_ms=3000), callees=lambda _: people)


def test_a_call_that_another_process_took_before_the_carrier_answered_goes_on(tmp_path):
    async def scenario(world):
        asking = asyncio.ensure_future(world.wish())
        await asyncio.sleep(1.0)
        (call,) = world.app.switchboard.calls
        world.app.switchboard.let_go(call)  # the callee was quicker, and their stream joined elsewhere
        assert (await asking).status_code == 200
        await asyncio.sleep(1.0)
        assert world.made[0].status == "ringing"
        await world.carrier.idle()

    people, news = Callee("no-answer"), CallbackFaults(lose=frozenset({"initiated", "ringing"}))
    play(tmp_path, scenario, faults=RestFaults(slow_ms=3000), callees=lambda _: people, callbacks=news)


def test_an_answer_that_was_asked_for_elsewhere_is_hung_up(tmp_path):
    async def scenario(world):
        told = (await world.wish()).json()
        world.app.switchboard._calls[told["call_id"]].info = _info().__class__(
            "CAother", "AC1", OURS, THEIRS, "outbound-api"
        )
        await world.carrier.idle()
        assert world.made[0].streams == []

    play(tmp_path, scenario, ECHO)


async def news(world, path, sid, status, *, account=ACCOUNT, key=KEY):
    """A webhook as somebody would send it who has this key."""
    form = {"AccountSid": account, "CallSid": sid, "CallStatus": status}
    signature = sign(ORIGIN + path, {name: [value] for name, value in form.items()}, key)
    return await world.client.post(path, data=form, headers={"x-twilio-signature": signature})


def test_news_that_are_forged_or_of_another_call_change_nothing(tmp_path):
    async def scenario(world):
        told = (await world.wish()).json()
        await asyncio.sleep(1.0)
        call, sid = world.app.switchboard.find(told["call_id"]), told["call_sid"]
        for path in ("status", "twiml", "next"):
            where = f"/twilio/{path}?call_id={call.id}"
            for forged in ({"key": Key("guessed")}, {"account": "AC" + "9" * 32}):
                assert (await news(world, where, sid, "completed", **forged)).status_code == 403
            other = await news(world, where, "CA" + "9" * 32, "completed")
            assert other.status_code < 300 and "<Connect" not in other.text
            assert "<Connect" not in (await news(world, where, "CA" + "9" * 32, "in-progress")).text
        assert (call.state, call.info.sid) == ("ringing", sid)
        await world.over()
        for status in ("completed", "ringing", "in-progress", "completed", "no-answer", "queued", "nonsense"):
            assert (await news(world, f"/twilio/status?call_id={call.id}", sid, status)).status_code == 204
            assert "<Connect" not in (await news(world, f"/twilio/twiml?call_id={call.id}", sid, status)).text
        assert world.ends() == [("completed", "callee hung up")] and len(world.made) == 1

    play(tmp_path, scenario, callees=lambda _: Callee(after_ms=4000, person=lambda _: Caller([Wait(3000), Leave()])))


@pytest.mark.skipif(not oai.DOCUMENT.is_file(), reason="Twilio's OpenAPI document is not at hand")
@pytest.mark.parametrize("detection", ["off", "sync", "async"])
def test_what_is_asked_of_twilio_is_as_its_document_says(tmp_path, detection):
    async def scenario(world):
        requests = []
        receive = world.carrier.exchange.receive

        def watched(request, now):
            requests.append(request)
            return receive(request, now)

        world.carrier.exchange.receive = watched
        told = (await world.wish(amd=detection)).json()
        await asyncio.sleep(3.0)
        await world.rest.hang_up(told["call_sid"])
        assert [oai.wrong_request(*each) for each in (("calls", ""), ("call", "Status=over"), ("calls", "To=1&x=2"))] != [
            [], [], []
        ]  # fmt: skip
        made, ended = [request.body.decode() for request in requests if request.method == "POST"]
        assert oai.wrong_request("calls", made) == [] and oai.wrong_request("call", ended) == []
        assert made.count("StatusCallbackEvent=") == 4 and ("MachineDetection=" in made) == (detection != "off")
        assert ("AsyncAmd=true" in made) == (detection == "async")

    play(tmp_path, scenario, Agent(model="echo", voicemail="call us"))
