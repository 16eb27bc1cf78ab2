"""Whose go it is, and the manners of taking turns."""

import pytest

from offhook.core import events as e
from offhook.core.states import CallState, TurnState
from tests.core.talk import Talk


def ours(**options) -> Talk:
    return Talk("offhook", **options)


def greeting(ms=4000) -> Talk:
    """A call whose greeting has just begun."""
    talk = Talk("offhook", joined=False).tell(e.AgentJoined(), e.PhoneJoined())
    talk.speak("greeting", ms)
    talk.commands.clear()
    return talk


def says(talk: Talk, text: str, ms: float = 400.0) -> Talk:
    """The caller says something, which is understood 300 ms after they stopped."""
    talk.tell(e.SpeechStarted()).wait(ms).tell(e.SpeechStopped()).wait(300)
    return talk.tell(e.CallerTurnEnded(text, ms))


def asks(talk: Talk, question="Is that right?") -> Talk:
    """The agent says 2 s that end with a question, word by word."""
    text = f"A large latte. {question}"
    ends = [at for at in range(1, len(text) + 1) if at == len(text) or text[at] == " "]
    talk.ledger.accept("a", bytes(16_000))
    words = tuple((2000.0 * end / len(text), end) for end in ends)
    talk.tell(e.ItemBegan("a"), e.ItemText("a", text, words))
    talk.ledger.end("a")
    while talk.ledger.take(8000):
        pass
    return talk


# ---------------------------------------------------------------- the greeting


def test_an_early_hello_does_not_cut_the_greeting_and_is_answered_by_it():
    talk = greeting().wait(300)
    says(talk, "hello")
    assert talk.commands == []
    assert talk.control.turn is TurnState.SPEAKING
    assert [turn.text for turn in talk.events if isinstance(turn, e.TurnKept)] == ["hello"]


def test_a_request_said_into_the_first_moments_of_the_greeting_is_answered():
    talk = greeting().wait(100)
    says(talk, "what are your hours", 900.0)
    talk.tell(e.Settled({"greeting": 1300.0}))
    assert talk.commands == [e.Clear(), e.Cancel(), e.Truncate("greeting", 1300, ""), e.Respond("what are your hours")]


def test_a_caller_who_speaks_on_gets_the_floor_after_a_second_and_a_half():
    talk = greeting().wait(200).tell(e.SpeechStarted()).wait(1299)
    assert not talk.told(e.Clear)
    talk.wait(1)
    assert talk.told(e.Clear)
    talk.tell(e.Settled({"greeting": 1500.0}))
    assert talk.told(e.Truncate), "they have spoken for longer than a cough"


def test_a_greeting_that_was_hardly_heard_is_said_once_more():
    talk = greeting().wait(1600)
    says(talk, "hello").tell(e.Settled({"greeting": 1700.0}))
    assert talk.told(e.Greet, e.Respond) == [e.Greet()]
    talk.speak("greeting2", 4000).wait(1600)
    says(talk, "hello").tell(e.Settled({"greeting2": 1700.0}))
    assert talk.told(e.Greet, e.Respond) == [e.Greet(), e.Respond("hello")], "once"


def test_a_greeting_that_was_mostly_heard_is_not_repeated():
    talk = greeting(3000).wait(1700)
    says(talk, "hello").tell(e.Settled({"greeting": 1600.0}))
    assert talk.told(e.Greet, e.Respond) == [e.Respond("hello")]


def test_a_question_into_the_greeting_is_answered_and_not_greeted():
    talk = greeting().wait(1600)
    says(talk, "what are your hours").tell(e.Settled({"greeting": 1700.0}))
    assert talk.told(e.Greet, e.Respond) == [e.Respond("what are your hours")]


def test_speech_before_the_stream_is_nobodys():
    talk = Talk("offhook", joined=False).tell(e.AgentJoined(), e.SpeechStarted(), e.PhoneJoined())
    talk.speak("greeting", 4000).wait(3000)
    assert not talk.told(e.Clear)


def test_a_caller_who_was_speaking_before_the_greeting_gets_the_floor_too():
    talk = Talk("offhook", joined=False).tell(e.AgentJoined(), e.PhoneJoined(), e.SpeechStarted()).wait(300)
    talk.speak("greeting", 4000).wait(1499)
    assert not talk.told(e.Clear)
    assert talk.wait(1).told(e.Clear)
    assert talk.control.turn is TurnState.LISTENING


def test_a_greeting_does_not_yield_to_a_caller_whose_stream_was_lost():
    talk = (
        greeting().wait(300).tell(e.SpeechStarted()).wait(200).tell(e.PhoneLost(False, {"greeting": 400.0})).wait(2000)
    )
    assert not talk.told(e.Clear)
    assert talk.tell(e.PhoneJoined()).ledger.take(8000).item == "greeting"
    assert talk.control.turn is TurnState.SPEAKING


def silent(turns="offhook") -> Talk:
    """A call whose agent waits for the caller to speak first."""
    talk = Talk(turns, joined=False).tell(e.AgentJoined(), e.PhoneJoined())
    talk.commands.clear()
    return talk


def test_an_agent_that_does_not_greet_owes_nothing_and_is_asked_for_nothing():
    talk = silent().tell(e.SpeechStarted(), e.SpeechStopped(), e.CallerTurnEnded("", 300.0)).wait(60_000)
    assert talk.commands == []
    assert says(talk, "how much").told(e.Respond) == [e.Respond("how much")]


@pytest.mark.parametrize("turns", ["provider", "offhook"])
def test_an_answer_to_a_caller_who_speaks_first_is_no_greeting(turns):
    talk = silent(turns)
    says(talk, "how much").speak("answer", 4000).wait(300).tell(e.SpeechStarted())
    assert talk.told(e.Clear)


def test_who_waits_for_the_first_words_of_a_provider_hears_a_filler():
    talk = says(silent("provider"), "how much").wait(599)
    assert not talk.told(e.Fill)
    assert talk.wait(1).told(e.Fill)


# ---------------------------------------------------------------- backchannels


@pytest.mark.parametrize("text", ["uh-huh", "mm-hmm", "okay", "yeah", "right"])
def test_a_backchannel_costs_no_word(text):
    talk = ours().speak("a", 4000).wait(1000)
    talk.tell(e.SpeechStarted(), e.Settled({"a": 1000.0})).wait(300).tell(e.SpeechStopped()).wait(300)
    talk.tell(e.CallerTurnEnded(text, 300.0))
    assert talk.told(e.SayRest)
    assert not talk.told(e.Truncate, e.Respond, e.Cancel)
    assert [turn.text for turn in talk.events if isinstance(turn, e.TurnKept)] == [text]


