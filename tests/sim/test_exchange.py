"""The carrier's REST interface, request by request."""

import base64
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offhook.sim.exchange import Exchange, RestAnswer, RestRequest
from offhook.sim.orders import Callee, Order
from offhook.sim.outbound import OutboundCall
from offhook.sim.plan import Plan, RestFaults
from offhook.sim.rest_parameters import CREATE, LIST_CALLS
from offhook.sim.signature import Account
from tests.sim import oai

ACCOUNT = Account("AC" + "a" * 32, "secret")
OURS, THEIRS = "+12025550100", "+12025550101"
ROOT = f"/2010-04-01/Accounts/{ACCOUNT.sid}"
PLACE = {"To": THEIRS, "From": OURS, "Url": "https://voice.example.com/twiml"}


class Lines:
    """Calls begin, and time passes for them when a test says so."""

    def __init__(self) -> None:
        self.calls: list[OutboundCall] = []
        self.now = 0.0

    def place(self, call: OutboundCall) -> None:
        self.calls.append(call)
        call.begin(0)

    def change(self, sid: str, change: Callable[[float], list[Order]]) -> None:
        change(self.now)

    def to(self, now: float) -> None:
        self.now = now
        for call in self.calls:
            call.due(now)


class Client:
    """Asks as the account, and holds each answer against Twilio's schema."""

    def __init__(self, **plan: Any) -> None:
        self.lines = Lines()
        values = {
            "numbers": (OURS,),
            "calls_per_second": 0,
            "callees": lambda _: Callee(after_ms=1000),
            "epoch_s": 1.8e9,
        }
        self.exchange = Exchange(Plan(ACCOUNT, **{**values, **plan}), self.lines)
        self.user, self.secret = ACCOUNT.sid, ACCOUNT.token

    def ask(self, method: str, path: str, fields: Any = (), now: float | None = None, kind: str = "") -> RestAnswer:
        credentials = base64.b64encode(f"{self.user}:{self.secret}".encode()).decode()
        headers = {"authorization": f"Basic {credentials}", "content-type": "application/x-www-form-urlencoded"}
        text = urlencode(fields)
        request = RestRequest(
            method, path, text if method == "GET" else "", headers, b"" if method == "GET" else text.encode()
        )
        answer = self.exchange.receive(request, self.lines.now if now is None else now)
        if kind and answer.status < 300:
            assert oai.wrong(kind, method, answer.status, answer.body) == []
        return answer

    def create(self, **more: Any) -> RestAnswer:
        fields = [
            (name, value)
            for name, values in {**PLACE, **more}.items()
            for value in (values if isinstance(values, list) else [values])
            if value is not None
        ]
        return self.ask("POST", f"{ROOT}/Calls.json", fields, kind="calls")

    def change(self, sid: str, **fields: str) -> RestAnswer:
        return self.ask("POST", f"{ROOT}/Calls/{sid}.json", fields, kind="call")

    def read(self, sid: str) -> dict[str, Any]:
        return self.ask("GET", f"{ROOT}/Calls/{sid}.json", kind="call").body

    def list(self, **fields: str) -> list[str]:
        return [call["sid"] for call in self.ask("GET", f"{ROOT}/Calls.json", fields, kind="calls").body["calls"]]


def test_a_call_is_made_and_can_be_read_through_its_life() -> None:
    client = Client()
    made = client.create()
    assert (made.status, made.body["status"], made.body["direction"]) == (201, "queued", "outbound-api")
    sid = made.body["sid"]
    assert made.body["date_created"] == "Fri, 15 Jan 2027 08:00:00 +0000"
    client.lines.to(500)
    assert client.read(sid)["status"] == "ringing"
    client.lines.to(1200)
    assert client.read(sid)["status"] == "in-progress" and client.read(sid)["duration"] is None
    client.lines.to(3200)
    assert client.change(sid, Status="completed").body["status"] == "completed"
    ended = client.read(sid)
    assert (ended["duration"], ended["end_time"]) == ("2", "Fri, 15 Jan 2027 08:00:03 +0000")


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"To": None}, 21201),
        ({"From": None}, 21213),
        ({"Url": None}, 21205),
        ({"Url": "twiml"}, 21205),
        ({"Url": None, "Twiml": "x" * 4001}, 32018),
        ({"To": "12025550101"}, 21211),
        ({"To": "+1202555010a"}, 21211),
        ({"From": "me"}, 21212),
        ({"From": "+12025550199"}, 21210),
        ({"To": "+12025550102"}, 21215),
        ({"StatusCallback": "/status"}, 21609),
        ({"MachineDetection": "Enable", "AsyncAmd": "true"}, 21262),
        ({"Misspelt": "1"}, 20001),
    ],
)
def test_what_cannot_be_called_is_refused_with_twilios_code(fields: dict[str, Any], code: int) -> None:
    client = Client(refused={"+12025550102": 21215})
    answer = client.create(**fields)
    assert (answer.status, answer.body["code"]) == (400, code)
    assert set(answer.body) == {"code", "message", "more_info", "status"} and client.lines.calls == []


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/2010-04-01/Accounts/ACb/Calls.json", 404, 20404),
        ("GET", f"{ROOT}/Calls/CA{'0' * 32}.json", 404, 20404),
        ("POST", f"{ROOT}/IncomingPhoneNumbers/PN{'0' * 32}.json", 404, 20404),
        ("GET", f"{ROOT}/Nothing.json", 404, 20404),
        ("DELETE", f"{ROOT}/Calls.json", 405, 20004),
    ],
)
def test_what_is_not_there(method: str, path: str, status: int, code: int) -> None:
    answer = Client().ask(method, path)
    assert (answer.status, answer.body["code"]) == (status, code)


