"""What a recogniser needs to know of a JSGF grammar before it loads it: its words, and how they are pronounced."""

import re
from collections.abc import Iterable

from offhook.errors import ConfigError

_NOT_WORDS = re.compile(
    r"""
    /\*.*?\*/ | //[^\n]* |              # comments
    \A\#JSGF[^;]*; |                    # header
    ^\s*(?:grammar|import)\b[^;]*; |    # name of the grammar, imports
    (?:public\s+)?<[^>]*>(?:\s*=)? |    # rules, defined or used
    \{[^}]*\} | /[\d.eE+-]+/            # tags and weights
    """,
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)


def words_of(grammar: str) -> frozenset[str]:
    """The words a caller may say, lower-case. Raises ConfigError if the text is no grammar."""
    if not grammar.lstrip().startswith("#JSGF"):
        raise ConfigError("The grammar is not JSGF: let its text begin with '#JSGF V1.0;'.")
    return frozenset(re.findall(r"[^\s\[\]()|;*+=\"]+", _NOT_WORDS.sub(" ", grammar.lstrip()).lower()))


def pronunciations(dictionary: Iterable[str], words: frozenset[str]) -> dict[str, str]:
    """The lines of a dictionary (CMU format) that a grammar needs: word, or "word(2)" for another way to say it → phones.

    Fewer words make the search smaller and surer. Raises ConfigError naming the words nobody knows how to say.
    """
    found: dict[str, str] = {}
    for line in dictionary:
        spelling, _, phones = line.strip().partition(" ")
        if spelling.partition("(")[0] in words:
            found[spelling] = phones
    if missing := sorted(words - found.keys()):
        raise ConfigError(f"The recogniser cannot pronounce {', '.join(missing)}: use other words in the grammar.")
    return found
