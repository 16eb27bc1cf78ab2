"""The front desk of a small café: an agent with tools. Serve it with `offhook serve offhook.agent.cafe:agent`.

The tools know nothing of who asks them, be it rules or a language model. They tell JSON, with prices in euro cents, or a
sentence that can be said as it is; what cannot be done they refuse with a sentence too (ToolError). What a caller has
ordered is kept in `call.data`, as JSON, and is gone with the call. They are async because they wait for nothing: a plain function
would run in a thread.
"""

import itertools
import logging
import math
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from offhook.agent import menu as card
from offhook.agent.agent import Agent
from offhook.agent.menu import HOURS, ITEMS, WEEKDAYS, Line
from offhook.agent.opening import date_of, open_from, table_for
from offhook.agent.tools import tool
from offhook.core.leg import ToolSide
from offhook.errors import ToolError
from offhook.speech.cafe import wording

log = logging.getLogger(__name__)

clock: Callable[[], datetime] = datetime.now
"""What time it is at the café, which stands wherever this process runs."""

_order_numbers = itertools.count(1)


class Order:
    """What one caller has ordered, over what is kept of it: plain JSON, so that it outlives the process."""

    def __init__(self, kept: dict[str, Any]) -> None:
        self._kept = kept

    @property
    def lines(self) -> dict[int, Line]:
        """By number, which is never given twice."""
        return {int(number): Line(*line) for number, line in self._kept.setdefault("lines", {}).items()}

    @property
    def cents(self) -> int:
        """What all of it costs."""
        return sum(line.cents for line in self.lines.values())

    @property
    def placed(self) -> dict[str, Any] | None:
        """What was told when it was placed."""
        return self._kept.get("placed")

    def put(self, line: Line, number: int | None = None) -> int:
        """A line in the place of another, or a new one; its number."""
        if number is None:
            number = self._kept["newest"] = self._kept.get("newest", 0) + 1
        self._kept.setdefault("lines", {})[str(number)] = [line.item, line.choices]
        return number

    def take_off(self, number: int) -> None:
        """No such line any more."""
        del self._kept["lines"][str(number)]

    def clear(self, placed: dict[str, Any] | None = None) -> None:
        """Nothing is ordered any more, or it was placed."""
        self._kept["lines"] = {}
        if placed is not None:
            self._kept["placed"] = placed


# ------------------------------------------------------------------------------------------------ questions


@tool
async def opening_hours(day: str = "") -> list[dict[str, str | bool]]:
    """When the café is open.

    Args:
        day: "today", "tomorrow", a weekday, or "weekend"; without it, the whole week.
    """
    asked = day.strip().lower()
    week = [_hours("monday to friday", "monday"), _hours("saturday and sunday", "saturday")]
    if asked in ("", "weekend"):
        return week[1:] if asked else week
    now = clock()
    told = _hours(asked, WEEKDAYS[date_of(asked, now).weekday()])
    return [told | {"open_now": open_from(now) == now}] if asked == "today" else [told]


@tool
async def address() -> str:
    """Where the café is."""
    return f"We are at {card.ADDRESS}."


@tool
async def menu(kind: str = "") -> dict[str, Any]:
    """What there is to drink and to eat, with prices in euro cents.

    Args:
        kind: "coffee", "tea", "cold" or "food"; without it, everything.
    """
    asked = kind.strip().lower()
    if asked and asked not in card.MENU:
        raise ToolError(f"There is no {asked} on the menu, only coffee, tea, cold drinks, and food.")
    kinds = [asked] if asked else list(card.MENU)
    told: dict[str, Any] = {each: {name: item.cents for name, item in card.MENU[each].items()} for each in kinds}
    return told if kinds == ["food"] else {**told, "note": card.SIZES_NOTE}


@tool
async def price(item: str, size: str = "") -> dict[str, str | int]:
    """What something costs, in euro cents.

    Args:
        item: its name on the menu, for example "latte".
        size: "small", "medium", "large", or "eight ounce" to "twenty ounce".
    """
    line, note = _made(Line(_known(item)), {"size": size})
    return {"what": line.what, "cents": line.cents, **note}


# ------------------------------------------------------------------------------------------------ orders


@tool
async def add_to_order(
    drink: str, call: ToolSide, size: str = "", shots: str = "", roast: str = "", milk: str = "", sugar: str = ""
) -> dict[str, str | int]:
    """Adds one drink, or something to eat, to the caller's order. Read it back and ask whether it is right.

    Args:
        drink: its name on the menu.
        size: "small", "medium" (if nothing is said), "large", or "eight ounce" to "twenty ounce".
        shots: "single shot", "double shot" or "triple shot".
        roast: "light roast", "medium roast" or "dark roast".
        milk: as the caller says it: "oat milk", "a bit of cream", "no milk".
        sugar: as the caller says it: "some brown sugar", "sweetener", "no sugar".
    """
    order, wanted = _order(call), {"size": size, "shots": shots, "roast": roast, "milk": milk, "sugar": sugar}
    line, note = _made(Line(_known(drink)), wanted)
    number = order.put(line)
    return {"number": number, "what": line.what, "cents": line.cents, **note}


