"""Dates, years and times of day in words. Pure."""

import re
from functools import cache

from offhook.speech.saying.amounts import BLANK, Rule, german_ending
from offhook.speech.saying.locales import Locale
from offhook.speech.saying.numerals import Gender, cardinal, ordinal
from offhook.speech.saying.rewriting import Rewriting


def year(n: int, locale: Locale) -> str:
    """A year, as years are said."""
    if locale.language == "en" and 1100 <= n < 10_000 and n // 100 % 10 and not 2000 <= n < 2010:
        century, rest = divmod(n, 100)
        if not rest:
            return f"{cardinal(century, 'en')} hundred"
        return f"{cardinal(century, 'en')} {'oh ' if rest < 10 else ''}{cardinal(rest, 'en')}"
    if locale.language == "en" and 2010 <= n < 2100:
        return f"twenty {cardinal(n % 100, 'en')}"
    if locale.language == "de" and 1100 <= n < 2000:
        century, rest = divmod(n, 100)
        return f"{cardinal(century, 'de')}hundert{cardinal(rest, 'de') if rest else ''}"
    return cardinal(n, locale.language, british=locale.british)


def date(day: int, month: int, the_year: int | None, locale: Locale, before: str | None = None) -> str | None:
    """A date in words; None if there is no such day. `before` is the word before it."""
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    name = locale.months[month - 1]
    said_year = year(the_year, locale) if the_year is not None else ""
    match locale.language:
        case "en":
            if locale.month_first:
                return f"{name} {ordinal(day, 'en')}" + (f", {said_year}" if said_year else "")
            article = "" if before and before.lower() == "the" else "the "
            return f"{article}{ordinal(day, 'en')} of {name} {said_year}".rstrip()
        case "de":
            return f"{ordinal(day, 'de', german_ending(before))} {name} {said_year}".rstrip()
        case "fr":
            return f"{'premier' if day == 1 else cardinal(day, 'fr')} {name} {said_year}".rstrip()
    return f"{cardinal(day, 'es')} de {name}" + (f" de {said_year}" if said_year else "")


def time(hour: int, minute: int, locale: Locale, half: str = "") -> str | None:
    """A time of day in words; None if there is none. `half`: "a" or "p" for a.m. and p.m."""
    if hour > 24 or minute > 59:
        return None
    language = locale.language
    gender: Gender = {"de": "m", "fr": "f", "es": "f"}.get(language, "")  # type: ignore[assignment]
    hours, minutes = cardinal(hour, language, gender), cardinal(minute, language, "f" if language == "fr" else "")
    after = {"a": " a m", "p": " p m"}.get(half, "")
    match language:
        case "en":
            if not minute:
                return hours + (after or (" o'clock" if 1 <= hour <= 12 else " hundred hours"))
            return f"{hours} {'oh ' if minute < 10 else ''}{minutes}{after}"
        case "de":
            return f"{hours} Uhr" + (f" {minutes}" if minute else "")
        case "fr":
            named = {0: "minuit", 12: "midi"}.get(hour) if not minute else None
            return named or f"{hours} heure{'s' if hour > 1 else ''}" + (f" {minutes}" if minute else "")
    return hours + (f" y {minutes}" if minute else " en punto")


