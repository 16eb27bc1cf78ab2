import pytest

from offhook.errors import CallRefused
from offhook.phone.twilio.token import LIFETIME_S, check, make, secret_from

SECRET = secret_from("an auth token")
NOW = 1_795_000_000.0


def test_a_token_gives_its_epoch_back():
    token = make(SECRET, "call", "CA1", 3, NOW)
    assert check(SECRET, token, "call", "CA1", NOW + 1) == 3


def test_a_token_holds_for_two_minutes():
    token = make(SECRET, "call", "CA1", 0, NOW)
    assert check(SECRET, token, "call", "CA1", NOW + LIFETIME_S) == 0
    with pytest.raises(CallRefused, match="expired"):
        check(SECRET, token, "call", "CA1", NOW + LIFETIME_S + 1)


@pytest.mark.parametrize(("call_id", "sid"), [("other", "CA1"), ("call", "CA2"), ("callC", "A1"), ("call2:CA", "1")])
def test_a_token_is_for_one_call(call_id, sid):
    token = make(SECRET, "call", "CA1", 0, NOW)
    with pytest.raises(CallRefused, match="another call"):
        check(SECRET, token, call_id, sid, NOW)


def test_a_token_of_another_secret_is_refused():
    token = make(secret_from("another"), "call", "CA1", 0, NOW)
    with pytest.raises(CallRefused, match="another secret"):
        check(SECRET, token, "call", "CA1", NOW)


@pytest.mark.parametrize("part", [0, 1])
def test_neither_epoch_nor_expiry_can_be_changed(part):
    parts = make(SECRET, "call", "CA1", 1, NOW).split(".")
    parts[part] = str(int(parts[part]) + 1)
    with pytest.raises(CallRefused, match="another call"):
        check(SECRET, ".".join(parts), "call", "CA1", NOW)


def test_a_missing_token_is_told_from_a_bad_one():
    with pytest.raises(CallRefused, match="no token"):
        check(SECRET, "", "call", "CA1", NOW)


@pytest.mark.parametrize(
    "token", ["x", "1.2", "a.2.c", "1.-2.c", "1.2.3.4", "²." + "1.c", "1." + "9" * 5000 + ".c", "1.2.\udcff"]
)
def test_nonsense_is_refused(token):
    with pytest.raises(CallRefused):
        check(SECRET, token, "call", "CA1", NOW)
