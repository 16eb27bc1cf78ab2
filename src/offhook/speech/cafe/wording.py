"""How numbers, money, times, dates and lists are said: words only, for a synthesizer reads no symbols well."""

import re
from collections.abc import Iterable
from datetime import date

_UP_TO_NINETEEN = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_ORDINALS = {"one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth",
             "twelve": "twelfth", "twenty": "twentieth", "thirty": "thirtieth"}  # fmt: skip
_QUARTERS = {15: "quarter past", 30: "half past", 45: "quarter to"}


def number(count: int) -> str:
    """26 is "twenty six". Whole numbers from 0 to 9999; others are left as digits."""
    if not 0 <= count <= 9999:
        return str(count)
    if count < 20:
        return _UP_TO_NINETEEN[count]
    for unit, name in ((1000, " thousand"), (100, " hundred")):
        if count >= unit:
            rest = f" {number(count % unit)}" if count % unit else ""
            return number(count // unit) + name + rest
    return _TENS[count // 10] + (f" {_UP_TO_NINETEEN[count % 10]}" if count % 10 else "")


def ordinal(count: int) -> str:
    """26 is "twenty sixth"."""
    *before, last = number(count).split()
    return " ".join((*before, _ORDINALS.get(last, last + "th")))


def money(cents: int) -> str:
    """450 is "four euros fifty"."""
    euros, rest = divmod(cents, 100)
    if not euros:
        return "one cent" if rest == 1 else f"{number(rest)} cents"
    whole = "one euro" if euros == 1 else f"{number(euros)} euros"
    return f"{whole} {number(rest)}" if rest else whole


def clock(time: str) -> str:
    """ "13:30" is "half past one"; the half of the day is left to the listener. Anything else is left as it is."""
    if not re.fullmatch(r"\d\d?:\d\d", time):
        return time
    hour, minute = (int(part) for part in time.split(":"))
    if (hour, minute) == (12, 0):
        return "noon"
    said = number((hour + (minute == 45) - 1) % 12 + 1)
    if not minute:
        return said
    if quarter := _QUARTERS.get(minute):
        return f"{quarter} {said}"
    return f"{said} {'oh ' if minute < 10 else ''}{number(minute)}"


def day(iso: str) -> str:
    """ "2025-11-26" is "Wednesday the twenty sixth of November". Anything else is left as it is."""
    try:
        when = date.fromisoformat(iso)
    except ValueError:
        return iso
    return f"{when:%A} the {ordinal(when.day)} of {when:%B}"


def weekday(iso: str) -> str:
    """ "2025-11-26" is "Wednesday". Anything else is left as it is."""
    return day(iso).partition(" the ")[0]


def days(name: str) -> str:
    """ "monday to friday" with its capitals, and as it is said after "open": "today", "on Saturday"."""
    if name in ("today", "tomorrow"):
        return name
    capitals = " ".join(word.title() if word.endswith("day") else word for word in name.split())
    return capitals if " to " in capitals else f"on {capitals}"


def one(thing: str) -> str:
    """A thing with its article: "an espresso", "an eight ounce latte"."""
    return ("an " if thing[:1] in "aeio" else "a ") + thing


def listing(things: Iterable[str]) -> str:
    """a, b and c."""
    *before, last = things
    return f"{', '.join(before)} and {last}" if before else last


def sentence(text: str) -> str:
    """With a capital at the beginning and a full stop at the end, unless it has an end."""
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def plain(told: object) -> str:
    """What a tool told, of whatever shape, as one sentence: {"open": 9, "till": 17} is "Open 9, till 17."."""
    return sentence(_flat(told) or "done")


def _flat(told: object) -> str:
    match told:
        case dict():
            return ", ".join(f"{str(key).replace('_', ' ')} {_flat(value)}" for key, value in told.items())
        case list():
            return ", ".join(map(_flat, told))
        case bool():
            return "yes" if told else "no"
        case None:
            return "nothing"
    return str(told)
