"""Numbers, money, units, percent and ranges in words. Pure."""

import re
from collections.abc import Callable
from functools import cache

from offhook.speech.saying.locales import SYMBOLS, Locale, Noun
from offhook.speech.saying.numerals import MOST, Gender, cardinal, ordinal
from offhook.speech.saying.rewriting import Rewriting

BLANK = "[ \u00a0\u202f\u2009]"
_GERMAN_EN = {"am", "vom", "zum", "bis", "dem", "den", "ab", "seit", "im", "beim", "zur", "einen", "diesem", "diesen"}
_GERMAN_E = {"der", "die", "das"}


def number_pattern(locale: Locale) -> str:
    """A number as it is written here, or in the other way where it can mean nothing else; no sign."""
    dec, group = re.escape(locale.decimal), re.escape(locale.grouping)
    return rf"\d{{1,3}}(?:(?:{group}|['’\u00a0\u202f\u2009 ])\d{{3}})+(?!\d)(?:{dec}\d+)?|\d+(?:[.,]\d+)?"


def parsed(written: str, locale: Locale) -> tuple[str, str]:
    """The whole part and the decimals of a number, as digits."""
    bare = re.sub(r"['’\u00a0\u202f\u2009 ]", "", written)
    if re.fullmatch(rf"\d{{1,3}}(?:{re.escape(locale.grouping)}\d{{3}})+(?:{re.escape(locale.decimal)}\d+)?", bare):
        bare = bare.replace(locale.grouping, "")
    whole, _, decimals = bare.replace(",", ".").partition(".")
    return whole, decimals


def spelt(written: str, locale: Locale, gender: Gender = "") -> str:
    """A number in words."""
    whole, decimals = parsed(written, locale)
    if not decimals:
        return whole_spelt(whole, locale, gender)
    return f"{whole_spelt(whole, locale)} {locale.point} {_decimals(decimals, locale)}"


def whole_spelt(digits: str, locale: Locale, gender: Gender = "") -> str:
    """A whole number in words; digit by digit if it is too large."""
    if int(digits) >= MOST:
        return " ".join(cardinal(int(each), locale.language) for each in digits)
    return cardinal(int(digits), locale.language, gender, british=locale.british)


def _decimals(digits: str, locale: Locale) -> str:
    if locale.language in ("en", "de") or len(digits) > 3:
        return " ".join(cardinal(int(each), locale.language) for each in digits)
    zeros = len(digits) - len(digits.lstrip("0"))
    rest = [cardinal(int(digits), locale.language)] if digits.strip("0") else []
    return " ".join([*[cardinal(0, locale.language)] * zeros, *rest])


def counted(written: str, noun: Noun, locale: Locale, scale: str = "") -> str:
    """So many of something, with the number in words; `scale` is a word such as "million" after the number."""
    gender, one, more = noun
    whole, decimals = parsed(written, locale)
    if scale:
        single, several = locale.scales[scale]
        alone = not decimals and int(whole) == 1
        kind: Gender = "f" if locale.language == "de" else "m"
        of = "de " if locale.language == "es" and scale != "mil" else "d'" if _elides(locale, more) else ""
        if locale.language == "fr" and not of:
            of = "de "
        return f"{spelt(written, locale, kind)} {single if alone else several} {of}{more}"
    if decimals:
        return f"{spelt(written, locale)} {more}"
    single_one = int(whole) == 1 or (locale.language == "fr" and int(whole) == 0)
    return f"{whole_spelt(whole, locale, gender or 'n')} {one if single_one else more}"


def _elides(locale: Locale, noun: str) -> bool:
    return locale.language == "fr" and noun[0] in "aeiouhé"


def money(written: str, code: str, locale: Locale, scale: str = "") -> str:
    """A sum in words."""
    noun, hundredth = locale.money[code]
    whole, decimals = parsed(written, locale)
    if scale or len(decimals) not in (0, 2) or (code == "JPY" and decimals):
        return counted(written, noun, locale, scale)
    if not int(decimals or 0):
        return counted(whole, noun, locale)
    if not int(whole):
        return counted(decimals, hundredth, locale)
    large = counted(whole, noun, locale)
    if locale.language == "en":
        return f"{large} and {counted(decimals, hundredth, locale)}"
    link = " con " if locale.language == "es" else " "
    return f"{large}{link}{cardinal(int(decimals), locale.language)}"


Rule = tuple[re.Pattern[str], Callable[[re.Match[str]], str | None]]


