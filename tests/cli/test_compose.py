import pytest

from offhook.agent import cafe
from offhook.agent.roster import Roster
from offhook.cli.compose import agents_shown, dialling, journal, options
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


def made_with(monkeypatch, tmp_path, **told):
    monkeypatch.chdir(tmp_path)
    return dialling(Settings(_env_file=None, **told), SID, [Key("t0ken")], Roster(cafe.agent))


def test_calls_are_made_with_an_account_or_at_a_carrier_of_this_machine(monkeypatch, tmp_path):
    assert made_with(monkeypatch, tmp_path).carrier is None
    account = {"twilio_account_sid": SID, "twilio_auth_token": "t0ken"}
    made = made_with(monkeypatch, tmp_path, **account)
    assert made.carrier is not None and not made.local_carrier
    local = made_with(monkeypatch, tmp_path, twilio_api_base_url="http://127.0.0.1:9030", ring_seconds=20)
    assert local.carrier is not None and local.local_carrier and local.ring_s == 20


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
