"""The client socket, over real sockets to a `websockets` server, and what it says when things go wrong."""

import asyncio
import contextlib
import gc
import json
from http import HTTPStatus

import pytest
from websockets.asyncio.server import serve

from offhook.agent.realtime import socket as ours
from offhook.agent.realtime.socket import connect, without_keys
from offhook.errors import LegFailed

KEY = "sk-live-0123456789abcdef"


def against(answer, scenario, **server):
    """Runs a scenario against a server; it is given `open(**)`, what was received, and why the socket was lost."""

    async def whole():
        async with serve(answer, "127.0.0.1", 0, **server) as listening:
            port = listening.sockets[0].getsockname()[1]
            received, lost = asyncio.Queue(), asyncio.Queue()

            def open(path="/v1/realtime", headers=None):
                return connect(
                    f"ws://127.0.0.1:{port}{path}", headers or {"Authorization": f"Bearer {KEY}"},
                    received.put_nowait, lost.put_nowait, name="OpenAI", secrets=(KEY,),
                )  # fmt: skip

            await scenario(open, received, lost)

    asyncio.run(whole())


def test_text_goes_both_ways_whole_and_in_fragments():
    seen = []

    async def answer(peer):
        seen.append((peer.request.path, peer.request.headers["Authorization"]))
        seen.append("Sec-WebSocket-Extensions" in peer.request.headers)
        await peer.send(await peer.recv())
        await peer.send(["Frag", "men", "ted"])
        await peer.send(b"binary is nobody's business")
        await peer.send("x" * (17 * 1024 * 1024))
        await peer.wait_closed()

    async def scenario(open, received, lost):
        socket = await open("/v1/realtime?model=m")
        socket.send(b"hello")
        assert await received.get() == b"hello"
        assert await received.get() == b"Fragmented"
        assert len(await received.get()) == 17 * 1024 * 1024
        socket.close()
        socket.close()
        socket.send(b"late")
        await asyncio.sleep(0)
        assert lost.empty()

    against(answer, scenario, compression=None, max_size=None)
    assert seen == [("/v1/realtime?model=m", f"Bearer {KEY}"), False]


@pytest.mark.parametrize(
    ("status", "body", "sentence", "retryable"),
    [
        (401, {"error": {"message": f"Incorrect API key provided: {KEY}. See the docs."}},
         "OpenAI refused the connection: 401 Unauthorized: Incorrect API key provided: …. See the docs.", False),
        (401, {"error": {"message": "Incorrect API key provided: sk-li*************cdef."}},
         "OpenAI refused the connection: 401 Unauthorized: Incorrect API key provided: ….", False),
        (404, {"error": "no such model"}, "OpenAI refused the connection: 404 Not Found: no such model.", False),
        (429, "Too many", "OpenAI refused the connection: 429 Too Many Requests: Too many.", True),
        (503, "<html>busy</html>", "OpenAI refused the connection: 503 Service Unavailable.", True),
        (302, "", "OpenAI refused the connection: 302 Found.", False),
    ],
)  # fmt: skip
def test_a_refusal_is_told_in_the_servers_words_without_the_key(status, body, sentence, retryable):
    def refuse(peer, _request):
        response = peer.respond(HTTPStatus(status), body if isinstance(body, str) else json.dumps(body))
        if status == 302:
            response.headers["Location"] = "ws://elsewhere.example/"
        return response

    async def scenario(open, _received, _lost):
        with pytest.raises(LegFailed) as failed:
            await open()
        assert (str(failed.value), failed.value.retryable) == (sentence, retryable)

    async def answer(_peer):
        raise AssertionError

    against(answer, scenario, process_request=refuse)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        ("1.5", 1.5),
        ("Thu, 01 Jan 2099 00:00:00 GMT", None),
        ("soon", 0.0),
        ("-3", 0.0),
        ("", 0.0),
        ("inf", 0.0),
    ],
)
def test_a_server_may_say_when_to_come_back(header, seconds):
    def refuse(peer, _request):
        response = peer.respond(HTTPStatus.TOO_MANY_REQUESTS, "Too many")
        response.headers["Retry-After"] = header
        return response

    async def scenario(open, _received, _lost):
        with pytest.raises(LegFailed) as failed:
            await open()
        if seconds is None:  # a date
            assert failed.value.retry_after_s > 1e9
        else:
            assert (failed.value.retry_after_s or 0.0) == seconds

    async def answer(_peer):
        raise AssertionError

    against(answer, scenario, process_request=refuse)


def test_a_peer_that_breaks_the_protocol_is_told_once_and_asyncio_has_nothing_to_add(caplog):
    async def answer(peer):
        peer.transport.write(b"\xff\xff no frame")
        await peer.wait_closed()

    async def scenario(open, _received, lost):
        await open()
        failed = await lost.get()
        assert failed.retryable
        await asyncio.sleep(0)
        gc.collect()
        assert "never retrieved" not in caplog.text

    against(answer, scenario)


