"""The input buffer: what the server finds in it, and what a commit takes."""

from typing import Any

import pytest

from offhook.sim.model_turns import InputBuffer, Started, Stopped
from offhook.sim.model_wire import Sound
from tests.sim.model_talk import QUIET, voice

MULAW = Sound("mulaw", 8000)


def noticed(buffer: InputBuffer, audio: bytes) -> list[Started | Stopped]:
    return [each for at in range(0, len(audio), 160) for each in buffer.append(audio[at : at + 160])]


def vad(**fields: Any) -> dict[str, Any]:
    return {"type": "server_vad", "threshold": 0.5, "prefix_padding_ms": 300, "silence_duration_ms": 500, **fields}


def test_speech_begins_with_its_padding_and_ends_with_its_silence() -> None:
    buffer = InputBuffer(MULAW, vad())
    started, stopped = noticed(buffer, QUIET * 8 * 1000 + voice(600) + QUIET * 8 * 1000)
    assert started.at_ms == pytest.approx(700, abs=70)
    assert stopped.at_ms == pytest.approx(1600 + 500, abs=130)
    assert buffer.appended_ms == 2600


@pytest.mark.parametrize(
    ("turns", "waits_ms"),
    [
        (vad(silence_duration_ms=200), 200),
        (vad(silence_duration_ms=900), 900),
        ({"type": "semantic_vad", "eagerness": "high"}, 500),
        ({"type": "semantic_vad", "eagerness": "auto"}, 1000),
        ({"type": "semantic_vad", "eagerness": "low"}, 2000),
    ],
)
def test_how_long_a_silence_must_be(turns: dict[str, Any], waits_ms: int) -> None:
    buffer = InputBuffer(MULAW, turns)
    _, stopped = noticed(buffer, QUIET * 8 * 500 + voice(600) + QUIET * 8 * 3000)
    assert stopped.at_ms == pytest.approx(1100 + waits_ms, abs=130)


def test_a_commit_takes_the_speech_and_what_is_around_it() -> None:
    buffer = InputBuffer(MULAW, vad())
    speech = voice(600)
    for at in range(0, 8 * 2000, 160):
        buffer.append(QUIET * 160)
        assert at < 8 * 1000 or buffer.kept_ms <= 820, "silence is not kept"
    noticed(buffer, speech)
    taken = buffer.commit()
    assert taken.endswith(speech) and 280 <= (len(taken) - len(speech)) / 8 <= 400
    assert buffer.kept_ms == 0


def test_everything_is_kept_without_turn_detection() -> None:
    buffer = InputBuffer(MULAW, None)
    assert noticed(buffer, voice(2000) + QUIET * 8 * 2000) == []
    assert buffer.kept_ms == 4000
    buffer.clear()
    assert buffer.kept_ms == 0 and buffer.appended_ms == 4000


def test_speech_must_last_as_long_as_azure_is_told() -> None:
    short = QUIET * 8 * 500 + voice(200) + QUIET * 8 * 500
    assert noticed(InputBuffer(MULAW, vad(speech_duration_ms=80)), short)
    assert not noticed(InputBuffer(MULAW, vad(speech_duration_ms=600)), short)


def test_a_turn_that_the_client_ended_counts_as_not_begun() -> None:
    buffer = InputBuffer(MULAW, vad())
    noticed(buffer, voice(600))
    assert buffer.speaking
    buffer.commit()
    buffer.fresh()
    assert not buffer.speaking
    assert noticed(buffer, QUIET * 8 * 1000) == []


def test_another_format_drops_what_was_kept_and_another_detection_does_not() -> None:
    buffer = InputBuffer(MULAW, None)
    buffer.append(QUIET * 800)
    buffer.configure(MULAW, vad())
    assert buffer.kept_ms == 100
    buffer.configure(Sound("pcm16", 24000), vad())
    assert buffer.kept_ms == 0
    buffer.append(bytes(4800))
    assert buffer.kept_ms == 100 and buffer.appended_ms == 200


def test_what_follows_from_speech_can_be_changed_in_the_middle_of_it() -> None:
    buffer = InputBuffer(MULAW, vad())
    noticed(buffer, voice(600))
    buffer.configure(MULAW, vad(create_response=False, interrupt_response=False))
    assert buffer.speaking
    assert len(noticed(buffer, QUIET * 8 * 1000)) == 1
    noticed(buffer, voice(600))
    buffer.configure(MULAW, vad(threshold=0.6))
    assert not buffer.speaking
