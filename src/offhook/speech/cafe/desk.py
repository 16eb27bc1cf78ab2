"""The front desk of the demo café: the responder of the embedded agent. What callers mean is told by phrasebook.py.

The desk keeps which question is open, and little else: orders, bookings and facts are known to the agent's tools, which it
uses before it says a word. So whoever cuts in loses nothing, and whatever a tool says instead of what the desk expects is
spoken as it is. Orders are talked about in ordering.py, tables in booking.py.
"""

import re
from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Any

from offhook.errors import ToolError
from offhook.speech.base import Said, Use
from offhook.speech.cafe import wording
from offhook.speech.cafe.booking import Booking, details_of
from offhook.speech.cafe.ordering import Ordering
from offhook.speech.cafe.phrasebook import GRAMMAR, Meaning, understand
from offhook.speech.cafe.questions import BOOKING, ELSE, HINTS, WISH, YES_OR_NO, Question, Reply, Rota, ask

__all__ = ["GRAMMAR", "Desk"]

PERSON_KEY, YES_KEY, NO_KEY = "0", "1", "2"
TRANSFER = "transfer"

_GREETING = "Hello, this is the demo voice of the Blue Door Café. You can order, book a table, or ask for the menu."
_SORRY = ("Sorry, I did not understand that.", "Sorry, I did not get that.")
_OFFER = ("Would you like to talk to a person?", "Please say yes or no, or press zero.")
_STILL_THERE = "Are you still there?"
_PUT_THROUGH = "One moment, I put you through."
_NOT_REACHED = {"busy": "I am sorry, the line is busy.", "no-answer": "I am sorry, nobody answers there."}
_LEAVING = "I am sorry, but this call has to end here. Goodbye!"
_BY_KEY = "Press one for yes, or two for no."
_GOODBYE = "Thank you for calling. Goodbye!"

_CONTRADICTS = re.compile(r"no\b|nope\b|that's (?:wrong|not right)\b")


