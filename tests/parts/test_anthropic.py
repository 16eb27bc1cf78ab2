"""The wire of Anthropic's Messages API, against a stand-in that says what the API's documentation has."""

import orjson
import pytest

from offhook import ConfigError, LegFailed
from offhook.parts import anthropic
from offhook.parts.keys import Keys
from offhook.sim.clock import run
from offhook.sim.http_memory import AppTransport
from offhook.speech.base import Message, Tokens, ToolSpec, ToolUse, Wishes
from tests.parts.provider import all_of

HELLO = [
    {"type": "message_start", "message": {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": [], "stop_reason": None, "stop_sequence": None,
        "usage": {"input_tokens": 20, "cache_read_input_tokens": 5, "output_tokens": 1},
    }},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "ping"},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Let me "}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "see."}},
    {"type": "content_block_stop", "index": 0},
    {"type": "content_block_start", "index": 1, "content_block": {"type": "tool_use", "id": "t1", "name": "hours", "input": {}}},
    {"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": '{"day":'}},
    {"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": '"today"}'}},
    {"type": "content_block_stop", "index": 1},
    {"type": "message_delta", "delta": {"stop_reason": "tool_use", "stop_sequence": None}, "usage": {"output_tokens": 12}},
    {"type": "message_stop"},
]  # fmt: skip


class Service:
    def __init__(self, events):
        self.events, self.asked = events, []

    async def __call__(self, scope, receive, send):
        self.asked.append((dict(scope["headers"]), orjson.loads((await receive())["body"])))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for event in self.events:
            line = b"event: " + event["type"].encode() + b"\ndata: " + orjson.dumps(event) + b"\n\n"
            await send({"type": "http.response.body", "body": line, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


def answer(events, messages=(Message("system", "You are a test."), Message("user", "hi")), tools=(), wishes=Wishes()):
    service = Service(events)
    model = anthropic.llm("", Keys(anthropic_api_key="k"))
    model.server.transport = AppTransport(service)
    return run(all_of(model.answer(messages, tools, wishes))), service


def test_text_uses_and_tokens():
    hours = ToolSpec("hours", "When it is open.", {"type": "object"})
    parts, service = answer(HELLO, tools=[hours], wishes=Wishes(1.5, 99))
    assert parts == [
        "Let me ", "see.", Tokens(anthropic.LLM, 20, 5, 12), ToolUse("t1", "hours", '{"day":"today"}'),
    ]  # fmt: skip
    ((headers, body),) = service.asked
    assert headers[b"x-api-key"] == b"k" and headers[b"anthropic-version"] == b"2023-06-01"
    assert body == {
        "model": anthropic.LLM, "max_tokens": 99, "system": "You are a test.", "stream": True, "temperature": 1.0,
        "messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}],
        "tools": [{"name": "hours", "description": "When it is open.", "input_schema": {"type": "object"}}],
    }  # fmt: skip


def test_a_talk_begins_with_the_caller_and_each_speaks_in_turn():
    talk = [
        Message("system", "You are a test."),
        Message("system", "Before, in short."),
        Message("assistant", "Hello."),
        Message("user", "one"),
        Message("user", "two"),
        Message("assistant", uses=(ToolUse("t1", "hours", "{"),)),
        Message("tool", "nine", use="t1"),
        Message("system", "Go on."),
    ]
    body = anthropic.request("m", talk, [], Wishes())
    assert body["system"] == "You are a test.\n\nBefore, in short."
    assert [message["role"] for message in body["messages"]] == ["user", "assistant", "user", "assistant", "user"]
    assert body["messages"][0]["content"][0]["text"] == anthropic.BEGINS
    assert [block.get("text") for block in body["messages"][2]["content"]] == ["one", "two"]
    assert body["messages"][3]["content"] == [{"type": "tool_use", "id": "t1", "name": "hours", "input": {}}]
    assert body["messages"][4]["content"] == [
        {"type": "tool_result", "tool_use_id": "t1", "content": "nine"}, {"type": "text", "text": "(Go on.)"},
    ]  # fmt: skip


def test_only_instructions_are_an_opening():
    body = anthropic.request("m", [Message("system", "You are."), Message("system", "Greet.")], [], Wishes())
    assert body["system"] == "You are."
    assert body["messages"] == [{"role": "user", "content": [{"type": "text", "text": "(Greet.)"}]}]


@pytest.mark.parametrize("events", [HELLO[:4], [*HELLO[:4], {"type": "error", "error": {"type": "overloaded_error"}}]])
def test_an_answer_that_breaks_off_fails(events):
    with pytest.raises(LegFailed) as failed:
        answer(events)
    assert failed.value.retryable


def test_without_a_key_it_says_which():
    with pytest.raises(ConfigError, match="ANTHROPIC_API_KEY"):
        anthropic.llm("", Keys())
