"""The events a client may send, and what must be in them, for each dialect. Pure."""

import json
from typing import Any

from offhook.sim import model_flat, model_openai
from offhook.sim.model_checks import (
    Check,
    Refused,
    anything,
    array,
    decimal,
    flag,
    integer,
    mapping,
    nullable,
    one_of,
    record,
    tagged,
    text,
    unsupported,
)
from offhook.sim.model_openai import METADATA, MODALITIES, PROMPT, TOOL, TOOL_CHOICE, VOICES
from offhook.sim.model_wire import Dialect

LARGEST_APPEND = 15 * 1024 * 1024
"""Bytes of audio in one event."""

_STATUS = one_of("completed", "incomplete", "in_progress")
_USER = {
    "input_text": record(("text",), type=anything, text=text()),
    "input_audio": record(("audio",), type=anything, audio=text(), transcript=nullable(text())),
    "input_image": record(("image_url",), type=anything, image_url=text(), detail=one_of("auto", "low", "high")),
}
_SYSTEM = tagged("type", {"input_text": record(("text",), type=anything, text=text())})


def _item(assistant: str, *, beta: bool = False) -> dict[str, Check]:
    """The items that may be created; `assistant` is the type of an assistant's text. The beta knew fewer kinds."""
    user = tagged("type", {kind: check for kind, check in _USER.items() if not beta or kind != "input_image"})
    known = {"id": text(32), "object": one_of("realtime.item"), "type": anything, "status": _STATUS}
    said = tagged("type", {assistant: record(("text",), type=anything, text=text())})
    message = tagged(
        "role",
        {
            role: record(("role", "content"), **known, role=anything, content=array(content))
            for role, content in (("user", user), ("assistant", said), ("system", _SYSTEM))
        },
    )
    items = {
        "message": message,
        "function_call": record(
            ("name", "arguments"), **known, call_id=text(), name=text(), arguments=text()
        ),
        "function_call_output": record(("call_id", "output"), **known, call_id=text(), output=text()),
        "mcp_approval_response": record(
            ("approval_request_id", "approve"), **known,
            approval_request_id=text(), approve=flag, reason=nullable(text()),
        ),
    }  # fmt: skip
    return {kind: check for kind, check in items.items() if not beta or kind != "mcp_approval_response"}


_GA_ITEMS, _AZURE_ITEMS, _BETA_ITEMS = _item("output_text"), _item("text"), _item("text", beta=True)
_REFERENCE = {"item_reference": record(("id",), type=anything, id=text())}
_GA_RESPONSE = record(
    conversation=one_of("auto", "none"),
    input=nullable(array(tagged("type", {**_GA_ITEMS, **_REFERENCE}))),
    instructions=text(),
    output_modalities=MODALITIES,
    audio=record(output=record(format=model_openai.FORMAT, voice=model_openai.VOICE)),
    tools=array(TOOL),
    tool_choice=TOOL_CHOICE,
    max_output_tokens=model_openai.TOKENS,
    metadata=METADATA,
    prompt=PROMPT,
    reasoning=nullable(model_openai.EFFORT),
    parallel_tool_calls=flag,
)
_BETA_RESPONSE = record(
    conversation=one_of("auto", "none"),
    input=nullable(array(tagged("type", {**_BETA_ITEMS, **_REFERENCE}))),
    instructions=text(),
    modalities=MODALITIES,
    voice=one_of(*VOICES),
    output_audio_format=model_flat.OUTPUT,
    tools=array(TOOL),
    tool_choice=TOOL_CHOICE,
    temperature=decimal(0.6, 1.2),
    max_response_output_tokens=model_openai.TOKENS,
    metadata=METADATA,
)
_AZURE_RESPONSE = record(
    commit=flag,
    cancel_previous=flag,
    append_input_items=array(tagged("type", _AZURE_ITEMS)),
    input_items=array(tagged("type", {**_AZURE_ITEMS, **_REFERENCE})),
    modalities=MODALITIES,
    instructions=text(),
    voice=nullable(model_flat.VOICE),
    output_audio_format=model_flat.OUTPUT,
    tools=array(TOOL),
    tool_choice=TOOL_CHOICE,
    temperature=decimal(0.0, 1.2),
    max_output_tokens=model_flat.AZURE_TOKENS,
    pre_generated_assistant_message=record(
        ("content",),
        type=one_of("message"),
        role=one_of("assistant"),
        content=array(tagged("type", {"text": record(("text",), type=anything, text=text())})),
        id=text(),
        status=_STATUS,
    ),
    reasoning_effort=model_flat.EFFORT,
    metadata=METADATA,
    interim_response=model_flat.INTERIM,
    invoke_input=mapping(anything),
)


def _events(items: dict[str, Check], response: Check) -> dict[str, Check]:
    def event(required: tuple[str, ...] = (), /, **fields: Check) -> Check:
        return record(required, type=anything, event_id=nullable(text(512)), **fields)

    return {
        "session.update": event(("session",), session=anything),
        "input_audio_buffer.append": event(("audio",), audio=text()),
        "input_audio_buffer.commit": event(),
        "input_audio_buffer.clear": event(),
        "conversation.item.create": event(
            ("item",), item=tagged("type", items), previous_item_id=nullable(text())
        ),
        "conversation.item.retrieve": event(("item_id",), item_id=text()),
        "conversation.item.delete": event(("item_id",), item_id=text()),
        "conversation.item.truncate": event(
            ("item_id", "content_index", "audio_end_ms"),
            item_id=text(), content_index=integer(0), audio_end_ms=integer(0),
        ),
        "response.create": event(response=nullable(response)),
        "response.cancel": event(response_id=nullable(text())),
        "output_audio_buffer.clear": event(),
    }  # fmt: skip


_EVENTS = {
    "ga": _events(_GA_ITEMS, _GA_RESPONSE),
    "beta": _events(_BETA_ITEMS, _BETA_RESPONSE),
    "azure": _events(_AZURE_ITEMS, _AZURE_RESPONSE)
    | {
        "response.create": record(
            type=anything,
            event_id=nullable(text(512)),
            response=nullable(_AZURE_RESPONSE),
            additional_instructions=nullable(text()),
        )
    },
}


def parse(message: str | bytes) -> dict[str, Any]:
    """The event in a message. Raises Refused if it is no JSON object, or names no type."""
    if isinstance(message, bytes):
        raise Refused("invalid_event", "Binary messages are not supported; send events as text.")
    try:
        event = json.loads(message)
    except (ValueError, RecursionError):
        raise Refused("invalid_event", "The message could not be parsed as JSON.") from None
    if not isinstance(event, dict):
        raise Refused("invalid_event", "The message is not a JSON object.")
    return event


def check(event: dict[str, Any], dialect: Dialect) -> str:
    """The type of an event that the service takes. Raises Refused. What is in a session is the dialect's own matter."""
    kinds = _EVENTS[dialect.name]
    name = event.get("type")
    if name is None:
        raise Refused("invalid_event", "The 'type' field is missing.")
    if not isinstance(name, str) or name not in kinds:
        raise unsupported(str(name), "type", tuple(kinds))
    kinds[name](event, "")
    if name == "output_audio_buffer.clear":
        raise Refused(
            "invalid_event", "output_audio_buffer.clear needs a connection that plays audio; this one does not."
        )
    return name
