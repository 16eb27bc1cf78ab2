"""One session's first messages and its ends; the rest of its life is in test_realtime_leg.py."""

import asyncio
import json

import pytest

from offhook.agent.realtime import wire
from offhook.agent.realtime.session import Session
from offhook.errors import LegFailed
from offhook.sim.clock import run


class Socket:
    def __init__(self):
        self.sent, self.closed = [], False

    def send(self, message):
        self.sent.append(message)

    def close(self):
        self.closed = True


class Server:
    """Says a list of messages, each as soon as there is something it waits for."""

    def __init__(self, *greeting):
        self.socket, self.greeting = Socket(), greeting

    async def __call__(self, receive, lost, *, resumed):
        self.receive, self.lost = receive, lost
        loop = asyncio.get_running_loop()
        for number, body in enumerate(self.greeting):
            loop.call_later(0.1 * (number + 1), lambda body=body: receive(json.dumps(body).encode()))
        return self.socket


CREATED = {"type": "session.created", "session": {}}
UPDATED = {"type": "session.updated", "session": {"expires_at": 1795169400}}


def error(message, code="bad", event_id=None):
    return {"type": "error", "error": {"code": code, "message": message, "event_id": event_id}}


def test_the_settings_are_sent_when_the_server_has_begun_and_not_before():
    async def scenario():
        server = Server(CREATED, UPDATED)
        session = Session(wire.GA, "OpenAI")
        opening = asyncio.ensure_future(session.open(server, b"update"))
        await asyncio.sleep(0.05)
        assert server.socket.sent == []
        await opening
        assert server.socket.sent == [b"update"]
        assert session.expires_at == 1795169400.0
        facts = []
        session.on_fact = facts.append
        server.receive(json.dumps({"type": "response.created", "response": {"id": "r"}}).encode())
        session.close()
        session.close()
        server.receive(json.dumps({"type": "response.created", "response": {"id": "r2"}}).encode())
        assert facts == [wire.ResponseCreated("r")]
        assert server.socket.closed and not session.lost.done()

    run(scenario())


@pytest.mark.parametrize(
    ("greeting", "sentence", "retryable"),
    [
        ((), "OpenAI did not begin a session within 5 s.", True),
        ((CREATED,), "OpenAI did not accept the session within 5 s.", True),
        ((CREATED, error("No voice x.")), "OpenAI refused the session: No voice x.", False),
        ((error("No quota.", "insufficient_quota"),), "OpenAI refused the session: No quota.", False),
        ((CREATED, error("", "invalid_value")), "OpenAI refused the session: invalid_value.", False),
        ((CREATED, error("Gone.", "session_expired")), "OpenAI refused the session: Gone.", False),
    ],
)
def test_a_session_that_does_not_come_about_says_why_and_lets_the_socket_go(greeting, sentence, retryable):
    async def scenario():
        server = Server(*greeting)
        with pytest.raises(LegFailed) as failed:
            await Session(wire.GA, "OpenAI").open(server, b"update")
        assert (str(failed.value), failed.value.retryable) == (sentence, retryable)
        assert server.socket.closed

    run(scenario())


def test_a_warning_is_no_refusal():
    async def scenario():
        warning = {"type": "warning", "warning": {"code": "odd", "message": "Hm."}}
        await Session(wire.AZURE, "Azure").open(Server(CREATED, warning, UPDATED), b"update")

    run(scenario())


def test_a_socket_that_breaks_while_the_session_is_made_is_told_as_such():
    async def scenario():
        server = Server(CREATED)
        session = Session(wire.GA, "OpenAI")
        asyncio.get_running_loop().call_later(0.2, lambda: server.lost(LegFailed("OpenAI broke off.", retryable=True)))
        with pytest.raises(LegFailed, match="broke off"):
            await session.open(server, b"update")

    run(scenario())


def test_a_bug_of_ours_costs_the_session_and_is_not_told_as_the_servers(caplog):
    async def scenario():
        server = Server(CREATED, UPDATED)
        session = Session(wire.GA, "OpenAI")
        await session.open(server, b"update")

        def broken(_fact):
            raise ValueError("a bug")

        session.on_fact = broken
        server.receive(json.dumps({"type": "response.created", "response": {"id": "r"}}).encode())
        assert not session.lost.result().retryable
        assert "a bug" in caplog.text

    run(scenario())