def test_a_yes_into_a_question_is_an_answer():
    talk = asks(ours()).wait(1700)
    talk.tell(e.SpeechStarted(), e.Settled({"a": 1700.0})).wait(200).tell(e.SpeechStopped()).wait(300)
    talk.tell(e.CallerTurnEnded("yes", 300.0))
    assert talk.told(e.Respond) == [e.Respond("yes")]


def test_a_yes_is_an_answer_to_what_was_heard_and_not_to_what_was_to_follow():
    talk = asks(ours()).speak("b", 1000, sent=False).wait(1700)
    says(talk.tell(e.SpeechStarted(), e.Settled({"a": 1700.0})), "yes", 200.0)
    assert talk.told(e.Respond) == [e.Respond("yes")]
    assert [turn.text for turn in talk.events if isinstance(turn, e.TurnKept) and turn.role == "caller"] == ["yes"]


def test_a_yes_before_the_question_is_none():
    talk = asks(ours()).wait(500)
    talk.tell(e.SpeechStarted(), e.Settled({"a": 500.0})).wait(200).tell(e.SpeechStopped()).wait(300)
    talk.tell(e.CallerTurnEnded("yes", 300.0))
    assert not talk.told(e.Respond)
    assert talk.told(e.SayRest)


def test_a_backchannel_over_a_noise_that_was_lost_with_the_stream_costs_nothing():
    talk = (
        ours().speak("a", 4000).wait(1000).tell(e.SpeechStarted(), e.PhoneLost(False, {"a": 1000.0}), e.PhoneJoined())
    )
    talk.tell(e.SpeechStopped(), e.CallerTurnEnded("okay", 300.0))
    assert talk.told(e.Clear, e.Respond) == [e.Clear()], "of before the loss"
    assert talk.control.turn is TurnState.SPEAKING


def test_words_that_were_understood_only_after_the_stream_came_back_cut_in():
    talk = (
        ours().speak("a", 4000).wait(1000).tell(e.SpeechStarted(), e.PhoneLost(False, {"a": 1000.0}), e.PhoneJoined())
    )
    talk.commands.clear()
    talk.tell(e.SpeechStopped(), e.CallerTurnEnded("how much", 400.0), e.Settled({"a": 1200.0}))
    assert [type(command) for command in talk.commands] == [e.Clear, e.Cancel, e.Truncate, e.Respond]


def test_a_caller_who_starts_again_is_judged_by_the_second_go():
    talk = ours().speak("a", 4000).wait(1000).tell(e.SpeechStarted(), e.Settled({"a": 1000.0})).wait(300)
    talk.tell(e.SpeechStopped()).wait(200).tell(e.SpeechStarted()).wait(759)
    assert not talk.told(e.Cancel)
    assert talk.wait(1).told(e.Cancel)


def test_one_long_interruption_does_not_make_the_next_cough_one():
    talk = ours().speak("a", 4000).wait(1000).tell(e.SpeechStarted(), e.Settled({"a": 1000.0})).wait(800)
    talk.tell(e.SpeechStopped()).wait(300).tell(e.CallerTurnEnded("how much", 650.0))
    says(talk.speak("b", 500).wait(500).tell(e.ItemHeard("b")), "", 200.0)
    assert talk.told(e.Respond) == [e.Respond("how much")]


def test_those_who_watch_are_told_of_an_interruption_and_not_of_a_loss():
    talk = Talk("provider").speak("a", 1000).tell(e.SpeechStarted(), e.Settled({"a": 400.0}))
    talk.speak("b", 1000).tell(e.PhoneLost(False, {"b": 300.0}))
    assert [event for event in talk.events if isinstance(event, e.BargedIn)] == [e.BargedIn({"a": 400.0})]


# ---------------------------------------------------------------- thinking


def test_a_cough_while_the_agent_thinks_holds_the_answer_and_lets_it_go():
    talk = says(ours(), "how much").wait(100)
    talk.tell(e.SpeechStarted()).speak("answer", 1000, sent=False)
    assert talk.ledger.take(8000) is None, "nothing is said over the caller"
    talk.wait(200).tell(e.SpeechStopped()).wait(300).tell(e.CallerTurnEnded("", 200.0))
    assert talk.told(e.SayRest)
    assert not talk.told(e.Cancel, e.Discard)
    assert talk.ledger.take(8000).item == "answer"
    assert talk.control.turn is TurnState.SPEAKING


def test_a_caller_who_goes_on_while_the_agent_thinks_is_answered_once():
    talk = says(ours(), "how much")
    talk.tell(e.SpeechStarted()).speak("answer", 1000, sent=False)
    talk.wait(400).tell(e.SpeechStopped()).wait(300).tell(e.CallerTurnEnded("is tea", 400.0))
    assert talk.told(e.Discard) == [e.Discard("answer")]
    assert talk.told(e.Respond)[-1] == e.Respond("how much is tea")
    kinds = [type(command) for command in talk.commands]
    assert kinds.index(e.Cancel) < kinds.index(e.Discard) < len(kinds) - 1 - kinds[::-1].index(e.Respond)


def test_an_item_stands_in_the_transcript_where_it_began_whenever_its_words_come():
    talk = Talk("provider")
    talk.ledger.accept("a", bytes(8000))
    talk.tell(e.ItemBegan("a"), e.CallerTurnEnded("how much"), e.ItemText("a", "hello")).tell(e.ItemHeard("a"))
    turns = {turn.role: turn.turn for turn in talk.events if isinstance(turn, e.TurnKept)}
    assert turns["agent"] < turns["caller"]


def test_words_that_come_after_their_audio_was_heard_are_still_kept():
    talk = Talk("provider").speak("a", 500).tell(e.ItemHeard("a"))
    assert talk.control.turn is TurnState.LISTENING
    talk.tell(e.ItemText("a", " and more"))
    assert [turn.text for turn in talk.events if isinstance(turn, e.TurnKept)] == ["a words", "a words and more"]


