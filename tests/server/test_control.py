"""Live control over a real server: who may, what is answered, what happens."""

import asyncio
import itertools

import httpx
import pytest

from offhook.agent.tools import Toolbox
from offhook.core import events as e
from offhook.orders import Order, Outcome
from tests.polling import wait_for
from tests.server.running import GreetingAgent, running

TOKEN = {"authorization": "Bearer t0ken"}
ORDERS = {
    "interrupt": None,
    "say": {"text": "We close in ten minutes."},
    "hangup": None,
    "transfer": {"to": "kitchen"},
}


class Speaking(GreetingAgent):
    """Remembers what it is told."""

    can = GreetingAgent.can | {e.Say, e.Respond}
    says_exactly = True
    tools = Toolbox([], transfers={"kitchen": "+12025550101"})

    def send(self, command):
        self.__dict__.setdefault("commands", []).append(command)
        super().send(command) if isinstance(command, e.Greet) else None


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running(operator_token="t0ken", folder=tmp_path_factory.mktemp("kept"), agent=Speaking) as it:
        yield it


SIDS = map("CAc{}".format, itertools.count())


@pytest.fixture
def sid(server):
    sid = next(SIDS)
    server.call(sid)
    yield sid
    server.end(sid)
    wait_for(lambda: server.in_loop(lambda: server.app.switchboard.live) == 0)


@pytest.fixture
def call_id(server, sid):
    return server.call_id(sid)


def post(server, path, body=None, headers=TOKEN, **options):
    return httpx.post(server.origin + path, json=body, headers=headers, **options)


def order(server, call_id, what, body=None):
    answer = post(server, f"/api/calls/{call_id}/{what}", body)
    return answer.status_code, answer.json()


def in_a_stream(server, sid):
    """As if a stream carried the call: a leg that takes every command."""

    class Leg:
        can = frozenset({e.Clear, e.HangUp, e.PutThrough})

        def __getattr__(self, _name):
            return lambda *_: None

        def send(self, command):
            if isinstance(command, e.Clear):
                server.app.switchboard.by_sid(sid).report(e.Settled())

    def join():
        call = server.app.switchboard.by_sid(sid)
        call.phone = Leg()
        call.report(e.PhoneJoined())

    server.in_loop(join)


@pytest.mark.parametrize("what", ORDERS)
@pytest.mark.parametrize(
    "headers",
    [{}, {"authorization": "Bearer wrong"}, {"authorization": "Basic Ondyb25n"}, {"cookie": "offhook_session=1.x"}],
)
def test_nobody_but_the_operator_gives_orders(server, sid, call_id, what, headers):
    paths = [f"/api/calls/{call_id}/{what}", *([f"/interrupt-call/{sid}"] if what == "interrupt" else [])]
    for path in paths:
        assert post(server, path, ORDERS[what], headers).status_code == 401
    assert server.in_loop(lambda: server.app.switchboard.live) == 1


@pytest.mark.parametrize("what", ORDERS)
def test_a_page_of_another_origin_gives_no_orders_whatever_it_brings(server, call_id, what):
    headers = TOKEN | {"origin": "https://evil.example"}
    assert post(server, f"/api/calls/{call_id}/{what}", ORDERS[what], headers).status_code == 403
    cookie = httpx.post(server.origin + "/api/session", headers=TOKEN).headers["set-cookie"].partition(";")[0]
    headers = {"cookie": cookie, "origin": "https://evil.example"}
    assert post(server, f"/api/calls/{call_id}/{what}", ORDERS[what], headers).status_code == 403


@pytest.mark.parametrize("what", ORDERS)
def test_a_call_that_is_none_or_over_is_told_from_one_that_is_on(server, what):
    assert order(server, "nowhere", what, ORDERS[what]) == (404, {"detail": "There is no such call."})
    sid = next(SIDS)
    server.call(sid)
    call_id = server.call_id(sid)
    server.end(sid)
    over = (409, {"detail": "The call is over."})
    wait_for(lambda: order(server, call_id, what, ORDERS[what]) == over)
    assert order(server, sid, what, ORDERS[what]) == over, "also by the carrier's name"


def test_an_agent_is_silenced_by_either_name_of_the_call(server, sid, call_id):
    in_a_stream(server, sid)
    assert order(server, call_id, "interrupt") == (200, {"call_id": call_id, "interrupted": True}), "it greets"
    answer = post(server, f"/interrupt-call/{sid}")
    assert (answer.status_code, answer.json()) == (200, {"call_id": call_id, "interrupted": False})


