"""When the café is open, on a Tuesday at ten unless it is said."""

from datetime import date, datetime

import pytest

from offhook.agent.opening import date_of, hours_on, open_from, table_for
from offhook.errors import ToolError

NOW = datetime(2026, 3, 3, 10, 0)


@pytest.mark.parametrize(
    ("day", "is_"),
    [
        ("today", 3),
        ("Tomorrow", 4),
        ("tuesday", 3),
        ("wednesday", 4),
        ("monday", 9),
        ("weekend", 7),
        ("2026-03-20", 20),
    ],
)
def test_a_day_is_the_next_of_its_name(day, is_):
    assert date_of(day, NOW) == date(2026, 3, is_)


def test_what_is_no_day_is_asked_for():
    with pytest.raises(ToolError, match="name a day"):
        date_of("someday", NOW)


def test_hours_of_a_date():
    assert hours_on(date(2026, 3, 7)) == (datetime(2026, 3, 7, 9), datetime(2026, 3, 7, 16))


@pytest.mark.parametrize(
    ("now", "opens"),
    [((3, 10, 0), (3, 10, 0)), ((3, 7, 59), (3, 8, 0)), ((3, 18, 0), (4, 8, 0)), ((3, 23, 30), (4, 8, 0)),
     ((6, 18, 0), (7, 9, 0)), ((8, 16, 0), (9, 8, 0))],
)  # fmt: skip
def test_a_closed_cafe_opens_next(now, opens):
    assert open_from(datetime(2026, 3, *now)) == datetime(2026, 3, *opens)


@pytest.mark.parametrize(
    ("people", "day", "time", "found"),
    [(4, "tomorrow", "13:30", "2026-03-04"), (1, "today", "17:00", "2026-03-03"), (8, "saturday", "09:00", "2026-03-07"),
     (2, "tuesday", "09:00", "2026-03-10"), (2, "tuesday", "11:00", "2026-03-03"), (2, "2026-12-24", "12:00", "2026-12-24")],
)  # fmt: skip
def test_a_table_within_hours_is_free(people, day, time, found):
    assert table_for(people, day, time, NOW) == {"free": True, "people": people, "date": found, "time": time}


@pytest.mark.parametrize(
    ("people", "day", "time", "why", "asks"),
    [
        (9, "tomorrow", "12:00", "Our tables are for one to eight people.", "people"),
        (0, "tomorrow", "12:00", "Our tables are for one to eight people.", "people"),
        (2, "tomorrow", "19:00", "We are open from eight to six on Wednesday, and the last table is at five.", "time"),
        (2, "saturday", "15:30", "We are open from nine to four on Saturday, and the last table is at three.", "time"),
        (2, "sunday", "08:30", "We are open from nine to four on Sunday, and the last table is at three.", "time"),
        (2, "today", "09:30", "That time has passed.", "time"),
        (2, "2026-03-02", "12:00", "That time has passed.", "day"),
    ],
)
def test_a_table_that_cannot_be_had_is_refused_with_the_reason_and_what_to_ask(people, day, time, why, asks):
    assert table_for(people, day, time, NOW) == {"free": False, "why": why, "ask": asks}


@pytest.mark.parametrize("time", ["25:00", "noon", ""])
def test_what_is_no_time_is_asked_for(time):
    with pytest.raises(ToolError, match="what time"):
        table_for(2, "today", time, NOW)