def test_a_long_wait_is_filled_and_filled_again():
    talk = says(ours(), "how much").wait(599)
    assert not talk.told(e.Fill)
    talk.wait(1)
    (fill,) = talk.told(e.Fill)
    talk.speak(fill.item, 600).wait(600).tell(e.ItemHeard(fill.item)).wait(2699)
    assert len(talk.told(e.Fill)) == 1
    talk.wait(1)
    assert len({command.item for command in talk.told(e.Fill)}) == 2


def test_a_filler_that_never_sounds_is_followed_by_another():
    talk = says(ours(), "how much").wait(600 + 2699)
    assert len(talk.told(e.Fill)) == 1
    assert len(talk.wait(1).told(e.Fill)) == 2


def test_a_filler_is_no_answer():
    talk = says(ours(), "how much").wait(600)
    (fill,) = talk.told(e.Fill)
    talk.speak(fill.item, 600)
    says(talk, "is tea").tell(e.Settled({fill.item: 300.0}))
    assert talk.told(e.Respond)[-1] == e.Respond("how much is tea"), "the question was not answered yet"


def test_an_answer_in_time_is_not_preceded_by_a_filler():
    talk = says(ours(), "how much").wait(500).speak("answer", 3000).wait(3000)
    assert not talk.told(e.Fill)


def test_silence_while_the_caller_thinks_is_left_alone():
    talk = ours().speak("a", 500).wait(500).tell(e.ItemHeard("a")).wait(60_000)
    assert not talk.told(e.Fill, e.Respond)


def test_a_cough_into_a_filler_does_not_lose_the_question():
    talk = says(ours(), "how much").wait(600)
    (fill,) = talk.told(e.Fill)
    says(talk.speak(fill.item, 600), "", 200.0).tell(e.Settled({fill.item: 300.0}))
    assert talk.told(e.SayRest)
    assert talk.control.turn is TurnState.THINKING
    says(talk.tell(e.ItemHeard(fill.item)), "is tea")
    assert talk.told(e.Respond)[-1] == e.Respond("how much is tea")


def test_a_filler_that_begins_during_a_cough_does_not_lose_the_question():
    talk = says(ours(), "how much").wait(600)
    (fill,) = talk.told(e.Fill)
    talk.tell(e.SpeechStarted()).speak(fill.item, 600, sent=False).wait(200).tell(e.SpeechStopped())
    talk.tell(e.CallerTurnEnded("", 200.0), e.ItemHeard(fill.item))
    assert says(talk, "is tea").told(e.Respond)[-1] == e.Respond("how much is tea")


def test_a_filler_that_was_cut_by_a_lost_stream_is_no_answer():
    talk = says(ours(), "how much").wait(600)
    (fill,) = talk.told(e.Fill)
    talk.speak(fill.item, 600).tell(e.PhoneLost(False, {fill.item: 300.0}), e.PhoneJoined())
    assert talk.control.turn is TurnState.THINKING
    talk.tell(e.ItemHeard(fill.item)).wait(5000)
    assert len(talk.told(e.Fill)) == 2


def test_what_was_answered_without_a_sound_is_not_asked_again():
    talk = says(ours(), "thanks").tell(e.ItemEnded("nothing"))
    assert says(talk, "how much").told(e.Respond)[-1] == e.Respond("how much")


def test_what_was_answered_without_a_sound_beside_a_cough_is_not_awaited():
    talk = says(ours(), "thanks").tell(e.SpeechStarted(), e.ItemEnded("nothing"), e.SpeechStopped())
    talk.tell(e.CallerTurnEnded("", 200.0)).commands.clear()
    assert talk.control.turn is TurnState.LISTENING
    assert not talk.wait(10_000).told(e.Fill, e.Respond)


def test_an_answer_that_was_held_for_a_cough_answers_the_question():
    talk = says(ours(), "how much").tell(e.SpeechStarted()).speak("answer", 1000, sent=False)
    talk.wait(200).tell(e.SpeechStopped()).wait(300).tell(e.CallerTurnEnded("", 200.0)).tell(e.ItemHeard("answer"))
    says(talk, "a croissant")
    assert talk.told(e.Respond)[-1] == e.Respond("a croissant")


def test_late_news_of_an_answer_that_was_cut_is_no_answer():
    talk = ours().speak("a", 3000, whole=False).wait(1000)
    says(talk, "how much").tell(e.Settled({"a": 1000.0}), e.ItemEnded("a"))
    assert talk.control.turn is TurnState.THINKING
    assert talk.wait(1000).told(e.Fill)


def test_a_filler_without_a_sound_is_no_answer():
    talk = says(ours(), "how much").wait(600)
    (fill,) = talk.told(e.Fill)
    talk.tell(e.ItemEnded(fill.item))
    assert talk.control.turn is TurnState.THINKING


def test_words_told_while_the_caller_goes_on_are_answered_if_a_noise_is_all_that_follows():
    talk = ours().tell(e.SpeechStarted(), e.SpeechStopped(), e.SpeechStarted(), e.CallerTurnEnded("how much", 400.0))
    talk.tell(e.SpeechStopped(), e.SpeechStarted(), e.SpeechStopped())
    assert not talk.told(e.Respond)
    assert talk.tell(e.CallerTurnEnded("", 200.0)).told(e.Respond) == [e.Respond("how much")]
    assert talk.control.turn is TurnState.THINKING


def test_a_noise_behind_words_that_were_told_late_asks_for_the_answer_once():
    talk = ours().tell(e.SpeechStarted(), e.SpeechStopped(), e.SpeechStarted(), e.CallerTurnEnded("how much", 400.0))
    talk.tell(e.SpeechStopped(), e.CallerTurnEnded("", 200.0))
    assert talk.told(e.Respond) == [e.Respond("how much")]


def test_an_answer_that_waits_for_the_rest_does_not_wait_for_a_stream_that_is_lost():
    talk = ours().tell(e.SpeechStarted(), e.SpeechStopped(), e.SpeechStarted(), e.CallerTurnEnded("how much", 400.0))
    assert talk.tell(e.PhoneLost(False)).told(e.Respond) == [e.Respond("how much")]


def test_an_answer_that_was_not_asked_for_yet_is_when_the_stream_is_lost():
    talk = ours().speak("a", 1000).tell(e.SpeechStarted(), e.SpeechStopped(), e.CallerTurnEnded("how much", 400.0))
    talk.tell(e.SpeechStarted(), e.PhoneLost(False, {"a": 300.0}), e.PhoneJoined()).wait(20_000)
    assert talk.told(e.Respond) == [e.Respond("how much")]


