"""`/api/doctor` on a real server."""

import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from offhook.server.finding import ok, wrong
from tests.server.running import running


@pytest.fixture(scope="module")
def doctor():
    """A server whose doctor tells what it was asked, and how many looked at once."""
    looking, most = [], []
    gate = threading.Lock()

    def look(online):
        with gate:
            looking.append(online)
            most.append(len(looking))
        found = [ok("Python", "It is there."), *([wrong("PUBLIC_URL", "Nobody answers.")] if online else [])]
        with gate:
            looking.pop()
        return found

    with running(operator_token="t0ken", look=look) as server:
        server.most = most
        yield server


def asked(server, query=""):
    return httpx.get(f"{server.origin}/api/doctor{query}", headers={"authorization": "Bearer t0ken"})


def test_the_findings_are_told_as_they_are(doctor):
    assert asked(doctor).json() == {
        "ok": True,
        "online": False,
        "findings": [{"name": "Python", "state": "ok", "sentence": "It is there."}],
    }


def test_what_leaves_the_machine_is_looked_at_only_if_that_is_asked(doctor):
    told = asked(doctor, "?online=true").json()
    assert (told["ok"], told["online"], told["findings"][1]["state"]) == (False, True, "wrong")


def test_one_look_at_a_time(doctor):
    with ThreadPoolExecutor(8) as pool:
        assert all(answer.status_code == 200 for answer in pool.map(lambda _: asked(doctor), range(8)))
    assert set(doctor.most) == {1}


def test_nobody_else_is_told(doctor):
    assert httpx.get(f"{doctor.origin}/api/doctor").status_code == 401
