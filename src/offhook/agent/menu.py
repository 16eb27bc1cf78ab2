"""The facts of the demo café: what it sells and for how much, when it is open, where it is. Prices are in euro cents."""

import re
from dataclasses import dataclass, field

NAME = "Blue Door Café"
ADDRESS = "twelve Mill Street, opposite the railway station"

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
HOURS = {day: ("08:00", "18:00") if day in WEEKDAYS[:5] else ("09:00", "16:00") for day in WEEKDAYS}
LAST_TABLE_MINUTES = 60
"""Before closing."""
LARGEST_TABLE = 8

COFFEE = ("size", "shots", "roast", "milk", "sugar")
TEA = ("size", "milk", "sugar")


@dataclass(frozen=True, slots=True)
class Item:
    """Something on the menu: the price (of a medium one if it comes in sizes), what can be chosen, how it is served."""

    cents: int
    choices: tuple[str, ...] = ()
    served: str = ""


MENU: dict[str, dict[str, Item]] = {
    "coffee": {
        "espresso": Item(200, ("shots", "roast", "milk", "sugar")),
        "house coffee": Item(220, COFFEE),
        "drip coffee": Item(240, COFFEE),
        "americano": Item(250, COFFEE),
        "cappuccino": Item(320, COFFEE),
        "latte": Item(350, COFFEE),
        "mocha": Item(380, COFFEE),
    },
    "tea": {
        "black tea": Item(220, TEA),
        "green tea": Item(220, TEA),
        "mint tea": Item(220, TEA),
        "camomile tea": Item(220, TEA),
        "hot chocolate": Item(350, TEA),
    },
    "cold": {
        "iced coffee": Item(300, COFFEE),
        "iced mocha": Item(400, COFFEE),
        "lemonade": Item(280, ("size",)),
        "apple juice": Item(280, ("size",)),
    },
    "food": {
        "butter croissant": Item(200),
        "cheese sandwich": Item(500),
        "tomato soup": Item(600, served="bowl of tomato soup"),
        "carrot cake": Item(400, served="piece of carrot cake"),
    },
}
ITEMS = {name: item for kind in MENU.values() for name, item in kind.items()}
ALSO_CALLED = {"coffee": "house coffee", "tea": "black tea", "croissant": "butter croissant", "juice": "apple juice"}

SIZES = {
    "small": -50, "medium": 0, "large": 50,
    "eight ounce": -50, "twelve ounce": 0, "sixteen ounce": 50, "twenty ounce": 100,
}  # fmt: skip
SHOTS = {"single shot": 0, "double shot": 60, "triple shot": 120}
ROASTS = {"light roast": 0, "medium roast": 0, "dark roast": 0}
MILKS = {"milk": 0, "skim milk": 0, "whole milk": 0, "soy milk": 50, "almond milk": 50, "oat milk": 50, "cream": 30}
SUGARS = {"sugar": 0, "brown sugar": 0, "sweetener": 0}
EXTRAS = {"size": SIZES, "shots": SHOTS, "roast": ROASTS, "milk": MILKS, "sugar": SUGARS}
"""What each choice adds to the price."""
SIZES_NOTE = "These are medium sizes: a small one is fifty cents less, and a large one fifty cents more."
PLAIN_WORDS = {"shots": "extra shots", "roast": "a choice of roast"}

_AMOUNT = re.compile(r"^(?:(?:with|extra|some|(?:a little|a|a little bit|a bit|a lot|lots) of|a little) )+")
_NONE = re.compile(r"^(?:no|without)(?: any)? ")


def item_named(name: str) -> str | None:
    """The item of the menu that a caller calls `name`; None if there is none."""
    name = name.strip().lower()
    name = ALSO_CALLED.get(name, name)
    return name if name in ITEMS else None


def known_choice(choice: str, words: str) -> str | None:
    """The caller's words for a choice as they can be said back: amounts stay, "oat" is "oat milk". None if unknown."""
    words = words.strip().lower()
    if words in ("no", "none") or _NONE.match(words):
        return f"no {choice}" if words in ("no", "none") else words
    bare = _AMOUNT.sub("", words)
    noun = {"shots": "shot"}.get(choice, choice)
    for ending in ("", f" {noun}"):
        if bare + ending in EXTRAS[choice]:
            return words + ending
    return None


@dataclass(slots=True)
class Line:
    """One thing of an order, and what was chosen of it, in the caller's words."""

    item: str
    choices: dict[str, str] = field(default_factory=dict)

    @property
    def cents(self) -> int:
        """What it costs."""
        extras = (EXTRAS[name].get(_AMOUNT.sub("", words), 0) for name, words in self.choices.items())
        return ITEMS[self.item].cents + sum(extras)

    @property
    def what(self) -> str:
        """What it is, in words: "large latte with oat milk"."""
        chosen = self.choices
        before = [chosen[name] for name in ("size", "roast", "shots") if name in chosen]
        said = " ".join((*before, ITEMS[self.item].served or self.item))
        added = [chosen[name] for name in ("milk", "sugar") if name in chosen]
        left_out = [_NONE.sub("", words) for words in added if _NONE.match(words)]
        added = [words for words in added if not _NONE.match(words)]
        if added:
            said += " with " + " and ".join(added)
        if left_out:
            said += " without " + " or ".join(left_out)
        return said
