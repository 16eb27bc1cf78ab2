import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from offhook.journal.journal import Journal
from offhook.journal.spool import left_behind
from offhook.store.store import Store
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


def test_a_database_that_is_away_is_told_and_changes_nothing(tmp_path):
    journal = Journal(Store("postgresql://nobody@127.0.0.1:1/none"), tmp_path)
    with running(journal=journal) as server:
        answer = httpx.get(server.origin + "/readyz")
        assert (answer.status_code, answer.json()) == (200, {"status": "ready", "degraded": "the database is away"})
        assert "<Stream" in server.call("CA1").text
    assert len(left_behind(tmp_path)) == 1


def test_with_its_database_nothing_is_degraded(tmp_path):
    with running(journal=Journal(Store(f"sqlite:///{tmp_path}/calls.db"), tmp_path)) as server:
        assert httpx.get(server.origin + "/readyz").json() == {"status": "ready"}
