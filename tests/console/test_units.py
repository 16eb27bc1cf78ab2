"""The console's own checks: its types, and the tests of its pure parts, by the Node that is in the wheel or on the machine."""

import subprocess

import pytest

from tests.chromium import npm
from tests.console.desk import ROOT

CONSOLE = ROOT / "console"


@pytest.mark.timeout(120)
@pytest.mark.parametrize("script", ["check", "test"])
def test_the_consoles_own_checks_pass(script):
    command, env = npm()
    if not command[0]:
        pytest.skip("there is no Node: run make test, which installs one from a wheel")
    if not (CONSOLE / "node_modules" / "vitest").is_dir():
        pytest.skip("the console's packages are not installed: run npm ci in console/, or make install")
    done = subprocess.run(
        [*command, "run", "--silent", script], cwd=CONSOLE, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


def test_a_lock_file_names_no_host():
    for lock in (CONSOLE / "package-lock.json", ROOT / "tests" / "chromium" / "package-lock.json"):
        assert '"resolved"' not in lock.read_text(), lock
        assert "omit-lockfile-registry-resolved=true" in lock.with_name(".npmrc").read_text()
