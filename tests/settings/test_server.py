import pytest

from offhook.errors import ConfigError
from offhook.settings import Settings
from tests.settings.refused import refusal


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("PORT", "eighty", "PORT must be a port, 0 to 65535, not 'eighty'."),
        ("PORT", "70000", "PORT must be a port, 0 to 65535, not '70000'."),
        ("LOG_LEVEL", "loud", "LOG_LEVEL must be debug, info, warning or error, not 'loud'."),
        (
            "PUBLIC_URL",
            "https://me:hush@h/x",
            "PUBLIC_URL must be an origin such as https://voice.example.com, without a path, not '…@h/x'.",
        ),
        ("PORT", "sk-0123456789abcdef0123", "PORT must be a port, 0 to 65535, not 'sk-01234…'."),
    ],
)
def test_a_bad_value_is_refused_in_one_sentence(monkeypatch, name, value, sentence):
    assert refusal(monkeypatch, name, value) == sentence


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


def test_log_level_may_be_written_in_capitals(monkeypatch):
    monkeypatch.setenv("LOG_LEVEL", "INFO")
    assert Settings.load().log_level == "info"


@pytest.mark.parametrize("host", ["a..b", "a" * 64, ".a"])
def test_a_host_no_system_can_be_asked_for_is_refused(monkeypatch, host):
    monkeypatch.setenv("HOST", host)
    with pytest.raises(ConfigError, match="HOST must be an address of this machine, not "):
        Settings.load()


@pytest.mark.parametrize("host", ["::1", "0.0.0.0", "fe80::1%eth0", "localhost", "host.example.com."])
def test_a_host_of_any_kind_is_taken(monkeypatch, host):
    monkeypatch.setenv("HOST", host)
    assert Settings.load().host == host