@tool
async def change_order(
    number: int, call: ToolSide, drink: str = "", size: str = "", shots: str = "", roast: str = "", milk: str = "",
    sugar: str = "",
) -> dict[str, str | int]:  # fmt: skip
    """Changes something in the order; what is not told stays as it is.

    Args:
        number: the one it got when it was added.
        drink: what it should be instead.
        size: as in add_to_order, like the others.
    """
    order, wanted = _order(call), {"size": size, "shots": shots, "roast": roast, "milk": milk, "sugar": sugar}
    before = _line(order, number)
    item = _known(drink) if drink else before.item
    kept = {name: words for name, words in before.choices.items() if name in ITEMS[item].choices}
    line, note = _made(Line(item, kept), wanted)
    order.put(line, number)
    return {"number": number, "what": line.what, "cents": line.cents, **note}


@tool
async def remove_from_order(number: int, call: ToolSide) -> dict[str, Any]:
    """Takes something off the order.

    Args:
        number: the one it got when it was added.
    """
    order = _order(call)
    removed = _line(order, number)
    order.take_off(number)
    return {"removed": removed.what, **_listed(order)}


@tool
async def cancel_order(call: ToolSide) -> str:
    """Takes everything off the order that is not placed yet."""
    _order(call).clear()
    return "Your order is cancelled."


@tool
async def show_order(call: ToolSide) -> dict[str, Any]:
    """What the caller has ordered so far and not placed, with prices in euro cents."""
    return _listed(_order(call))


@tool
async def place_order(call: ToolSide) -> dict[str, Any]:
    """Sends the order to the bar. Tell the caller its number, the price in euro cents, and when it is ready."""
    order = _order(call)
    if not order.lines:
        if order.placed:
            raise ToolError(f"Your order number {wording.number(order.placed['order'])} is at the bar already.")
        raise ToolError("There is nothing in your order yet.")
    minutes = min(5 + 2 * len(order.lines), 25)
    told: dict[str, Any] = {"order": next(_order_numbers), "cents": order.cents}
    if (opens := open_from(now := clock())) == now:
        told["minutes"] = minutes
    else:  # what is ordered at night is ready in the morning
        ready = opens + timedelta(minutes=5 * math.ceil(minutes / 5))
        told |= {"date": f"{ready:%Y-%m-%d}", "time": f"{ready:%H:%M}"}
    order.clear(placed=told)
    return told


# ------------------------------------------------------------------------------------------------ tables, people


@tool
async def find_table(people: int, day: str, time: str) -> dict[str, Any]:
    """Whether a table can be had; if not, why, and what to ask for again. Ask the caller before you book it.

    Args:
        people: how many will come.
        day: "today", "tomorrow", a weekday, or a date as 2026-01-31.
        time: as 13:30.
    """
    return table_for(people, day, time, clock())


@tool
async def book_table(people: int, day: str, time: str, call: ToolSide) -> dict[str, Any]:
    """Books a table that find_table has found and the caller has agreed to.

    Args:
        people: how many will come.
        day: as in find_table, like the time.
    """
    table = table_for(people, day, time, clock())
    if not table["free"]:
        raise ToolError(table["why"])
    call.data.setdefault("tables", []).append(table)
    return table


@tool
async def ask_for_person(reason: str, call: ToolSide) -> str:
    """Notes that the caller wants to talk to a person.

    Args:
        reason: in a few words, for whoever calls back.
    """
    call.data.setdefault("for a person", []).append(reason)
    log.info("the caller asks for a person", extra={"call_id": call.id})
    return "I have noted that you would like a call back. This is only a demo, so nobody will really call."


TOOLS = (
    opening_hours, address, menu, price, add_to_order, change_order, remove_from_order, cancel_order, show_order,
    place_order, find_table, book_table, ask_for_person,
)  # fmt: skip

agent = Agent(
    f"You answer the telephone of the {card.NAME}. Be brief, and read every order and booking back before it is placed.",
    model="local",
    tools=TOOLS,
    name="cafe",
)


# ------------------------------------------------------------------------------------------------ what they share


def _hours(days: str, weekday: str) -> dict[str, str | bool]:
    opens, closes = HOURS[weekday]
    return {"days": days, "opens": opens, "closes": closes}


def _order(call: ToolSide) -> Order:
    return Order(call.data.setdefault("order", {}))


def _line(order: Order, number: int) -> Line:
    if (line := order.lines.get(number)) is None:
        raise ToolError(f"There is no number {number} in the order.")
    return line


def _listed(order: Order) -> dict[str, Any]:
    lines = [{"number": number, "what": line.what, "cents": line.cents} for number, line in order.lines.items()]
    return {"items": lines, "cents": order.cents}


def _known(name: str) -> str:
    if (known := card.item_named(name)) is None:
        raise ToolError(f"Sorry, we have no {name.strip().lower()}.")
    return known


def _made(line: Line, wanted: dict[str, str]) -> tuple[Line, dict[str, str]]:
    """The line with what is wanted of it, and a note of what it does not come with. Raises ToolError."""
    item, impossible = ITEMS[line.item], []
    if "size" in item.choices:
        line.choices.setdefault("size", "medium")
    for choice, words in wanted.items():
        if not words:
            continue
        if (known := card.known_choice(choice, words)) is None:
            raise ToolError(f"Sorry, we have no {words.strip().lower()}.")
        if choice in item.choices:
            line.choices[choice] = known
        elif not known.startswith(("no ", "without ")):
            impossible.append(card.PLAIN_WORDS.get(choice, choice))
    if not impossible:
        return line, {}
    if impossible == ["size"]:
        return line, {"note": f"The {line.item} comes in one size."}
    nots = wording.listing(["other sizes" if each == "size" else each for each in impossible]).replace(" and ", " or ")
    return line, {"note": f"The {line.item} comes without {nots}."}
