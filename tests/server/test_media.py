"""Media sockets against real peers: websockets as the carrier, raw sockets as the ones that misbehave."""

import asyncio
import base64
import contextlib
import json
import os
import socket
import xml.etree.ElementTree as ET

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import Frame, Opcode
from websockets.sync.client import connect

from offhook.server.media import Limits
from tests.polling import wait_for
from tests.server.running import GREETING_MS, media_message, running, start_message

TONE = b"\x55" * 160


@pytest.fixture
def server():
    with running() as it:
        yield it


def stream_of(twiml: str):
    """The path and the token that a document sends Twilio to."""
    stream = ET.fromstring(twiml).find("Connect/Stream")
    return "/" + stream.get("url").split("/", 3)[3], stream.find("Parameter").get("value")


@contextlib.contextmanager
def media_socket(server, path, **extra):
    with connect(
        f"ws://127.0.0.1:{server.port}{path}",
        additional_headers=server.upgrade_headers(path),
        ping_interval=None,
        compression=None,
        proxy=None,
        **extra,
    ) as ws:
        yield ws


@contextlib.contextmanager
def a_stream(server, sid="CA1", **extra):
    """A media socket that carries a call and has not said anything yet; gives it with its token."""
    path, token = stream_of(server.call(sid).text)
    with media_socket(server, path, **extra) as ws:
        yield ws, token


def close_code(ws) -> int:
    with pytest.raises(ConnectionClosed):
        while True:
            ws.recv(timeout=5)
    return ws.protocol.close_code


def audio_until_mark(ws) -> bytes:
    audio = b""
    while True:
        message = json.loads(ws.recv(timeout=5))
        if message["event"] == "media":
            audio += base64.b64decode(message["media"]["payload"])
        elif audio and message["event"] == "mark":
            return audio


def test_one_port_answers_routes_and_carries_a_call(server):
    with a_stream(server) as (ws, token):
        ws.send('{"event":"connected","protocol":"Call","version":"1.0.0"}')
        ws.send(start_message(token=token))
        audio = audio_until_mark(ws)
        assert audio.endswith(b"\x55" * 8 * GREETING_MS)
        assert httpx.get(server.origin + "/healthz").json()["status"] == "ok"
        ws.send(media_message(TONE))
        ws.send('{"event":"stop","sequenceNumber":"3","streamSid":"MZ1","stop":{"accountSid":"AC1","callSid":"CA1"}}')
        assert close_code(ws) == 1000
    assert bytes(server.agents[0].heard) == TONE


def test_the_same_works_on_the_loop_of_asyncio():
    with running(run=asyncio.run) as server, a_stream(server) as (ws, token):
        ws.send(start_message(token=token))
        assert audio_until_mark(ws).endswith(b"\x55" * 8 * GREETING_MS)


def test_a_clear_can_overtake_audio_in_the_kernel(server):
    with a_stream(server):
        (protocol,) = [
            c for c in server.in_loop(lambda: list(server.server.server_state.connections)) if hasattr(c, "listener")
        ]
        raw = protocol.transport.underlying_transport.get_extra_info("socket")
        assert raw.getsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT) == 16 * 1024


def test_audio_goes_straight_to_the_kernel_whatever_its_size(server):
    with a_stream(server) as (ws, token):
        ws.send(start_message(token=token))
        audio_until_mark(ws)
        (protocol,) = [
            c for c in server.in_loop(lambda: list(server.server.server_state.connections)) if hasattr(c, "listener")
        ]
        out = protocol.listener.socket

        def send_and_count():
            out.send(b"x" * 11_000)
            return out.unsent()

        assert server.in_loop(send_and_count) == 0


def test_a_fragmented_message_is_put_together(server):
    with a_stream(server) as (ws, token):
        text = start_message(token=token)
        ws.send([text[:10], text[10:50], text[50:]])
        assert audio_until_mark(ws)


def test_a_control_frame_may_come_inside_a_fragmented_message(server):
    with a_stream(server) as (ws, token):
        text = start_message(token=token)

        def parts():
            yield text[:10]
            pong = ws.ping(b"still there?")
            assert pong.wait(5)
            yield text[10:]

        ws.send(parts())
        assert audio_until_mark(ws)


def test_a_frame_over_the_limit_closes_with_1009(server):
    with a_stream(server) as (ws, _):
        ws.send("x" * (2**20 + 1))
        assert close_code(ws) == 1009


def test_fragments_over_the_limit_close_with_1009(server):
    with a_stream(server) as (ws, _):
        with contextlib.suppress(ConnectionClosed):
            ws.send("x" * 300_000 for _ in range(5))
        assert close_code(ws) == 1009


def test_binary_messages_are_malformed_and_the_twentieth_ends_the_stream(server):
    with a_stream(server) as (ws, token):
        for _ in range(19):
            ws.send(b"\x00")
        ws.send(start_message(token=token))
        assert audio_until_mark(ws)
        send_frame(ws, Opcode.BINARY, b"\x00", fin=False)
        send_frame(ws, Opcode.CONT, b"\x00")
        assert close_code(ws) == 1008


