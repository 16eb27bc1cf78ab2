import asyncio
import socket

import pytest

from offhook import ConfigError, LegFailed
from offhook.parts import http
from offhook.parts.http import Server, events
from offhook.sim.clock import run
from tests.parts.provider import provider


async def posted(server, path="/chat/completions"):
    body = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
    async with server.ask(path, json=body) as answer:
        return [event async for event in events(answer)]


def test_a_stream_of_events_is_read_to_its_end():
    _, server = provider()
    found = run(posted(server))
    assert found[-1]["choices"][0]["finish_reason"] == "stop"


@pytest.mark.parametrize(("status", "retryable"), [(401, False), (400, False), (429, True), (503, True)])
def test_a_refusal_is_told_in_the_servers_words(status, retryable):
    _, server = provider(fails={"completions": [status]})
    with pytest.raises(LegFailed, match=f"the stand-in refused a request: {status} The stand-in was told") as failed:
        run(posted(server))
    assert failed.value.retryable is retryable


def test_no_key_is_repeated():
    class Echoing:
        async def __call__(self, scope, receive, send):
            await send({"type": "http.response.start", "status": 401, "headers": []})
            await send({"type": "http.response.body", "body": b'{"error": {"message": "bad key secret-key"}}'})

    _, server = provider()
    server.transport._app = Echoing()
    with pytest.raises(LegFailed, match="bad key …"):
        run(posted(server))


def test_a_network_that_is_down_is_told():
    _, server = provider()
    server.transport.down = True
    with pytest.raises(LegFailed, match=r"cannot be reached \(ConnectError\)") as failed:
        run(posted(server))
    assert failed.value.retryable


def test_a_server_that_does_not_answer_is_told(monkeypatch):
    monkeypatch.setattr(http, "SILENT_S", 0.05)

    async def whole(port):
        server = Server("the server", f"http://127.0.0.1:{port}", {})
        with pytest.raises(LegFailed, match=r"the server did not answer in time \(ReadTimeout\)") as failed:
            await posted(server)
        assert failed.value.retryable
        await server.close()

    with socket.create_server(("127.0.0.1", 0)) as silent:
        asyncio.run(whole(silent.getsockname()[1]))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"detail": {"status": "quota_exceeded", "message": "No credits."}}', "No credits."),
        (b'{"detail": "Not here."}', "Not here."), (b"{}", ""), (b"[]", ""), (b"<html>", ""),
    ],
)  # fmt: skip
def test_the_servers_words_are_found_wherever_they_are(body, said):
    class Refusing:
        async def __call__(self, scope, receive, send):
            await send({"type": "http.response.start", "status": 429, "headers": []})
            await send({"type": "http.response.body", "body": body})

    _, server = provider()
    server.transport._app = Refusing()
    with pytest.raises(LegFailed, match=f"refused a request: 429 {said}"):
        run(posted(server))


def test_an_answer_that_breaks_off_is_told():
    model, server = provider()
    model.setup.fails["speech"] = [0]

    async def whole():
        async with server.ask("/audio/speech", json={"input": "Hello there.", "model": "m"}) as answer:
            return await answer.aread()

    with pytest.raises(LegFailed, match="cannot be reached"):
        run(whole())


def test_a_password_in_an_address_is_not_repeated():
    with pytest.raises(ConfigError, match=r"not 'ftp://…@host/v1'") as refused:
        Server("X", "ftp://ann:hush@host/v1", {})
    assert "hush" not in str(refused.value)


@pytest.mark.parametrize("url", ["ftp://x", "localhost:11434", ""])
def test_what_is_no_url_is_refused(url):
    with pytest.raises(ConfigError, match="must be a URL"):
        Server("x", url, {})


def test_what_is_no_json_is_told():
    class Garbage:
        async def __call__(self, scope, receive, send):
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"data: {nonsense\n\n"})

    _, server = provider()
    server.transport._app = Garbage()
    with pytest.raises(LegFailed, match="cannot be read"):
        run(posted(server))


def test_closing_twice_is_no_error():
    async def whole():
        _, server = provider()
        await posted(server)
        await server.close()
        await server.close()
        assert await posted(server)
        await server.close()

    run(whole())
