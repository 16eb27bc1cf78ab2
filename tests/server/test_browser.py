"""The door of the browser's phone, on a real server: who may come in, what a page is told, how it comes back."""

import asyncio
import contextlib
import json
import threading

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import Frame, Opcode
from websockets.sync.client import connect

from offhook.audio.format import PCM16_24K
from offhook.core import events as e
from offhook.errors import NotOffered
from offhook.server.browser import Wanted, asked_for
from tests.polling import wait_for
from tests.server.running import GREETING_MS, GreetingAgent, running

TOKEN = {"authorization": "Bearer t0ken"}
FRAME = PCM16_24K.silence(20)


class Named:
    """Who can be asked for by name."""

    def __init__(self):
        self.asked = []

    async def ready(self, info, *, agent=None, backend=None):
        if agent == "nobody":
            raise NotOffered('There is no agent "nobody" here; there is cafe.')

    def open(self, info, *, agent=None, backend=None):
        self.asked.append((info.caller, info.called, agent, backend))
        return GreetingAgent()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running(operator_token="t0ken", folder=tmp_path_factory.mktemp("kept"), offer=Named()) as it:
        yield it


@contextlib.contextmanager
def page(server, query="", headers=TOKEN, **options):
    url = f"ws://127.0.0.1:{server.port}/web/ws{query}"
    with connect(url, additional_headers=headers, proxy=None, compression=None, max_size=None, **options) as socket:
        yield socket


def told(socket, kind=None):
    """The next text message, of a kind if it is asked for."""
    while True:
        message = socket.recv(timeout=10)
        if isinstance(message, str) and (kind is None or json.loads(message)["type"] == kind):
            return json.loads(message)


def closed(socket):
    with pytest.raises(ConnectionClosed) as over:
        while True:
            socket.recv(timeout=10)
    return over.value.rcvd.code, over.value.rcvd.reason


def hang_up(server, socket):
    socket.send('{"type":"hangup"}')
    with contextlib.suppress(ConnectionClosed):
        while True:
            socket.recv(timeout=10)
    wait_for(lambda: not server.app.switchboard.live)


