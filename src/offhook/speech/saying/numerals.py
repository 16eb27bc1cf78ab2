"""Numbers in words: cardinals and ordinals in English, German, French and Spanish. Pure."""

from typing import Literal

Gender = Literal["m", "f", "n", ""]
"""Of what is counted; "" counts for itself."""

MOST = 10**15
"""From here on numbers are read digit by digit."""

_words = str.split

_EN = _words(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_EN_TENS = _words("_ _ twenty thirty forty fifty sixty seventy eighty ninety")
_EN_ORDINAL = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth",
    "twelve": "twelfth",
}  # fmt: skip
_DE = _words("null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn")  # fmt: skip
_DE_TENS = _words("_ _ zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig")
_DE_ORDINAL = {"eins": "erst", "drei": "dritt", "sieben": "siebt", "acht": "acht"}
_FR = _words("zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept dix-huit dix-neuf")  # fmt: skip
_FR_TENS = _words("_ _ vingt trente quarante cinquante soixante soixante quatre-vingt quatre-vingt")
_ES = _words(
    "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis diecisiete "
    "dieciocho diecinueve veinte veintiuno veintidós veintitrés veinticuatro veinticinco veintiséis veintisiete "
    "veintiocho veintinueve"
)
_ES_TENS = _words("_ _ _ treinta cuarenta cincuenta sesenta setenta ochenta noventa")
_ES_HUNDREDS = _words(
    "_ ciento doscientos trescientos cuatrocientos quinientos seiscientos setecientos ochocientos novecientos"
)
_ES_ORDINAL = _words("_ primero segundo tercero cuarto quinto sexto séptimo octavo noveno décimo undécimo duodécimo")
_ES_ORDINAL_TENS = _words(
    "_ décimo vigésimo trigésimo cuadragésimo quincuagésimo sexagésimo septuagésimo octogésimo nonagésimo"
)
_SCALES = {
    "en": ((10**12, "trillion", "trillion"), (10**9, "billion", "billion"), (10**6, "million", "million"), (10**3, "thousand", "thousand")),
    "de": ((10**12, "Billion", "Billionen"), (10**9, "Milliarde", "Milliarden"), (10**6, "Million", "Millionen")),
    "fr": ((10**12, "billion", "billions"), (10**9, "milliard", "milliards"), (10**6, "million", "millions")),
    "es": ((10**12, "billón", "billones"), (10**6, "millón", "millones")),
}  # fmt: skip


def cardinal(n: int, language: str, gender: Gender = "", *, british: bool = False) -> str:
    """A number in words: of what is counted, before its name, if a gender is given. `british` says "and" in English.
    Raises ValueError for one that has no words here."""
    if not 0 <= n < MOST:
        raise ValueError(f"{n} has no words here")
    match language:
        case "en":
            return _english(n, british)
        case "de":
            return _german(n, gender)
        case "fr":
            return _french(n, gender)
        case "es":
            return _spanish(n, gender)
    raise ValueError(f"numbers have no words in {language!r}")


def ordinal(n: int, language: str, ending: str = "") -> str:
    """Which one of a row. `ending` is that of a German ordinal ("e", "er", "en", "es"), or "f" of a feminine one.
    Raises ValueError for one that has no words here."""
    if not 0 < n < MOST:
        raise ValueError(f"{n} has no ordinal here")
    match language:
        case "en":
            return _english_ordinal(n)
        case "de":
            return _german_ordinal(n) + (ending or "er")
        case "fr":
            return _french_ordinal(n, ending == "f")
        case "es":
            return _spanish_ordinal(n, ending == "f")
    raise ValueError(f"ordinals have no words in {language!r}")


