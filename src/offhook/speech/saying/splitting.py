"""Cuts a text that is still being written into pieces to be said one after the other: sentences, as soon as each is sure. Pure.

The first piece may be less than a sentence, so that something is heard soon. The pieces, joined, are the text.
"""

import re
from collections.abc import Callable
from functools import cache

from offhook.speech.saying.locales import Locale, locale_of

FIRST_CHARS = 40
"""After so many the first piece may end at a word."""
LEAST_CHARS = 8
"""Before so many it ends at no comma: a voice needs some words to say them well."""
MOST_CHARS = 240
"""After so many any piece may end at a comma or a word."""

_STOPS = ".!?…。！？｡"
_WIDE_STOPS = "。！？｡"
_CLOSERS = "\"'”’»)]}*_~`›」』）】〉》"
_END = re.compile(rf"[{re.escape(_STOPS)}]+[{re.escape(_CLOSERS)}]*")
_CLOSING_GUILLEMET = re.compile("[ \u00a0\u202f]»")
_FENCE = re.compile(r"[ \t]*(```|~~~)")
_WORD_BEFORE = re.compile(r"[^\s(\[\"'“„«¿¡*_]*$")
_words = str.split

_ABBREVIATIONS = frozenset(
    _words(
    "mr mrs ms dr prof st no vs approx ave rd blvd gen sgt capt mt ft rev hon fig vol al inc ltd corp dept tel ext "
    "nr str ca bzw inkl zzgl ggf evtl hr fr abs bspw mind max min vgl sog geb std sek stk mio mrd tsd "
    "mme mlle av env janv févr avr juil sept oct nov déc "
    "ee sr sra srta dra ud uds vd núm avda aprox pág dcha izq sta sto dña máx mín "
    "jan feb mar apr jun jul aug sep dec okt dez"
    )
)  # fmt: skip
"""Words that a sentence rarely ends with when a dot follows them."""
_MAY_END = frozenset(_words("etc usw inc ltd co corp jr sr ave rd blvd uds mins hrs"))
"""Those that do end one before a word with a capital."""
_ZONES = frozenset(_words("est edt et cst cdt ct mst mdt mt pst pdt pt gmt utc bst cet cest"))
_AFTER_INITIALS = frozenset(
    _words(
        "the a an i we you he she it they this that there and but so our your please if when what how would do is are"
        " der die das wir sie ich es und aber bitte wenn le la les nous vous il elle je el los las usted nosotros"
    )
)
_BEFORE_ORDINALS = frozenset(
    _words(
        "am im der die das den dem des vom zum zur bis ab seit beim jeder jede jedes mein meine ihr ihre unser unsere"
        " dieser diese einen heute montag dienstag mittwoch donnerstag freitag samstag sonntag und oder"
    )
)
_DAYS = frozenset(_words("monday tuesday wednesday thursday friday saturday sunday tomorrow today"))


