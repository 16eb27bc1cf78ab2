import os
from pathlib import Path

import pytest
from pydantic import SecretStr

from offhook.errors import ConfigError
from offhook.settings import Settings, without_secrets, without_userinfo

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


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("PORT", "eighty", "PORT must be a port, 0 to 65535, not 'eighty'."),
        ("PORT", "70000", "PORT must be a port, 0 to 65535, not '70000'."),
        ("LOG_LEVEL", "loud", "LOG_LEVEL must be debug, info, warning or error, not 'loud'."),
        (
            "TWILIO_ACCOUNT_SID",
            "AC12",
            "TWILIO_ACCOUNT_SID must be AC and 32 hexadecimal digits; what it is set to is something else.",
        ),
        (
            "PUBLIC_URL",
            "https://me:hush@h/x",
            "PUBLIC_URL must be an origin such as https://voice.example.com, without a path, not '…@h/x'.",
        ),
        ("PORT", "sk-0123456789abcdef0123", "PORT must be a port, 0 to 65535, not 'sk-01234…'."),
        ("TWILIO_AUTH_TOKEN", "hush\udcff", "TWILIO_AUTH_TOKEN must be a text, written in UTF-8."),
        ("DRAIN_SECONDS", "-1", "DRAIN_SECONDS must be seconds, 0 to 86400, not '-1'."),
        ("ALLOW_OWN_TWIML", "perhaps", "ALLOW_OWN_TWIML must be true or false, not 'perhaps'."),
        ("LANGUAGE", "English", "LANGUAGE must be a language tag such as en-US, not 'English'."),
        (
            "OPENAI_BASE_URL",
            "https://me:sk-hush@h/v1",
            "OPENAI_BASE_URL must be a URL such as https://api.openai.com/v1, not '…@h/v1'.",
        ),
        ("TEMPERATURE", "hot", "TEMPERATURE must be a number, 0 to 2, not 'hot'."),
        ("PRICES", "x=cheap", "PRICES must be prices such as llama3.2=0/0, my-model=0.4/0.1/1.6, not 'x=cheap'."),
        ("PRICES", "x=1", "PRICES must be prices such as llama3.2=0/0, my-model=0.4/0.1/1.6, not 'x=1'."),
        ("OPENAI_REALTIME_API", "alpha", "OPENAI_REALTIME_API must be ga or beta, not 'alpha'."),
        (
            "AZURE_VOICE_LIVE_ENDPOINT",
            "ftp://h",
            "AZURE_VOICE_LIVE_ENDPOINT must be a URL such as https://my-resource.services.ai.azure.com, not 'ftp://h'.",
        ),
        (
            "TWILIO_PHONE_NUMBER",
            "555-0100",
            "TWILIO_PHONE_NUMBER must be a number such as +12025550100, not '555-0100'.",
        ),
        (
            "TWILIO_API_BASE_URL",
            "wss://h",
            "TWILIO_API_BASE_URL must be a URL such as https://api.twilio.com, not 'wss://h'.",
        ),
        ("CALLS_PER_MINUTE", "-1", "CALLS_PER_MINUTE must be a whole number, 0 to 10000, not '-1'."),
        ("MAX_CALL_SECONDS", "nan", "MAX_CALL_SECONDS must be seconds, above 0 to 86400, not 'nan'."),
        ("MAX_CALL_SECONDS", "inf", "MAX_CALL_SECONDS must be seconds, above 0 to 86400, not 'inf'."),
    ],
)
def test_a_bad_value_is_refused_in_one_sentence(monkeypatch, name, value, sentence):
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError) as refused:
        Settings.load()
    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    "url",
    ["voice.example.com", "wss://h", "https://", "https://h/path", "https://u:p@h", "https://h?x=1", "https://["]
    + ["https://h:99999", "https://h:0", "https://h:x"],
)
def test_a_public_url_is_an_origin(monkeypatch, url):
    monkeypatch.setenv("PUBLIC_URL", url)
    with pytest.raises(ConfigError, match="PUBLIC_URL must be an origin"):
        Settings.load()