@pytest.mark.parametrize("turns", ["provider", "offhook"])
def test_the_wait_after_words_that_were_hard_to_understand_is_filled_too(turns):
    talk = Talk(turns).tell(e.SpeechStarted(), e.SpeechStopped()).wait(1000).tell(e.CallerTurnEnded("how much", 400.0))
    assert not talk.wait(899).told(e.Fill)
    assert talk.wait(1).told(e.Fill)


# ---------------------------------------------------------------- tools


def test_a_tool_is_run_and_its_result_told():
    talk = ours().tell(e.ToolCalled("1", "price", "{}"))
    assert talk.commands == [e.RunTool("1", "price", "{}")]
    talk.tell(e.ToolFinished("1", "3 euros"))
    assert talk.commands[1:] == [e.ToolResult("1", "3 euros", False)]
    assert [type(event) for event in talk.events] == [e.ToolCalled, e.ToolFinished]


def test_what_a_tool_has_begun_to_do_is_not_asked_for_again():
    talk = says(ours(), "a large latte").tell(e.ToolCalled("1", "order", "{}"))
    says(talk, "and a croissant")
    assert talk.told(e.Respond) == [e.Respond("a large latte"), e.Respond("and a croissant")]


def test_an_entry_that_a_tool_has_begun_to_work_on_is_not_entered_again():
    talk = ours().tell(*(e.KeyPressed(digit) for digit in "472#")).tell(e.ToolCalled("1", "order", "{}"))
    assert says(talk.wait(500), "and a croissant").told(e.Respond)[-1] == e.Respond("and a croissant")


def test_a_tool_that_runs_while_nobody_speaks_is_filled():
    talk = Talk("provider").wait(5000).tell(e.ToolCalled("1", "price", "{}")).wait(899)
    assert not talk.told(e.Fill)
    assert talk.wait(1).told(e.Fill)


def test_a_tool_that_takes_long_after_a_word_of_the_agents_is_filled():
    talk = says(ours(), "how much").speak("let me see", 500).tell(e.ToolCalled("1", "price", "{}")).wait(500)
    talk.tell(e.ItemHeard("let me see")).wait(900)
    assert talk.told(e.Fill)
    talk.tell(e.ToolFinished("1", "3 euros")).commands.clear()
    talk.speak("answer", 500).wait(500).tell(e.ItemHeard("answer")).wait(20_000)
    assert not talk.told(e.Fill)


def after_a_tool(talk: Talk) -> Talk:
    """The agent has said a word, and looks something up."""
    says(talk, "how much").speak("let me see", 500).tell(e.ToolCalled("1", "price", "{}")).wait(500)
    talk.tell(e.ItemHeard("let me see")).wait(100).commands.clear()
    return talk


def test_what_a_tool_brings_is_not_said_over_the_caller():
    talk = after_a_tool(ours()).tell(e.SpeechStarted()).wait(100).tell(e.ToolFinished("1", "3 euros"))
    talk.speak("answer", 1000, sent=False)
    assert talk.ledger.take(8000) is None
    talk.tell(e.Settled(), e.SpeechStopped()).wait(300).tell(e.CallerTurnEnded("never mind", 400.0))
    assert talk.told(e.Cancel, e.Discard, e.Respond) == [e.Cancel(), e.Discard("answer"), e.Respond("never mind")]


def test_what_begins_before_the_words_of_the_caller_are_known_waits_for_them():
    talk = (
        after_a_tool(ours()).tell(e.SpeechStarted()).wait(200).tell(e.SpeechStopped(), e.ToolFinished("1", "3 euros"))
    )
    talk.speak("answer", 1000, sent=False)
    assert talk.ledger.take(8000) is None
    assert talk.control.turn is TurnState.LISTENING
    talk.tell(e.Settled()).wait(300).tell(e.CallerTurnEnded("", 200.0))
    assert talk.ledger.take(8000).item == "answer"
    assert talk.control.turn is TurnState.SPEAKING


def test_a_filler_is_not_said_over_the_caller():
    talk = after_a_tool(ours()).wait(1000)
    (fill,) = talk.told(e.Fill)
    talk.tell(e.SpeechStarted()).speak(fill.item, 600, sent=False)
    assert talk.ledger.take(8000) is None


def test_a_filler_does_not_follow_the_callers_words_at_once():
    talk = after_a_tool(ours()).tell(e.SpeechStarted(), e.ToolCalled("2", "price", "{}")).wait(800)
    talk.tell(e.SpeechStopped()).wait(899)
    assert not talk.told(e.Fill)
    assert talk.wait(1).told(e.Fill)


def test_what_a_provider_understood_is_in_the_transcript_whenever_it_tells():
    talk = Talk("provider").tell(e.CallerTurnEnded("how much"), e.CallerTurnEnded(""), e.CallerTranscribed("is tea"))
    assert [turn.text for turn in talk.events if isinstance(turn, e.TurnKept)] == ["how much", "is tea"]


def test_a_provider_speaks_when_it_pleases():
    talk = Talk("provider").tell(e.SpeechStarted()).speak("answer", 1000, sent=False)
    assert not talk.told(e.Clear)
    assert talk.ledger.take(8000)


# ---------------------------------------------------------------- both fall silent


def test_when_both_fall_silent_after_a_cut_the_agent_goes_on():
    talk = Talk("provider").speak("a", 3000).wait(1000).tell(e.SpeechStarted(), e.Settled({"a": 1000.0}))
    talk.wait(300).tell(e.SpeechStopped()).wait(1299)
    assert not talk.told(e.Respond)
    talk.wait(1)
    assert talk.told(e.Respond) == [e.Respond("", going_on=True)]
    talk.wait(60_000)
    assert len(talk.told(e.Respond)) == 1, "it is asked once"


def test_an_agent_that_takes_long_to_go_on_is_waited_for_like_any_other():
    talk = Talk("provider").speak("a", 3000).wait(1000).tell(e.SpeechStarted(), e.Settled({"a": 1000.0}))
    talk.wait(300).tell(e.SpeechStopped()).wait(1300 + 899)
    assert not talk.told(e.Fill)
    assert talk.wait(1).told(e.Fill)


def test_an_agent_that_has_nothing_to_go_on_with_is_not_asked_again():
    talk = Talk("provider").speak("a", 3000).wait(1000).tell(e.SpeechStarted(), e.Settled({"a": 1000.0}))
    talk.wait(300).tell(e.SpeechStopped()).wait(1300).tell(e.ItemEnded("nothing")).wait(60_000)
    assert talk.told(e.Respond) == [e.Respond("", going_on=True)]