def test_a_connection_that_is_dead_is_known_by_its_silence(monkeypatch):
    monkeypatch.setattr(ours, "PING_S", 0.01)
    monkeypatch.setattr(ours, "PONG_S", 0.02)

    async def answer(peer):
        await peer.recv()
        peer.transport.pause_reading()
        with contextlib.suppress(Exception):
            await peer.wait_closed()

    async def scenario(open, _received, lost):
        socket = await open()
        while not socket._pongs:
            await asyncio.sleep(0.005)
        socket.send(b"the last thing that is read")
        failed = await lost.get()
        assert "has not answered for" in str(failed) and failed.retryable
        socket._transport.underlying_transport.abort()

    against(answer, scenario, close_timeout=0.1)


@pytest.mark.parametrize(
    ("code", "reason", "sentence", "retryable"),
    [
        (1000, "", "OpenAI closed the connection (1000).", True),
        (1011, "oops", "OpenAI closed the connection (1011: oops).", True),
        (1008, f"bad {KEY}", "OpenAI closed the connection (1008: bad …).", False),
        (4001, "quota", "OpenAI closed the connection (4001: quota).", False),
    ],
)
def test_a_close_is_told_with_its_code(code, reason, sentence, retryable):
    async def answer(peer):
        await peer.close(code, reason)

    async def scenario(open, _received, lost):
        await open()
        failed = await lost.get()
        assert (str(failed), failed.retryable) == (sentence, retryable)
        assert lost.empty()

    against(answer, scenario)


def test_a_broken_line_is_worth_another_try():
    async def answer(peer):
        peer.transport.abort()
        await peer.wait_closed()

    async def scenario(open, _received, lost):
        await open()
        failed = await lost.get()
        assert (str(failed), failed.retryable) == ("OpenAI broke off.", True)

    against(answer, scenario)


def test_a_server_that_does_not_read_loses_the_connection_instead_of_our_memory(monkeypatch):
    monkeypatch.setattr(ours, "CLOSE_S", 0.01)
    released = asyncio.Event()

    async def answer(peer):
        peer.transport.pause_reading()
        with contextlib.suppress(Exception):
            await released.wait()

    async def scenario(open, _received, lost):
        socket = await open()
        sent = 0
        while lost.empty():
            socket.send(b"x" * 65536)
            sent += 65536
            assert sent < 64 * 1024 * 1024
            await asyncio.sleep(0)
        failed = lost.get_nowait()
        assert (str(failed), failed.retryable) == ("OpenAI does not read what it is sent.", True)
        assert socket._transport.underlying_transport.get_write_buffer_size() < 2 * ours.UNSENT_BYTES
        await socket._transport.wait_disconnected()
        released.set()

    against(answer, scenario)


def test_nobody_there_and_nobody_who_answers_are_told_with_the_host():
    async def scenario():
        writers = []
        silent = await asyncio.start_server(lambda _reader, writer: writers.append(writer), "127.0.0.1", 0)
        port = silent.sockets[0].getsockname()[1]
        with pytest.raises(LegFailed, match=r"Azure \(127.0.0.1\) did not answer within 0.05 s") as failed:
            await connect(f"ws://127.0.0.1:{port}/", {}, print, print, name="Azure", seconds=0.05)
        assert failed.value.retryable
        for writer in writers:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
        silent.close()
        with pytest.raises(LegFailed, match=r"Azure \(127.0.0.1\) cannot be reached") as failed:
            await connect(f"ws://127.0.0.1:{port}/", {}, print, print, name="Azure")
        assert failed.value.retryable

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("answer", "sentence", "retryable"),
    [
        (b"", "S (127.0.0.1) hung up at once.", True),
        (b"220 smtp ready\r\n\r\n", "S does not speak WebSocket here.", False),
        (b"HTTP/1.1 101 X\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: x\r\n\r\n", "S does not speak WebSocket here.", False),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi", "S refused the connection: 200 OK: hi.", False),
    ],
)  # fmt: skip
def test_a_server_of_another_kind_is_told_as_such(answer, sentence, retryable):
    async def serve_it(_reader, writer):
        writer.write(answer)
        await writer.drain()
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    async def scenario():
        async with await asyncio.start_server(serve_it, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            with pytest.raises(LegFailed) as failed:
                await connect(f"ws://127.0.0.1:{port}/", {}, print, print, name="S")
        assert (str(failed.value), failed.value.retryable) == (sentence, retryable)

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("key sk-proj-abc_DEF", "key …"),
        ("key hunter2 is wrong", "key … is wrong"),
        ("two\nlines", "two lines"),
        ("ask-me", "ask-me"),
        ("x" * 400, "x" * 300 + "…"),
    ],
)
def test_nothing_that_resembles_a_key_is_repeated(words, shown):
    assert without_keys(words, ("hunter2", "")) == shown