@pytest.mark.parametrize("rate", [8000, 16000, 24000])
def test_a_page_hears_the_greeting_at_its_rate_and_is_heard(server, rate):
    with page(server, f"?rate={rate}") as socket:
        joined = told(socket)
        assert joined["type"] == "joined" and joined["rate"] == rate
        assert told(socket, "item") == {"type": "item", "item": "greeting", "ms": 0.0}
        audio = b""
        while len(audio) < GREETING_MS * rate // 500:
            message = socket.recv(timeout=10)
            audio += message if isinstance(message, bytes) else b""
        assert len(audio) == GREETING_MS * rate // 500
        socket.send(PCM16_24K.silence(20)[: rate // 25])
        call = server.app.switchboard.find(joined["call_id"])
        wait_for(lambda: len(call.agent.heard) == 160)
        assert (call.info.caller, call.info.direction) == ("browser", "inbound")
        hang_up(server, socket)


def test_a_page_is_told_what_happens_in_its_call_to_the_end(server):
    with page(server) as socket:
        joined = told(socket)
        told(socket, "item")
        socket.send('{"type":"dtmf","digit":"5"}')
        assert told(socket, "key")["digit"] == "5"
        socket.send('{"type":"heard","item":"greeting","ms":1000}')
        turn = told(socket, "transcript")
        assert turn["call_id"] == joined["call_id"] and turn["heard_ms"] == 1000.0
        server.in_loop(
            lambda: server.app.switchboard.find(joined["call_id"]).report(
                e.HangUpAsked(e.Reason.OPERATOR_HUNG_UP, at_once=True)
            )
        )
        ended = told(socket, "ended")
        assert ended["reason"] == "operator hung up"
        assert closed(socket) == (1000, "The call is over.")


def test_who_closes_the_page_hangs_up(server):
    with page(server) as socket:
        told(socket)
    wait_for(lambda: not server.app.switchboard.live)


def test_a_page_that_is_cut_off_comes_back_to_its_call(server):
    with page(server) as socket:
        joined = told(socket)
        told(socket, "item")
        socket.send('{"type":"heard","item":"greeting","ms":1000}')
        seq = told(socket, "transcript")["seq"]
        socket.socket.shutdown(2)
        call = server.app.switchboard.find(joined["call_id"])
        wait_for(lambda: call.state == "parked")
    with page(server, f"?call_id={joined['call_id']}") as socket:
        socket.send(json.dumps({"type": "resume", "token": joined["token"], "after": seq}))
        again = told(socket)
        assert again["type"] == "joined" and again["call_id"] == joined["call_id"] and again["token"] != joined["token"]
        assert told(socket)["seq"] > seq, "only what the page has not seen"
        assert call.state == "connected"
        with page(server, f"?call_id={joined['call_id']}") as thief:
            thief.send(json.dumps({"type": "resume", "token": joined["token"]}))
            assert closed(thief)[0] == 4403, "a token serves once"
        hang_up(server, socket)


def test_a_page_that_comes_back_before_its_loss_is_noticed_takes_the_call_over(server):
    with page(server) as first:
        joined = told(first)
        told(first, "item")
        first.send(FRAME)
        with page(server, f"?call_id={joined['call_id']}") as second:
            second.send(
                json.dumps({"type": "resume", "token": joined["token"], "after": 0, "item": "greeting", "ms": 612})
            )
            told(second, "joined")
            assert told(second, "transcript")["heard_ms"] == 612.0
            assert closed(first)[0] == 1001
            hang_up(server, second)


def test_a_call_that_is_over_cannot_be_come_back_to(server):
    with page(server, "?call_id=deadbeef") as socket:
        socket.send('{"type":"resume","token":"x"}')
        assert closed(socket) == (4404, "The call is over.")


def test_the_call_of_a_telephone_is_none_of_a_pages(server):
    server.call("CA9")
    with page(server, f"?call_id={server.call_id('CA9')}") as socket:
        socket.send('{"type":"resume","token":"x"}')
        assert closed(socket)[0] == 4404
    server.end("CA9")


@pytest.mark.parametrize("token", ["x", "0.1.x", "1." + "9" * 12 + ".x", "é"])
def test_a_token_that_is_none_is_refused(server, token):
    with page(server) as socket:
        call_id = told(socket)["call_id"]
        with page(server, f"?call_id={call_id}") as thief:
            thief.send(json.dumps({"type": "resume", "token": token}))
            assert closed(thief)[0] == 4403
        hang_up(server, socket)


def test_a_page_comes_back_at_the_rate_of_its_call(server):
    with page(server) as socket:
        joined = told(socket)
        with page(server, f"?rate=8000&call_id={joined['call_id']}") as other:
            other.send(json.dumps({"type": "resume", "token": joined["token"]}))
            assert closed(other)[0] == 4403
        hang_up(server, socket)


def test_agents_and_backends_are_asked_for_by_name(server):
    with page(server, "?agent=cafe&backend=local") as socket:
        told(socket)
        hang_up(server, socket)
    with page(server, "?agent=nobody") as socket:
        assert closed(socket) == (4404, 'There is no agent "nobody" here; there is cafe.')


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("?rate=44100", "`rate` must be 8000, 16000 or 24000."),
        ("?rate=8000&rate=8000", "The query takes rate, agent, backend and call_id, once each."),
        ("?token=x", "The query takes rate, agent, backend and call_id, once each."),
        ("?agent=" + "x" * 300, "A name has at most 200 characters."),
        ("?" + "&".join(f"a{n}=1" for n in range(50)), "The query cannot be read."),
        ("?agent=%ff", "The query cannot be read."),
    ],
)
def test_what_is_wrong_with_the_query_is_told_by_the_close(server, query, sentence):
    with page(server, query) as socket:
        assert closed(socket) == (4400, sentence)


def test_defaults():
    assert asked_for("/web/ws") == Wanted(PCM16_24K) == asked_for("/web/ws?rate=&agent=")


