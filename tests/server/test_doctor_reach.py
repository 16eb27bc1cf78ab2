"""The doctor's look at ports and origins: real sockets on loopback, a real server."""

import socket
import threading
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from offhook.server import doctor_reach as reach
from offhook.server.finding import State
from offhook.settings import Settings
from tests.server.running import running


def settings(**told) -> Settings:
    return Settings(_env_file=None, **told)


@contextmanager
def stranger(status=200, **headers):
    """Another program's web server; gives its port."""

    class Stranger(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status)
            for name, value in {"Content-Length": "2", **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_arguments):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Stranger) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        try:
            yield server.server_port
        finally:
            server.shutdown()


@pytest.fixture
def free():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


# ---------------------------------------------------------------- the port


def test_a_free_port_is_well(free):
    assert reach.port(settings(port=free)).state is State.OK
    assert "is free" in reach.port(settings(port=free)).sentence
    assert reach.port(settings(port=0)).state is State.OK


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_a_port_that_offhook_serves_is_well(host):
    with running() as server:
        found = reach.port(settings(host=host, port=server.port))
    assert (found.state, "answers at" in found.sentence) == (State.OK, True)


def test_a_port_of_another_program_is_wrong():
    with stranger() as port:
        found = reach.port(settings(port=port))
    assert (found.state, "another program" in found.sentence) == (State.WRONG, True)


@pytest.mark.parametrize("host", ["192.0.2.1", "no such host"])
def test_an_address_that_is_not_this_machines_is_wrong(host):
    found = reach.port(settings(host=host))
    assert (found.name, found.state) == ("HOST", State.WRONG)


@pytest.mark.parametrize(
    ("host", "asked"),
    [
        ("0.0.0.0", "127.0.0.1"),
        ("::", "[::1]"),
        ("::1", "[::1]"),
        ("127.0.0.2", "127.0.0.2"),
        ("localhost", "localhost"),
    ],
)
def test_a_server_is_asked_where_it_listens(host, asked):
    assert reach._reachable(host) == asked


# ---------------------------------------------------------------- PUBLIC_URL


def looked(url, port=1, *, online=True):
    first, *clock = reach.public_url(settings(public_url=url, port=port), online=online)
    assert first.name == "PUBLIC_URL"
    return first, clock


def test_without_one_it_is_said_when_it_is_needed():
    (found,) = reach.public_url(settings(), online=True)
    assert (found.state, "when Twilio is to call" in found.sentence) == (State.NOTE, True)
    told = settings(twilio_account_sid="AC" + "1" * 32, twilio_auth_token="t")
    (found,) = reach.public_url(told, online=True)
    assert "origin of each request" in found.sentence


def test_it_must_be_https_but_on_this_machine():
    assert looked("http://voice.example.com", online=False)[0].state is State.WRONG
    assert looked("http://127.0.0.1:9", online=False)[0].state is State.OK
    found, clock = looked("https://voice.example.com", online=False)
    assert (found.state, "--online" in found.sentence, clock) == (State.OK, True, [])


def test_it_leads_to_this_server():
    with running() as server:
        found, (clock,) = looked(server.origin, server.port)
    assert (found.state, clock.state) == (State.OK, State.OK)


def test_it_leads_to_another_process_or_another_machine():
    with running() as server, running() as other:
        found, _ = looked(server.origin, other.port)
        assert (found.state, "another process" in found.sentence) == (State.NOTE, True)
        found, _ = looked(server.origin, 1)
        assert (found.state, "another machine" in found.sentence) == (State.NOTE, True)


def test_it_leads_to_a_stranger():
    with stranger(404) as port, running() as server:
        found, _ = looked(f"http://127.0.0.1:{port}", server.port)
        assert (found.state, "answers 404" in found.sentence) == (State.WRONG, True)
        found, _ = looked(f"http://127.0.0.1:{port}", 1)
        assert (found.state, "start the server" in found.sentence) == (State.MISSING, True)


def test_a_redirect_is_wrong():
    with stranger(301, Location="https://elsewhere.example.com/") as port:
        found, _ = looked(f"http://127.0.0.1:{port}")
    assert (found.state, "redirects" in found.sentence) == (State.WRONG, True)


def test_nothing_there_is_wrong(free):
    found, clock = looked(f"http://127.0.0.1:{free}")
    assert (found.state, "Nothing takes connections" in found.sentence, clock) == (State.WRONG, True, [])


def test_what_speaks_no_tls_is_wrong():
    with stranger() as port:
        found, _ = looked(f"https://127.0.0.1:{port}")
    assert found.state is State.WRONG


def test_a_name_that_nobody_knows_is_wrong(monkeypatch):
    def unknown(*_arguments):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(reach.socket, "getaddrinfo", unknown)
    found, _ = looked("https://voice.invalid")
    assert (found.state, "voice.invalid is not known" in found.sentence) == (State.WRONG, True)


# ---------------------------------------------------------------- the clock


@pytest.mark.parametrize(
    ("ahead_s", "state", "words"),
    [
        (0, State.OK, "agrees"), (-29, State.OK, "agrees"), (60, State.NOTE, "60 s ahead of"),
        (-60, State.NOTE, "60 s behind"), (120, State.WRONG, "120 s ahead of"), (-600, State.WRONG, "600 s behind"),
    ],
)  # fmt: skip
def test_clocks_that_differ_are_told(ahead_s, state, words):
    (found,) = reach.clock(formatdate(1_800_000_000, usegmt=True), 1_800_000_000.0 + ahead_s)
    assert (found.name, found.state, words in found.sentence) == ("clock", state, True)


@pytest.mark.parametrize("date", [None, "", "yesterday"])
def test_without_a_date_nothing_is_said_of_clocks(date):
    assert reach.clock(date) == []


def test_the_clock_of_an_answer_is_looked_at():
    with stranger(Date=formatdate(0, usegmt=True)) as port:
        _, clock = looked(f"http://127.0.0.1:{port}")
    assert [each.name for each in clock] == ["clock"]


# ---------------------------------------------------------------- what is not repeated

TOKEN = "0123456789abcdef" * 2


def test_a_secret_in_the_place_of_the_host_is_not_repeated():
    finding = reach.port(settings(host=f"{TOKEN}.invalid", port=8000))
    assert (finding.name, finding.state) == ("HOST", State.WRONG)
    assert TOKEN not in finding.sentence


@pytest.mark.parametrize("url", [f"http://{TOKEN}", f"https://{TOKEN}.example.com"])
def test_a_secret_in_the_place_of_the_public_url_is_not_repeated(url):
    (finding,) = reach.public_url(settings(public_url=url), online=False)
    assert TOKEN not in finding.sentence and "://…" in finding.sentence
