"""`offhook doctor` as a user runs it: a real process; and how it looks."""

import json
import os
import subprocess
import sys
from io import StringIO

import pytest
from rich.console import Console

from offhook.cli.doctor import agents_of, next_step, show
from offhook.server.finding import missing, note, ok, wrong
from offhook.settings import Settings

FINDINGS = [
    ok("Python", "Python 3.11.7 on Linux x86_64."),
    note("PUBLIC_URL", "Not set: it is needed when Twilio is to call, such as https://voice.example.com."),
    missing(
        "agent", "There is nothing to answer calls with: set MODEL (MODEL=local needs no account), or name an agent."
    ),
    wrong("PORT", "PORT must be a port, 0 to 65535, not 'nine'."),
]


def shown(width: int) -> list[str]:
    console = Console(file=StringIO(), width=width, highlight=False)
    show(FINDINGS, None, console)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


@pytest.mark.parametrize("width", [80, 120])
def test_each_finding_begins_a_line_with_its_sign_and_none_is_too_long(width):
    lines = shown(width)
    assert all(len(line) <= width for line in lines)
    begun = [line for line in lines if line[:1] in "✓·○✗" and line[:1]]
    assert [line.split()[:3] for line in begun] == [
        ["✓", "ok", "Python"], ["·", "note", "PUBLIC_URL"], ["○", "missing", "agent"], ["✗", "wrong", "PORT"],
    ]  # fmt: skip
    assert lines[-2:] == ["1 ok, 1 note, 1 missing, 1 wrong.", "Next: mend PORT, then look again."]


def test_the_next_step_is_to_mend_to_choose_or_to_serve():
    assert next_step(FINDINGS, None) == "mend PORT, then look again."
    assert "demo needs nothing more" in next_step(FINDINGS[:3], None)
    assert "offhook[local]" in next_step([*FINDINGS[:3], missing("embedded engine", "Not installed.")], None)
    assert next_step(FINDINGS[:2], "shop:agent").endswith(" serve shop:agent")


@pytest.fixture
def doctor(tmp_path):
    def run(*arguments, **environment):
        mine = {name: value for name, value in os.environ.items() if name.lower() not in Settings.model_fields}
        mine |= {"OFFHOOK_DATA": str(tmp_path / "data"), "PORT": "0", "COLUMNS": "100"}
        return subprocess.run(
            [sys.executable, "-m", "offhook", "doctor", *arguments],
            check=False, cwd=tmp_path, env=mine | environment, capture_output=True, text=True, timeout=60,
        )  # fmt: skip

    return run


@pytest.mark.timeout(60)
def test_a_fresh_machine_is_well(doctor):
    done = doctor()
    assert (done.returncode, done.stderr) == (0, "")
    assert "Next: " in done.stdout
    assert "✗" not in done.stdout


@pytest.mark.timeout(60)
def test_what_is_configured_and_wrong_is_exit_code_1_and_no_secret_is_told(doctor, tmp_path):
    (tmp_path / "shop.py").write_text("import os\nfrom offhook import Agent\nagent = Agent(model='ech')\n")
    done = doctor("shop:agent", "--json", TWILIO_AUTH_TOKEN="do-not-tell", SILENCE_MS="0", TWILIO_AUTHTOKEN="nor-this")
    told = json.loads(done.stdout)
    assert (done.returncode, told["ok"], told["next"]) == (1, False, "mend SILENCE_MS, then look again.")
    states = {each["name"]: each["state"] for each in told["findings"]}
    assert states["SILENCE_MS"] == states["TWILIO_ACCOUNT_SID"] == states["shop:agent"] == "wrong"
    assert states["TWILIO_AUTHTOKEN"] == "note"
    assert "do-not-tell" not in done.stdout + done.stderr
    assert "nor-this" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("target", "models"),
    [
        ("shop_doctor:numbers", ["echo", "local"]), ("shop_doctor:choose", ["echo"]), ("shop_doctor:day", ["echo"]),
        (None, ["local"]),
    ],
)  # fmt: skip
def test_whatever_answers_is_told_with_all_its_models(tmp_path, monkeypatch, target, models):
    (tmp_path / "shop_doctor.py").write_text(
        "from offhook import Agent\nday = Agent(model='echo')\nnumbers = {'*': day, '+1555': Agent()}\n"
        "def choose(info): return day\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    agents = agents_of(target, Settings(_env_file=None, model="local"))
    assert [model for agent in agents for model in agent.models] == models


def test_a_secret_in_the_place_of_the_data_folder_is_not_in_the_next_step(monkeypatch, tmp_path):
    token = "0123456789abcdef" * 2
    monkeypatch.setenv("OFFHOOK_DATA", str(tmp_path / token))
    assert token not in next_step([ok("agent", "Loads.")], "shop:agent")
