"""The desk's talk about a table: people, day and time in any order, read back before it is booked."""

from typing import Any

from offhook.speech.base import Use
from offhook.speech.cafe import wording
from offhook.speech.cafe.questions import ELSE, Question, Reply, Rota, ask

_ASKED = {
    "people": ("For how many people? You can also press the number.", Question.PEOPLE),
    "day": ("For what day?", Question.DAY),
    "time": ("At what time?", Question.TIME),
}
"""What is missing is asked for in this order."""


class Booking:
    """`wanted` holds what is known of the table that is talked about: people, day, time; None if none is."""

    def __init__(self, rota: Rota) -> None:
        self.wanted: dict[str, str] | None = None
        self._rota = rota

    async def take(self, details: dict[str, str], use: Use) -> Reply:
        """More of a table, or of a new one if none is talked about."""
        self.wanted = (self.wanted or {}) | details
        return await self.go_on(use)

    async def go_on(self, use: Use) -> Reply:
        """Asks for what is missing, or whether to book."""
        wanted = self.wanted or {}
        for name, (text, question) in _ASKED.items():
            if not wanted.get(name):
                return Reply(asks=(text,), question=question)
        told = await ask(use, "find_table", **_arguments(wanted))
        match told:
            case {"free": False, "why": str(why), "ask": str(name)} if name in _ASKED:
                wanted.pop(name)
                text, question = _ASKED[name]
                return Reply((why,), (text,), question)
            case {"people": int(), "date": str(), "time": str()}:
                return Reply(asks=(f"A table for {_table(told)}.", "Shall I book it?"), question=Question.BOOK)
        return Reply((wording.plain(told),), ("Shall I book it?",), Question.BOOK)

    async def book(self, use: Use) -> Reply:
        """The caller agrees."""
        told = await ask(use, "book_table", **_arguments(self.wanted or {}))
        self.wanted = None
        said = "Your table is booked." if isinstance(told, dict) else wording.plain(told)
        return Reply((said,), (self._rota(ELSE),))

    def what_to_change(self) -> Reply:
        """The caller does not agree."""
        return Reply(
            ("I have not booked it.",), ("What should I change: the people, the day, or the time?",), Question.REBOOK
        )

    def drop(self) -> Reply:
        """No table after all."""
        self.wanted = None
        return Reply(("All right, no table then.",), (self._rota(ELSE),))


def details_of(slots: dict[str, str], asked: Question | None = None) -> dict[str, str]:
    """People, day and time among slots. After a question a number alone, given as people and as a time of day, answers
    what was asked; `asked` is None if the words said which they are."""
    found = {name: slots[name] for name in _ASKED if slots.get(name)}
    if not found.get("people", "1").isdecimal():
        del found["people"]
    people, hour = found.get("people", ""), found.get("time", "").removesuffix(":00")
    alone = "day" not in found and people and hour.isdecimal() and int(people) % 12 == int(hour) % 12
    if asked is None or not alone:
        return found
    wanted = {Question.PEOPLE: "people", Question.TIME: "time"}.get(asked)
    return {wanted: found[wanted]} if wanted else {}


def _arguments(wanted: dict[str, str]) -> dict[str, Any]:
    return {**wanted, "people": int(wanted.get("people", "0"))}


def _table(told: dict[str, Any]) -> str:
    people = "one person" if told["people"] == 1 else wording.number(told["people"])
    return f"{people} on {wording.day(told['date'])} at {wording.clock(told['time'])}"
