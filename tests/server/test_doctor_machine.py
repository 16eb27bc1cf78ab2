import os
import resource
import sys
from pathlib import Path

import pytest

from offhook.server import doctor_machine as machine
from offhook.server.finding import State
from offhook.server.simulator_account import simulator_account
from offhook.settings import Settings


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch, tmp_path):
    for name in os.environ:
        if name.lower() in Settings.model_fields:
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_this_python_will_do_and_an_old_one_will_not():
    assert machine.python().state is State.OK
    assert machine.python((3, 10)).state is State.WRONG
    assert "3.11 or newer" in machine.python((3, 10)).sentence


# ---------------------------------------------------------------- settings


def test_without_a_file_the_environment_is_enough(tmp_path):
    settings, (finding,) = machine.settings(tmp_path)
    assert (finding.name, finding.state, settings.port) == (".env", State.NOTE, 8000)


def test_a_file_is_read_and_its_settings_counted(tmp_path):
    (tmp_path / ".env").write_text("PORT=8001\nMODEL=local\nSOMETHING=else\n")
    settings, (finding,) = machine.settings(tmp_path)
    assert (finding.state, settings.port) == (State.OK, 8001)
    assert finding.sentence.startswith("2 settings read from")


def test_every_bad_value_is_told_and_the_good_ones_hold(tmp_path):
    (tmp_path / ".env").write_text("PORT=nine\nSILENCE_MS=1\nMODEL=local\nTWILIO_ACCOUNT_SID=the-secret-by-mistake\n")
    settings, (file, *bad) = machine.settings(tmp_path)
    assert file.state is State.OK
    assert {(each.name, each.state) for each in bad} == {
        ("PORT", State.WRONG), ("SILENCE_MS", State.WRONG), ("TWILIO_ACCOUNT_SID", State.WRONG),
    }  # fmt: skip
    assert "PORT must be a port, 0 to 65535, not 'nine'." in {each.sentence for each in bad}
    assert "by-mistake" not in str(bad)
    assert (settings.port, settings.model) == (8000, "local")


def test_a_file_that_cannot_be_read_is_told_and_the_environment_still_counts(tmp_path, monkeypatch):
    (tmp_path / ".env").write_bytes(b"GREETING=\xff\xfe\n")
    monkeypatch.setenv("PORT", "8002")
    settings, (finding,) = machine.settings(tmp_path)
    assert (finding.name, finding.state, settings.port) == (".env", State.WRONG, 8002)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("TWILIO_AUTHTOKEN", "TWILIO_AUTH_TOKEN"), ("TWILIO_SID", "TWILIO_ACCOUNT_SID"), ("PUBLIC_URI", "PUBLIC_URL"),
        ("OFFHOOK_TOKENS", "OFFHOOK_TOKEN"), ("twilio_acount_sid", "TWILIO_ACCOUNT_SID"), ("OFFHOOK_DIR", "OFFHOOK_DATA"), ("OFFHOOK_VERBOSE", None),
        ("TWILIO_AUTH_TOKEN", None), ("port", None), ("HOSTNAME", None), ("LANG", None), ("LOGNAME", None),
        ("PATH", None), ("HTTP_PROXY", None), ("TWILIO_PHONE_NUMBER", None), ("SHELL", None), ("HOME", None),
    ],
)  # fmt: skip
def test_a_name_that_looks_misspelt_is_hinted_at(tmp_path, written, meant):
    findings = machine.misspelt(tmp_path, {written: "value-of-it"})
    if meant is None:
        assert findings == []
    else:
        (finding,) = findings
        assert (finding.name, finding.state) == (written, State.NOTE)
        assert finding.sentence == f"This variable of the environment is no setting: did you mean {meant}?"


def test_a_misspelt_name_in_the_file_is_hinted_at_without_its_value(tmp_path):
    (tmp_path / ".env").write_text("TWILIO_AUTHTOKEN=verysecret\n")
    (finding,) = machine.misspelt(tmp_path, {})
    assert ".env" in finding.sentence
    assert "verysecret" not in finding.sentence