def test_words_are_said(server, sid, call_id):
    in_a_stream(server, sid)
    order(server, call_id, "interrupt")
    server.report(e.Settled({}), sid)
    assert order(server, call_id, "say", ORDERS["say"]) == (200, {"call_id": call_id, "exact": True})
    assert [say.text for say in server.agents[-1].commands if isinstance(say, e.Say)] == ["We close in ten minutes."]


@pytest.mark.parametrize("body", [None, {}, {"text": " "}, {"text": "x" * 2001}, {"text": 7}])
def test_words_that_are_none_are_refused(server, call_id, body):
    assert order(server, call_id, "say", body)[0] == 422


def test_a_call_is_ended(server, call_id):
    assert order(server, call_id, "hangup", {"goodbye": False}) == (200, {"call_id": call_id, "goodbye": False})
    wait_for(lambda: server.in_loop(lambda: server.app.switchboard.live) == 0)
    told = httpx.get(f"{server.origin}/api/calls/{call_id}", headers=TOKEN)
    wait_for(lambda: httpx.get(f"{server.origin}/api/calls/{call_id}", headers=TOKEN).json()["state"] == "ended")
    told = httpx.get(f"{server.origin}/api/calls/{call_id}", headers=TOKEN).json()
    assert told["reason"] == "operator hung up"


def test_a_call_is_ended_with_a_goodbye(server, sid, call_id):
    in_a_stream(server, sid)
    assert order(server, call_id, "hangup", {"goodbye": True}) == (200, {"call_id": call_id, "goodbye": True})
    wait_for(lambda: e.Respond("", leaving=True) in server.agents[-1].commands)  # once what it says was cut
    assert server.in_loop(lambda: server.app.switchboard.live) == 1


@pytest.mark.parametrize(
    "to", ["+19005550100", "+12025550101", "911", "sip:x@y", "moon", "kitchen\n", "*", "kitchen,+19005550100"]
)
def test_only_names_are_put_through_to(server, sid, call_id, to):
    in_a_stream(server, sid)
    status, told = order(server, call_id, "transfer", {"to": to})
    if to.strip() == "kitchen":  # which this server has no policy for
        assert (status, told) == (
            409,
            {"detail": "This server puts nobody through: it has no policy of what may be dialled."},
        )
    else:
        assert (status, told) == (409, {"detail": "There is no destination of that name; there is: kitchen."})


def test_every_order_is_in_the_reference_with_its_models(server):
    paths = httpx.get(server.origin + "/openapi.json", headers=TOKEN).json()["paths"]
    for path in ("/interrupt-call/{call_id}", *(f"/api/calls/{{call_id}}/{what}" for what in ORDERS)):
        answers = paths[path]["post"]["responses"]
        assert {"200", "401", "404", "409"} <= set(answers)
        assert "$ref" in answers["200"]["content"]["application/json"]["schema"]


def test_an_order_finds_the_process_that_holds_the_call(server):
    """What a bus between processes has to do is this alone."""
    carried = []

    async def elsewhere(call_id, wanted):
        carried.append((call_id, wanted))
        return Outcome("there", exact=True) if call_id == "there" else None

    switchboard = server.app.switchboard
    was, switchboard.elsewhere = switchboard.elsewhere, elsewhere
    try:
        assert order(server, "there", "say", ORDERS["say"]) == (200, {"call_id": "there", "exact": True})
        assert order(server, "nowhere", "interrupt")[0] == 404
    finally:
        switchboard.elsewhere = was
    assert carried == [("there", Order("say", "We close in ten minutes.")), ("nowhere", Order("interrupt"))]


def test_what_an_operator_did_is_kept(server, sid, call_id):
    in_a_stream(server, sid)
    order(server, call_id, "say", ORDERS["say"])

    def kept():
        events = httpx.get(f"{server.origin}/api/calls/{call_id}/export", headers=TOKEN).json().get("events", ())
        return [(each["order"], each["text"]) for each in events if each["type"] == "operator"]

    wait_for(lambda: kept() == [("say", "We close in ten minutes.")])


def test_without_anything_kept_a_call_that_is_not_on_is_none():
    with running(operator_token="t0ken") as server:
        assert order(server, "nowhere", "hangup") == (404, {"detail": "There is no such call."})


def test_twenty_orders_at_once_are_all_answered(server, sid, call_id):
    in_a_stream(server, sid)

    async def all_at_once():
        async with httpx.AsyncClient(headers=TOKEN) as client:
            url = f"{server.origin}/api/calls/{call_id}/"
            posts = [client.post(url + what, json=ORDERS[what]) for what in ("interrupt", "say") * 10]
            return await asyncio.gather(*posts)

    assert {answer.status_code for answer in asyncio.run(all_at_once())} == {200}
