"""`offhook sim call`: what it refuses, whom it signs for, and what it says when there is no server."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from offhook.audio import wav
from offhook.cli.sim import _script, app
from offhook.errors import ConfigError
from offhook.sim.steps import BargeIn, Leave, Listen, Say

NOWHERE = "http://127.0.0.1:9/incoming-call"


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OFFHOOK_DATA", str(tmp_path / "data"))
    for name in ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["call", *arguments])


def test_without_a_server_it_says_how_to_start_one() -> None:
    result = run("--url", NOWHERE)
    assert result.exit_code == 1
    assert (
        result.stderr.splitlines()[-1] == f"No server answers at {NOWHERE}: start it with `make run` or `offhook demo`."
    )
    assert result.stdout == ""


def test_json_is_one_object_also_when_the_call_failed() -> None:
    result = run("--url", NOWHERE, "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["status"] == "failed"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--url", NOWHERE, "--say", "x", "--audio", "y.wav"], "either --say or --audio"),
        (["--url", NOWHERE, "--barge-in-at", "100"], "needs words"),
        (["--url", "tel:+15550100001"], "must be an http or https address"),
        (["--url", NOWHERE, "--account-sid", "AC1"], "needed together"),
        (["--url", NOWHERE, "--audio", "missing.wav"], "cannot be read as audio"),
        (["--url", NOWHERE, "--record", "no/such/folder.wav"], "there is no folder no/such"),
        (["--url", NOWHERE, "--record", "data"], "data cannot be written"),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_sentence(arguments: list[str], sentence: str) -> None:
    result = run(*arguments)
    assert isinstance(result.exception, ConfigError) and sentence in str(result.exception)


SCRIPT = "steps:\n  - pause: 1s\nexpect:\n  - streams: 1\n"


@pytest.mark.parametrize("option", ["say", "audio", "barge-in-at", "delay", "jitter", "from", "voice"])
def test_what_a_script_says_is_not_said_twice(own_folder: Path, option: str) -> None:
    (own_folder / "a.yaml").write_text(SCRIPT)
    more = ["--say", "x"] if option == "barge-in-at" else []
    result = run("--script", "a.yaml", f"--{option}", "1", *more)
    assert isinstance(result.exception, ConfigError) and "does not go with --script" in str(result.exception)


def test_a_script_without_a_server_fails_in_one_sentence(own_folder: Path) -> None:
    (own_folder / "a.yaml").write_text(SCRIPT)
    result = run("--script", "a.yaml", "--url", NOWHERE, "--record", "heard.wav", "--hang-up-after", "5")
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1].startswith(f"No server answers at {NOWHERE}")
    told = json.loads(run("--script", "a.yaml", "--url", NOWHERE, "--json").stdout)
    assert told["script"] == "a.yaml" and told["failed"] == [told["why"]]


def test_a_script_for_a_server_may_not_expect_what_only_the_agents_process_knows(own_folder: Path) -> None:
    (own_folder / "a.yaml").write_text("steps: [cough]\nexpect: [no_word_lost: true]")
    result = run("--script", "a.yaml", "--url", NOWHERE)
    assert isinstance(result.exception, ConfigError) and "agent's own process only" in str(result.exception)


def test_a_recording_is_kept(own_folder: Path) -> None:
    wav.write_wav(own_folder / "words.wav", b"\0\0" * 800, 8000)
    run("--url", NOWHERE, "--audio", "words.wav", "--record", "heard.wav")
    assert (own_folder / "heard.wav").read_bytes()[:4] == b"RIFF"


def test_each_turn_waits_for_the_agent_and_the_last_one_may_cut_in() -> None:
    turns = [(b"a", "one"), (b"b", "two")]
    assert _script(turns, None) == [Listen(), Say(b"a", "one"), Listen(), Say(b"b", "two"), Listen(), Leave()]
    assert _script(turns, 300.0) == [Listen(), Say(b"a", "one"), BargeIn(300.0, b"b", "two"), Listen(), Leave()]
    assert _script([], None) == [Listen(), Leave()]
