"""The doctor's look at Twilio's account: the real `twilio` package against a server of our own on loopback."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from twilio.http.http_client import TwilioHttpClient

from offhook.server.doctor_twilio import account, outbound
from offhook.server.finding import State
from offhook.settings import Settings

SID, TOKEN = "AC" + "a" * 32, "0123456789abcdef" * 2


def settings(**told) -> Settings:
    return Settings(_env_file=None, **told)


def one(found):
    (finding,) = found
    return finding


def test_without_credentials_only_the_simulator_calls():
    found = one(account(settings(), online=False))
    assert (found.state, "TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN" in found.sentence) == (State.NOTE, True)


def test_without_credentials_the_world_must_not_be_let_in():
    assert one(account(settings(host="0.0.0.0"), online=False)).state is State.WRONG


@pytest.mark.parametrize(
    ("told", "unset"),
    [
        ({"twilio_account_sid": SID}, "TWILIO_AUTH_TOKEN"),
        ({"twilio_auth_token": TOKEN}, "TWILIO_ACCOUNT_SID"),
        ({"twilio_shared_key": "k"}, "TWILIO_ACCOUNT_SID"),
        ({"twilio_account_sid": SID, "twilio_shared_key": "k"}, "TWILIO_AUTH_TOKEN"),
    ],
)
def test_half_of_them_is_wrong(told, unset):
    found = one(account(settings(**told), online=True))
    assert (found.name, found.state) == (unset, State.WRONG)


def test_whole_ones_are_well_formed_or_look_odd():
    whole = settings(twilio_account_sid=SID, twilio_auth_token=TOKEN)
    assert one(account(whole, online=False)).state is State.OK
    odd = one(account(settings(twilio_account_sid=SID, twilio_auth_token=TOKEN[:-1]), online=False))
    assert (odd.name, odd.state, TOKEN[:-1] in odd.sentence) == ("TWILIO_AUTH_TOKEN", State.NOTE, False)


def test_who_may_be_called_is_told():
    whole = {"twilio_account_sid": SID, "twilio_auth_token": TOKEN}
    assert outbound(settings()) == []
    assert one(outbound(settings(**whole))).state is State.NOTE
    found = one(outbound(settings(**whole, twilio_phone_number="+12025550100", max_cost_per_day=5)))
    assert (found.state, found.sentence) == (State.OK, "To numbers of US; 5 a minute, 5 USD a day.")
    assert one(outbound(settings(**whole, allowed_countries="Holland"))).state is State.WRONG


# ---------------------------------------------------------------- really tried


class TwilioHttpClientClosing(TwilioHttpClient):
    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.session.close()


class ToLoopback(TwilioHttpClient):
    """twilio's own client, led to a server of ours."""

    def __init__(self, port: int) -> None:
        super().__init__(timeout=5)
        self.session.trust_env = False
        self._port = port

    def request(self, method, url, *arguments, **named):
        path = url.split("/", 3)[3]
        return super().request(method, f"http://127.0.0.1:{self._port}/{path}", *arguments, **named)


@contextmanager
def answering(status: int, body: dict):
    asked = []

    class Twilio(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append((self.path, self.headers["Authorization"]))
            text = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_arguments):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Twilio) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        try:
            yield server.server_port, asked
        finally:
            server.shutdown()


def tried(status: int, body: dict):
    http = None
    with answering(status, body) as (port, asked):
        http = ToLoopback(port)
        try:
            found = one(account(settings(twilio_account_sid=SID, twilio_auth_token=TOKEN), online=True, http=http))
        finally:
            http.session.close()
    (path, authorization), *_ = asked
    assert path == f"/2010-04-01/Accounts/{SID}.json"
    assert authorization.startswith("Basic ")
    assert TOKEN not in found.sentence
    return found


def test_it_is_asked_where_the_settings_say():
    with answering(200, {"status": "active", "type": "Full"}) as (port, asked):
        told = {"twilio_account_sid": SID, "twilio_auth_token": TOKEN}
        with TwilioHttpClientClosing() as http:
            found = account(settings(**told, twilio_api_base_url=f"http://127.0.0.1:{port}/"), online=True, http=http)
    assert one(found).state is State.OK and len(asked) == 1


@pytest.mark.parametrize(
    ("status", "body", "name", "state", "words"),
    [
        (200, {"status": "active", "type": "Full"}, "Twilio account", State.OK, "active"),
        (200, {"status": "active", "type": "Trial"}, "Twilio account", State.NOTE, "trial"),
        (200, {"status": "suspended", "type": "Full"}, "Twilio account", State.WRONG, "suspended"),
        (401, {"code": 20003, "message": "Authenticate"}, "TWILIO_AUTH_TOKEN", State.WRONG, "again"),
        (404, {"code": 20404, "message": "not found"}, "TWILIO_ACCOUNT_SID", State.WRONG, "no such account"),
        (403, {"code": 20008, "message": "test"}, "Twilio account", State.WRONG, "HTTP 403, error 20008"),
        (429, {"code": 20429, "message": "slow"}, "Twilio account", State.MISSING, "try again"),
        (503, {"code": 20503, "message": "busy"}, "Twilio account", State.MISSING, "try again"),
    ],
)
def test_what_twilio_says_becomes_a_sentence(status, body, name, state, words):
    found = tried(status, body)
    assert (found.name, found.state, words in found.sentence) == (name, state, True)


def test_a_twilio_that_cannot_be_reached_is_no_fault_of_the_credentials():
    with answering(200, {}) as (port, _):
        pass
    http = ToLoopback(port)
    found = one(account(settings(twilio_account_sid=SID, twilio_auth_token=TOKEN), online=True, http=http))
    http.session.close()
    assert (found.state, "ConnectionError" in found.sentence) == (State.MISSING, True)
