"""Whatever a client sends, the stand-in model answers with what its dialect knows, and goes on."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sim.model_talk import DIALECTS, Talk
from tests.sim.test_model_requests import BAD, GOOD

SEEDS = [event for _, event in GOOD] + [event for _, event, *_ in BAD] + [
    {"type": "session.update", "session": {"type": "realtime", "tools": [{"type": "function", "name": "a", "parameters": {
        "properties": {"b": {"anyOf": [{"type": "string"}], "enum": ["c"]}}, "required": ["b"]}}]}},
    {"type": "session.update", "session": {"turn_detection": {"type": "server_vad", "threshold": 0.5}, "modalities": ["text"]}},
    {"type": "session.update", "session": {"type": "realtime", "audio": {"input": {"turn_detection": None, "format": {"type": "audio/pcmu"}}}}},
    {"type": "input_audio_buffer.append", "audio": "/////w=="},
    {"type": "input_audio_buffer.commit"},
    {"type": "conversation.item.delete", "item_id": "a"},
]  # fmt: skip
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["audio", "auto", "a"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def events(draw: st.DrawFn) -> Any:
    """A known event with one value in it replaced, removed or added."""
    event = json.loads(json.dumps(draw(st.sampled_from(SEEDS))))
    place = event
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        if not keys:
            return event
        key = draw(st.sampled_from(keys))
        if not isinstance(place[key], dict | list) or draw(st.booleans()):
            break
        place = place[key]
    match draw(st.sampled_from(("keep", "replace", "remove", "add"))):
        case "replace":
            place[key] = draw(VALUES)
        case "remove":
            del place[key]
        case "add" if isinstance(place, dict):
            place[draw(st.text(max_size=8))] = draw(VALUES)
    return event


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
@given(sent=st.lists(events(), min_size=1, max_size=4))
@settings(max_examples=100, deadline=None)
def test_events_that_are_almost_right(dialect: Any, sent: list[Any]) -> None:
    talk = Talk(dialect)
    for event in sent:
        talk.message(json.dumps(event))
        talk.wait(500)
    talk.send("input_audio_buffer.clear")
    assert talk.got[-1]["type"] == "input_audio_buffer.cleared"


@pytest.mark.parametrize(
    "message",
    [
        "[" * 200_000,
        '{"type": "session.update", "session": ' + '{"a":' * 50_000,
        '{"type": NaN}',
        '"\\ud800"',
        "null",
        "",
    ],
    ids=["arrays", "objects", "nan", "surrogate", "null", "empty"],
)
def test_messages_that_are_no_events(message: str) -> None:
    talk = Talk()
    (error,) = talk.message(message)
    assert error["type"] == "error"


def test_half_a_character_is_written_all_the_same() -> None:
    talk = Talk()
    talk.send("response.create", response={"output_modalities": ["text"], "instructions": "Say exactly: a\ud800b"})
    talk.wait(1000)
    assert talk.said() == ["a\ud800b"]
