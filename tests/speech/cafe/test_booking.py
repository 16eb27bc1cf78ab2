"""Details of a table. Whole conversations about one are in test_desk.py."""

import asyncio
import json

import pytest

from offhook.speech.cafe.booking import Booking, details_of
from offhook.speech.cafe.questions import Question, Reply, Rota

SEVEN = {"people": "7", "time": "19:00"}
"""What "seven" alone may mean."""


@pytest.mark.parametrize(
    ("asked", "details"),
    [(Question.PEOPLE, {"people": "7"}), (Question.TIME, {"time": "19:00"}), (Question.DAY, {}), (Question.MORE, {}),
     (None, SEVEN)],
)  # fmt: skip
def test_a_number_alone_answers_what_was_asked(asked, details):
    assert details_of(SEVEN, asked) == details


def test_two_numbers_are_people_and_a_time_whatever_was_asked():
    for slots in ({"people": "4", "time": "19:00"}, {"people": "7", "time": "19:30"}, {**SEVEN, "day": "today"}):
        assert details_of(slots, Question.DAY) == slots


def test_twelve_is_noon_too():
    assert details_of({"people": "12", "time": "12:00"}, Question.TIME) == {"time": "12:00"}


def test_what_is_no_number_of_people_is_left_out():
    assert details_of({"people": "many", "day": "friday", "drink": "tea"}) == {"day": "friday"}


def take(told: object, **details: str) -> tuple[Booking, Reply]:
    async def use(name: str, **_arguments: object) -> str:
        assert name == "find_table"
        return json.dumps(told)

    booking = Booking(Rota())
    return booking, asyncio.run(booking.take(details, use))


WHOLE = {"people": "1", "day": "friday", "time": "12:00"}


@pytest.mark.parametrize(
    ("known", "question"),
    [({}, Question.PEOPLE), ({"people": "2"}, Question.DAY), ({"people": "2", "day": "friday"}, Question.TIME),
     ({"time": "12:00", "day": "friday"}, Question.PEOPLE)],
)  # fmt: skip
def test_what_is_missing_is_asked_for(known, question):
    assert take({}, **known)[1].question is question


def test_what_was_found_is_read_back():
    _, reply = take({"free": True, "people": 1, "date": "2026-03-06", "time": "12:00"}, **WHOLE)
    assert reply.asks[0] == "A table for one person on Friday the sixth of March at noon."


def test_what_cannot_be_had_is_asked_again():
    booking, reply = take({"free": False, "why": "We rest.", "ask": "day"}, **WHOLE)
    assert (reply.says, reply.question) == (("We rest.",), Question.DAY)
    assert booking.wanted == {"people": "1", "time": "12:00"}


@pytest.mark.parametrize("told", [{"free": False, "why": "We rest.", "ask": "colour"}, {"ok": 1}, []])
def test_what_another_tool_tells_is_spoken(told):
    _, reply = take(told, **WHOLE)
    assert reply.says and reply.question is Question.BOOK
