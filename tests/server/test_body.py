import asyncio

import pytest
from starlette.requests import Request

from offhook.errors import RemoteProtocolError
from offhook.server.body import BodyTooLarge, BodyTooSlow, CloseUnread, read_body


def read(*messages, **limits):
    async def receive():
        if not waiting:
            await asyncio.Event().wait()
        return waiting.pop(0)

    waiting = list(messages)
    return asyncio.run(read_body(Request({"type": "http", "headers": []}, receive), **limits))


def part(body, more=True):
    return {"type": "http.request", "body": body, "more_body": more}


def test_a_body_in_parts_is_read_whole():
    assert read(part(b"a"), part(b"b"), part(b"", more=False)) == b"ab"


def test_a_body_over_the_limit_is_not_read_to_its_end():
    with pytest.raises(BodyTooLarge):
        read(part(b"abc"), part(b"d"), max_bytes=3)


def test_a_body_that_does_not_come_is_not_waited_for():
    with pytest.raises(BodyTooSlow):
        read(part(b"a"), seconds=0)


def test_a_peer_that_leaves_is_told_apart():
    with pytest.raises(RemoteProtocolError, match="left"):
        read(part(b"a"), {"type": "http.disconnect"})


def says_close(headers, *, read: int) -> bool:
    """Whether an app that takes `read` messages of a body in two parts says that it closes."""

    async def app(_scope, receive, send):
        for _ in range(read):
            await receive()
        await send({"type": "http.response.start", "status": 404, "headers": []})

    async def receive():
        return waiting.pop(0)

    async def send(message):
        sent.append(message)

    waiting, sent = [part(b"a"), part(b"b", more=False)], []
    asyncio.run(CloseUnread(app)({"type": "http", "headers": headers}, receive, send))
    return (b"connection", b"close") in sent[0]["headers"]


@pytest.mark.parametrize("header", [(b"content-length", b"2"), (b"transfer-encoding", b"chunked")])
def test_an_answer_before_the_body_was_read_closes(header):
    assert says_close([header], read=0)
    assert says_close([header], read=1)
    assert not says_close([header], read=2)


@pytest.mark.parametrize("headers", [[], [(b"content-length", b"0")]])
def test_without_a_body_the_connection_stays(headers):
    assert not says_close(headers, read=0)
