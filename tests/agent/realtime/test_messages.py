"""What we send on a realtime session, whole, for each shape of server."""

import json
from pathlib import Path

import pytest

from offhook import Agent, ConfigError, tool
from offhook.agent.options import AzureSemanticVad, OwnTurns, Realtime, SemanticVad, ServerVad, Transcription
from offhook.agent.realtime import messages as say
from offhook.agent.realtime.wire import AZURE, BETA, GA

ROOT = Path(__file__).parents[3]
SAMPLES = next(
    (path for up in ROOT.parents[:2] if (path := up / "shared" / "protocols" / "samples").is_dir()),
    ROOT.parent / "shared" / "protocols" / "samples",
)


@tool
def transfer_call(department: str) -> str:
    """Transfer the caller to a person."""
    return department


TOOL = {
    "type": "function", "name": "transfer_call", "description": "Transfer the caller to a person.",
    "parameters": {
        "type": "object", "properties": {"department": {"type": "string"}}, "required": ["department"],
        "additionalProperties": False,
    },
}  # fmt: skip


def session(dialect, realtime=None, *, model="gpt-live-transcribe", voice=None, interrupts=True, **agent):
    who = Agent(tools=[transfer_call], can_hang_up=False, realtime=realtime or Realtime(), **agent)
    shape = say.Shape(who, dialect, model, voice)
    told = json.loads(say.session_update(shape, "Be brief.", say.Conduct(interrupts)))
    assert told["type"] == "session.update"
    return told["session"]


def test_a_ga_session_is_nested_and_says_every_default():
    form = {"type": "audio/pcmu"}
    assert session(GA, voice="marin") == {
        "type": "realtime",
        "output_modalities": ["audio"],
        "instructions": "Be brief.",
        "audio": {
            "input": {
                "format": form,
                "noise_reduction": None,
                "transcription": {"model": "gpt-live-transcribe", "language": "en"},
                "turn_detection": {
                    "type": "server_vad", "threshold": 0.5, "prefix_padding_ms": 300, "silence_duration_ms": 700,
                    "idle_timeout_ms": None, "create_response": True, "interrupt_response": True,
                },
            },
            "output": {"format": form, "voice": "marin"},
        },
        "tools": [TOOL],
        "tool_choice": "auto",
        "max_output_tokens": "inf",
    }  # fmt: skip


def test_a_ga_session_has_no_temperature_and_pcm_has_a_rate():
    told = session(
        GA, Realtime(audio="pcm16", temperature=0.8, speed=1.1, max_output_tokens=500, reasoning_effort="low"),
        voice="marin",
    )  # fmt: skip
    assert "temperature" not in json.dumps(told)
    assert told["audio"]["input"]["format"] == told["audio"]["output"]["format"] == {"type": "audio/pcm", "rate": 24000}
    assert (told["audio"]["output"]["speed"], told["max_output_tokens"]) == (1.1, 500)
    assert told["reasoning"] == {"effort": "low"}


def test_a_beta_session_is_flat_and_has_a_temperature():
    told = session(BETA, Realtime(temperature=0.8), model="whisper-1", voice="alloy")
    assert told == {
        "modalities": ["text", "audio"],
        "instructions": "Be brief.",
        "voice": "alloy",
        "input_audio_format": "g711_ulaw",
        "output_audio_format": "g711_ulaw",
        "input_audio_noise_reduction": None,
        "input_audio_transcription": {"model": "whisper-1", "language": "en"},
        "turn_detection": {
            "type": "server_vad", "threshold": 0.5, "prefix_padding_ms": 300, "silence_duration_ms": 700,
            "create_response": True, "interrupt_response": True,
        },
        "tools": [TOOL],
        "tool_choice": "auto",
        "temperature": 0.8,
        "max_response_output_tokens": "inf",
    }  # fmt: skip


