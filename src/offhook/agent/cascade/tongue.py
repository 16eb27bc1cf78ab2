"""Which language a talk is in: the agent's own, or another of its languages that the caller has changed to. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from offhook.agent.cascade.voice import Voice

LEAST_WORDS, LEAST_SIGNS = 3, 4
"""Of a turn that changes the language: fewer ("okay", "ciao") are said in any, and recognisers guess. Signs, in scripts that
put no blanks between words."""
_WORDS, _SIGNS = re.compile(r"\w+"), re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]")


@dataclass(frozen=True, slots=True)
class Manner:
    """How an agent speaks one language."""

    language: str
    """A tag such as "de-DE"."""
    voice: "Voice"
    goodbye: str = ""
    """Last words, of those that the voice keeps; empty: none."""
    back: str = ""
    """Said by an agent whose call was lost, and the line with it."""


class Tongue:
    """That of one call."""

    def __init__(self, own: Manner, others: Sequence[Manner] = ()) -> None:
        self._manners = (own, *others)
        self.now = own

    def heard(self, text: str, language: str) -> bool:
        """The caller said this in the language of a tag; empty: nobody knows. True if the talk goes on in another than
        before."""
        if len(_WORDS.findall(text)) < LEAST_WORDS and len(_SIGNS.findall(text)) < LEAST_SIGNS:
            return False
        if not language or same(language, self.now.language):
            return False
        found = next((each for each in self._manners if same(each.language, language)), None)
        self.now = found or self.now
        return found is not None


def same(tag: str, other: str) -> bool:
    """Two tags are of one language, wherever it is spoken."""
    one, two = (each.replace("_", "-").partition("-")[0].casefold() for each in (tag, other))
    return one == two