def test_a_provider_that_is_about_to_answer_is_not_asked_to_go_on():
    talk = Talk("provider").speak("a", 3000).wait(1000).tell(e.SpeechStarted(), e.Settled({"a": 1000.0}))
    talk.wait(300).tell(e.SpeechStopped(), e.CallerTurnEnded("")).wait(5000)
    assert not talk.told(e.Respond)


def test_an_answer_without_a_sound_after_a_cut_is_no_dead_end():
    talk = ours().speak("a", 3000).wait(1000)
    says(talk, "wait a moment").tell(e.Settled({"a": 1000.0}), e.ItemEnded("nothing")).wait(1500)
    assert talk.told(e.Respond) == [e.Respond("wait a moment"), e.Respond("", going_on=True)]


def test_a_noise_in_place_of_an_answer_is_asked_again():
    talk = asks(ours()).wait(2000).tell(e.ItemHeard("a")).wait(500)
    talk.tell(e.SpeechStarted()).wait(300).tell(e.SpeechStopped()).wait(476).tell(e.CallerTurnEnded("", 300.0))
    assert talk.wait(500).told(e.Respond) == []
    assert talk.wait(1000).told(e.Respond) == [e.Respond("", going_on=True)]
    assert len(talk.wait(60_000).told(e.Respond)) == 1


def test_a_noise_that_takes_long_to_be_told_from_words_is_asked_again_too():
    talk = asks(ours()).wait(2000).tell(e.ItemHeard("a")).wait(500)
    talk.tell(e.SpeechStarted()).wait(300).tell(e.SpeechStopped()).wait(1000).tell(e.CallerTurnEnded("", 300.0))
    assert talk.wait(1299).told(e.Respond) == []
    assert talk.wait(1).told(e.Respond) == [e.Respond("", going_on=True)]


def test_a_noise_where_nothing_was_asked_is_nothing():
    talk = ours().speak("a", 500).wait(500).tell(e.ItemHeard("a"))
    talk.tell(e.SpeechStarted(), e.SpeechStopped(), e.CallerTurnEnded("", 300.0)).wait(60_000)
    assert talk.told(e.Respond) == []


def test_the_agent_does_not_go_on_while_the_words_of_an_answer_are_looked_up():
    talk = asks(ours()).wait(2000).tell(e.ItemHeard("a")).wait(500)
    says(talk, "", 300.0).wait(600)
    talk.tell(e.SpeechStarted()).wait(200).tell(e.SpeechStopped()).wait(400)
    assert not talk.told(e.Respond)
    assert talk.tell(e.CallerTurnEnded("yes", 200.0)).told(e.Respond) == [e.Respond("yes")]


def test_the_agent_does_not_go_on_while_keys_are_pressed():
    talk = asks(ours()).wait(2000).tell(e.ItemHeard("a")).wait(500)
    says(talk, "", 300.0).wait(600).tell(e.KeyPressed("4")).wait(2999)
    assert not talk.told(e.Respond)
    assert talk.wait(1).told(e.Respond) == [e.Respond("", keys="4")]


def test_the_agent_does_not_go_on_before_the_stream_is_back():
    talk = asks(ours()).wait(2000).tell(e.ItemHeard("a")).wait(500)
    says(talk, "", 300.0).wait(600).tell(e.PhoneLost(False)).wait(2000)
    assert not talk.told(e.Respond)
    assert talk.tell(e.PhoneJoined()).wait(1300).told(e.Respond) == [e.Respond("", going_on=True)]


# ---------------------------------------------------------------- the keypad


def test_keys_are_an_entry_ended_by_hash():
    talk = ours().tell(*(e.KeyPressed(digit) for digit in "472#"))
    assert talk.told(e.Respond) == [e.Respond("", keys="472")]
    assert [turn.text for turn in talk.events if isinstance(turn, e.TurnKept)] == ["(keys 472)"]


def test_an_entry_is_answered_once():
    talk = ours().tell(*(e.KeyPressed(digit) for digit in "472#")).speak("ok", 100).tell(e.ItemHeard("ok"))
    assert says(talk.wait(500), "thanks").told(e.Respond) == [e.Respond("", keys="472"), e.Respond("thanks")]


def test_an_entry_is_over_three_seconds_after_the_last_key():
    talk = ours().tell(e.KeyPressed("4")).wait(2000).tell(e.KeyPressed("7")).wait(2999)
    assert not talk.told(e.Respond)
    assert talk.wait(1).told(e.Respond) == [e.Respond("", keys="47")]


def test_an_entry_of_the_length_that_was_asked_for_is_over_at_once():
    talk = ours().speak("how many", 500).tell(e.KeysWanted(1)).wait(500).tell(e.ItemHeard("how many"))
    assert talk.tell(e.KeyPressed("4")).told(e.Respond) == [e.Respond("", keys="4")]
    talk.speak("ok", 100).tell(e.KeyPressed("5"), e.Settled({"ok": 50.0}))
    assert len(talk.told(e.Respond)) == 1, "what was asked for counts once"


@pytest.mark.parametrize("turns", ["provider", "offhook"])
def test_a_key_is_a_barge_in(turns):
    talk = Talk(turns).speak("menu", 5000).wait(1000).tell(e.KeyPressed("1"))
    assert talk.told(e.Clear)
    talk.tell(e.Settled({"menu": 1000.0}), e.KeyPressed("#"))
    assert talk.told(e.Truncate)
    assert talk.commands[-1] == e.Respond("", keys="1")


def test_every_key_is_told_to_those_who_watch():
    talk = ours().tell(e.KeyPressed("4"))
    assert talk.events == [e.KeyPressed("4")]


def test_a_cough_between_two_keys_is_not_answered():
    talk = ours().speak("menu", 5000).wait(1000).tell(e.KeyPressed("1"), e.Settled({"menu": 1000.0}))
    says(talk, "", 200.0)
    assert not talk.told(e.Respond)
    assert talk.wait(3000).told(e.Respond) == [e.Respond("", keys="1")]


def test_the_answer_to_an_entry_that_was_ended_by_hash_is_waited_for_from_there():
    talk = ours().tell(e.KeyPressed("4")).wait(2500).tell(e.KeyPressed("#")).wait(899)
    assert not talk.told(e.Fill)
    assert talk.wait(1).told(e.Fill)


