import json

from offhook.agent.conversation import Conversation
from offhook.agent.realtime.wire import AZURE, GA


def texts(messages):
    return [
        (item.get("role", item["type"]), item["content"][0]["text"] if "content" in item else item["call_id"])
        for item in (json.loads(message)["item"] for message in messages)
    ]


def talk():
    conversation = Conversation()
    conversation.begin("user", "u1")
    conversation.words("a1", "We open ")
    conversation.words("a1", "at eight. ")
    conversation.caller("u1", "when do you open")
    conversation.begin("use", "c1", '{"x":1}', "look")
    conversation.begin("use", "c2", "{}", "look")
    conversation.begin("output", "c1", "42")
    conversation.begin("user", "u2")
    return conversation


def test_turns_stand_in_the_order_in_which_they_began_and_what_is_empty_is_left_out():
    assert texts(talk().replay(GA)) == [
        ("user", "when do you open"), ("assistant", "We open at eight."), ("function_call", "c1"),
        ("function_call_output", "c1"),
    ]  # fmt: skip


def test_a_use_without_its_result_waits():
    assert "c2" not in [name for _, name in texts(talk().replay(GA))]


def test_written_items_have_ids_of_ours_which_servers_take():
    first = [json.loads(message)["item"].get("id") for message in talk().replay(AZURE)]
    assert first[:2] == ["offhook1", "offhook2"]
    assert all(len(id) <= 32 for id in first if id)


def test_an_item_that_is_written_anew_stands_where_it_stood():
    conversation = talk()
    list(conversation.replay(GA))
    agent = conversation.agent("a1")
    agent.text = "We open"
    again = json.loads(conversation.write(GA, agent))
    assert again["previous_item_id"] == "offhook1"
    caller = json.loads(conversation.write(GA, conversation.said[0]))
    assert caller["previous_item_id"] == "root"
    assert agent.id != "offhook2"


def test_the_last_word_is_written_at_the_end():
    conversation = talk()
    assert "previous_item_id" not in json.loads(conversation.write(GA, conversation.begin("user", "u3", "bye")))


def test_what_nobody_heard_never_was():
    conversation = talk()
    conversation.forget(conversation.agent("a1"))
    assert conversation.agent("a1") is None
    assert [role for role, _ in texts(conversation.replay(GA))] == ["user", "function_call", "function_call_output"]
