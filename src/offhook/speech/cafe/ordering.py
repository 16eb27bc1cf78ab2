"""The desk's talk about an order: adds, reads back, changes, removes, places. What is ordered is known to the tools alone."""

import re
from typing import Any

from offhook.errors import ToolError
from offhook.speech.base import Use
from offhook.speech.cafe import wording
from offhook.speech.cafe.questions import CORRECT, ELSE, WISH, Question, Reply, Rota, ask

_CHOICES = ("size", "shots", "roast", "milk", "sugar")
_EMPTY = "There is nothing in your order yet."

Slots = dict[str, str]


class Ordering:
    """`line` is the number of the drink that was talked about last."""

    def __init__(self, rota: Rota) -> None:
        self.line: int | None = None
        self._rota = rota

    async def add(self, slots: Slots, use: Use) -> Reply:
        """One thing more."""
        if not slots.get("drink"):
            return Reply(asks=(self._rota(WISH),))
        told = await ask(use, "add_to_order", drink=slots["drink"], **_chosen(slots))
        return self._read_back(told, "" if self.line is None else "And ")

    async def change(self, slots: Slots, use: Use) -> Reply:
        """Another size, milk, drink… of the drink talked about, or of one that was named with what to change of it."""
        lines = await self.lines(use)
        if not lines:
            return await self.add(slots, use) if slots.get("drink") else self._empty()
        line, drink, chosen = self._talked_about(lines), slots.get("drink", ""), _chosen(slots)
        if chosen and drink and not _is(line, drink) and (named := _named(lines, drink)):
            line, drink = named, ""
        if not (chosen or drink):
            return self.what_to_change()
        return self._read_back(await ask(use, "change_order", number=line["number"], drink=drink, **chosen), "")

    def what_to_change(self) -> Reply:
        """The caller says that the drink was read back wrong."""
        return Reply(("I am sorry.",), ("What should I change?",), Question.CHANGE)

    async def remove(self, slots: Slots, use: Use) -> Reply:
        """The drink that was named, or the one talked about."""
        lines = await self.lines(use)
        if not lines:
            return self._empty()
        drink = slots.get("drink")
        line = _named(lines, drink) if drink else self._talked_about(lines)
        if line is None:
            return Reply((f"There is no {drink} in your order.",), (self._rota(ELSE),))
        told = await ask(use, "remove_from_order", number=line["number"])
        self.line = None
        match told:
            case {"items": list(left)}:
                left = [each for each in left if _readable(each)]
                self.line = left[-1]["number"] if left else None
                then = f"That leaves {_these(left)}." if left else "Your order is empty now."
                return Reply((f"I took off the {line['what']}.", then), (self._rota(ELSE),))
        return Reply((wording.plain(told),), (self._rota(ELSE),))

    async def cancel(self, use: Use) -> Reply:
        """All of it."""
        if not await self.lines(use):
            return Reply(("All right.",), (self._rota(ELSE),))
        told = await ask(use, "cancel_order")
        self.line = None
        return Reply((wording.plain(told),), (self._rota(ELSE),))

    async def basket(self, use: Use) -> Reply:
        """Reads the order, one thing a sentence, with the total."""
        lines = await self.lines(use)
        if not lines:
            return self._empty()
        first, *others = (f"{wording.one(line['what'])}, {wording.money(line['cents'])}." for line in lines)
        said = [f"You have {first}", *(f"And {other}" for other in others)]
        if others:
            said.append(_total(lines))
        return Reply(tuple(said), (self._rota(ELSE),))

    async def total(self, use: Use) -> Reply:
        """What it costs so far."""
        lines = await self.lines(use)
        return Reply((_total(lines),), (self._rota(ELSE),)) if lines else self._empty()

    async def place(self, use: Use) -> Reply:
        """Sends it off. Raises ToolError if there is nothing."""
        told = await ask(use, "place_order")
        self.line = None
        said: tuple[str, ...] = (wording.plain(told),)
        match told:
            case {"order": int(number), "cents": int(cents)}:
                said = (
                    f"Thank you, your order number is {wording.number(number)}.",
                    f"It comes to {wording.money(cents)}.",
                    *_ready(told),
                )
        return Reply(said, (self._rota(ELSE),))

    async def lines(self, use: Use) -> list[dict[str, Any]]:
        """What is ordered and not placed: number, what, cents of each."""
        match await ask(use, "show_order"):
            case {"items": list(lines)}:
                return [line for line in lines if _readable(line)]
        return []

    async def unplaced(self, use: Use) -> bool:
        """Whether something is ordered and not placed; no, if the tool cannot tell."""
        try:
            return bool(await self.lines(use))
        except ToolError:
            return False

    def _talked_about(self, lines: list[dict[str, Any]]) -> dict[str, Any]:
        return next((line for line in lines if line["number"] == self.line), lines[-1])

    def _read_back(self, told: Any, also: str) -> Reply:
        match told:
            case {"number": int(number), "what": str(what), "cents": int(cents)}:
                self.line = number
                said = f"{also}{wording.one(what)}, {wording.money(cents)}"
                note = (str(told["note"]),) if "note" in told else ()
                return Reply(note, (wording.sentence(said), self._rota(CORRECT)), Question.RIGHT)
        return Reply((wording.plain(told),), (self._rota(ELSE),))

    def _empty(self) -> Reply:
        return Reply((_EMPTY,), (self._rota(WISH),))


def _chosen(slots: Slots) -> Slots:
    return {name: slots[name] for name in _CHOICES if slots.get(name)}


def _readable(line: Any) -> bool:
    match line:
        case {"number": int(), "what": str(), "cents": int()}:
            return True
    return False


def _is(line: dict[str, Any], drink: str) -> bool:
    return re.search(rf"\b{re.escape(drink)}\b", line["what"]) is not None


def _named(lines: list[dict[str, Any]], drink: str) -> dict[str, Any] | None:
    """The last line of a drink; "coffee" finds an iced coffee too."""
    return next((line for line in reversed(lines) if _is(line, drink)), None)


def _these(lines: list[dict[str, Any]]) -> str:
    if len(lines) > 2:
        return f"{wording.number(len(lines))} things"
    return wording.listing(wording.one(line["what"]) for line in lines)


def _total(lines: list[dict[str, Any]]) -> str:
    cents = wording.money(sum(line["cents"] for line in lines))
    return f"Together that is {cents}." if len(lines) > 1 else f"That is {cents}."


def _ready(told: dict[str, Any]) -> tuple[str, ...]:
    match told:
        case {"minutes": int(minutes)}:
            return (f"It will be ready in {wording.number(minutes)} minutes.",)
        case {"date": str(date), "time": str(time)}:
            when = f"on {wording.weekday(date)} at {wording.clock(time)}"
            return ("We are closed now.", f"It will be ready {when}.")
    return ()
