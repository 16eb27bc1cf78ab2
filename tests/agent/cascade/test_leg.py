"""A call with an agent of parts, whose parts do what the test says."""

import asyncio
import itertools

import pytest

from offhook import Agent, Cascade, ToolError, tool
from offhook.agent.cascade.tongue import Manner
from offhook.agent.cascade.voice import Voice
from offhook.agent.handover import Handover
from offhook.core import events as e
from offhook.errors import LegFailed
from offhook.sim.clock import run
from offhook.speech.base import ToolUse
from tests.agent.cascade.parts import PCM16_24K, Script, Tones, Visit, Words, visit

ROAD = "It is the second street on the left, behind the church. You cannot miss it."


def test_words_become_an_answer_that_is_spoken_piece_by_piece():
    async def scenario(it):
        await it.speaks()
        await it.hears(8000)
        assert it.turns("caller") == ["Where are you?"]
        assert it.turns() == [ROAD]
        assert len(it.voice.asked) >= 2
        (staged,) = it.published(e.Staged)
        order = ["words", "asked", "token", "turn", "piece", "audio", "said"]
        assert set(staged.ms) == set(order)
        assert staged.ms["asked"] < staged.ms["turn"] <= staged.ms["said"], "it thought before the turn was over"
        assert staged.ms["said"] < 1000
        (used,) = it.published(e.Used)
        assert used.text_out == 5

    visit(scenario, ROAD, texts=["Where are you?"])


def test_an_answer_is_thrown_away_if_the_caller_goes_on():
    async def scenario(it):
        await it.speaks()
        await it.hears(500)  # the words are known, the turn is not over
        assert len(it.model.told) == 1 and it.turns() == []
        it.recogniser.texts[:] = ["Where are you and when do you close?"]
        await it.speaks()
        await it.hears(6000)
        assert it.model.cut == 1
        assert [messages[-1].text for messages in it.model.told] == [
            "Where are you", "Where are you and when do you close?",
        ]  # fmt: skip
        assert it.turns() == ["At six."]
        assert it.turns("caller") == ["Where are you and when do you close?"]

    visit(scenario, ROAD, "At six.", texts=["Where are you"])


def test_nothing_is_begun_ahead_of_the_turn_if_that_is_not_wanted():
    async def scenario(it):
        await it.speaks()
        await it.hears(700)
        assert it.model.told == []
        await it.hears(3000)
        assert it.turns() == ["Here."]

    visit(scenario, "Here.", texts=["Where are you?"], cascade=Cascade(ahead=False))


def test_an_answer_that_was_begun_uses_its_tools_when_the_turn_is_over():
    used = []

    @tool
    async def road(name: str) -> str:
        used.append(name)
        return ROAD

    async def scenario(it):
        await it.speaks()
        await it.hears(500)
        assert len(it.model.told) == 1 and used == []
        await it.hears(3000)
        assert used == ["church street"]
        assert [message.role for message in it.model.told[1][-3:]] == ["user", "assistant", "tool"]
        assert it.model.told[1][-1].text == ROAD
        assert it.turns() == ["On the left."]

    visit(
        scenario,
        [ToolUse("1", "road", '{"name": "church street"}')],
        "On the left.",
        texts=["Which road?"],
        tools=[road],
    )


def test_what_was_not_heard_was_not_said():
    async def scenario(it):
        await it.speaks()
        await it.hears(2500)
        await it.speaks()
        await it.hears(4000)
        (cut, more) = it.turns()
        assert ROAD.startswith(cut) and 5 < len(cut) < 40 and more == "Six."
        told = it.model.told[-1]
        assert [(message.role, message.text) for message in told[-3:]] == [
            ("user", "Where are you?"), ("assistant", cut), ("user", "And when do you close?"),
        ]  # fmt: skip

    visit(scenario, ROAD, "Six.", texts=["Where are you?", "And when do you close?"])


@pytest.mark.parametrize("words", [False, True])
def test_the_words_of_an_answer_are_where_they_are_in_its_audio(words):
    async def scenario(it):
        await it.speaks()
        await it.hears(3000)
        await it.speaks()
        await it.hears(1500)
        cut = next(event for event in it.published(e.TurnKept) if event.role == "agent")
        assert abs(len(cut.text) * 60 - cut.heard_ms) < 8 * 60, "a word more or less"

    voice = Tones(words=words, pace=1.5)
    visit(scenario, ROAD, "Six.", texts=["Where are you?", "And when do you close?"], voice=voice)


def test_uh_huh_in_any_spelling_lets_the_agent_go_on():
    async def scenario(it):
        await it.speaks()
        await it.hears(2500)
        await it.speaks(400)
        await it.hears(8000)
        assert it.turns() == [ROAD]
        assert it.published(e.BargedIn) == [] and len(it.model.told) == 1

    visit(scenario, ROAD, texts=["Where are you?", "Uh-huh."])


