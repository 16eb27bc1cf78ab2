"""Words that a tool or an operator gives a realtime agent to say, in whole calls."""

import pytest

from offhook import ToolError, tool
from offhook.agent.realtime.wire import AZURE, BETA, GA
from offhook.core import events as e
from tests.agent.realtime.model import visit


@pytest.mark.parametrize("dialect", [GA, BETA, AZURE], ids=lambda each: each.name)
def test_words_are_said_exactly_where_the_server_can_and_else_the_model_is_told_to(dialect):
    async def scenario(visit):
        visit.call.say(" Your table is ready. ")
        (asked,) = visit.told("response.create")
        (saying,) = visit.published(e.Saying)
        assert saying == e.Saying("Your table is ready.", exact=dialect is AZURE)
        if dialect is AZURE:
            assert asked["response"]["pre_generated_assistant_message"]["content"][0]["text"] == saying.text
        else:
            assert asked["response"]["instructions"].endswith(f"nothing else: {saying.text}")
        visit.model.answer(500, saying.text)
        await visit.ms(600)
        assert visit.turns() == [("agent", saying.text, "")]

    visit(scenario, dialect=dialect)


def test_a_tools_words_follow_what_is_being_said_and_go_before_the_answer_to_it():
    @tool
    async def look(call) -> str:
        """Looks something up."""
        call.say("I look it up.")
        return "found"

    async def scenario(visit):
        model = visit.model
        model.asked()
        model.begin()
        model.audio(1000)
        model.words("Let me see.")
        model.item_done()
        use = {"id": "f", "type": "function_call", "status": "completed", "call_id": "c", "name": "look",
               "arguments": "{}"}  # fmt: skip
        model.peer.say("response.output_item.done", response_id="r1", item=use)
        model.done()
        await visit.ms(500)
        (asked,) = visit.told("response.create")
        assert "I look it up." in asked["response"]["instructions"]
        model.answer(500, "I look it up.", "r2", "a2")
        assert len(visit.told("response.create")) == 2
        model.answer(500, "Found it.", "r3", "a3")
        await visit.ms(2000)
        assert [text for _, text, _ in visit.turns()] == ["Let me see.", "I look it up.", "Found it."]

    visit(scenario, tools=[look])


def test_anybody_elses_words_wait_until_the_agent_was_heard():
    async def scenario(visit):
        visit.model.answer(1000, "We open at eight.")
        await visit.ms(500)
        visit.call.say("One more thing.")
        await visit.ms(400)
        assert visit.told("response.create") == []
        await visit.ms(200)
        assert len(visit.told("response.create")) == 1

    visit(scenario)


def test_words_that_are_given_while_the_session_is_lost_are_said_by_the_next():
    async def scenario(visit):
        visit.model.peer.drop()
        await visit.ms(1)
        visit.call.say("Still here.")
        await visit.ms(500)
        assert "Still here." in visit.told("response.create")[0]["response"]["instructions"]

    visit(scenario)


def test_words_that_were_cut_are_known_to_the_model_as_far_as_they_were_heard():
    async def scenario(visit):
        visit.call.say("one two three four")
        visit.model.answer(4000, "one two three four")
        await visit.ms(2000)
        visit.model.caller_begins()
        await visit.ms(10)
        (cut,) = visit.told("conversation.item.truncate")
        assert cut["audio_end_ms"] == pytest.approx(2000, abs=5)

    visit(scenario)


@pytest.mark.parametrize("bad", ["", "  ", "x" * 2001, 7])
def test_what_cannot_be_said_is_refused(bad):
    async def scenario(visit):
        with pytest.raises(ToolError, match="must be a text of 1 to 2000"):
            visit.call.say(bad)

    visit(scenario)