@pytest.mark.parametrize(
    ("headers", "status"),
    [({}, 401), ({"authorization": "Bearer wrong"}, 401), (TOKEN | {"origin": "https://evil.example"}, 403)],
)
def test_only_the_operators_own_page_is_let_in(server, headers, status):
    with pytest.raises(InvalidStatus, match=str(status)), page(server, headers=headers):
        pass


def test_the_cookie_of_a_session_is_enough(server):
    import httpx

    given = httpx.post(server.origin + "/api/session", headers=TOKEN).headers["set-cookie"].partition(";")[0]
    with page(server, headers={"cookie": given, "origin": server.origin}) as socket:
        told(socket)
        hang_up(server, socket)


def test_the_demo_takes_no_page_from_elsewhere():
    with running(demo=True) as server:
        with pytest.raises(InvalidStatus, match="403"), page(server, headers={"origin": "https://evil.example"}):
            pass
        with pytest.raises(InvalidStatus, match="403"), page(server, headers={"x-forwarded-for": "192.0.2.1"}):
            pass
        with page(server, headers={"origin": server.origin}) as socket:
            told(socket)
            hang_up(server, socket)
        with page(server, "?agent=cafe", headers={}) as socket:
            assert closed(socket) == (4404, "Nobody can be asked for by name here.")


def test_other_paths_are_none_of_its():
    with running(demo=True) as server:
        for path in ("/web", "/web/ws/x"):
            url = f"ws://127.0.0.1:{server.port}{path}"
            with pytest.raises(InvalidStatus, match="40[34]"), connect(url, proxy=None):
                pass


def test_a_full_server_says_so():
    with running(demo=True, limit=1) as server, page(server, headers={}) as first:
        told(first)
        with page(server, headers={}) as second:
            assert closed(second) == (1013, "No call can be taken now: the limit of 1 calls is reached.")


def test_a_page_waits_for_the_agent_that_gets_ready():
    go = threading.Event()

    async def prepare():
        while not go.is_set():
            await asyncio.sleep(0.01)

    with running(demo=True, prepare=prepare) as server, page(server, headers={}) as socket:
        with pytest.raises(TimeoutError):
            socket.recv(timeout=0.2)
        assert not server.app.switchboard.live
        go.set()
        assert told(socket)["type"] == "joined"
        hang_up(server, socket)


def test_a_page_that_leaves_meanwhile_starts_no_call():
    go = threading.Event()

    async def prepare():
        while not go.is_set():
            await asyncio.sleep(0.01)

    with running(demo=True, prepare=prepare) as server:
        with page(server, headers={}):
            pass
        go.set()
        wait_for(lambda: server.app.ready.is_set())
        assert not server.agents


def test_an_agent_that_cannot_be_made_costs_that_page_only():
    def fail():
        raise RuntimeError("a bug")

    with running(demo=True, agent=fail) as server, page(server, headers={}) as socket:
        assert closed(socket) == (1011, "Something went wrong on our side.")


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        ([b"x" * 70_000], 1009),
        ([bytes(48_000)] * 12, 1008),
        (["x" * 5000] * 25, 4400),
        (['{"type":"heard","item":"a","ms":1}'] * 300, 1008),
    ],
)
def test_hostile_sizes_and_rates_end_the_stream(messages, code):
    with running(demo=True) as server, page(server, headers={}) as socket:
        told(socket)
        with contextlib.suppress(ConnectionClosed):
            for message in messages:
                socket.send(message)
        got, reason = closed(socket)
        assert got == code
        assert reason or code == 1009


def test_audio_in_fragments_is_put_together():
    with running(demo=True) as server, page(server, headers={}) as socket:
        call = server.app.switchboard.find(told(socket)["call_id"])
        for opcode, data, fin in ((Opcode.BINARY, FRAME[:100], False), (Opcode.CONT, FRAME[100:], True)):
            raw = bytearray(Frame(opcode, data).serialize(mask=True))
            raw[0] &= 0xFF if fin else 0x7F
            socket.socket.sendall(raw)
        wait_for(lambda: len(call.agent.heard) == 160)
        hang_up(server, socket)