def test_an_entry_waits_for_words_that_are_still_looked_up_and_the_wait_is_filled():
    talk = (
        ours().tell(e.SpeechStarted()).wait(400).tell(e.SpeechStopped(), e.KeyPressed("4"), e.KeyPressed("#")).wait(900)
    )
    assert not talk.told(e.Respond)
    assert talk.told(e.Fill)
    assert talk.tell(e.CallerTurnEnded("please", 300.0)).told(e.Respond) == [e.Respond("please", keys="4")]


def test_a_key_into_the_goodbye_withdraws_it():
    talk = Talk("provider").speak("bye", 1000).tell(e.HangUpAsked(e.Reason.AGENT_HUNG_UP), e.KeyPressed("1"))
    talk.speak("what", 500).tell(e.ItemHeard("what")).wait(60_000)
    assert not talk.told(e.HangUp)


def test_nothing_but_hash_is_no_entry():
    assert not ours().tell(e.KeyPressed("#")).wait(5000).told(e.Respond)


@pytest.mark.parametrize("turns", ["provider", "offhook"])
def test_nothing_but_hash_over_the_agent_is_no_dead_end(turns):
    talk = Talk(turns).speak("menu", 5000).wait(500).tell(e.KeyPressed("#"), e.Settled({"menu": 500.0})).wait(1299)
    assert not talk.told(e.Respond)
    assert talk.wait(1).told(e.Respond) == [e.Respond("", going_on=True)]


def test_a_key_stops_a_provider_that_is_still_generating():
    talk = Talk("provider").speak("menu", 5000, whole=False).tell(e.KeyPressed("1"))
    assert talk.told(e.Cancel, e.Clear) == [e.Cancel(), e.Clear()]
    assert not Talk("provider").speak("menu", 5000).tell(e.KeyPressed("1")).told(e.Cancel)


def test_keys_that_a_provider_gets_while_the_caller_speaks_are_told_it_at_the_end_of_the_turn():
    talk = Talk("provider").tell(e.KeyPressed("4")).wait(2900).tell(e.SpeechStarted()).wait(500)
    assert not talk.told(e.Respond)
    talk.tell(e.SpeechStopped(), e.CallerTurnEnded(""))
    assert talk.told(e.Respond) == [e.Respond("", keys="4")]


# ---------------------------------------------------------------- goodbye


def test_an_agent_that_hangs_up_after_its_goodbye_is_heard_first():
    talk = ours().speak("bye", 1000).tell(e.HangUpAsked(e.Reason.AGENT_HUNG_UP, goodbye=True)).wait(1000)
    assert not talk.told(e.HangUp)
    assert talk.tell(e.ItemHeard("bye")).told(e.HangUp)


@pytest.mark.parametrize("turns", ["provider", "offhook"])
def test_an_agent_that_hangs_up_before_its_goodbye_may_still_say_it(turns):
    talk = says(Talk(turns), "bye").tell(e.HangUpAsked(e.Reason.AGENT_HUNG_UP, goodbye=True)).wait(2000)
    assert not talk.told(e.HangUp)
    talk.speak("bye", 1000).wait(1000)
    assert not talk.told(e.HangUp)
    assert talk.tell(e.ItemHeard("bye")).told(e.HangUp)


def test_a_goodbye_that_does_not_come_is_not_waited_for_for_ever():
    talk = says(ours(), "bye").tell(e.HangUpAsked(e.Reason.AGENT_HUNG_UP, goodbye=True)).wait(4999)
    assert not talk.told(e.HangUp)
    assert talk.wait(1).told(e.HangUp)


def test_a_cough_before_the_goodbye_leaves_it_to_be_said():
    talk = says(ours(), "bye").tell(e.HangUpAsked(e.Reason.AGENT_HUNG_UP, goodbye=True)).wait(200)
    says(talk, "", 200.0)
    assert not talk.told(e.HangUp)
    talk.speak("bye", 1000).wait(1000)
    assert not talk.told(e.HangUp)
    assert talk.tell(e.ItemHeard("bye")).told(e.HangUp)


def test_a_goodbye_that_was_held_for_a_cough_ends_the_call_when_it_was_heard():
    talk = says(ours(), "bye").tell(e.HangUpAsked(e.Reason.AGENT_HUNG_UP, goodbye=True)).wait(200)
    talk.tell(e.SpeechStarted()).speak("bye", 7000, sent=False).wait(200).tell(e.SpeechStopped()).wait(300)
    talk.tell(e.CallerTurnEnded("", 200.0)).wait(7000)
    assert not talk.told(e.HangUp)
    assert talk.tell(e.ItemHeard("bye")).told(e.HangUp)


def test_a_hello_into_a_greeting_that_is_a_goodbye_does_not_withdraw_it():
    talk = greeting(3000).tell(e.HangUpAsked(e.Reason.AGENT_HUNG_UP, goodbye=True)).wait(300)
    says(talk, "hello").wait(2000)
    assert not talk.told(e.HangUp)
    assert talk.tell(e.ItemHeard("greeting")).told(e.HangUp)


def test_a_cough_at_the_end_of_a_greeting_that_is_a_goodbye_does_not_withdraw_it():
    talk = greeting(1400).tell(e.HangUpAsked(e.Reason.AGENT_HUNG_UP, goodbye=True)).wait(1300)
    talk.tell(e.SpeechStarted()).wait(100).tell(e.ItemHeard("greeting"))
    assert not talk.told(e.HangUp)
    assert talk.tell(e.SpeechStopped(), e.CallerTurnEnded("", 200.0)).told(e.HangUp)


def test_a_goodbye_is_withdrawn_by_words_said_before_it_begins():
    talk = says(ours(), "bye").tell(e.HangUpAsked(e.Reason.AGENT_HUNG_UP, goodbye=True)).wait(200)
    says(talk, "wait").speak("what", 500).wait(500).tell(e.ItemHeard("what"))
    assert not talk.told(e.HangUp)


def test_an_agent_that_has_not_said_a_word_may_still_say_goodbye():
    assert not silent().tell(e.HangUpAsked(e.Reason.AGENT_HUNG_UP, goodbye=True)).told(e.HangUp)


def test_a_goodbye_that_was_withdrawn_is_not_brought_back_by_a_cough():
    talk = ours().speak("bye", 1000).tell(e.HangUpAsked(e.Reason.AGENT_HUNG_UP))
    says(talk, "wait").tell(e.Settled({"bye": 300.0})).speak("what", 1000)
    says(talk, "", 200.0).tell(e.Settled({"what": 300.0}), e.ItemHeard("what")).wait(60_000)
    assert not talk.told(e.HangUp)