def test_a_recogniser_without_words_before_the_end_is_asked_then():
    async def scenario(it):
        await it.speaks()
        await it.hears(700)
        assert it.model.told == []
        await it.hears(3000)
        assert it.turns() == ["Here."]

    visit(scenario, "Here.", recogniser=Words("Where are you?", pauses=False))


def test_what_nobody_understood_is_told_as_such():
    async def scenario(it):
        await it.speaks(1500)
        await it.hears(3000)
        assert "could not be understood" in it.model.told[-1][-1].text
        assert it.turns() == ["Pardon?"]

    visit(scenario, "Pardon?", texts=[""])


def test_a_model_that_fails_is_asked_once_more():
    async def scenario(it):
        await it.speaks()
        await it.hears(3000)
        assert it.turns() == ["Here."] and len(it.model.told) == 2

    visit(scenario, LegFailed("busy", retryable=True), "Here.", texts=["Where are you?"])


@pytest.mark.parametrize(
    "answers",
    [
        (LegFailed("busy", retryable=True), LegFailed("busy", retryable=True)),
        (LegFailed("no key"),),
        (["It is the second street on the left. ", LegFailed("gone", retryable=True)],),
    ],
)
def test_a_model_that_is_lost_ends_the_call(answers):
    async def scenario(it):
        await it.speaks()
        await it.hears(6000)
        assert it.published(e.Ended) == [e.Ended(e.Result.FAILED, e.Reason.AGENT_FAILED)]

    visit(scenario, *answers, texts=["Where are you?"])


def test_a_failure_of_what_nobody_wanted_costs_nothing():
    async def scenario(it):
        await it.speaks()
        await it.hears(500)
        it.recogniser.texts[:] = ["Where are you and when?"]
        await it.speaks()
        await it.hears(3000)
        assert it.turns() == ["Here."]

    visit(scenario, LegFailed("no"), "Here.", texts=["Where are you"])


def test_a_slow_tool_has_a_word_said_and_an_answer_follows():
    @tool
    async def road() -> str:
        await asyncio.sleep(4)
        raise ToolError("The map is gone.")

    async def scenario(it):
        await it.speaks()
        await it.hears(9000)
        assert it.turns() == ["Let me see.", "One moment, please.", "I do not know."]
        assert it.model.told[1][-1].text == "The map is gone."

    visit(scenario, ["Let me see.", ToolUse("1", "road", "{}")], "I do not know.", texts=["Which road?"], tools=[road])


def test_a_slow_model_is_heard_soon_and_without_holes():
    long = " ".join(one + two + "ana" for one in "bcdfghjklm" for two in "aeiouy")

    async def scenario(it):
        await it.speaks()
        await it.hears(40_000)
        (staged,) = it.published(e.Staged)
        assert staged.ms["said"] < 2500
        assert "".join(it.voice.asked).replace(" ", "") == long.replace(" ", "")
        assert it.turns() == [long]

    visit(scenario, model=Script(long, token_s=0.2, first_s=0.2), voice=Tones(pace=20.0), texts=["Tell me."])


def test_a_greeting_of_its_own_and_one_that_is_given():
    async def own(it):
        await it.hears(3000)
        assert it.turns() == ["Good day."]
        assert "Greet the caller" in it.model.told[0][-1].text

    async def given(it):
        await it.hears(3000)
        assert it.turns() == ["Hello there."] and it.model.told == []

    visit(own, "Good day.", greeting=None)
    visit(given, greeting="Hello there.")


def test_keys_and_a_goodbye():
    async def scenario(it):
        for digit in "42#":
            it.call.report(e.KeyPressed(digit))
        await it.hears(4000)
        assert ": 42)" in it.model.told[0][-1].text
        (ended,) = it.published(e.Ended)
        assert it.turns() == ["Goodbye."] and ended.reason is e.Reason.AGENT_HUNG_UP

    visit(scenario, ["Goodbye.", ToolUse("1", "hang_up", "{}")], "")


def test_pcm16_of_another_rate_is_converted():
    async def scenario(it):
        await it.speaks()
        await it.hears(4000)
        (kept,) = [event for event in it.published(e.TurnKept) if event.role == "agent"]
        assert kept.generated_ms == pytest.approx(60 * len("Here I am."), abs=2)

    visit(scenario, "Here I am.", texts=["Where are you?"], voice=Tones(PCM16_24K))


def test_a_voice_that_is_lost_ends_the_call():
    async def scenario(it):
        await it.speaks()
        await it.hears(4000)
        assert it.published(e.Ended) == [e.Ended(e.Result.FAILED, e.Reason.AGENT_FAILED)]

    visit(scenario, ROAD, texts=["Where are you?"], voice=Tones(fails=5))


