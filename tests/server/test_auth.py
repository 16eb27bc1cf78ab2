import base64

import pytest

from offhook.phone.twilio.signature import Key, sign
from offhook.server.auth import DEMO_ONLY, FOREIGN, Access
from offhook.server.head import Head, Proxies

KEY = Key("an auth token")


def access(**options) -> Access:
    return Access([KEY], **({"proxies": Proxies("127.0.0.1")} | options))


def head(target="/incoming-call", host="h.example", peer="203.0.113.9", **headers) -> Head:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Head("http", target, {"host": host} | named, peer)


def signed(url: str, **given) -> Head:
    return head(x_twilio_signature=sign(url, {}, KEY), **given)


# ---------------------------------------------------------------- the demo, origins


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:8000", "[::1]:8000"])
def test_the_demo_answers_this_machine(host):
    assert access(demo=True).refusal(head(host=host)) is None


@pytest.mark.parametrize(
    "given", [{"host": "voice.example.com"}, {"host": "localhost", "x_forwarded_for": "203.0.113.9"}, {"host": ""}]
)
def test_the_demo_answers_nobody_else_and_says_what_to_do(given):
    assert access(demo=True).refusal(head(**given)) == DEMO_ONLY
    assert "offhook serve" in DEMO_ONLY


def test_the_demo_refuses_a_page_of_another_origin():
    assert access(demo=True).refusal(head(host="localhost:8000", origin="http://evil.example")) == DEMO_ONLY
    assert access(demo=True).refusal(head(host="localhost:8000", origin="http://localhost:8000")) is None


def test_outside_the_demo_a_proxy_is_welcome():
    assert access().refusal(head(x_forwarded_for="203.0.113.9")) is None


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "https://h.example.evil.example", "https://[", ""])
def test_a_foreign_origin_is_refused(origin):
    assert access().refusal(head(origin=origin)) == FOREIGN


def test_an_own_origin_may_be_the_host_the_forwarded_host_or_the_public_url():
    assert access().refusal(head(origin="https://h.example")) is None
    forwarded = head(host="inner", peer="127.0.0.1", x_forwarded_host="h.example", origin="https://h.example")
    assert access().refusal(forwarded) is None
    assert access(public_url="https://p.example").refusal(head(origin="https://p.example")) is None


# ---------------------------------------------------------------- the signature


def test_a_signature_holds_for_the_origin_of_the_request():
    assert access().verify(signed("http://h.example/incoming-call")) == "http://h.example"


def test_behind_a_proxy_that_hides_the_tls_https_is_tried():
    assert access().verify(signed("https://h.example/incoming-call")) == "https://h.example"


def test_an_upgrade_is_signed_for_its_socket_url():
    assert (
        access().verify(signed("wss://h.example/ws/media/c1", target="/ws/media/c1"), upgrade=True)
        == "https://h.example"
    )
    assert access().verify(signed("https://h.example/ws/media/c1", target="/ws/media/c1"), upgrade=True) is None


def test_a_public_url_leaves_no_other_origin():
    own = access(public_url="https://p.example")
    assert own.verify(signed("https://h.example/incoming-call")) is None
    assert own.verify(signed("https://p.example/incoming-call")) == "https://p.example"


def test_the_origin_that_verified_is_kept_and_told_once(caplog):
    caplog.set_level("INFO")
    door = access()
    door.verify(head())
    assert door.origin is None
    for _ in range(2):
        door.verify(signed("https://h.example/incoming-call"))
    assert door.origin == "https://h.example"
    assert len(caplog.records) == 1


def test_without_a_host_nothing_holds():
    assert access().verify(signed("http:///incoming-call", host="")) is None


# ---------------------------------------------------------------- the operator


def basic(user_and_password: str) -> str:
    return "Basic " + base64.b64encode(user_and_password.encode()).decode()


@pytest.mark.parametrize("authorization", ["Bearer t0ken", "bearer t0ken", basic(":t0ken"), basic("me:t0ken")])
def test_the_operators_token_lets_in(authorization):
    assert access(operator_token="t0ken").is_operator(head(authorization=authorization))


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Bearer x", "t0ken", "Basic t0ken", "Basic é", basic("t0ken"), "Digest t0ken"]
)
def test_anything_else_does_not(authorization):
    assert not access(operator_token="t0ken").is_operator(head(authorization=authorization))


def test_without_a_token_nobody_is_operator_but_in_the_demo():
    assert not access().is_operator(head(authorization="Bearer "))
    assert not access(operator_token="").is_operator(head(authorization="Bearer "))
    assert not access().has_operator
    assert access(demo=True).is_operator(head())