def test_an_azure_session_never_truncates_by_itself():
    told = session(AZURE, Realtime(), model="azure-speech", voice="en-US-AvaNeural", language="nl-NL", silence_ms=500)
    assert told == {
        "modalities": ["text", "audio"],
        "instructions": "Be brief.",
        "voice": {"type": "azure-standard", "name": "en-US-AvaNeural"},
        "input_audio_format": "g711_ulaw",
        "input_audio_sampling_rate": 8000,
        "output_audio_format": "g711_ulaw",
        "input_audio_noise_reduction": None,
        "input_audio_transcription": {"model": "azure-speech", "language": "nl-NL"},
        "output_audio_timestamp_types": ["word"],
        "turn_detection": {
            "type": "azure_semantic_vad", "threshold": 0.5, "prefix_padding_ms": 300, "speech_duration_ms": 80,
            "silence_duration_ms": 500, "remove_filler_words": False, "create_response": True,
            "interrupt_response": True, "auto_truncate": False,
        },
        "tools": [TOOL],
        "tool_choice": "auto",
        "max_response_output_tokens": "inf",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("agent_voice", "realtime", "voice"),
    [
        ("marin", {}, {"type": "openai", "name": "marin"}),
        ("nl-NL-MaartenNeural", {"speed": 1.2}, {"type": "azure-standard", "name": "nl-NL-MaartenNeural", "rate": "1.2"}),
        ("marin", {"voice": {"type": "azure-custom", "name": "x"}}, {"type": "azure-custom", "name": "x"}),
    ],
)  # fmt: skip
def test_azure_voices_are_objects(agent_voice, realtime, voice):
    assert session(AZURE, Realtime(**realtime), voice=None, greeting="")["modalities"]
    shape = say.Shape(Agent(voice=agent_voice, realtime=Realtime(**realtime)), AZURE, "azure-speech")
    assert json.loads(say.session_update(shape, ""))["session"]["voice"] == voice


@pytest.mark.parametrize(
    ("dialect", "voice", "options", "asked"),
    [
        (AZURE, "en-US-AvaNeural", {}, True), (AZURE, "marin", {}, False), (AZURE, None, {}, False),
        (AZURE, None, {"voice": {"type": "azure-custom", "name": "x"}}, True), (AZURE, "marin", {"word_times": True}, True),
        (AZURE, "en-US-AvaNeural", {"word_times": False}, False), (BETA, "a-b", {"word_times": True}, False),
    ],
)  # fmt: skip
def test_word_times_are_asked_for_where_there_are_any(dialect, voice, options, asked):
    assert ("output_audio_timestamp_types" in session(dialect, Realtime(**options), voice=voice)) is asked


def test_echo_is_cancelled_by_azure_only_if_it_is_asked_to():
    told = session(AZURE, Realtime(echo_cancellation=True))
    assert told["input_audio_echo_cancellation"] == {"type": "server_echo_cancellation"}
    assert "input_audio_echo_cancellation" not in session(BETA, Realtime(echo_cancellation=True))


def test_azure_fills_the_silence_itself_if_it_is_told_to():
    filler = {"type": "static_interim_response", "triggers": ["tool"], "texts": ["One moment."]}
    assert session(AZURE, Realtime(interim_response=filler))["interim_response"] == filler
    assert "interim_response" not in session(BETA, Realtime(interim_response=filler))


def test_every_way_to_end_a_turn():
    def turns(dialect, way, **agent):
        return say.turn_detection(
            say.Shape(Agent(realtime=Realtime(turns=way), **agent), dialect, "m"), say.Conduct(interrupts=False)
        )

    assert turns(GA, OwnTurns()) is None
    assert turns(GA, SemanticVad("low")) == {
        "type": "semantic_vad", "eagerness": "low", "create_response": True, "interrupt_response": False,
    }  # fmt: skip
    assert turns(GA, ServerVad(silence_ms=200, idle_ms=6000))["idle_timeout_ms"] == 6000
    assert turns(AZURE, ServerVad())["speech_duration_ms"] == 200
    assert "idle_timeout_ms" not in turns(AZURE, ServerVad())
    told = turns(AZURE, AzureSemanticVad(multilingual=True, languages=["nl", "en"], end_of_utterance={"model": "s"}))
    assert (told["type"], told["languages"]) == ("azure_semantic_vad_multilingual", ["nl", "en"])
    assert told["end_of_utterance_detection"] == {"model": "s"}
    with pytest.raises(ConfigError, match="Azure Voice Live only"):
        turns(GA, AzureSemanticVad())


def test_turn_detection_alone_keeps_everything_else():
    for dialect in (GA, AZURE):
        told = json.loads(say.turn_detection_update(say.Shape(Agent(), dialect, "m"), say.Conduct()))["session"]
        turns = told["audio"]["input"] if dialect is GA else told
        assert turns["turn_detection"]["interrupt_response"] is True
        assert set(told) == ({"type", "audio"} if dialect is GA else {"turn_detection"})