def test_a_cough_at_the_very_end_of_the_goodbye_does_not_keep_the_call():
    talk = ours().speak("bye", 1000).tell(e.HangUpAsked(e.Reason.AGENT_HUNG_UP)).wait(990)
    says(talk.tell(e.SpeechStarted(), e.Settled({"bye": 1000.0})), "", 200.0)
    assert talk.told(e.HangUp)


def test_every_word_that_was_heard_before_the_stream_of_an_ended_call_is_gone_is_kept():
    talk = Talk("provider").speak("a", 1000).tell(e.SpeechStarted()).speak("b", 1000)
    talk.tell(e.HangUpAsked(e.Reason.OPERATOR_HUNG_UP, at_once=True), e.PhoneLost(False, {"a": 400.0, "b": 100.0}))
    heard = {turn.item: turn.heard_ms for turn in talk.events if isinstance(turn, e.TurnKept)}
    assert heard == {"a": 400.0, "b": 100.0}


def test_a_goodbye_that_was_withdrawn_before_it_began_is_not_brought_back_either():
    talk = silent().tell(e.HangUpAsked(e.Reason.AGENT_HUNG_UP, goodbye=True))
    says(talk, "wait").speak("what", 1000)
    says(talk, "", 200.0).tell(e.Settled({"what": 300.0}), e.ItemHeard("what")).wait(60_000)
    assert not talk.told(e.HangUp)


def test_a_goodbye_that_was_asked_for_during_a_long_interruption_does_not_end_a_call_whose_stream_is_lost():
    talk = ours().speak("bye", 3000).wait(500).tell(e.SpeechStarted(), e.HangUpAsked(e.Reason.AGENT_HUNG_UP))
    talk.tell(e.Settled({"bye": 500.0})).wait(800).tell(e.PhoneLost(False))
    assert talk.control.state is CallState.PARKED


def test_half_a_second_of_uh_huh_is_not_long_though_its_end_is_told_late():
    talk = ours().speak("a", 4000).wait(1000).tell(e.SpeechStarted(), e.Settled({"a": 1000.0})).wait(700)
    talk.tell(e.SpeechStopped()).wait(300).tell(e.CallerTurnEnded("", 560.0))
    assert talk.told(e.SayRest)
    assert not talk.told(e.Cancel, e.Respond)


def test_a_hello_into_a_providers_greeting_does_not_cut_it_until_it_is_known_to_go_on():
    def greeted() -> Talk:
        talk = Talk("provider", joined=False).tell(e.AgentJoined(), e.PhoneJoined())
        return talk.speak("greeting", 5000)

    talk = greeted().wait(1000).tell(e.SpeechStarted()).wait(1100).tell(e.SpeechStopped())
    assert not talk.wait(2000).told(e.Clear), "of 400 ms, told 700 ms late"
    talk = greeted().wait(1000).tell(e.SpeechStarted())
    assert not talk.wait(1299).told(e.Clear)
    assert talk.wait(1).told(e.Clear)


# ---------------------------------------------------------------- another agent leg


def test_turns_may_become_ours_in_the_middle_of_a_call():
    talk = Talk("provider").speak("a", 3000).tell(e.SpeechStarted())
    talk.tell(e.Settled({"a": 500.0}), e.SpeechStopped(), e.CallerTurnEnded("", name="u1"))
    assert talk.told(e.Truncate)
    talk.tell(e.AgentJoined("local", "offhook")).speak("b", 3000).wait(500)
    assert talk.ledger.keep
    talk.tell(e.SpeechStarted()).wait(100).tell(e.Settled({"b": 500.0}))
    assert len(talk.told(e.Truncate)) == 1, "it is a suspicion now"
    talk.tell(e.SpeechStopped(), e.CallerTurnEnded("", 100))
    assert talk.told(e.SayRest)
    talk.tell(e.SpeechStarted(), e.Settled({"b": 900.0}), e.SpeechStopped(), e.CallerTurnEnded("what do you have", 900))
    assert talk.told(e.Respond)[-1].text == "what do you have"


def test_a_suspicion_that_nobody_will_judge_any_more_counts_and_the_provider_has_the_turns():
    talk = Talk("offhook").tell(e.CallerTurnEnded("tell me", 900)).speak("a", 3000).wait(500).tell(e.SpeechStarted())
    assert not talk.told(e.Truncate)
    talk.tell(e.AgentJoined("openai:m", "provider"), e.Settled({"a": 500.0}))
    assert talk.told(e.Truncate)
    talk.speak("b", 3000).wait(300).tell(e.SpeechStarted(), e.Settled({"b": 300.0}))
    assert [cut.item for cut in talk.told(e.Truncate)] == ["a", "b"], "final at once"


def test_what_the_lost_leg_heard_begin_is_not_waited_for():
    talk = Talk("offhook").tell(e.SpeechStarted())
    talk.tell(e.KeyPressed("5"), e.KeyPressed("#"))
    assert not talk.told(e.Respond), "the words they are saying are still to come"
    talk.tell(e.AgentJoined("local", "offhook"))
    assert talk.told(e.Respond)[-1].keys == "5"


def test_a_leg_that_does_not_say_whose_the_turns_are_changes_nothing_but_is_told():
    talk = Talk("offhook").tell(e.AgentJoined("echo"))
    assert talk.ledger.keep and talk.events == [e.AgentJoined("echo")]
    assert not talk.told(e.Greet), "nobody is greeted twice"


# ---------------------------------------------------------------------------------------------- how long answers take


def answered(talk: Talk) -> list[tuple[str, float]]:
    return [(event.item, event.latency_ms) for event in talk.events if isinstance(event, e.Answered)]


@pytest.mark.parametrize("turns", ["offhook", "provider"])
def test_an_answer_is_timed_from_the_end_of_speech_to_the_ear(turns):
    talk = Talk(turns)
    talk.wait(1000).tell(e.SpeechStarted()).wait(800).tell(e.SpeechStopped(ago_ms=200.0)).wait(100)
    talk.tell(e.CallerTurnEnded("hello", 600.0)).wait(300).speak("a", 1000)
    talk.tell(e.ItemSounded("a", talk.now + 80.0))
    assert answered(talk) == [("a", 200.0 + 100.0 + 300.0 + 80.0)]


