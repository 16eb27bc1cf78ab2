"""The session of the OpenAI Realtime API as it is generally available: its shape, its defaults, what may be set. Pure."""

from typing import Any

from offhook.sim.model_checks import (
    Refused,
    anything,
    array,
    decimal,
    either,
    flag,
    integer,
    mapping,
    nullable,
    one_of,
    record,
    tagged,
    text,
)

VOICES = ("alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse", "marin", "cedar")
TRANSCRIBERS = (
    "gpt-transcribe", "gpt-live-transcribe", "gpt-realtime-whisper", "whisper-1", "gpt-4o-mini-transcribe",
    "gpt-4o-mini-transcribe-2025-12-15", "gpt-4o-transcribe", "gpt-4o-transcribe-diarize",
)  # fmt: skip
MODELS = (
    "gpt-realtime-2.1", "gpt-realtime-2.1-mini", "gpt-realtime-2", "gpt-realtime-1.5", "gpt-realtime",
    "gpt-realtime-2025-08-28", "gpt-realtime-mini", "gpt-realtime-mini-2025-10-06", "gpt-realtime-mini-2025-12-15",
)  # fmt: skip
REASONING = ("gpt-realtime-2", "gpt-realtime-2.1", "gpt-realtime-2.1-mini")
"""Models that take `reasoning`."""

TURN_DETECTION = {
    "server_vad": {
        "type": "server_vad", "threshold": 0.5, "prefix_padding_ms": 300, "silence_duration_ms": 500,
        "idle_timeout_ms": None, "create_response": True, "interrupt_response": True,
    },
    "semantic_vad": {
        "type": "semantic_vad", "eagerness": "auto", "create_response": True, "interrupt_response": True,
    },
}  # fmt: skip
"""What a turn detection is that names only its type."""

FORMAT = tagged(
    "type",
    {
        "audio/pcm": record(("rate",), type=anything, rate=integer(24000, 24000)),
        "audio/pcmu": record(type=anything),
        "audio/pcma": record(type=anything),
    },
)
SERVER_VAD = {
    "threshold": decimal(0.0, 1.0),
    "prefix_padding_ms": integer(0, 5000),
    "silence_duration_ms": integer(0, 30000),
    "create_response": flag,
    "interrupt_response": flag,
}
_TURNS = nullable(
    tagged(
        "type",
        {
            "server_vad": record(type=anything, idle_timeout_ms=nullable(integer(5000, 30000)), **SERVER_VAD),
            "semantic_vad": record(
                type=anything,
                eagerness=one_of("low", "medium", "high", "auto"),
                create_response=flag,
                interrupt_response=flag,
            ),
        },
    )
)
FUNCTION = record(("name",), type=anything, name=text(64), description=text(), parameters=mapping(anything))
TOOL = tagged(
    "type",
    {
        "function": FUNCTION,
        "mcp": record(
            ("server_label",),
            type=anything, server_label=text(), server_url=text(), connector_id=text(), tunnel_id=text(),
            authorization=text(), headers=nullable(mapping(text())), allowed_tools=anything,
            require_approval=anything, server_description=text(), defer_loading=flag,
        ),
    },
)  # fmt: skip
TOOL_CHOICE = either(
    "a string or an object",
    one_of("none", "auto", "required"),
    tagged(
        "type",
        {
            "function": record(("name",), type=anything, name=text()),
            "mcp": record(("server_label",), type=anything, server_label=text(), name=nullable(text())),
        },
    ),
)
TOKENS = either("an integer or 'inf'", integer(1, 4096), one_of("inf"))
METADATA = nullable(mapping(text(512), 16))
PROMPT = nullable(record(("id",), id=text(), version=nullable(text()), variables=nullable(mapping(anything))))
VOICE = either("a string or an object", one_of(*VOICES), record(("id",), id=text()))
EFFORT = record(effort=one_of("none", "minimal", "low", "medium", "high", "xhigh"))
MODALITIES = array(one_of("text", "audio"), 2)

