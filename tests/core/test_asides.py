"""What the agent says beside its answers, in a whole control."""

import pytest

from offhook.core import events as e
from offhook.core.states import CallState, Next, TurnState
from tests.core.talk import Talk


def lines(talk):
    return [fill.line for fill in talk.told(e.Fill)]


def test_who_is_connected_before_the_agent_is_there_is_told_to_wait():
    talk = Talk(joined=False).tell(e.PhoneJoined()).wait(1499)
    assert lines(talk) == []
    talk.wait(1)
    (fill,) = talk.told(e.Fill)
    talk.speak(fill.item, 800).wait(800).tell(e.ItemHeard(fill.item)).wait(2700)
    assert lines(talk) == [e.Line.WAIT] * 2
    talk.tell(e.AgentJoined())
    assert len(talk.told(e.Greet)) == 1


def test_an_agent_that_is_there_in_time_says_nothing_of_it():
    talk = Talk(joined=False).tell(e.PhoneJoined()).wait(1000).tell(e.AgentJoined())
    assert lines(talk.wait(10_000)) == []


@pytest.mark.parametrize("turns", ["provider", "offhook"])
def test_an_agent_that_was_lost_says_so_whoevers_go_it_is_and_again_until_it_is_back(turns):
    talk = Talk(turns).wait(60_000).tell(e.AgentAway(lost=True)).wait(1500)
    assert lines(talk) == [e.Line.LOST]
    (fill,) = talk.told(e.Fill)
    talk.speak(fill.item, 800).wait(800).tell(e.ItemHeard(fill.item)).wait(2700)
    assert lines(talk) == [e.Line.LOST, e.Line.WAIT]
    assert talk.control.turn is TurnState.LISTENING
    assert lines(talk.tell(e.AgentBack()).wait(60_000)) == [e.Line.LOST, e.Line.WAIT]


def test_what_was_being_said_when_the_agent_was_lost_is_heard_first():
    talk = Talk().speak("a", 3000).wait(1000).tell(e.AgentAway(lost=True), e.ItemEnded("a")).wait(2000)
    assert lines(talk) == []
    assert lines(talk.tell(e.ItemHeard("a")).wait(900)) == [e.Line.LOST]


def test_a_caller_whose_pause_nobody_will_tell_does_not_keep_the_call_silent():
    talk = Talk().tell(e.SpeechStarted()).wait(500).tell(e.AgentAway(lost=True)).wait(1500)
    assert lines(talk) == [e.Line.LOST]


def test_where_offhook_hears_the_caller_an_interruption_that_nobody_will_judge_was_none():
    talk = Talk("offhook").speak("a", 3000).wait(1000).tell(e.SpeechStarted(), e.Settled({"a": 1000.0}))
    talk.tell(e.AgentAway(lost=True))
    assert talk.told(e.SayRest) and talk.ledger.is_open("a")


def test_a_caller_may_cut_in_on_a_line_and_the_agent_is_told_nothing_that_it_did_not_say():
    talk = Talk().tell(e.AgentAway()).wait(1500)
    (fill,) = talk.told(e.Fill)
    talk.speak(fill.item, 800).wait(100).tell(e.SpeechStarted())
    assert talk.told(e.Clear)
    talk.tell(e.Settled({fill.item: 100.0}), e.SpeechStopped(), e.CallerTurnEnded("", name="u"))
    assert talk.control.turn is TurnState.THINKING


def test_a_call_that_waits_for_its_stream_says_nothing():
    talk = Talk().tell(e.AgentAway(lost=True), e.PhoneLost(False)).wait(10_000)
    assert lines(talk) == []
    assert lines(talk.tell(e.PhoneJoined()).wait(900)) == [e.Line.LOST]


# ---------------------------------------------------------------- the agent's last words


def test_an_agent_that_is_lost_for_good_says_goodbye_and_the_call_has_failed():
    talk = Talk().tell(e.AgentLost("gone"))
    (fill,) = talk.told(e.Fill)
    assert fill.line is e.Line.GOODBYE
    talk.speak(fill.item, 2000).wait(1999)
    assert talk.control.state is CallState.CONNECTED
    talk.wait(1).tell(e.ItemHeard(fill.item))
    assert talk.told(e.HangUp) and talk.next() is Next.HANG_UP, "it has apologised"
    assert talk.wait(3000).tell(e.PhoneLost(False)).wait(2000).end == (e.Result.FAILED, e.Reason.AGENT_FAILED)


