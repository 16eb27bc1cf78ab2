"""Digit by digit, in groups."""

from offhook.speech.saying.digits import digits, grouped, say_digits
from offhook.speech.saying.locales import locale_of
from offhook.speech.saying.rewriting import Rewriting

US, DE, NONE = map(locale_of, ("en-US", "de-DE", "pt-BR"))


def said(text, locale=US):
    rewriting = Rewriting(text)
    say_digits(rewriting, locale)
    return rewriting.text


def test_digits_and_letters():
    assert digits("+1A0", US) == "plus one A zero"
    assert digits("+1A0", NONE) == "+1 A 0"


def test_a_number_without_groups_gets_those_of_where_it_comes_from():
    assert grouped("+493012345678", DE) == ["+49", "30", "12345678"]
    assert grouped("2125550123", US) == ["212", "555", "0123"]
    assert grouped("1234567890123", US) == ["123", "456", "789", "0123"]
    assert grouped("12345678901", NONE) == ["123", "456", "789", "01"]


def test_what_is_no_telephone_number_stays():
    for text in (
        "2024-03-05",
        "1,234,567",
        "10-20",
        "5 000 000 €",
        "9:00-17:00",
        "05.03.2024",
        "12 345 678",
        "3.1415926",
    ):
        assert said(text) == text


def test_codes():
    assert said("Flight LH4711 at gate B12, MP3") == "Flight L H four seven one one at gate B12, MP3"
    assert said("PIN 0042, 00420") == "PIN zero zero four two, zero zero four, two zero"
