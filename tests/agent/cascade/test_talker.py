"""What a language model is told, and what becomes of its answer."""

import asyncio
from datetime import UTC, datetime

import pytest

from offhook import Agent, CallInfo, Cascade, ToolError, tool
from offhook.agent.cascade.talker import MOST_ROUNDS, Listeners, Talker
from offhook.agent.conversation import Conversation
from offhook.errors import LegFailed
from offhook.sim.clock import run
from offhook.speech.base import Said, ToolUse
from tests.agent.cascade.parts import Script

NOW = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)


@tool
async def table(name: str, self_: str = "") -> str:
    """Books a table."""
    return name


def answer(*answers, said=Said("hello"), conversation=None, use=None, stop=None, **agent):
    """The pieces of an answer, and the model."""

    async def nothing(name, /, **arguments):
        return f"{name} {arguments}"

    async def whole():
        model = Script(*answers)
        who = Agent("You sell shoes.", **{"model": "cascade", "tools": [table]} | agent)
        talker = Talker(
            model, who, CallInfo("CA1", "AC1", "+15550100", "+15550199"), conversation or Conversation(), Listeners(),
            now=lambda: NOW,
        )  # fmt: skip
        pieces = []
        said_ = talker.respond(said, use or nothing)
        async for piece in said_:
            pieces.append(piece.strip())
            if len(pieces) == stop:
                await said_.aclose()
                break
        await asyncio.sleep(1)
        return pieces, model

    return run(whole())


def test_it_is_told_who_it_is_and_how_one_speaks():
    pieces, model = answer("Good morning. What can I do for you today?")
    assert pieces == ["Good morning.", "What can I do for you today?"]
    (told,) = model.told
    assert "You sell shoes." in told[0].text and "09:30" in told[0].text and "+15550100" in told[0].text
    assert "no markup" in told[0].text and told[1].text == "hello"
    assert model.offered == [["table", "hang_up"]]


def test_what_is_asked_of_it_without_words():
    for said, words in (
        (Said(going_on=True), "Go on"),
        (Said(leaving=True), "ends now"),
        (Said(opening=True), "Greet"),
        (Said(idle=True), "still there"),
        (Said(back_from="kitchen", because="busy"), "the line is busy"),
    ):
        _, model = answer("Yes.", said=said)
        assert words in model.told[0][-1].text and model.told[0][-1].role == "system"
    assert answer("Yes.", said=Said(leaving=True))[1].offered == [[]]


def test_tools_run_together_and_one_answer_follows():
    running = []

    async def use(name, /, **arguments):
        running.append(arguments)
        await asyncio.sleep(1)
        assert len(running) == 2
        if arguments["name"] == "b":
            raise ToolError("No table.")
        return "booked"

    uses = [ToolUse("1", "table", '{"name": "a"}'), ToolUse("2", "table", '{"name": "b"}')]
    pieces, model = answer(["One moment.", *uses], "One is booked.", use=use)
    assert pieces == ["One moment.", "One is booked."]
    assert [message.text for message in model.told[1][-2:]] == ["booked", "No table."]


@pytest.mark.parametrize("arguments", ["{", "[]", '"x"'])
def test_arguments_that_are_no_object_are_told_so(arguments):
    _, model = answer([ToolUse("1", "table", arguments)], "Pardon.")
    assert "no JSON object" in model.told[1][-1].text


def test_a_tool_may_have_parameters_of_any_name():
    _, model = answer([ToolUse("1", "table", '{"name": "x", "self": 1}')], "Done.")
    assert model.told[1][-1].text == "table {'name': 'x', 'self': 1}"


def test_it_uses_tools_only_so_often_in_one_answer():
    _, model = answer(*[[ToolUse("1", "table", "{}")]] * (MOST_ROUNDS - 1), "Enough.")
    assert model.offered[-1] == [] and len(model.told) == MOST_ROUNDS


def test_who_cuts_in_stops_the_model():
    pieces, model = answer("One. Two. Three. Four. " * 20, stop=1)
    assert len(pieces) == 1 and model.cut == 1


def test_a_failure_after_the_first_words_is_not_tried_again():
    with pytest.raises(LegFailed):
        answer(["One. Two", LegFailed("gone", retryable=True)], "again")


def test_a_long_talk_is_summarised_by_the_model_beside_it():
    conversation = Conversation()
    for number in range(20):
        conversation.begin("user", str(number), "words " * 20)
    _, model = answer("Yes.", "They talked of shoes.", conversation=conversation, cascade=Cascade(window_tokens=500))
    assert len(model.told) == 2 and "Summarise" in model.told[1][0].text
    assert model.offered[1] == []


def test_a_summary_that_fails_costs_nothing():
    conversation = Conversation()
    for number in range(20):
        conversation.begin("user", str(number), "words " * 20)
    pieces, _ = answer("Yes.", LegFailed("no"), conversation=conversation, cascade=Cascade(window_tokens=500))
    assert pieces == ["Yes."]


def test_an_answer_that_is_cut_by_the_end_of_the_call_asks_for_no_summary():
    async def whole():
        conversation, model = Conversation(), Script("Yes. No.", "They talked of shoes.")
        for number in range(20):
            conversation.begin("user", str(number), "words " * 20)
        who = Agent(model="cascade", cascade=Cascade(window_tokens=500))
        talker = Talker(model, who, CallInfo("", "", "", ""), conversation, Listeners())
        answering = talker.respond(Said("hello"), None)
        await anext(answering)
        talker.close()
        await answering.aclose()
        await asyncio.sleep(1)
        assert len(model.told) == 1

    run(whole())


def test_fillers_take_turns_and_there_may_be_none():
    from offhook import Phrases

    def talker(**agent):
        who = Agent(model="cascade", **agent)
        return Talker(Script(), who, CallInfo("", "", "", ""), Conversation(), Listeners())

    german = talker(language="de-DE")
    assert german.filler() != german.filler()
    assert talker(phrases=Phrases(waiting=())).filler() == ""
    assert german.greeting() is None


def test_a_model_without_a_word_is_asked_once_more():
    pieces, model = answer("", "Good morning.")
    assert pieces == ["Good morning."] and len(model.told) == 2
    pieces, model = answer("", "")
    assert pieces == [] and len(model.told) == 2


def test_what_was_entered_and_said_is_told():
    _, model = answer("Thanks.", said=Said("and a table", keys="42"))
    assert ": 42) and a table" in model.told[0][-1].text


def test_a_slow_model_is_waited_for_at_ease():
    """What is left to be heard of an answer that is held does not get less."""
    looked = []

    def left_s():
        looked.append(1)
        return 0.5 + 1e-9

    async def whole():
        model = Script("One two three. Four five six", token_s=2.0)
        who = Agent("You sell shoes.", model="cascade")
        info = CallInfo("CA1", "AC1", "+15550100", "+15550199")
        talker = Talker(model, who, info, Conversation(), Listeners(left_s=left_s))
        async for _ in talker.respond(Said("hello"), None):
            pass

    run(whole())
    assert 10 < len(looked) < 200
