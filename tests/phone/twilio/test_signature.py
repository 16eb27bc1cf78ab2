import json
from pathlib import Path
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from offhook.errors import RemoteProtocolError
from offhook.phone.twilio.signature import MAX_FIELDS, Key, candidate_urls, parse_form, sign, verify

GOLDEN = json.loads(Path(__file__).with_name("signatures.json").read_text())
PROVED = Path(__file__).parents[4] / "shared" / "protocols" / "samples" / "twilio-signature-vectors.json"
KEY = Key("an auth token")


def _holds(row: dict, url: str | None = None) -> bool:
    body = row["body"].encode() if row["body"] is not None else None
    fields = None if body is not None else row["fields"]
    return verify(row["signature"], url or row["url"], [Key(row["secret"], row["algorithm"])], fields, body)


@pytest.mark.parametrize("row", GOLDEN, ids=lambda row: f"{row['name']}, {row['algorithm']}")
def test_what_twilios_validator_signed_holds(row):
    assert sign(row["url"], row["fields"], Key(row["secret"], row["algorithm"])) == row["signature"]
    assert _holds(row)


@pytest.mark.skipif(not PROVED.exists(), reason="the folder of proved samples is not on this machine")
def test_the_proved_vectors_hold():
    for row in json.loads(PROVED.read_text())["vectors"]:
        form = {name: [value] if isinstance(value, str) else value for name, value in (row["form"] or {}).items()}
        key = Key(row["secret"], row["algorithm"].removeprefix("HMAC_").lower())
        body = row["raw_body"].encode() if row["raw_body"] else None
        assert verify(row["signature"], row["url"], [key], None if body else form, body), row["name"]


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=12), max_size=6))
def test_any_form_is_signed_as_twilios_validator_signs_it(fields):
    url = "https://h.example/p?q=%20"
    assert sign(url, {name: [value] for name, value in fields.items()}, KEY) == RequestValidator(
        KEY.secret
    ).compute_signature(url, fields)


@pytest.mark.parametrize(
    ("signed", "given"),
    [
        ("wss://h.example:443/m", "wss://h.example/m"),
        ("wss://h.example/m", "wss://h.example:443/m"),
        ("wss://h.example/m", "wss://h.example:8443/m"),
        ("wss://h.example/m/", "wss://h.example/m"),
        ("wss://h.example/m", "wss://h.example/m/"),
        ("wss://h.example", "wss://h.example/"),
        ("wss://h.example/", "wss://h.example"),
        ("https://h.example:443/m", "https://h.example/m"),
        ("https://h.example/m", "https://h.example:443/m"),
        ("https://h.example/m", "https://h.example:8443/m"),
        ("https://h.example/m?a=1", "https://h.example:8443/m?a=1"),
        ("https://u:p@h.example/m", "https://u:p@h.example:8443/m"),
        ("https://[::1]/m", "https://[::1]:8000/m"),
        ("https://[::1]:443/m", "https://[::1]/m"),
        ("https://h.example/m", "https://h.example/m#rc=2"),
        ("https://X.example:443/m", "https://X.example/m"),
        ("wss://h.example/m/?a=1", "wss://h.example/m?a=1"),
        ("ws://h.example/m/", "ws://h.example/m"),
        ("http://h.example:80/m", "http://h.example/m"),
    ],
)
def test_every_way_twilio_writes_an_url_holds(signed, given):
    assert verify(sign(signed, {}, KEY), given, [KEY])


@pytest.mark.parametrize(
    ("signed", "given"),
    [
        ("https://h.example/m/", "https://h.example/m"),
        ("https://h.example/m", "wss://h.example/m"),
        ("wss://H.example/m", "wss://h.example/m"),
        ("wss://h.example:8443/m", "wss://h.example/m"),
        ("https://h.example/m?a=1", "https://h.example/m?a=2"),
        ("https://h.example/m?a=1&b=2", "https://h.example/m?b=2&a=1"),
    ],
)
def test_another_url_does_not_hold(signed, given):
    assert not verify(sign(signed, {}, KEY), given, [KEY])


def test_a_changed_an_added_and_a_missing_field_break_the_signature():
    url, fields = "https://h.example/p", {"CallSid": ["CA1"], "From": [""]}
    signature = sign(url, fields, KEY)
    assert verify(signature, url, [KEY], fields)
    assert not verify(signature, url, [KEY], {"CallSid": ["CA2"], "From": [""]})
    assert not verify(signature, url, [KEY], fields | {"New": ["x"]})
    assert not verify(signature, url, [KEY], {"CallSid": ["CA1"]})


def test_either_of_two_tokens_holds_while_they_are_rotated():
    url = "https://h.example/p"
    keys = [Key("new"), Key("old")]
    assert verify(sign(url, {}, keys[1]), url, keys)
    assert verify(sign(url, {}, keys[0]), url, keys)
    assert not verify(sign(url, {}, Key("older")), url, keys)


def test_an_auth_token_does_not_sign_with_the_algorithm_of_a_shared_key():
    url = "https://h.example/p"
    assert not verify(sign(url, {}, Key("t", "sha256")), url, [Key("t")])


def test_a_body_other_than_its_hash_does_not_hold():
    row = next(row for row in GOLDEN if row["name"] == "json")
    assert not _holds(row | {"body": '{"ok":false}'})


def test_a_body_without_a_hash_does_not_hold():
    url = "https://h.example/p"
    assert verify(sign(url, {}, KEY), url, [KEY], None, b"{}") is False


@pytest.mark.parametrize("signature", ["", "x", "é", "\udcff", "=" * 10_000])
def test_a_signature_of_any_text_is_answered_with_no(signature):
    assert not verify(signature, "https://h.example/p", [KEY], {})


def test_text_that_is_no_unicode_is_signed_and_compared_all_the_same():
    url = "https://h.example/p?bodySHA256=\udcff"
    assert sign(url, {"a": ["\udcff"]}, KEY)
    assert verify(sign(url, {}, KEY), url, [KEY], None, b"{}") is False


def test_a_url_without_a_host_is_still_that_url():
    assert list(candidate_urls("https:///m")) == ["https:///m", "https://:443/m"]


def test_a_form_may_have_five_hundred_fields():
    assert len(parse_form(b"&".join(b"a=1" for _ in range(500)))["a"]) == 500
    with pytest.raises(RemoteProtocolError):
        parse_form(b"&".join(b"a=1" for _ in range(501)))


def test_a_url_has_few_candidates():
    assert len(set(candidate_urls("wss://h.example:8443/m"))) == 6


def test_blank_values_and_repeated_names_are_kept():
    assert parse_form(b"a=&b=1&b=&b=1&c") == {"a": [""], "b": ["1", "", "1"], "c": [""]}


@given(st.dictionaries(st.text(min_size=1, max_size=8), st.text(max_size=12), max_size=6))
def test_a_form_comes_back_as_it_was_sent(fields):
    assert parse_form(urlencode(fields).encode()) == {name: [value] for name, value in fields.items()}


@pytest.mark.parametrize("body", [b"a=%FF", b"\xff=1", b"&".join(b"a=1" for _ in range(MAX_FIELDS + 1))])
def test_a_malformed_form_is_the_peers_fault(body):
    with pytest.raises(RemoteProtocolError):
        parse_form(body)


def test_a_key_does_not_show_its_secret():
    assert "an auth token" not in repr(KEY)