# ---------------------------------------------------------------- the data folder


def data(path: Path):
    (finding,) = machine.data(Settings(offhook_data=path))
    return finding


def test_a_folder_that_is_not_there_yet_will_be_made_and_is_not_made_by_looking(tmp_path):
    assert (data(tmp_path / "a" / "b").state, list(tmp_path.iterdir())) == (State.OK, [])


def test_a_file_in_its_place_is_wrong(tmp_path):
    (tmp_path / "data").write_text("")
    for path in (tmp_path / "data", tmp_path / "data" / "below"):
        assert data(path).state is State.WRONG
        assert "is no folder" in data(path).sentence


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_to_is_wrong(tmp_path):
    tmp_path.chmod(0o500)
    assert "may not be written to" in data(tmp_path).sentence


def test_an_account_that_only_its_owner_reads_is_well_and_another_is_not(tmp_path):
    assert data(tmp_path).state is State.OK
    simulator_account(tmp_path)
    assert data(tmp_path).state is State.OK
    (tmp_path / "simulator.json").chmod(0o644)
    assert (data(tmp_path).state, "chmod 600" in data(tmp_path).sentence) == (State.WRONG, True)


def test_an_account_that_is_none_is_wrong(tmp_path):
    (tmp_path / "simulator.json").write_text("{}")
    assert "is not a simulator account" in data(tmp_path).sentence


# ---------------------------------------------------------------- limits, access


def test_the_fast_loop_is_there_or_missing(monkeypatch):
    assert machine.loop().state is (State.OK if sys.platform != "win32" else State.MISSING)
    monkeypatch.setattr(machine.importlib.util, "find_spec", lambda _name: None)
    assert machine.loop().state is State.MISSING


def test_calls_have_the_descriptors_they_need():
    assert machine.descriptors(Settings(), 1100).sentence.endswith("enough for about 500.")
    assert machine.descriptors(Settings(limit_concurrency=500), 1100).state is State.OK
    short = machine.descriptors(Settings(limit_concurrency=501), 1100)
    assert (short.state, "1102 descriptors" in short.sentence) == (State.WRONG, True)


def test_the_limit_is_the_one_of_this_process():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    assert machine._most_descriptors() == (None if hard == resource.RLIM_INFINITY else hard)
    assert machine.descriptors(Settings(limit_concurrency=1)).state is State.OK


def test_without_a_limit_of_the_system_calls_have_none_either(monkeypatch):
    monkeypatch.setattr(machine, "_most_descriptors", lambda: None)
    assert machine.descriptors(Settings(limit_concurrency=10**6)).state is State.OK
    assert machine.descriptors(Settings()).state is State.NOTE


@pytest.mark.parametrize(
    ("told", "state"),
    [
        ({}, State.NOTE),
        ({"host": "0.0.0.0"}, State.MISSING),
        ({"public_url": "https://voice.example.com"}, State.MISSING),
        ({"host": "0.0.0.0", "offhook_token": "t"}, State.OK),
    ],
)
def test_the_page_needs_a_token_where_others_can_come(told, state):
    assert machine.access(Settings(**told)).state is state


def test_a_pipe_in_place_of_the_file_is_told_and_not_waited_for(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / ".env")
    monkeypatch.setenv("PORT", "8002")
    settings, (finding,) = machine.settings(tmp_path)
    assert (finding.name, finding.state, settings.port) == (".env", State.WRONG, 8002)
    assert machine.misspelt(tmp_path, {}) == []


def test_a_secret_in_the_place_of_the_data_folder_is_not_repeated(tmp_path):
    token = "0123456789abcdef" * 2
    assert "will be made" in data(tmp_path / token).sentence
    (tmp_path / token).write_text("")
    assert token not in data(tmp_path / token).sentence
