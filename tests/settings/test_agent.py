import pytest

from offhook.settings import Settings
from tests.settings.refused import refusal


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("LANGUAGE", "English", "LANGUAGE must be a language tag such as en-US, not 'English'."),
        ("TEMPERATURE", "hot", "TEMPERATURE must be a number, 0 to 2, not 'hot'."),
        ("PRICES", "x=cheap", "PRICES must be prices such as llama3.2=0/0, my-model=0.4/0.1/1.6, not 'x=cheap'."),
        ("PRICES", "x=1", "PRICES must be prices such as llama3.2=0/0, my-model=0.4/0.1/1.6, not 'x=1'."),
    ],
)
def test_a_bad_value_is_refused_in_one_sentence(monkeypatch, name, value, sentence):
    assert refusal(monkeypatch, name, value) == sentence


def test_a_model_with_a_long_name_is_no_secret(monkeypatch):
    monkeypatch.setenv("MODEL", "openai:gpt-4o-mini-realtime-preview-2024-12-17,gpt-realtime")
    assert Settings.load().model.startswith("openai:gpt-4o-mini")