class Desk:
    """One conversation at the desk (a `Responder`)."""

    knows_past = False

    def __init__(self, person: str = "") -> None:
        """`person`: the destination of callers who want to talk to a person; none: it is noted."""
        self._person_at = person
        self._rota = Rota()
        self._ordering = Ordering(self._rota)
        self._booking = Booking(self._rota)
        self._open = Reply(asks=(HINTS[Question.MORE],))
        """What was asked last."""
        self._before = self._open
        """What was asked before a person was offered."""
        self._last = self._open
        """What is said again on demand."""
        self._misunderstood = 0
        """Turns in a row."""
        self._topic = ""
        """The intent before this one, for "and on saturday?"."""

    @property
    def question(self) -> Question:
        """What the caller's next words are an answer to."""
        return self._open.question

    @property
    def keys_wanted(self) -> int | None:
        """One key where the words asked for one."""
        by_key = self.question in YES_OR_NO and self._misunderstood > 1
        return 1 if by_key or self.question in (Question.PEOPLE, Question.PERSON) else None

    def greeting(self) -> str:
        """The first words. Callers are told that nobody real speaks, and what can be asked."""
        return _GREETING

    def filler(self) -> str:
        """For a caller who waits."""
        return self._rota(("One moment, please.", "Just a moment."))

    def speak(self, language: str) -> None:
        """Speaks English and nothing else."""

    def close(self) -> None:
        """Holds nothing."""

    def memory(self) -> dict[str, Any]:
        """Where the talk is, as JSON."""
        return {
            "open": self._open.memory(), "before": self._before.memory(), "last": self._last.memory(),
            "misunderstood": self._misunderstood, "topic": self._topic,
            "line": self._ordering.line, "table": self._booking.wanted,
        }  # fmt: skip

    def recall(self, memory: dict[str, Any], *, heard: bool) -> None:
        """Goes on where another desk was."""
        try:
            replies = [Reply.recalled(memory[name]) for name in ("open", "before", "last")]
            misunderstood, topic = int(memory["misunderstood"]), str(memory["topic"])
            line, table = memory["line"], memory["table"]
        except (KeyError, TypeError, ValueError):  # of another version: the talk begins anew
            return
        self._open, self._before, self._last = replies
        self._misunderstood, self._topic = misunderstood, topic
        self._ordering.line, self._booking.wanted = line, table
        if not heard:
            self._open = replace(self._last, question=self._open.question)

    async def respond(self, said: Said, use: Use) -> AsyncGenerator[str, None]:
        """Sentences to say to a caller."""
        if said.leaving:
            reply = Reply(says=(_LEAVING,))
        elif said.idle:
            reply = Reply(says=(_STILL_THERE,))
        elif said.back_from:
            why = _NOT_REACHED.get(said.because, "I am sorry, nobody can be reached there.")
            reply = replace(self._open, says=(why,))
        elif said.going_on:
            reply = self._open
        elif said.keys:
            reply = await self._entered(said.keys, use)
        else:
            meaning = understand(said.text)
            if _CONTRADICTS.match(said.text) and meaning.intent == "order" and self.question is Question.RIGHT:
                meaning = replace(meaning, intent="change")  # "no, a mocha" is instead, not as well
            reply = await self.answer(meaning, use)
        for sentence in (*reply.says, *reply.asks):
            yield sentence
        if reply.to:
            try:
                await use(TRANSFER, to=reply.to)
            except ToolError as error:
                yield str(error)
        if reply.over:
            try:
                await use("hang_up")
            except ToolError:
                pass  # an agent that may not hang up leaves it to the caller

    async def answer(self, meaning: Meaning, use: Use) -> Reply:
        """The reply to what a caller means. Everything is done and noted when it comes."""
        if meaning.intent == "repeat":
            self._misunderstood = 0
            return self._last
        try:
            reply = await self._reply(meaning, use)
        except ToolError as error:
            reply = replace(self._open, says=(str(error),), over=False)
        if reply is None:
            return self._not_understood()
        self._misunderstood = 0
        self._topic = meaning.intent
        if reply.over or (reply.to and self.question is Question.MORE):
            self._open = Reply(asks=(ELSE[1],))
        elif not reply.to:
            self._open = replace(reply, says=())
        self._last = reply
        return reply

    async def _entered(self, keys: str, use: Use) -> Reply:
        if keys == PERSON_KEY:
            return await self.answer(Meaning("person", {}), use)
        if self.question is Question.PEOPLE and keys.isdecimal():
            return await self.answer(Meaning("detail", {"people": keys}), use)
        if self.question in YES_OR_NO and keys in (YES_KEY, NO_KEY):
            return await self.answer(Meaning("yes" if keys == YES_KEY else "no", {}), use)
        return replace(self._open, says=("That key does nothing here.", "Press zero for a person."))

    async def _reply(self, meaning: Meaning, use: Use) -> Reply | None:
        """None if nothing can be made of it here."""
        intent, slots = meaning.intent, meaning.slots
        if self.question is Question.PERSON and intent not in ("yes", "no", "unknown", "help"):
            self._open = self._before  # the caller goes on without one
        match intent:
            case "yes" | "no":
                return await self._decided(intent == "yes", use)
            case "order":
                if self.question is Question.CHANGE:
                    return await self._ordering.change(slots, use)
                return await self._ordering.add(slots, use)
            case "change" if slots:
                return await self._ordering.change(slots, use)
            case "change":
                return self._ordering.what_to_change()
            case "remove":
                return await self._then_booking(await self._ordering.remove(slots, use), use)
            case "cancel":
                return await self._cancelled(use)
            case "basket":
                return await self._then_booking(await self._ordering.basket(use), use)
            case "price" if not slots.get("drink"):
                return self._aside(await self._ordering.total(use))
            case "done":
                return await self._done(use)
            case "book":
                return await self._booking.take(details_of(slots), use)
            case "detail":
                return await self._detailed(slots, use)
            case "person":
                return await self._person(use)
            case "goodbye":
                return await self._goodbye(use)
            case "unknown":
                return None
        return self._aside(await self._informed(meaning, use))

    async def _informed(self, meaning: Meaning, use: Use) -> Reply:
        """What changes nothing: facts, and what can be asked."""
        slots = meaning.slots
        match meaning.intent:
            case "hours":
                said = _hours(await ask(use, "opening_hours", day=slots.get("day")))
            case "address":
                said = (wording.plain(await ask(use, "address")),)
            case "price":
                said = (_price(await ask(use, "price", item=slots["drink"], size=slots.get("size"))),)
            case "menu":
                told = await ask(use, "menu", kind=slots.get("kind"))
                return Reply(_menu(told, whole=not slots.get("kind")), (self._rota(WISH),))
            case "hello":
                return Reply(("Hello!",), (self._rota(("How can I help you?", "What can I do for you?")),))
            case _:
                said = (HINTS[self.question],)
        return Reply(said, (self._rota(ELSE if meaning.intent != "help" else WISH),))

    def _aside(self, reply: Reply) -> Reply:
        """Something in between: the open question stays open."""
        return reply if self.question is Question.MORE else replace(self._open, says=reply.says)

    async def _then_booking(self, reply: Reply, use: Use) -> Reply:
        """A table that is half booked is gone on with."""
        if self._booking.wanted is None or reply.question is not Question.MORE:
            return reply
        then = await self._booking.go_on(use)
        return replace(then, says=(*reply.says, *then.says))

    async def _decided(self, yes: bool, use: Use) -> Reply | None:
        """The answer to the open question is yes or no."""
        match self.question:
            case Question.RIGHT if yes:
                more = Reply((self._rota(("Good.", "Fine.", "Lovely.")),), (self._rota(ELSE),))
                return await self._then_booking(more, use)
            case Question.RIGHT:
                return self._ordering.what_to_change()
            case Question.CHANGE if yes:
                return replace(self._open, says=(HINTS[Question.CHANGE],))
            case Question.CHANGE:
                return await self._then_booking(Reply(("All right, I leave it as it is.",), (self._rota(ELSE),)), use)
            case Question.PLACE if yes:
                placed = await self._ordering.place(use)
                return Reply((*placed.says, _GOODBYE), over=True)
            case Question.PLACE:
                return Reply(("All right, I did not place the order.", _GOODBYE), over=True)
            case Question.BOOK if yes:
                return await self._booking.book(use)
            case Question.BOOK:
                return self._booking.what_to_change()
            case Question.PEOPLE | Question.DAY | Question.TIME | Question.REBOOK if yes:
                return replace(self._open, says=(HINTS[self.question],))
            case Question.PEOPLE | Question.DAY | Question.TIME | Question.REBOOK:
                return self._booking.drop()
            case Question.PERSON if yes:
                self._open = self._before
                return await self._person(use)
            case Question.PERSON:
                return replace(self._before, says=("All right.",))
            case Question.MORE if yes:
                return Reply(asks=(self._rota(WISH),))
        return await self._done(use)

    async def _detailed(self, slots: dict[str, str], use: Use) -> Reply | None:
        """People, a day or a time, without a word of what for."""
        details = details_of(slots, self.question)
        if not details:
            return None
        if self.question in BOOKING:
            return await self._booking.take(details, use)
        if self._topic == "hours" and details.keys() == {"day"}:
            return self._aside(await self._informed(Meaning("hours", details), use))
        return await self._booking.take(details, use) if len(details) > 1 else None

    async def _cancelled(self, use: Use) -> Reply:
        """What is talked about: the table, or the order."""
        if self.question in BOOKING:
            return self._booking.drop()
        return await self._then_booking(await self._ordering.cancel(use), use)

    async def _done(self, use: Use) -> Reply:
        """Nothing else is wanted: the order is placed; without one the call is over."""
        if await self._ordering.unplaced(use):
            return await self._then_booking(await self._ordering.place(use), use)
        if self._booking.wanted is not None:
            return replace(self._open, says=("The table is not booked yet.",))
        return Reply((_GOODBYE,), over=True)

    async def _goodbye(self, use: Use) -> Reply:
        """The caller leaves; nothing they wanted is dropped without a word."""
        if self.question is not Question.PLACE and await self._ordering.unplaced(use):
            return Reply(("Your order is not placed yet.",), ("Shall I place it?",), Question.PLACE)
        left = []
        if self.question is Question.PLACE:
            left.append("I did not place the order.")
        if self._booking.wanted is not None:
            self._booking.wanted = None
            left.append("I did not book a table.")
        return Reply((*left, _GOODBYE), over=True)

    async def _person(self, use: Use) -> Reply:
        if self._person_at:
            return Reply((_PUT_THROUGH,), to=self._person_at)
        told = await ask(use, "ask_for_person", reason="wants to speak to a person")
        return self._aside(Reply((wording.plain(told),), (self._rota(("Can I help you with anything else?", *ELSE)),)))

    def _not_understood(self) -> Reply:
        """Says so; asks the question again with a hint; offers keys or a person when that did not help."""
        self._misunderstood += 1
        sorry = self._rota(_SORRY)
        if self.question is Question.PERSON:
            return replace(self._open, says=(sorry,))
        if self._misunderstood < 2:
            hint = HINTS[self.question]
            return Reply((sorry, hint) if hint not in self._open.asks else (sorry,), self._open.asks, self.question)
        if self.question in YES_OR_NO and self._misunderstood == 2:
            return Reply((sorry,), (*self._open.asks, _BY_KEY, "Or press zero for a person."), self.question)
        self._before = self._open
        self._open = self._last = Reply(asks=_OFFER, question=Question.PERSON)
        return replace(self._open, says=(sorry,))


