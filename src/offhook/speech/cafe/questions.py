"""What the café's desk may have asked, and the shape of its replies."""

import json
from dataclasses import dataclass
from enum import Enum
from typing import Any

from offhook.errors import ToolError
from offhook.speech.base import Use
from offhook.speech.cafe import wording


class Question(Enum):
    """What is open: what the caller's next words are an answer to."""

    MORE = "whether there is anything else"
    RIGHT = "whether a drink was read back right"
    CHANGE = "what to change of it"
    PLACE = "whether to place the order before the goodbye"
    PEOPLE = "for how many people the table is"
    DAY = "for what day"
    TIME = "at what time"
    BOOK = "whether to book the table"
    REBOOK = "what to change of the booking"
    PERSON = "whether to ask for a person"


YES_OR_NO = frozenset({Question.RIGHT, Question.PLACE, Question.BOOK, Question.PERSON})
BOOKING = frozenset({Question.PEOPLE, Question.DAY, Question.TIME, Question.BOOK, Question.REBOOK})

HINTS = {
    Question.MORE: "You can order a drink, book a table, or ask for the menu, the prices, our hours, or our address.",
    Question.RIGHT: "Please say yes or no.",
    Question.CHANGE: "You can say, make it a large, or, with oat milk.",
    Question.PLACE: "Please say yes or no.",
    Question.PEOPLE: "You can say, four people, or press the number.",
    Question.DAY: "You can say today, tomorrow, or a day of the week.",
    Question.TIME: "You can say, at half past one.",
    Question.BOOK: "Please say yes or no.",
    Question.REBOOK: "You can say, at two, or, three people.",
    Question.PERSON: "Please say yes or no, or press zero.",
}
"""What helps a caller who does not know how to answer."""

ELSE = ("Anything else?", "Is there anything else?", "Would you like anything else?")
WISH = ("What would you like?", "What can I get you?")
FAILED = "Sorry, I cannot do that right now."
CORRECT = ("Is that right?", "Is that correct?", "Did I get that right?")


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer: what is told, then what is asked. `asks` is said again when the caller needs the question again."""

    says: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    question: Question = Question.MORE
    over: bool = False
    """The conversation has ended with this."""
    to: str = ""
    """The caller is put through to this destination; the question that was open stays so."""

    def memory(self) -> dict[str, Any]:
        """As JSON."""
        return {"says": list(self.says), "asks": list(self.asks), "question": self.question.name, "over": self.over}

    @classmethod
    def recalled(cls, memory: dict[str, Any]) -> "Reply":
        """From JSON. Raises KeyError or TypeError if it is no reply's."""
        says, asks = (tuple(map(str, memory[name])) for name in ("says", "asks"))
        return cls(says, asks, Question[memory["question"]], memory["over"] is True)


class Rota:
    """Gives the wordings of one thing in turn, so that the desk varies and a call repeats exactly."""

    def __init__(self) -> None:
        self._used: dict[tuple[str, ...], int] = {}

    def __call__(self, wordings: tuple[str, ...]) -> str:
        used = self._used[wordings] = self._used.get(wordings, -1) + 1
        return wordings[used % len(wordings)]


async def ask(use: Use, name: str, **arguments: Any) -> Any:
    """Uses a tool without the arguments that are empty. What it told: read as JSON, or the text that it is.

    Raises ToolError, whose text can be said to a caller.
    """
    try:
        told = await use(name, **{key: value for key, value in arguments.items() if value not in ("", None)})
    except ToolError as error:
        raise ToolError(FAILED if _broken(name, str(error)) else wording.sentence(str(error))) from error
    try:
        return json.loads(told)
    except ValueError:
        return told


def _broken(name: str, error: str) -> bool:
    """Whether it is the toolbox that speaks of a tool (agent/tools.py), to a programmer; a tool speaks to the caller."""
    made = (f"{name} failed.", f"{name} took too long.", f"There is no tool {name}.")
    return error in made or error.startswith(f"{name}: ")
