"""How a response is to be given, by the session and by what asks for it."""

from typing import Any

import pytest

from offhook.sim.model_checks import Refused
from offhook.sim.model_plans import plan
from offhook.sim.model_wire import AZURE, BETA, GA, Sound


def session(dialect, **fields: Any) -> dict[str, Any]:
    return dialect.merged(dialect.defaults("gpt-realtime-2.1", "sess_1", 0), fields)


def test_by_the_session() -> None:
    given = plan(GA, session(GA, instructions="Be brief.", max_output_tokens=100), {})
    assert (given.instructions, given.override, given.most_tokens) == ("Be brief.", "", 100)
    assert given.spoken and given.sound == Sound("pcm16", 24000) and given.in_conversation
    assert given.voice == "alloy" and given.modalities == ["audio"] and given.exact is None


def test_by_what_asks_for_it() -> None:
    output = {"format": {"type": "audio/pcmu"}, "voice": "marin"}
    wanted = {
        "instructions": "Greet.", "audio": {"output": output}, "conversation": "none", "metadata": {"a": "b"},
        "tools": [{"type": "function", "name": "a"}], "tool_choice": "required", "max_output_tokens": 5,
    }  # fmt: skip
    given = plan(GA, session(GA, instructions="Be brief."), wanted)
    assert (given.instructions, given.override) == ("Greet.", "Greet.")
    assert given.sound == Sound("mulaw", 8000) and given.voice == "marin" and given.format == {"type": "audio/pcmu"}
    assert not given.in_conversation and given.metadata == {"a": "b"} and given.most_tokens == 5
    assert given.tools[0]["name"] == "a" and given.tool_choice == "required"


def test_in_text() -> None:
    assert not plan(GA, session(GA), {"output_modalities": ["text"]}).spoken
    assert not plan(BETA, session(BETA), {"modalities": ["text"]}).spoken
    with pytest.raises(Refused, match="Invalid modalities"):
        plan(GA, session(GA), {"output_modalities": ["text", "audio"]})
    with pytest.raises(Refused, match="Invalid modalities"):
        plan(AZURE, session(AZURE), {"modalities": ["audio"]})


def test_the_flat_names() -> None:
    message = {"content": [{"type": "text", "text": "Hello,"}, {"type": "text", "text": "you."}]}
    fields = {"output_audio_format": "g711_alaw", "temperature": 0.7, "output_audio_timestamp_types": ["word"]}
    wanted = {"pre_generated_assistant_message": message, "max_output_tokens": 7}
    given = plan(AZURE, session(AZURE, **fields), wanted, "Be kind.")
    assert given.exact == "Hello, you." and given.override == "Be kind." and given.word_times
    assert given.sound == Sound("alaw", 8000) and given.format == "g711_alaw" and given.most_tokens == 7
    assert given.temperature == 0.7
    assert plan(BETA, session(BETA), {"max_response_output_tokens": 3, "temperature": 1.0}).most_tokens == 3
