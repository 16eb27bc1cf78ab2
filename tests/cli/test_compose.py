from offhook.agent import cafe
from offhook.agent.roster import Roster
from offhook.cli.compose import agents_shown, carrier_status, options
from offhook.cli.serve import NOT_IN_THE_DEMO
from offhook.phone.twilio.signature import Key
from offhook.settings import Settings

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
