from offhook.agent.cascade.context import EARLIER, Context
from offhook.agent.conversation import Conversation
from offhook.speech.base import Message, ToolUse


def talk(*entries):
    conversation = Conversation()
    for number, (role, text) in enumerate(entries):
        conversation.begin(role, str(number), text)
    return conversation


def test_the_talk_is_told_as_it_was_heard_with_the_uses_that_have_results():
    conversation = talk(("assistant", "Hello."), ("user", "when"), ("assistant", " "))
    conversation.begin("use", "u1", '{"day": "today"}', "hours")
    conversation.begin("use", "u2", "", "menu")
    conversation.begin("output", "u1", "nine to five")
    assert Context(conversation, 1000).messages() == [
        Message("assistant", "Hello."),
        Message("user", "when"),
        Message("assistant", uses=(ToolUse("u1", "hours", '{"day": "today"}'),)),
        Message("tool", "nine to five", use="u1"),
    ]


def test_of_a_long_talk_the_newest_is_told_and_always_the_last():
    conversation = talk(*(("user", f"{number:03d}" + "x" * 97) for number in range(100)))
    told = Context(conversation, 500).messages()
    assert [message.text[:3] for message in told] == [f"{number:03d}" for number in range(80, 100)]
    assert len(Context(talk(("user", "x" * 10_000)), 500).messages()) == 1


def test_the_oldest_is_to_be_told_in_short_once_three_quarters_of_the_window_are_full():
    conversation = talk(*(("user", f"{number:03d}" + "x" * 97) for number in range(14)))
    context = Context(conversation, 500)
    assert context.too_long() is None
    for number in range(14, 20):
        conversation.begin("user", str(number), f"{number:03d}" + "x" * 97)
    found = context.too_long()
    assert found is not None
    upto, old = found
    assert upto.text.startswith("013") and len(old) == 14
    context.summary.upto, context.summary.text = upto, "They talked."
    told = context.messages()
    assert told[0] == Message("system", EARLIER.format("They talked."))
    assert [message.text[:3] for message in told[1:]] == [f"{number:03d}" for number in range(14, 20)]
    assert context.too_long() is None


def test_a_summary_of_an_entry_that_nobody_heard_after_all_stands_for_nothing():
    conversation = talk(("user", "a"), ("assistant", "b"))
    context = Context(conversation, 500)
    context.summary.upto, context.summary.text = conversation.said[1], "short"
    conversation.forget(conversation.said[1])
    assert [message.text for message in context.messages()] == [EARLIER.format("short"), "a"]
