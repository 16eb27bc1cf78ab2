"""Numbers that nobody may keep: found in what is said, and taken out of every event before it leaves the call. Pure.

`cards` are card numbers (the lengths and first digits that issuers use, with a checksum that holds), `phones` are
telephone numbers that exist where the call is, `keys` is whatever is keyed in. Prices, times, dates and order numbers
stay.
"""

import re
from collections import deque
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import orjson

from offhook.core import events as e
from offhook.core.digits import BREAK, Run, runs
from offhook.core.keypad import HIDDEN

KINDS = ("cards", "phones", "keys")
CARD, PHONE = "[card number]", "[phone number]"

_ISSUERS = re.compile(
    r"4(\d{12}|\d{15}|\d{18})|(5[1-5]|2[2-7])\d{14}|3[47]\d{13}|3[0689]\d{12}|35\d{14,17}|6\d{15,18}|5[068]\d{11,17}"
)
_DATE = re.compile(r"(19|20)\d\d-\d\d-\d\d|\d\d?[./-]\d\d?[./-](19|20)\d\d")
_MONEY_BEFORE = re.compile(r"[$€£¥]\s?$")
_MONEY_AFTER = re.compile(r"\s?(%|[$€£¥]|dollars?|euros?|pounds|cents|percent|people)\b|\s?[$€£¥%]", re.IGNORECASE)
_ORDER_BEFORE = re.compile(
    r"\b(order|booking|reference|confirmation|invoice|ticket|tracking|article|serial)\b[\w\s#:]{0,16}$", re.IGNORECASE
)
_KEYS = re.compile(r"\(keys [^)]*\)")
NORTH_AMERICAN = "1"
NEIGHBOURS = 3
"""Turns of one side that a number may be spread over."""
_NOT_SAID = {
    "item", "id", "name", "role", "state", "status", "model", "result", "reason", "url", "digit", "backend", "turns",
    "sid", "account_sid", "direction", "caller", "called", "agent", "amd",
}  # fmt: skip
"""Text fields of events that are names, not words. Who calls whom is what a call is found by."""
_NOTED = {"data", "variables", "memory"}
"""Fields that hold values of any kind."""
_Found = tuple[int, int, str]


def is_card(digits: str) -> bool:
    """Whether these can be the digits of a card."""
    return bool(_ISSUERS.fullmatch(digits)) and _checksum(digits) == 0


