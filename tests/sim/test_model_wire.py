"""The dialects: names, shapes, and what a session says."""

import pytest

from offhook.sim.model_wire import AZURE, BETA, GA, Sound


def session(dialect, **fields):
    return dialect.merged(dialect.defaults("m", "sess_1", 0), fields)


@pytest.mark.parametrize(
    ("general", "flat"),
    [
        ("response.output_audio.delta", "response.audio.delta"),
        ("response.output_audio_transcript.done", "response.audio_transcript.done"),
        ("response.output_text.delta", "response.text.delta"),
        ("conversation.item.added", "conversation.item.created"),
        ("conversation.item.done", None),
        ("input_audio_buffer.timeout_triggered", None),
        ("response.output_item.added", "response.output_item.added"),
        ("response.done", "response.done"),
    ],
)
def test_names_of_events(general: str, flat: str | None) -> None:
    assert GA.event(general) == general
    assert BETA.event(general) == AZURE.event(general) == flat


def test_voice_live_tells_no_rate_limits() -> None:
    assert AZURE.event("rate_limits.updated") is None and BETA.event("rate_limits.updated")


def test_how_audio_is_coded() -> None:
    pcmu = session(GA, audio={"input": {"format": {"type": "audio/pcmu"}}})
    assert GA.side(pcmu, "input") == Sound("mulaw", 8000) and GA.side(pcmu, "output") == Sound("pcm16", 24000)
    alaw = session(GA, audio={"output": {"format": {"type": "audio/pcma"}}})
    assert GA.side(alaw, "output") == Sound("alaw", 8000)
    wide = session(AZURE, input_audio_sampling_rate=16000, output_audio_format="pcm16_8000hz")
    assert AZURE.side(wide, "input") == Sound("pcm16", 16000) and AZURE.side(wide, "output") == Sound("pcm16", 8000)
    assert BETA.side(session(BETA, input_audio_format="g711_alaw"), "input") == Sound("alaw", 8000)
    assert [Sound("pcm16", 24000).bytes_per_ms, Sound("mulaw", 8000).bytes_per_ms] == [48, 8]


def test_what_a_session_says() -> None:
    for dialect in (GA, BETA, AZURE):
        fresh = session(dialect)
        assert dialect.spoken(fresh) and dialect.transcribes(fresh) is None
        assert dialect.most_tokens(fresh) == "inf" and dialect.speed(fresh) == 1.0
        turns = dialect.turns(fresh)
        assert turns is not None and turns["type"] == "server_vad"
    assert not GA.spoken(session(GA, output_modalities=["text"]))
    assert not AZURE.spoken(session(AZURE, modalities=["text"]))
    assert GA.transcribes(session(GA, audio={"input": {"transcription": {"model": "whisper-1"}}})) == "whisper-1"


@pytest.mark.parametrize(("rate", "speed"), [("1.25", 1.25), ("9", 1.5), ("+10.00%", 1.0), (None, 1.0)])
def test_the_speed_of_azures_voices(rate: str | None, speed: float) -> None:
    voice = {"type": "azure-standard", "name": "a"} | ({"rate": rate} if rate else {})
    assert AZURE.speed(session(AZURE, voice=voice)) == speed


def test_an_assistants_words_have_other_names() -> None:
    item = {"role": "assistant", "content": [{"type": "output_audio", "transcript": "Hi."}]}
    assert GA.item(item) == item
    assert AZURE.item(item)["content"] == [{"type": "audio", "transcript": "Hi."}]
    user = {"role": "user", "content": [{"type": "input_audio"}]}
    assert AZURE.item(user) == user


def test_where_a_response_says_how_it_is_given() -> None:
    how = {
        "modalities": ["audio"],
        "voice": "marin",
        "coding": {"type": "audio/pcmu"},
        "most_tokens": 5,
        "temperature": 1,
    }
    told = GA.response({"output": [], "usage": None}, **how)
    assert told["audio"] == {"output": {"format": {"type": "audio/pcmu"}, "voice": "marin"}}
    assert told["output_modalities"] == ["audio"] and "temperature" not in told
    flat = AZURE.response({"output": [], "usage": None}, **{**how, "coding": "g711_ulaw"})
    assert (flat["output_audio_format"], flat["voice"], flat["modalities"]) == ("g711_ulaw", "marin", ["audio"])
