"""The simulator account: stands in for Twilio's where there is none, so that the demo is signed like the real road."""

import json
import os
import re
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from offhook.errors import ConfigError
from offhook.settings import without_secrets

FILE = "simulator.json"


@dataclass(frozen=True, slots=True)
class SimulatorAccount:
    """An account SID and auth token of our own making."""

    account_sid: str
    auth_token: str = field(repr=False)


def data_folder(told: Path | None) -> Path:
    """OFFHOOK_DATA, or `offhook` in the user's data folder (XDG Base Directory Specification)."""
    if told is not None:
        return told.expanduser()
    base = os.environ.get("XDG_DATA_HOME", "")
    return (Path(base) if Path(base).is_absolute() else Path.home() / ".local" / "share") / "offhook"


def simulator_account(folder: Path) -> SimulatorAccount:
    """The account kept in `folder`, made there the first time, readable by its owner only. Raises ConfigError."""
    path = folder / FILE
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            _make(path)
        return _read(path)
    except OSError as error:
        raise ConfigError(
            f"{without_secrets(str(path))} cannot be used ({error.strerror}); set OFFHOOK_DATA to a folder you may write to."
        ) from error


def _make(path: Path) -> None:
    account = {"account_sid": "AC" + secrets.token_hex(16), "auth_token": secrets.token_hex(16)}
    # Written aside and linked into place: of two servers that start at once the second takes what the first made, and
    # no reader sees half a file.
    aside = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            json.dump(account, file)
        try:
            os.link(aside, path)
        except FileExistsError:
            pass
    finally:
        aside.unlink()


def _read(path: Path) -> SimulatorAccount:
    try:
        kept = json.loads(path.read_text())
        account = SimulatorAccount(kept["account_sid"], kept["auth_token"])
    except (ValueError, KeyError, TypeError):
        account = SimulatorAccount("", "")
    if (
        not re.fullmatch(r"AC[0-9a-f]{32}", str(account.account_sid))
        or not isinstance(account.auth_token, str)
        or len(account.auth_token) < 16
    ):
        raise ConfigError(f"{without_secrets(str(path))} is not a simulator account; delete it and start again.")
    return account