def test_nobody_is_let_in_with_a_wrong_token_and_a_key_is_as_good() -> None:
    client = Client(keys={"SK1": "hush"})
    client.secret = "wrong"
    assert client.create().body["code"] == 20003
    client.user, client.secret = "SK1", "hush"
    assert client.create().status == 201
    assert client.exchange.receive(RestRequest("GET", f"{ROOT}.json"), 0).status == 401


def test_what_has_ended_or_not_begun_cannot_be_changed() -> None:
    client = Client()
    sid = client.create().body["sid"]
    assert client.change(sid, Url="https://voice.example.com/other").body["code"] == 21220
    client.lines.to(1200)
    assert client.change(sid, Status="canceled").body["code"] == 21220
    assert client.change(sid, Url="https://h/x", Twiml="<Response/>").body["code"] == 20001
    assert client.change(sid).body["code"] == 20001
    assert client.change(sid, Twiml="<Response><Hangup/></Response>").body["status"] == "completed"
    assert client.change(sid, Status="completed").body["code"] == 21220


def test_a_change_may_be_of_the_callbacks_alone() -> None:
    client = Client()
    sid = client.create().body["sid"]
    changed = client.change(sid, StatusCallback="https://h/s", StatusCallbackMethod="get", FallbackUrl="https://h/f")
    setup = client.lines.calls[0].setup
    assert changed.status == 200
    assert (setup.status_callback, setup.status_method, setup.fallback_url) == ("https://h/s", "GET", "https://h/f")


def test_cancelled_while_it_rings() -> None:
    client = Client()
    sid = client.create().body["sid"]
    client.lines.to(500)
    assert client.change(sid, Status="canceled").body["status"] == "canceled"


def test_one_call_a_second_the_others_wait() -> None:
    client = Client(calls_per_second=1)
    assert [client.create().body["queue_time"] for _ in range(3)] == ["0", "1000", "2000"]
    client.lines.to(5000)
    assert client.create().body["queue_time"] == "0"


def test_lists_are_newest_first_filtered_and_in_pages() -> None:
    client = Client()
    first = client.create().body["sid"]
    client.lines.to(60_000)
    second, third = client.create().body["sid"], client.create(To="+12025550109").body["sid"]
    assert client.list() == [third, second, first]
    assert client.list(To=THEIRS) == [second, first]
    assert client.list(To=THEIRS, Status="queued") == [second]
    assert client.list(PageSize="2", Page="1") == [first]
    for call in client.lines.calls:
        call.due(500)
    since = {"StartTime>": "2027-01-15T08:00:30Z"}
    assert client.list(**since) == [third, second]
    assert client.list(**{"StartTime<": "2027-01-15T08:00:30Z"}) == [first]
    assert client.list(StartTime="2027-01-15") == [third, second, first] and client.list(StartTime="2027-01-16") == []
    assert (
        client.ask("GET", f"{ROOT}/Calls.json", {"PageSize": "2"})
        .body["next_page_uri"]
        .startswith(f"{ROOT}/Calls.json?")
    )


