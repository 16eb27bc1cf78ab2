"""Numbers as they are written in a country, and sums."""

import pytest

from offhook.speech.saying.amounts import counted, german_ending, money, parsed, spelt
from offhook.speech.saying.locales import locale_of

US, DE, FR, ES = map(locale_of, ("en-US", "de-DE", "fr-FR", "es-ES"))


@pytest.mark.parametrize(
    "written, locale, digits",
    [
        ("1,234.50", US, ("1234", "50")), ("1,234", US, ("1234", "")), ("1.234", US, ("1", "234")), ("3,5", US, ("3", "5")),
        ("1.234,50", DE, ("1234", "50")), ("1.234", DE, ("1234", "")), ("3.50", DE, ("3", "50")), ("1 234,5", FR, ("1234", "5")),
        ("1'000", locale_of("de-CH"), ("1000", "")), ("1,234.5", locale_of("es-MX"), ("1234", "5")),
    ],
)  # fmt: skip
def test_the_point_of_each_country(written, locale, digits):
    assert parsed(written, locale) == digits


def test_decimals():
    assert spelt("3.05", US) == "three point zero five"
    assert spelt("3,14", FR) == "trois virgule quatorze"
    assert spelt("3,05", ES) == "tres coma cero cinco"


def test_sums():
    assert money("0.50", "EUR", US) == "fifty cents"
    assert money("1.5", "USD", US, "million") == "one point five million dollars"
    assert money("1", "USD", ES, "millón") == "un millón de dólares"
    assert money("3", "GBP", FR, "milliards") == "trois milliards de livres"
    assert money("3,00", "EUR", DE) == "drei Euro"
    assert money("3.999", "USD", US) == "three point nine nine nine dollars"
    assert money("500", "JPY", US) == "five hundred yen"


def test_one_and_several():
    assert counted("1", FR.units["km"], FR) == "un kilomètre"
    assert counted("0", FR.units["km"], FR) == "zéro kilomètre"
    assert counted("1.0", US.units["km"], US) == "one point zero kilometers"


def test_the_ending_of_a_german_ordinal_is_that_of_the_word_before():
    assert [german_ending(word) for word in ("der", "die", "am", "Im", None, "Dienstag")] == [
        "e",
        "e",
        "en",
        "en",
        "er",
        "er",
    ]