def _checksum(digits: str) -> int:
    """Luhn's, ISO/IEC 7812-1 annex B."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10


class Redactor:
    """The rules of one call. Remembers the newest turns of each side, since a number may be said in pieces."""

    def __init__(self, kinds: Iterable[str], regions: Iterable[str] = ()) -> None:
        """`regions`: where telephone numbers are at home, as ISO 3166 codes."""
        self.kinds, self._regions = frozenset(kinds), tuple(regions)
        self._turns: dict[str, deque[e.TurnKept]] = {}
        self._told: dict[int, str] = {}

    def text(self, text: str) -> str:
        """A text without the numbers."""
        return _without(text, self._find(text))

    def event(self, event: e.Event) -> tuple[list[e.Event], list[e.TurnKept]]:
        """An event as it may be told, with earlier turns that are to be told anew; and the turns in which a number was spoken."""
        if not self.kinds:
            return [event], []
        if isinstance(event, e.TurnKept):
            return self._turn(event)
        if isinstance(event, e.KeyPressed):
            return [e.KeyPressed(HIDDEN) if "keys" in self.kinds else event], []
        changed: dict[str, Any] = {
            name: self._json(value) if name in ("arguments", "output") else self.text(value)
            for name in event.__dataclass_fields__
            if name not in _NOT_SAID and isinstance(value := getattr(event, name), str)
        }
        changed |= {name: self._value(getattr(event, name)) for name in event.__dataclass_fields__ if name in _NOTED}
        return [replace(event, **changed) if changed else event], []

    # ------------------------------------------------------------------------------------------ turns

    def _turn(self, turn: e.TurnKept) -> tuple[list[e.Event], list[e.TurnKept]]:
        near = self._turns.setdefault(turn.role, deque(maxlen=NEIGHBOURS))
        if known := [at for at, other in enumerate(near) if other.turn == turn.turn]:
            near[known[0]] = turn
        elif near and turn.turn < near[0].turn:
            near = deque([turn])  # an old one, told better
        else:
            near.append(turn)
        told: list[e.Event] = []
        held: list[e.TurnKept] = []
        # A number may have been cut in the middle, too.
        texts = self._texts([text for each in near for text in (each.text, each.unheard)])
        for each, text, unheard in zip(near, texts[::2], texts[1::2], strict=True):
            better = replace(each, text=text, unheard=unheard)
            if each.turn == turn.turn or (better != each and self._told.get(each.turn) != text):
                told.append(better)
                if CARD in text + unheard or PHONE in text + unheard:
                    held.append(each)
            self._told[each.turn] = text
        return told, held

    def _texts(self, texts: list[str]) -> list[str]:
        """Texts that follow one another, without the numbers: a number may begin in one and end in the next."""
        joined, found = BREAK.join(texts), []
        found = self._find(joined)
        redacted, at = [], 0
        for text in texts:
            end = at + len(text)
            here = [(max(at, b) - at, min(end, f) - at, to) for b, f, to in found if b < end and f > at]
            redacted.append(_without(text, here))
            at = end + 1
        return redacted

    # ------------------------------------------------------------------------------------------ numbers

    def _find(self, text: str) -> list[_Found]:
        found: list[_Found] = []
        if "keys" in self.kinds:
            found += [(each.start(), each.end(), "(keys)") for each in _KEYS.finditer(text)]
        for run in runs(text) if self.kinds & {"cards", "phones"} else ():
            size = len(run.digits)
            if "cards" in self.kinds and size >= 13 and _has_card(run):
                found.append((run.begin, run.end, CARD))
            elif "phones" in self.kinds and 7 <= size <= 16 and self._is_phone(text, run):
                found.append((run.begin, run.end, PHONE))
        return found

    def _is_phone(self, text: str, run: Run) -> bool:
        if run.plus or (run.digits[:2] == "00" and run.digits[2] != "0"):
            return len(run.digits) >= 8
        if _MONEY_BEFORE.search(text[: run.begin]) or _MONEY_AFTER.match(text, run.end):
            return False
        if _ORDER_BEFORE.search(text[: run.begin]):
            return False
        if _DATE.fullmatch(text[run.begin : run.end]):
            return False
        spoken_oh = text[run.begin : run.begin + 2].lower() == "oh"
        return any(
            _is_at_home(digits, region)
            for region in self._regions
            for digits in (run.digits, *((run.digits[1:],) if spoken_oh else ()))
        )

    def _json(self, text: str) -> str:
        """As `text`, in what may be JSON: a number becomes a text, so that it is JSON still."""
        try:
            told = orjson.loads(text)
        except orjson.JSONDecodeError:
            return self.text(text)
        redacted = self._value(told)
        return text if redacted == told else orjson.dumps(redacted).decode()

    def _value(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list | tuple):
            return [self._value(each) for each in value]
        if isinstance(value, dict):
            return {self._value(name): self._value(each) for name, each in value.items()}
        if value is None or isinstance(value, bool):
            return value
        written = str(value) if isinstance(value, int | float) else repr(value)  # as the journal writes what is no JSON
        redacted = self.text(written)
        return value if redacted == written else redacted


def _has_card(run: Run) -> bool:
    """Whether some tokens of a run, one after another, are a card's number; its date and code may follow."""
    for first in range(len(run.tokens)):
        digits = ""
        for token in run.tokens[first:]:
            digits += token.digits
            if len(digits) > 19:
                break
            if len(digits) >= 13 and is_card(digits):
                return True
    return False


def _is_at_home(digits: str, region: str) -> bool:
    """Whether these are dialled so in a region: with the national prefix, where numbers have one there."""
    import phonenumbers  # the tables of all countries, which only those who redact need

    prefix = phonenumbers.ndd_prefix_for_region(region, True)
    if prefix == NORTH_AMERICAN:  # left out as a rule
        if len(digits) not in (10, 11) or (len(digits) == 11) != digits.startswith(prefix):
            return False
    elif prefix and not digits.startswith(prefix):
        return False
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(digits, region))
    except phonenumbers.NumberParseException:
        return False


def _without(text: str, found: list[_Found]) -> str:
    for begin, end, instead in sorted(found, reverse=True):
        text = text[:begin] + instead + text[end:]
    return text


def regions_of(language: str, *numbers: str) -> tuple[str, ...]:
    """Where telephone numbers of a call are at home: where its language is spoken, and where its own numbers are."""
    import phonenumbers

    _, _, region = language.rpartition("-")
    found = [region.upper()] if len(region) == 2 and "-" in language else []
    for number in numbers:
        if number.startswith("+"):
            try:
                found.append(phonenumbers.region_code_for_number(phonenumbers.parse(number)) or "")
            except phonenumbers.NumberParseException:
                continue
    return tuple(dict.fromkeys(each for each in found if each))
