"""Whether every pinned requirement has a wheel, by hash, on the platforms we promise. Run by `make platforms`.

    python -m bench.platforms

Nothing is installed: uv resolves the lock files as each platform and each Python would. Exits with 1 if something is
missing, and says what.
"""

import re
import subprocess
import sys
import tempfile
from collections.abc import Collection
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
FROM_SOURCE = {"3.12": ("pocketsphinx",)}
"""What is known to have no wheel for a Python: pip builds it, for which a C compiler is needed (docs/operations.md)."""


def problem(lock: str, platform: str, python: str) -> str | None:
    """What keeps the requirements of a lock file's text from being installed from wheels alone; None if nothing does."""
    with tempfile.TemporaryDirectory() as nowhere:
        requirements = Path(nowhere, "requirements.txt")
        requirements.write_text(lock)
        done = subprocess.run(
            [
                sys.executable, "-m", "uv", "pip", "install", "--dry-run", "--quiet", "--target", f"{nowhere}/target",
                "--python-platform", platform, "--python-version", python,
                "--only-binary", ":all:", "--require-hashes", "-r", str(requirements),
            ],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    return told(done.stderr) if done.returncode else None


def without(lock: str, packages: Collection[str]) -> str:
    """A lock file's text without the entries of some packages."""
    entries = re.split(r"^(?=[a-z0-9])", lock, flags=re.MULTILINE)
    return "".join(entry for entry in entries if entry.split("==")[0] not in packages)


def told(output: str) -> str:
    """uv's reason in one line."""
    cause = re.search(r"Because ([^,]*?)(?: and you require|,|$)", re.sub(r"\s+", " ", output.replace("╰─▶", "")))
    return cause[1] if cause else " ".join(output.split()) or "uv failed and said nothing"


def main() -> int:
    """Prints a line for each platform and Python; 1 if something is missing."""
    bad = 0
    for name, platform in PLATFORMS.items():
        for python in PYTHONS:
            from_source = FROM_SOURCE.get(python, ())
            locks = {lock: without((ROOT / lock).read_text(), from_source) for lock in LOCKS}
            found = [f"{lock}: {what}" for lock, text in locks.items() if (what := problem(text, platform, python))]
            bad += bool(found)
            built = f", but {', '.join(from_source)} is built from source" if from_source else ""
            print(f"{name:14} Python {python}   {'; '.join(found) or 'every wheel is there' + built}", flush=True)
    for python, packages in FROM_SOURCE.items():
        lock = (ROOT / LOCKS[0]).read_text()
        if not problem(lock, PLATFORMS["Linux x86_64"], python):
            bad += 1
            print(f"Python {python} has wheels of {', '.join(packages)} now: take it out of FROM_SOURCE.")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
