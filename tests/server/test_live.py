"""The sockets of viewers, on a real server."""

import asyncio
import base64
import contextlib
import itertools
import json
import random
import socket as sockets
import threading

import httpx
import pytest
from websockets.asyncio.client import connect as connect_async
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from offhook.bus import MOST_WAITING
from offhook.core import events as e
from offhook.sim.carrier import CarrierCall
from offhook.sim.orders import Setup
from offhook.sim.phone import place_call
from offhook.sim.signature import Account
from tests.polling import wait_for
from tests.server.running import ACCOUNT, GREETING_MS, KEY, running

TOKEN = {"authorization": "Bearer t0ken"}


def watch(server, path, **options):
    url = "ws" + server.origin.removeprefix("http") + path
    return connect(url, additional_headers=options.pop("headers", TOKEN), proxy=None, **options)


def received(socket):
    """All that comes until the server closes, and the close code and reason."""
    messages = []
    try:
        while True:
            messages.append(json.loads(socket.recv(timeout=10)))
    except ConnectionClosed as closed:
        return messages, closed.rcvd.code, closed.rcvd.reason


def said(turn, text="hello"):
    return e.CallerTranscribed(text, f"t{turn}")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running(operator_token="t0ken", folder=tmp_path_factory.mktemp("kept")) as it:
        yield it


SIDS = map("CAx{}".format, itertools.count())


@pytest.fixture
def sid(server):
    sid = next(SIDS)
    server.call(sid)
    yield sid
    server.end(sid)
    wait_for(lambda: server.in_loop(lambda: server.app.switchboard.live) == 0)


@pytest.fixture
def call_id(server, sid):
    return server.call_id(sid)


def test_a_call_is_seen_from_its_beginning_to_its_end_as_it_happens(server):
    server.call("CA2")
    call_id = server.call_id("CA2")
    with watch(server, f"/ws/events/{call_id}") as viewer:
        first = [json.loads(viewer.recv(timeout=5)) for _ in range(3)]
        assert [event["type"] for event in first] == ["call", "status", "agent"]
        server.report(said(1), "CA2")
        assert json.loads(viewer.recv(timeout=5))["text"] == "hello"
        server.end("CA2")
        rest, code, reason = received(viewer)
    assert (rest[-1]["type"], rest[-1]["result"], code, reason) == ("ended", "unanswered", 1000, "The call is over.")
    with watch(server, f"/ws/events/{call_id}") as viewer:
        again, code, _ = received(viewer)
    assert [event["seq"] for event in again] == list(range(1, len(again) + 1)) and code == 1000
    with watch(server, f"/ws/events/{call_id}?after={len(again) - 1}") as viewer:
        assert received(viewer)[0] == [again[-1]]


def test_a_call_that_is_none_is_told_by_a_code_that_a_browser_sees(server):
    with watch(server, "/ws/events/nowhere") as viewer:
        assert received(viewer) == ([], 4404, "There is no such call.")


@pytest.mark.parametrize("after", ["-1", "x", "1e3", "", "²", "9" * 16])
def test_a_number_that_is_none_is_refused(server, after, call_id):
    with pytest.raises(InvalidStatus) as refused, watch(server, f"/ws/events/{call_id}?after={after}"):
        pass
    assert refused.value.response.status_code == 422


def test_the_pulse_comes_while_a_call_is_watched(server, sid, call_id):
    server.report(e.PhoneJoined(), sid)  # nobody's leg: the tape is silent
    with watch(server, f"/ws/events/{call_id}") as viewer:
        while (event := json.loads(viewer.recv(timeout=5)))["type"] != "pulse":
            pass
    assert event["agent_db"] == -90 and "seq" not in event


def test_all_calls_are_seen_where_they_stand_and_as_they_change(server, call_id):
    with watch(server, "/ws/events?pulse=1") as viewer:
        while (seen := json.loads(viewer.recv(timeout=5)))["call_id"] != call_id:
            pass  # one that has only just ended
        assert (seen["status"], seen["caller"]) == ("ringing", "anonymous")
        server.call("CA3")
        kinds = set()
        while "ended" not in kinds:
            event = json.loads(viewer.recv(timeout=5))
            kinds.add(event.get("state") or event["type"])
            if event["type"] == "status" and event["state"] == "connecting":
                server.end("CA3")
    assert {"connecting", "ended"} <= kinds


def test_what_a_viewer_says_is_nobodys_business(server, sid, call_id):
    with watch(server, f"/ws/events/{call_id}") as viewer:
        for _ in range(50):
            viewer.send("x" * 10_000)
            viewer.send(b"\x00")
        server.report(said(9), sid)
        while json.loads(viewer.recv(timeout=5))["type"] != "transcript":
            pass


