"""What clients may send, dialect by dialect."""

import json
from pathlib import Path
from typing import Any

import pytest

from offhook.sim.model_checks import Refused
from offhook.sim.model_requests import check, parse
from offhook.sim.model_wire import AZURE, BETA, GA, Dialect

SAMPLES = Path("/work/shared/protocols/samples")


def message(role: str, **part: Any) -> dict[str, Any]:
    return {"type": "conversation.item.create", "item": {"type": "message", "role": role, "content": [part]}}


def respond(**fields: Any) -> dict[str, Any]:
    return {"type": "response.create", "response": fields}


GOOD = [
    (GA, message("user", type="input_text", text="a")),
    (GA, message("user", type="input_image", image_url="data:image/png;base64,AA==")),
    (GA, message("assistant", type="output_text", text="a")),
    (AZURE, message("assistant", type="text", text="a")),
    (GA, {"type": "response.create", "response": None, "event_id": "c1"}),
    (GA, respond(conversation="none", input=[{"type": "item_reference", "id": "a"}], max_output_tokens="inf")),
    (GA, respond(audio={"output": {"voice": "marin", "format": {"type": "audio/pcmu"}}}, metadata={"a": "b"})),
    (BETA, respond(modalities=["text"], voice="alloy", temperature=0.8)),
    (AZURE, respond(pre_generated_assistant_message={"content": [{"type": "text", "text": "Hi."}]})),
    (AZURE, {"type": "response.create", "additional_instructions": "Be brief."}),
    (GA, {"type": "response.cancel"}),
]
BAD = [
    (GA, message("assistant", type="text", text="a"), "invalid_value", "item.content[0].type"),
    (GA, message("assistant", type="output_audio", audio="AA=="), "invalid_value", "item.content[0].type"),
    (AZURE, message("assistant", type="output_text", text="a"), "invalid_value", "item.content[0].type"),
    (BETA, message("user", type="input_image", image_url="data:"), "invalid_value", "item.content[0].type"),
    (GA, message("system", type="input_audio", audio="AA=="), "invalid_value", "item.content[0].type"),
    (GA, message("user", type="input_text"), "missing_required_parameter", "item.content[0].text"),
    (GA, message("tool", type="input_text", text="a"), "invalid_value", "item.role"),
    (GA, {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "a", "output": {}}}, "invalid_type", "item.output"),
    (GA, {"type": "conversation.item.create", "item": {"id": "x" * 33, **message("user")["item"], "content": []}}, "string_above_max_length", "item.id"),
    (GA, {"type": "conversation.item.truncate", "item_id": "a", "content_index": 0}, "missing_required_parameter", "audio_end_ms"),
    (GA, {"type": "conversation.item.truncate", "item_id": "a", "content_index": 0, "audio_end_ms": 1.5}, "invalid_type", "audio_end_ms"),
    (GA, {"type": "conversation.item.truncate", "item_id": "a", "content_index": 0, "audio_end_ms": -1}, "integer_below_min_value", "audio_end_ms"),
    (GA, respond(modalities=["text"]), "unknown_parameter", "response.modalities"),
    (GA, respond(pre_generated_assistant_message={}), "unknown_parameter", "response.pre_generated_assistant_message"),
    (GA, respond(audio={"output": {"speed": 1.0}}), "unknown_parameter", "response.audio.output.speed"),
    (AZURE, respond(output_modalities=["text"]), "unknown_parameter", "response.output_modalities"),
    (GA, {"type": "response.create", "additional_instructions": "a"}, "unknown_parameter", "additional_instructions"),
    (GA, {"type": "response.cancel", "event_id": 5}, "invalid_type", "event_id"),
]  # fmt: skip


@pytest.mark.parametrize(("dialect", "event"), GOOD)
def test_what_is_taken(dialect: Dialect, event: dict[str, Any]) -> None:
    assert check(event, dialect) == event["type"]


@pytest.mark.parametrize(("dialect", "event", "code", "param"), BAD)
def test_what_is_refused(dialect: Dialect, event: dict[str, Any], code: str, param: str) -> None:
    with pytest.raises(Refused) as caught:
        check(event, dialect)
    assert (caught.value.code, caught.value.param) == (code, param)


def test_messages_are_json_objects_in_text() -> None:
    assert parse('{"type": "a"}') == {"type": "a"}
    for bad in (b"{}", "", "5", "{]"):
        with pytest.raises(Refused) as caught:
            parse(bad)
        assert caught.value.code == "invalid_event"


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the collected samples of both protocols are not on this machine")
@pytest.mark.parametrize(("dialect", "pattern"), [(GA, "openai-client-*"), (AZURE, "azure-client-*")])
def test_samples_of_clients_are_taken(dialect: Dialect, pattern: str) -> None:
    session = dialect.defaults("gpt-realtime-2.1", "sess_1", 0)
    for path in sorted(SAMPLES.glob(pattern)):
        event = json.loads(path.read_text())
        if check(event, dialect) == "session.update":
            dialect.check(event["session"], session)
