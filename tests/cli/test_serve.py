"""`offhook demo` and `offhook serve`: what they refuse, and the demo as a real process."""

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from offhook.cli.compose import options
from offhook.cli.serve import NOT_IN_THE_DEMO, _account, run_serve
from offhook.errors import ConfigError
from offhook.phone.twilio.signature import Key
from offhook.settings import Settings

SID = "AC" + "a" * 32


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch, tmp_path):
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("OFFHOOK_DATA", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", sys.path[:])


def settings(monkeypatch, **environment) -> Settings:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return Settings.load()


# ---------------------------------------------------------------- whose calls


def test_twilios_credentials_are_used(monkeypatch):
    told = settings(
        monkeypatch,
        TWILIO_ACCOUNT_SID=SID,
        TWILIO_AUTH_TOKEN="one",
        TWILIO_AUTH_TOKEN_SECONDARY="two",
        TWILIO_SHARED_KEY="three",
    )
    assert _account(told) == (SID, [Key("one"), Key("two"), Key("three", "sha256")])


def test_half_of_the_credentials_is_refused(monkeypatch):
    with pytest.raises(ConfigError, match="TWILIO_AUTH_TOKEN is not set"):
        _account(settings(monkeypatch, TWILIO_ACCOUNT_SID=SID))


def test_an_auth_token_alone_is_refused(monkeypatch):
    with pytest.raises(ConfigError, match="TWILIO_ACCOUNT_SID is not set"):
        _account(settings(monkeypatch, TWILIO_AUTH_TOKEN="one"))


def test_without_credentials_loopback_takes_the_simulators_calls(monkeypatch, tmp_path):
    sid, (key,) = _account(settings(monkeypatch))
    assert json.loads((tmp_path / "data" / "simulator.json").read_text()) == {
        "account_sid": sid,
        "auth_token": key.secret,
    }


def test_without_credentials_nothing_else_is_listened_on(monkeypatch):
    with pytest.raises(ConfigError, match="TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN"):
        _account(settings(monkeypatch, HOST="0.0.0.0"))


def test_every_setting_reaches_the_server(monkeypatch):
    told = settings(
        monkeypatch, OFFHOOK_SECRET="s", OFFHOOK_TOKEN="t", PUBLIC_URL="https://h", LIMIT_CONCURRENCY="3", WS_MAX_SIZE="5000",
        WS_PING_INTERVAL="7", PLAYOUT_OFFSET_MS="12", SHOW_TIMING_MATH="1", ALLOW_OWN_TWIML="1", MAX_CALL_SECONDS="60",
    )  # fmt: skip
    made = options(told, SID, [Key("one")], try_it=None)
    assert (made.secret, made.operator_token, made.public_url, made.limit, made.demo) == (
        b"s",
        "t",
        "https://h",
        3,
        False,
    )
    assert (made.media.message_bytes, made.media.ping_interval, made.playout_offset_ms) == (5000, 7.0, 12.0)
    assert (made.show_timing_math, made.allow_own_twiml, made.max_call_seconds) == (True, True, 60.0)


# ---------------------------------------------------------------- the demo


@contextmanager
def a_demo(tmp_path, **environment):
    """The demo as a user starts it; gives its first lines and the process."""
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(
            [Path(sys.executable).with_name("offhook"), "demo", "--port", "0"],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=os.environ | environment,
        )
    try:
        yield [process.stdout.readline() for _ in range(6)], process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_the_demo_says_what_to_do_whatever_the_environment_holds(tmp_path):
    environment = {
        "TWILIO_ACCOUNT_SID": "nonsense", "TWILIO_AUTH_TOKEN": "hush", "HOST": "0.0.0.0", "MODEL": "nobody", "OFFHOOK_TOKEN": "t",
    }  # fmt: skip
    with a_demo(tmp_path, **environment) as (lines, process):
        url = lines[0].split()[-1]
        assert url.startswith("http://127.0.0.1:")
        assert f'offhook sim call --url {url}/incoming-call --say "what are your opening hours"' in lines[3]
        assert httpx.get(url).status_code == 200
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
    assert "hush" not in (tmp_path / "log").read_text()


def test_serve_refuses_in_one_sentence(tmp_path):
    offhook = Path(sys.executable).with_name("offhook")
    done = subprocess.run([offhook, "serve"], check=False, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("There is nothing to answer calls with") and done.stderr.count("\n") == 1


def test_what_the_demo_ignores_are_settings():
    assert set(NOT_IN_THE_DEMO) < set(Settings.model_fields)


def test_reloading_needs_a_file_to_watch():
    with pytest.raises(ConfigError, match="offhook serve shop:agent"):
        run_serve(None, host=None, port=None, reload=True)


def test_a_secret_in_the_place_of_the_host_is_not_repeated():
    token = "0123456789abcdef" * 2
    with pytest.raises(ConfigError, match="from a stranger at …") as refused:
        _account(Settings(_env_file=None, host=token))
    assert token not in str(refused.value)


# ---------------------------------------------------------------- tunnel

NGROK = '''
"""As far as ngrok's agent is used; there is no account to try the real one with."""
import pathlib

async def forward(port, authtoken):
    pathlib.Path("opened").write_text(f"{port} {authtoken}")
    return Listener()

class Listener:
    def url(self):
        return "https://mine.ngrok.app"

    async def close(self):
        pathlib.Path("closed").touch()
'''


def test_a_tunnel_is_open_while_the_server_runs(tmp_path):
    (tmp_path / "ngrok.py").write_text(NGROK)
    environment = {
        "PYTHONPATH": os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]), "NGROK_AUTHTOKEN": "t0ken",
        "TWILIO_ACCOUNT_SID": SID, "TWILIO_AUTH_TOKEN": "hush", "MODEL": "echo",
    }  # fmt: skip
    process = subprocess.Popen(
        [Path(sys.executable).with_name("offhook"), "serve", "--tunnel", "--port", "0"],
        stderr=subprocess.PIPE, text=True, env=os.environ | environment, cwd=tmp_path,
    )  # fmt: skip
    try:
        lines = []
        for line in process.stderr:
            lines.append(line)
            if "number attach" in line:
                break
        port = next(line for line in lines if line.startswith("offhook answers")).strip().rpartition(":")[2]
        assert "The number's voice webhook is POST https://mine.ngrok.app/incoming-call\n" in lines
        assert lines[-1].endswith("offhook number attach --public-url https://mine.ngrok.app\n")
        assert (tmp_path / "opened").read_text() == f"{port} t0ken" and not (tmp_path / "closed").exists()
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
        assert (tmp_path / "closed").exists()
    finally:
        process.kill()
        process.wait()
        process.stderr.close()
