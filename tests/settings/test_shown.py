import pytest

from offhook.errors import ConfigError
from offhook.settings import Settings, without_secrets, without_userinfo

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


def test_names_and_passwords_are_cut_out_of_urls():
    assert without_userinfo("no postgres://u:p/w@x@db:5432/a here") == "no postgres://…@db:5432/a here"
    assert without_secrets("https://voice.example.com:8443") == "https://voice.example.com:8443"
    assert [without_secrets(f"/tmp/{token}/x") for token in TOKENS] == ["/tmp/…/x"] * 3
