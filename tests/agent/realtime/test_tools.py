"""Tools of a realtime agent, in whole calls: all answered, one more answer asked for, when it may be."""

from offhook import tool
from offhook.core import events as e
from tests.agent.realtime.model import visit


@tool
async def look(what: str = "") -> str:
    """Looks something up."""
    return f"found {what}"


def test_several_tools_of_one_answer_are_all_answered_before_one_more_answer_is_asked_for():
    async def scenario(visit):
        visit.model.call_tool("c1", "c2", arguments='{"what":"tea"}')
        await visit.ms(50)
        sent = visit.model.peer.sent[1:]
        assert [body["type"] for body in sent] == ["conversation.item.create"] * 2 + ["response.create"]
        assert {body["item"]["call_id"]: body["item"]["output"] for body in sent[:2]} == {
            "c1": "found tea", "c2": "found tea",
        }  # fmt: skip
        visit.model.answer(500, "Found it.", "r2", "a2")
        await visit.ms(600)
        assert len(visit.told("response.create")) == 1
        assert visit.turns() == [("agent", "Found it.", "")]

    visit(scenario, tools=[look])


def test_a_tool_whose_answer_is_not_over_waits_for_its_end_before_it_asks_for_the_next():
    async def scenario(visit):
        model = visit.model
        model.begin("r1", "a1")
        model.audio(300)
        item = {"id": "f1", "type": "function_call", "status": "completed", "call_id": "c1", "name": "look",
                "arguments": "{}"}  # fmt: skip
        model.peer.say("response.output_item.done", response_id="r1", item=item)
        await visit.ms(50)
        assert len(visit.told("conversation.item.create")) == 1
        assert visit.told("response.create") == []
        model.item_done()
        model.done()
        assert len(visit.told("response.create")) == 1

    visit(scenario, tools=[look])


def test_a_tool_result_while_the_caller_speaks_is_taken_in_by_the_servers_own_answer():
    async def scenario(visit):
        model = visit.model
        model.call_tool("c1")
        model.caller_begins()
        await visit.ms(50)
        assert len(visit.told("conversation.item.create")) == 1
        model.caller_stops()
        model.answer(100, "Both.", "r2", "a2")
        await visit.ms(6000)
        assert visit.told("response.create") == []

    visit(scenario, tools=[look])


def test_a_caller_who_stops_without_having_said_anything_does_not_swallow_a_tools_answer():
    async def scenario(visit):
        model = visit.model
        model.call_tool("c1")
        model.caller_begins()
        await visit.ms(50)
        model.peer.say("input_audio_buffer.speech_stopped", item_id="u1")  # and no commit
        await visit.ms(3500)
        assert len(visit.told("response.create")) == 1

    visit(scenario, tools=[look])


def test_an_answer_that_cannot_be_asked_for_now_is_asked_for_when_the_other_is_over():
    async def scenario(visit):
        model = visit.model
        model.call_tool("c1")
        await visit.ms(20)
        (asked,) = visit.told("response.create")
        model.error("conversation_already_has_active_response", asked["event_id"])
        model.begin("r2", "a2")  # the server's own, which was faster
        model.audio(100, "r2", "a2")
        model.item_done("r2", "a2")
        assert len(visit.told("response.create")) == 1
        model.done("r2")
        assert len(visit.told("response.create")) == 2
        assert not visit.call.ended

    visit(scenario, tools=[look])


def test_a_refused_answer_whose_rival_never_ends_is_asked_for_again_after_a_while():
    async def scenario(visit):
        visit.model.call_tool("c1")
        await visit.ms(20)
        visit.model.error("conversation_already_has_active_response", visit.told("response.create")[0]["event_id"])
        await visit.ms(3500)
        assert len(visit.told("response.create")) == 2

    visit(scenario, tools=[look])


def test_a_tool_call_that_was_cut_short_is_not_run():
    async def scenario(visit):
        item = {"id": "f1", "type": "function_call", "status": "incomplete", "call_id": "c1", "name": "look",
                "arguments": '{"wh'}  # fmt: skip
        visit.model.begin("r1", None)
        visit.model.peer.say("response.output_item.done", response_id="r1", item=item)
        visit.model.done(status="cancelled")
        await visit.ms(50)
        assert visit.published(e.ToolCalled) == []

    visit(scenario, tools=[look])
