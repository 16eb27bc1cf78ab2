"""Sessions that end, expire and are renewed, in whole calls in simulated time."""

import asyncio

import pytest

from offhook import LegFailed, tool
from offhook.core import events as e
from tests.agent.realtime.model import Model, visit


@tool
async def look(what: str = "") -> str:
    """Looks something up."""
    return f"found {what}"


def test_a_session_that_is_lost_comes_back_with_what_was_heard(caplog):
    async def scenario(visit):
        model = visit.model
        model.caller_begins()
        model.caller_stops()
        model.answer(1000, "We open at eight.")
        model.transcribe("when do you open")
        model.call_tool("c1", response="r2")
        await visit.ms(1200)
        model.answer(4000, "one two three four", "r3", "a3")
        await visit.ms(2000)
        model.caller_begins("u2")
        await visit.ms(10)
        model.caller_stops("u2")
        model.answer(100, "Sure.", "r4", "a4")
        await visit.ms(500)
        old = model.peer
        old.drop()
        await visit.ms(1)
        visit.phone.say(b"\x05" * 160)
        await visit.ms(500)
        assert model.peer is not old and model.resumed == [False, True]
        written = [body["item"] for body in visit.told("conversation.item.create")]
        assert [item.get("role", item["type"]) for item in written] == [
            "user", "assistant", "function_call", "function_call_output", "assistant", "assistant",
        ]  # fmt: skip
        texts = [item["content"][0]["text"] for item in written if item["type"] == "message"]
        assert texts == ["when do you open", "We open at eight.", "one two", "Sure."]
        assert model.peer.audio == b"\x05" * 160, "what was said meanwhile is not lost"
        assert visit.told("response.create") == [], "nothing was owed"
        assert not visit.call.ended

    visit(scenario, tools=[look])


def test_an_answer_that_is_lost_with_its_session_goes_on_in_the_next():
    async def scenario(visit):
        model = visit.model
        model.begin()
        model.audio(2000)
        model.words("one two ")
        await visit.ms(100)
        model.peer.drop()
        await visit.ms(500)
        (asked,) = visit.told("response.create")
        assert "Go on" in asked["response"]["instructions"]
        assert visit.told("conversation.item.create")[0]["item"]["content"][0]["text"] == "one two"
        model.answer(1000, "three four", "r2", "b1")
        await visit.ms(3500)
        assert visit.turns() == [("agent", "one two", ""), ("agent", "three four", "")]

    visit(scenario)


def test_a_question_that_is_lost_with_its_session_is_answered_by_the_next():
    async def scenario(visit):
        visit.model.caller_begins()
        visit.model.caller_stops()
        visit.model.transcribe("are you there")
        visit.model.peer.drop()
        await visit.ms(500)
        assert [body["type"] for body in visit.model.peer.sent[1:]] == ["conversation.item.create", "response.create"]

    visit(scenario)


def test_a_tool_that_ends_while_there_is_no_session_is_told_to_the_next():
    @tool
    async def slow() -> str:
        """Takes its time."""
        await asyncio.sleep(0.3)
        return "done at last"

    async def scenario(visit):
        model = visit.model
        model.call_tool("c1", name="slow")
        model.refusals = [LegFailed("busy", retryable=True)] * 2
        model.peer.drop()
        await visit.ms(3000)
        items = [body["item"]["type"] for body in visit.told("conversation.item.create")]
        assert items == ["function_call", "function_call_output"]
        assert len(visit.told("response.create")) == 1

    visit(scenario, tools=[slow])


def test_a_tool_that_outlives_its_session_is_told_to_the_next_with_its_question():
    @tool
    async def slow() -> str:
        """Takes its time."""
        await asyncio.sleep(2)
        return "done at last"

    async def scenario(visit):
        visit.model.call_tool("c1", name="slow")
        visit.model.peer.drop()
        await visit.ms(1000)
        assert visit.told("conversation.item.create") == []
        await visit.ms(1500)
        items = [body["item"]["type"] for body in visit.told("conversation.item.create")]
        assert items == ["function_call", "function_call_output"]
        assert len(visit.told("response.create")) == 1

    visit(scenario, tools=[slow])


def test_after_eight_tries_the_call_ends_with_a_reason():
    async def scenario(visit):
        visit.model.refusals = [LegFailed("OpenAI is down.", retryable=True)] * 9
        visit.model.peer.drop()
        await visit.ms(10_000)
        assert not visit.call.ended
        await visit.ms(16_000)
        assert visit.published(e.Ended)[0].reason is e.Reason.AGENT_FAILED
        assert len(visit.model.resumed) == 8, "with the first"

    visit(scenario)


def test_a_server_that_drops_every_session_at_once_is_not_called_for_ever():
    class Dropping(Model):
        async def connect(self, receive, lost, *, resumed):
            peer = await super().connect(receive, lost, resumed=resumed)
            if resumed:
                asyncio.get_running_loop().call_later(0.3, peer.drop)
            return peer

    model = Dropping()

    async def scenario(visit):
        visit.model.peer.drop()
        await visit.ms(60_000)
        assert visit.published(e.Ended)[0].reason is e.Reason.AGENT_FAILED
        assert len(model.resumed) == 8

    visit(scenario, model=model)


def test_sessions_that_are_lost_now_and_then_are_replaced_as_often_as_that():
    async def scenario(visit):
        for _ in range(20):
            await visit.ms(60_000)
            visit.model.peer.drop()
        await visit.ms(1000)
        assert not visit.call.ended and len(visit.model.peers) == 21

    visit(scenario)


