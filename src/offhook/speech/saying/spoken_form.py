"""What a language model wrote, as a synthesizer says it right: no Markdown, emoji, link or code, and amounts, dates, times and
telephone numbers in words. Pure.

Positions of the said text lead back to the written one, which the transcript keeps: what was heard is cut there.
"""

import re
from functools import cache

from offhook.speech.saying import amounts, dates, digits, markup
from offhook.speech.saying.locales import Locale, locale_of
from offhook.speech.saying.rewriting import Rewriting

_STREET = re.compile(r"(?<=[a-zäöüß])str\.(?!\w)")
_ENDS = {
    "etc.",
    "usw.",
    "Inc.",
    "Ltd.",
    "Co.",
    "Corp.",
    "St.",
    "Ave.",
    "Rd.",
    "Blvd.",
    "Jr.",
    "Sr.",
    "Uds.",
    "EE. UU.",
    "EE.UU.",
}
"""After these a word with a capital is rather a sentence of its own."""


def speakable(written: str, language: str) -> Rewriting:
    """What is to be said of a text, in the language of a tag such as "de-DE".

    `text` of the result is empty if there is nothing to say. Of a language that is not known only what every language has
    in common is done: numbers stay as they are, but for those of telephones.
    """
    locale = locale_of(language)
    text = Rewriting(written)
    markup.without_blocks(text)
    markup.without_marks(text, locale)
    if any(map(str.isdecimal, text.text)) or not text.text.isascii():
        if locale.known:
            dates.say_dates(text, locale)
        digits.say_digits(text, locale)
        if locale.known:
            amounts.say_amounts(text, locale)
    if locale.known:
        _say_abbreviations(text, locale)
        amounts.say_numbers(text, locale)
    markup.tidied(text)
    return text


@cache
def _abbreviations(locale: Locale) -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    def any_of(words: list[str]) -> str:
        return "|".join(
            re.escape(each).replace(r"\ ", "[ \u00a0\u202f]?") for each in sorted(words, key=len, reverse=True)
        )

    days = any_of(list(locale.weekdays_short))
    called = any_of(list(locale.before_names))
    names = re.compile(
        rf"(?<![\w.])(?:{called})(?=[ \u00a0](?:[A-ZÀ-ÖØ-ÞΑ-ΩА-Я]|(?:and|&|und|et|y)[ ](?:{called})[ ]))"
    )
    plain = re.compile(rf"(?<![\w.])(?:{any_of(list(locale.abbreviations))})(?!\w)")
    weekdays = re.compile(
        rf"(?<!\w)(?:(?P<a>{days})\.?(?P<l>[ ]?[-–][ ]?|[ ](?:{locale.to}|au)[ ])(?P<b>{days})\b\.?|(?P<c>{days})(?:\.(?=,|[ ][A-Za-z0-9])|(?=,)))"
    )
    return names, plain, weekdays


def _say_abbreviations(text: Rewriting, locale: Locale) -> None:
    names, plain, weekdays = _abbreviations(locale)
    text.each(names, lambda m: _name(m, locale))
    text.each(plain, lambda m: _abbreviation(m, locale))
    text.each(weekdays, lambda m: _weekday(m, locale))
    if locale.language == "de":
        text.each(_STREET, lambda m: "straße" + ("." if not m.string[m.end() :].strip() else ""))


def _name(m: re.Match[str], locale: Locale) -> str | None:
    """ "Dr. Lee", but "Elm Dr. is closed"; "St. Paul", but "Main St. Then"."""
    before = m.string[: m.start()].rstrip().rpartition(" ")[2]
    streets = (
        m[0] in locale.abbreviations and before[:1].isupper() and before[-1:].isalpha() and m.start() > len(before)
    )
    return None if streets else locale.before_names[m[0]]


def _abbreviation(m: re.Match[str], locale: Locale) -> str:
    key = next(
        each
        for each in (m[0], re.sub(r"\s", "", m[0]), re.sub(r"\.(?=\w)", ". ", re.sub(r"\s", "", m[0])))
        if each in locale.abbreviations
    )
    after = m.string[m.end() :]
    ends = key.endswith(".") and (not after.strip() or (key in _ENDS and re.match(r"\s+[A-ZÄÖÜ¿¡]", after)))
    return locale.abbreviations[key] + ("." if ends else "")


def _weekday(m: re.Match[str], locale: Locale) -> str:
    days = locale.weekdays_short
    if m["c"]:
        return days[m["c"]]
    to = m["l"].strip(" -–") or locale.to
    return f"{days[m['a']]} {to} {days[m['b']]}"
