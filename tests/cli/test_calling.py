"""Calls to a server that runs: which number, which account. The calls themselves are made in test_sim and test_scenarios."""

import json
from pathlib import Path

import pytest

from offhook.cli.calling import Server, accounts_of


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OFFHOOK_DATA", str(tmp_path / "data"))
    for name in ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_the_number_that_make_run_answers_is_called_by_default() -> None:
    assert Server().setup(accounts_of()[0]).voice_url == "http://127.0.0.1:8000/incoming-call"


def test_the_simulators_account_signs_by_default(own_folder: Path) -> None:
    (account,) = accounts_of()
    kept = json.loads((own_folder / "data" / "simulator.json").read_text())
    assert (account.sid, account.token) == (kept["account_sid"], kept["auth_token"])


def test_the_environments_account_goes_before_the_simulators(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", "AC" + "1" * 32)
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "token")
    assert accounts_of()[0].sid == "AC" + "1" * 32
    assert len(accounts_of()) == 2


def test_a_given_account_is_the_only_one() -> None:
    assert [(account.sid, account.token) for account in accounts_of("AC1", "t")] == [("AC1", "t")]
