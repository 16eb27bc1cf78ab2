import json
import os
from pathlib import Path

import pytest

from offhook.errors import ConfigError
from offhook.server.simulator_account import data_folder, simulator_account


def test_an_account_is_made_once_and_kept(tmp_path):
    first = simulator_account(tmp_path / "new")
    assert simulator_account(tmp_path / "new") == first
    assert simulator_account(tmp_path / "other") != first


def test_only_the_owner_may_read_it(tmp_path):
    simulator_account(tmp_path / "new")
    assert (tmp_path / "new" / "simulator.json").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700


def test_nothing_is_left_beside_it(tmp_path):
    simulator_account(tmp_path)
    assert os.listdir(tmp_path) == ["simulator.json"]


def test_the_file_is_what_the_simulator_reads(tmp_path):
    account = simulator_account(tmp_path)
    assert json.loads((tmp_path / "simulator.json").read_text()) == {
        "account_sid": account.account_sid,
        "auth_token": account.auth_token,
    }


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"account_sid": 1, "auth_token": "x"}', '{"account_sid":"AC1","auth_token":"x"}']
)
def test_a_broken_file_is_refused_in_one_sentence(tmp_path, text):
    (tmp_path / "simulator.json").write_text(text)
    with pytest.raises(ConfigError, match="delete it"):
        simulator_account(tmp_path)


def test_a_folder_that_cannot_be_made_is_refused_in_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="OFFHOOK_DATA"):
        simulator_account(tmp_path / "file" / "folder")


def test_its_secret_is_not_shown(tmp_path):
    account = simulator_account(tmp_path)
    assert account.auth_token not in repr(account)


def test_the_folder_is_the_one_told_else_the_users_data_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", "/home/somebody")
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    assert data_folder(tmp_path) == tmp_path
    assert data_folder(None) == Path("/home/somebody/.local/share/offhook")
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    assert data_folder(None) == Path("/data/offhook")
    monkeypatch.setenv("XDG_DATA_HOME", "relative")
    assert data_folder(None) == Path("/home/somebody/.local/share/offhook")
