import pytest

from tests.settings.refused import refusal


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        (
            "OPENAI_BASE_URL",
            "https://me:sk-hush@h/v1",
            "OPENAI_BASE_URL must be a URL such as https://api.openai.com/v1, not '…@h/v1'.",
        ),
        ("OPENAI_REALTIME_API", "alpha", "OPENAI_REALTIME_API must be ga or beta, not 'alpha'."),
        (
            "AZURE_VOICE_LIVE_ENDPOINT",
            "ftp://h",
            "AZURE_VOICE_LIVE_ENDPOINT must be a URL such as https://my-resource.services.ai.azure.com, not 'ftp://h'.",
        ),
    ],
)
def test_a_bad_value_is_refused_in_one_sentence(monkeypatch, name, value, sentence):
    assert refusal(monkeypatch, name, value) == sentence
