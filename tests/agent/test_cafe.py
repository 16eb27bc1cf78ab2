"""The café's tools, as any agent uses them: JSON in, text out. It is a Tuesday, ten o'clock, unless it is said."""

import asyncio
import json
from datetime import datetime
from pathlib import Path

import pytest

from offhook.agent import cafe
from offhook.errors import ToolError
from tests.visit import AtTheCafe

SCHEMAS = Path(__file__).with_name("cafe_schemas.json")


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    def at(*now: int) -> None:
        monkeypatch.setattr(cafe, "clock", lambda: datetime(2026, 3, *now))

    at(3, 10, 0)
    return at


@pytest.fixture
def call():
    return AtTheCafe()


@pytest.fixture
def use(call):
    def use(name: str, **arguments):
        told = asyncio.run(cafe.agent.toolbox.run(name, json.dumps(arguments), call))
        return json.loads(told) if told[0] in "[{" else told

    return use


def test_an_agent_is_told_of_the_tools_what_it_was_told_before():
    told = {
        each.name: {"description": each.description, "parameters": each.schema} for each in cafe.agent.toolbox
    }  # to accept a change: print(json.dumps(told, indent=1, ensure_ascii=False))
    assert told == json.loads(SCHEMAS.read_text())


def test_every_tool_says_what_it_does_and_what_it_takes():
    for each in cafe.agent.toolbox:
        assert each.description.endswith("."), each.name
        described = [name for name, of in each.schema.get("properties", {}).items() if of.get("description")]
        assert described or not each.schema.get("properties"), each.name


# ------------------------------------------------------------------------------------------------ questions


def test_hours_of_the_week_of_a_day_and_of_today(use, clock):
    weekdays = {"days": "monday to friday", "opens": "08:00", "closes": "18:00"}
    weekend = {"days": "saturday and sunday", "opens": "09:00", "closes": "16:00"}
    assert use("opening_hours") == [weekdays, weekend]
    assert use("opening_hours", day="weekend") == [weekend]
    assert use("opening_hours", day="Sunday") == [weekend | {"days": "sunday"}]
    assert use("opening_hours", day="tomorrow") == [weekdays | {"days": "tomorrow"}]
    assert use("opening_hours", day="today") == [weekdays | {"days": "today", "open_now": True}]
    clock(3, 18, 0)
    assert use("opening_hours", day="today") == [weekdays | {"days": "today", "open_now": False}]
    with pytest.raises(ToolError, match="name a day"):
        use("opening_hours", day="yesteryear")


def test_the_address_can_be_said(use):
    assert use("address") == "We are at twelve Mill Street, opposite the railway station."


def test_the_menu_whole_and_by_kind(use):
    assert list(use("menu")) == ["coffee", "tea", "cold", "food", "note"]
    assert use("menu", kind="food") == {
        "food": {"butter croissant": 200, "cheese sandwich": 500, "tomato soup": 600, "carrot cake": 400}
    }
    with pytest.raises(ToolError, match="no wine on the menu"):
        use("menu", kind="wine")


def test_prices(use):
    assert use("price", item="latte") == {"what": "medium latte", "cents": 350}
    assert use("price", item="coffee", size="twenty ounce") == {"what": "twenty ounce house coffee", "cents": 320}
    assert use("price", item="espresso", size="large") == {
        "what": "espresso", "cents": 200, "note": "The espresso comes in one size."
    }  # fmt: skip
    with pytest.raises(ToolError, match="^Sorry, we have no beer.$"):
        use("price", item="Beer")


# ------------------------------------------------------------------------------------------------ orders


def test_what_is_added_is_read_back_with_its_price(use):
    assert use("add_to_order", drink="latte", size="large", milk="oat milk") == {
        "number": 1, "what": "large latte with oat milk", "cents": 450
    }  # fmt: skip
    assert use("add_to_order", drink="iced mocha") == {"number": 2, "what": "medium iced mocha", "cents": 400}
    assert use("show_order") == {
        "items": [
            {"number": 1, "what": "large latte with oat milk", "cents": 450},
            {"number": 2, "what": "medium iced mocha", "cents": 400},
        ],
        "cents": 850,
    }


@pytest.mark.parametrize(
    ("arguments", "note"),
    [
        ({"drink": "croissant", "size": "large"}, "The butter croissant comes in one size."),
        ({"drink": "lemonade", "milk": "soy milk"}, "The lemonade comes without milk."),
        ({"drink": "tea", "roast": "dark", "shots": "double"}, "The black tea comes without extra shots or a choice of roast."),
        ({"drink": "carrot cake", "size": "small", "sugar": "sugar"}, "The carrot cake comes without other sizes or sugar."),
    ],
)  # fmt: skip
def test_what_something_does_not_come_with_is_noted_and_the_rest_added(use, arguments, note):
    assert use("add_to_order", **arguments)["note"] == note
    assert len(use("show_order")["items"]) == 1


