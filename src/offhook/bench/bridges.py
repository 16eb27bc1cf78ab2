"""What is measured: the bridges of the bench, and the command that starts each."""

import contextlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from offhook.errors import ConfigError

RELAY_C = Path(__file__).with_name("relay.c")
NAMES = ("relay", "sample", "offhook")
UNKEPT = "unkept"
"""Measured when it is asked for: offhook without its journal."""


@dataclass(frozen=True, slots=True)
class Bridge:
    """One way to join the two sockets of a call."""

    name: str
    title: str
    command: tuple[str, ...]
    """To be followed by the model's port."""
    webhook: bool
    """The call begins at a signed webhook; else with the stream."""


def compiler() -> str | None:
    """The C compiler of this machine, if it has one."""
    return shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")


def compile_relay(cc: str, folder: Path) -> Path:
    """The relay in C, compiled into a folder. Raises ConfigError with what the compiler says."""
    program = folder / "relay"
    done = subprocess.run(
        [cc, "-O2", "-o", program, RELAY_C], check=False, capture_output=True, text=True, timeout=60.0
    )
    if done.returncode:
        raise ConfigError(f"{cc} cannot compile {RELAY_C}: {(done.stderr.splitlines() or ['no reason given'])[0]}")
    return program


@contextlib.contextmanager
def bridges(names: tuple[str, ...] = NAMES) -> Iterator[list[Bridge]]:
    """The bridges of these names, ready to be started within the block; the relay in C where there is a compiler."""
    with TemporaryDirectory(prefix="offhook-bench-") as folder:
        made = []
        for name in names:
            if name == "relay" and (cc := compiler()):
                made.append(Bridge("relay", "bare relay in C", (str(compile_relay(cc, Path(folder))),), False))
            elif name == "relay":
                made.append(Bridge("relay", "bare relay in Python", _python("relay"), False))
            elif name == "sample":
                made.append(Bridge("sample", "sample pattern", _python("sample"), True))
            elif name == UNKEPT:
                made.append(Bridge(UNKEPT, "offhook, nothing kept", (*_python("product"), "--unkept"), True))
            else:
                made.append(Bridge("offhook", "offhook", _python("product"), True))
        yield made


def _python(module: str) -> tuple[str, ...]:
    return (sys.executable, "-m", f"offhook.bench.{module}")
