"""Talk about an order with tools that tell what the café's never would. Whole conversations are in test_desk.py."""

import asyncio
import json
from typing import Any

import pytest

from offhook.errors import ToolError
from offhook.speech.cafe.ordering import Ordering
from offhook.speech.cafe.questions import Question, Rota

LATTE = {"number": 1, "what": "large latte", "cents": 400}
TEA = {"number": 2, "what": "green tea", "cents": 220}


class Tools:
    """Tells what it was given, by the name of the tool."""

    def __init__(self, **told: Any) -> None:
        self.told = told
        self.asked: list[tuple[str, dict[str, Any]]] = []

    async def __call__(self, name: str, **arguments: Any) -> str:
        self.asked.append((name, arguments))
        if isinstance(self.told[name], Exception):
            raise self.told[name]
        return json.dumps(self.told[name])


def ordering() -> Ordering:
    return Ordering(Rota())


def test_lines_that_cannot_be_read_are_not_there():
    lines = [LATTE, {"number": 2}, "tea", {"number": 3, "what": "tea", "cents": "2.20"}]
    assert asyncio.run(ordering().lines(Tools(show_order={"items": lines}))) == [LATTE]
    for told in ("nothing", [], {"items": None}, None):
        assert asyncio.run(ordering().lines(Tools(show_order=told))) == []


def test_an_order_that_cannot_be_shown_holds_nobody_back():
    assert not asyncio.run(ordering().unplaced(Tools(show_order=ToolError("no"))))


@pytest.mark.parametrize("told", ["Added.", {"number": "one"}, [1], None])
def test_what_cannot_be_read_back_is_spoken_and_not_asked_about(told):
    reply = asyncio.run(ordering().add({"drink": "tea"}, Tools(add_to_order=told)))
    assert reply.says and reply.question is Question.MORE


def test_an_order_of_nothing_asks_for_what():
    tools = Tools()
    assert asyncio.run(ordering().add({"size": "large"}, tools)).asks
    assert tools.asked == []


def changed(slots: dict[str, str], line: int | None = None) -> tuple[str, dict[str, Any]]:
    talk, tools = ordering(), Tools(show_order={"items": [LATTE, TEA]}, change_order=LATTE)
    talk.line = line
    asyncio.run(talk.change(slots, tools))
    return tools.asked[-1]


@pytest.mark.parametrize(
    ("slots", "line", "arguments"),
    [
        ({"size": "small"}, 1, {"number": 1, "size": "small"}),
        ({"size": "small"}, None, {"number": 2, "size": "small"}),
        ({"size": "small"}, 7, {"number": 2, "size": "small"}),
        ({"drink": "mocha"}, 2, {"number": 2, "drink": "mocha"}),
        ({"drink": "latte"}, 2, {"number": 2, "drink": "latte"}),
        ({"drink": "latte", "milk": "cream"}, 2, {"number": 1, "milk": "cream"}),
        ({"drink": "tea", "size": "large"}, 2, {"number": 2, "drink": "tea", "size": "large"}),
        ({"drink": "mocha", "size": "large"}, 1, {"number": 1, "drink": "mocha", "size": "large"}),
    ],
)
def test_a_change_is_of_the_drink_talked_about_or_of_the_one_named(slots, line, arguments):
    assert changed(slots, line) == ("change_order", arguments)


def test_a_change_of_nothing_asks_what_to_change():
    assert changed({}) == ("show_order", {})


def test_what_is_taken_off_is_named_and_the_rest_talked_about():
    talk = ordering()
    tools = Tools(show_order={"items": [LATTE, TEA]}, remove_from_order={"items": [LATTE]})
    reply = asyncio.run(talk.remove({"drink": "tea"}, tools))
    assert reply.says == ("I took off the green tea.", "That leaves a large latte.")
    assert talk.line == 1


def test_many_things_are_counted_instead_of_named():
    tools = Tools(show_order={"items": [LATTE]}, remove_from_order={"items": [LATTE, TEA, TEA]})
    assert asyncio.run(ordering().remove({}, tools)).says[-1] == "That leaves three things."


@pytest.mark.parametrize(
    ("name", "talk"),
    [
        ("remove_from_order", lambda ordering, use: ordering.remove({}, use)),
        ("cancel_order", lambda ordering, use: ordering.cancel(use)),
        ("place_order", lambda ordering, use: ordering.place(use)),
    ],
)
def test_other_words_of_a_tool_are_spoken(name, talk):
    tools = Tools(show_order={"items": [LATTE]}, **{name: "as you wish"})
    assert asyncio.run(talk(ordering(), tools)).says == ("As you wish.",)


@pytest.mark.parametrize(
    ("ready", "said"),
    [
        ({"minutes": 9}, ("It will be ready in nine minutes.",)),
        ({"date": "2026-03-07", "time": "09:10"}, ("We are closed now.", "It will be ready on Saturday at nine ten.")),
        ({}, ()),
    ],
)
def test_when_an_order_is_ready(ready, said):
    tools = Tools(place_order={"order": 12, "cents": 450, **ready})
    reply = asyncio.run(ordering().place(tools))
    assert reply.says == ("Thank you, your order number is twelve.", "It comes to four euros fifty.", *said)
