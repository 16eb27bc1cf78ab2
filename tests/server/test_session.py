import pytest

from offhook.server import session

NOW = 1_800_000_000.0


def test_a_ticket_holds_for_its_token_until_it_expires():
    made = session.ticket("t0ken", NOW)
    assert session.holds(made, "t0ken", NOW)
    assert session.holds(made, "t0ken", NOW + session.SECONDS - 1)
    assert not session.holds(made, "t0ken", NOW + session.SECONDS)
    assert not session.holds(made, "another", NOW)


@pytest.mark.parametrize(
    "made", ["", ".", "1", "9999999999.", "9999999999.abc", "²999999999.x", "9" * 5000 + ".x", "\udcff.\udcff"]
)
def test_what_was_not_made_here_does_not_hold(made):
    assert not session.holds(made, "t0ken", NOW)


def test_an_expiry_that_was_moved_does_not_hold():
    expires, _, mac = session.ticket("t0ken", NOW).partition(".")
    assert not session.holds(f"{int(expires) + 1}.{mac}", "t0ken", NOW)


@pytest.mark.parametrize(
    ("header", "found"),
    [("", ""), ("a=b", ""), ("a=b; offhook_session=1.x; c=d", "1.x"), ("offhook_session", ""), ("\x00=; ;;=", "")],
)
def test_the_ticket_is_found_among_other_cookies(header, found):
    assert session.given(header) == found


def test_the_cookie_is_for_our_own_pages_and_no_script():
    made = session.cookie("1.x", secure=True)
    assert made.startswith("offhook_session=1.x; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict") and "Secure" in made
    assert "Secure" not in session.cookie("1.x", secure=False)
    assert "Max-Age=0" in session.cookie("", secure=False)
