"""Digits in what is said: written in figures, spoken as words, or both, with the pauses and hesitations between. Pure.

English words; figures in any language.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_UNITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_TEENS = (
    "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_WORDS = (
    {word: str(value) for value, word in enumerate(_UNITS)}
    | {word: str(value + 10) for value, word in enumerate(_TEENS)}
    | {word: str(10 * value + 20) for value, word in enumerate(_TENS)}
    | {"oh": "0", "o": "0", "nought": "0"}
)
_TIMES = {"double": 2, "triple": 3, "treble": 3}
_HESITATIONS = {"uh", "um", "er", "erm", "and", "dash", "hyphen", "space"}

BREAK = "\x1f"
"""Stands between turns: it does not end a number."""
_TOKEN = re.compile(r"[0-9]+|[^\W\d_]+")
_GAP = re.compile(rf"[ \t\n{BREAK}\u00a0.,;()/–-]{{0,8}}")
_IN_NUMBER = re.compile(r"[.,/]")
"""Between two figures without a space these may be of a price, an amount or a date as well."""


@dataclass(slots=True)
class Token:
    """Figures or a word, and the digits they stand for."""

    begin: int
    end: int
    digits: str
    figures: bool


@dataclass(slots=True)
class Run:
    """Digits one after another with nothing else between."""

    tokens: list[Token] = field(default_factory=list)
    plus: bool = False
    """A `+` or the word stands before it."""

    @property
    def digits(self) -> str:
        """All of them."""
        return "".join(token.digits for token in self.tokens)

    @property
    def begin(self) -> int:
        """Where it begins in the text."""
        return self.tokens[0].begin

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.tokens[-1].end


def runs(text: str) -> Iterator[Run]:
    """Every run of digits, in order."""
    run, before, at, times, plus = Run(), 0, 0, 1, False
    for found in _TOKEN.finditer(text):
        word, gap = found[0].lower(), text[at : found.start()]
        goes_on = bool(run.tokens) and _goes_on(gap, run.tokens[-1], word)
        if run.tokens and not goes_on:
            yield run
            run, times = Run(), 1
        plus = plus if goes_on else "+" in gap[-2:] or plus
        at, before = found.end(), found.start()
        if run.tokens and word in _HESITATIONS:
            continue
        if word in _TIMES:
            times = _TIMES[word]
            continue
        if word == "hundred" and run.tokens and len(run.tokens[-1].digits) == 1 and not run.tokens[-1].figures:
            run.tokens[-1] = Token(run.tokens[-1].begin, found.end(), run.tokens[-1].digits + "00", False)
            continue
        digits = word if word.isascii() and word.isdecimal() else _WORDS.get(word, "")
        if not digits:
            if run.tokens:
                yield run
            run, times, plus = Run(), 1, word == "plus"
            continue
        _add(run, Token(before, found.end(), digits * times, word.isdecimal()))
        run.plus = run.plus or (plus and len(run.tokens) == 1)
        times, plus = 1, False
    if run.tokens:
        yield run


def _add(run: Run, token: Token) -> None:
    """A token more; a unit after a ten is one number with it: forty one is 41."""
    last = run.tokens[-1] if run.tokens else None
    if (
        last is not None
        and not (token.figures or last.figures)
        and len(last.digits) == 2
        and last.digits[0] > "1"
        and last.digits[1] == "0"
        and len(token.digits) == 1
        and token.digits != "0"
    ):
        run.tokens[-1] = Token(last.begin, token.end, last.digits[0] + token.digits, False)
    else:
        run.tokens.append(token)


def _goes_on(gap: str, last: Token, word: str) -> bool:
    if not _GAP.fullmatch(gap):
        return False
    if last.figures and word.isdecimal() and len(gap) == 1 and _IN_NUMBER.match(gap):
        # 12.50, 1,299 and 11/26 are numbers of their own; 555.123.4567 and 4111.1111 are one in groups.
        return gap == "." and len(last.digits) >= 3 and len(word) >= 3
    return True
