import pytest

from offhook import ConfigError
from offhook.parts import openai
from offhook.parts.keys import Keys


@pytest.mark.parametrize(
    ("keys", "model", "url", "header"),
    [
        (Keys("k"), "", "https://api.openai.com/v1", ("Authorization", "Bearer k")),
        (Keys(None, "http://localhost:11434"), "", "http://localhost:11434/v1", None),
        (Keys("k", "wss://host/v1/realtime"), "", "https://host/v1", ("Authorization", "Bearer k")),
        (
            Keys("k", "https://r.openai.azure.com/openai/v1"),
            "",
            "https://r.openai.azure.com/openai/v1",
            ("api-key", "k"),
        ),
        (Keys("k"), "llama3.2@http://localhost:11434/v1", "http://localhost:11434/v1", None),
    ],
)
def test_where_its_parts_are_and_who_is_told_the_key(keys, model, url, header):
    for make in (openai.stt, openai.llm, openai.tts):
        part = make(model, keys)
        assert part.server._base_url == url
        assert part.server._headers == (dict([header]) if header else {})
        assert part._model == model.partition("@")[0] or not model


def test_without_a_key_another_server_must_be_named():
    with pytest.raises(ConfigError, match="OPENAI_API_KEY"):
        openai.llm("", Keys())


@pytest.mark.parametrize(
    ("model", "prices"),
    [("gpt-4.1", "openai"), ("gemini-2.5-flash@https://generativelanguage.googleapis.com/v1beta/openai", "google"),
     ("gpt-4.1@http://localhost:8000/v1", "")],
)  # fmt: skip
def test_whose_prices_hold_is_told_by_the_host(model, prices):
    assert openai.llm(model, Keys("k")).price_list == prices
