"""What is kept of a call. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Keeping:
    """What may be kept of the calls of an agent."""

    record: bool = False
    redact: frozenset[str] = frozenset()
    """Kinds of numbers that are kept nowhere: see core/redact.py."""
    language: str = "en-US"
    """Its region is where telephone numbers are at home."""


def keeping_of(leg: object) -> Keeping:
    """What the agent behind a leg wants kept; a leg that says nothing of it has nothing kept."""
    found = getattr(leg, "keeping", None)
    return found if isinstance(found, Keeping) else Keeping()
