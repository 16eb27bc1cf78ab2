"""The browser's wire: text messages of a page to facts, and ours to text. Pure.

Audio is binary, PCM16 mono little-endian, and never comes through here. docs/browser.md has the protocol.
"""

import math
from dataclasses import dataclass

import orjson

from offhook.errors import RemoteProtocolError

LONGEST = 4096  # bytes of a text message
LONGEST_NAME = 256
DIGITS = frozenset("0123456789*#ABCD")

CLEAR = b'{"type":"clear"}'


@dataclass(slots=True)
class Resume:
    """The page comes back to a call: with the token it was given, and what it has."""

    token: str
    after: int = 0
    """The newest event that it was sent."""
    item: str | None = None
    """The item that it was playing when it was cut off, and how far it came."""
    ms: float = 0.0


@dataclass(slots=True)
class Heard:
    """The page has played `ms` of an item."""

    item: str
    ms: float


@dataclass(slots=True)
class Cleared:
    """The page stopped at a `clear`: in the middle of an item, or (None) with nothing to play."""

    item: str | None
    ms: float


@dataclass(slots=True)
class Dtmf:
    """A key was pressed."""

    digit: str


@dataclass(slots=True)
class HangUp:
    """The caller hangs up."""


Message = Resume | Heard | Cleared | Dtmf | HangUp


def parse(text: bytes) -> Message:
    """One text message. Raises RemoteProtocolError, whose sentence is for the page."""
    if len(text) > LONGEST:
        raise RemoteProtocolError(f"A message has at most {LONGEST} bytes.")
    try:
        told = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise RemoteProtocolError("A text message must be JSON.") from None
    if not isinstance(told, dict):
        raise RemoteProtocolError("A text message must be a JSON object.")
    match told.get("type"):
        case "heard":
            return Heard(_name(told, "item"), _ms(told))
        case "cleared":
            item = None if told.get("item") is None else _name(told, "item")
            return Cleared(item, 0.0 if item is None else _ms(told))
        case "dtmf":
            digit = told.get("digit")
            if not isinstance(digit, str) or digit not in DIGITS:
                raise RemoteProtocolError("`digit` must be one of 0 to 9, *, #, A to D.")
            return Dtmf(digit)
        case "resume":
            after = told.get("after", 0)
            if not isinstance(after, int) or not 0 <= after < 10**15:
                raise RemoteProtocolError("`after` must be the number of the last event that was received.")
            item = None if told.get("item") is None else _name(told, "item")
            return Resume(_name(told, "token"), int(after), item, 0.0 if item is None else _ms(told))
        case "hangup":
            return HangUp()
        case _:
            raise RemoteProtocolError("`type` must be heard, cleared, dtmf, hangup, or (first) resume.")


def _name(told: dict[str, object], field: str) -> str:
    value = told.get(field)
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_NAME:
        raise RemoteProtocolError(f"`{field}` must be a text of 1 to {LONGEST_NAME} characters.")
    return value


def _ms(told: dict[str, object]) -> float:
    value = told.get("ms")
    if isinstance(value, bool) or not isinstance(value, int | float) or not (value >= 0 and math.isfinite(value)):
        raise RemoteProtocolError("`ms` must be milliseconds, not below 0.")
    return float(value)


def joined(call_id: str, token: str, rate: int) -> bytes:
    """The page carries this call; with the token it may come back to it once, should it be cut off."""
    return orjson.dumps({"type": "joined", "call_id": call_id, "token": token, "rate": rate})


def item(name: str, ms: float) -> bytes:
    """The audio that follows is of this item, from `ms` of it."""
    return orjson.dumps({"type": "item", "item": name, "ms": ms})


def problem(sentence: str) -> bytes:
    """A message of the page's was none."""
    return orjson.dumps({"type": "problem", "detail": sentence})