def test_viewers_that_leave_are_forgotten(server, call_id):
    with contextlib.ExitStack() as stack:
        viewers = [stack.enter_context(watch(server, f"/ws/events/{call_id}")) for _ in range(10)]
        wait_for(lambda: server.in_loop(lambda: len(server.app.watching.bus._watches.get(call_id, ())) == 10))
        for viewer in viewers[::2]:
            viewer.socket.shutdown(sockets.SHUT_RDWR)
    wait_for(lambda: server.in_loop(lambda: not server.app.watching.bus._watches))


# ---------------------------------------------------------------- who may watch


@pytest.mark.parametrize("path", ["/ws/events", "/ws/events/x", "/ws/events/x?after=bad"])
@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer wrong"}, {"cookie": "offhook_session=9999999999.x"}])
def test_nobody_watches_without_the_operators_token(server, path, headers):
    with pytest.raises(InvalidStatus) as refused, watch(server, path, headers=headers):
        pass
    assert refused.value.response.status_code == 401
    assert json.loads(refused.value.response.body) == {"detail": "Give the operator's token."}


def test_a_browser_brings_its_session(server):
    given = httpx.post(server.origin + "/api/session", headers=TOKEN).headers["set-cookie"].partition(";")[0]
    with watch(server, "/ws/events", headers={"cookie": given, "origin": server.origin}):
        pass
    basic = "Basic " + base64.b64encode(b":t0ken").decode()
    with watch(server, "/ws/events", headers={"authorization": basic}):
        pass


def test_a_page_of_another_origin_watches_nothing_even_with_the_cookie(server):
    given = httpx.post(server.origin + "/api/session", headers=TOKEN).headers["set-cookie"].partition(";")[0]
    evil = {"headers": {"cookie": given}, "origin": "https://evil.example"}
    with pytest.raises(InvalidStatus) as refused, watch(server, "/ws/events", **evil):
        pass
    assert refused.value.response.status_code == 403


def test_the_demo_is_open_to_this_machine_and_to_nobody_else(tmp_path):
    with running(demo=True, folder=tmp_path) as demo:
        with watch(demo, "/ws/events", headers={}):
            pass
        for headers in ({"x-forwarded-for": "1.2.3.4"}, {"origin": "http://evil.example"}):
            with pytest.raises(InvalidStatus), watch(demo, "/ws/events", headers=headers):
                pass


# ---------------------------------------------------------------- slow ones, and restarts


def test_a_viewer_that_reads_nothing_is_cut_off(tmp_path):
    with running(operator_token="t0ken", folder=tmp_path, unread_seconds=0.3) as server:
        server.call("CA1")
        call_id = server.call_id()
        with sockets.socket() as raw:
            connected(raw, server).sendall(
                f"GET /ws/events/{call_id} HTTP/1.1\r\nhost: 127.0.0.1:{server.port}\r\nauthorization: Bearer t0ken\r\n"
                "upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\n"
                "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
            )
            wait_for(lambda: server.in_loop(lambda: server.app.watching.bus.watched(call_id)))
            for number in range(40):
                server.report(said(number, "x" * 250_000))
            wait_for(lambda: not server.in_loop(lambda: server.app.watching.bus.watched(call_id)), 10)
        server.end()


def connected(socket, server):
    """To the server, with room for very little."""
    socket.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
    socket.connect(("127.0.0.1", server.port))
    return socket


def test_a_viewer_that_is_too_slow_is_told_to_come_again(tmp_path):
    with running(operator_token="t0ken", folder=tmp_path) as server:
        server.call("CA1")
        call_id = server.call_id()
        with (
            sockets.socket() as small,
            watch(server, f"/ws/events/{call_id}", sock=connected(small, server), max_queue=1, max_size=None) as viewer,
        ):
            wait_for(lambda: server.in_loop(lambda: server.app.watching.bus.watched(call_id)))
            server.report(said(0, "x" * 8_000_000))  # more than any buffer between us
            wait_for(lambda: server.in_loop(lambda: server.app.journal._durable.is_set()))
            for number in range(MOST_WAITING + 50):
                server.report(said(number + 1))
            watches = server.app.watching.bus._watches
            wait_for(lambda: server.in_loop(lambda: all(watch.missed for watch in watches.get(call_id, ()))))
            messages, code, reason = received(viewer)
        last = max(event.get("seq", 0) for event in messages)
        assert (code, reason) == (1013, f"You are too slow. Come again with after={last}.")
        server.end()
        with watch(server, f"/ws/events/{call_id}?after={last}") as viewer:
            rest, code, _ = received(viewer)
        assert [event["seq"] for event in rest] == list(range(last + 1, last + 1 + len(rest)))
        assert len(rest) > MOST_WAITING and code == 1000


