import os
from pathlib import Path

import pytest
from pydantic import SecretStr

from offhook.errors import ConfigError
from offhook.settings import Settings

ROOT = Path(__file__).parents[1]
FIELDS = sorted(Settings.model_fields)


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch, tmp_path):
    for name in FIELDS:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)


def test_without_an_environment_everything_has_a_default():
    settings = Settings.load()
    assert (settings.host, settings.port, settings.twilio_account_sid) == ("127.0.0.1", 8000, None)


def test_the_environment_goes_before_the_file_and_the_command_line_before_both(monkeypatch, tmp_path):
    (tmp_path / ".env").write_text("PORT=8001\nLANGUAGE=nl-NL\nHOST=0.0.0.0\n")
    monkeypatch.setenv("PORT", "8002")
    monkeypatch.setenv("LANGUAGE", "de-DE")
    settings = Settings.load(port=8003, language=None)
    assert (settings.port, settings.language, settings.host) == (8003, "de-DE", "0.0.0.0")


@pytest.mark.parametrize("exported", ["en_GB:en", "de_DE", "C", "POSIX", "de:en"])
def test_the_language_that_the_system_exports_for_gettext_is_not_ours(monkeypatch, tmp_path, exported):
    monkeypatch.setenv("LANGUAGE", exported)
    assert Settings.load().language == "en-US"
    (tmp_path / ".env").write_text("LANGUAGE=nl-NL\n")
    assert Settings.load().language == "nl-NL"


def test_what_nobody_knows_is_ignored(monkeypatch, tmp_path):
    (tmp_path / ".env").write_text("NOBODY_KNOWS=1\n")
    monkeypatch.setenv("ALSO_NOT", "1")
    Settings.load()


def test_empty_means_unset(monkeypatch):
    monkeypatch.setenv("PORT", "")
    monkeypatch.setenv("PUBLIC_URL", "")
    assert (Settings.load().port, Settings.load().public_url) == (8000, None)


def test_what_is_ignored_is_not_even_looked_at(monkeypatch):
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", "nonsense")
    monkeypatch.setenv("MODEL", "something")
    settings = Settings.load(ignored=["twilio_account_sid", "model"])
    assert (settings.twilio_account_sid, settings.model) == (None, None)


def test_a_file_that_is_no_text_is_refused_in_one_sentence(tmp_path):
    (tmp_path / ".env").write_bytes(b"PORT=\xff\n")
    with pytest.raises(ConfigError, match="The file .env cannot be read"):
        Settings.load()


def test_a_secret_is_never_shown(monkeypatch):
    for name, field in Settings.model_fields.items():
        if SecretStr in getattr(field.annotation, "__args__", ()):
            monkeypatch.setenv(name.upper(), "hush")
    assert "hush" not in repr(Settings.load())
    assert "hush" not in Settings._refusal(_problem("offhook_token"))


def _problem(name):
    class Error:
        def errors(self, include_url):
            return [{"loc": (name,), "type": "value_error", "input": "hush"}]

    return Error()


@pytest.mark.parametrize("name", FIELDS)
def test_every_setting_is_documented(name):
    field = Settings.model_fields[name]
    page = (ROOT / "docs" / "settings.md").read_text()
    assert f"| `{name.upper()}` |" in page and field.description in page and field.title in page
    lines = (ROOT / ".env.example").read_text().splitlines()
    (line,) = [number for number, text in enumerate(lines) if text.startswith(f"#{name.upper()}=")]
    assert lines[line - 1] == f"# {field.description.replace('`', '')}"


def test_nothing_else_is_documented():
    lines = (ROOT / ".env.example").read_text().splitlines()
    assert {
        line[1:].partition("=")[0].lower() for line in lines if line.startswith("#") and line[1:2].isupper()
    } == set(FIELDS)


@pytest.mark.parametrize("name", FIELDS)
def test_every_setting_does_something(name):
    used = "".join(
        path.read_text() for room in ("server", "cli") for path in (ROOT / "src" / "offhook" / room).glob("*.py")
    )
    stands_in = (ROOT / "src" / "offhook" / "settings" / "server.py").read_text()  # for another one
    assert f"settings.{name}" in used or f"or self.{name}" in stands_in


def test_a_pipe_for_a_file_of_settings_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / ".env")
    with pytest.raises(ConfigError, match=r"\.env is a pipe, and only a regular file is read"):
        Settings.load()
