"""How things are said."""

import pytest

from offhook.speech.cafe import wording


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "zero"), (12, "twelve"), (20, "twenty"), (26, "twenty six"), (100, "one hundred"),
     (342, "three hundred forty two"), (1001, "one thousand one"), (9999, "nine thousand nine hundred ninety nine"),
     (10000, "10000"), (-1, "-1")],
)  # fmt: skip
def test_numbers(count, words):
    assert wording.number(count) == words


@pytest.mark.parametrize(
    ("cents", "words"),
    [(450, "four euros fifty"), (400, "four euros"), (100, "one euro"), (105, "one euro five"), (50, "fifty cents"),
     (1, "one cent"), (0, "zero cents"), (12345, "one hundred twenty three euros forty five")],
)  # fmt: skip
def test_money(cents, words):
    assert wording.money(cents) == words


@pytest.mark.parametrize(
    ("time", "words"),
    [("18:00", "six"), ("08:00", "eight"), ("12:00", "noon"), ("00:00", "twelve"), ("13:30", "half past one"),
     ("12:15", "quarter past twelve"), ("12:45", "quarter to one"), ("8:10", "eight ten"), ("08:05", "eight oh five"),
     ("five o'clock", "five o'clock")],
)  # fmt: skip
def test_times_of_day(time, words):
    assert wording.clock(time) == words


@pytest.mark.parametrize(
    ("iso", "words"),
    [("2025-11-26", "Wednesday the twenty sixth of November"), ("2026-03-01", "Sunday the first of March"),
     ("2026-03-31", "Tuesday the thirty first of March"), ("2026-01-30", "Friday the thirtieth of January"),
     ("2026-03-20", "Friday the twentieth of March"), ("soon", "soon")],
)  # fmt: skip
def test_dates(iso, words):
    assert wording.day(iso) == words


def test_weekdays():
    assert wording.weekday("2025-11-26") == "Wednesday"
    assert wording.weekday("soon") == "soon"


def test_no_two_days_of_a_month_sound_alike():
    assert len({wording.ordinal(day) for day in range(1, 32)}) == 31


@pytest.mark.parametrize(
    ("name", "words"),
    [("today", "today"), ("saturday", "on Saturday"), ("monday to friday", "Monday to Friday"),
     ("saturday and sunday", "on Saturday and Sunday")],
)  # fmt: skip
def test_days_after_open(name, words):
    assert wording.days(name) == words


def test_things_have_the_article_that_sounds_right():
    assert [wording.one(each) for each in ("latte", "espresso", "eight ounce latte", "iced mocha", "large tea")] == [
        "a latte", "an espresso", "an eight ounce latte", "an iced mocha", "a large tea"
    ]  # fmt: skip


def test_lists():
    assert wording.listing(["a"]) == "a"
    assert wording.listing(["a", "b"]) == "a and b"
    assert wording.listing(iter(["a", "b", "c"])) == "a, b and c"


@pytest.mark.parametrize(
    ("told", "words"),
    [("from seven to five", "From seven to five."), ("Yes!", "Yes!"), ({"open": 9, "till": "17"}, "Open 9, till 17."),
     ([{"best_by": None}, True], "Best by nothing, yes."), ("", "Done."), (7, "7."), ([], "Done.")],
)  # fmt: skip
def test_whatever_a_tool_told_becomes_a_sentence(told, words):
    assert wording.plain(told) == words