def test_a_viewer_that_comes_back_after_a_restart_goes_on_where_it_was(tmp_path):
    with running(operator_token="t0ken", folder=tmp_path) as server:
        server.call("CA1")
        call_id = server.call_id()
        for number in range(5):
            server.report(said(number))
        with watch(server, f"/ws/events/{call_id}") as viewer:
            seen = [json.loads(viewer.recv(timeout=5)) for _ in range(6)]
            stopped = threading.Thread(target=lambda: [server.server.stop(), server.thread.join(10)])
            stopped.start()
            rest, code, _ = received(viewer)
            stopped.join()
    last = ([*seen, *[event for event in rest if "seq" in event]])[-1]["seq"]
    with running(operator_token="t0ken", folder=tmp_path) as server:
        with watch(server, f"/ws/events/{call_id}?after={last}") as viewer:
            after, code, _ = received(viewer)
        with watch(server, f"/ws/events/{call_id}") as viewer:
            everything, _, _ = received(viewer)
    assert code == 1000
    assert [event["seq"] for event in after] == list(range(last + 1, len(everything) + 1))
    assert (everything[-1]["type"], everything[-1]["reason"]) == ("ended", "the server shut down")


def test_twenty_viewers_that_cut_and_reconnect_see_each_event_of_real_calls_once_and_in_order(tmp_path):
    rnd = random.Random(5)
    with running(operator_token="t0ken", folder=tmp_path) as server:
        sids = [f"CA{number}" for number in range(3)]
        ids = {}
        for sid in sids:
            server.call(sid)
            ids[sid] = server.call_id(sid)
        url = "ws" + server.origin.removeprefix("http") + "/ws/events/"

        async def view(call_id):
            seen, visits, over = [], 0, False
            while not over:
                visits += 1
                after, patience = (seen[-1] if seen else 0), rnd.choice((0.02, 0.1, 0.5, 30.0))
                try:
                    async with asyncio.timeout(patience):
                        async with connect_async(
                            f"{url}{call_id}?after={after}", additional_headers=TOKEN, proxy=None, close_timeout=0.1
                        ) as viewer:
                            async for text in viewer:
                                if seq := json.loads(text).get("seq"):
                                    seen.append(seq)  # noqa: PERF401  (it must be there if the next cut comes)
                            over = viewer.close_code == 1000
                except (TimeoutError, ConnectionClosed, OSError):
                    await asyncio.sleep(rnd.uniform(0.0, 0.1))
            return call_id, seen, visits

        async def talk():
            for number in range(150):
                for sid in sids:
                    for part in range(rnd.randrange(4)):
                        server.report(said(f"{number}.{part}"), sid)
                await asyncio.sleep(0.005)
            for sid in sids:
                await asyncio.to_thread(server.end, sid)

        async def everything():
            talking = asyncio.create_task(talk())
            seen = await asyncio.gather(*(view(ids[rnd.choice(sids)]) for _ in range(20)))
            await talking
            return seen

        found = asyncio.run(everything())
        whole = {}
        for call_id in ids.values():
            kept = httpx.get(f"{server.origin}/api/calls/{call_id}/export", headers=TOKEN).json()
            whole[call_id] = [event["seq"] for event in kept["events"]]
            assert whole[call_id] == list(range(1, len(whole[call_id]) + 1))
        for call_id, seen, _visits in found:
            assert seen == whole[call_id]
        assert sum(visits for _, _, visits in found) > 40


def test_a_call_over_a_real_line_is_seen_by_all_who_watch_it_as_it_is_kept(tmp_path):
    with running(operator_token="t0ken", folder=tmp_path) as server:
        setup = Setup(f"{server.origin}/incoming-call", Account(ACCOUNT, KEY.secret), hang_up_after_ms=1800.0)
        url = "ws" + server.origin.removeprefix("http")

        async def view(call_id):
            async with connect_async(f"{url}/ws/events/{call_id}", additional_headers=TOKEN, proxy=None) as viewer:
                return [json.loads(text) async for text in viewer]

        async def everything():
            async with connect_async(f"{url}/ws/events", additional_headers=TOKEN, proxy=None) as listing:
                calling = asyncio.create_task(place_call(CarrierCall(setup)))
                call_id = json.loads(await listing.recv())["call_id"]
                seen = await asyncio.gather(*(view(call_id) for _ in range(5)))
                await calling
            return call_id, seen

        call_id, seen = asyncio.run(everything())
        kept = httpx.get(f"{server.origin}/api/calls/{call_id}/export", headers=TOKEN).json()
    for events in seen:
        assert [event for event in events if "seq" in event] == kept["events"]
        pulses = [event for event in events if event["type"] == "pulse"]
        assert 2 <= len(pulses) <= 16 and any(pulse["agent_db"] > -60 for pulse in pulses)
    (turn,) = kept["turns"]
    assert (turn["role"], turn["generated_ms"]) == ("assistant", GREETING_MS)
    assert kept["result"] == "completed"