def test_numbers_are_listed_and_get_their_webhooks() -> None:
    client = Client(numbers=(OURS, "+12025550110"))
    listed = client.ask("GET", f"{ROOT}/IncomingPhoneNumbers.json", {"PhoneNumber": OURS}, kind="numbers")
    (number,) = listed.body["incoming_phone_numbers"]
    hooks = {
        "VoiceUrl": "https://voice.example.com/incoming-call",
        "VoiceFallbackUrl": "https://voice.example.com/twilio/next",
    }
    path = f"{ROOT}/IncomingPhoneNumbers/{number['sid']}.json"
    assert client.ask("POST", path, hooks, kind="number").body["voice_fallback_url"] == hooks["VoiceFallbackUrl"]
    assert client.ask("GET", path, kind="number").body["voice_url"] == hooks["VoiceUrl"]
    assert client.ask("POST", path, {"VoiceUrl": "nowhere"}).body["code"] == 20001


def test_the_account_tells_nothing_secret() -> None:
    body = Client().ask("GET", f"{ROOT}.json").body
    assert body["status"] == "active" and "secret" not in str(body)


def test_faults_come_when_they_are_ordered() -> None:
    client = Client(faults=RestFaults(too_many=1, trouble=1, lost=1, slow_ms=700))
    assert [client.create().status for _ in range(2)] == [429, 500] and client.lines.calls == []
    lost = client.create()
    assert lost.silent and lost.after_ms == 700 and len(client.lines.calls) == 1
    assert client.create().silent is False


def test_a_call_that_was_made_may_be_denied() -> None:
    client = Client(faults=RestFaults(made_500=1))
    assert client.create().body["code"] == 20500 and len(client.list()) == 1


def test_a_new_call_may_take_time_to_be_seen() -> None:
    client = Client(faults=RestFaults(unlisted_ms=2000))
    sid = client.create().body["sid"]
    assert client.list() == [] and client.read(sid)["code"] == 20404
    client.lines.to(2000)
    assert client.list() == [sid]


def test_events_in_one_text_bring_no_callbacks() -> None:
    client = Client()
    client.create(StatusCallback="https://h/s", StatusCallbackEvent="initiated,completed")
    client.create(StatusCallback="https://h/s", StatusCallbackEvent=["initiated", "completed"])
    assert [call.outbound.events for call in client.lines.calls] == [(), ("initiated", "completed")]


def test_a_body_that_is_no_form_is_refused() -> None:
    client = Client()
    credentials = base64.b64encode(f"{ACCOUNT.sid}:{ACCOUNT.token}".encode()).decode()
    headers = {"authorization": f"Basic {credentials}", "content-type": "application/json"}
    answer = client.exchange.receive(RestRequest("POST", f"{ROOT}/Calls.json", "", headers, b"{}"), 0)
    assert answer.body["code"] == 20001


def test_the_oldest_calls_that_are_over_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("offhook.sim.exchange.KEPT", 3)
    client = Client(callees=lambda _: Callee("busy"))
    alive = client.create().body["sid"]
    client.lines.to(100)
    for _ in range(6):
        client.create()
        client.lines.calls[-1].due(1000)
    kept = client.list()
    assert len(kept) == 3 and alive in kept


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(["GET", "POST", "DELETE", "PUT"]),
    st.sampled_from(["", ".json", "/Calls.json", f"/Calls/CA{'0' * 32}.json", "/IncomingPhoneNumbers.json", "/%00"]),
    st.lists(
        st.tuples(
            st.sampled_from([*CREATE, *LIST_CALLS, "x"]),
            st.one_of(st.text(max_size=30), st.sampled_from([OURS, THEIRS, "https://h/v", "true", "1", "2026-11-20"])),
        ),
        max_size=6,
    ),
)
def test_no_request_is_too_odd_for_an_answer(method: str, path: str, fields: list[tuple[str, str]]) -> None:
    client = Client()
    text = urlencode(fields, errors="replace")
    credentials = base64.b64encode(f"{client.user}:{client.secret}".encode()).decode()
    headers = {"authorization": f"Basic {credentials}", "content-type": "application/x-www-form-urlencoded"}
    answer = client.exchange.receive(RestRequest(method, ROOT + path, text, headers, text.encode()), 0)
    assert answer.status in (200, 201, 400, 404, 405)
    if answer.status >= 400:
        assert set(answer.body) == {"code", "message", "more_info", "status"}


@pytest.mark.parametrize(
    "header", ["", "Basic", "Basic !", "Basic /w==", "Bearer x", "Basic " + "QQ==", "basic\x00 QQ=="]
)
def test_no_credentials_are_too_odd_for_an_answer(header: str) -> None:
    assert Client().exchange.receive(RestRequest("GET", f"{ROOT}.json", "", {"authorization": header}), 0).status == 401
