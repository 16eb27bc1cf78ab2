"""The console's files over a real socket: compressed, tagged, cached; and a server without them."""

import base64
import gzip
import hashlib
import re

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from offhook.server.console import SCREENS, chosen, console, content_policy
from tests.server.running import running

SCRIPT = "document.title = 'a < b'"
DOCUMENT = f"<!doctype html><script>{SCRIPT}</script><script type=module src=/assets/main-abc.js></script>"
PROGRAM = b"export const long = 1;" * 100


@pytest.fixture
def built(tmp_path):
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text(DOCUMENT)
    (tmp_path / "favicon.svg").write_text("<svg/>")
    (tmp_path / "built-from.txt").write_text("digest")
    program = tmp_path / "assets" / "main-abc.js"
    program.write_bytes(PROGRAM)
    program.with_name("main-abc.js.gz").write_bytes(gzip.compress(PROGRAM))
    return tmp_path


@pytest.fixture
def browser(built):
    app = FastAPI()
    app.include_router(console(lambda _request: {"set-cookie": "a=b"}, built))
    with TestClient(app) as client:
        yield client


@pytest.mark.parametrize("path", [path.replace("{call_id}", "c1") for path in SCREENS])
def test_every_screen_is_the_document(browser, path):
    answer = browser.get(path)
    assert answer.text == DOCUMENT and answer.headers["content-type"].startswith("text/html")
    assert answer.headers["cache-control"] == "no-cache" and answer.headers["set-cookie"] == "a=b"


def test_only_the_scripts_of_the_document_itself_may_run(browser):
    policy = browser.get("/").headers["content-security-policy"]
    allowed = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
    assert f"script-src 'self' 'sha256-{allowed}';" in policy
    assert "unsafe-eval" not in policy and policy.startswith("default-src 'none'")
    assert "'unsafe-inline'" not in re.sub(r"style-src[^;]*", "", policy)
    assert "sha256" not in content_policy("<p>no script</p>")


def test_an_asset_is_kept_for_good_and_comes_compressed(browser):
    answer = browser.get("/assets/main-abc.js", headers={"accept-encoding": "gzip"})
    assert answer.content == PROGRAM and answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) < len(PROGRAM) / 10
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["vary"] == "accept-encoding"
    plain = browser.get("/assets/main-abc.js", headers={"accept-encoding": "identity"})
    assert plain.content == PROGRAM and "content-encoding" not in plain.headers
    assert plain.headers["etag"] != answer.headers["etag"]


def test_a_browser_that_has_it_is_sent_nothing(browser):
    tag = browser.get("/").headers["etag"]
    for known in (tag, f'"other", {tag}', f"W/{tag}"):
        answer = browser.get("/", headers={"if-none-match": known})
        assert (answer.status_code, answer.content) == (304, b"")
    assert browser.get("/", headers={"if-none-match": '"other"'}).status_code == 200


def test_what_is_not_there_is_told_and_nothing_else_is_served(browser):
    assert browser.get("/favicon.svg").text == "<svg/>"
    for path in ("/assets/main-old.js", "/assets/..%2findex.html", "/built-from.txt", "/assets/main-abc.js.gz"):
        assert browser.get(path).status_code == 404, path


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [("", ""), ("gzip, br", "br"), ("gzip", "gzip"), ("br;q=0, gzip;q=0.5", "gzip"), ("BR", "br"), ("deflate", "")],
)
def test_the_best_encoding_that_is_accepted(accepted, encoding):
    assert chosen(accepted, {"": b"", "br": b"", "gzip": b""}) == encoding


def test_a_server_without_a_console_says_how_to_build_it(tmp_path):
    app = FastAPI()
    app.include_router(console(built=tmp_path))
    with TestClient(app) as client:
        answer = client.get("/")
        assert answer.status_code == 200 and "pip install -e ." in answer.text
        assert "sha256" not in answer.headers["content-security-policy"]


def test_a_running_server_serves_it():
    with running(demo=True, try_it="hello") as server:
        assert "offhook" in httpx.get(server.origin).text