@cache
def _rules(locale: Locale) -> tuple[Rule, ...]:
    months = {name: at for at, name in enumerate(locale.months, 1)} | dict(locale.months_short)
    names = "|".join(
        rf"{name}\b\.?" if name in locale.months_short else rf"{name}\b"
        for name in sorted(months, key=len, reverse=True)
    )
    before = r"(?:\b(?P<w>[^\W\d_]+)[ ])?"

    def said(m: re.Match[str], month: int, day: str, the_year: str | None) -> str | None:
        words = date(int(day), month, int(the_year) if the_year else None, locale, m.groupdict().get("w"))
        if words is None:
            return None
        return f"{m['w']} {words}" if m.groupdict().get("w") else words

    def numeric(m: re.Match[str]) -> str | None:
        first, second = int(m["a"]), int(m["b"])
        month_first = (locale.month_first and first <= 12) or second > 12
        month, day = (first, second) if month_first else (second, first)
        the_year = m["y"] if len(m["y"]) == 4 else str((1900 if int(m["y"]) > 60 else 2000) + int(m["y"]))
        return said(m, month, str(day), the_year)

    def day_and_month(m: re.Match[str]) -> str | None:
        month, day = (m["a"], m["b"]) if locale.month_first else (m["b"], m["a"])
        return said(m, int(month), day, None)

    def month_of(name: str) -> int:
        return months[name.rstrip(".") if name.rstrip(".") in months else name]

    rules: list[Rule] = [
        (
            re.compile(rf"{before}(?<![\w.-])(?P<y>\d{{4}})-(?P<m>\d\d)-(?P<d>\d\d)(?:T(?=\d))?(?![\d-])"),
            lambda m: said(m, int(m["m"]), m["d"], m["y"]),
        ),
        (
            re.compile(
                rf"{before}(?<![\w.,/-])(?P<a>\d{{1,2}})(?P<s>[./-])(?P<b>\d{{1,2}})(?P=s)(?P<y>\d{{4}}|\d\d)(?![\w/-]|\.\d)"
            ),
            numeric,
        ),
    ]
    if locale.day_words:
        rules.append(
            (
                re.compile(rf"\b(?P<w>{locale.day_words})[ ](?P<a>\d{{1,2}})/(?P<b>\d{{1,2}})(?![\w/%]|[.,]\d)", re.IGNORECASE),
                lambda m: None if f"{m['a']}/{m['b']}" in locale.fractions else day_and_month(m),
            )
        )  # fmt: skip
    rules.append(
        (re.compile(rf"(?<=\d){BLANK}?[-–—]{BLANK}?(?=(?:{names})[ ]\d)"), lambda _: f" {locale.to} "),
    )
    if locale.language == "en":
        rules += [
            (
                re.compile(rf"\b(?P<m>{names})[ ](?P<d>\d{{1,2}}){BLANK}?[-–]{BLANK}?(?P<e>\d{{1,2}})(?![\w:/%.-])"),
                lambda m: _days(m, month_of(m["m"]), locale),
            ),
            (re.compile(r"(?<![\w.,])['’]?(?P<c>1[1-9]|20)?(?P<d>[2-9])0['’]?s\b"), _decade),
            (
                re.compile(rf"\b(?P<m>{names})[ ](?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?:,?[ ](?P<y>[12]\d{{3}}))?(?![\w:/%]|[.,]\d)"),
                lambda m: _spelt_month(m, month_of(m["m"]), locale),
            ),
            (
                re.compile(rf"{before}(?<![\w.,:$€£])(?P<d>\d{{1,2}})(?:st|nd|rd|th)?[ ](?:of[ ])?(?P<m>{names})(?:,?[ ](?P<y>[12]\d{{3}}))?(?![\w/%]|[.,]\d)"),
                lambda m: said(m, month_of(m["m"]), m["d"], m["y"]),
            ),
        ]  # fmt: skip
    else:
        day = {"de": r"\d{1,2}\.", "fr": r"\d{1,2}(?:er)?", "es": r"\d{1,2}(?:\.?º)?"}[locale.language]
        of = r"(?:[ ]del?)?[ ]" if locale.language == "es" else r"[ ]?"
        rules += [
            (
                re.compile(rf"{before}(?<![\w.,])(?P<d>{day}){of}(?P<m>{names})(?:{of}(?P<y>[12]\d{{3}})(?!\w|[.,:]\d))?", re.IGNORECASE if locale.language == "es" else 0),
                lambda m: said(m, month_of(m["m"] if m["m"] in months else m["m"].lower()), re.sub(r"\D", "", m["d"]), m["y"]),
            ),
        ]  # fmt: skip
        if locale.language == "de":
            rules.append(
                (
                    re.compile(rf"{before}(?<![\w.,])(?P<d>\d\d?)\.(?P<b>0[1-9]|1[0-2]|[1-9])\.(?![\d])"),
                    lambda m: said(m, int(m["b"]), m["d"], None),
                )
            )
    a_year = r"1[1-9]\d\d|20\d\d"
    rules.append(
        (
            re.compile(
                rf"(?<![\w.,+/-])(?P<a>{a_year}){BLANK}?[-–]{BLANK}?(?P<b>{a_year})(?![\w/-]|[.,:]\d|[ ]?[€$£%°])"
            ),
            lambda m: _years(m, locale),
        )
    )
    month_words = "|".join(locale.months)
    words = "|".join(filter(None, (locale.year_words, month_words)))
    rules.append(
        (
            re.compile(r"(?<=\w)(?P<b>\b[ ])(?P<y>1[1-9]\d\d|20\d\d)(?!\w|[.,:]\d|[ ]?[€$£%°])"),
            lambda m: _year_after(m, words, locale),
        )
    )
    return (*rules, *_time_rules(locale))


def _days(m: re.Match[str], month: int, locale: Locale) -> str | None:
    """ "March 5-7"."""
    if not 1 <= int(m["d"]) < int(m["e"]) <= 31:
        return None
    the = "" if locale.month_first else "the "
    return f"{locale.months[month - 1]} {the}{ordinal(int(m['d']), 'en')} to {the}{ordinal(int(m['e']), 'en')}"


def _years(m: re.Match[str], locale: Locale) -> str | None:
    """ "1995-2005": from one to the other."""
    begin, end = int(m["a"]), int(m["b"])
    return f"{year(begin, locale)} {locale.to} {year(end, locale)}" if begin < end else None


def _decade(m: re.Match[str]) -> str:
    century = f"{cardinal(int(m['c']), 'en')} " if m["c"] else ""
    return century + cardinal(int(m["d"]) * 10, "en")[:-1] + "ies"