def test_declining_what_something_never_has_is_no_matter(use):
    assert "note" not in use("add_to_order", drink="lemonade", milk="no milk")


def test_what_cannot_be_had_is_refused_and_nothing_added(use):
    for arguments in ({"drink": "beer"}, {"drink": "latte", "milk": "rice milk"}, {"drink": "latte", "size": "giant"}):
        with pytest.raises(ToolError, match="^Sorry, we have no (beer|rice milk|giant)"):
            use("add_to_order", **arguments)
    assert use("show_order") == {"items": [], "cents": 0}


def test_a_change_leaves_the_rest_as_it_was(use):
    use("add_to_order", drink="latte", size="large", milk="oat milk")
    assert use("change_order", number=1, sugar="some sugar")["what"] == "large latte with oat milk and some sugar"
    assert use("change_order", number=1, milk="no milk", size="small") == {
        "number": 1, "what": "small latte with some sugar without milk", "cents": 300
    }  # fmt: skip


def test_another_drink_keeps_what_it_can_have(use):
    use("add_to_order", drink="latte", size="large", milk="oat milk", shots="double shot")
    assert use("change_order", number=1, drink="green tea")["what"] == "large green tea with oat milk"
    assert use("change_order", number=1, drink="espresso")["what"] == "espresso with oat milk"
    assert use("change_order", number=1, drink="carrot cake") == {
        "number": 1,
        "what": "piece of carrot cake",
        "cents": 400,
    }


def test_a_change_that_cannot_be_had_changes_nothing(use):
    use("add_to_order", drink="latte")
    with pytest.raises(ToolError, match="no goat milk"):
        use("change_order", number=1, size="large", milk="goat milk")
    assert use("show_order")["items"] == [{"number": 1, "what": "medium latte", "cents": 350}]


def test_removing_gives_no_number_twice(use):
    for drink in ("latte", "mocha"):
        use("add_to_order", drink=drink)
    assert use("remove_from_order", number=2) == {
        "removed": "medium mocha", "items": [{"number": 1, "what": "medium latte", "cents": 350}], "cents": 350
    }  # fmt: skip
    assert use("add_to_order", drink="espresso")["number"] == 3
    for name in ("remove_from_order", "change_order"):
        with pytest.raises(ToolError, match="There is no number 2 in the order."):
            use(name, number=2)


def test_cancelling_takes_everything_off(use):
    use("add_to_order", drink="latte")
    assert use("cancel_order") == "Your order is cancelled."
    assert use("show_order")["items"] == []


def test_a_placed_order_has_a_number_and_is_ready_in_minutes(use):
    use("add_to_order", drink="latte")
    use("add_to_order", drink="mocha")
    first = use("place_order")
    assert first == {"order": first["order"], "cents": 730, "minutes": 9}
    with pytest.raises(ToolError, match="^Your order number [a-z ]+ is at the bar already.$"):
        use("place_order")
    use("add_to_order", drink="latte")
    assert use("place_order")["order"] == first["order"] + 1


def test_a_large_order_does_not_take_for_ever(use):
    for _ in range(30):
        use("add_to_order", drink="latte")
    assert use("place_order")["minutes"] == 25


def test_an_order_at_night_is_ready_in_the_morning(use, clock):
    clock(6, 22, 15)
    use("add_to_order", drink="latte")
    assert {"date": "2026-03-07", "time": "09:10"}.items() <= use("place_order").items()


def test_nothing_cannot_be_placed(use):
    with pytest.raises(ToolError, match="^There is nothing in your order yet.$"):
        use("place_order")


def test_two_calls_have_two_orders():
    async def both():
        one, other = AtTheCafe(), AtTheCafe()
        await cafe.add_to_order("latte", one)
        return await cafe.show_order(other)

    assert asyncio.run(both())["items"] == []


# ------------------------------------------------------------------------------------------------ tables, people


def test_a_table_is_found_and_then_booked(use, call):
    table = {"free": True, "people": 4, "date": "2026-03-04", "time": "13:30"}
    assert use("find_table", people=4, day="tomorrow", time="13:30") == table
    assert "tables" not in call.data
    assert use("book_table", people=4, day="tomorrow", time="13:30") == table
    assert call.data["tables"] == [table]


def test_a_table_that_is_not_free_is_not_booked(use, call):
    assert use("find_table", people=4, day="tomorrow", time="19:00")["free"] is False
    with pytest.raises(ToolError, match="We are open from eight to six on Wednesday"):
        use("book_table", people=4, day="tomorrow", time="19:00")
    assert "tables" not in call.data


def test_a_person_is_asked_for_and_the_caller_not_misled(use, call):
    assert "only a demo" in use("ask_for_person", reason="a wedding cake")
    assert call.data["for a person"] == ["a wedding cake"]
