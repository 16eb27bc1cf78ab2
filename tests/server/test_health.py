import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.server.running import running


@pytest.fixture
def server():
    with running(limit=1) as it:
        yield it


def test_a_server_with_room_is_ready(server):
    answer = httpx.get(server.origin + "/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ready"})


def test_a_full_server_is_alive_but_not_ready(server):
    server.call("CA1")
    answer = httpx.get(server.origin + "/readyz")
    assert (answer.status_code, answer.json()) == (503, {"status": "full"})
    assert httpx.get(server.origin + "/healthz").status_code == 200


def test_a_draining_server_is_alive_but_not_ready(server):
    server.in_loop(lambda: setattr(server.app.switchboard, "draining", True))
    answer = httpx.get(server.origin + "/readyz")
    assert (answer.status_code, answer.json()) == (503, {"status": "draining"})
    assert httpx.get(server.origin + "/healthz").status_code == 200


def test_a_server_whose_agents_are_not_ready_says_so_and_lets_calls_wait():
    released = threading.Event()

    async def prepare():
        await asyncio.to_thread(released.wait, 5)

    with running(prepare=prepare) as server:
        answer = httpx.get(server.origin + "/readyz")
        assert (answer.status_code, answer.json()) == (503, {"status": "starting"})
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(server.call, "CA1")
            assert httpx.get(server.origin + "/healthz").status_code == 200
            assert not waiting.done()
            released.set()
            assert "<Connect" in waiting.result().text
        assert httpx.get(server.origin + "/readyz").status_code == 200
