"""Twilio's webhooks, over a real port and signed."""

import time
import xml.etree.ElementTree as ET

import httpx
import pytest

from offhook.core import events as e
from offhook.phone.twilio import token
from offhook.phone.twilio.signature import Key, sign
from tests.server.running import ACCOUNT, KEY, TOKEN, running


@pytest.fixture
def server():
    with running() as it:
        yield it


def verbs(response) -> list[str]:
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].startswith("text/xml")
    return [verb.tag for verb in ET.fromstring(response.text)]


def stream(response):
    return ET.fromstring(response.text).find("Connect/Stream")


def test_a_call_is_handed_to_a_stream_of_its_own(server):
    response = server.call("CA1")
    assert verbs(response) == ["Connect"]
    call = server.in_loop(server.app.switchboard.by_sid, "CA1")
    assert stream(response).get("url") == f"ws://127.0.0.1:{server.port}/ws/media/{call.id}"
    assert stream(response).get("statusCallback") == server.origin + "/twilio/status"
    assert (
        ET.fromstring(response.text).find("Connect").get("action")
        == f"{server.origin}/twilio/next?call_id={call.id}&epoch=0"
    )


def test_the_token_in_the_document_is_for_that_call(server):
    parameter = stream(server.call("CA1")).find("Parameter")
    call = server.in_loop(server.app.switchboard.by_sid, "CA1")
    secret = token.secret_from(TOKEN)
    assert token.check(secret, parameter.get("value"), call.id, "CA1", time.time()) == call.epoch


@pytest.mark.parametrize("path", ["/incoming-call", "/incoming-call/", "/voice/incoming"])
def test_every_path_of_the_table_takes_a_call(server, path):
    assert verbs(server.post(path, {"CallSid": "CA1"})) == ["Connect"]


def test_the_same_call_asked_twice_is_one_call(server):
    first, second = server.call("CA1"), server.call("CA1")
    assert stream(first).get("url") == stream(second).get("url")
    assert server.in_loop(lambda: server.app.switchboard.live) == 1
    assert len(server.agents) == 1


def test_a_call_may_be_announced_by_get(server):
    path = f"/incoming-call?AccountSid={ACCOUNT}&CallSid=CA1&From=%2B0"
    headers = {"x-twilio-signature": sign(server.origin + path, {}, KEY)}
    assert verbs(httpx.get(server.origin + path, headers=headers)) == ["Connect"]


def test_a_call_that_has_ended_is_hung_up(server):
    server.call("CA1")
    assert server.post("/twilio/status", {"CallSid": "CA1", "CallStatus": "completed"}).status_code == 204
    assert verbs(server.call("CA1")) == ["Hangup"]


@pytest.mark.parametrize("call_status", ["completed", "canceled", "failed"])
def test_a_call_that_was_over_before_it_came_is_not_admitted(server, call_status):
    assert verbs(server.call("CA1", CallStatus=call_status)) == ["Hangup"]
    assert server.in_loop(lambda: server.app.switchboard.by_sid("CA1")) is None


def test_a_status_is_logged_only_if_it_is_one(server, caplog):
    caplog.set_level("INFO")
    for call_status in ("ringing", "forged +15550100"):
        server.post("/twilio/status", {"CallSid": "CA1", "CallStatus": call_status})
    assert "call status: ringing" in caplog.text and "call status: unknown" in caplog.text
    assert "forged" not in caplog.text


def test_a_full_server_answers_busy_and_keeps_the_calls_it_has():
    with running(limit=1) as server:
        assert verbs(server.call("CA1")) == ["Connect"]
        response = server.call("CA2")
        assert verbs(response) == ["Reject"]
        assert ET.fromstring(response.text).find("Reject").get("reason") == "busy"
        assert verbs(server.call("CA1")) == ["Connect"]


def test_a_draining_server_answers_busy(server):
    server.in_loop(lambda: setattr(server.app.switchboard, "draining", True))
    assert verbs(server.call("CA1")) == ["Reject"]


def test_a_lost_stream_is_answered_with_a_new_one(server):
    first = stream(server.call("CA1"))
    call = server.in_loop(server.app.switchboard.by_sid, "CA1")
    server.in_loop(server.app.switchboard.claim, call.id, "CA1", 0)
    path = f"/twilio/next?call_id={call.id}"
    again = stream(server.post(path, {"CallSid": "CA1", "CallStatus": "in-progress"}))
    assert again.get("url") == first.get("url")
    assert again.find("Parameter").get("value").startswith("1.")