def _hours(told: Any) -> tuple[str, ...]:
    if not (isinstance(told, list) and told and all(map(_is_opening, told))):
        return (wording.plain(told),)
    first, *others = (
        f"from {wording.clock(each['opens'])} to {wording.clock(each['closes'])} {wording.days(each['days'])}."
        for each in told
    )
    said = [f"We are open {first}", *(f"And {other}" for other in others)]
    if "open_now" in told[0]:
        said.append("We are open now." if told[0]["open_now"] else "Right now we are closed.")
    return tuple(said)


def _is_opening(told: Any) -> bool:
    match told:
        case {"days": str(), "opens": str(), "closes": str()}:
            return True
    return False


def _price(told: Any) -> str:
    match told:
        case {"what": str(what), "cents": int(cents)}:
            return wording.sentence(f"{wording.one(what)} is {wording.money(cents)}")
    return wording.plain(told)


def _menu(told: Any, *, whole: bool) -> tuple[str, ...]:
    """What there is, with prices, in sentences short enough to be cut between."""
    if not _is_menu(told):
        return (wording.plain(told),)
    said = ["Here is the menu."] if whole else []
    for name, kind in told.items():
        said += [] if name == "note" else _priced(kind)
    return (*said, *([told["note"]] if "note" in told else []))


