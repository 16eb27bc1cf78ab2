"""The flat sessions: Azure Voice Live's, and that of OpenAI's beta, whose names Voice Live kept. Pure."""

from typing import Any

from offhook.sim.model_checks import (
    Check,
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
from offhook.sim.model_openai import (
    METADATA,
    MODALITIES,
    SERVER_VAD,
    TOKENS,
    TOOL,
    TOOL_CHOICE,
    TRANSCRIBERS,
    TURN_DETECTION,
    VOICES,
)

BETA_MODELS = (
    "gpt-4o-realtime-preview", "gpt-4o-realtime-preview-2024-12-17", "gpt-4o-realtime-preview-2025-06-03",
    "gpt-4o-mini-realtime-preview", "gpt-4o-mini-realtime-preview-2024-12-17",
)  # fmt: skip
AZURE_MODELS = (
    "gpt-realtime-2.1", "gpt-realtime-1.5", "gpt-realtime", "gpt-realtime-2.1-datazone", "gpt-realtime-1.5-datazone",
    "gpt-realtime-datazone", "gpt-4o", "gpt-4.1", "gpt-5", "gpt-5.1", "gpt-5.2", "gpt-5.4", "gpt-5.6-terra",
    "azure-realtime", "gpt-realtime-2.1-mini", "gpt-realtime-mini", "gpt-4o-mini", "gpt-4.1-mini", "gpt-5-mini",
    "gpt-5.6-luna", "gpt-4.1-nano", "gpt-5-nano", "phi4-mm-realtime",
)  # fmt: skip
AZURE_VERSIONS = (
    "2025-05-01-preview", "2025-10-01", "2026-01-01-preview", "2026-04-10", "2026-06-01-preview", "2026-07-15",
)  # fmt: skip

_INPUT = one_of("pcm16", "g711_ulaw", "g711_alaw")

# ------------------------------------------------------------ OpenAI's beta

_BETA_TURNS = nullable(
    tagged(
        "type",
        {
            "server_vad": record(type=anything, **SERVER_VAD),
            "semantic_vad": record(
                type=anything,
                eagerness=one_of("low", "medium", "high", "auto"),
                create_response=flag,
                interrupt_response=flag,
            ),
        },
    )
)
_BETA = record(
    model=text(),
    modalities=MODALITIES,
    instructions=text(),
    voice=one_of(*VOICES),
    input_audio_format=_INPUT,
    output_audio_format=_INPUT,
    input_audio_transcription=nullable(record(model=one_of(*TRANSCRIBERS), language=text(), prompt=text())),
    input_audio_noise_reduction=nullable(record(("type",), type=one_of("near_field", "far_field"))),
    turn_detection=_BETA_TURNS,
    tools=array(TOOL),
    tool_choice=TOOL_CHOICE,
    temperature=decimal(0.6, 1.2),
    max_response_output_tokens=TOKENS,
    speed=decimal(0.25, 1.5),
    tracing=nullable(anything),
)


def beta_defaults(model: str, session_id: str, expires_at: int) -> dict[str, Any]:
    """The session of the beta's `session.created`."""
    return {
        "object": "realtime.session",
        "id": session_id,
        "model": model,
        "expires_at": expires_at,
        "modalities": ["audio", "text"],
        "instructions": "You are a helpful assistant.",
        "voice": "alloy",
        "input_audio_format": "pcm16",
        "output_audio_format": "pcm16",
        "input_audio_transcription": None,
        "input_audio_noise_reduction": None,
        "turn_detection": _turns("server_vad", 300, 200),
        "tools": [],
        "tool_choice": "auto",
        "temperature": 0.8,
        "max_response_output_tokens": "inf",
        "speed": 1.0,
        "tracing": None,
    }


def check_beta(update: Any, session: dict[str, Any]) -> None:
    """Raises Refused for an update that the beta would not take."""
    _BETA(update, "session")
    modalities(update.get("modalities"), "session.modalities")


# ------------------------------------------------------------ Azure Voice Live

_UTTERANCE_END = nullable(
    record(
        ("model",),
        model=one_of(
            "semantic_detection_v1",
            "semantic_detection_v1_en",
            "semantic_detection_v1_multilingual",
            "smart_end_of_turn_detection",
        ),
        threshold_level=one_of("low", "medium", "high", "default"),
        timeout_ms=integer(0),
    )
)
_AZURE_VAD: dict[str, Check] = {
    **SERVER_VAD,
    "threshold": decimal(0.0, 1.0),
    "speech_duration_ms": integer(0),
    "auto_truncate": flag,
    "end_of_utterance_detection": _UTTERANCE_END,
}
_AZURE_SEMANTIC: dict[str, Check] = {
    **_AZURE_VAD,
    "remove_filler_words": flag,
    "languages": array(text()),
    "appended_text_after_truncation": text(),
}
_AZURE_TURNS = {
    "server_vad": _AZURE_VAD,
    "azure_semantic_vad": _AZURE_SEMANTIC,
    "azure_semantic_vad_en": {key: check for key, check in _AZURE_SEMANTIC.items() if key != "languages"},
    "azure_semantic_vad_multilingual": _AZURE_SEMANTIC,
    "semantic_vad": {
        "eagerness": one_of("low", "medium", "high", "auto"),
        "create_response": flag,
        "interrupt_response": flag,
        "auto_truncate": flag,
    },
}
_SPOKEN = {
    "temperature": decimal(0.0, 1.0), "custom_lexicon_url": text(), "custom_text_normalization_url": text(),
    "prefer_locales": array(text()), "locale": text(), "style": text(), "pitch": text(), "rate": text(),
    "volume": text(),
}  # fmt: skip
VOICE = either(
    "a string or an object",
    one_of(*VOICES),
    tagged(
        "type",
        {
            "openai": record(("name",), type=anything, name=one_of(*VOICES)),
            "azure-standard": record(("name",), type=anything, name=text(), **_SPOKEN),
            "azure-custom": record(("name", "endpoint_id"), type=anything, name=text(), endpoint_id=text(), **_SPOKEN),
            "azure-personal": record(("name", "model"), type=anything, name=text(), model=text(), **_SPOKEN),
            "azure-realtime-native": record(("name",), type=anything, name=text()),
            "avatar-voice-sync": record(("model",), type=anything, model=text(), **_SPOKEN),
        },
    ),
)
OUTPUT = one_of("pcm16", "pcm16_8000hz", "pcm16_16000hz", "g711_ulaw", "g711_alaw")
AZURE_TOKENS = either("an integer or 'inf'", integer(1), one_of("inf"))
EFFORT = one_of("none", "minimal", "low", "medium", "high", "xhigh")
INTERIM = nullable(
    tagged(
        "type",
        {
            "static_interim_response": record(
                type=anything, triggers=array(one_of("latency", "tool")), latency_threshold_ms=integer(0), texts=array(text())
            ),
            "llm_interim_response": record(
                type=anything, triggers=array(one_of("latency", "tool")), latency_threshold_ms=integer(0), model=text(),
                instructions=text(), max_completion_tokens=integer(1),
            ),
        },
    )
)  # fmt: skip
_AZURE = record(
    model=text(),
    modalities=MODALITIES,
    instructions=text(),
    voice=nullable(VOICE),
    input_audio_format=_INPUT,
    input_audio_sampling_rate=integer(),
    output_audio_format=OUTPUT,
    turn_detection=nullable(
        tagged("type", {kind: record(type=anything, **fields) for kind, fields in _AZURE_TURNS.items()})
    ),
    input_audio_noise_reduction=nullable(
        record(("type",), type=one_of("azure_deep_noise_suppression", "near_field", "far_field"))
    ),
    input_audio_echo_cancellation=nullable(
        record(
            ("type",),
            type=one_of("server_echo_cancellation"),
            reference_source=one_of("server", "client"),
            channels=integer(1, 2),
        )
    ),
    input_audio_transcription=nullable(
        record(
            ("model",),
            model=one_of("azure-speech", "mai-transcribe", "mai-transcribe-1", "mai-transcribe-2", *TRANSCRIBERS),
            language=text(), phrase_list=array(text()), custom_speech=mapping(text()), prompt=text(),
        )
    ),
    tools=array(TOOL),
    tool_choice=TOOL_CHOICE,
    parallel_tool_calls=flag,
    temperature=decimal(0.0, 1.2),
    max_response_output_tokens=AZURE_TOKENS,
    reasoning_effort=EFFORT,
    interim_response=INTERIM,
    output_audio_timestamp_types=array(one_of("word")),
    include=array(text()),
    metadata=METADATA,
    animation=anything,
    avatar=anything,
)  # fmt: skip
_RATES = {"pcm16": (8000, 16000, 24000), "g711_ulaw": (8000,), "g711_alaw": (8000,)}


def azure_defaults(model: str, session_id: str, expires_at: int) -> dict[str, Any]:
    """The session of Voice Live's `session.created`, as since 2026-07-15."""
    return {
        "id": session_id,
        "object": "realtime.session",
        "model": model,
        "expires_at": expires_at,
        "modalities": ["text", "audio"],
        "instructions": "",
        "voice": {"type": "azure-standard", "name": "en-US-AvaNeural"},
        "input_audio_format": "pcm16",
        "input_audio_sampling_rate": 24000,
        "output_audio_format": "pcm16",
        "turn_detection": {**_turns("server_vad", 400, 500), "auto_truncate": False},
        "tools": [],
        "tool_choice": "auto",
        "parallel_tool_calls": True,
        "temperature": 0.8,
        "max_response_output_tokens": "inf",
    }


def check_azure(update: Any, session: dict[str, Any]) -> None:
    """Raises Refused for an update that Voice Live would not take."""
    _AZURE(update, "session")
    modalities(update.get("modalities"), "session.modalities")
    heard = update.get("input_audio_transcription") or {}
    if heard.get("model") not in (None, "azure-speech"):
        for key in ("phrase_list", "custom_speech"):
            if key in heard:
                path = f"session.input_audio_transcription.{key}"
                raise Refused("invalid_value", f"'{path}' is supported by azure-speech only.", path)
    if "input_audio_sampling_rate" in update:
        rate = update["input_audio_sampling_rate"]
        encoding = update.get("input_audio_format", session["input_audio_format"])
        if rate not in _RATES[encoding]:
            path = "session.input_audio_sampling_rate"
            raise Refused("invalid_value", f"Invalid value: {rate} is no sampling rate of {encoding}.", path)
    echo = update.get("input_audio_echo_cancellation") or {}
    if echo.get("channels") == 2 and echo.get("reference_source") != "client":
        raise Refused(
            "invalid_ec_channels_requires_client",
            "Two channels need the echo reference of the client.",
            "session.input_audio_echo_cancellation.channels",
        )


# ------------------------------------------------------------ both


def modalities(value: Any, path: str) -> None:
    """Text alone, or both."""
    if value is not None and sorted(value) not in (["text"], ["audio", "text"]):
        raise Refused(
            "invalid_value",
            f"Invalid modalities: {value}. Supported combinations are: ['text'] and ['audio', 'text'].",
            path,
        )


def merged(session: dict[str, Any], update: dict[str, Any]) -> dict[str, Any]:
    """The session with what the update names; a telephone format brings its own rate."""
    result = {**session, **update}
    if "input_audio_format" in update and "input_audio_sampling_rate" in session:
        result["input_audio_sampling_rate"] = update.get(
            "input_audio_sampling_rate", 24000 if update["input_audio_format"] == "pcm16" else 8000
        )
    if turns := result["turn_detection"]:
        kind = turns["type"]
        if kind == "semantic_vad":
            known = TURN_DETECTION[kind]
        else:
            known = _turns(kind, 300 if "speed" in session else 400, 500)
            if kind != "server_vad":
                known |= {"prefix_padding_ms": 420, "speech_duration_ms": 80, "remove_filler_words": False}
        result["turn_detection"] = {**known, **turns}
    return result


def _turns(kind: str, prefix_ms: int, silence_ms: int) -> dict[str, Any]:
    return {
        "type": kind,
        "threshold": 0.5,
        "prefix_padding_ms": prefix_ms,
        "silence_duration_ms": silence_ms,
        "create_response": True,
        "interrupt_response": True,
    }
