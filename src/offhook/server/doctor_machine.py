"""What the doctor looks at in this process and on this machine: Python, settings, folders, limits."""

import difflib
import importlib.util
import os
import platform
import stat
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from dotenv import dotenv_values
from pydantic_settings import SettingsConfigDict

from offhook.errors import ConfigError
from offhook.server.finding import Finding, missing, note, ok, wrong
from offhook.server.head import is_loopback_address
from offhook.server.simulator_account import FILE, data_folder, simulator_account
from offhook.settings import Settings, without_secrets

ALIKE = 0.85
ROUGHLY_ALIKE = {"TWILIO_": 0.7, "OFFHOOK_": 0.75}
"""What begins so is meant for us, so that a rough likeness is enough."""
DESCRIPTORS_PER_CALL, DESCRIPTORS_BESIDE = 2, 100  # a media socket and a webhook's; workers, logs, idle connections


class _WithoutFile(Settings):
    """The settings where .env cannot be read."""

    model_config = SettingsConfigDict(env_file=None)


def python(version: tuple[int, int] = sys.version_info[:2]) -> Finding:
    """Whether this Python will do."""
    running = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}."
    if version < (3, 11):
        return wrong("Python", f"{running} offhook needs 3.11 or newer: install one and set up again.")
    return ok("Python", running)


def settings(folder: Path) -> tuple[Settings, list[Finding]]:
    """The settings as far as they are good, with a finding for .env and one for each bad value."""
    file = folder / ".env"
    if not file.exists():
        findings = [note(".env", f"There is none in {folder}: settings come from the environment alone.")]
    else:
        findings = []
    ignored: list[str] = []
    kind = Settings
    while True:
        try:
            loaded = kind.load(ignored=ignored)
        except ConfigError as error:
            name = str(error).split(" ", 1)[0]
            if name.lower() in Settings.model_fields and name.lower() not in ignored:
                findings.append(wrong(name, str(error)))
                ignored.append(name.lower())
            elif kind is Settings:
                findings.insert(0, wrong(".env", str(error)))
                kind = _WithoutFile
            else:
                raise
        else:
            break
    if file.exists() and kind is Settings:
        known = [name for name in _names_in(file) if name.lower() in Settings.model_fields]
        told = "1 setting" if len(known) == 1 else f"{len(known)} settings"
        findings.insert(0, ok(".env", f"{told} read from {file}."))
    return loaded, findings


def _names_in(file: Path) -> list[str]:
    try:
        return list(dotenv_values(file)) if file.is_file() else []
    except (OSError, UnicodeDecodeError):
        return []


def misspelt(folder: Path, environment: Mapping[str, str] | None = None) -> list[Finding]:
    """Variables that look like a setting's name and are none."""
    names = dict.fromkeys(os.environ if environment is None else environment, "the environment")
    names |= dict.fromkeys(_names_in(folder / ".env"), ".env")
    return [
        note(name, f"This variable of {where} is no setting: did you mean {meant}?")
        for name, where in sorted(names.items())
        if (meant := _meant(name.upper()))
    ]


def _meant(name: str) -> str | None:
    known = [field.upper() for field in Settings.model_fields]
    if name in known:
        return None
    cutoff = ROUGHLY_ALIKE.get(name.partition("_")[0] + "_", ALIKE)
    return next(iter(difflib.get_close_matches(name, known, 1, cutoff)), None)


def data(settings: Settings) -> list[Finding]:
    """The folder for state: whether it can be written to, and by whom it can be read. Makes nothing."""
    finding = _data(data_folder(settings.offhook_data))
    return [replace(finding, sentence=without_secrets(finding.sentence))]


def _data(folder: Path) -> Finding:
    name = "OFFHOOK_DATA"
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    if not existing.is_dir():
        return wrong(name, f"{existing} is no folder: set OFFHOOK_DATA to a folder you may write to.")
    if not os.access(existing, os.W_OK | os.X_OK):
        return wrong(name, f"{existing} may not be written to: set OFFHOOK_DATA to a folder you may write to.")
    if existing != folder:
        return ok(name, f"{folder} will be made when it is needed.")
    account = folder / FILE
    if not account.exists():
        return ok(name, f"{folder} can be written to.")
    try:
        simulator_account(folder)
    except ConfigError as error:
        return wrong(name, str(error))
    if os.name == "posix" and account.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        return wrong(name, f"Others may read {account}, which signs calls: run chmod 600 on it.")
    return ok(name, f"{folder} can be written to, and the simulator's account in it is its owner's alone.")


def loop() -> Finding:
    """Whether the fast event loop is there."""
    if importlib.util.find_spec("uvloop"):
        return ok("uvloop", "The fast event loop is installed.")
    return missing("uvloop", "The fast event loop is not installed: calls work, at about twice the cost.")


def descriptors(settings: Settings, most: int | None = None) -> Finding:
    """Whether as many calls as are allowed have the descriptors they need."""
    name = "LIMIT_CONCURRENCY"
    limit = settings.limit_concurrency
    most = _most_descriptors() if most is None else most
    room = None if most is None else max(0, (most - DESCRIPTORS_BESIDE) // DESCRIPTORS_PER_CALL)
    if limit is None:
        told = (
            "as many calls as come" if room is None else f"calls as they come; descriptors are enough for about {room}"
        )
        return note(name, f"Not set: the server takes {told}.")
    if room is not None and room < limit:
        return wrong(
            name,
            f"{limit} calls need about {limit * DESCRIPTORS_PER_CALL + DESCRIPTORS_BESIDE} descriptors, and a process may "
            f"have {most}: raise the hard limit (ulimit -Hn, LimitNOFILE=) or lower LIMIT_CONCURRENCY.",
        )
    return ok(name, f"{limit} calls at once; descriptors are enough.")


def _most_descriptors() -> int | None:
    """The hard limit, which the server raises its own to; None if there is none."""
    try:
        import resource
    except ImportError:  # not on Windows
        return None
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return None if hard == resource.RLIM_INFINITY else hard


def access(settings: Settings) -> Finding:
    """Who may open the page and the API."""
    name = "OFFHOOK_TOKEN"
    if settings.offhook_token:
        return ok(name, "Set: it opens the page and the API.")
    if is_loopback_address(settings.host) and not settings.public_url:
        return note(name, "Not set: outside the demo the page and the API stay closed.")
    return missing(
        name,
        "Not set, so the page and the API stay closed: set it to a long random text, such as that of `openssl rand -hex 32`.",
    )
