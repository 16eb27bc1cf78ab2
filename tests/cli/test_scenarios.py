"""`offhook test`: runs scripts, says which hold, and refuses what cannot be run."""

import importlib.util
import json
import os
import re
import signal
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
import typer
from typer.testing import CliRunner

from offhook import Agent
from offhook.cli.agents import REACHING_MODELS, Loaded
from offhook.cli.scenarios import refuse_inside, remote_models, run_tests
from offhook.errors import ConfigError
from offhook.sim.script import parse
from offhook.sim.voicing import Voiced

needs_engines = pytest.mark.skipif(
    importlib.util.find_spec("pocketsphinx") is None or importlib.util.find_spec("espeakng_loader") is None,
    reason="offhook[local] is not installed",
)
ECHO = "from offhook import Agent\nechoes = Agent(model='echo')\n"
HOLDS = "name: A tone\nsteps:\n  - wait: greeting\n  - cough\nexpect:\n  - ended_by: caller\n  - streams: 1\n"
FAILS = "name: Nobody ends it\nsteps:\n  - wait: greeting\n  - wait: {end: 3s}\n"

app = typer.Typer()
app.command()(run_tests)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in REACHING_MODELS:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    Path("echo_agent.py").write_text(ECHO)
    Path("holds.yaml").write_text(HOLDS)
    Path("fails.yaml").write_text(FAILS)
    return tmp_path


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, list(arguments))


def test_each_script_is_a_line_and_the_last_line_counts() -> None:
    result = run("holds.yaml", "fails.yaml", "--agent", "echo_agent:echoes")
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert lines[:3] == [
        "ok      A tone",
        "FAILED  Nobody ends it",
        "        step 2: the agent did not hang up within 3s.",
    ]
    assert lines[3].startswith("1 of 2 scripts hold; ")


def test_if_all_hold_all_is_well() -> None:
    result = run("holds.yaml", "--agent", "echo_agent:echoes")
    assert result.exit_code == 0 and "1 of 1 scripts hold" in result.stdout


def test_json_is_one_object_for_each_script() -> None:
    result = run("holds.yaml", "holds.yaml", "--agent", "echo_agent:echoes", "--json")
    first, again = map(json.loads, result.stdout.splitlines())
    assert first == again and first["failed"] == [] and first["agent_turns"][0]["text"] == "(tone)"


@pytest.mark.soak
def test_a_model_behind_a_network_gets_its_credentials_and_its_time(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("PORT", "no port")  # other settings are not looked at
    Path("far_agent.py").write_text("from offhook import Agent\nfar = Agent(model='openai:m')\n")
    Path("lost.yaml").write_text("steps:\n  - wait: {end: 20s}\n")
    result = run("lost.yaml", "--agent", "far_agent:far")
    assert "In real time, since openai:m cannot be hurried" in result.stderr
    assert result.exit_code == 1 and "The agent was not heard" in result.stdout
    assert "cannot be reached" in caplog.text


def test_only_models_behind_a_network_need_real_time() -> None:
    far, near = Agent(model=["local", "gpt-realtime"]), Agent(model="echo")
    assert remote_models(Loaded({"+1": far, "*": near}, {})) == ["gpt-realtime"]
    assert remote_models(Loaded(near, {"far": far})) == [], "nobody calls it"
    assert remote_models(Loaded(lambda _call: near, {"far": far, "near": near})) == ["gpt-realtime"]
    assert "real time" not in run("holds.yaml", "--agent", "echo_agent:echoes").stderr


def test_a_model_without_its_key_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("far_agent.py").write_text("from offhook import Agent\nfar = Agent(model='openai:m')\n")
    result = run("holds.yaml", "--agent", "far_agent:far")
    assert isinstance(result.exception, ConfigError) and "set OPENAI_API_KEY" in str(result.exception)


@needs_engines
def test_without_an_agent_the_built_in_one_is_tested() -> None:
    Path("cafe.yaml").write_text("steps:\n  - wait: greeting\n  - hear: blue door\n")
    assert run("cafe.yaml").exit_code == 0


@needs_engines
def test_words_of_an_agent_with_another_voice_are_told_by_the_server() -> None:
    text = "agent voice: other\nsteps:\n  - wait: greeting\n  - hear: {words: WORDS, within: 2s}\n"
    Path("told.yaml").write_text(text.replace("WORDS", "tone"))
    Path("not.yaml").write_text(text.replace("WORDS", "bell"))
    result = run("told.yaml", "not.yaml", "--agent", "echo_agent:echoes")
    assert "ok      told.yaml" in result.stdout
    assert "step 2: expected “bell” within 2s; heard: “(tone)”." in result.stdout


def test_a_server_that_does_not_run_fails_every_script(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OFFHOOK_DATA", str(folder / "data"))
    result = run("holds.yaml", "--url", "http://127.0.0.1:9/incoming-call")
    assert result.exit_code == 1 and "No server answers at http://127.0.0.1:9/incoming-call" in result.stdout


class Ringing(BaseHTTPRequestHandler):
    """A server before which somebody presses Ctrl-C when it is called."""

    paths: ClassVar[list[str]] = []

    def do_POST(self) -> None:
        self.paths.append(self.path)
        if self.path == "/incoming-call":
            os.kill(os.getpid(), signal.SIGINT)
        answer = b"<Response><Pause length='60'/></Response>"
        self.send_response(200)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_words: object) -> None:
        """Nothing."""


def test_ctrl_c_ends_the_list_after_the_call_that_it_interrupts(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OFFHOOK_DATA", str(folder / "data"))
    Ringing.paths.clear()
    with HTTPServer(("127.0.0.1", 0), Ringing) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            result = run("holds.yaml", "holds.yaml", "--url", f"http://127.0.0.1:{server.server_port}/incoming-call")
        finally:
            server.shutdown()
            thread.join()
    assert result.exit_code == 130
    assert Ringing.paths.count("/incoming-call") == 1
    assert "0 of 1 scripts hold" in result.stdout


@pytest.mark.parametrize(("arguments", "sentence"), [
    (["holds.yaml", "--agent", "a:b", "--url", "http://x"], "either --agent"),
    (["missing.yaml"], r"missing.yaml cannot be read \(No such file or directory\)"),
    (["."], "cannot be read"),
    (["holds.yaml", "--agent", "echo_agent:other"], "has no Agent named other; the agents in it: echoes"),
])  # fmt: skip
def test_what_cannot_be_run_is_refused(arguments: list[str], sentence: str) -> None:
    result = run(*arguments)
    assert isinstance(result.exception, ConfigError)
    assert re.search(sentence, str(result.exception))


@pytest.mark.parametrize(("text", "sentence"), [
    ("steps: [cough]\nexpect: [no_word_lost: true]", "a.yaml: no_word_lost is known to the agent's own process only"),
    ("agent voice: other\nsteps: [hear: hello]", "a.yaml: with `agent voice: other` the caller cannot tell words by ear"),
])  # fmt: skip
def test_what_a_telephone_does_not_tell_is_refused_for_a_server(text: str, sentence: str) -> None:
    script = parse(text, "a.yaml")
    with pytest.raises(ConfigError, match=sentence):
        refuse_inside([Voiced(script, script.steps, b"", {"hello": []} if "hear" in text else {})])
    script = parse("steps: [cough]\nexpect: [gaps: 0]", "a.yaml")
    refuse_inside([Voiced(script, script.steps, b"", {})])
