"""What a function must be to be a tool, what the agent is told of it, and what becomes of its failures."""

import asyncio
import functools
import json
import logging
import threading
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Literal

import pytest
from pydantic import AfterValidator, Field

from offhook import CallInfo, ConfigError, ToolError, hang_up, tool
from offhook.agent.agent import Agent
from offhook.agent.tools import FunctionTool, Toolbox, ToolSource
from offhook.sim.clock import run


class Line:
    """What a call is to a tool."""

    def __init__(self, said=True):
        self.id, self.info, self.data = "call", CallInfo("CA1", "AC1", "+1", "+2"), {}
        self.said, self.hung_up = said, 0

    def hang_up(self):
        self.hung_up += 1
        return self.said


class Size(Enum):
    SMALL = "small"
    LARGE = "large"


@dataclass
class Extra:
    name: str
    cents: int = 0


@tool
async def order(drink: str, size: Size = Size.SMALL, shots: Annotated[int, Field(ge=1, le=3)] = 1) -> dict:
    """Takes an order.

    Only one drink at a time.

    Args:
        drink: What to drink, as on the menu.
        size: How large.
    """
    return {"drink": drink, "size": size, "shots": shots}


def call(made, arguments="{}", line=None):
    return run(made.run(arguments, line or Line()))


def test_signature_and_docstring_become_the_schema():
    assert order.name == "order"
    assert order.description == "Takes an order.\n\nOnly one drink at a time."
    schema = order.schema
    assert schema["type"] == "object"
    assert schema["required"] == ["drink"]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["drink"] == {"type": "string", "description": "What to drink, as on the menu."}
    assert schema["properties"]["shots"] == {"default": 1, "maximum": 3, "minimum": 1, "type": "integer"}
    assert json.loads(json.dumps(schema)) == schema


def test_arguments_are_what_the_function_expects():
    assert json.loads(call(order, '{"drink": "latte", "size": "large"}')) == {
        "drink": "latte", "size": "large", "shots": 1,
    }  # fmt: skip

    @tool
    def total(extras: list[Extra], by: Literal["sum"] = "sum") -> int:
        return sum(extra.cents for extra in extras)

    assert call(total, '{"extras": [{"name": "milk", "cents": 50}, {"name": "sugar"}]}') == "50"


@pytest.mark.parametrize(
    "arguments, told",
    [
        ("{}", "order: drink: Field required."),
        ('{"drink": "latte", "shots": 9}', "order: shots: Input should be less than or equal to 3."),
        ('{"drink": "latte", "colour": "red"}', "order: colour: Extra inputs are not permitted."),
        ("[1]", "order: arguments: "),
        ("{drink", "order: arguments: Invalid JSON"),
    ],
)
def test_wrong_arguments_are_told_to_the_agent_in_a_sentence(arguments, told):
    with pytest.raises(ToolError) as error:
        call(order, arguments)
    assert str(error.value).startswith(told)


def test_no_arguments_at_all_are_none():
    @tool
    def nothing():
        pass

    assert call(nothing, "") == "Done."


def test_a_plain_function_runs_in_a_thread():
    @tool
    def where() -> str:
        return threading.current_thread().name

    assert call(where) != threading.main_thread().name


def test_a_tool_that_asks_for_the_call_is_given_it():
    @tool
    def note(word: str, call) -> None:
        """Notes a word."""
        call.data["word"] = word

    line = Line()
    call(note, '{"word": "hello"}', line)
    assert line.data == {"word": "hello"}
    assert list(note.schema["properties"]) == ["word"]


def test_a_plain_function_hangs_up_in_the_calls_own_thread():
    @tool
    def leave(call) -> bool:
        return call.hang_up()

    class OfOneThread(Line):
        def hang_up(self):
            self.thread = threading.current_thread()
            return super().hang_up()

    line = OfOneThread()
    assert asyncio.run(leave.run("{}", line)) == "true"
    assert line.thread is threading.main_thread()


def test_a_plain_function_has_words_said_in_the_calls_own_thread():
    @tool
    def tell(call) -> None:
        call.say("One moment.")

    class OfOneThread(Line):
        def say(self, text):
            self.said = (text, threading.current_thread())

    line = OfOneThread()
    asyncio.run(tell.run("{}", line))
    assert line.said == ("One moment.", threading.main_thread())


def test_a_tool_that_takes_too_long_is_given_up():
    @tool(timeout=2.0)
    async def slow() -> str:
        await asyncio.sleep(60)
        return "late"

    async def scenario():
        began = asyncio.get_running_loop().time()
        with pytest.raises(ToolError, match="slow took too long"):
            await slow.run("{}", Line())
        return asyncio.get_running_loop().time() - began

    assert run(scenario()) == pytest.approx(2.0)


def test_only_a_tool_error_is_repeated_to_the_agent(caplog):
    @tool
    def refuses() -> None:
        raise ToolError("We are closed on Sundays.")

    @tool
    def breaks() -> None:
        raise RuntimeError("password: hunter2")

    with pytest.raises(ToolError, match="closed on Sundays"):
        call(refuses)
    with caplog.at_level(logging.CRITICAL), pytest.raises(ToolError) as error:
        call(breaks)
    assert str(error.value) == "breaks failed."


def test_a_result_no_agent_would_read_to_its_end_is_cut():
    @tool
    def book() -> str:
        return "word " * 100_000

    assert len(call(book)) < 33_000


def test_functions_that_no_agent_could_call_are_refused():
    def starred(*things: str) -> None: ...
    def bare(thing) -> None: ...
    def odd(thing: threading.Lock) -> None: ...

    for function, why in ((starred, "by name"), (bare, "annotate it"), (odd, "JSON cannot hold")):
        with pytest.raises(ConfigError, match=why):
            tool(function)


