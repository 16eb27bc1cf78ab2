"""A real browser before a real server. Without one, or without the built console, the tests say so and are skipped."""

import contextlib
import os
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from offhook.server.console import BUILT
from tests.chromium import find
from tests.console.desk import ROOT, Desk
from tests.polling import wait_for

HERE = Path(__file__).parent
PATIENCE_MS = 30_000
"""What is waited for comes at once on a machine that is not busy; on one that is, nothing is wrong if it comes late."""
TIMEOUT_S = 120
FLAGS = [
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--enable-precise-memory-info",
]  # fmt: skip


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.is_relative_to(HERE) and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(TIMEOUT_S))


@pytest.fixture(scope="package")  # while it is there no other test has an event loop
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: run make test")
    if not (BUILT / "index.html").is_file():
        pytest.skip("the console is not built: run make install")
    chromium = find()
    if chromium is None:
        pytest.skip("there is no Chromium: install one, or run make test, which fetches one where it can")
    with playwright.sync_playwright() as started:
        running = started.chromium.launch(
            executable_path=chromium.path, args=FLAGS, env=os.environ | chromium.env, chromium_sandbox=os.geteuid() != 0
        )
        yield running
        running.close()


@pytest.fixture
def page(browser):
    """A page on which nothing may go wrong unseen: what it puts on the browser's console fails the test."""
    context = browser.new_context(
        viewport={"width": 1440, "height": 900}, locale="en-GB", timezone_id="UTC", reduced_motion="reduce"
    )
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.on("console", lambda told: told.type in ("error", "warning") and page.problems.append(told.text))
    yield page
    context.close()
    assert page.problems == []


@pytest.fixture(scope="module")
def desk(browser, tmp_path_factory):
    """A server for the tests of a module; each has calls of its own."""
    with Desk(tmp_path_factory.mktemp("kept")) as desk:
        yield desk


@pytest.fixture
def own_desk(browser, tmp_path):
    """A server for one test."""
    with Desk(tmp_path) as desk:
        yield desk


@pytest.fixture(scope="session")
def axe():
    """The program that looks for what keeps people out."""
    path = ROOT / "console" / "node_modules" / "axe-core" / "axe.min.js"
    if not path.is_file():
        pytest.skip("axe-core is not installed: run npm ci in console/")
    return path.read_text()


@pytest.fixture(scope="module")
def demo(browser, tmp_path_factory):
    """The port of `offhook demo`, run by itself as a user does."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = tmp_path_factory.mktemp("demo")
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src"), "OFFHOOK_DATA": str(folder), "PORT": str(port)}
    program = subprocess.Popen(
        [sys.executable, "-m", "offhook", "demo"], cwd=folder, env=environment, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )  # fmt: skip

    def is_up():
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 200
        return False

    try:
        wait_for(is_up, 30)
        yield port
    finally:
        program.terminate()
        told, _ = program.communicate(timeout=20)
    assert b"Traceback" not in told, told.decode()