class Splitter:
    """Of one answer, in the language of a tag such as "en-US"."""

    def __init__(self, language: str = "", *, first_chars: int = FIRST_CHARS) -> None:
        """`first_chars`: 0 makes the first piece a sentence like the others."""
        self._locale = locale_of(language)
        self._text = ""
        self._looked = 0  # up to here there is certainly no end
        self._first_chars = first_chars or MOST_CHARS
        self._begun = False

    def feed(self, text: str) -> list[str]:
        """More of the text; the pieces that are certain now."""
        self._text += text
        return self._pieces(whole=False)

    def end(self) -> list[str]:
        """The text is over; what is left of it."""
        pieces = self._pieces(whole=True)
        if self._text:
            pieces.append(self._text)
        self._text, self._looked, self._begun = "", 0, False
        return pieces

    def hurry(self) -> list[str]:
        """The text is slow to come, and something is to be heard: what there is up to the end of a word, two words at least;
        nothing if that would cut through what belongs together."""
        text = self._text
        begins = len(text) - len(text.lstrip())
        if not text.strip() or (text[begins] in "`~" and _fenced(text, begins, False) is not None):
            return []
        at = text.rfind(" ")
        while at > begins and " " in text[begins:at]:
            if end := _ends_words(text, begins, at, self._locale, True):
                self._begun, self._text, self._looked = True, text[end:], 0
                return [text[:end]]
            at = text.rfind(" ", begins, at)
        return []

    def _pieces(self, *, whole: bool) -> list[str]:
        pieces = []
        while self._text and (end := self._end(whole)):
            piece, self._text, self._looked = self._text[:end], self._text[end:], 0
            self._begun = self._begun or bool(piece.strip())
            pieces.append(piece)
        return pieces

    def _end(self, whole: bool) -> int | None:
        """Where the first piece ends; None if that is not to be known yet."""
        text = self._text
        begins = len(text) - len(text.lstrip())
        if begins == len(text):
            return None
        fenced = _fenced(text, begins, whole) if text[begins] in "`~" else None
        if fenced is not None:
            return fenced or None
        at = max(self._looked, begins)
        while at < len(text):
            sure = self._ends_at(text, begins, at, whole)
            if sure is None:
                break
            if sure:
                return sure
            at += 1
            self._looked = at
        return None

    def _ends_at(self, text: str, begins: int, at: int, whole: bool) -> int | None:
        """Where the piece ends if the character at `at` ends it; 0 if it does not, None if more must be seen."""
        if text[at] == "\n":
            return at + 1
        if text[at] in _STOPS:
            return _ends_sentence(text, at, self._locale, whole)
        least = LEAST_CHARS if not self._begun else MOST_CHARS
        most = self._first_chars if not self._begun else MOST_CHARS
        if text[at] == " " and at - begins >= least:
            comma = text[at - 1] in ",;:–—" and (
                self._begun or self._first_chars < MOST_CHARS or at - begins >= MOST_CHARS
            )
            if comma or at - begins >= most:
                return _ends_words(text, begins, at, self._locale, whole)
        return 0


def split(text: str, language: str = "", *, first_chars: int = FIRST_CHARS) -> list[str]:
    """The pieces of a whole text."""
    splitter = Splitter(language, first_chars=first_chars)
    return [*splitter.feed(text), *splitter.end()]


def _fenced(text: str, begins: int, whole: bool) -> int | None:
    """Where a block of code ends that the text begins with: 0 if that is not there yet, None if it is no block."""
    opening = _FENCE.match(text, text.rfind("\n", 0, begins) + 1)
    if opening is None:
        unsure = len(text) - begins < 3 and set(text[begins:]) <= set("`~") and not whole
        return 0 if unsure else None
    closing = re.compile(rf"^[ \t]*{opening[1]}[ \t]*\n", re.MULTILINE).search(text, opening.end())
    if closing is not None:
        return closing.end()
    return len(text) if whole else 0


def _ends_sentence(text: str, at: int, locale: Locale, whole: bool) -> int | None:
    """Where the sentence ends that a stop at `at` ends; 0 if none does, None if what follows must be seen."""
    stop = _END.match(text, at)
    assert stop is not None
    if at and text[at - 1] in _STOPS:
        return 0  # judged with the first of them
    end = stop.end()
    if "«" in text[:at] and text.rfind("«", 0, at) > text.rfind("»", 0, at):
        if not whole and len(text) < end + 2:
            return None
        end += 2 if _CLOSING_GUILLEMET.match(text, end) else 0
    if end == len(text):
        return end if whole else None
    if stop[0][0] in _WIDE_STOPS:
        return end
    if not text[end].isspace():
        return 0
    if text[end] == "\n":
        return end
    if stop[0].startswith("."):
        return _ends_with_dot(text, at, end, locale, whole, several=stop[0].startswith(".."))
    if stop[0] in ("!", "?"):
        return end
    return _if_next(text, end, whole, lambda word: not word[:1].islower())


