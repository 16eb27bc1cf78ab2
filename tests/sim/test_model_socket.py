"""The service over real sockets, spoken to in plain JSON. The clients of others are in tests/test_model_clients.py."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from offhook.sim.model_orders import Faults, Setup
from offhook.sim.model_socket import SocketServer
from offhook.speech.base import Utterance
from tests.sim.model_talk import tone

BEARER = {"Authorization": "Bearer x"}
PATH = "/v1/realtime?model=gpt-realtime-2.1"


class Prompt:
    """Engines that answer at once."""

    def ear(self) -> "Prompt":
        return self

    async def hear(self, pcm16: bytes) -> str:
        return "hello"

    async def speak(self, text: str, speed: float) -> Utterance:
        return tone(text)

    def close(self) -> None:
        pass


@asynccontextmanager
async def serving(lines: list[str], **setup: Any) -> AsyncIterator[str]:
    service = SocketServer(Setup(**{"first_audio_ms": 0.0, "pace": 1000.0, **setup}), Prompt(), lines.append)
    async with service.listen("127.0.0.1", 0) as server:
        yield f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"


def dial(address: str, path: str = PATH, **headers: str) -> connect:
    return connect(address + path, additional_headers={**BEARER, **headers}, max_size=None, proxy=None)


async def until(websocket: ClientConnection, name: str) -> dict[str, Any]:
    while (event := json.loads(await websocket.recv()))["type"] != name:
        pass
    return event


def test_many_sessions_at_once_each_told_in_a_line() -> None:
    async def one(address: str) -> str:
        async with dial(address) as websocket:
            session = (await until(websocket, "session.created"))["session"]
            await websocket.send('{"type": "response.create"}')
            await until(websocket, "response.done")
            return session["id"]

    async def whole() -> None:
        lines: list[str] = []
        async with serving(lines) as address:
            ids = await asyncio.gather(*(one(address) for _ in range(20)))
        assert len(set(ids)) == 20 and len(lines) == 20
        assert all("(ga)" in line and "0 turns, 1 responses, 0 errors, closed 1000" in line for line in lines)

    asyncio.run(whole())


def test_a_refusal_is_json_and_told() -> None:
    async def whole() -> None:
        lines: list[str] = []
        async with serving(lines, faults=Faults(refuse=503)) as address:
            with pytest.raises(InvalidStatus) as caught:
                async with dial(address):
                    pass
        response = caught.value.response
        assert response.status_code == 503 and response.headers["Content-Type"] == "application/json"
        assert json.loads(response.body)["error"]["code"] == "service_unavailable"
        assert lines == ["refused /v1/realtime: 503"], "no query: it may hold a key"

    asyncio.run(whole())


@pytest.mark.parametrize("code", [1011, 1006])
def test_dropping_within_a_response(code: int) -> None:
    async def whole() -> None:
        faults = Faults(drop_ms=200, drop_code=code)
        async with serving([], faults=faults) as address, dial(address) as websocket:
            await websocket.send('{"type": "response.create"}')
            with pytest.raises(ConnectionClosed):
                await until(websocket, "response.done")
            assert websocket.close_code == code

    asyncio.run(whole())


def test_expiry_is_told_before_the_close() -> None:
    async def whole() -> None:
        async with serving([], lifetime_s=0.05) as address, dial(address) as websocket:
            assert (await until(websocket, "error"))["error"]["code"] == "session_expired"
            with pytest.raises(ConnectionClosed):
                await websocket.recv()
            assert websocket.close_code == 1001

    asyncio.run(whole())


def test_a_handshake_that_is_never_answered_and_a_session_that_never_speaks() -> None:
    async def whole() -> None:
        async with serving([], faults=Faults(no_upgrade=True)) as address:
            reader, writer = await asyncio.open_connection(*address.removeprefix("ws://").split(":"))
            request = f"GET {PATH} HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            key = "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
            writer.write((request + key).encode())
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await reader.read(1)
            writer.close()
        async with serving([], faults=Faults(half_open=True)) as address, dial(address) as websocket:
            await websocket.send('{"type": "response.create"}')
            await (await websocket.ping())
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await websocket.recv()

    asyncio.run(whole())


def test_the_largest_append_fits() -> None:
    async def whole() -> None:
        async with serving([]) as address, dial(address) as websocket:
            detection = {"type": "realtime", "audio": {"input": {"turn_detection": None}}}
            await websocket.send(json.dumps({"type": "session.update", "session": detection}))
            await until(websocket, "session.updated")
            await websocket.send(json.dumps({"type": "input_audio_buffer.append", "audio": "AAAA" * (5 * 1024 * 1024)}))
            await websocket.send('{"type": "input_audio_buffer.clear"}')
            assert (await until(websocket, "input_audio_buffer.cleared"))["event_id"]

    asyncio.run(whole())


def test_a_status_that_has_no_name() -> None:
    async def whole() -> None:
        async with serving([], faults=Faults(refuse=499)) as address:
            with pytest.raises(InvalidStatus) as caught:
                async with dial(address):
                    pass
            assert caught.value.response.status_code == 499

    asyncio.run(whole())
