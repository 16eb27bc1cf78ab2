"""Telephone numbers and codes, which are read digit by digit, in groups. Pure; in every language."""

import re
from functools import cache

import phonenumbers

from offhook.speech.saying.locales import Locale
from offhook.speech.saying.numerals import cardinal
from offhook.speech.saying.rewriting import Rewriting

_GROUPED = re.compile(
    r"(?<![\w.,€$£/:-])(?:(?P<plus>(?:\+|00)\d{1,3})(?P<i>[ .\u00a0-]?))?(?:\((?P<area>0?\d{1,5})\)[ .-]?)?"
    r"\d{1,5}(?:[ .\u00a0/-]\d{1,8}){1,6}(?![\w%€$£]|[.,:/-]\d|[ ]?[€$£%°])"
)
_UNGROUPED = re.compile(r"(?<![\w.,€$£/:-])(?:\+|00)[1-9]\d{6,14}(?![\w]|[.,]\d)")
_LONG = re.compile(r"(?<![\w.,€$£/:-])(?<!\d[ \u00a0\u202f])(?:0\d{2,}|\d{7,})(?![\w]|[.,:]\d|[ ]?[€$£%°])")
_EMERGENCY = re.compile(
    r"\b(?i:call|dial|ring|text|notruf|(?:rufen|wählen)(?: sie)?(?: die)?|(?:appelez|composez|faites) le|llam[ae] al|mar(?:ca|que) el)\s"
    r"(?P<n>911|112|999|988|110|115|111|116)(?![\w%€$£-]|[.,:/]\d|\s?[€$£%°])"
)
_MIXED = re.compile(r"(?<![\w$€£-])(?=[A-Z0-9-]*\d)(?=[A-Z0-9-]*[A-Z])[A-Z0-9]{2,}(?:-[A-Z0-9]+)*(?![\w-]|['’.]\w)")
_LEAST_DIGITS = 7


def digits(text: str, locale: Locale) -> str:
    """Digits one after the other, "+" and letters between them too."""
    said = " ".join(_one(each, locale) for each in text if each.isalnum() or each == "+")
    return said if locale.known else said.replace("+ ", "+")


def _one(each: str, locale: Locale) -> str:
    if not locale.known:
        return each
    if each == "+":
        return locale.plus
    return cardinal(int(each), locale.language) if each.isdecimal() and each.isascii() else each


def _groups(groups: list[str], locale: Locale) -> str:
    return ", ".join(digits(each, locale) for each in groups)


def grouped(number: str, locale: Locale) -> list[str]:
    """A number without groups, in those it is written in where it comes from, or in threes."""
    written = "+" + number[2:] if number.startswith("00") else number
    try:
        found = phonenumbers.parse(written, locale.region or None)
    except phonenumbers.NumberParseException:
        return _threes(number)
    if not phonenumbers.is_valid_number(found):
        return _threes(number)
    way = phonenumbers.PhoneNumberFormat.INTERNATIONAL if written[0] == "+" else phonenumbers.PhoneNumberFormat.NATIONAL
    return re.findall(r"\+?\d+", phonenumbers.format_number(found, way))


def _threes(number: str) -> list[str]:
    """From the front; the last group has two to four."""
    plus, bare = ("+", number[1:]) if number[0] == "+" else ("", number)
    cut = [bare[at : at + 3] for at in range(0, len(bare), 3)]
    if len(cut) > 1 and len(cut[-1]) == 1:
        cut[-2:] = [cut[-2] + cut[-1]]
    return [plus + cut[0], *cut[1:]]


def _telephone(m: re.Match[str], locale: Locale) -> str | None:
    """A number that is written in groups; None for what is rather a sum, a range or a date."""
    groups = re.findall(r"\+?\d+", m[0])
    count = sum(len(each.lstrip("+")) for each in groups)
    if not _LEAST_DIGITS <= count <= 15 or not _is_one(m[0], groups, locale):
        return None
    return _groups(groups, locale)


def _is_one(written: str, groups: list[str], locale: Locale) -> bool:
    if len(groups) < 6 + ("+" in written) and (groups[0][0] == "+" or "(" in written or re.match(r"0\d", groups[0])):
        return not re.fullmatch(r"\d\d[./-]\d\d[./-]\d{2,4}", written)
    if locale.language == "en":
        return bool(re.fullmatch(r"(?:1[ .-])?(?:\d{3}[ .-])?\d{3}[ .-]\d{4}", written))
    if locale.language == "es":
        return bool(
            re.fullmatch(
                r"[6-9]\d{2}[ ]\d{3}[ ]\d{3}|[6-9]\d{2}[ ]\d\d[ ]\d\d[ ]\d\d|9\d[ ]\d{3}[ ]\d\d[ ]\d\d", written
            )
        )
    return (
        len(groups) >= 3 and written.count("-") + written.count("/") >= 1 and not re.match(r"\d{4}-\d\d-\d\d", written)
    )


@cache
def _codes(locale: Locale) -> re.Pattern[str] | None:
    if not locale.code_words:
        return None
    is_ = "is|ist|lautet|est|es"
    return re.compile(
        rf"(?<!\w)(?i:{locale.code_words})(?P<between>(?:\s+(?:{is_}))?[:\s]+#?)(?P<n>\d{{3,}})(?![\w]|[.,:/-]\d|\s?(?:[€$£%°]|[ap]\.?m\b))"
    )


def _code(m: re.Match[str], locale: Locale) -> str:
    return m[0][: m.start("n") - m.start()].removesuffix("#") + _groups(
        _threes(m["n"]) if len(m["n"]) > 5 else [m["n"]], locale
    )


def say_digits(text: Rewriting, locale: Locale) -> None:
    """Telephone numbers, codes, and numbers too long to be an amount."""
    _in_groups(text, locale)
    text.each(_UNGROUPED, lambda m: _groups(grouped(m[0], locale), locale))
    if (codes := _codes(locale)) is not None:
        text.each(codes, lambda m: _code(m, locale))
    if locale.known:
        text.each(_EMERGENCY, lambda m: m[0][: m.start("n") - m.start()] + digits(m["n"], locale))
    text.each(_LONG, lambda m: _groups(grouped(m[0], locale), locale))
    text.each(_MIXED, lambda m: digits(m[0], locale) if sum(map(str.isdigit, m[0])) > 1 and len(m[0]) > 3 else None)


def _in_groups(text: Rewriting, locale: Locale) -> None:
    """Each group is a stretch of its own, so that what was heard of a number is known."""
    changes: list[tuple[int, int, str]] = []
    for m in _GROUPED.finditer(text.text):
        if _telephone(m, locale) is None:
            continue
        found = list(re.finditer(r"\+?\d+", m[0]))
        begins = [m.start(), *(m.start() + each.start() for each in found[1:])]
        ends = [*begins[1:], m.end()]
        for at, (begin, end) in enumerate(zip(begins, ends, strict=True)):
            comma = ", " if at < len(found) - 1 else ""
            changes.append((begin, end, digits(found[at][0], locale) + comma))
    text.replace(changes)
