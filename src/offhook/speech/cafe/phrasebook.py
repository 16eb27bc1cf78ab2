"""What callers of the café mean: words in, an intent and its slots out. What can be said is in sayable.py.

Rules, not statistics: `understand` also makes sense of words that the grammar does not hold, as far as its rules reach.
"""

import re
from dataclasses import dataclass
from typing import Literal

from offhook.speech.cafe.sayable import GRAMMAR

__all__ = ["DRINKS", "GRAMMAR", "Intent", "Meaning", "understand"]

Intent = Literal[
    "hello", "goodbye", "yes", "no", "repeat", "help", "hours", "address", "menu", "price", "order", "change", "remove",
    "cancel", "basket", "done", "book", "detail", "person", "unknown",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a caller wants, with the slots that were named.

    - order, change: drink, size, shots, roast, milk, sugar, in the caller's own words ("a bit of soy milk"). What is
      declined keeps its "no": milk "no milk", sugar "no sugar". Food is a drink too.
    - price: drink, and size if named; without a drink it asks for the price of the whole order.
    - remove: drink, or nothing for what was named last.
    - hours: day. menu: kind (coffee, tea, cold, food).
    - book, detail: people ("4"), day ("today", "tomorrow", "saturday"), time ("19:00").
    """

    intent: Intent
    slots: dict[str, str]


DRINKS = (
    "iced coffee", "house coffee", "drip coffee", "iced mocha", "americano", "cappuccino", "espresso", "latte", "mocha",
    "coffee", "black tea", "green tea", "mint tea", "camomile tea", "tea", "hot chocolate", "lemonade", "apple juice",
    "butter croissant", "croissant", "cheese sandwich", "tomato soup", "carrot cake",
)  # fmt: skip
"""All that can be ordered."""

_AMOUNT = r"(?:(?:a little bit of|a bit of|some|a lot of|lots of) )?"
_SLOTS = {
    "milk": rf"{_AMOUNT}(?:(?:skim|whole|soy|almond|oat) milk|milk|cream)",
    "sugar": rf"{_AMOUNT}(?:brown sugar|sugar|sweetener)|one sugar|(?:two|three) sugars",
    "shots": "(?:single|double|triple) shot",
    "roast": "(?:light|medium|dark) roast",
    "drink": "|".join(DRINKS),
    "size": "small|medium|large|(?:eight|twelve|sixteen|twenty) ounce",
}
"""Taken in this order: a "medium roast" is no size, and "a lot of" belongs to what follows."""
_PATTERNS = {slot: re.compile(rf"\b(?:{pattern})\b") for slot, pattern in _SLOTS.items()}
_WITHOUT = re.compile(r"\b(?:no|without)(?: any)? (milk|cream|sugar|sweetener)\b")

_HOURS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_NUMBERS = {word: number for number, word in enumerate(_HOURS, 1)}
_MINUTES = {"fifteen": 15, "thirty": 30, "forty five": 45}
_NUMBER = "|".join(_HOURS)
_HALF = re.compile(r"\b(?:(a\.m\.|in the morning)|p\.m\.|in the (?:afternoon|evening))")
_CLOCK = (  # (pattern of hour and minutes, minutes to add)
    (re.compile(rf"\bhalf past (?P<hour>{_NUMBER})\b"), 30),
    (re.compile(rf"\bquarter past (?P<hour>{_NUMBER})\b"), 15),
    (re.compile(rf"\bquarter to (?P<hour>{_NUMBER})\b"), -15),
    (re.compile(rf"\b(?P<hour>{_NUMBER}) (?P<minutes>fifteen|thirty|forty five)\b"), 0),
    (re.compile(rf"\b(?P<hour>{_NUMBER})(?= (?:o'clock|a\.m\.|p\.m\.|in the))"), 0),
    (re.compile(rf"\bat (?P<hour>{_NUMBER})\b"), 0),
)
_PEOPLE = (
    re.compile(rf"\bfor (?P<people>{_NUMBER})\b(?! (?:o'clock|a\.m\.|p\.m\.|in the|fifteen|thirty|forty))"),
    re.compile(rf"\b(?P<people>{_NUMBER}) (?:people|persons?|of us)\b"),
)
_BARE = re.compile(rf"(?P<number>{_NUMBER})")
_DAY = re.compile(r"\b(today|tonight|tomorrow|weekend|(?:mon|tues|wednes|thurs|fri|satur|sun)day)\b")
_KIND = {
    "coffee": re.compile(r"\bcoffees?\b"),
    "tea": re.compile(r"\bteas?\b"),
    "cold": re.compile(r"\bcold\b"),
    "food": re.compile(r"\b(?:food|eat|cakes?)\b"),
}

_OPENING = re.compile(
    r"(?:(?P<yes>(?:yes |yeah )?that's (?:right|correct)|yes|yeah|yep|sure|okay|correct)"
    r"|(?P<no>(?:no )?that's (?:wrong|not right)|nope|no(?! (?:milk|cream|sugar|sweetener)))"
    r"|(?P<hello>hello|hi|good (?:morning|afternoon|evening))|um|uh)\b *"
)
_CLOSING = re.compile(r" *\b(?:please|thank you(?: very much)?|thanks)$")
_BYE = re.compile(r"\b(?:goodbye|bye)\b")

_RULES: tuple[tuple[Intent, re.Pattern[str]], ...] = (
    ("person", re.compile(r"\b(?:(?<!one )person|human|someone|somebody)\b")),
    ("repeat", re.compile(r"\b(?:repeat that|say that again|pardon|did you say|once more)\b")),
    ("basket", re.compile(r"\bwhat(?:'s| is| have| did).*\border(?:ed)?\b|\b(?:read|repeat)\b.*\bmy order\b")),
    ("price", re.compile(r"\bhow much\b|\bcosts?\b|\bprice of\b")),
    ("hours", re.compile(r"\b(?:hours|times|open|close)\b")),
    ("address", re.compile(r"\b(?:address|where|get there|find you)\b")),
    ("menu", re.compile(r"\b(?:menu|prices|do you (?:have|sell|serve)|can i (?:have|get|order|eat|drink)$)")),
    ("help", re.compile(r"\bhelp\b|\bwhat can (?:i|you)\b")),
    ("book", re.compile(r"\b(?:table|book|reserve|reservation)\b")),
    ("cancel", re.compile(r"\bcancel (?:my|the) order\b|\b(?:cancel|forget) everything\b|\bforget (?:it|the order)\b|\bnever mind\b")),
    ("remove", re.compile(r"\b(?:cancel|remove)\b|\btake\b.*\boff\b")),
    ("done", re.compile(r"\b(?:that's|that is|that'll be|that will be) (?:all|it|everything|my order)\b|\bnothing else\b|\bi'm done\b")),
)  # fmt: skip
_CHANGING = re.compile(r"\b(?:make (?:it|that)|change (?:it|that)|instead|one)\b")


def understand(text: str) -> Meaning:
    """What a caller who said `text` (lower-case words; empty if not understood) wants.

    A yes or no before a wish is dropped: "no make it a large" is a change. An hour without a half of the day is the one
    between eight and eight, as a café's guests mean it: "at seven" is 19:00. A bare number fills people and time; who
    asked knows which it answers.
    """
    said, openings = text.strip(), dict.fromkeys(("yes", "no", "hello"), False)
    while said and (opening := _OPENING.match(said)):
        openings = {name: openings[name] or bool(opening[name]) for name in openings}
        said = said[opening.end() :]
    wish = _CLOSING.sub("", said)
    if _BYE.search(wish):
        return Meaning("goodbye", {})
    meaning = _wish(wish)
    if meaning.intent != "unknown":
        return meaning
    for name in ("no", "yes", "hello"):
        if openings[name]:
            return Meaning(name, {})
    return Meaning("goodbye" if said and not wish else "unknown", {})


def _wish(text: str) -> Meaning:
    intent = next((intent for intent, rule in _RULES if rule.search(text)), None)
    match intent:
        case None:
            return _order(text)
        case "hours":
            return Meaning(intent, _only(_when(text), "day"))
        case "book":
            return Meaning(intent, _when(text))
        case "price":
            return Meaning(intent, _only(_ordered(text), "drink", "size"))
        case "remove":
            return Meaning(intent, _only(_ordered(text), "drink"))
        case "menu":
            return _menu(text)
    return Meaning(intent, {})


def _menu(text: str) -> Meaning:
    """A question for what there is; "do you have lemonade" is answered by its price."""
    for kind, pattern in _KIND.items():
        if pattern.search(text) and re.search(rf"\b(?:what|cold|food|eat|{kind} menu)\b", text):
            return Meaning("menu", {"kind": kind})
    if re.match(r"do you", text) and (drink := _only(_ordered(text), "drink")):
        return Meaning("price", drink)
    return Meaning("menu", {})


def _order(text: str) -> Meaning:
    """An order names something to eat or drink; with less, or with "make it", it is a change of one."""
    slots = _ordered(text)
    if slots:
        return Meaning("order" if "drink" in slots and not _CHANGING.search(text) else "change", slots)
    details = _when(text)
    if not details and (bare := _BARE.fullmatch(text)):
        number = _NUMBERS[bare["number"]]
        details = {"people": str(number), "time": _time(number, 0, None)}
    return Meaning("detail", details) if details else Meaning("unknown", {})


def _ordered(text: str) -> dict[str, str]:
    slots: dict[str, str] = {}
    for without in _WITHOUT.finditer(text):
        slot = "milk" if without[1] in ("milk", "cream") else "sugar"
        slots[slot] = f"no {without[1]}"
    text = _WITHOUT.sub("|", text)
    for slot, pattern in _PATTERNS.items():
        if found := pattern.search(text):
            slots.setdefault(slot, found[0])
            text = pattern.sub("|", text)
    return slots


def _when(text: str) -> dict[str, str]:
    slots: dict[str, str] = {}
    for pattern in _PEOPLE:
        if found := pattern.search(text):
            slots["people"] = str(_NUMBERS[found["people"]])
            break
    if found := _DAY.search(text):
        slots["day"] = "today" if found[0] == "tonight" else found[0]
    half = _HALF.search(text)
    if re.search(r"\bnoon\b", text):
        slots["time"] = "12:00"
    for pattern, minutes in _CLOCK:
        if "time" not in slots and (found := pattern.search(text)):
            minutes += _MINUTES.get(found.groupdict().get("minutes") or "", 0)
            slots["time"] = _time(_NUMBERS[found["hour"]], minutes, half)
    return slots


def _time(hour: int, minutes: int, half: re.Match[str] | None) -> str:
    total = hour % 12 * 60 + minutes
    if half is None:
        total += 720 * (total < 480)
    elif not half[1]:
        total += 720
    return f"{total // 60 % 24:02}:{total % 60:02}"


def _only(slots: dict[str, str], *names: str) -> dict[str, str]:
    return {name: slots[name] for name in names if name in slots}
