"""A call over real sockets, against a small server of this test's own."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from twilio.request_validator import RequestValidator
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from offhook.sim.caller import Caller
from offhook.sim.carrier import CarrierCall
from offhook.sim.network import Link
from offhook.sim.orders import Faults, Finished, Setup
from offhook.sim.phone import place_call
from offhook.sim.signature import Account
from offhook.sim.steps import Leave, Say, Step, Wait

WORDS = b"\x20" * 8 * 200
JUDGE = RequestValidator("secret")


class Server:
    """Webhooks over HTTP, media over a WebSocket; everything is kept."""

    def __init__(self) -> None:
        self.documents: dict[str, str] = {}
        self.requests: list[tuple[str, str, str]] = []
        self.messages: list[dict[str, Any]] = []
        self.upgrades: list[tuple[str, bool]] = []
        self.close_after: int | None = None
        self.media_came = asyncio.Event()
        self.stream_over = asyncio.Event()
        self.web = ""
        self.media = ""

    async def http(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        headers = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if line)
        body = (await reader.readexactly(int(headers.get("content-length", 0)))).decode()
        path = head.split(" ")[1]
        self.requests.append((path, headers["host"], body))
        answer = f"<Response>{self.documents.get(path, '')}</Response>"
        status = "200 OK" if path in self.documents else "404 Not Found"
        fields = f"Content-Type: text/xml\r\nContent-Length: {len(answer)}\r\nConnection: close"
        writer.write(f"HTTP/1.1 {status}\r\n{fields}\r\n\r\n{answer}".encode())
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async def echo(self, websocket: ServerConnection) -> None:
        assert websocket.request is not None
        url = f"ws://{websocket.request.headers['Host']}{websocket.request.path}"
        signature = websocket.request.headers["x-twilio-signature"]
        self.upgrades.append((websocket.request.path, JUDGE.validate(url, {}, signature)))
        try:
            async for text in websocket:
                message = json.loads(text)
                self.messages.append(message)
                if message["event"] == "media":
                    self.media_came.set()
                    media = {"payload": message["media"]["payload"]}
                    told = {"event": "media", "streamSid": message["streamSid"], "media": media}
                    with suppress(ConnectionClosed):  # whoever has hung up may have more to read
                        await websocket.send(json.dumps(told))
                    if self.close_after == int(message["media"]["chunk"]):
                        return
        finally:
            self.stream_over.set()


@asynccontextmanager
async def serving() -> AsyncIterator[Server]:
    server = Server()
    async with (
        serve(server.echo, "127.0.0.1", 0) as media,
        await asyncio.start_server(server.http, "127.0.0.1", 0) as web,
    ):
        server.web = f"http://127.0.0.1:{web.sockets[0].getsockname()[1]}"
        server.media = f"ws://127.0.0.1:{next(iter(media.sockets)).getsockname()[1]}/media"
        stream = f'<Connect action="/next"><Stream url="{server.media}"/></Connect>'
        server.documents = {"/voice": stream, "/next": "<Hangup/>"}
        yield server


def serve_and(main: Callable[[Server], Coroutine[Any, Any, None]]) -> None:
    async def both() -> None:
        async with serving() as server:
            await main(server)

    asyncio.run(both())


def call_to(server: Server, *steps: Step, **values: Any) -> tuple[CarrierCall, Caller]:
    caller = Caller(steps)
    return CarrierCall(Setup(f"{server.web}/voice", Account("AC1", "secret"), **values), caller), caller


def test_an_echo_is_heard_and_the_hang_up_is_told() -> None:
    async def main(server: Server) -> None:
        call, caller = call_to(server, Say(WORDS), Wait(500), Leave())
        finished = await place_call(call)
        assert finished == Finished("completed", "the caller hung up")
        await server.stream_over.wait()
        assert [path for path, _, _ in server.requests] == ["/voice", "/next"]
        assert "CallStatus=completed" in server.requests[1][2]
        assert server.upgrades == [("/media", True)]
        assert [m["event"] for m in server.messages[:3]] == ["connected", "start", "media"]
        assert server.messages[-1]["event"] == "stop"
        heard = call.streams[0].playback.played_ms_of_values()[0x20]
        assert heard == 200 and caller.hearing.spans

    serve_and(main)


def test_frames_keep_real_time() -> None:
    async def main(server: Server) -> None:
        call, _ = call_to(server, hang_up_after_ms=1000)
        loop = asyncio.get_running_loop()
        began = loop.time()
        await place_call(call)
        took = (loop.time() - began) * 1000
        assert 1000 <= took
        opened = call.streams[0].opened_ms
        assert opened is not None
        assert call.streams[0].frames == int((1000 - opened) / 20)

    serve_and(main)


def test_delay_of_both_directions_is_heard() -> None:
    async def main(server: Server) -> None:
        call, caller = call_to(server, Say(WORDS), Wait(500), Leave())
        await place_call(call, Link(100), Link(150))
        said, heard = caller.report.spoken[0], caller.hearing.spans[0]
        assert heard.from_ms - said.from_ms >= 270

    serve_and(main)


def test_a_server_that_closes_is_asked_what_comes_next() -> None:
    async def main(server: Server) -> None:
        server.close_after = 5
        call, _ = call_to(server)
        finished = await place_call(call)
        assert finished.reason == "hung up by the TwiML"
        assert "CallStatus=in-progress" in server.requests[-1][2]

    serve_and(main)


def test_a_dropped_socket_ends_without_a_closing_handshake() -> None:
    async def main(server: Server) -> None:
        call, _ = call_to(server, faults=Faults(drop_stream_after_ms=(100,)))
        finished = await place_call(call)
        assert finished.status == "completed"
        await server.stream_over.wait()
        assert server.messages[-1]["event"] == "media"

    serve_and(main)


def test_no_server_fails_the_call_at_once() -> None:
    async def main() -> None:
        call = CarrierCall(Setup("http://127.0.0.1:9/voice", Account("AC1", "t")))
        finished = await place_call(call)
        assert finished.status == "failed"
        assert [entry["code"] for entry in call.log if entry["what"] == "warning"] == [11205]

    asyncio.run(main())


@pytest.mark.parametrize(("path", "code"), [("http", 31920), ("closed", 31902)])
def test_a_stream_that_does_not_come_up_has_its_code(path: str, code: int) -> None:
    async def main(server: Server) -> None:
        url = server.web.replace("http", "ws") + "/nothing" if path == "http" else "ws://127.0.0.1:9/media"
        server.documents["/voice"] = f'<Connect><Stream url="{url}"/></Connect>'
        call, _ = call_to(server)
        await place_call(call)
        assert [entry["code"] for entry in call.log if entry["what"] == "warning"] == [code]

    serve_and(main)


def test_an_upstream_is_reached_under_the_public_name() -> None:
    async def main(server: Server) -> None:
        server.documents["/voice"] = "<Hangup/>"
        setup = Setup("http://voice.example.com/voice", Account("AC1", "t"), upstreams=(server.web,))
        assert (await place_call(CarrierCall(setup))).status == "completed"
        assert server.requests[0][:2] == ("/voice", "voice.example.com")

    serve_and(main)


def test_a_call_can_be_hung_up_from_outside() -> None:
    async def main(server: Server) -> None:
        call, _ = call_to(server)
        assert (await place_call(call, hang_up=server.media_came)).reason == "the caller hung up"
        await server.stream_over.wait()
        assert server.messages[-1]["event"] == "stop"

    serve_and(main)


def test_a_caller_who_leaves_at_once_is_let_go() -> None:
    async def main(server: Server) -> None:
        call, _ = call_to(server, Leave())
        assert (await place_call(call)).reason == "the caller hung up"

    serve_and(main)
