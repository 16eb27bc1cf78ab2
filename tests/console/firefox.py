"""A Firefox of this machine, driven by WebDriver BiDi over its own socket: no driver program is needed."""

import contextlib
import itertools
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, Self

from websockets.sync.client import connect

from tests.polling import wait_for

PREFERENCES = {
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    "media.autoplay.default": 0,
    "media.cubeb.force_mock_context": True,  # a test's machine has no speaker, and Firefox would wait for one
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.reportingpolicy.firstRun": False,
    "app.update.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "http://127.0.0.1:9/",
}
START_S = 30.0


def find() -> str | None:
    """The program: what OFFHOOK_FIREFOX names, else one on the PATH."""
    return os.environ.get("OFFHOOK_FIREFOX") or shutil.which("firefox-esr") or shutil.which("firefox")


class Firefox:
    """A running Firefox with one page."""

    def __init__(self, program: str, folder: Path) -> None:
        self._program, self._folder, self._log = program, folder, folder / "firefox.log"
        self._ids, self._open = itertools.count(1), contextlib.ExitStack()
        self.problems: list[str] = []
        """What the page put on the browser's console as an error or a warning."""

    def __enter__(self) -> Self:
        lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in PREFERENCES.items()]
        (self._folder / "user.js").write_text("\n".join(lines))
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [
                    self._program,
                    "--headless",
                    "--no-remote",
                    "--profile",
                    str(self._folder),
                    "--remote-debugging-port",
                    "0",
                ],
                stdout=log,
                stderr=subprocess.STDOUT,
                env=os.environ | {"HOME": str(self._folder)},
            )
        with self._open:
            self._open.callback(self._end)
            self._socket = self._open.enter_context(connect(self._address() + "/session", max_size=None))
            self._ask("session.new", capabilities={})
            self._ask("session.subscribe", events=["log.entryAdded"])
            self._page = self._ask("browsingContext.getTree")["contexts"][0]["context"]
            self._open = self._open.pop_all()  # all went well: it stays
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def _end(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)

    def _address(self) -> str:
        def told() -> str | None:
            assert self._process.poll() is None, (
                f"Firefox did not start: {self._log.read_text(errors='replace')[-2000:]}"
            )
            found = re.search(r"WebDriver BiDi listening on (ws://\S+)", self._log.read_text(errors="replace"))
            return found and found[1]

        wait_for(told, START_S)
        return str(told())

    def _ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        number = next(self._ids)
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            told = json.loads(self._socket.recv(30))
            if told.get("method") == "log.entryAdded" and told["params"]["level"] in ("error", "warn"):
                self.problems.append(str(told["params"]["text"]))
            if told.get("id") == number:
                assert told["type"] == "success", told
                result: dict[str, Any] = told["result"]
                return result

    def size(self, width: int, height: int) -> None:
        """Of the page, in CSS pixels."""
        self._ask("browsingContext.setViewport", context=self._page, viewport={"width": width, "height": height})

    def before(self, script: str) -> None:
        """Runs in every page of a server from now on, before its own program."""
        program = f"() => {{ if (location.protocol.startsWith('http')) {{ {script} }} }}"
        self._ask("script.addPreloadScript", functionDeclaration=program)

    def open(self, url: str) -> None:
        """Goes to an address."""
        self._ask("browsingContext.navigate", context=self._page, url=url, wait="complete")

    def ask(self, expression: str) -> Any:
        """What an expression is in the page, as JSON has it."""
        told = self._ask(
            "script.evaluate",
            expression=f"Promise.resolve({expression}).then(found => JSON.stringify(found))",
            target={"context": self._page},
            awaitPromise=True,
            userActivation=True,
        )
        assert told["type"] == "success", told
        text = told["result"].get("value")
        return None if text is None else json.loads(text)

    def until(self, expression: str, seconds: float = 20.0) -> None:
        """Waits until an expression is true."""
        wait_for(lambda: self.ask(expression), seconds)

    def press(self, selector: str) -> None:
        """Clicks the first element of a selector, as a person does."""
        self.until(f"document.querySelector({json.dumps(selector)}) !== null")
        box = self.ask(f"document.querySelector({json.dumps(selector)}).getBoundingClientRect().toJSON()")
        where = {"x": round(box["x"] + box["width"] / 2), "y": round(box["y"] + box["height"] / 2)}
        actions = [
            {"type": "pointerMove", **where},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]
        self._ask(
            "input.performActions", context=self._page, actions=[{"type": "pointer", "id": "m", "actions": actions}]
        )
