"""The end of a server: a real process and real signals; and the pins on what uvicorn's server is."""

import asyncio
import inspect
import re
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager

import httpx
import pytest
import uvicorn
import uvloop
from websockets.sync.client import connect

from offhook.errors import ConfigError
from offhook.journal.journal import Journal
from offhook.server.app import App, Options
from offhook.server.lifetime import Listening, serve
from offhook.store.store import Store
from tests.journal.keeping import found_at
from tests.polling import wait_for
from tests.server.running import ACCOUNT, KEY, Running, running, start_message
from tests.server.test_media import audio_until_mark, stream_of

PROCESS = """
import asyncio, sys, uvloop
from offhook.server.app import App, Options
from offhook.server.lifetime import Listening, serve
from tests.server.running import ACCOUNT, KEY, GreetingAgent

async def main():
    app = App(Options(account_sid=ACCOUNT, keys=[KEY]), lambda info: GreetingAgent())
    listening = Listening(port=0, drain_seconds=float(sys.argv[1]))
    await serve(app, listening, on_started=lambda port: print(port, flush=True))

uvloop.run(main())
"""


@contextmanager
def a_process(drain_seconds):
    """A server in a process of its own; gives what talks to it, and the process."""
    process = subprocess.Popen([sys.executable, "-c", PROCESS, str(drain_seconds)], stdout=subprocess.PIPE, text=True)
    try:
        it = Running()
        it.port = int(process.stdout.readline())
        yield it, process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@contextmanager
def a_call(server):
    path, token = stream_of(server.call("CA1").text)
    headers = server.upgrade_headers(path)
    with connect(f"ws://127.0.0.1:{server.port}{path}", additional_headers=headers, proxy=None) as ws:
        ws.send(start_message(token=token))
        audio_until_mark(ws)
        yield ws


def readiness(server) -> str:
    return httpx.get(server.origin + "/readyz").json()["status"]


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGINT])
def test_without_calls_a_signal_ends_the_server_at_once_and_in_order(sig):
    with a_process(30) as (_, process):
        process.send_signal(sig)
        assert process.wait(5) == 0


def test_with_a_call_a_signal_only_stops_admitting():
    with a_process(30) as (server, process), a_call(server) as ws:
        process.send_signal(signal.SIGTERM)
        wait_for(lambda: readiness(server) == "draining")
        assert "<Reject" in server.call("CA2").text
        path = "/twilio/next?call_id=nobody"
        assert "<Hangup" in server.post(path, {"CallSid": "CA9", "CallStatus": "completed"}).text
        ws.ping().wait(2)
        assert process.poll() is None
        server.post("/twilio/status", {"CallSid": "CA1", "CallStatus": "completed"})
        assert process.wait(5) == 0


def test_a_lost_stream_finds_its_call_while_the_server_drains():
    with a_process(30) as (server, process):
        with a_call(server) as ws:
            process.send_signal(signal.SIGTERM)
            wait_for(lambda: readiness(server) == "draining")
            call_id = re.search(r"/ws/media/(\w+)", server.call("CA1").text)[1]
            ws.socket.shutdown(socket.SHUT_RDWR)
        path, token = stream_of(
            server.post(f"/twilio/next?call_id={call_id}", {"CallSid": "CA1", "CallStatus": "in-progress"}).text
        )
        headers = server.upgrade_headers(path)
        with connect(f"ws://127.0.0.1:{server.port}{path}", additional_headers=headers, proxy=None) as ws:
            ws.send(start_message(token=token, stream="MZ2"))
            ws.ping().wait(2)
            assert process.poll() is None


def test_when_the_time_is_over_the_calls_are_ended():
    with a_process(0.2) as (server, process), a_call(server):
        process.send_signal(signal.SIGTERM)
        assert process.wait(8) == 0


def test_a_second_signal_ends_it_now():
    with a_process(30) as (server, process), a_call(server):
        process.send_signal(signal.SIGTERM)
        wait_for(lambda: readiness(server) == "draining")
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0


def test_a_port_in_use_is_told_in_one_sentence():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"Cannot listen on 127.0.0.1 port {port}"):
            serve_once(port)


def test_a_secret_in_the_place_of_the_host_is_not_repeated(caplog):
    token = "0123456789abcdef" * 2
    with pytest.raises(ConfigError, match="Cannot listen on ….invalid port 0") as refused:
        serve_once(0, host=f"{token}.invalid")
    assert token not in str(refused.value) + caplog.text


def serve_once(port, prepare=None, host="127.0.0.1"):
    async def main():
        app = App(Options(account_sid=ACCOUNT, keys=[KEY]), lambda _info: None)
        await serve(app, Listening(host, port), prepare=prepare)

    uvloop.run(main())


def test_agents_that_cannot_be_made_ready_end_the_server_with_their_error():
    async def prepare():
        raise ConfigError("Install THIS.")

    with pytest.raises(ConfigError, match="Install THIS"):
        serve_once(0, prepare)


def test_a_server_may_have_as_many_descriptors_as_the_system_allows():
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 512), hard))
    try:
        with running():
            assert resource.getrlimit(resource.RLIMIT_NOFILE) == (hard, hard)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_server_in_a_thread_stops_when_asked():
    with running() as server:
        pass
    assert not server.thread.is_alive()


def test_uvicorns_server_has_what_ours_leans_on():
    assert {"startup", "main_loop", "on_tick", "shutdown", "handle_exit"} <= set(vars(uvicorn.Server))
    assert "self.should_exit" in inspect.getsource(uvicorn.Server.on_tick)
    assert "self.servers = [server]" in inspect.getsource(uvicorn.Server.startup)
    code = inspect.getsource(uvicorn.Server.shutdown)
    assert "connection.shutdown()" in code and "self.config.timeout_graceful_shutdown" in code


def test_what_was_said_until_the_end_is_kept_and_a_journal_that_cannot_be_refuses_the_start(tmp_path):
    with running(journal=Journal(Store(f"sqlite:///{tmp_path}/calls.db"), tmp_path / "spool")) as server:
        server.call("CA7")
    [call] = asyncio.run(found_at(f"sqlite:///{tmp_path}/calls.db")).calls
    assert (call.sid, call.caller, call.called, call.state) == ("CA7", "anonymous", "sip:desk@h", "ended")
    assert call.reason == "the server shut down"

    async def refused():
        journal = Journal(Store(f"sqlite:///{tmp_path}/calls.db/below.db"), tmp_path / "spool")
        app = App(Options(account_sid=ACCOUNT, keys=[KEY]), lambda info: None, journal=journal)
        with pytest.raises(ConfigError, match="cannot be used"):
            await serve(app, Listening(port=0))

    asyncio.run(refused())
