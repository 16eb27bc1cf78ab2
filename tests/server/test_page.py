import httpx
import pytest

from tests.server.running import running


@pytest.fixture(scope="module")
def demo():
    with running(demo=True, try_it="what are your opening hours") as it:
        yield it


@pytest.fixture(scope="module")
def guarded():
    with running(operator_token="t0ken") as it:
        yield it


def test_a_page_is_told_what_this_server_is_and_the_line_that_calls_it(demo):
    assert httpx.get(demo.origin + "/api/about").json() == {
        "demo": True,
        "try_it": "what are your opening hours",
        "call": f'offhook sim call --url {demo.origin}/incoming-call --say "what are your opening hours"',
        "command": "offhook",
        "telephones": [],
    }


def test_the_status_counts_the_calls(demo):
    assert httpx.get(demo.origin + "/api/status").json() == {"calls": 0, "limit": None, "draining": False}
    demo.call("CA1")
    assert httpx.get(demo.origin + "/api/status").json()["calls"] == 1


@pytest.mark.parametrize("path", ["/api/about", "/api/status"])
def test_outside_the_demo_the_operators_token_is_asked_for(guarded, path):
    refused = httpx.get(guarded.origin + path)
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"].startswith("Basic")
    assert httpx.get(guarded.origin + path, auth=("", "t0ken")).status_code == 200
    own = httpx.get(guarded.origin + path, headers={"accept": "application/json"})
    assert own.headers["www-authenticate"].startswith("Bearer"), "the console asks for the token, not the browser"
    assert httpx.get(guarded.origin + path, headers={"authorization": "Bearer t0ken"}).status_code == 200


def test_without_a_token_the_page_says_how_to_set_one():
    with running() as server:
        assert httpx.get(server.origin + "/api/about").json() == {"detail": "Set OFFHOOK_TOKEN to use this page."}


def test_a_browser_that_has_shown_the_token_needs_it_no_more_until_it_leaves(guarded):
    with httpx.Client(base_url=guarded.origin) as browser:
        assert browser.post("/api/session").status_code == 401 and not browser.cookies
        assert browser.post("/api/session", headers={"authorization": "Bearer t0ken"}).status_code == 204
        assert browser.get("/api/status").status_code == 200
        assert browser.delete("/api/session").status_code == 204 and not browser.cookies
        assert browser.get("/api/status").status_code == 401
        assert browser.get("/").status_code == 200 and not browser.cookies, "the page is nobody's secret"
        assert browser.get("/", auth=("", "t0ken")).status_code == 200
        assert browser.get("/api/status").status_code == 200, "the page gives the cookie to who has shown the token"


def test_the_cookie_is_secure_behind_a_proxy_that_takes_the_tls_off(guarded):
    for proto, secure in (("https", True), ("http", False)):
        headers = {"authorization": "Bearer t0ken", "x-forwarded-proto": proto}
        given = httpx.post(guarded.origin + "/api/session", headers=headers).headers["set-cookie"]
        assert ("Secure" in given) is secure


def test_the_demo_gives_no_cookie(demo):
    assert "set-cookie" not in httpx.get(demo.origin).headers
    assert "set-cookie" not in httpx.post(demo.origin + "/api/session").headers
