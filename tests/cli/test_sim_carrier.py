"""`offhook sim carrier`: what it refuses, and that it serves."""

import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from offhook.cli.sim import app
from offhook.errors import ConfigError

SID = "AC" + "a" * 32


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["carrier", "--account-sid", SID, "--auth-token", "t", *arguments])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--fault", "rain"], "There is no fault 'rain'"),
        (["--callback", "ringing=never"], "lost, twice or so many"),
        (["--number", "me"], "“me” is no number"),
        (["--book", "missing.yaml"], "give a telephone book in YAML"),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_sentence(arguments: list[str], sentence: str) -> None:
    result = run(*arguments)
    assert isinstance(result.exception, ConfigError) and sentence in str(result.exception)


def test_a_port_that_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = run("--port", str(taken.getsockname()[1]))
    assert isinstance(result.exception, ConfigError) and "give another --port" in str(result.exception)


def test_it_serves_an_account_until_it_is_told_to_end(tmp_path: Path) -> None:
    (tmp_path / "book.yaml").write_text('numbers: ["+12025550100"]\ncallees:\n  other: busy\n')
    command = [
        sys.executable,
        "-m",
        "offhook",
        "sim",
        "carrier",
        "--port",
        "0",
        "--account-sid",
        SID,
        "--auth-token",
        "t",
    ]
    command += ["--book", str(tmp_path / "book.yaml"), "--fault", "too-many=1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            found = re.search(r"TWILIO_API_BASE_URL=(http://127\.0\.0\.1:\d+)", line)
            assert found and "+12025550100" in line, line
            calls = f"{found[1]}/2010-04-01/Accounts/{SID}/Calls.json"
            fields = {"To": "+12025550101", "From": "+12025550100", "Url": "http://127.0.0.1:9/x"}
            with httpx.Client(auth=(SID, "t"), trust_env=False) as client:
                assert client.post(calls, data=fields).status_code == 429
                made = client.post(calls, data=fields)
            assert made.status_code == 201
            line = process.stdout.readline()
            assert made.json()["sid"] in line and "busy: the number was busy" in line
        finally:
            process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