def _ends_with_dot(text: str, at: int, end: int, locale: Locale, whole: bool, *, several: bool) -> int | None:
    if several:
        return _if_next(text, end, whole, lambda word: not word[:1].islower())
    found = _WORD_BEFORE.search(text, max(0, at - 30), at)
    word = found[0] if found is not None else ""
    bare = word.lower().strip("*_`(\"'")
    if bare in ("a.m", "p.m"):
        return _if_next(
            text, end, whole, lambda next_: next_[:1].isupper() and next_.lower().strip(",.") not in _DAYS | _ZONES
        )
    if f"{word}." in locale.before_names:
        return 0
    if bare in _MAY_END or (locale.language == "de" and bare.endswith("str")):
        return _if_next(text, end, whole, lambda next_: next_[:1].isupper() or next_[:1] in "¿¡")
    if bare in _ABBREVIATIONS or f"{word}." in locale.abbreviations:
        return 0
    if (len(bare) == 1 and bare.isalpha()) or re.fullmatch(r"(?:\w\.)+\w", bare):
        return _if_next(text, end, whole, lambda next_: next_[:1].isupper() and next_.lower() in _AFTER_INITIALS)
    if bare.isdecimal() and (locale.language == "de" or _begins_line(text, at - len(word))):
        return _after_number(text, at - len(word), bare, end, locale, whole)
    if len(bare) > 2 and word[-1:].isalpha() and end == at + 1:
        return end
    return _if_next(text, end, whole, lambda next_: not next_[:1].islower())


def _after_number(text: str, begins: int, number: str, end: int, locale: Locale, whole: bool) -> int | None:
    """ "1. Kaffee" and "am 5. März" go on; "um 9. Danach" does not."""
    if _begins_line(text, begins) and len(number) < 3:
        return 0
    before = _WORD_BEFORE.search(text, 0, len(text[:begins].rstrip()))
    ordinal = len(number) < 3 and before is not None and before[0].lower().strip(",") in _BEFORE_ORDINALS
    names = (*locale.months, *locale.months_short)
    return _if_next(
        text, end, whole, lambda next_: next_[:1].isupper() and not ordinal and next_.strip(".,;:!?") not in names
    )


def _begins_line(text: str, at: int) -> bool:
    return not text[text.rfind("\n", 0, at) + 1 : at].strip(" \t*_>#-")


def _if_next(text: str, end: int, whole: bool, judge: Callable[[str], bool]) -> int | None:
    """`end` if what is judged of the next word is true; None if that is not whole yet."""
    word = _next_word(text, end, whole)
    if word is None:
        return None
    return end if not word or judge(word.lstrip("\"'“„«(*_[")) else 0


def _next_word(text: str, at: int, whole: bool) -> str | None:
    begin = at
    while begin < len(text) and text[begin].isspace():
        if text[begin] == "\n":
            return ""
        begin += 1
    end = begin
    while end < len(text) and not text[end].isspace():
        end += 1
    return text[begin:end] if whole or end < len(text) else None


@cache
def _names(locale: Locale) -> frozenset[str]:
    return frozenset(each.lower() for each in (*locale.months, *locale.months_short, *locale.scales, *locale.units))


def _ends_words(text: str, begins: int, at: int, locale: Locale, whole: bool) -> int | None:
    """The same between two words: not within what belongs together, such as a date, a number, a name, a link."""
    piece = text[begins:at]
    if piece.count("[") + piece.count("(") > piece.count("]") + piece.count(")") or piece.count("`") % 2:
        return 0
    if any(piece.count(mark) % 2 for mark in ("**", "__", "~~")) or piece.startswith(("|", "#")):
        return 0
    before = piece.rpartition(" ")[2]
    plain = before.rstrip(",;:–—")
    after = _next_word(text, at, whole)
    if after is None:
        return None
    joined = any(map(str.isdecimal, before + after)) or plain[-1:] in ".$€£" or not after[:1].isalpha()
    names = _names(locale)
    if joined or (plain == before and (plain.lower() in names or after.lower().strip(".,;:!?") in names)):
        return 0
    if plain == before and plain[:1].isupper() and after[:1].isupper():
        return 0
    return at
