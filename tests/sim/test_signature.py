"""Signing as the carrier does, judged by the carrier's own validator."""

import pytest
from twilio.request_validator import RequestValidator

from offhook.sim.signature import Account, sign_form, sign_json, sign_url

TOKEN = "0123456789abcdef0123456789abcdef"
JUDGE = RequestValidator(TOKEN)
URL = "https://voice.example.com/incoming-call"


@pytest.mark.parametrize(
    "fields",
    [
        {"CallSid": "CA1", "From": "+15550100001", "CallerName": ""},
        {"City": "São Paulo", "Body": "a+b c&d=e", "Empty": "", "a": "lower sorts after upper", "B": "upper"},
    ],
)
@pytest.mark.parametrize("url", [URL, URL + "/", URL + "?tenant=a%20b&x=1", "https://voice.example.com:8443/x"])
def test_the_validator_accepts_a_signed_form(url: str, fields: dict[str, str]) -> None:
    assert JUDGE.validate(url, fields, sign_form(TOKEN, url, fields.items()))


def test_a_known_signature_over_an_upgrade() -> None:
    assert sign_url(TOKEN, "wss://voice.example.com/twilio/media") == "3Wv0T80qzAY3OCARW9y1gnUJZtE="


def test_of_a_repeated_field_each_value_counts_once() -> None:
    fields = [("Digit", "2"), ("Digit", "1"), ("Digit", "2")]
    assert sign_form(TOKEN, URL, fields) == sign_form(TOKEN, URL, [("Digit", "1"), ("Digit", "2")])


def test_the_fragment_is_neither_sent_nor_signed() -> None:
    assert sign_url(TOKEN, URL + "#rc=2") == sign_url(TOKEN, URL)


def test_the_validator_accepts_a_signed_get() -> None:
    url = URL + "?CallSid=CA1"
    assert JUDGE.validate(url, {}, sign_url(TOKEN, url))


def test_the_validator_accepts_a_signed_json_body() -> None:
    body = b'{"CallSid":"CA1"}'
    for plain in (URL, URL + "?a=1"):
        url, signature = sign_json(TOKEN, plain, body)
        assert JUDGE.validate(url, body.decode(), signature)


def test_an_account_is_a_sid_and_a_token() -> None:
    assert Account("AC1", TOKEN) == Account(sid="AC1", token=TOKEN)
