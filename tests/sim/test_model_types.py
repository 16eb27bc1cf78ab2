"""The check of types itself, and that it is there."""

import pytest

from tests.sim.model_types import AZURE, OPENAI, unknown_to_azure, unknown_to_openai

CLEARED = {"type": "input_audio_buffer.cleared", "event_id": "event_1"}


@pytest.mark.skipif(not OPENAI, reason="OpenAI's package is not installed: events are not checked against its types")
def test_openais_types_are_strict() -> None:
    from pydantic import ValidationError

    assert unknown_to_openai(CLEARED) == set()
    assert unknown_to_openai({**CLEARED, "novel": 1}) == {"novel"}
    with pytest.raises((ValidationError, AssertionError)):
        unknown_to_openai({"type": "novelty", "event_id": "event_1"})


@pytest.mark.skipif(not AZURE, reason="Azure's package is not installed: events are not checked against its types")
def test_azures_types_are_strict() -> None:
    assert unknown_to_azure(CLEARED) == set()
    assert unknown_to_azure({**CLEARED, "novel": 1}) == {"novel"}
    assert unknown_to_azure({"type": "conversation.item.done", "event_id": "e"}) == {"type=conversation.item.done"}
    session = {"type": "session.updated", "event_id": "e", "session": {"voice": "alloy", "audio": {}}}
    assert unknown_to_azure(session) == {"session.audio"}
