"""`GET /api/calls/{id}/recording`."""

import asyncio
import base64

import httpx
import pytest

from offhook.core.keeping import Keeping
from offhook.phone.loopback import LoopbackLeg
from offhook.server.recordings import byte_range
from tests.server.running import GreetingAgent, running

TOKEN = {"authorization": "Bearer the operator"}
AUDIO = bytes(range(256)) * 1000


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("recordings")
    (folder / "call1.wav").write_bytes(AUDIO)
    (folder.parent / "secret.wav").write_bytes(b"secret")
    with running(recordings=folder, operator_token="the operator") as it:
        yield it


def get(server, path="/api/calls/call1/recording", method="GET", **headers):
    return httpx.request(method, server.origin + path, headers=TOKEN | headers)


def test_the_whole(server):
    answer = get(server)
    assert (answer.status_code, answer.content) == (200, AUDIO)
    assert answer.headers["content-type"] == "audio/wav"
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["content-disposition"] == 'inline; filename="call1.wav"'


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [("bytes=0-43", 0, 43), ("bytes=1000-", 1000, 255_999), ("bytes=-100", 255_900, 255_999), ("bytes=5-5", 5, 5),
     ("bytes=255999-999999999", 255_999, 255_999)],
)  # fmt: skip
def test_a_range(server, asked, first, last):
    answer = get(server, range=asked)
    assert (answer.status_code, answer.content) == (206, AUDIO[first : last + 1])
    assert answer.headers["content-range"] == f"bytes {first}-{last}/256000"


def test_a_range_behind_the_end_is_told_the_size(server):
    for asked in ("bytes=256000-", "bytes=-0"):
        answer = get(server, range=asked)
        assert (answer.status_code, answer.headers["content-range"]) == (416, "bytes */256000")


@pytest.mark.parametrize("asked", ["bytes=9-5", "bytes=-", "lines=1-2", "bytes=0-1,5-6", "bytes=a-b", "bytes 0-1"])
def test_what_is_no_range_is_answered_with_the_whole(server, asked):
    assert get(server, range=asked).status_code == 200


def test_head_tells_the_size_without_the_audio(server):
    answer = get(server, method="HEAD")
    assert (answer.status_code, answer.content, answer.headers["content-length"]) == (200, b"", "256000")


def test_only_the_operator_may_listen(server):
    url = f"{server.origin}/api/calls/call1/recording"
    for headers in ({}, {"authorization": "Bearer somebody"}):
        answer = httpx.get(url, headers=headers)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Basic realm="offhook"')
    basic = base64.b64encode(b"me:the operator").decode()
    assert httpx.get(url, headers={"authorization": f"Basic {basic}"}).status_code == 200


@pytest.mark.parametrize(
    "call_id", ["call2", "..%2Fsecret", "%2e%2e%2fsecret", "..%5Csecret", "call1.wav", "%00", "x" * 300]
)
def test_no_id_leads_elsewhere(server, call_id):
    answer = get(server, f"/api/calls/{call_id}/recording")
    assert answer.status_code == 404
    assert b"secret" not in answer.content


def test_there_is_no_route_where_nothing_is_recorded():
    with running(operator_token="the operator") as it:
        assert get(it).status_code == 404


def test_ranges_of_an_empty_file():
    assert byte_range("bytes=0-", 0) == (0, 0)
    assert byte_range("", 10) is None


class Recorded(GreetingAgent):
    keeping = Keeping(record=True)


def test_a_recording_is_linked_by_its_call_and_goes_with_it(tmp_path):
    folder = tmp_path / "recordings"
    with running(folder=tmp_path, recordings=folder, agent=Recorded, operator_token="the operator") as it:
        it.call("CA1")
        call_id = it.call_id()

        def speak():
            call = it.app.switchboard.by_sid("CA1")
            call.join(leg := LoopbackLeg())
            for _ in range(50):
                leg.say(b"\x80" * 160)

        it.in_loop(speak)
        path = f"/api/calls/{call_id}"
        assert get(it, path, "DELETE").status_code == 409
        it.end("CA1")

        async def written():
            await it.app.recordings._idle.wait()
            await it.app.journal.flush()

        asyncio.run_coroutine_threadsafe(written(), it.loop).result(5)
        told = get(it, path).json()["recording"]
        assert told == f"{path}/recording"
        assert get(it, told).content[:4] == b"RIFF"
        (event,) = [each for each in get(it, path + "/export").json()["events"] if each["type"] == "recording"]
        assert event["url"] == (folder / f"{call_id}.wav").as_uri()
        assert get(it, path, "DELETE").status_code == 204
        assert get(it, told).status_code == get(it, path).status_code == 404
        assert list(folder.iterdir()) == []
