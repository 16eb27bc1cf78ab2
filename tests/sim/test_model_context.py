"""What the model sees of a conversation. The sums of tokens are checked in test_model.py."""

from typing import Any

from offhook.sim.model_context import Usage, situation
from offhook.sim.model_items import Item
from offhook.sim.model_wire import Sound
from tests.sim.test_model_response import plan


def said(role: str, text: str) -> Item:
    return Item({"id": text, "type": "message", "role": role, "content": []}, text=text)


def call(name: str, call_id: str = "call_1") -> Item:
    return Item({"id": call_id + "c", "type": "function_call", "name": name, "call_id": call_id, "arguments": "{}"})


def result(output: str, call_id: str = "call_1") -> Item:
    return Item({"id": call_id + "r", "type": "function_call_output", "call_id": call_id, "output": output})


def look(*items: Item, **fields: Any) -> Any:
    return situation(plan(**fields), items)


def test_nobody_said_anything() -> None:
    assert look().said is None
    assert look(said("system", "The caller pressed 1.")).said is None
    assert look(said("user", "hello"), said("assistant", "Hi.")).said is None


def test_the_last_words_are_answered() -> None:
    assert look(said("user", "one"), said("assistant", "x"), said("user", "two"), said("user", "three")).said == "three"
    assert look(Item({"id": "a", "type": "message", "role": "user", "content": []}, text=None)).said == ""


def test_results_of_tools_are_answered_in_their_order() -> None:
    seen = look(said("user", "q"), call("a"), call("b", "call_2"), result("one"), result("two", "call_2"))
    assert seen.results == ["one", "two"] and seen.said == "q" and not seen.after_goodbye
    later = look(call("a"), result("one"), said("user", "thanks"))
    assert later.results == [] and later.said == "thanks"


def test_after_hanging_up_nothing_needs_saying() -> None:
    assert look(said("user", "bye"), call("hang_up"), result("ok")).after_goodbye


def test_an_empty_turn_is_nobody_speaking() -> None:
    empty = Item({"id": "a", "type": "message", "role": "user", "content": []}, Sound("mulaw", 8000), silent=True)
    assert look(said("assistant", "Hi."), empty).idle


def test_the_plan_goes_along() -> None:
    seen = look(said("user", "q"), instructions="Be brief.", override="Greet.", tools=[{}], tool_choice="none")
    assert (seen.instructions, seen.override, seen.tools, seen.tool_choice) == ("Be brief.", "Greet.", [{}], "none")


def test_limits_begin_full() -> None:
    requests, tokens = Usage().limits()
    assert (requests["name"], requests["remaining"]) == ("requests", requests["limit"])
    assert (tokens["name"], tokens["remaining"]) == ("tokens", tokens["limit"])