def send_frame(ws, opcode, data, fin=True, bits=0):
    frame = bytearray(Frame(opcode, data).serialize(mask=True))
    frame[0] = (frame[0] | bits) & (0xFF if fin else 0x7F)
    ws.socket.sendall(frame)


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        ([(Opcode.CONT, b"x", True)], 1002),
        ([(Opcode.TEXT, b"x", False), (Opcode.TEXT, b"y", True)], 1002),
        ([(Opcode.BINARY, b"x", False), (Opcode.BINARY, b"y", True)], 1002),
        ([(Opcode.PING, b"x", False)], 1002),
    ],
)
def test_frames_out_of_order_close_the_socket(server, frames, code):
    with a_stream(server) as (ws, _):
        for frame in frames:
            send_frame(ws, *frame)
        assert close_code(ws) == code


@pytest.mark.parametrize(
    ("told", "code"),
    [
        (b"", 1000),
        (b"\x03\xe8", 1000),
        (b"\x0f\xa0bye", 4000),
        *((number.to_bytes(2), 1002) for number in (0, 999, 1005, 1006, 1015, 5000, 65535)),
        (b"\x03", 1002),
    ],
)
def test_a_close_code_that_may_be_sent_is_echoed(server, told, code):
    path, _ = stream_of(server.call().text)
    with raw_upgrade(server, path) as peer:
        got = b""
        while b"\r\n\r\n" not in got:
            got += peer.recv(1)
        peer.sendall(Frame(Opcode.CLOSE, told).serialize(mask=True))
        answer = peer.recv(100)
        assert answer[0] == 0x88 and answer[2:4] == code.to_bytes(2)  # perhaps with a reason behind it


def test_a_bit_of_an_extension_nobody_agreed_on_closes_the_socket(server):
    with a_stream(server) as (ws, _):
        send_frame(ws, Opcode.TEXT, b"x", bits=0x40)
        assert close_code(ws) == 1002


def test_deflate_is_not_agreed_on(server):
    path, _ = stream_of(server.call().text)
    headers = server.upgrade_headers(path)
    with connect(f"ws://127.0.0.1:{server.port}{path}", additional_headers=headers, proxy=None) as ws:
        assert ws.protocol.extensions == []


def test_a_socket_that_never_starts_is_closed():
    with running(media=Limits(start_seconds=0.1)) as server, a_stream(server) as (ws, _):
        assert close_code(ws) == 1008


def test_a_stream_that_started_in_time_is_left_open():
    with running(media=Limits(start_seconds=0.2)) as server, a_stream(server) as (ws, token):
        ws.send(start_message(token=token))
        audio_until_mark(ws)
        with pytest.raises(TimeoutError):
            while True:
                ws.recv(timeout=0.4)


def test_a_silent_socket_is_pinged_and_closed_when_it_does_not_answer():
    limits = Limits(ping_interval=0.1, ping_timeout=0.1)
    with running(media=limits) as server:
        path, _ = stream_of(server.call().text)
        peer = raw_upgrade(server, path)
        with peer:
            head = b""
            while b"\r\n\r\n" not in head:
                head += peer.recv(1)
            assert peer.recv(1) == b"\x89"  # a ping, which gets no answer
            while peer.recv(1000):
                pass


def test_pings_of_a_peer_that_does_not_read_do_not_pile_up(server):
    path, _ = stream_of(server.call().text)
    with raw_upgrade(server, path) as peer:
        peer.settimeout(0.5)
        ping = Frame(Opcode.PING, b"x" * 125).serialize(mask=True) * 1000
        with contextlib.suppress(TimeoutError):
            for _ in range(100):
                peer.sendall(ping)
        (protocol,) = [
            c for c in server.in_loop(lambda: list(server.server.server_state.connections)) if hasattr(c, "listener")
        ]
        assert server.in_loop(protocol.listener.socket.unsent) < 1000


def test_a_peer_that_stops_reading_does_not_hold_up_the_others(server):
    path, token = stream_of(server.call("CA1").text)
    with raw_upgrade(server, path, receive_buffer=4096) as stuck:
        stuck.sendall(Frame(Opcode.TEXT, start_message(token=token).encode()).serialize(mask=True))
        server.in_loop(lambda: server.agents[0].call.agent_audio("long", b"\x55" * 8 * 60_000))
        with a_stream(server, "CA2") as (ws, token):
            ws.send(start_message("CA2", token, stream="MZ2"))
            assert audio_until_mark(ws)


def test_a_lost_socket_is_told_to_the_call(server):
    with a_stream(server) as (ws, token):
        ws.send(start_message(token=token))
        audio_until_mark(ws)
        ws.socket.shutdown(socket.SHUT_RDWR)
    wait_for(lambda: server.in_loop(lambda: server.app.switchboard.by_sid("CA1").state) == "parked")