def test_transcription_may_be_left_out_or_told_more():
    assert session(GA, Realtime(transcription=None))["audio"]["input"]["transcription"] is None
    told = session(
        AZURE, Realtime(transcription=Transcription(phrases=["Blue Door"], prompt="café")), model="azure-speech"
    )
    assert told["input_audio_transcription"]["phrase_list"] == ["Blue Door"]


@pytest.mark.parametrize(
    ("built", "expected"),
    [
        (say.message(GA, "user", "Hi"), {"type": "conversation.item.create", "item": {
            "type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]}}),
        (say.message(GA, "assistant", "Hi", id="own1", after="root"), {
            "type": "conversation.item.create", "previous_item_id": "root", "item": {
                "id": "own1", "type": "message", "role": "assistant",
                "content": [{"type": "output_text", "text": "Hi"}]}}),
        (say.message(AZURE, "assistant", "Hi"), {"type": "conversation.item.create", "item": {
            "type": "message", "role": "assistant", "content": [{"type": "text", "text": "Hi"}]}}),
        (say.function_output("c", "42"), {"type": "conversation.item.create", "item": {
            "type": "function_call_output", "call_id": "c", "output": "42"}}),
        (say.function_call("c", "look", "{}"), {"type": "conversation.item.create", "item": {
            "type": "function_call", "call_id": "c", "name": "look", "arguments": "{}"}}),
        (say.truncate("a", 1480), {"type": "conversation.item.truncate", "item_id": "a", "content_index": 0,
                                   "audio_end_ms": 1480}),
        (say.delete("a"), {"type": "conversation.item.delete", "item_id": "a"}),
        (say.commit(), {"type": "input_audio_buffer.commit"}),
        (say.clear(), {"type": "input_audio_buffer.clear"}),
        (say.create({}), {"type": "response.create"}),
        (say.create(say.instructed("Greet."), "c1"), {
            "type": "response.create", "event_id": "c1", "response": {"instructions": "Greet."}}),
        (say.cancel(), {"type": "response.cancel"}),
        (say.create(say.exactly("Hello, how can I help?")), {"type": "response.create", "response": {
            "pre_generated_assistant_message": {"type": "message", "role": "assistant",
                                                "content": [{"type": "text", "text": "Hello, how can I help?"}]}}}),
    ],
)  # fmt: skip
def test_what_we_send_is_what_the_server_reads(built, expected):
    assert json.loads(built) == expected


@pytest.mark.parametrize(
    ("sample", "built"),
    [
        ("openai-client-conversation.item.truncate", say.truncate("item_a1", 1480)),
        ("openai-client-conversation.item.delete", say.delete("item_a1")),
        ("azure-client-response.cancel", say.cancel()),
        ("openai-client-response.create", say.create({})),
        ("openai-client-conversation.item.create-user-text", say.message(GA, "user", "Hello")),
        ("openai-client-conversation.item.create-system", say.message(GA, "system", "The caller pressed 1.")),
        ("azure-client-response.create-greeting", say.create(say.exactly("Hello, how can I help?"))),
        ("azure-client-conversation.item.create-function-output", say.function_output("call_1", '{"ok":true}')),
    ],
)
def test_it_is_the_sample_of_the_documentation(sample, built):
    path = SAMPLES / f"{sample}.json"
    if not path.is_file():
        pytest.skip(f"the sample messages are not in {SAMPLES}")
    assert json.loads(built) == json.loads(path.read_bytes())


@pytest.mark.parametrize(
    ("sample", "dialect"), [("openai-client-session.update", GA), ("azure-client-session.update", AZURE)]
)
def test_no_key_of_a_session_is_unknown_to_the_sample_or_the_reference(sample, dialect):
    path = SAMPLES / f"{sample}.json"
    if not path.is_file():
        pytest.skip(f"the sample messages are not in {SAMPLES}")
    known = set(json.loads(path.read_bytes())["session"])
    ours = set(session(dialect, Realtime(temperature=0.7, max_output_tokens=1024), voice="en-US-AvaNeural"))
    assert ours <= known | {"input_audio_sampling_rate", "output_audio_timestamp_types"}