def test_a_tool_may_have_another_name_and_is_still_a_function():
    @tool(name="price_of")
    def price(item: str) -> int:
        return len(item)

    assert price.name == "price_of"
    assert price("latte") == 5


def test_a_toolbox_knows_its_tools_by_name():
    box = Agent("", tools=[order, lambda_free]).toolbox
    assert list(box.by_name) == ["order", "lambda_free", "hang_up"]
    assert list(Agent("", can_hang_up=False).toolbox.by_name) == []
    with pytest.raises(ToolError, match="There is no tool bake"):
        run(box.run("bake", "{}", Line()))
    with pytest.raises(ConfigError, match="Two tools are named order"):
        Toolbox([order, order])


def lambda_free() -> str:
    """A plain function is a tool as it is."""
    return "free"


def test_hanging_up_waits_for_a_goodbye():
    line = Line(said=True)
    assert "Say nothing more" in call(hang_up, "{}", line)
    assert "Say goodbye now" in call(hang_up, "{}", Line(said=False))
    assert line.hung_up == 1
    assert hang_up.schema["properties"] == {}


# ---------------------------------------------------------------- what a tool may not do to others


@pytest.mark.parametrize("raised", [SystemExit(1), KeyboardInterrupt(), asyncio.CancelledError(), StopIteration()])
@pytest.mark.parametrize("kind", ["async", "plain"])
def test_a_tool_that_exits_costs_its_answer_and_nothing_else(raised, kind, caplog):
    def plain() -> str:
        raise raised

    async def later() -> str:
        raise raised

    with caplog.at_level(logging.CRITICAL), pytest.raises(ToolError, match="failed"):
        call(tool(name="leaves")(later if kind == "async" else plain))


def test_a_check_that_breaks_is_a_failure_too(caplog):
    def broken(_value):
        raise KeyError("x")

    @tool
    def checked(word: Annotated[str, AfterValidator(broken)]) -> str:
        return word

    with caplog.at_level(logging.CRITICAL), pytest.raises(ToolError, match="checked failed"):
        call(checked, '{"word": "x"}')


def test_threads_that_hang_keep_no_other_tool_from_running():
    release = threading.Event()

    @tool(timeout=0.01)
    def hangs() -> None:
        release.wait(10)

    @tool
    def quick() -> str:
        return "done"

    async def scenario():
        for _ in range(40):
            with pytest.raises(ToolError, match="took too long|is busy"):
                await hangs.run("{}", Line())
        with pytest.raises(ToolError, match="is busy"):
            await hangs.run("{}", Line())
        return await quick.run("{}", Line())

    try:
        assert asyncio.run(scenario()) == "done"
    finally:
        release.set()


def test_a_tools_own_timeout_is_a_failure_of_its_own(caplog):
    @tool
    async def database() -> None:
        raise TimeoutError("no connection")

    with caplog.at_level(logging.CRITICAL), pytest.raises(ToolError, match="database failed"):
        call(database)


def test_parameters_may_have_any_name():
    @tool
    def odd(copy: str, model_config: int = 1, json: str = "") -> str:
        return f"{copy}{model_config}{json}"

    assert set(odd.schema["properties"]) == {"copy", "model_config", "json"}
    assert call(odd, '{"copy": "a", "model_config": 2}') == "a2"


def test_a_wrapped_async_function_is_awaited():
    async def inner() -> str:
        return "there"

    @tool
    def outer() -> str:
        return inner()

    assert call(outer) == "there"


def test_half_a_character_is_told_whole():
    @tool
    def half() -> str:
        return "\ud800"

    @tool
    def refuses() -> None:
        raise ToolError("\ud800" * 50_000)

    assert call(half) == "?"
    with pytest.raises(ToolError) as error:
        call(refuses)
    assert len(str(error.value)) < 33_000
    str(error.value).encode()


def test_what_has_no_name_or_no_signature_is_refused():
    for function in (functools.partial(print), dict):
        with pytest.raises(ConfigError):
            tool(function)


def test_of_a_source_only_names_that_are_free_are_taken(caplog):
    class Source(ToolSource):
        @property
        def tools(self):
            return [
                FunctionTool(lambda: "theirs", name="order"),
                FunctionTool(lambda: "new", name="extra", finish=True),
            ]

    box = Toolbox([order], [Source()])
    assert list(box.by_name) == ["order", "extra"] and box.by_name["order"] is order
    assert "two tools are named order" in caplog.text
    assert box.finishes("extra") and not box.finishes("order")


def test_what_is_to_finish_is_said_at_the_tool():
    @tool(finish=True, timeout=3)
    def book() -> None:
        pass

    assert book.finish and book.timeout == 3 and not order.finish


def test_a_function_in_a_thread_asks_the_call_for_keys_and_pauses():
    class Asked(Line):
        entered = "1234"

        def __init__(self):
            super().__init__()
            self.asked = []

        def want_keys(self, count, *, secret=False):
            self.asked.append((threading.current_thread(), "keys", count, secret))

        def pause_recording(self):
            self.asked.append((threading.current_thread(), "pause"))

        def resume_recording(self):
            self.asked.append((threading.current_thread(), "resume"))

    @tool
    def pin(call) -> str:
        call.pause_recording()
        call.want_keys(4, secret=True)
        call.resume_recording()
        return call.entered

    line = Asked()
    assert call(pin, "{}", line) == "1234"
    assert [each[1:] for each in line.asked] == [("pause",), ("keys", 4, True), ("resume",)]
    assert {each[0] for each in line.asked} == {threading.current_thread()}, "in the loop's"