def test_what_comes_next_for_a_call_nobody_knows_is_the_end(server):
    response = server.post("/twilio/next?call_id=nobody", {"CallSid": "CA1", "CallStatus": "in-progress"})
    assert verbs(response) == ["Hangup"]


def test_an_agent_that_failed_is_apologised_for(server):
    server.call("CA1")
    call = server.in_loop(server.app.switchboard.by_sid, "CA1")
    server.in_loop(call.report, e.AgentLost("planted"))
    response = server.post(f"/twilio/next?call_id={call.id}", {"CallSid": "CA1", "CallStatus": "in-progress"})
    assert verbs(response) in (["Say", "Hangup"], ["Hangup"])


@pytest.mark.parametrize(
    "fields",
    [
        {"CallStatus": "ringing"},
        {"StreamSid": "MZ1", "StreamEvent": "stream-started"},
        {"StreamSid": "MZ1", "StreamEvent": "stream-error", "StreamError": "31921"},
        {"AnsweredBy": "human"},
    ],
)
def test_other_statuses_leave_the_call_alone(server, fields):
    server.call("CA1")
    assert server.post("/twilio/status", {"CallSid": "CA1"} | fields).status_code == 204
    assert server.in_loop(lambda: server.app.switchboard.live) == 1


def test_a_status_of_a_call_nobody_knows_is_taken(server):
    assert server.post("/twilio/status", {"CallSid": "CA9", "CallStatus": "completed"}).status_code == 204


@pytest.mark.parametrize("path", ["/incoming-call", "/twilio/next?call_id=x", "/twilio/status"])
def test_without_a_signature_nothing_is_answered(server, path):
    response = httpx.post(server.origin + path, data={"AccountSid": ACCOUNT, "CallSid": "CA1"})
    assert response.status_code == 403
    assert server.in_loop(lambda: server.app.switchboard.live) == 0


def test_a_signature_with_another_key_is_refused(server):
    assert server.post("/incoming-call", {"CallSid": "CA1"}, key=Key("another")).status_code == 403


def test_a_signature_for_another_origin_is_refused(server):
    assert server.post("/incoming-call", {"CallSid": "CA1"}, origin="https://elsewhere.example").status_code == 403


def test_a_webhook_of_another_account_is_refused(server):
    assert server.post("/incoming-call", {"CallSid": "CA1", "AccountSid": "AC" + "2" * 32}).status_code == 403


def test_behind_a_trusted_proxy_the_forwarded_origin_counts(server):
    headers = {"x-forwarded-proto": "https", "x-forwarded-host": "voice.example.com"}
    response = server.post("/incoming-call", {"CallSid": "CA1"}, origin="https://voice.example.com", headers=headers)
    assert stream(response).get("url").startswith("wss://voice.example.com/ws/media/")


def test_a_forwarded_origin_of_anybody_else_is_nothing():
    with running(trusted_proxies="10.0.0.0/8") as server:
        headers = {"x-forwarded-proto": "https", "x-forwarded-host": "voice.example.com"}
        response = server.post(
            "/incoming-call", {"CallSid": "CA1"}, origin="https://voice.example.com", headers=headers
        )
        assert response.status_code == 403


def test_a_public_url_is_the_only_origin():
    with running(public_url="https://voice.example.com") as server:
        assert server.post("/incoming-call", {"CallSid": "CA1"}).status_code == 403
        response = server.post("/incoming-call", {"CallSid": "CA1"}, origin="https://voice.example.com")
        assert stream(response).get("url").startswith("wss://voice.example.com/ws/media/")


@pytest.mark.parametrize(("body", "status"), [(b"a=%FF", 400), (b"a=" + b"x" * 70_000, 413)])
def test_a_body_that_cannot_be_read_is_answered_in_one_sentence(server, body, status):
    response = httpx.post(server.origin + "/incoming-call", content=body)
    assert response.status_code == status
    assert response.json()["detail"].endswith(".")


def test_a_webhook_without_a_call_sid_is_answered_in_one_sentence(server):
    response = server.post("/incoming-call", {})
    assert (response.status_code, response.json()["detail"]) == (400, "The webhook names no CallSid.")


def test_a_failure_of_ours_is_spoken_and_logged(server, caplog):
    def fail(_info):
        raise RuntimeError("planted")

    server.in_loop(lambda: setattr(server.app.switchboard, "_open_agent", fail))
    assert verbs(server.call("CA1")) == ["Say", "Hangup"]
    assert "planted" in caplog.text