def test_media_sockets_say_1012_when_the_server_stops(server):
    path, _ = stream_of(server.call().text)
    with media_socket(server, path) as ws:
        server.server.stop()
        assert close_code(ws) == 1012


def test_a_failure_of_ours_costs_that_socket_alone(server, caplog):
    with a_stream(server) as (ws, token):
        ws.send(start_message(token=token))
        audio_until_mark(ws)

        def fail(_frame):
            raise RuntimeError("planted")

        server.in_loop(lambda: setattr(server.app.switchboard.by_sid("CA1"), "caller_audio", fail))
        ws.send(media_message(TONE))
        assert close_code(ws) == 1011
    assert "planted" in caplog.text
    assert httpx.get(server.origin + "/healthz").status_code == 200


def test_two_hundred_hostile_connections_leave_nothing_behind():
    with running(head_seconds=0.3, media=Limits(start_seconds=0.3)) as server:
        path, _ = stream_of(server.call().text)
        before = len(os.listdir("/proc/self/fd"))
        peers = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(200)]
        for number, peer in enumerate(peers):
            with contextlib.suppress(ConnectionError):
                match number % 5:
                    case 0:
                        pass  # says nothing
                    case 1:
                        peer.sendall(b"GET /ws/media/x HTTP/1.1\r\nHost: h\r\nX: ")
                    case 2:
                        peer.sendall(b"GET /ws/media/x HTTP/1.1\r\nHost: h\r\nX: " + b"a" * 50_000)
                    case 3:
                        peer.sendall(upgrade_head(server, path))  # never starts
                    case 4:
                        peer.sendall(upgrade_head(server, path) + b"\xff" * 5000)
        wait_for(lambda: len(os.listdir("/proc/self/fd")) <= before + 200, 10)
        wait_for(lambda: server.in_loop(lambda: len(server.server.server_state.connections)) == 0, 10)
        for peer in peers:
            peer.close()
        wait_for(lambda: len(os.listdir("/proc/self/fd")) <= before)


# ---------------------------------------------------------------- the hand-over


def upgrade_head(server, path, **changed) -> bytes:
    headers = {
        "Host": f"127.0.0.1:{server.port}",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "X-Twilio-Signature": server.upgrade_headers(path)["x-twilio-signature"],
    } | {name.replace("_", "-"): value for name, value in changed.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items() if value is not None)
    return f"GET {path} HTTP/1.1\r\n{lines}\r\n".encode("latin-1")


def raw_upgrade(server, path, receive_buffer=None) -> socket.socket:
    peer = socket.socket()
    if receive_buffer:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    peer.settimeout(5)
    peer.connect(("127.0.0.1", server.port))
    peer.sendall(upgrade_head(server, path))
    return peer


def answer_to(server, sent: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as peer:
        peer.sendall(sent)
        return peer.recv(2000)


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"Connection": "keep-alive, Upgrade"},
        {"Upgrade": "WebSocket"},
        {"X_Name": "caf\xe9"},
        {"X_Long": "a" * 12_000},
    ],
)
def test_any_head_in_order_is_answered_with_101(server, changed):
    path, _ = stream_of(server.call().text)
    answer = answer_to(server, upgrade_head(server, path, **changed))
    assert answer.startswith(b"HTTP/1.1 101 ")
    assert b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in answer  # RFC 6455, 1.3


def test_frames_in_the_same_segment_as_the_head_are_not_lost(server):
    path, token = stream_of(server.call().text)
    frame = Frame(Opcode.TEXT, start_message(token=token).encode()).serialize(mask=True)
    many = Frame(Opcode.TEXT, b"x" * 1000).serialize(mask=True) * 19  # more than picows' first buffer
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as peer:
        peer.sendall(upgrade_head(server, path) + many + frame)
        got = b""
        while b'"event":"media"' not in got:
            got += peer.recv(65536)


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"Sec_WebSocket_Key": "short"}, 400),
        ({"Sec_WebSocket_Key": None}, 400),
        ({"Sec_WebSocket_Version": "8"}, 426),
        ({"X_Twilio_Signature": "wrong"}, 403),
        ({"X_Twilio_Signature": None}, 403),
        ({"Origin": "https://evil.example"}, 403),
    ],
)
def test_a_bad_handshake_is_answered_and_closed(server, changed, status):
    path, _ = stream_of(server.call().text)
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as peer:
        peer.sendall(upgrade_head(server, path, **changed))
        answer = peer.recv(2000)
        assert answer.startswith(b"HTTP/1.1 %d " % status)
        assert peer.recv(1) == b""


def test_an_origin_of_our_own_is_let_in(server):
    path, _ = stream_of(server.call().text)
    answer = answer_to(server, upgrade_head(server, path, Origin=server.origin))
    assert answer.startswith(b"HTTP/1.1 101 ")


def test_an_upgrade_elsewhere_is_answered_by_the_app(server):
    with pytest.raises(InvalidStatus, match="403"):
        connect(f"ws://127.0.0.1:{server.port}/nowhere", proxy=None)
