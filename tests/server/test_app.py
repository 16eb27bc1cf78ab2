import logging

import httpx
import pytest

from offhook.core import events as e
from offhook.server import app as module
from offhook.server.app import Options
from tests.server.running import ACCOUNT, KEY, TOKEN, running


def test_options_do_not_show_secrets():
    options = Options(account_sid=ACCOUNT, keys=[KEY], secret=b"hush hush", operator_token="hush hush")
    assert TOKEN not in repr(options) and "hush" not in repr(options)


def test_calls_that_are_left_end_with_the_server():
    with running() as server:
        server.call("CA1")
    assert server.agents[0]._closed.is_set()


@pytest.mark.parametrize("path", ["/redoc", "/nowhere", "/ws/media/c1", "/api/calls", "/ws/events"])
def test_what_is_not_in_a_table_is_not_served(path):
    with running() as server:
        assert httpx.get(server.origin + path).status_code == 404


@pytest.mark.parametrize(
    "event",
    [
        e.CallerTranscribed("my secret"),
        e.TurnKept(1, "caller", "my secret", "", None, 0.0, 0.0),
        e.KeyPressed("5"),
        e.StateChanged("connected"),
        e.BargedIn({"item": 5.0}),
    ],
)
def test_what_was_said_never_enters_the_log(event, caplog):
    caplog.set_level(logging.DEBUG)
    module._log_event("c1", event)
    told = " ".join(caplog.messages)
    assert "secret" not in told and "5" not in told
