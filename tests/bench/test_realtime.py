import json

import pytest

from offhook.bench import realtime
from offhook.core import events as e

DELTA = {"type": "response.output_audio.delta", "event_id": "e", "item_id": "item_1", "delta": "VVVV"}


def compact(message):
    return json.dumps(message, separators=(",", ":")).encode()


def test_a_delta_is_cut_out_without_parsing():
    assert realtime.delta(compact(DELTA)) == ("item_1", b"UUU")


@pytest.mark.parametrize("message", [{**DELTA, "type": "response.done"}, {"type": DELTA["type"], "delta": "VVVV"}])
def test_anything_else_is_none(message):
    assert realtime.delta(compact(message)) is None


def test_the_callers_audio_is_an_append_behind_room_for_a_header():
    message = realtime.append(b"UUU")
    assert message[:14] == bytes(14)
    assert json.loads(message[14:]) == {"type": "input_audio_buffer.append", "audio": "VVVV"}


@pytest.mark.parametrize(
    ("told", "fact"),
    [
        ({"type": "input_audio_buffer.speech_started"}, e.SpeechStarted()),
        ({"type": "input_audio_buffer.speech_stopped"}, e.SpeechStopped()),
        (
            {"type": "conversation.item.input_audio_transcription.completed", "transcript": "hello"},
            e.CallerTranscribed("hello"),
        ),
        ({"type": "response.output_audio_transcript.delta", "item_id": "i", "delta": " a"}, e.ItemText("i", " a")),
        ({"type": "rate_limits.updated"}, None),
    ],
)
def test_what_a_message_means_to_a_call(told, fact):
    assert realtime.event(told) == fact


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (
            e.Truncate("i", 120, "a"),
            {"type": "conversation.item.truncate", "item_id": "i", "content_index": 0, "audio_end_ms": 120},
        ),
        (e.Discard("i"), {"type": "conversation.item.delete", "item_id": "i"}),
        (e.Cancel(), {"type": "response.cancel"}),
        (e.Greet(), {"type": "response.create"}),
        (e.Clear(), None),
    ],
)
def test_a_command_in_the_models_words(command, told):
    assert realtime.message(command) == told