def test_what_the_caller_adds_before_anything_was_said_is_one_turn_for_the_model():
    async def scenario(it):
        await it.speaks()
        await it.hears(1100)
        await it.speaks()
        await it.hears(5000)
        users = [message.text for message in it.model.told[-1] if message.role == "user"]
        assert users == ["Where are you and when do you close?"]

    visit(
        scenario, ROAD, "At six.", "Both.", texts=["Where are you", "and when do you close?"], voice=Tones(first_s=1.0)
    )


@pytest.mark.parametrize(("role", "asked"), [("user", "when do you open"), ("assistant", "Go on")])
def test_it_goes_on_with_the_call_of_a_leg_that_was_lost(role, asked):
    async def whole():
        it = Visit(Script("At nine."), Tones(), Words(), Agent(model="cascade", greeting=""))
        past = Handover(owed=True)
        past.conversation.begin("assistant", "i1", "Good day.")
        past.conversation.begin(role, "x", "when do you open")
        it.agent_leg.take_over(past)
        it.call.start()
        await asyncio.sleep(0)
        it.call.join(it.leg)
        await it.hears(3000)
        told = it.model.told[0]
        assert asked in told[-1].text and [message.text for message in told].count("when do you open") == 1
        assert "At nine." in it.turns() and it.published(e.Saying) == []
        it.call.report(e.CarrierEnded("completed"))
        await it.call.closed()

    run(whole())


def test_a_leg_that_never_ran_gives_its_recogniser_back():
    async def whole():
        it = Visit(Script(), Tones(), Words(), Agent(model="cascade"))
        await it.agent_leg.close()
        assert it.recogniser.closed

    run(whole())


def test_items_have_names_of_their_own():
    async def scenario(it):
        for _ in range(2):
            await it.speaks()
            await it.hears(3000)
        items = [event.item for event in it.published(e.TurnKept) if event.role == "agent"]
        assert len(set(items)) == len(items) == 2
        assert all(one != two for one, two in itertools.pairwise(items))

    visit(scenario, "One.", "Two.", texts=["First?", "Second?"])


def test_the_talk_goes_on_in_the_language_that_the_caller_has_changed_to():
    german = Tones()

    async def scenario(it):
        await it.speaks()
        await it.hears(5000)
        assert german.asked == ["Um 18 Uhr."] and it.voice.asked == []
        assert "Speak the language de-DE" in it.model.told[0][0].text
        it.recogniser.texts[:], it.recogniser.language = ["And in English, please?"], "en"
        await it.speaks()
        await it.hears(5000)
        assert it.voice.asked == ["At six."] and it.turns() == ["Um 18 Uhr.", "At six."]
        assert "Speak the language en-US" in it.model.told[-1][0].text

    visit(
        scenario, "Um 18 Uhr.", "At six.", recogniser=Words("Wann schließen Sie heute?", language="de"),
        others=[Manner("de-DE", Voice(german))],
    )  # fmt: skip


class Forgetful:
    """A model that is told of a talk in short says how often it was, and of which turns."""

    tools = True

    def __init__(self):
        self.told, self.summaries = [], []

    async def answer(self, messages, tools=(), wishes=None):
        await asyncio.sleep(0.05)
        if "Summarise" in messages[0].text:
            self.summaries.append(messages[1].text)
            yield f"Summary {len(self.summaries)} of {messages[1].text.count('Turn ')} turns."
        else:
            self.told.append(messages)
            yield f"That was number {len(self.told)}. " + "It goes on and on. " * 4


@pytest.mark.parametrize("cuts", [False, True])
def test_a_long_talk_stays_within_the_window_and_nothing_of_it_is_lost(cuts):
    model, turns = Forgetful(), 24

    async def scenario(it):
        for number in range(turns):
            it.recogniser.texts.append(f"Turn {number}: " + "there is more to tell " * 6)
            await it.speaks()
            await it.hears(2500 if cuts else 8000)
        window = 500 * 4
        talks = [[message.text for message in told[1:]] for told in model.told]
        assert max(sum(map(len, talk)) for talk in talks) < window
        assert len(model.summaries) >= 2
        last = " ".join(talks[-1])
        assert "Summary" in last and f"Turn {turns - 1}" in last and "Turn 0" not in last
        for number in range(turns):  # each was told in short, or is still told as it was
            assert any(f"Turn {number}:" in told for told in [*model.summaries, last]), number
        assert all(f"Summary {at}" in told for at, told in enumerate(model.summaries[1:], 1)), "one builds on the other"

    visit(scenario, model=model, voice=Tones(pace=50.0), recogniser=Words(), cascade=Cascade(window_tokens=500))