def test_only_the_first_item_of_an_answer_is_timed_and_no_filler():
    talk = says(ours(), "what is it")
    talk.wait(1000)
    (filler,) = talk.told(e.Fill)
    talk.speak(filler.item, 300).tell(e.ItemSounded(filler.item, talk.now))
    talk.speak("a", 300).tell(e.ItemSounded("a", talk.now)).speak("b", 300).tell(e.ItemSounded("b", talk.now))
    assert [item for item, _ in answered(talk)] == ["a"]


def test_a_greeting_answers_nobody_and_neither_does_what_follows_a_cough():
    talk = greeting().tell(e.ItemSounded("greeting", 0.0)).tell(e.ItemHeard("greeting"))
    talk.tell(e.SpeechStarted()).wait(200).tell(e.SpeechStopped()).wait(300).tell(e.CallerTurnEnded("", 200.0))
    talk.speak("a", 300).tell(e.ItemSounded("a", talk.now))
    assert answered(talk) == []


def test_an_entry_on_the_keypad_is_answered_too():
    talk = ours().tell(e.KeysWanted(1), e.KeyPressed("5")).wait(250)
    talk.speak("a", 300).tell(e.ItemSounded("a", talk.now))
    assert answered(talk) == [("a", 250.0)]


# ---------------------------------------------------------------- an operator silences the agent


@pytest.mark.parametrize("turns", ["provider", "offhook"])
def test_an_agent_that_is_silenced_is_cut_for_good_and_waits_for_the_caller(turns):
    talk = Talk(turns).speak("menu", 5000, whole=False).wait(1000).tell(e.InterruptAsked())
    assert talk.told(e.Clear) and talk.told(e.Cancel)
    talk.tell(e.Settled({"menu": 1000.0}), e.ItemEnded("menu"))
    assert talk.told(e.Truncate) == [e.Truncate("menu", 1000, "")]
    assert not talk.wait(60_000).told(e.Respond, e.Fill), "nobody asked it to go on"
    assert talk.control.turn is TurnState.LISTENING


@pytest.mark.parametrize("turns", ["provider", "offhook"])
def test_an_agent_that_is_silenced_before_it_speaks_says_nothing(turns):
    talk = says(Talk(turns), "how much is tea").tell(e.InterruptAsked())
    assert talk.told(e.Cancel)
    talk.commands.clear()
    assert not talk.wait(60_000).told(e.Respond, e.Fill)
    if turns == "offhook":
        says(talk, "and coffee")
        assert talk.told(e.Respond) == [e.Respond("and coffee")]


def test_an_agent_that_is_silenced_while_its_interruption_is_judged_is_cut():
    talk = (
        ours().speak("menu", 5000).wait(1000).tell(e.SpeechStarted(), e.InterruptAsked(), e.Settled({"menu": 1000.0}))
    )
    assert talk.told(e.Truncate) and not talk.ledger.speaking
    talk.tell(e.SpeechStopped(), e.CallerTurnEnded("uh huh", 200.0))
    assert not talk.told(e.SayRest)


def test_a_goodbye_that_is_silenced_is_none():
    talk = Talk().speak("bye", 1000).tell(e.HangUpAsked(e.Reason.AGENT_HUNG_UP), e.InterruptAsked())
    assert not talk.tell(e.Settled({"bye": 100.0})).wait(120_000).told(e.HangUp)


def test_nobody_is_silenced_whom_nobody_hears():
    talk = Talk("offhook").speak("menu", 5000).tell(e.PhoneLost(False)).tell(e.InterruptAsked(), e.PhoneJoined())
    assert talk.ledger.speaking


# ---------------------------------------------------------------- the tone of a key


def tone(talk, before, after, text="two"):
    """A key whose tone sounds like speech, from so long before until so long after it is told."""
    talk.tell(e.SpeechStarted()).wait(before).tell(e.KeyPressed("2")).wait(after).tell(e.SpeechStopped())
    return talk.wait(300).tell(e.CallerTurnEnded(text, before + after))


def test_the_tone_of_a_key_is_no_word_of_the_callers():
    talk = tone(ours(), 200, 200)
    assert not talk.told(e.Respond)
    assert talk.wait(3000).told(e.Respond) == [e.Respond("", keys="2")]
    assert [turn.text for turn in talk.events if isinstance(turn, e.TurnKept)] == ["(keys 2)"]


def test_a_tone_that_sounds_after_its_key_is_none_either():
    talk = ours().tell(e.KeyPressed("2")).wait(100).tell(e.SpeechStarted()).wait(150).tell(e.SpeechStopped())
    talk.wait(300).tell(e.CallerTurnEnded("two", 150.0))
    assert talk.wait(3000).told(e.Respond) == [e.Respond("", keys="2")]


@pytest.mark.parametrize(("before", "after"), [(900, 100), (200, 700)])
def test_who_speaks_while_they_press_a_key_is_heard(before, after):
    talk = tone(ours(), before, after, "no sugar please")
    assert talk.wait(3000).told(e.Respond)[-1].text == "no sugar please"


@pytest.mark.parametrize(("spoken_ms", "answered"), [(400.0, False), (1200.0, True)])
def test_a_long_turn_into_the_greeting_whose_words_are_told_later_is_no_hello(spoken_ms, answered):
    talk = Talk("offhook", joined=False).tell(e.AgentJoined(), e.PhoneJoined()).speak("greeting", 4000).wait(300)
    talk.tell(e.SpeechStarted()).wait(spoken_ms).tell(e.SpeechStopped())
    talk.tell(e.CallerTurnEnded("", spoken_ms, name="turn 1"), e.Settled({"greeting": 1500.0}))
    assert bool(talk.told(e.Clear)) is answered
    assert bool(talk.told(e.Respond)) is answered and len(talk.told(e.Greet)) == 1


@pytest.mark.parametrize("turns", ["provider", "offhook"])
def test_a_limit_asks_for_a_goodbye_though_one_was_cut_into(turns):
    talk = Talk(turns).speak("bye", 3000).tell(e.HangUpAsked(e.Reason.AGENT_HUNG_UP)).wait(500)
    talk.tell(e.SpeechStarted()).wait(1500).tell(e.Settled({"bye": 500.0}))
    talk.tell(e.HangUpAsked(e.Reason.MAX_DURATION, leaving=True))
    assert talk.told(e.Respond) == [e.Respond("", leaving=True)]
