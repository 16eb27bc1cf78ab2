"""Dates, years and times of day."""

import pytest

from offhook.speech.saying.dates import date, time, year
from offhook.speech.saying.locales import locale_of

US, GB, DE, FR, ES = map(locale_of, ("en-US", "en-GB", "de-DE", "fr-FR", "es-ES"))


@pytest.mark.parametrize(
    "n, locale, said",
    [
        (1066, US, "one thousand sixty-six"), (1900, US, "nineteen hundred"), (1905, US, "nineteen oh five"),
        (2000, US, "two thousand"), (2009, GB, "two thousand and nine"), (2026, US, "twenty twenty-six"),
        (1900, DE, "neunzehnhundert"), (2001, DE, "zweitausendeins"), (1789, FR, "mille sept cent quatre-vingt-neuf"),
    ],
)  # fmt: skip
def test_years(n, locale, said):
    assert year(n, locale) == said


def test_dates_of_each_country():
    assert date(5, 3, 2024, US) == "March fifth, twenty twenty-four"
    assert date(5, 3, None, GB, "the") == "fifth of March"
    assert date(5, 3, None, DE, "am") == "fünften März"
    assert date(1, 3, None, FR) == "premier mars"
    assert date(1, 3, 2024, ES) == "uno de marzo de dos mil veinticuatro"
    assert date(32, 3, None, US) is None and date(1, 13, None, US) is None


def test_times_of_each_country():
    assert time(9, 0, US, "a") == "nine a m"
    assert time(0, 5, US) == "zero oh five"
    assert time(1, 1, DE) == "ein Uhr eins"
    assert time(0, 0, FR) == "minuit"
    assert time(21, 1, ES) == "veintiuna y uno"
    assert time(25, 0, US) is None and time(9, 60, US) is None
