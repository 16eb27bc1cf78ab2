import pytest

from offhook.agent import cafe
from offhook.agent.roster import Roster
from offhook.cli.compose import agents_shown, carrier_status, journal, options
from offhook.cli.serve import NOT_IN_THE_DEMO
from offhook.errors import ConfigError
from offhook.phone.twilio.signature import Key
from offhook.settings import Settings
from offhook.store.address import Sqlite

SID = "AC" + "a" * 32


def test_what_to_ask_makes_it_the_demo(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    told = Settings.load(ignored=Settings.model_fields)
    assert options(told, SID, [Key("one")], try_it="what").demo
    assert not options(told, SID, [Key("one")], try_it=None).demo


def test_without_a_secret_the_server_derives_one(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    told = Settings.load(ignored=Settings.model_fields)
    assert options(told, SID, [Key("one")], try_it=None).secret is None


def test_agents_are_shown_with_their_tools():
    (shown,) = agents_shown(Roster(cafe.agent))
    assert (shown.name, shown.numbers, shown.model) == ("cafe", ["*"], "local")
    assert {tool.name for tool in shown.tools} == {tool.name for tool in cafe.agent.toolbox}
    assert all(tool.parameters["type"] == "object" for tool in shown.tools)


def test_twilio_is_asked_after_calls_only_with_an_account(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", SID)
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "t0ken")
    assert carrier_status(Settings.load()) is not None
    assert carrier_status(Settings.load(ignored=NOT_IN_THE_DEMO)) is None


def where(monkeypatch, tmp_path, **given):
    monkeypatch.chdir(tmp_path)
    ignored = set(Settings.model_fields) - set(given)
    return journal(Settings.load(ignored=ignored, **given)).store.address


def test_calls_are_kept_in_the_data_folder_unless_a_database_is_named(monkeypatch, tmp_path):
    folder = tmp_path / "so 100%?"
    assert where(monkeypatch, tmp_path, offhook_data=folder) == Sqlite(folder / "calls.db")
    url = "postgres://me:secret@db/calls"
    assert where(monkeypatch, tmp_path, offhook_data=folder, database_url=url).host == "db"


def test_a_database_that_there_is_not_is_refused_in_a_sentence(monkeypatch, tmp_path):
    with pytest.raises(ConfigError, match="DATABASE_URL must be like"):
        where(monkeypatch, tmp_path, offhook_data=tmp_path, database_url="mysql://me:secret@db/calls")


def test_the_demo_keeps_its_calls_at_home():
    assert "database_url" in NOT_IN_THE_DEMO
