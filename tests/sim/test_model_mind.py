"""What the stand-in says to what."""

import json
from typing import Any

import pytest

from offhook.sim.model_mind import GRAMMAR, MENU, STORY, Situation, think
from offhook.sim.model_orders import Answer, ToolUse
from offhook.speech.engines.grammar import words_of


def tool(name: str, description: str = "", required: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties, "required": list(required)}
    return {"type": "function", "name": name, "description": description, "parameters": schema}


TEXT, NUMBER = {"type": "string"}, {"type": "integer"}
CAFE = [
    tool("opening_hours", "When the café is open.", day=TEXT),
    tool("price", "What a drink costs.", ("item",), item=TEXT, size={"type": "string", "enum": ["small", "large"]}),
    tool("book_table", "Books a table.", ("people", "time"), people=NUMBER, time=TEXT, day={"anyOf": [TEXT, {"type": "null"}]}),
    tool("transfer_to_person", "Hands the caller over.", ("department",), department={"type": "string", "enum": ["sales", "billing"]}),
    tool("hang_up", "Ends the call."),
]  # fmt: skip


def answer(said: str | None, **fields: Any) -> Answer:
    known: dict[str, Any] = {"instructions": "", "override": "", "results": (), "tools": CAFE, "tool_choice": "auto"}
    return think(Situation(said=said, **{**known, **fields}))


@pytest.mark.parametrize(
    ("said", "name", "arguments"),
    [
        ("what are your opening hours", "opening_hours", {}),
        ("When are you open on Sunday?", "opening_hours", {"day": "sunday"}),
        ("how much is a large latte", "price", {"item": "latte", "size": "large"}),
        ("i'd like to book a table for four at seven", "book_table", {"people": 4, "time": "19:00"}),
        ("a table please", "book_table", {"people": 1, "time": "12:00"}),
        ("can i talk to a person in billing", "transfer_to_person", {"department": "billing"}),
        ("can i talk to a person", "transfer_to_person", {"department": "sales"}),
    ],
)
def test_a_tool_that_fits_is_called(said: str, name: str, arguments: dict[str, Any]) -> None:
    (use,) = answer(said).tools
    assert (use.name, json.loads(use.arguments)) == (name, arguments)


def test_goodbye_is_said_and_the_call_ended() -> None:
    assert answer("goodbye") == Answer("Thank you for calling. Goodbye!", (ToolUse("hang_up"),))
    assert answer("goodbye", tools=[]) == Answer("Thank you for calling. Goodbye!")
    assert answer(None, results=['{"ok": true}'], after_goodbye=True) == Answer("")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("Who are you?", "I am the voice of a bakery."),
        ("tell me a story", STORY),
        ("read me the menu", MENU),
        ("hello", "Hello! What can I do for you?"),
        ("", "Sorry, I did not understand that."),
        ("purple monkeys.", "You said: purple monkeys."),
    ],
)
def test_what_needs_no_tool(said: str, words: str) -> None:
    assert answer(said, instructions="You are the voice of a bakery. Be brief.") == Answer(words)


def test_who_it_is_without_instructions_that_say_so() -> None:
    assert answer("who are you", instructions="Be brief.").text == "I am a stand-in for a speech model."
    assert answer("who are you", instructions="You're a baker").text == "I am a baker."


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ('Say exactly: "Welcome to the Blue Door."', "Welcome to the Blue Door."),
        ("Say exactly the following words, and nothing else: Hello. It is nine.", "Hello. It is nine."),
        ("Say this: Are you there?", "Are you there?"),
        ("You say exactly: what you know. Say exactly the following and nothing else: Hi.", "Hi."),
        ("You were cut off. Go on from where the caller stopped hearing you.", "As I was saying, I am here to help."),
        ('Say "One moment, please" and wait.', "One moment, please"),
        ("Say exactly: It is 9:30 now.", "It is 9:30 now."),
        ('Greet the caller with "Good day".', "Good day"),
        ("Greet the caller in one short sentence.", "Hello, how can I help you?"),
        ("", "Hello, how can I help you?"),
    ],
)
def test_it_begins_as_it_is_told(override: str, words: str) -> None:
    assert answer(None, override=override) == Answer(words)


def test_exact_words_go_before_everything() -> None:
    assert answer("goodbye", override="Say exactly: One moment.") == Answer("One moment.")


@pytest.mark.parametrize(
    ("result", "words"),
    [
        ("Nine to five.", "Nine to five."),
        ('{"price": 3.5, "currency": "euros"}', "price: 3.5, euros"),
        ('["tea", "coffee"]', "tea, coffee"),
        ('"plain"', "plain"),
        ("{}", "That is done."),
        ('{"ok": true, "open": false}', "open: no"),
        ("5", "5"),
    ],
)
def test_results_are_read_out(result: str, words: str) -> None:
    assert answer(None, results=[result]).text == words


def test_a_tool_can_be_forced_and_forbidden() -> None:
    named = {"type": "function", "name": "hang_up"}
    assert answer("hello", tool_choice=named).tools == (ToolUse("hang_up"),)
    assert answer("hello", tool_choice="required").tools[0].name == "opening_hours"
    assert answer("how much is a latte", tool_choice="required").tools[0].name == "price"
    assert answer("what are your opening hours", tool_choice="none").tools == ()
    assert answer(None, tool_choice="required", results=["done"]).tools == (), "it has been called"


def test_nobody_spoke() -> None:
    assert answer("", idle=True).text == "Are you still there?"


def test_arguments_of_every_kind() -> None:
    kinds = {
        "a": {"type": "boolean"},
        "b": {"type": "array"},
        "c": {"type": "object"},
        "d": {"type": "number"},
        "e": {},
    }
    (use,) = answer("please frobnicate 12 things", tools=[tool("frobnicate", "", tuple(kinds), **kinds)]).tools
    assert json.loads(use.arguments) == {"a": True, "b": [], "c": {}, "d": 12, "e": "please frobnicate 12 things"}


def test_the_grammar_holds_what_it_is_asked() -> None:
    assert {"story", "who", "latte"} <= words_of(GRAMMAR)
    assert GRAMMAR.count("<story>") == 2 and GRAMMAR.count("<who>") == 2