def _spelt_month(m: re.Match[str], month: int, locale: Locale) -> str | None:
    """ "March 5": said as it is written, whatever the country."""
    if not 1 <= int(m["d"]) <= 31:
        return None
    words = f"{locale.months[month - 1]} {'' if locale.month_first else 'the '}{ordinal(int(m['d']), 'en')}"
    return words + (f", {year(int(m['y']), locale)}" if m["y"] else "")


@cache
def _year_words(words: str) -> re.Pattern[str]:
    return re.compile(rf"(?:^|(?<=\W))(?:{words})$", re.IGNORECASE)


def _year_after(m: re.Match[str], words: str, locale: Locale) -> str | None:
    if not _year_words(words).search(m.string[max(0, m.start() - 20) : m.start()]):
        return None
    return f" {year(int(m['y']), locale)}"


def _time_rules(locale: Locale) -> tuple[Rule, ...]:
    clock = r"(?<![\w.:,$€£])(?P<h>[01]?\d|2[0-4])"
    colon = rf"{clock}:(?P<m>[0-5]\d)(?::[0-5]\d)?"
    span: Rule = (
        re.compile(rf"(?<=\d:\d\d){BLANK}?[-–—]{BLANK}?(?=\d)|(?<=[apAP]m){BLANK}?[-–—]{BLANK}?(?=\d)|(?<=[ap]\.m\.){BLANK}?[-–—]{BLANK}?(?=\d)|(?<=\dh){BLANK}?[-–—]{BLANK}?(?=\d)"),
        lambda _: f" {locale.to} ",
    )  # fmt: skip
    match locale.language:
        case "en":
            half = rf"{BLANK}?(?P<half>[ap])(?P<dot>\.?)m(?(dot)\.?)(?![\w])"
            return (
                span,
                (re.compile(rf"(?<![\w.:,$€£])(?P<a>\d{{1,2}})(?::(?P<am>[0-5]\d))?{BLANK}?[-–—]{BLANK}?(?=\d{{1,2}}(?::\d\d)?{BLANK}?[ap]\.?m\b)", re.IGNORECASE), lambda m: _first_time(m, locale)),
                (re.compile(rf"{clock}(?::(?P<m>[0-5]\d))?{half}", re.IGNORECASE), lambda m: _half_day(m, locale)),
                (re.compile(rf"{colon}(?![\d:]|{BLANK}?%)(?:{BLANK}o['’]clock)?"), lambda m: time(int(m["h"]), int(m["m"]), locale)),
            )  # fmt: skip
        case "de":
            return (
                span,
                (re.compile(rf"{clock}[:.](?P<m>[0-5]\d){BLANK}?Uhr\b"), lambda m: time(int(m["h"]), int(m["m"]), locale)),
                (re.compile(rf"{colon}(?![\d:])"), lambda m: time(int(m["h"]), int(m["m"]), locale)),
                (re.compile(rf"{clock}(?:{BLANK}?[-–—]{BLANK}?(?P<h3>[01]?\d|2[0-4]))?{BLANK}?Uhr\b"), lambda m: _german_hours(m, locale)),
            )  # fmt: skip
        case "fr":
            return (
                span,
                (re.compile(rf"{clock}{BLANK}?[hH]{BLANK}?(?P<m>[0-5]\d)?(?!\w)"), lambda m: time(int(m["h"]), int(m["m"] or 0), locale)),
                (re.compile(rf"{colon}(?![\d:])"), lambda m: time(int(m["h"]), int(m["m"]), locale)),
            )  # fmt: skip
    return (
        span,
        (re.compile(rf"{colon}(?![\d:])(?:{BLANK}?(?:h|horas)\b)?"), lambda m: time(int(m["h"]), int(m["m"]), locale)),
    )


def _first_time(m: re.Match[str], locale: Locale) -> str | None:
    if int(m["a"]) > 12:
        return None
    minute = int(m["am"] or 0)
    said = time(int(m["a"]), minute, locale) if minute else cardinal(int(m["a"]), "en")
    return f"{said} {locale.to} "


def _half_day(m: re.Match[str], locale: Locale) -> str | None:
    said = time(int(m["h"]), int(m["m"] or 0), locale, m["half"].lower()) if 1 <= int(m["h"]) <= 12 else None
    ends = m[0].endswith(".") and re.match(r"\s*$|\s+[A-Z]", m.string[m.end() :])
    return said and said + ("." if ends else "")


def _german_hours(m: re.Match[str], locale: Locale) -> str | None:
    if not m["h3"]:
        return time(int(m["h"]), 0, locale)
    return f"{cardinal(int(m['h']), 'de', 'm')} bis {time(int(m['h3']), 0, locale)}"


def say_dates(text: Rewriting, locale: Locale) -> None:
    """Dates, years and times of day in words."""
    for pattern, written in _rules(locale):
        text.each(pattern, written)