_SESSION = record(
    ("type",),
    type=one_of("realtime"),
    model=text(),
    output_modalities=MODALITIES,
    instructions=text(),
    max_output_tokens=TOKENS,
    tools=array(TOOL),
    tool_choice=TOOL_CHOICE,
    parallel_tool_calls=flag,
    reasoning=nullable(EFFORT),
    truncation=either(
        "a string or an object",
        one_of("auto", "disabled"),
        record(
            ("type", "retention_ratio"),
            type=one_of("retention_ratio"),
            retention_ratio=decimal(0.0, 1.0),
            token_limits=record(post_instructions=integer(0)),
        ),
    ),
    tracing=nullable(
        either(
            "a string or an object",
            one_of("auto"),
            record(workflow_name=text(), group_id=text(), metadata=mapping(anything)),
        )
    ),
    prompt=PROMPT,
    include=nullable(array(one_of("item.input_audio_transcription.logprobs"))),
    audio=record(
        input=record(
            format=FORMAT,
            noise_reduction=nullable(
                record(("type",), type=one_of("near_field", "far_field"), strength=anything)
            ),
            transcription=nullable(
                record(
                    model=one_of(*TRANSCRIBERS), language=text(), prompt=text(),
                    keywords=array(text()), languages=array(text()), delay=anything,
                )
            ),
            turn_detection=_TURNS,
        ),
        output=record(format=FORMAT, voice=VOICE, speed=decimal(0.25, 1.5)),
    ),
)  # fmt: skip


def defaults(model: str, session_id: str, expires_at: int) -> dict[str, Any]:
    """The session of `session.created`. Its silence of 200 ms is what the service shows, not what it documents."""
    pcm = {"type": "audio/pcm", "rate": 24000}
    return {
        "type": "realtime",
        "object": "realtime.session",
        "id": session_id,
        "model": model,
        "output_modalities": ["audio"],
        "instructions": "You are a helpful assistant.",
        "tools": [],
        "tool_choice": "auto",
        "max_output_tokens": "inf",
        "tracing": None,
        "truncation": "auto",
        "prompt": None,
        "expires_at": expires_at,
        "audio": {
            "input": {
                "format": pcm,
                "transcription": None,
                "noise_reduction": None,
                "turn_detection": {**TURN_DETECTION["server_vad"], "silence_duration_ms": 200},
            },
            "output": {"format": dict(pcm), "voice": "alloy", "speed": 1.0},
        },
        "include": None,
    }


def check(update: Any, session: dict[str, Any]) -> None:
    """Raises Refused for an update that the service would not take."""
    _SESSION(update, "session")
    modalities(update.get("output_modalities"), "session.output_modalities")
    if "reasoning" in update and session["model"] not in REASONING:
        raise Refused(
            "unsupported_parameter", f"'session.reasoning' is not supported by {session['model']}.", "session.reasoning"
        )


def modalities(value: Any, path: str) -> None:
    """The service speaks or writes, not both: audio has its transcript in any case."""
    if value is not None and sorted(value) not in (["audio"], ["text"]):
        raise Refused(
            "invalid_value",
            f"Invalid modalities: {value}. Supported combinations are: ['text'] and ['audio'].",
            path,
        )


def merged(session: dict[str, Any], update: dict[str, Any]) -> dict[str, Any]:
    """The session with what the update names; a turn detection, a format or a transcription is taken whole."""
    result = {**session, **{key: value for key, value in update.items() if key != "audio"}}
    audio = {side: dict(session["audio"][side]) for side in ("input", "output")}
    for side, fields in update.get("audio", {}).items():
        audio[side] |= fields
    if turns := audio["input"]["turn_detection"]:
        audio["input"]["turn_detection"] = {**TURN_DETECTION[turns["type"]], **turns}
    return {**result, "audio": audio}
