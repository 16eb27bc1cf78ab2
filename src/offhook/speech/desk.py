"""The front desk of a small café: the responder of the built-in demo agent, and all it understands.

It answers by rules, from a fixed set of sentences. What callers may say, and what it means, is in phrasebook.py.
"""

from collections.abc import AsyncIterator
from typing import Literal

from offhook.speech.base import Said, Use
from offhook.speech.phrasebook import GRAMMAR, understand

__all__ = ["GRAMMAR", "Desk", "intent_of"]

Intent = Literal["hours", "address", "menu", "repeat", "goodbye", "yes", "no", "hello", "unknown"]

_AS: dict[str, Intent] = {
    "hours": "hours", "address": "address", "menu": "menu", "price": "menu", "repeat": "repeat", "goodbye": "goodbye",
    "done": "goodbye", "yes": "yes", "no": "no", "hello": "hello",
}  # fmt: skip

_CHOICES = "You can ask for our opening hours, our address, or the menu."
_MORE = "Is there anything else?"

_ANSWERS: dict[Intent, tuple[str, ...]] = {
    "hours": ("We are open from eight to six on weekdays, and from nine to four at the weekend.", _MORE),
    "address": ("We are at twelve Mill Street, opposite the railway station.", _MORE),
    "menu": (
        "Here is the menu.",
        "An espresso is two euros, an americano two fifty, a cappuccino three twenty, and a latte three fifty.",
        "Tea is two euros twenty: black, green, mint, or camomile.",
        "Cold drinks are lemonade and apple juice, each two eighty.",
        "To eat, we have a butter croissant for two euros, a cheese sandwich for five, and tomato soup with bread for six.",
        "The cake of the day is four euros: today it is carrot cake.",
        _MORE,
    ),
    "goodbye": ("Thank you for calling. Goodbye!",),
    "yes": ("What would you like to know?", _CHOICES),
    "hello": ("Hello!", _CHOICES),
    "unknown": ("Sorry, I did not understand that.", _CHOICES),
}


def intent_of(text: str) -> Intent:
    """What a caller who said `text` wants."""
    return _AS.get(understand(text).intent, "unknown")


class Desk:
    """One conversation at the desk (a `Responder`)."""

    def __init__(self) -> None:
        self._last: tuple[str, ...] = (_CHOICES,)

    def greeting(self) -> str:
        """The first words. Callers are told that nobody real speaks, and what can be asked."""
        return "Hello, this is the demo voice of the Blue Door Café. Ask for our hours, address, or menu."

    async def respond(self, said: Said, use: Use) -> AsyncIterator[str]:
        """Sentences to say to a caller."""
        intent = intent_of(said.text)
        if intent == "no":  # nothing else is wanted
            intent = "goodbye"
        sentences = self._last if intent == "repeat" else _ANSWERS[intent]
        if intent != "unknown":  # what is worth repeating is the answer before
            self._last = sentences
        for sentence in sentences:
            yield sentence
        if intent == "goodbye":
            await use("hang_up")

    def filler(self) -> str:
        """For a caller who waits."""
        return "One moment, please."

    keys_wanted = None
    """Nothing is asked for by key."""
