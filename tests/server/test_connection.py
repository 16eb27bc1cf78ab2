"""Heads that are too large, too slow or broken, over raw sockets; and the pins on what uvicorn's protocol is."""

import inspect
import socket

import pytest
from starlette.responses import PlainTextResponse
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from offhook.server.connection import MESSAGE_BYTES, WAITING
from tests.polling import wait_for
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
        assert b'"status":"ok"' in peer.recv(2000)
        peer.sendall(GET + b"X: " + b"a" * 20_000 + b"\r\n" + CLOSE)
        assert until_closed(peer).startswith(b"HTTP/1.1 431 ")


def test_a_large_body_is_no_large_head(server):
    body = b"x" * 40_000
    post = b"POST /healthz HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n" % len(body)
    assert answer(server, post + CLOSE + body).startswith(b"HTTP/1.1 405 ")


def test_requests_behind_one_another_are_all_answered(server):
    got = answer(server, (GET + b"\r\n") * 3 + GET + CLOSE)
    assert got.count(b"HTTP/1.1 200 ") == 4


def test_too_many_requests_behind_one_another_close_the_connection(server):
    before = server.in_loop(lambda: server.server.server_state.total_requests)
    with connected(server) as peer:
        peer.sendall((GET + b"\r\n") * 5000)
        until_closed(peer)
    assert server.in_loop(lambda: server.server.server_state.total_requests) - before <= WAITING + 1


def test_a_refused_request_behind_an_unanswered_one_is_no_answer_to_that(server):
    assert b" 400 " not in answer(server, GET + b"\r\n" + b"\x16\x03\x01\x02\x00\x01\x00")


POST = b"POST /incoming-call HTTP/1.1\r\nHost: h\r\n"


def test_one_byte_chunks_count_as_what_they_cost(server):
    got = answer(server, POST + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n" * (MESSAGE_BYTES // 6 + 1))
    assert got.startswith(b"HTTP/1.1 413 ") and got.endswith(b"The request is too large.")
    assert b"connection: close" in got and got.count(b"HTTP/1.1 ") == 1


def test_a_request_that_was_not_read_whole_is_counted_anew_for_the_next(server):
    body = b"a=" + b"x" * 50_000
    post = POST + b"Content-Length: %d\r\n\r\n" % len(body) + body
    with connected(server) as peer:
        for _ in range(4):
            peer.sendall(post)
            assert peer.recv(65536).startswith(b"HTTP/1.1 403 ")


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"POST /nowhere HTTP/1.1\r\nHost: h\r\n", 404),
        (b"POST /healthz HTTP/1.1\r\nHost: h\r\n", 405),
        (b"POST /incoming-call HTTP/1.1\r\nHost: [\r\n", 400),
    ],
)
def test_the_rest_of_a_body_that_nobody_reads_is_not_waited_for(server, head, status):
    got = answer(server, head + b"Content-Length: 1000\r\n\r\n", b"x")
    assert got.startswith(b"HTTP/1.1 %d " % status) and b"connection: close" in got


@pytest.fixture(scope="module")
def impatient():
    with running(unread_seconds=0.2) as it:
        yield it


def open_connections(server) -> int:
    return server.in_loop(lambda: len(server.server.server_state.connections))


@pytest.mark.parametrize("last", [b"\r\n", CLOSE])
def test_a_peer_that_does_not_read_its_answer_is_let_go(impatient, last):
    async def large(_request):
        return PlainTextResponse("x" * 8_000_000)

    impatient.in_loop(lambda: impatient.app.asgi.add_route("/large", large))
    with socket.socket() as peer:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        peer.connect(("127.0.0.1", impatient.port))
        peer.sendall(b"GET /large HTTP/1.1\r\nHost: h\r\n" + last)
        wait_for(lambda: open_connections(impatient) == 1)
        wait_for(lambda: open_connections(impatient) == 0)


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
        assert b'"status":"ok"' in peer.recv(2000)
        peer.sendall(GET)
        assert until_closed(peer).startswith(b"HTTP/1.1 408 ")


def test_empty_lines_do_not_keep_a_connection_open(hurried):
    with connected(hurried) as peer:
        peer.sendall(GET + b"\r\n")
        assert b'"status":"ok"' in peer.recv(2000)
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


MEDIA = b"Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n"


def test_an_upgrade_is_asked_for_with_get(server):
    got = answer(server, b"POST /ws/media/x HTTP/1.1\r\nHost: h\r\n" + MEDIA)
    assert got.startswith(b"HTTP/1.1 405 ") and b"allow: GET" in got


def test_an_upgrade_to_no_host_is_refused(server):
    assert answer(server, b"GET /ws/media/x HTTP/1.1\r\nHost: [\r\n" + MEDIA).startswith(b"HTTP/1.1 400 ")


def test_a_failure_of_the_doors_costs_that_connection_alone(server, monkeypatch, caplog):
    def fail(_head):
        raise RuntimeError("planted")

    monkeypatch.setattr(server.app.door, "knock", fail)
    assert answer(server, GET + MEDIA).startswith(b"HTTP/1.1 500 ")
    assert "planted" in caplog.text
    assert answer(server, GET + CLOSE).startswith(b"HTTP/1.1 200 ")


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
        "on_message_complete",
        "on_response_complete",
        "pause_writing",
        "resume_writing",
    }
    used = {"handle_websocket_upgrade", "_should_upgrade", "_unset_keepalive_if_required"}
    assert own | used <= set(vars(HttpToolsProtocol))
    made = inspect.getsource(HttpToolsProtocol.__init__) + inspect.getsource(HttpToolsProtocol.on_message_begin)
    for name in (
        "parser",
        "url",
        "scope",
        "cycle",
        "connections",
        "access_log",
        "access_logger",
        "loop",
        "transport",
        "pipeline",
    ):
        assert f"self.{name}" in made
    cycle = inspect.getsource(RequestResponseCycle.__init__)
    for name in ("more_body", "response_started", "response_complete", "disconnected", "message_event"):
        assert f"self.{name}" in cycle


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
