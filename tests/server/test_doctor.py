import os

import pytest

from offhook import Agent
from offhook.errors import ConfigError
from offhook.server import doctor
from offhook.server.finding import Finding, State, ok
from offhook.settings import Settings

SID, TOKEN, OPERATOR = "AC" + "b" * 32, "f" * 32, "the operator's token"


@pytest.fixture(autouse=True)
def a_folder_of_ones_own(monkeypatch, tmp_path):
    for name in os.environ:
        if name.lower() in Settings.model_fields:
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(doctor.speech, "engine", lambda: [ok("embedded engine", "It is looked at elsewhere.")])
    (tmp_path / ".env").write_text(
        f"OFFHOOK_DATA={tmp_path / 'data'}\nPORT=0\nTWILIO_ACCOUNT_SID={SID}\nTWILIO_AUTH_TOKEN={TOKEN}\n"
        f"OFFHOOK_TOKEN={OPERATOR}\n"
    )


def test_everything_is_looked_at_once():
    findings = doctor.examine(lambda _settings: [Agent(model="echo")], agent="shop:agent")
    assert [each.name for each in findings] == [
        "Python", ".env", "OFFHOOK_DATA", "DATABASE_URL", "RECORDINGS_URL", "uvloop", "LIMIT_CONCURRENCY", "voice detector", "embedded engine",
        "shop:agent", "PORT", "OFFHOOK_TOKEN", "Twilio account", "calls to people", "PUBLIC_URL",
    ]  # fmt: skip
    assert not [each for each in findings if each.state is State.WRONG]


def test_the_agent_is_loaded_with_the_settings_there_are():
    def load(settings: Settings) -> list[Agent]:
        assert settings.twilio_account_sid == SID
        return [Agent(model="echo")]

    assert Finding("agent", State.OK, "Loads; it answers with the model echo.") in doctor.examine(load)


def test_no_secret_is_in_any_sentence_whoever_put_it_there():
    def load(_settings: Settings) -> list[Agent]:
        raise ConfigError(f"shop cannot be loaded: KeyError: '{TOKEN}', {OPERATOR}.")

    told = str(doctor.examine(load, agent="shop:agent"))
    assert "shop cannot be loaded: KeyError: '…', …." in told
    assert TOKEN not in told
    assert OPERATOR not in told


def test_a_bad_value_does_not_stop_the_other_checks(tmp_path):
    with (tmp_path / ".env").open("a") as file:
        file.write("SILENCE_MS=long\n")
    findings = doctor.examine(lambda _settings: [Agent(model="echo")], folder=tmp_path)
    assert [each.name for each in findings if each.state is State.WRONG] == ["SILENCE_MS"]
    assert len(findings) == 16
