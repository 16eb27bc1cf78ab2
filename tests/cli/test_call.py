"""`offhook call` over sockets: a server, a carrier with telephones behind it, and the command, each as a user starts them."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

import offhook
from offhook.cli import main
from offhook.cli.call import Line
from offhook.errors import ConfigError

BOOK = """
numbers: ["+12025550100"]
callees:
  "+12025550123": {answers: 100ms, leaves: 2500ms}
  "+12025550124": busy
  "+12025550125": {answers: 20s}
  "+12025550126": {refused: 21211}
"""
AGENT = 'from offhook import Agent\nagent = Agent(model="echo", greeting="Hello {name}.")\n'


class Running:
    """The server and the carrier, as processes."""

    def __init__(self, folder: Path) -> None:
        (folder / "book.yaml").write_text(BOOK)
        (folder / "shop.py").write_text(AGENT)
        self.folder, self.processes = folder, []
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME")}
        self.environment = kept | {
            "PYTHONPATH": str(Path(offhook.__file__).parent.parent),
            "OFFHOOK_DATA": str(folder / "data"), "OFFHOOK_TOKEN": "t0ken", "TWILIO_PHONE_NUMBER": "+12025550100",
        }  # fmt: skip
        at = self.start(
            "sim", "carrier", "--book", "book.yaml", "--port", "0", "--calls-per-second", "0", says="http://"
        )
        self.environment["TWILIO_API_BASE_URL"] = at
        self.url = self.start("serve", "shop:agent", "--port", "0", says="answers at http://")
        self.environment["PORT"] = self.url.rpartition(":")[2]

    def start(self, *arguments: str, says: str) -> str:
        """Starts a program, and gives the address in the line that tells it."""
        process = self.run(*arguments)
        self.processes.append(process)
        assert process.stdout is not None
        for line in process.stdout:
            if says in line:
                return re.search(r"http://127\.0\.0\.1:[0-9]+", line)[0]  # type: ignore[index]
        raise AssertionError(f"{arguments} did not start")

    def run(self, *arguments: str) -> "subprocess.Popen[str]":
        """One `offhook …`."""
        return subprocess.Popen(
            [sys.executable, "-u", "-m", "offhook", *arguments], cwd=self.folder, env=self.environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def call(self, *arguments: str) -> tuple[int, list[str]]:
        """`offhook call …` to its end."""
        process = self.run("call", *arguments)
        said, _ = process.communicate(timeout=15)
        return process.returncode, [line.strip() for line in said.splitlines()]

    def close(self) -> None:
        for process in reversed(self.processes):
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.communicate(timeout=8)
            finally:
                process.kill()
                process.wait()


@pytest.fixture(scope="module")
def it(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = Running(tmp_path_factory.mktemp("call"))
    yield running
    running.close()


def test_a_call_is_made_heard_and_told_to_its_end(it: Running) -> None:
    code, said = it.call("+12025550123", "--var", "name=Ann")
    assert code == 0, said
    assert re.fullmatch(r"call [0-9a-f]{16} \(CA[0-9a-f]{32}\) is (queued|ringing|in-progress)", said[0])
    assert said[-1] == "completed: callee hung up" and "in progress" in said and "agent   (tone)" in said
    assert said.index("in progress") < said.index("agent   (tone)")


def test_what_did_not_come_about_is_told_with_an_exit_code(it: Running) -> None:
    code, said = it.call("+12025550124", "--var", "name=Ann")
    assert (code, said[-1]) == (1, "busy: the line was busy, or the call was declined")
    assert len(said) == 2


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["+12025550123"], 'The greeting of this agent needs the variable "name": give it with --var NAME=VALUE.'),
        (["911", "--var", "name=Ann"], "Emergency numbers are never dialled"),
        (["+12025550126", "--var", "name=Ann"], "Twilio does not take the number that was to be called"),
        (["+12025550123", "--var", "name"], "--var takes name=value"),
    ],
    ids=["variable", "emergency", "refused", "no value"],
)
def test_what_cannot_be_done_is_one_sentence(it: Running, arguments: list[str], sentence: str) -> None:
    code, said = it.call(*arguments)
    assert code == 2 and len(said) == 1 and sentence in said[0]


def test_who_is_put_through_is_told_once() -> None:
    line = Line("http://127.0.0.1:1", None, print)
    told = [
        line._shown({"type": "transfer", "to": "kitchen", "status": status}) for status in ("asked", "dialling", "busy")
    ]
    assert told == [None, "  transfer to kitchen: dialling", "  transfer to kitchen: busy"]


def test_ctrl_c_leaves_no_doubt_whether_the_call_goes_on(it: Running) -> None:
    process = it.run("call", "+12025550125", "--var", "name=Ann")
    assert process.stdout is not None
    first = process.stdout.readline()
    call_id = first.split()[1]
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=10)
    assert process.returncode == 130
    assert "hung up" in said or "the call goes on" in said
    headers = {"authorization": "Bearer t0ken"}
    answer = httpx.get(f"{it.url}/api/calls/{call_id}", headers=headers)
    until = time.monotonic() + 5
    while answer.status_code != 200 and time.monotonic() < until:
        answer = httpx.get(f"{it.url}/api/calls/{call_id}", headers=headers)
    assert (answer.json()["state"] == "ended") == ("hung up" in said)


def test_a_server_that_is_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main._app(["call"]), ["call", "+12025550123", "--url", "http://127.0.0.1:1"])
    assert isinstance(result.exception, ConfigError) and "No server answers at" in str(result.exception)


def test_what_is_said_cannot_move_the_terminal() -> None:
    shown = Line("http://h", None, print)._shown({"type": "transcript", "role": "user", "text": "a\x1b[2Jb\n"})
    assert shown == "  callee  a [2Jb "


def test_news_are_shown_once() -> None:
    line = Line("http://h", None, print)
    states = [("ringing", "connecting"), ("ringing", "ringing"), ("in-progress", "connected"), ("ending", "ending")]
    told = [line._shown({"type": "status", "status": status, "state": state}) for status, state in states]
    assert told == [None, "  ringing", "  in progress", "  hanging up"]
    assert Line("http://h", None, print)._shown({"type": "status", "status": "ending", "state": "ending"}) is None
    assert line._shown({"type": "answered_by", "by": "machine"}) == "  a machine answered"
    assert line._shown({"type": "answered_by", "by": "human"}) is None
