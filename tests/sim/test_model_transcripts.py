"""Transcriptions of the caller, as they should be and as they should not."""

from typing import Any

import pytest

from offhook.sim.model_orders import Faults
from offhook.sim.model_wire import AZURE, GA, Dialect
from tests.sim.model_talk import Talk

STEM = "conversation.item.input_audio_transcription."


def listening(dialect: Dialect = GA, model: str = "gpt-transcribe", **faults: Any) -> Talk:
    talk = Talk(dialect, faults=Faults(**faults))
    talk.telephone()
    if dialect is GA:
        talk.update(audio={"input": {"transcription": {"model": model}}})
    else:
        talk.update(input_audio_transcription={"model": "azure-speech"})
    talk.words = "what are your opening hours"
    return talk


def completed(talk: Talk) -> list[dict[str, Any]]:
    return talk.of(STEM + "completed")


@pytest.mark.parametrize("dialect", [GA, AZURE], ids=["ga", "azure"])
def test_what_was_heard_comes_in_pieces_and_whole(dialect: Dialect) -> None:
    talk = listening(dialect)
    talk.turn()
    (whole,) = completed(talk)
    assert whole["transcript"] == "what are your opening hours" and whole["content_index"] == 0
    assert "".join(event["delta"] for event in talk.of(STEM + "delta")) == whole["transcript"]
    assert whole["item_id"] == talk.of("input_audio_buffer.committed")[0]["item_id"]
    (found,) = talk.send("conversation.item.retrieve", item_id=whole["item_id"])
    assert found["item"]["content"][0]["transcript"] == whole["transcript"]


def test_nobody_asked() -> None:
    talk = Talk()
    talk.telephone()
    talk.turn()
    assert not completed(talk)


@pytest.mark.parametrize(("model", "kind"), [("gpt-transcribe", "tokens"), ("whisper-1", "duration")])
def test_what_it_costs(model: str, kind: str) -> None:
    talk = listening(model=model)
    talk.turn()
    usage = completed(talk)[0]["usage"]
    assert usage["type"] == kind
    if kind == "duration":
        assert usage["seconds"] == pytest.approx(1.2, abs=0.4)
    else:
        assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]
        assert usage["input_tokens"] == pytest.approx(12, abs=4) and usage["output_tokens"] == 7


def test_nothing_understood_is_an_empty_transcript() -> None:
    talk = listening()
    talk.words = ""
    talk.turn()
    assert completed(talk)[0]["transcript"] == "" and not talk.of(STEM + "delta")


def test_late_twice_and_failed() -> None:
    late = listening(transcription_delay_ms=4000)
    late.turn()
    late.wait(3000)
    assert late.of("response.done") and not completed(late)
    late.wait(2000)
    assert len(completed(late)) == 1
    twice = listening(transcription_twice=True)
    twice.turn()
    assert len(completed(twice)) == 2
    failing = listening(transcription_fails=True)
    failing.turn()
    (failed,) = failing.of(STEM + "failed")
    assert failed["error"]["code"] == "audio_unintelligible" and not completed(failing)