def test_a_session_is_renewed_in_a_pause_before_it_expires():
    model = Model()
    model.life_s = 3600.0

    async def scenario(visit):
        await visit.ms(3_300_000)
        assert len(model.peers) == 1
        model.begin()
        model.audio(1000)
        model.words("just a moment")
        for _ in range(70):
            await visit.ms(1000)
            model.peers[0].say("response.output_audio.delta", response_id="r1", item_id="a1", delta="//8=")
        old, new = model.peers
        assert not old.closed, "not while an answer is generated"
        model.peers.pop()
        model.item_done()
        model.done()
        await visit.ms(3000)
        assert not old.closed, "it may still tell what it heard"
        assert new.told("conversation.item.create")[0]["item"]["content"][0]["text"] == "just a moment"
        visit.phone.say(b"\x05" * 160)
        assert new.audio == b"\x05" * 160 and not old.audio
        await visit.ms(10_000)
        assert old.closed
        model.peers.append(new)

    visit(scenario, model=model)


def test_words_that_are_written_down_when_their_session_is_replaced_are_kept():
    model = Model()
    model.life_s = 3600.0

    async def scenario(visit):
        await visit.ms(3_359_000)
        model.caller_begins()
        model.caller_stops()
        model.answer(500, "We open at eight.")
        await visit.ms(5000)
        new = model.peers.pop()
        assert new.told("conversation.item.create"), "it has taken over"
        model.transcribe("when do you open")
        model.answer(500, "Nobody may hear this.", "r9", "a9")
        await visit.ms(1000)
        assert visit.turns() == [("caller", "when do you open", ""), ("agent", "We open at eight.", "")]
        model.peers.append(new)

    visit(scenario, model=model)


def test_a_call_that_ends_soon_after_its_session_was_replaced_leaves_neither_behind():
    model = Model()
    model.life_s = 3600.0

    async def scenario(visit):
        await visit.ms(3_364_000)
        assert len(model.peers) == 2 and not model.peers[0].closed

    visit(scenario, model=model)


def test_a_session_that_ends_is_replaced_in_time_whoever_speaks():
    model = Model()
    model.life_s = 3600.0

    async def scenario(visit):
        await visit.ms(3_350_000)
        model.caller_begins()
        await visit.ms(225_000)
        assert len(model.peers) == 2 and not model.peers[1].sent[1:]
        await visit.ms(10_000)
        visit.phone.say(b"\x05" * 160)
        assert model.peers[1].audio and not visit.call.ended
        await visit.ms(10_000)
        assert model.peers[0].closed

    visit(scenario, model=model)


def test_an_answer_that_is_not_over_when_its_session_must_be_replaced_goes_on_in_the_next():
    model = Model()
    model.life_s = 600.0

    async def scenario(visit):
        model.asked()
        model.begin()
        for _ in range(600):
            if len(model.peers) == 2 and model.peers[0].closed:
                break
            model.peers[0].say("response.output_audio.delta", response_id="r1", item_id="a1", delta="//8=")
            await visit.ms(1000)
        (asked,) = visit.told("response.create")
        assert "Go on" in asked["response"]["instructions"]
        await visit.ms(1000)
        assert not visit.call.ledger.speaking, "the item has ended"

    visit(scenario, model=model)


def test_a_session_that_has_expired_all_the_same_is_replaced():
    async def scenario(visit):
        visit.model.error("session_expired")
        await visit.ms(500)
        assert len(visit.model.peers) == 2 and not visit.call.ended

    visit(scenario)


def test_a_call_that_ends_while_there_is_no_session_leaves_nothing_behind():
    async def scenario(visit):
        visit.model.refusals = [LegFailed("OpenAI is down.", retryable=True)] * 9
        visit.model.peer.drop()
        await visit.ms(1000)

    visit(scenario)


def test_what_is_kept_of_a_caller_without_a_session_is_bounded():
    async def scenario(visit):
        visit.model.refusals = [LegFailed("OpenAI is down.", retryable=True)] * 9
        visit.model.peer.drop()
        await visit.ms(10)
        for _ in range(40):
            visit.phone.say(bytes(8000))
        assert visit.call.agent._backlog.size <= 240_000

    visit(scenario)


@pytest.mark.parametrize("life_s", [-5.0, 1.0, 600.0])
def test_a_server_whose_clock_is_off_or_whose_sessions_are_short_is_not_asked_again_and_again(life_s):
    model = Model()
    model.life_s = life_s

    async def scenario(visit):
        await visit.ms(1_800_000)
        assert 1 <= len(model.peers) <= 6
        assert [peer.closed for peer in model.peers].count(False) == 1

    visit(scenario, model=model)


def test_a_server_that_gives_no_successor_is_used_to_its_end():
    model = Model()
    model.life_s = 1000.0

    async def scenario(visit):
        model.refusals = [LegFailed("OpenAI has no room.")]
        await visit.ms(990_000)
        assert len(model.peers) == 1 and not model.peer.closed and not visit.call.ended
        model.peer.drop("OpenAI ended the session.")
        await visit.ms(1000)
        assert len(model.peers) == 2 and not visit.call.ended

    visit(scenario, model=model)


def test_what_a_successor_says_before_it_carries_the_call_is_not_heard():
    model = Model()
    model.life_s = 1000.0

    async def scenario(visit):
        model.caller_begins()
        await visit.ms(770_000)
        assert len(model.peers) == 2
        model.audio(500, "x", "x")
        await visit.ms(1000)
        assert visit.heard_ms() == 0

    visit(scenario, model=model)
