"""What a check of `offhook doctor` found."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How it stands with what was looked at."""

    OK = "ok"
    NOTE = "note"
    """Works, and is worth knowing."""
    MISSING = "missing"
    """Not there, and nothing says that it should be; the sentence says when it is needed."""
    WRONG = "wrong"
    """Configured, and does not work."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's."""

    name: str
    """What was looked at: a setting, or a part."""
    state: State
    sentence: str
    """How it stands, and what mends it. Never a secret's value."""


def ok(name: str, sentence: str) -> Finding:
    """It works."""
    return Finding(name, State.OK, sentence)


def note(name: str, sentence: str) -> Finding:
    """It works, with something to know."""
    return Finding(name, State.NOTE, sentence)


def missing(name: str, sentence: str) -> Finding:
    """It is not there."""
    return Finding(name, State.MISSING, sentence)


def wrong(name: str, sentence: str) -> Finding:
    """It is configured and does not work."""
    return Finding(name, State.WRONG, sentence)
