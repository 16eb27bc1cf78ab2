"""Items in their order. What the session makes of them is in test_model.py."""

import base64

import pytest

from offhook.sim.model_checks import Refused
from offhook.sim.model_items import Conversation, Item, decoded, made_by_client
from offhook.sim.model_wire import Sound

MULAW = Sound("mulaw", 8000)


def message(item_id: str, role: str = "user") -> Item:
    return Item({"id": item_id, "type": "message", "role": role, "content": []})


def test_where_items_go() -> None:
    conversation = Conversation("conv_1")
    for item_id, after in (("b", None), ("d", None), ("a", "root"), ("c", "b")):
        conversation.insert(message(item_id), after)
    assert [item.id for item in conversation.items] == ["a", "b", "c", "d"]
    assert conversation.last_id == "d" and conversation.before(conversation.items[1]) == "a"
    conversation.delete("d")
    assert conversation.last_id == "c"


@pytest.mark.parametrize(
    ("item", "after", "code"),
    [
        (message("a"), None, "item_create_duplicate_id"),
        (message("b"), "z", "item_create_invalid_previous_item_id"),
        (Item({"id": "b", "type": "function_call_output", "call_id": "call_1"}), None, "invalid_tool_call_id"),
    ],
)
def test_what_does_not_go_in(item: Item, after: str | None, code: str) -> None:
    conversation = Conversation("conv_1")
    conversation.insert(message("a"), None)
    with pytest.raises(Refused) as caught:
        conversation.insert(item, after)
    assert caught.value.code == code
    assert len(conversation.items) == 1


def test_a_tools_result_needs_its_call() -> None:
    conversation = Conversation("conv_1")
    conversation.insert(Item({"id": "a", "type": "function_call", "call_id": "call_1"}), None)
    conversation.insert(Item({"id": "b", "type": "function_call_output", "call_id": "call_1"}), None)
    assert conversation.last_id == "b"


def test_cutting_forgets_the_words_and_cutting_nothing_does_not() -> None:
    conversation = Conversation("conv_1")
    item = message("a", "assistant")
    item.sound, item.audio, item.text = MULAW, bytearray(800), "Hello."
    item.shape["content"] = [{"type": "output_audio", "transcript": "Hello."}]
    conversation.insert(item, None)
    conversation.truncate("a", 0, 100, once=True)
    assert item.text == "Hello." and item.truncated
    conversation.truncate("a", 0, 40, once=False)
    assert item.text == "" and item.audio_ms == 40 and item.shape["content"] == [{"type": "output_audio"}]
    for index, end_ms, once, code in (
        (1, 0, False, "invalid_value"),
        (0, 41, False, "invalid_value"),
        (0, 0, True, "item_already_truncated"),
    ):
        with pytest.raises(Refused) as caught:
            conversation.truncate("a", index, end_ms, once=once)
        assert caught.value.code == code


def test_what_a_client_makes() -> None:
    audio = base64.b64encode(b"\xff" * 80).decode()
    content = [{"type": "input_text", "text": "Well,"}, {"type": "input_audio", "audio": audio, "transcript": "hello"}]
    item = made_by_client({"type": "message", "role": "user", "content": content}, "item_1", MULAW)
    assert (item.id, item.text, item.audio_ms) == ("item_1", "Well, hello", 10)
    assert item.shape["status"] == "completed" and "audio" not in item.shape["content"][1]
    assert item.whole()["content"][1]["audio"] == audio
    assert item.is_message("user") and not item.is_message("assistant")
    silent = made_by_client(
        {"type": "message", "role": "user", "content": [{**content[1], "transcript": None}]}, "x", MULAW
    )
    assert silent.text is None, "it must be listened to"
    told = made_by_client(
        {"type": "message", "role": "assistant", "content": [{"type": "text", "text": "Hi."}]}, "x", MULAW
    )
    assert told.shape["content"] == [{"type": "output_text", "text": "Hi."}]


def test_audio_that_is_none() -> None:
    with pytest.raises(Refused, match=r"Invalid 'item\.content\[0\]\.audio'"):
        made_by_client(
            {"type": "message", "role": "user", "content": [{"type": "input_audio", "audio": "?"}]}, "x", MULAW
        )
    assert decoded("AAA=", "audio") == b"\0\0"
