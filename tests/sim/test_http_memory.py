import asyncio

import httpx
import pytest

from offhook.sim.clock import run
from offhook.sim.http_memory import AppTransport


async def slow(scope, receive, send):
    """Says what it was sent, half a second for each byte."""
    body = (await receive())["body"]
    await send({"type": "http.response.start", "status": 200, "headers": [(b"x-path", scope["path"].encode())]})
    for at in range(len(body)):
        await asyncio.sleep(0.5)
        await send({"type": "http.response.body", "body": body[at : at + 1], "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def test_an_answer_comes_as_it_is_sent_in_simulated_time():
    async def whole():
        loop = asyncio.get_running_loop()
        client = httpx.AsyncClient(transport=AppTransport(slow, 100.0))
        async with client, client.stream("POST", "http://x/there", content=b"abc") as answer:
            assert answer.headers["x-path"] == "/there" and loop.time() == pytest.approx(0.2)
            pieces = [(loop.time(), piece) async for piece in answer.aiter_bytes()]
        assert [piece for _, piece in pieces] == [b"a", b"b", b"c"]
        assert pieces[-1][0] == pytest.approx(1.6)

    run(whole())


def test_the_app_learns_that_nobody_listens_any_more():
    left = []

    async def app(scope, receive, send):
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        left.append((await receive())["type"])

    async def whole():
        async with httpx.AsyncClient(transport=AppTransport(app)) as client:
            async with client.stream("GET", "http://x/"):
                pass
            await asyncio.sleep(0.1)

    run(whole())
    assert left == ["http.disconnect"]


def test_a_network_that_is_down_and_an_app_that_says_nothing():
    async def silent(scope, receive, send):
        pass

    async def whole():
        transport = AppTransport(silent)
        async with httpx.AsyncClient(transport=transport) as client:
            with pytest.raises(httpx.RemoteProtocolError):
                await client.get("http://x/")
            transport.down = True
            with pytest.raises(httpx.ConnectError):
                await client.get("http://x/")

    run(whole())
