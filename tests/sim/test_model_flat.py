"""The flat sessions of Voice Live and of OpenAI's beta."""

from typing import Any

import pytest

from offhook.sim import model_flat as flat
from offhook.sim.model_checks import Refused

AZURE = flat.azure_defaults("gpt-realtime-2.1", "sess_1", 3600)
BETA = flat.beta_defaults("gpt-4o-realtime-preview", "sess_1", 3600)


@pytest.mark.parametrize(
    "fields",
    [
        {"voice": {"type": "azure-standard", "name": "en-US-Ava:DragonHDLatestNeural", "temperature": 0.8, "rate": "1.0"}},
        {"voice": {"type": "openai", "name": "marin"}},
        {"voice": {"type": "azure-custom", "name": "a", "endpoint_id": "b"}},
        {"input_audio_format": "g711_ulaw", "output_audio_format": "g711_ulaw", "input_audio_sampling_rate": 8000},
        {"input_audio_sampling_rate": 16000, "output_audio_format": "pcm16_8000hz"},
        {"turn_detection": {"type": "azure_semantic_vad", "remove_filler_words": True, "speech_duration_ms": 80}},
        {"turn_detection": {"type": "server_vad", "auto_truncate": True, "end_of_utterance_detection": {"model": "semantic_detection_v1"}}},
        {"input_audio_echo_cancellation": {"type": "server_echo_cancellation"}},
        {"input_audio_transcription": {"model": "azure-speech", "phrase_list": ["a"]}, "temperature": 0.7},
        {"input_audio_noise_reduction": {"type": "azure_deep_noise_suppression"}, "max_response_output_tokens": 1024},
        {"interim_response": {"type": "static_interim_response", "triggers": ["tool"], "texts": ["One moment."]}},
        {"output_audio_timestamp_types": ["word"], "reasoning_effort": "none", "metadata": {"a": "b"}},
    ],
)  # fmt: skip
def test_what_voice_live_takes(fields: dict[str, Any]) -> None:
    flat.check_azure(fields, AZURE)


@pytest.mark.parametrize(
    ("fields", "code", "param"),
    [
        ({"type": "realtime"}, "unknown_parameter", "session.type"),
        ({"audio": {}}, "unknown_parameter", "session.audio"),
        ({"max_output_tokens": 5}, "unknown_parameter", "session.max_output_tokens"),
        ({"modalities": ["audio"]}, "invalid_value", "session.modalities"),
        ({"output_audio_format": "pcm16-8000hz"}, "invalid_value", "session.output_audio_format"),
        ({"input_audio_format": "pcm16_8000hz"}, "invalid_value", "session.input_audio_format"),
        ({"input_audio_format": "g711_ulaw", "input_audio_sampling_rate": 24000}, "invalid_value", "session.input_audio_sampling_rate"),
        ({"voice": {"type": "azure-standard", "name": "a", "rate": 1.0}}, "invalid_type", "session.voice.rate"),
        ({"voice": {"type": "azure-custom", "name": "a"}}, "missing_required_parameter", "session.voice.endpoint_id"),
        ({"voice": "en-US-AvaNeural"}, "invalid_value", "session.voice"),
        ({"turn_detection": {"type": "azure_multilingual_semantic_vad"}}, "invalid_value", "session.turn_detection.type"),
        ({"turn_detection": {"type": "server_vad", "idle_timeout_ms": 6000}}, "unknown_parameter", "session.turn_detection.idle_timeout_ms"),
        ({"turn_detection": {"type": "azure_semantic_vad_en", "languages": []}}, "unknown_parameter", "session.turn_detection.languages"),
        ({"input_audio_transcription": {"model": "whisper-1", "phrase_list": []}}, "invalid_value", "session.input_audio_transcription.phrase_list"),
        ({"input_audio_echo_cancellation": {"type": "server_echo_cancellation", "channels": 2}}, "invalid_ec_channels_requires_client", "session.input_audio_echo_cancellation.channels"),
        ({"interim_response": {"type": "static-interim-response"}}, "invalid_value", "session.interim_response.type"),
    ],
)  # fmt: skip
def test_what_voice_live_refuses(fields: dict[str, Any], code: str, param: str) -> None:
    with pytest.raises(Refused) as caught:
        flat.check_azure(fields, AZURE)
    assert (caught.value.code, caught.value.param) == (code, param)


def test_what_the_beta_takes_and_refuses() -> None:
    flat.check_beta(
        {
            "modalities": ["text", "audio"], "voice": "alloy", "input_audio_format": "g711_ulaw",
            "input_audio_transcription": {"model": "whisper-1"}, "temperature": 0.8,
            "turn_detection": {"type": "server_vad", "silence_duration_ms": 500},
        },
        BETA,
    )  # fmt: skip
    for fields in ({"type": "realtime"}, {"output_modalities": ["text"]}, {"input_audio_sampling_rate": 8000}):
        with pytest.raises(Refused, match="Unknown parameter"):
            flat.check_beta(fields, BETA)
    with pytest.raises(Refused, match="Supported combinations"):
        flat.check_beta({"modalities": ["audio"]}, BETA)


def test_a_turn_detection_is_taken_whole_with_its_own_defaults() -> None:
    new = flat.merged(AZURE, {"turn_detection": {"type": "azure_semantic_vad", "threshold": 0.3}})
    turns = new["turn_detection"]
    assert (turns["threshold"], turns["prefix_padding_ms"], turns["speech_duration_ms"]) == (0.3, 420, 80)
    assert flat.merged(AZURE, {"turn_detection": {"type": "server_vad"}})["turn_detection"]["prefix_padding_ms"] == 400
    assert flat.merged(BETA, {"turn_detection": {"type": "server_vad"}})["turn_detection"]["prefix_padding_ms"] == 300
    assert flat.merged(AZURE, {"turn_detection": {"type": "semantic_vad"}})["turn_detection"]["eagerness"] == "auto"
    assert flat.merged(AZURE, {"turn_detection": None})["turn_detection"] is None


def test_a_format_brings_its_rate() -> None:
    telephone = flat.merged(AZURE, {"input_audio_format": "g711_ulaw"})
    assert telephone["input_audio_sampling_rate"] == 8000
    assert flat.merged(telephone, {"input_audio_format": "pcm16"})["input_audio_sampling_rate"] == 24000
    assert "input_audio_sampling_rate" not in flat.merged(BETA, {"input_audio_format": "g711_ulaw"})
