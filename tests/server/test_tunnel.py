"""The public origin through a tunnel: an ngrok's page as it is, and its agent as far as it goes without an account."""

import asyncio
import json
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest

from offhook.errors import ConfigError
from offhook.server.tunnel import kept_by_ngrok, tunnel

NOBODY = "http://127.0.0.1:9"


def kept(url, address):
    return {"name": "command_line", "uri": "/api/tunnels/command_line", "public_url": url, "proto": "https",
            "config": {"addr": address, "inspect": True}, "metrics": {}}  # fmt: skip


@contextmanager
def ngrok_page(answer, status=200):
    """A local ngrok's page; `answer` is what its list of tunnels has, or other bytes."""
    body = answer if isinstance(answer, bytes) else json.dumps({"tunnels": answer, "uri": "/api/tunnels"}).encode()

    class Page(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status if self.path == "/api/tunnels" else 404)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("address", ["http://localhost:8000", "http://127.0.0.1:8000", "localhost:8000", "8000"])
def test_the_origin_is_that_of_the_tunnel_to_this_port(address):
    others = [
        kept("https://theirs.ngrok.app", "http://192.168.1.7:8000"),
        kept("https://other.ngrok.app", "http://localhost:3000"),
        kept("tcp://0.tcp.ngrok.io:1", "localhost:8000"),
    ]
    with ngrok_page([*others, kept("http://mine.ngrok.app", address), kept("https://mine.ngrok.app", address)]) as page:
        assert asyncio.run(kept_by_ngrok(8000, page)) == "https://mine.ngrok.app"
        assert asyncio.run(kept_by_ngrok(8001, page)) is None


@pytest.mark.parametrize("answer", [b"<html>", b"[]", b'{"tunnels": 3}', b'{"tunnels": [{"config": null}]}', b"\xff"])
def test_what_is_no_ngrok_is_none(answer):
    with ngrok_page(answer) as page:
        assert asyncio.run(kept_by_ngrok(8000, page)) is None
    assert asyncio.run(kept_by_ngrok(8000, NOBODY)) is None


def test_an_error_of_its_page_is_none():
    with ngrok_page([kept("https://mine.ngrok.app", "8000")], status=500) as page:
        assert asyncio.run(kept_by_ngrok(8000, page)) is None


class Ngrok(SimpleNamespace):
    """As far as its agent's surface is used (ngrok 1.4)."""

    def __init__(self, fails=None):
        super().__init__(asked=[], closed=0)
        self.fails = fails

    async def forward(self, port, **how):
        self.asked.append((port, how))
        if self.fails:
            raise ValueError(*self.fails)
        return self

    def url(self):
        return "https://opened.ngrok.app"

    async def close(self):
        self.closed += 1


async def opened(page=NOBODY, **how):
    async with tunnel(8000, page=page, **how) as origin:
        return origin


def test_a_tunnel_is_opened_and_closed(monkeypatch):
    ngrok = Ngrok()
    monkeypatch.setitem(sys.modules, "ngrok", ngrok)
    assert asyncio.run(opened(token="t0ken")) == "https://opened.ngrok.app"
    assert asyncio.run(opened(token="t0ken", public_url="https://my.ngrok.app")) == "https://opened.ngrok.app"
    assert ngrok.asked == [
        (8000, {"authtoken": "t0ken"}),
        (8000, {"authtoken": "t0ken", "domain": "my.ngrok.app"}),
    ]
    assert ngrok.closed == 2


def test_one_that_is_there_is_used(monkeypatch):
    ngrok = Ngrok()
    monkeypatch.setitem(sys.modules, "ngrok", ngrok)
    with ngrok_page([kept("https://mine.ngrok.app", "8000")]) as page:
        assert asyncio.run(opened(page, token=None)) == "https://mine.ngrok.app"
        assert asyncio.run(opened(page, token=None, public_url="https://mine.ngrok.app")) == "https://mine.ngrok.app"
        assert ngrok.asked == []
        asyncio.run(opened(page, token="t0ken", public_url="https://my.ngrok.app"))
        assert ngrok.asked[0][1]["domain"] == "my.ngrok.app"


def test_without_a_token_a_sentence_says_what_to_do():
    with pytest.raises(
        ConfigError, match=r"no tunnel to port 8000: set NGROK_AUTHTOKEN .*, or start `ngrok http 8000`"
    ):
        asyncio.run(opened(token=None))


def test_without_its_agent_a_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "ngrok", None)
    with pytest.raises(ConfigError, match=r"install offhook\[ngrok\]"):
        asyncio.run(opened(token="t0ken"))


def test_what_ngrok_refuses_is_one_sentence_without_the_token(monkeypatch):
    fails = ("failed to connect session", "authentication failed:\n the authtoken t0ken is not valid", "ERR_NGROK_105")
    monkeypatch.setitem(sys.modules, "ngrok", Ngrok(fails))
    with pytest.raises(ConfigError) as told:
        asyncio.run(opened(token="t0ken"))
    assert str(told.value) == (
        "ngrok opens no tunnel: failed to connect session authentication failed: the authtoken … is not valid ERR_NGROK_105"
    )
