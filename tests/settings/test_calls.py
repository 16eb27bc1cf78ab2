import pytest

from tests.settings.refused import refusal


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("DRAIN_SECONDS", "-1", "DRAIN_SECONDS must be seconds, 0 to 86400, not '-1'."),
        ("MAX_CALL_SECONDS", "nan", "MAX_CALL_SECONDS must be seconds, above 0 to 86400, not 'nan'."),
        ("MAX_CALL_SECONDS", "inf", "MAX_CALL_SECONDS must be seconds, above 0 to 86400, not 'inf'."),
    ],
)
def test_a_bad_value_is_refused_in_one_sentence(monkeypatch, name, value, sentence):
    assert refusal(monkeypatch, name, value) == sentence