@cache
def _rules(locale: Locale) -> tuple[Rule, ...]:
    number = f"(?:{number_pattern(locale)})"
    sign = r"(?P<minus>(?<![\w.,)-])[-−–])?"
    codes = "|".join(locale.money)
    symbols = re.escape("".join(SYMBOLS))
    scales = "|".join(sorted(map(re.escape, locale.scales), key=len, reverse=True))
    units = "|".join(sorted(map(re.escape, locale.units), key=len, reverse=True))
    link = rf"(?:{BLANK}?[-–—]{BLANK}?|{BLANK}(?:{locale.to}){BLANK})"
    of = r"(?:(?:de|d')\s?)?"
    fractions = "|".join(sorted(map(re.escape, locale.fractions), key=len, reverse=True))
    named = {name: code for code in ("EUR", "USD", "CHF") for name in locale.money[code][0][1:]}
    return (
        (
            re.compile(rf"(?P<b>[\d{symbols}]|\b(?:{'|'.join(named)}))/(?P<w>h|[^\W\d_]{{2,12}}\.?)(?!\w|/|\.\w)"),
            lambda m: f"{m['b']} {locale.per} {_what_for(m['w'], locale)}",
        ),
        (
            re.compile(rf"(?<![\w.,])(?P<n>\d[\d.,'’\u00a0\u202f]*[.,]\d\d){BLANK}(?P<c>{'|'.join(named)})\b"),
            lambda m: money(m["n"], named[m["c"]], locale),
        ),
        (
            re.compile(rf"(?<![\w.,/])(?:(?P<w>\d+){BLANK})?(?P<f>{fractions}){BLANK}?(?P<u>{units})(?![\w/²°])"),
            lambda m: _part_of_unit(m, locale),
        ),
        (
            re.compile(
                rf"{sign}(?:(?P<c>US\$|[{symbols}]|\b(?:{codes})){BLANK}?)(?P<minus2>[-−])?(?P<n>{number})(?:{link}(?P<c2>(?P=c)){{0,1}}{BLANK}?(?P<n2>{number}))?"
                rf"(?:{BLANK}?(?P<s>{scales})(?!\w))?(?![\w])"
            ),
            lambda m: _money_before(m, locale),
        ),
        (
            re.compile(
                rf"{sign}(?<![\w.,])(?:(?P<n1>{number})(?P<l>{link}))?(?P<n>{number})(?:{BLANK}?(?P<s>{scales}))?{BLANK}?{of}(?P<c>[{symbols}]|(?:{codes})\b)"
            ),
            lambda m: _money_after(m, locale),
        ),
        (
            re.compile(rf"{sign}(?<![\w.,])(?:(?P<n1>{number})(?P<l>{link}))?(?P<n>{number}){BLANK}?%"),
            lambda m: _signed(m, locale) + _range(m, locale) + f"{spelt(m['n'], locale)} {locale.percent}",
        ),
        (
            re.compile(
                rf"{sign}(?<![\w.,/])(?:(?P<n1>{number})(?P<l>{link}))?(?P<n>{number})(?P<b>{BLANK}?)(?P<u>{units})(?![\w/²°])"
            ),
            lambda m: _units(m, locale),
        ),
    )


def _sum(number: str, code: str, locale: Locale, scale: str = "") -> str:
    return money(number, SYMBOLS.get(code.removeprefix("US"), code), locale, scale)


def _signed(m: re.Match[str], locale: Locale) -> str:
    found = m.groupdict()
    return f"{locale.minus} " if found.get("minus") or found.get("minus2") else ""


def _range(m: re.Match[str], locale: Locale, gender: Gender = "") -> str:
    return f"{spelt(m['n1'], locale, gender)} {locale.to} " if m["n1"] else ""


def _money_before(m: re.Match[str], locale: Locale) -> str:
    minus, scale = _signed(m, locale), m["s"] or ""
    if m["c2"]:
        return f"{minus}{_sum(m['n'], m['c'], locale)} {locale.to} {_sum(m['n2'], m['c'], locale, scale)}"
    if m["n2"]:
        return f"{minus}{spelt(m['n'], locale, 'm')} {locale.to} {_sum(m['n2'], m['c'], locale, scale)}"
    return minus + _sum(m["n"], m["c"], locale, scale)


def _money_after(m: re.Match[str], locale: Locale) -> str:
    return _signed(m, locale) + _range(m, locale) + _sum(m["n"], m["c"], locale, m["s"] or "")


