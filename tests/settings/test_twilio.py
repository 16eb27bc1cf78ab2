import pytest

from tests.settings.refused import refusal


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        (
            "TWILIO_ACCOUNT_SID",
            "AC12",
            "TWILIO_ACCOUNT_SID must be AC and 32 hexadecimal digits; what it is set to is something else.",
        ),
        ("TWILIO_AUTH_TOKEN", "hush\udcff", "TWILIO_AUTH_TOKEN must be a text, written in UTF-8."),
        ("ALLOW_OWN_TWIML", "perhaps", "ALLOW_OWN_TWIML must be true or false, not 'perhaps'."),
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
    ],
)
def test_a_bad_value_is_refused_in_one_sentence(monkeypatch, name, value, sentence):
    assert refusal(monkeypatch, name, value) == sentence
