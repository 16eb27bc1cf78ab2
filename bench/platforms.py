"""Whether every pinned requirement has a wheel, by hash, on the platforms we promise. Run by `make platforms`.

    python -m bench.platforms

Nothing is installed: uv resolves the lock files as each platform and each Python would. Exits with 1 if something is
missing, and says what.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
LOCKS = ("requirements.lock", "requirements-test.lock", "requirements-check.lock")
PLATFORMS = {
    "Linux x86_64": "x86_64-manylinux_2_28",
    "Linux aarch64": "aarch64-manylinux_2_28",
    "macOS arm64": "aarch64-apple-darwin",
    "macOS x86_64": "x86_64-apple-darwin",
}
PYTHONS = ("3.11", "3.12", "3.13")


def problem(lock: Path, platform: str, python: str) -> str | None:
    """What keeps a lock file from being installed from wheels alone; None if nothing does."""
    with tempfile.TemporaryDirectory() as nowhere:
        done = subprocess.run(
            [
                sys.executable, "-m", "uv", "pip", "install", "--dry-run", "--quiet", "--target", nowhere,
                "--python-platform", platform, "--python-version", python,
                "--only-binary", ":all:", "--require-hashes", "-r", str(lock),
            ],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    return told(done.stderr) if done.returncode else None


def told(output: str) -> str:
    """uv's reason in one line."""
    cause = re.search(r"Because ([^,]*?)(?: and you require|,|$)", re.sub(r"\s+", " ", output.replace("╰─▶", "")))
    return cause[1] if cause else " ".join(output.split()) or "uv failed and said nothing"


def main() -> int:
    """Prints a line for each platform and Python; 1 if something is missing."""
    bad = 0
    for name, platform in PLATFORMS.items():
        for python in PYTHONS:
            found = [f"{lock}: {what}" for lock in LOCKS if (what := problem(ROOT / lock, platform, python))]
            bad += bool(found)
            print(f"{name:14} Python {python}   {'; '.join(found) or 'every wheel is there'}", flush=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
