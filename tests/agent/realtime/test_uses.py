import json

from offhook.agent.conversation import Conversation
from offhook.agent.realtime.uses import Uses
from offhook.agent.realtime.wire import ToolWanted


def kinds(messages):
    return [json.loads(message)["item"]["type"] for message in messages]


def test_a_session_that_asked_for_a_tool_is_told_its_result_alone():
    uses = Uses(Conversation())
    uses.begin(ToolWanted("r", "f", "c1", "look", "{}"))
    assert uses.pending == {"c1"}
    assert kinds(uses.end("c1", "found")) == ["function_call_output"]
    assert not uses.pending


def test_a_session_that_did_not_is_told_the_question_too():
    uses = Uses(Conversation())
    uses.begin(ToolWanted("r", "f", "c1", "look", "{}"))
    uses.renew()
    assert kinds(uses.end("c1", "found")) == ["function_call", "function_call_output"]


def test_another_leg_waits_for_the_same_results():
    conversation = Conversation()
    first = Uses(conversation)
    first.begin(ToolWanted("r", "f", "c1", "look", "{}"))
    second = Uses(conversation, first.pending)
    assert second.pending == {"c1"}
    assert kinds(second.end("c1", "found")) == ["function_call", "function_call_output"]
