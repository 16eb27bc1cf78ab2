"""`offhook sim model`: what it refuses, and that it serves with and without TLS."""

import importlib.util
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
from typing import Any

import pytest
from typer.testing import CliRunner
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from offhook.cli.sim import app
from offhook.cli.sim_model import _context
from offhook.errors import ConfigError

SPEECH = bool(importlib.util.find_spec("pocketsphinx") and importlib.util.find_spec("espeakng_loader"))
speaking = pytest.mark.skipif(not SPEECH, reason="the speech engines are not installed: pip install 'offhook[local]'")


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["model", *arguments])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--fault", "rain"], "There is no fault 'rain'"),
        (["--fault", "stall-ms"], "needs a whole number"),
        (["--trouble", "rain"], "A connection knows no trouble 'rain'"),
        (["--tls", "--trouble", "close=1011"], "Under TLS a proxy cannot speak"),
        (["--cert", "cert.pem"], "--cert and --key are needed together"),
        (["--cert", "missing.pem", "--key", "missing.pem"], "The certificate cannot be used"),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_sentence(arguments: list[str], sentence: str) -> None:
    result = run(*arguments)
    assert isinstance(result.exception, ConfigError) and sentence in str(result.exception)


def test_without_openssl_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(ConfigError, match="give --cert and --key"):
        _context(True, None, None)


@speaking
def test_a_port_that_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = run("--port", str(taken.getsockname()[1]))
    assert isinstance(result.exception, ConfigError) and "give another --port" in str(result.exception)


@speaking
def test_troubles_take_turns() -> None:
    command = [
        sys.executable,
        "-m",
        "offhook",
        "sim",
        "model",
        "--port",
        "0",
        "--trouble",
        "status=503",
        "--trouble",
        "none",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            address = re.search(r"ws://[\d.:]+/v1/realtime", process.stdout.readline())
            assert address
            url, headers = address[0] + "?model=gpt-realtime-2.1", {"Authorization": "Bearer x"}
            for _ in range(2):
                with pytest.raises(InvalidStatus, match="503"):
                    connect(url, additional_headers=headers, proxy=None)
                with connect(url, additional_headers=headers, proxy=None) as websocket:
                    assert '"session.created"' in str(websocket.recv())
        finally:
            process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0


@speaking
@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_it_serves_until_it_is_told_to_end(tls: bool) -> None:
    if tls and shutil.which("openssl") is None:
        pytest.skip("openssl is not on this machine, and makes the certificate")
    command = [sys.executable, "-m", "offhook", "sim", "model", "--port", "0", *(["--tls"] if tls else [])]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            address = re.search(r"wss?://[\d.:]+/v1/realtime", line)
            assert address, line
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            url, headers = address[0] + "?model=gpt-realtime-2.1", {"Authorization": "Bearer x"}
            with connect(url, additional_headers=headers, ssl=context if tls else None, proxy=None) as websocket:
                assert '"session.created"' in str(websocket.recv())
            assert "session 1 (ga)" in process.stdout.readline()
        finally:
            process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
