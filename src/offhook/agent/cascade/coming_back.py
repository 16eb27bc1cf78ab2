"""Where a talk stands that is gone on with by an agent that was not there before: what is answered, and what is not. Pure."""

import re
from dataclasses import dataclass
from typing import Any

from offhook.agent.conversation import Said as Kept

CUT_OFF = "I am sorry, we were cut off."
"""The first words of an agent that goes on with another's call and has not read it."""
BACK = "Sorry, I was cut off for a moment."
"""Those of one whose call was lost, and the line with it."""
AGAIN, WHAT_NOW = "Could you say that again, please?", "What can I do for you?"
ENTRY = "keys"
"""What is remembered to be answered in the place of what was keyed in, which may be nobody's to know."""
_KEYS_TURN = re.compile(r"\(keys (.+)\)")
"""How the transcript tells of an entry on the keypad."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Of a talk that was lost with its process."""

    words: str
    """What the caller said or keyed in last, as a recogniser of ours would have it; empty if the agent had the last word."""
    keys: str
    """What of it they keyed in."""
    answered: bool
    known: dict[str, Any] | None
    """What the responder remembered."""


def standing(last: Kept, memory: dict[str, Any]) -> Standing:
    """By what was said last, and what was remembered of answers."""
    words = plain(last.text) if last.role == "user" else ""
    keyed = _KEYS_TURN.fullmatch(last.text)
    answered = bool(words) and plain(str(memory.get("answered", ""))).endswith(ENTRY if keyed else words)
    known = memory.get("responder")
    return Standing(words, keyed[1] if keyed else "", answered, known if isinstance(known, dict) else None)


def plain(text: str) -> str:
    """Words as another model wrote them, as a recogniser of ours would have: without case and punctuation."""
    return " ".join(re.sub(r"[^\w\s']", " ", text).lower().split())