def test_an_agent_without_last_words_leaves_at_once_and_the_carrier_apologises():
    talk = Talk().tell(e.AgentLost("gone")).wait(0)
    assert talk.told(e.HangUp) and talk.next() is Next.APOLOGISE


def test_last_words_that_are_never_heard_do_not_keep_the_call():
    talk = Talk().tell(e.AgentLost("gone"))
    talk.speak(talk.told(e.Fill)[0].item, 2000).wait(8000)
    assert talk.told(e.HangUp) and talk.next() is Next.APOLOGISE


def test_who_hangs_up_during_the_last_words_had_a_call_that_failed():
    talk = Talk().tell(e.AgentLost("gone"))
    talk.speak(talk.told(e.Fill)[0].item, 2000).tell(e.CarrierEnded("completed"), e.PhoneLost(True))
    assert talk.end == (e.Result.FAILED, e.Reason.AGENT_FAILED)


# ---------------------------------------------------------------- words that are given


@pytest.mark.parametrize("turns", ["provider", "offhook"])
def test_words_that_are_given_are_said_when_nobody_speaks(turns):
    talk = Talk(turns).speak("a", 1000).tell(e.SayAsked("Your table is ready."), e.SayAsked("Bye.")).wait(1000)
    assert talk.told(e.Say) == []
    talk.tell(e.ItemHeard("a"))
    assert talk.told(e.Say) == [e.Say("say1", "Your table is ready.")]
    talk.speak("say1", 500).tell(e.Saying("Your table is ready.", exact=True)).wait(500).tell(e.ItemHeard("say1"))
    assert talk.told(e.Say)[1:] == [e.Say("say2", "Bye.")]
    assert [each for each in talk.events if isinstance(each, e.Saying)]


@pytest.mark.parametrize("turns", ["provider", "offhook"])
def test_words_that_are_given_wait_for_the_callers_turn_to_end(turns):
    talk = Talk(turns).tell(e.SpeechStarted(), e.SayAsked("One more thing.")).wait(500).tell(e.SpeechStopped())
    assert talk.told(e.Say) == []
    talk.tell(e.CallerTurnEnded("how much", 400.0))
    assert len(talk.told(e.Say)) == 1


def test_words_that_are_given_while_a_tool_runs_are_no_answer():
    talk = Talk("offhook").tell(e.SpeechStarted(), e.SpeechStopped(), e.CallerTurnEnded("how much", 400.0))
    talk.tell(e.ToolCalled("1", "price", "{}"), e.SayAsked("I look it up."))
    talk.speak("say1", 500).wait(500).tell(e.ItemHeard("say1"))
    assert talk.control.turn is TurnState.THINKING
    assert len(talk.wait(900).told(e.Fill)) == 1, "and the wait is filled"


def test_words_that_are_given_to_an_agent_that_is_away_wait_for_it():
    talk = Talk().tell(e.AgentAway(lost=True), e.SayAsked("Hello again."))
    assert talk.told(e.Say) == []
    assert len(talk.tell(e.AgentBack()).told(e.Say)) == 1


def test_a_goodbye_that_is_given_ends_the_call():
    talk = Talk("offhook").tell(e.SpeechStarted(), e.SpeechStopped(), e.CallerTurnEnded("that is all", 400.0))
    talk.tell(e.SayAsked("Goodbye."), e.HangUpAsked(e.Reason.AGENT_HUNG_UP, goodbye=True))
    talk.speak("say1", 500).wait(500)
    assert not talk.told(e.HangUp)
    assert talk.tell(e.ItemHeard("say1")).told(e.HangUp)


def test_no_more_words_wait_than_anybody_would_give():
    talk = Talk().tell(e.SpeechStarted(), *(e.SayAsked(str(number)) for number in range(50)))
    talk.tell(e.SpeechStopped(), e.CallerTurnEnded("", name="u"))
    for _ in range(60):
        talk.tell(e.KeysWanted(1))
    assert [say.text for say in talk.told(e.Say)] == [str(number) for number in range(30, 50)]