def _units(m: re.Match[str], locale: Locale) -> str | None:
    noun = locale.units[m["u"]]
    if len(m["u"]) == 1 and not m["b"] and m["u"] in "sMBL":
        return None  # "the 90s"
    stop = "." if m["u"].endswith(".") and not m.string[m.end() :].strip() else ""
    return _signed(m, locale) + _range(m, locale, noun[0]) + counted(m["n"], noun, locale) + stop


def _what_for(word: str, locale: Locale) -> str:
    """What a price is for: a word, or what is short for one."""
    bare = word.rstrip(".")
    noun = locale.units.get(word) or locale.units.get(bare)
    known = locale.periods.get(word) or locale.periods.get(bare) or (noun[1] if noun else bare)
    return known + ("." if word != bare and known == bare else "")


_HALVES: dict[tuple[str, str], str] = {
    ("de", "m"): "ein halber", ("de", "n"): "ein halbes", ("de", "f"): "eine halbe", ("es", "m"): "medio", ("es", "f"): "media",
}  # fmt: skip


def _part_of_unit(m: re.Match[str], locale: Locale) -> str | None:
    """ "1/2 l", "2 1/2 kg"."""
    if m["f"] == "24/7":
        return None
    gender, one, more = locale.units[m["u"]]
    if m["w"]:
        return f"{_fraction(m, locale)} {more}"
    half = _HALVES.get((locale.language, gender)) if m["f"] in ("1/2", "½") else None
    return f"{half or locale.fractions[m['f']]} {one}"


def say_amounts(text: Rewriting, locale: Locale) -> None:
    """Money, percent and units in words."""
    for pattern, written in _rules(locale):
        text.each(pattern, written)


@cache
def _plain_rules(locale: Locale) -> tuple[Rule, ...]:
    number = f"(?:{number_pattern(locale)})"
    fractions = "|".join(sorted(map(re.escape, locale.fractions), key=len, reverse=True))
    scales = "|".join(sorted(map(re.escape, locale.scales), key=len, reverse=True))
    rules: list[Rule] = [
        (re.compile(r"(?<![\w.,-])\d+(?:\.\d+){2,}(?!\w|,\d)"), lambda m: _version(m[0], locale)),
        (
            re.compile(rf"(?<![\w.,/])(?:(?P<w>\d+)(?:{BLANK}(?=\d)|{BLANK}?(?!\d)))?(?P<f>{fractions})(?![\w/])"),
            lambda m: _fraction(m, locale),
        ),
        (
            re.compile(rf"(?<![\w.,])(?P<n>{number}){BLANK}?(?P<s>{scales})(?!\w)"),
            lambda m: f"{spelt(m['n'], locale, 'f' if locale.language == 'de' else 'm')} {_scale(m, locale)}",
        ),
        (re.compile(r"(?<![\w.,-])(\d\d)-(?=\1(?![\w.,-]))"), lambda m: f"{spelt(m[1], locale)} "),  # fifty-fifty
        (re.compile(rf"(?<=\d)(?:{BLANK}?[–—]{BLANK}?|-)(?=\d)"), lambda _: f" {locale.to} "),
        (re.compile(rf"(?<=\d){BLANK}?[×x*]{BLANK}?(?=\d)"), lambda _: f" {locale.times} "),
        *_feet(locale),
        (re.compile(rf"(?<=\d){BLANK}[+]{BLANK}(?=\d)"), lambda _: f" {locale.plus} "),
        (re.compile(rf"(?<=\d){BLANK}[-−]{BLANK}(?=\d)"), lambda _: f" {locale.minus} "),
        (re.compile(rf"(?<=\w){BLANK}={BLANK}(?=\w)"), lambda _: f" {locale.equals} "),
        (re.compile(r"(?<=\d)/(?=\d)"), lambda _: f" {locale.slash} "),
        (re.compile(r"(?<=\w)[ ]?&[ ]?(?=\w)"), lambda _: f" {locale.ampersand} "),
        (
            re.compile(rf"(?:#|\b[Nn]o\.{BLANK}?)(?=\d)" if locale.language == "en" else r"#(?=\d)"),
            lambda _: f"{locale.number} ",
        ),
        (re.compile(r"(?<![\w.,)])[-−](?=\d)"), lambda _: f"{locale.minus} "),
        _ordinals(locale),
        (re.compile(rf"(?<![\w.,])(?P<n>{number})[×x](?!\w)"), lambda m: f"{spelt(m['n'], locale)} {locale.times}"),
        (
            re.compile(r"(?<=[^\W\d_])\d{1,3}(?:\.\d+)?(?![\d])|(?<!\d)\d{1,3}(?=[^\W\d_])"),
            lambda m: f" {spelt(m[0], locale)} ",
        ),
        *_before_nouns(locale),
        (re.compile(rf"(?<![\w])(?P<n>{number})(?!\w)"), lambda m: spelt(m["n"], locale)),
    ]
    return tuple(rules)