def _english(n: int, british: bool) -> str:
    words: list[str] = []
    for scale, name, _ in _SCALES["en"]:
        if n >= scale:
            words += [_english(n // scale, british), name]
            n %= scale
    larger = bool(words)
    if n >= 100:
        words += [_EN[n // 100], "hundred"]
        n, larger = n % 100, True
    if n and larger and british:
        words.append("and")
    if n >= 20:
        words.append(_EN_TENS[n // 10] + (f"-{_EN[n % 10]}" if n % 10 else ""))
    elif n or not words:
        words.append(_EN[n])
    return " ".join(words)


def _english_ordinal(n: int) -> str:
    rest, joint, last = _split_last(_english(n, False))
    if last in _EN_ORDINAL:
        return rest + joint + _EN_ORDINAL[last]
    return rest + joint + (last[:-1] + "ieth" if last.endswith("y") else last + "th")


def _split_last(words: str) -> tuple[str, str, str]:
    at = max(words.rfind(" "), words.rfind("-"))
    return (words[:at], words[at], words[at + 1 :]) if at >= 0 else ("", "", words)


def _german(n: int, gender: Gender) -> str:
    words: list[str] = []
    for scale, one, more in _SCALES["de"]:
        if n >= scale:
            words += [_german(n // scale, "f"), one if n // scale == 1 else more]
            n %= scale
    if n or not words:
        words.append(_german_below_a_million(n))
    if gender and words[-1].endswith("eins"):
        words[-1] = words[-1][:-1] + ("e" if gender == "f" and words == ["eins"] else "")
    return " ".join(words)


def _german_below_a_million(n: int) -> str:
    if n >= 1000:
        thousands = _german(n // 1000, "m") + "tausend"
        return thousands + (_german_below_a_million(n % 1000) if n % 1000 else "")
    if n >= 100:
        hundreds = _german(n // 100, "m") + "hundert"
        return hundreds + (_german_below_a_million(n % 100) if n % 100 else "")
    if n < 20:
        return _DE[n]
    ones = (_german(n % 10, "m") + "und") if n % 10 else ""
    return ones + _DE_TENS[n // 10]


def _german_ordinal(n: int) -> str:
    if n >= 10**6 and n % 10**6 == 0:
        return _german(n, "").replace(" ", "").lower().removesuffix("en").removesuffix("e") + "st"
    words = _german(n, "")
    last = n % 100
    if not 0 < last < 20:
        return words + "st"
    plain = _DE[last]
    return words.removesuffix(plain) + _DE_ORDINAL.get(plain, plain + "t")


def _french(n: int, gender: Gender) -> str:
    words: list[str] = []
    for scale, one, more in _SCALES["fr"]:
        if n >= scale:
            words += [_french(n // scale, "m"), one if n // scale == 1 else more]
            n %= scale
    if n >= 1000:
        # Before "mille" the numbers of "cents" and "quatre-vingts" have no s.
        words += [_french_below_a_thousand(n // 1000, plural=False)] if n >= 2000 else []
        words.append("mille")
        n %= 1000
    if n or not words:
        words.append(_french_below_a_thousand(n))
    if gender == "f" and words[-1].endswith("un"):
        words[-1] += "e"
    return " ".join(words)


def _french_below_a_thousand(n: int, *, plural: bool = True) -> str:
    hundreds, rest = divmod(n, 100)
    words = [*([_FR[hundreds]] if hundreds > 1 else []), *(["cent"] if hundreds else [])]
    if hundreds > 1 and not rest and plural:
        words[-1] = "cents"
    if rest or not words:
        words.append(_french_below_a_hundred(rest, plural=plural))
    return " ".join(words)


def _french_below_a_hundred(n: int, *, plural: bool) -> str:
    if n < 20:
        return _FR[n]
    tens, ones = divmod(n, 10)
    if tens in (7, 9):
        ones += 10
    if not ones:
        return _FR_TENS[tens] + ("s" if tens == 8 and plural else "")
    return _FR_TENS[tens] + (" et " if ones in (1, 11) and tens < 8 else "-") + _FR[ones]


def _french_ordinal(n: int, feminine: bool) -> str:
    if n == 1:
        return "première" if feminine else "premier"
    words = _french(n, "")
    if words.endswith(("cents", "vingts", "millions", "milliards", "billions")):
        words = words[:-1]
    if words.endswith("cinq"):
        return words + "uième"
    if words.endswith("neuf"):
        return words[:-1] + "vième"
    return words.removesuffix("e") + "ième"


def _spanish(n: int, gender: Gender) -> str:
    words: list[str] = []
    for scale, one, more in _SCALES["es"]:
        if n >= scale:
            words += [_spanish(n // scale, "m"), one if n // scale == 1 else more]
            n %= scale
    if n >= 1000:
        thousands = gender if gender == "f" else "m"
        words += [_spanish_below_a_thousand(n // 1000, thousands)] if n >= 2000 else []
        words.append("mil")
        n %= 1000
    if n or not words:
        words.append(_spanish_below_a_thousand(n, gender))
    return " ".join(words)


def _spanish_below_a_thousand(n: int, gender: Gender) -> str:
    if n == 100:
        return "cien"
    hundreds, rest = divmod(n, 100)
    words = []
    if hundreds:
        words.append(_ES_HUNDREDS[hundreds].replace("ientos", "ientas") if gender == "f" else _ES_HUNDREDS[hundreds])
        if gender == "f" and hundreds == 5:
            words[-1] = "quinientas"
    if rest or not hundreds:
        last = _ES[rest] if rest < 30 else _ES_TENS[rest // 10] + (f" y {_ES[rest % 10]}" if rest % 10 else "")
        if gender and last.endswith("uno"):
            last = last[:-3] + ("una" if gender == "f" else "ún" if last == "veintiuno" else "un")
        words.append(last)
    return " ".join(words)


def _spanish_ordinal(n: int, feminine: bool) -> str:
    if n >= 100:
        raise ValueError(f"{n} has no ordinal here")
    if n <= 12:
        words = _ES_ORDINAL[n]
    elif n < 20:
        words = "decimo" + _ES_ORDINAL[n - 10]
    else:
        words = " ".join([_ES_ORDINAL_TENS[n // 10], *([_ES_ORDINAL[n % 10]] if n % 10 else [])])
    if not feminine:
        return words
    return " ".join(word[:-1] + "a" if n >= 20 or n <= 12 or word[-1] == "o" else word for word in words.split())
