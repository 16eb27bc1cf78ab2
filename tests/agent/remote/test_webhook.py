"""Webhooks against a real server: what it is sent, what is told of its answers, and what it cannot do to us."""

import asyncio
import hashlib
import hmac
import json
import logging
import socket
from contextlib import asynccontextmanager

import pytest
import uvicorn

from offhook import Agent, ConfigError, ToolError, webhook
from offhook.agent.remote.webhook import signature
from tests.agent.test_tools import Line
from tests.polling import wait_for

BOOK = {
    "type": "object",
    "properties": {"people": {"type": "integer", "minimum": 1}, "name": {"type": "string"}},
    "required": ["people"],
    "additionalProperties": False,
}


class Shop:
    """A server that answers as it is told to and keeps what it got."""

    def __init__(self, *answers):
        """Each (status, headers, body), or something to await; the last one again and again."""
        self.answers, self.requests, self.gone = list(answers), [], 0

    async def __call__(self, scope, receive, send):
        body = b""
        while (message := await receive())["type"] == "http.request":
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        self.requests.append((scope["method"], f"{scope['path']}?{scope['query_string'].decode()}", headers, body))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if callable(answer):
            return await answer(receive, send, self)
        status, headers, body = answer
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def served(app):
    """The port of a server of this app."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_config=None, ws="none"))
    running = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        await running
        listener.close()


def use(*answers, arguments='{"people": 2}', wanted=1, **options):
    """What came of a use (a text or a ToolError), and the server."""

    async def scenario():
        shop = Shop(*answers)
        async with served(shop) as port:
            made = webhook(
                "book", f"http://127.0.0.1:{port}/book?key=hidden", parameters=BOOK, allow_private=True, **options
            )
            try:
                return await made.run(arguments, Line()), shop
            except ToolError as error:
                return error, shop
            finally:
                await made.close()

    return asyncio.run(scenario())


def test_arguments_and_call_are_posted_and_the_answer_is_told():
    said, shop = use((200, [], "Booked. ☕".encode()), headers={"Authorization": "Bearer x"})
    assert said == "Booked. ☕"
    ((method, path, headers, body),) = shop.requests
    assert (method, path, headers["authorization"]) == ("POST", "/book?key=hidden", "Bearer x")
    assert headers["content-type"] == "application/json" and "offhook-signature" not in headers
    assert json.loads(body) == {
        "tool": "book", "arguments": {"people": 2},
        "call": {"id": "call", "caller": "+1", "called": "+2", "direction": "inbound"},
    }  # fmt: skip


def test_an_answer_without_words_is_done():
    assert use((204, [], b""))[0] == "Done."


def test_requests_are_signed():
    _, shop = use((200, [], b"ok"), secret="the key")
    headers, body = shop.requests[0][2:]
    at, signed = (part.partition("=")[2] for part in headers["offhook-signature"].split(","))
    assert signed == hmac.new(b"the key", at.encode() + b"." + body, hashlib.sha256).hexdigest()
    assert signature(b"k", b"{}", 1) != signature(b"k", b"{}", 2) != signature(b"l", b"{}", 2)


def test_another_try_has_the_same_key_and_another_use_another():
    said, shop = use((503, [], b""), (500, [], b""), (200, [], b"ok"))
    assert said == "ok"
    keys = {headers["idempotency-key"] for _, _, headers, _ in shop.requests}
    assert len(shop.requests) == 3 and len(keys) == 1
    assert use((200, [], b"ok"))[1].requests[0][2]["idempotency-key"] not in keys


def test_tries_come_to_an_end():
    said, shop = use((503, [], b"secret words"), retries=1)
    assert str(said) == "book failed." and len(shop.requests) == 2


async def hang_up(receive, send, shop):
    raise RuntimeError("the server breaks off")


def test_a_server_that_breaks_off_is_asked_again():
    said, shop = use(hang_up, (200, [], b"ok"))
    assert said == "ok" and len(shop.requests) == 2


def test_nobody_there_is_a_failure(caplog):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    made = webhook("book", f"http://127.0.0.1:{port}/?key=hidden", allow_private=True, retries=0)
    with pytest.raises(ToolError, match=r"^book failed\.$"):
        asyncio.run(made.run("{}", Line()))
    assert "hidden" not in caplog.text


@pytest.mark.parametrize(
    "status, body, told",
    [
        (409, b'{"error": "That table is taken."}', "That table is taken."),
        (422, b'{"error": {"message": "Say a day."}}', "Say a day."),
        (404, b'{"detail": "No such\\nbooking."}', "No such booking."),
        (400, b"<html>nginx</html>", "book failed."),
        (401, b'{"error": "bad key hidden"}', "book failed."),
        (400, b'{"error": ["odd"]}', "book failed."),
        (501, b'{"error": "trace of ours"}', "book failed."),
    ],
)
def test_an_error_in_words_is_told_to_the_agent_and_others_are_not(status, body, told):
    said, shop = use((status, [], body))
    assert isinstance(said, ToolError) and str(said) == told
    assert len(shop.requests) == 1


def test_wrong_arguments_cost_no_request():
    for arguments, told in (
        ('{"people": 0}', "book: people: 0 is less than the minimum of 1."),
        ("{}", "book: arguments: 'people' is a required property."),
        ("[]", "book: arguments: [] is not of type 'object'."),
        ("{", "book: arguments: Invalid JSON."),
    ):
        said, shop = use((200, [], b"ok"), arguments=arguments)
        assert str(said) == told and shop.requests == []


def test_a_redirect_is_refused():
    said, shop = use((307, [(b"location", b"/elsewhere")], b""))
    assert str(said) == "book failed." and len(shop.requests) == 1


def test_an_answer_that_is_too_long_is_cut_off(caplog):
    async def endless(receive, send, shop):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(1000):
            await send({"type": "http.response.body", "body": b"x" * 65536, "more_body": True})

    said, _ = use(endless)
    assert str(said) == "book failed." and "more than 256 KiB" in caplog.text


def test_a_compressed_answer_is_refused():
    said, shop = use((200, [(b"content-encoding", b"gzip")], b"bomb"))
    assert str(said) == "book failed." and shop.requests[0][2]["accept-encoding"] == "identity"


def test_a_use_that_takes_too_long_is_given_up_and_the_request_with_it():
    async def slow(receive, send, shop):
        while (await receive())["type"] != "http.disconnect":
            pass
        shop.gone += 1

    said, shop = use(slow, timeout=0.3)
    assert str(said) == "book took too long." and len(shop.requests) == 1
    wait_for(lambda: shop.gone)


def test_secrets_are_in_no_log(caplog):
    caplog.set_level(logging.DEBUG, "offhook")
    for answers in ([(503, [], b"")], [(401, [], b"")], [(307, [], b"")], [hang_up]):
        use(*answers, secret="hidden", headers={"X-Key": "hidden"}, retries=1)
    assert "book" in caplog.text and "hidden" not in caplog.text
    assert "hidden" not in repr(webhook("book", "https://example.com/?k=hidden", secret="hidden"))


def test_a_connection_is_used_again():
    async def scenario():
        peers = set()

        async def note(scope, receive, send):
            peers.add(tuple(scope["client"]))
            await Shop((200, [], b"ok"))(scope, receive, send)

        async with served(note) as port:
            made = webhook("book", f"http://127.0.0.1:{port}/", allow_private=True)
            for _ in range(3):
                await made.run("{}", Line())
            await made.close()
        return peers

    assert len(asyncio.run(scenario())) == 1


def test_a_private_address_is_refused_however_it_is_written(monkeypatch):
    async def scenario():
        shop = Shop((200, [], b"ok"))
        async with served(shop) as port:
            real = socket.getaddrinfo
            monkeypatch.setattr(
                socket,
                "getaddrinfo",
                lambda host, *args, **kw: real("127.0.0.1" if host == "shop.example" else host, *args, **kw),
            )
            made = webhook("book", f"https://shop.example:{port}/")
            with pytest.raises(ToolError, match=r"^book failed\.$"):
                await made.run("{}", Line())
            await made.close()
        return shop

    assert asyncio.run(scenario()).requests == []


@pytest.mark.parametrize(
    "url, sentence",
    [
        ("http://example.com/", "https"), ("https://127.0.0.1/", "private"), ("https://localhost/", "private"),
        ("https://[::1]/", "private"), ("https://169.254.169.254/", "private"), ("ftp://example.com", "needs a url"),
        ("https://user:pw@example.com/", "without a user"), ("https:///x", "needs a url"), ("nonsense", "needs a url"),
        ("https://example.com/a b", "needs a url"), (None, "needs a url"), ("https://[x", "needs a url"),
    ],
)  # fmt: skip
def test_an_unfit_url_is_refused_at_once(url, sentence):
    with pytest.raises(ConfigError, match=sentence):
        webhook("book", url)


def test_unfit_options_are_refused_at_once():
    for options, sentence in (
        ({"headers": {"X": "a\r\nb"}}, "header"),
        ({"headers": {"X Y": "a"}}, "header"),
        ({"parameters": {"type": "objekt"}}, "no JSON schema"),
        ({"parameters": {"type": "string"}}, "object"),
    ):
        with pytest.raises(ConfigError, match=sentence):
            webhook("book", "https://example.com/", **options)
    with pytest.raises(ConfigError, match="letters"):
        webhook("no spaces", "https://example.com/")


def test_an_agent_has_it_like_any_tool():
    agent = Agent(tools=[webhook("book", "https://example.com/", description="Books.", parameters=BOOK, finish=True)])
    made = agent.toolbox.by_name["book"]
    assert (made.description, made.schema) == ("Books.", BOOK)
    assert agent.toolbox.finishes("book") and not agent.toolbox.finishes("hang_up") and not agent.toolbox.finishes("x")