def _version(written: str, locale: Locale) -> str:
    return f" {locale.dot} ".join(whole_spelt(each, locale) for each in written.split("."))


def _fraction(m: re.Match[str], locale: Locale) -> str:
    said = locale.fractions[m["f"]]
    return (
        f"{spelt(m['w'], locale)} {_joint(locale)} {'a' + said[3:] if said == 'one half' else said}" if m["w"] else said
    )


def _scale(m: re.Match[str], locale: Locale) -> str:
    single, several = locale.scales[m["s"]]
    return single if m["n"] == "1" else several


def _before_nouns(locale: Locale) -> tuple[Rule, ...]:
    """Numbers that change with what is counted."""
    if not locale.feminine:
        return ()
    noun = "[A-ZÄÖÜ][a-zäöüß]{2,}" if locale.language == "de" else f"(?!(?:{locale.no_nouns})\\b)[a-zà-ÿ]{{3,}}"
    feminine = re.compile(locale.feminine)
    return (
        (
            re.compile(
                rf"(?<![\w.,])(?P<n>\d{{1,3}}(?:{re.escape(locale.grouping)}?\d{{3}})*)(?={BLANK}(?P<noun>{noun}))"
            ),
            lambda m: spelt(m["n"], locale, "f" if feminine.fullmatch(m["noun"]) else "m"),
        ),
    )


def _feet(locale: Locale) -> tuple[Rule, ...]:
    """How tall somebody is."""
    if locale.language != "en":
        return ()
    written = re.compile(r"(?<![\w.,])(\d)['’′][ ]?(\d{1,2})(?:[\"”″]|['’]{2})")
    return ((written, lambda m: f"{spelt(m[1], locale)} foot {spelt(m[2], locale)}"),)


def _joint(locale: Locale) -> str:
    return {"en": "and", "de": "und", "fr": "et", "es": "y"}[locale.language]


def _ordinals(locale: Locale) -> Rule:
    match locale.language:
        case "en":
            return re.compile(r"(?<![\w.,])(\d{1,9})(?:st|nd|rd|th)\b"), lambda m: _ordinal(m[1], locale)
        case "fr":
            return (
                re.compile(r"(?<![\w.,])(\d{1,9})(er|ère|re|e|ème|ième|nde?)\b"),
                lambda m: _ordinal(m[1], locale, "f" if m[2] in ("ère", "re") else ""),
            )
        case "es":
            return (
                re.compile(r"(?<![\w.,])(\d{1,2})\.?([ºª°]|er\b)"),
                lambda m: (
                    {"1": "primer", "3": "tercer"}.get(m[1])
                    if m[2] == "er"
                    else _ordinal(m[1], locale, "f" if m[2] == "ª" else "")
                ),
            )
    return (
        re.compile(rf"(?:\b(?P<w>[^\W\d_]+){BLANK})?(?<![\w.,])(?P<n>\d{{1,3}})\.(?={BLANK}[^\W\d_])"),
        lambda m: _german_ordinal(m, locale),
    )


def _ordinal(digits: str, locale: Locale, ending: str = "") -> str | None:
    try:
        return ordinal(int(digits), locale.language, ending)
    except ValueError:
        return None


def german_ending(word: str | None) -> str:
    """The ending of an ordinal after this word."""
    word = (word or "").lower()
    return "e" if word in _GERMAN_E else "en" if word in _GERMAN_EN else "er"


def _german_ordinal(m: re.Match[str], locale: Locale) -> str | None:
    said = _ordinal(m["n"], locale, german_ending(m["w"]))
    return said and (f"{m['w']} {said}" if m["w"] else said)


def say_numbers(text: Rewriting, locale: Locale) -> None:
    """What numbers are left."""
    for pattern, written in _plain_rules(locale):
        text.each(pattern, written)
