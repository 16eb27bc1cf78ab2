import asyncio

import pytest
from websockets.asyncio.server import serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosedError, InvalidStatus
from websockets.frames import Close
from websockets.http11 import Response

from offhook import LegFailed
from offhook.parts.socket import failure, over_network


def refused(status, body=b""):
    return InvalidStatus(Response(status, "No", Headers(), body))


@pytest.mark.parametrize(
    ("error", "said", "retryable"),
    [
        (
            refused(401, b'{"err_msg": "bad key hush"}'),
            'X refused a connection: 401 No {"err_msg": "bad key …"}',
            False,
        ),
        (refused(403), "X refused a connection: 403 No", False),
        (refused(429), "X refused a connection: 429 No", True),
        (refused(500, b"x" * 999), "X refused a connection: 500 No " + "x" * 197, True),
        (ConnectionClosedError(Close(1007, "no such voice"), None), "X ended a connection: 1007 no such voice", False),
        (ConnectionClosedError(Close(1011, ""), None), "X ended a connection: 1011", True),
        (ConnectionClosedError(None, None), "X cannot be reached (ConnectionClosedError).", True),
        (TimeoutError(), "X cannot be reached (TimeoutError).", True),
        (KeyError("type"), "What X says cannot be read (KeyError).", True),
        (OSError("no route"), "X cannot be reached (OSError).", True),
    ],
    ids=["401", "403", "429", "500", "1007", "1011", "lost", "late", "garbled", "unreachable"],
)
def test_every_failure_is_one_sentence(error, said, retryable):
    failed = failure("X", error, "hush")
    assert (str(failed), failed.retryable) == (said, retryable)


def test_what_is_told_already_is_told_as_it_is():
    failed = LegFailed("It broke.", retryable=True)
    assert failure("X", failed) is failed is failure("X", failed, "hush")


def test_what_a_server_says_of_its_own_accord_has_no_secret_either():
    told = failure("X", LegFailed("X ended a session: 4001 no such key: hush-hush" + "x" * 999), "hush-hush")
    assert str(told).startswith("X ended a session: 4001 no such key: …x") and len(str(told)) == 400
    assert not told.retryable and failure("X", LegFailed("hush", retryable=True), "hush").retryable


def test_over_the_network_headers_and_both_kinds_of_messages_go():
    async def answer(socket):
        await socket.send(socket.request.headers["x-key"])
        await socket.send(await socket.recv())

    async def whole():
        async with serve(answer, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            socket = await over_network(f"ws://127.0.0.1:{port}/", {"x-key": "k"})
            await socket.send(b"audio")
            assert [await socket.recv(), await socket.recv()] == ["k", b"audio"]
            await socket.close()

    asyncio.run(whole())


def test_a_handshake_that_is_refused_tells_why():
    async def whole():
        async with serve(
            lambda _: None, "127.0.0.1", 0, process_request=lambda on, _: on.respond(401, "bad")
        ) as server:
            port = server.sockets[0].getsockname()[1]
            with pytest.raises(InvalidStatus) as refusal:
                await over_network(f"ws://127.0.0.1:{port}/", {})
            assert str(failure("X", refusal.value)) == "X refused a connection: 401 Unauthorized bad"

    asyncio.run(whole())
