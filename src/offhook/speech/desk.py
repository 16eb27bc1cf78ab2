"""The front desk of a small café: the responder of the built-in demo agent, and all it understands.

It answers by rules, from a fixed set of sentences. The grammar tells the recogniser what callers may say; `intent_of`
makes one of a few intents of it.
"""

import re
from collections.abc import AsyncIterator
from typing import Literal

from offhook.speech.base import Said, Use

Intent = Literal["hours", "address", "menu", "repeat", "goodbye", "yes", "no", "hello", "unknown"]

GRAMMAR = """#JSGF V1.0;
grammar desk;
public <turn> = [<hello>] <ask> [please] | <hello> | <yes> | <no> | <bye>;
<ask> = <hours> | <address> | <menu> | <repeat>;
<hello> = hello | hi | good (morning | afternoon | evening);
<lead> = what is | what's | what are | tell me | give me | can you tell me | could you tell me
       | i'd like to know | i want to know;
<hours> = [<lead>] [your | the] opening (hours | times) | [<lead>] your hours
        | when (are you open | do you open | do you close) [<day>]
        | are you open [<day>] | what time do you (open | close) [<day>] | how long are you open [<day>];
<day> = today | tomorrow | on <weekday> | at the weekend;
<weekday> = monday | tuesday | wednesday | thursday | friday | saturday | sunday;
<address> = [<lead>] [your | the] address | where are you [located] | where is the (cafe | shop)
          | how do i (get there | find you);
<menu> = [<lead>] [your | the] menu | (what is | what's) on (your | the) menu | read [me] the menu | [<lead>] (your | the) prices | what do you (have | sell | serve)
       | what can i (have | order | eat | drink) | can you read [me] the menu | how much is a coffee;
<repeat> = [can you | could you] (repeat that | say that again) | pardon | what did you say | once more;
<yes> = (yes | yeah | yep | sure | okay) [please];
<no> = (no | nope) [thanks | thank you | that's all];
<bye> = [thanks | thank you] (goodbye | bye | bye bye) | (that's all | that is all | nothing else) [thanks | thank you]
      | thanks | thank you;
"""

_RULES: tuple[tuple[Intent, re.Pattern[str]], ...] = (
    ("hours", re.compile(r"\b(hours|times|open|close)\b")),
    ("address", re.compile(r"\b(address|where|get there|find you)\b")),
    ("menu", re.compile(r"\b(menu|prices|how much|do you (have|sell|serve)|can i (have|order|eat|drink))\b")),
    ("repeat", re.compile(r"\b(repeat|again|pardon|did you say|once more)\b")),
    ("no", re.compile(r"^(no|nope)\b")),
    ("goodbye", re.compile(r"\b(goodbye|bye|that's all|that is all|nothing else|thanks|thank you)\b")),
    ("yes", re.compile(r"^(yes|yeah|yep|sure|okay)\b")),
    ("hello", re.compile(r"^(hello|hi|good (morning|afternoon|evening))$")),
)

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
    return next((intent for intent, rule in _RULES if rule.search(text)), "unknown")


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
