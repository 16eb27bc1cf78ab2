import pytest

from offhook import LegFailed
from offhook.parts.openai_chat import Chat, request
from offhook.sim.clock import run
from offhook.sim.model_orders import Answer
from offhook.sim.model_orders import ToolUse as Used
from offhook.speech.base import Message, Tokens, ToolSpec, ToolUse, Wishes
from tests.parts.provider import all_of, provider

TALK = (Message("system", "You are a test."), Message("user", "hi"))
HOURS = ToolSpec("hours", "When it is open.", {"type": "object", "properties": {}})


def test_text_comes_as_it_is_written_and_then_what_it_took():
    _, server = provider(answers=(Answer("Good day to you."),), token_ms=100.0)

    async def whole():
        import asyncio

        loop = asyncio.get_running_loop()
        chat = Chat(server, "m")
        await chat.start()
        times = [(loop.time(), part) async for part in chat.answer(TALK, [HOURS])]
        await chat.close()
        return times

    times = run(whole())
    assert [part for _, part in times[:-1]] == ["Good ", "day ", "to ", "you."]
    assert times[-1][1] == Tokens("m", 4, 0, 4)
    assert times[3][0] - times[0][0] == pytest.approx(0.3, abs=0.03)


def test_tools_are_told_and_wanted():
    model, server = provider(answers=(Answer("Let me see.", (Used("hours", '{"day":"today"}'), Used("menu"))),))
    parts = run(all_of(Chat(server, "m").answer(TALK, [HOURS], Wishes(0.3, 50))))
    assert [part for part in parts if isinstance(part, ToolUse)] == [
        ToolUse("call_2", "hours", '{"day":"today"}'), ToolUse("call_3", "menu", "{}"),
    ]  # fmt: skip
    (asked,) = model.asked("completions")
    assert asked.body["tools"][0]["function"] == {
        "name": "hours", "description": "When it is open.", "parameters": {"type": "object", "properties": {}},
    }  # fmt: skip
    assert (asked.body["temperature"], asked.body["max_completion_tokens"]) == (0.3, 50)


def test_uses_and_results_are_written_as_the_api_has_them():
    uses = (ToolUse("u1", "hours", "{}"),)
    body = request("m", [*TALK, Message("assistant", uses=uses), Message("tool", "nine", use="u1")], [], Wishes())
    assert body["messages"][2:] == [
        {
            "role": "assistant", "content": None,
            "tool_calls": [{"id": "u1", "type": "function", "function": {"name": "hours", "arguments": "{}"}}],
        },
        {"role": "tool", "tool_call_id": "u1", "content": "nine"},
    ]  # fmt: skip
    assert "tools" not in body and "temperature" not in body


@pytest.mark.parametrize("number", [{}, {"index": 0}])
def test_whole_uses_are_kept_apart_however_they_are_numbered(number):
    from offhook.parts.openai_chat import _collect

    uses = {}
    whole = [number | {"id": name, "function": {"name": name, "arguments": "{}"}} for name in ("a", "b")]
    _collect(uses, whole)
    assert [use["name"] for use in uses.values()] == ["a", "b"]


def test_an_answer_that_breaks_off_fails():
    _, server = provider(answers=(Answer("One two three four."),), fails={"completions": [0]})
    with pytest.raises(LegFailed) as failed:
        run(all_of(Chat(server, "m").answer(TALK, [HOURS])))
    assert failed.value.retryable


def test_who_wants_no_more_ends_the_request():
    model, server = provider(answers=(Answer("One two three four. " * 20),), token_ms=100.0)

    async def whole():
        import asyncio

        parts = Chat(server, "m").answer(TALK, [HOURS])
        await anext(parts)
        await parts.aclose()
        await asyncio.sleep(5)

    run(whole())
    (asked,) = model.asked("completions")
    assert not asked.whole and len(asked.said) < 30
