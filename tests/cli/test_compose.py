from offhook.cli.compose import options
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
