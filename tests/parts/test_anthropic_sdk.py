"""What the stand-in says is what Anthropic's own SDK reads, and what our part asks is a request of the SDK's."""

import pytest
from pydantic import TypeAdapter

from offhook.parts import anthropic as ours
from offhook.speech.base import Message, ToolSpec, ToolUse, Wishes
from tests.parts.test_anthropic import HELLO

pytest.importorskip("anthropic", reason="Anthropic's SDK is not installed")
from anthropic import types
from anthropic.types.message_create_params import MessageCreateParamsStreaming


def test_the_sdk_reads_what_the_stand_in_says():
    reads = TypeAdapter(types.RawMessageStreamEvent)
    for event in HELLO:
        if event["type"] != "ping":  # which the SDK passes over
            assert reads.validate_python(event).type == event["type"]


def test_what_is_asked_is_a_request_of_the_sdks():
    talk = [
        Message("system", "You are a test."), Message("assistant", "Hello."), Message("user", "one"),
        Message("assistant", uses=(ToolUse("t1", "hours", "{}"),)), Message("tool", "nine", use="t1"), Message("system", "Go on."),
    ]  # fmt: skip
    body = ours.request("m", talk, [ToolSpec("hours", "When.", {"type": "object"})], Wishes(0.5, 99))
    assert TypeAdapter(MessageCreateParamsStreaming).validate_python(body, strict=False)
    # Older models take a temperature, of which the SDK does not speak any more.
    assert (
        set(body) - {"temperature"}
        <= MessageCreateParamsStreaming.__required_keys__ | MessageCreateParamsStreaming.__optional_keys__
    )
