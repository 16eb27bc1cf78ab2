"""Heads that are too large, too slow or broken, over raw sockets; and the pins on what uvicorn's protocol is."""

import inspect
import socket

import pytest
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from tests.server.running import running


@pytest.fixture(scope="module")
def server():
    with running() as it:
        yield it


@pytest.fixture(scope="module")
def hurried():
    with running(head_seconds=0.2) as it:
        yield it


def connected(server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=5)


def answer(server, *parts: bytes) -> bytes:
    with connected(server) as peer:
        for part in parts:
            peer.sendall(part)
        return until_closed(peer)


def until_closed(peer) -> bytes:
    got = b""
    try:
        while part := peer.recv(65536):
            got += part
    except ConnectionResetError:
        pass
    return got


GET = b"GET /healthz HTTP/1.1\r\nHost: h\r\n"
CLOSE = b"Connection: close\r\n\r\n"


def test_an_ordinary_request_is_answered(server):
    assert answer(server, GET + CLOSE).startswith(b"HTTP/1.1 200 ")


def test_a_head_of_15_kilobytes_is_taken(server):
    assert answer(server, GET + b"X: " + b"a" * 15_000 + b"\r\n" + CLOSE).startswith(b"HTTP/1.1 200 ")


def test_a_whole_head_of_20_kilobytes_is_refused(server):
    got = answer(server, GET + b"X: " + b"a" * 20_000 + b"\r\n" + CLOSE)
    assert got.startswith(b"HTTP/1.1 431 ")
    assert got.endswith(b"The request's head is too large.")


def test_many_small_headers_count_as_one_large_one(server):
    assert answer(server, GET + b"X: a\r\n" * 4000 + CLOSE).startswith(b"HTTP/1.1 431 ")


def test_a_long_url_counts(server):
    assert answer(server, b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: h\r\n" + CLOSE).startswith(b"HTTP/1.1 431 ")


def test_a_large_head_is_refused_before_it_is_whole(server):
    with connected(server) as peer:
        peer.sendall(GET + b"X: " + b"a" * 10_000)
        peer.sendall(b"a" * 10_000)
        assert until_closed(peer).startswith(b"HTTP/1.1 431 ")


def test_the_head_of_a_second_request_is_limited_too(server):
    with connected(server) as peer:
        peer.sendall(GET + b"\r\n")
        assert b'{"status":"ok"}' in peer.recv(2000)
        peer.sendall(GET + b"X: " + b"a" * 20_000 + b"\r\n" + CLOSE)
        assert until_closed(peer).startswith(b"HTTP/1.1 431 ")


def test_a_large_body_is_no_large_head(server):
    body = b"x" * 40_000
    post = b"POST /healthz HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n" % len(body)
    assert answer(server, post + CLOSE + body).startswith(b"HTTP/1.1 405 ")


def test_requests_behind_one_another_are_all_answered(server):
    got = answer(server, (GET + b"\r\n") * 3 + GET + CLOSE)
    assert got.count(b"HTTP/1.1 200 ") == 4


def test_half_a_head_is_answered_with_408(hurried):
    assert answer(hurried, GET).startswith(b"HTTP/1.1 408 ")


def test_a_connection_that_says_nothing_is_closed(hurried):
    assert answer(hurried).startswith(b"HTTP/1.1 408 ")


def test_a_head_that_trickles_in_has_the_same_deadline(hurried):
    with connected(hurried) as peer:
        peer.sendall(b"GET /")
        peer.settimeout(0.02)
        for _ in range(200):
            peer.sendall(b"a")
            try:
                got = peer.recv(1000)
                break
            except TimeoutError:
                pass
        assert got.startswith(b"HTTP/1.1 408 ")


def test_half_a_second_head_has_a_deadline_too(hurried):
    with connected(hurried) as peer:
        peer.sendall(GET + b"\r\n")
        assert b'{"status":"ok"}' in peer.recv(2000)
        peer.sendall(GET)
        assert until_closed(peer).startswith(b"HTTP/1.1 408 ")


def test_empty_lines_do_not_keep_a_connection_open(hurried):
    with connected(hurried) as peer:
        peer.sendall(GET + b"\r\n")
        assert b'{"status":"ok"}' in peer.recv(2000)
        peer.sendall(b"\r\n")
        assert until_closed(peer) == b""


@pytest.mark.parametrize(
    "sent", [b"\x16\x03\x01\x02\x00\x01\x00", b"GET / \xff\r\n\r\n", b"GET /\xc3\xa9 HTTP/1.1\r\nHost: h\r\n\r\n"]
)
def test_what_is_not_http_is_answered_with_400(server, sent):
    assert answer(server, sent).startswith(b"HTTP/1.1 400 ")


def test_an_upgrade_to_something_else_is_answered_as_if_none_was_asked(server):
    head = GET + b"Upgrade: h2c\r\nConnection: Upgrade, close\r\n\r\n"
    assert answer(server, head).startswith(b"HTTP/1.1 200 ")


def test_an_upgrade_behind_an_unanswered_request_closes_the_connection(server):
    upgrade = b"GET /ws/media/x HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
    assert b" 101 " not in answer(server, GET + b"\r\n" + upgrade)


def test_the_access_log_has_a_line_for_an_upgrade(server, caplog):
    caplog.set_level("INFO", "uvicorn.access")
    upgrade = b"GET /ws/media/x HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
    assert answer(server, upgrade).startswith(b"HTTP/1.1 403 ")
    assert [record.args[1:] for record in caplog.records if record.name == "uvicorn.access"] == [
        ("GET", "/ws/media/x", "1.1", 403)
    ]


def test_uvicorns_protocol_has_what_ours_leans_on():
    own = {
        "connection_made",
        "connection_lost",
        "data_received",
        "on_message_begin",
        "on_url",
        "on_header",
        "on_headers_complete",
    }
    used = {"handle_websocket_upgrade", "_should_upgrade", "_unset_keepalive_if_required"}
    assert own | used <= set(vars(HttpToolsProtocol))
    made = inspect.getsource(HttpToolsProtocol.__init__) + inspect.getsource(HttpToolsProtocol.on_message_begin)
    for name in ("parser", "url", "scope", "cycle", "connections", "access_log", "access_logger", "loop", "transport"):
        assert f"self.{name}" in made


def test_uvicorns_way_to_take_data_is_the_one_ours_was_made_from():
    # Ours replaces it whole: a change there may be one that belongs here too.
    code = inspect.getsource(HttpToolsProtocol.data_received)
    assert [line.strip() for line in code.splitlines() if "self." in line] == [
        "self._unset_keepalive_if_required()",
        "self.parser.feed_data(data)",
        "self.logger.warning(msg)",
        "self.send_400_response(msg)",
        "if self._should_upgrade():",
        "self.handle_websocket_upgrade()",
        "self._unsupported_upgrade_warning()",
    ]
