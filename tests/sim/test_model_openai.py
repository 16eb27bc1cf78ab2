"""OpenAI's session: what may be set, what is refused, what an update leaves as it was."""

from typing import Any

import pytest

from offhook.sim.model_checks import Refused
from offhook.sim.model_openai import MODELS, check, defaults, merged

SESSION = defaults("gpt-realtime-2.1", "sess_1", 3600)


def update(**fields: Any) -> dict[str, Any]:
    return {"type": "realtime", **fields}


def audio(side: str, **fields: Any) -> dict[str, Any]:
    return update(audio={side: fields})


@pytest.mark.parametrize(
    "fields",
    [
        update(),
        update(output_modalities=["text"], instructions="", max_output_tokens="inf", tools=[], tool_choice="none"),
        update(max_output_tokens=4096, parallel_tool_calls=False, reasoning={"effort": "low"}, tracing="auto"),
        update(truncation={"type": "retention_ratio", "retention_ratio": 0.8}, include=None, prompt={"id": "p"}),
        update(tools=[{"type": "mcp", "server_label": "crm", "server_url": "https://example.com", "require_approval": "never"}]),
        update(tools=[{"type": "function", "name": "a", "parameters": {}}], tool_choice={"type": "function", "name": "a"}),
        audio("input", format={"type": "audio/pcmu"}, noise_reduction={"type": "near_field"}, transcription=None),
        audio("input", transcription={"model": "gpt-live-transcribe", "language": "en"}, turn_detection=None),
        audio("input", turn_detection={"type": "server_vad", "idle_timeout_ms": 6000}),
        audio("input", turn_detection={"type": "semantic_vad", "eagerness": "low"}),
        audio("output", format={"type": "audio/pcm", "rate": 24000}, voice="marin", speed=1.5),
        audio("output", voice={"id": "voice_1"}),
    ],
)  # fmt: skip
def test_what_is_taken(fields: dict[str, Any]) -> None:
    check(fields, SESSION)


@pytest.mark.parametrize(
    ("fields", "code", "param"),
    [
        ({}, "missing_required_parameter", "session.type"),
        ({"type": "transcription"}, "invalid_value", "session.type"),
        (update(voice="marin"), "unknown_parameter", "session.voice"),
        (update(temperature=0.8), "unknown_parameter", "session.temperature"),
        (update(modalities=["audio"]), "unknown_parameter", "session.modalities"),
        (update(output_modalities=["text", "audio"]), "invalid_value", "session.output_modalities"),
        (update(output_modalities=[]), "invalid_value", "session.output_modalities"),
        (update(max_output_tokens=0), "integer_below_min_value", "session.max_output_tokens"),
        (update(max_output_tokens="all"), "invalid_value", "session.max_output_tokens"),
        (update(tools=[{"type": "function", "function": {"name": "a"}}]), "missing_required_parameter", "session.tools[0].name"),
        (update(tools=[{"name": "a"}]), "missing_required_parameter", "session.tools[0].type"),
        (update(tool_choice="never"), "invalid_value", "session.tool_choice"),
        (update(instructions=None), "invalid_type", "session.instructions"),
        (audio("input", format="g711_ulaw"), "invalid_type", "session.audio.input.format"),
        (audio("input", format={"type": "audio/pcmu", "rate": 8000}), "unknown_parameter", "session.audio.input.format.rate"),
        (audio("input", format={"type": "audio/pcm", "rate": 16000}), "integer_below_min_value", "session.audio.input.format.rate"),
        (audio("input", format={"type": "audio/pcm"}), "missing_required_parameter", "session.audio.input.format.rate"),
        (audio("input", turn_detection={"type": "server_vad", "threshold": 2}), "decimal_above_max_value", "session.audio.input.turn_detection.threshold"),
        (audio("input", turn_detection={"type": "semantic_vad", "threshold": 0.5}), "unknown_parameter", "session.audio.input.turn_detection.threshold"),
        (audio("input", turn_detection={"threshold": 0.5}), "missing_required_parameter", "session.audio.input.turn_detection.type"),
        (audio("input", transcription={"model": "whisper-9"}), "invalid_value", "session.audio.input.transcription.model"),
        (audio("output", speed=0.1), "decimal_below_min_value", "session.audio.output.speed"),
        (audio("output", voice="en-US-AvaNeural"), "invalid_value", "session.audio.output.voice"),
    ],
)  # fmt: skip
def test_what_is_refused(fields: dict[str, Any], code: str, param: str) -> None:
    with pytest.raises(Refused) as caught:
        check(fields, SESSION)
    assert (caught.value.code, caught.value.param) == (code, param)


def test_reasoning_is_for_models_that_reason() -> None:
    with pytest.raises(Refused, match=r"not supported by gpt-realtime-1\.5"):
        check(update(reasoning={"effort": "low"}), defaults("gpt-realtime-1.5", "sess_1", 0))
    assert "gpt-realtime-1.5" in MODELS


def test_an_update_keeps_what_it_does_not_name() -> None:
    fields = {"input": {"format": {"type": "audio/pcmu"}, "turn_detection": {"type": "server_vad", "threshold": 0.3}}}
    new = merged(SESSION, update(instructions="Hi", audio=fields))
    turns = new["audio"]["input"]["turn_detection"]
    assert turns["threshold"] == 0.3 and turns["silence_duration_ms"] == 500, "an unnamed silence is the documented one"
    assert new["audio"]["output"] == SESSION["audio"]["output"]
    assert SESSION["audio"]["input"]["format"] == {"type": "audio/pcm", "rate": 24000}, (
        "the session before is untouched"
    )
    off = merged(new, audio("input", turn_detection=None))
    assert off["audio"]["input"]["turn_detection"] is None
    assert off["audio"]["input"]["format"] == {"type": "audio/pcmu"}