def test_ngroks_address_is_the_public_url_where_there_is_none(monkeypatch):
    monkeypatch.setenv("NGROK_URL", "mine.ngrok.app")
    assert Settings.load().public_url == "https://mine.ngrok.app"
    assert Settings.load(ignored=["public_url", "ngrok_url"]).public_url is None
    monkeypatch.setenv("PUBLIC_URL", "https://voice.example.com")
    assert Settings.load().public_url == "https://voice.example.com"


def test_a_slash_behind_the_public_url_is_taken_off(monkeypatch):
    monkeypatch.setenv("PUBLIC_URL", "https://voice.example.com/")
    assert Settings.load().public_url == "https://voice.example.com"


@pytest.mark.parametrize("proxies", ["10.0.0.0/8", "127.0.0.1, ::1", "*", "10.0.0.1/8"])
def test_proxies_are_addresses_and_networks(monkeypatch, proxies):
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", proxies)
    assert Settings.load().forwarded_allow_ips == proxies


def test_a_proxy_by_name_is_refused(monkeypatch):
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "proxy.internal")
    with pytest.raises(ConfigError, match="FORWARDED_ALLOW_IPS"):
        Settings.load()


def test_what_is_ignored_is_not_even_looked_at(monkeypatch):
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", "nonsense")
    monkeypatch.setenv("MODEL", "something")
    settings = Settings.load(ignored=["twilio_account_sid", "model"])
    assert (settings.twilio_account_sid, settings.model) == (None, None)


def test_a_file_that_is_no_text_is_refused_in_one_sentence(tmp_path):
    (tmp_path / ".env").write_bytes(b"PORT=\xff\n")
    with pytest.raises(ConfigError, match="The file .env cannot be read"):
        Settings.load()


def test_log_level_may_be_written_in_capitals(monkeypatch):
    monkeypatch.setenv("LOG_LEVEL", "INFO")
    assert Settings.load().log_level == "info"


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
    stands_in = (ROOT / "src" / "offhook" / "settings.py").read_text()  # for another one
    assert f"settings.{name}" in used or f"or self.{name}" in stands_in


TOKENS = ["0123456789abcdef" * 2, "Zk3-v9-QmX7aLw2RtY5pNc8s", "0123456789" * 4]


@pytest.mark.parametrize("token", TOKENS)
@pytest.mark.parametrize(
    ("name", "value"),
    [("PORT", "{}"), ("MODEL", "{}"), ("MODEL", "gpt-realtime,{}"), ("LANGUAGE", "{}"), ("PUBLIC_URL", "ftp://{}")]
    + [("OPENAI_BASE_URL", "redis://me:{}@h"), ("LOG_LEVEL", "level {}")],
)
def test_a_secret_in_the_wrong_variable_is_not_repeated_in_part(monkeypatch, name, value, token):
    monkeypatch.setenv(name, value.format(token))
    with pytest.raises(ConfigError, match=f"{name} must be ") as refused:
        Settings.load()
    assert token[:9] not in str(refused.value)


def test_a_model_with_a_long_name_is_no_secret(monkeypatch):
    monkeypatch.setenv("MODEL", "openai:gpt-4o-mini-realtime-preview-2024-12-17,gpt-realtime")
    assert Settings.load().model.startswith("openai:gpt-4o-mini")


def test_names_and_passwords_are_cut_out_of_urls():
    assert without_userinfo("no postgres://u:p/w@x@db:5432/a here") == "no postgres://…@db:5432/a here"
    assert without_secrets("https://voice.example.com:8443") == "https://voice.example.com:8443"
    assert [without_secrets(f"/tmp/{token}/x") for token in TOKENS] == ["/tmp/…/x"] * 3


@pytest.mark.parametrize("host", ["a..b", "a" * 64, ".a"])
def test_a_host_no_system_can_be_asked_for_is_refused(monkeypatch, host):
    monkeypatch.setenv("HOST", host)
    with pytest.raises(ConfigError, match="HOST must be an address of this machine, not "):
        Settings.load()


@pytest.mark.parametrize("host", ["::1", "0.0.0.0", "fe80::1%eth0", "localhost", "host.example.com."])
def test_a_host_of_any_kind_is_taken(monkeypatch, host):
    monkeypatch.setenv("HOST", host)
    assert Settings.load().host == host


def test_a_pipe_for_a_file_of_settings_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / ".env")
    with pytest.raises(ConfigError, match=r"\.env is a pipe, and only a regular file is read"):
        Settings.load()