def _is_menu(told: Any) -> bool:
    """Of one kind at least: cents by the names of things. And perhaps a note."""
    return (
        isinstance(told, dict)
        and told.keys() > told.keys() & {"note"}
        and all(isinstance(kind, str) if name == "note" else _are_prices(kind) for name, kind in told.items())
    )


def _are_prices(kind: Any) -> bool:
    return isinstance(kind, dict) and bool(kind) and all(type(cents) is int and cents >= 0 for cents in kind.values())


def _priced(kind: dict[str, int]) -> list[str]:
    """What costs the same shares a sentence; of the rest, three do."""
    by_price: dict[int, list[str]] = {}
    for name, cents in kind.items():
        by_price.setdefault(cents, []).append(name)
    alone = [(names[0], wording.money(cents)) for cents, names in by_price.items() if len(names) == 1]
    said = []
    for first in range(0, len(alone), 3):
        (name, cost), *others = alone[first : first + 3]
        prices = [f"{wording.one(name)} is {cost}", *(f"{wording.one(name)} {cost}" for name, cost in others)]
        said.append(wording.sentence(wording.listing(prices)))
    said += [
        wording.sentence(f"{wording.listing(names)} are {wording.money(cents)} each")
        for cents, names in by_price.items()
        if len(names) > 1
    ]
    return said
