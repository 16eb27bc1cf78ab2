import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from offhook.server.auth import DEMO_ONLY
from tests.server.running import running


@pytest.fixture(scope="module")
def demo():
    with running(demo=True) as it:
        yield it


@pytest.mark.parametrize(
    "headers", [{"host": "voice.example.com"}, {"x-forwarded-for": "203.0.113.9"}, {"origin": "https://evil.example"}]
)
@pytest.mark.parametrize("path", ["/", "/healthz", "/api/status", "/nowhere"])
def test_the_demo_refuses_strangers_on_every_path(demo, path, headers):
    answer = httpx.get(demo.origin + path, headers=headers)
    assert (answer.status_code, answer.text) == (403, DEMO_ONLY)


def test_the_demo_refuses_a_forwarded_webhook_even_if_it_is_signed(demo):
    answer = demo.post("/incoming-call", {"CallSid": "CA1"}, headers={"x-forwarded-proto": "https"})
    assert (answer.status_code, answer.text) == (403, DEMO_ONLY)


def test_the_demo_answers_this_machine(demo):
    assert httpx.get(demo.origin).status_code == 200
    assert demo.call("CA1").status_code == 200


@pytest.mark.parametrize("headers", [{"host": "["}, {"x-forwarded-host": "["}, {"x-forwarded-proto": "gopher"}])
def test_a_head_that_names_no_host_is_answered_with_400(demo, headers):
    answer = httpx.get(demo.origin + "/healthz", headers=headers)
    assert answer.status_code == 400
    assert answer.text.startswith("The request cannot be read: its ")


def test_a_socket_of_a_foreign_page_is_refused_before_it_opens(demo):
    with pytest.raises(InvalidStatus, match="403"):
        connect(f"ws://127.0.0.1:{demo.port}/nowhere", origin="https://evil.example", proxy=None)
