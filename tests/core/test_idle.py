import pytest

from offhook.core import events as e
from offhook.core.states import CallState
from tests.core.talk import Talk

IDLE_MS = 20_000.0


def idle(turns="provider", ms=IDLE_MS):
    talk = Talk(turns, joined=False).tell(e.AgentJoined(idle_ms=ms), e.PhoneJoined())
    talk.speak("greeting", 100).tell(e.ItemHeard("greeting"))
    talk.commands.clear()
    return talk


def answers(talk, item, ms=1000):
    return talk.speak(item, ms).wait(ms).tell(e.ItemHeard(item))


@pytest.mark.parametrize("turns", ["provider", "offhook"])
def test_a_caller_who_says_nothing_is_asked_twice_and_then_left_with_a_goodbye(turns):
    talk = idle(turns).wait(IDLE_MS - 1)
    assert not talk.told(e.Respond)
    talk.wait(1)
    for count in (1, 2):
        assert talk.told(e.Respond) == [e.Respond("", idle=True)] * count
        answers(talk, f"there {count}").wait(IDLE_MS)
    assert talk.told(e.Respond)[2:] == [e.Respond("", leaving=True)]
    answers(talk, "goodbye")
    assert talk.told(e.HangUp)
    assert talk.tell(e.PhoneLost(False)).wait(3000).end == (e.Result.COMPLETED, e.Reason.CALLER_SILENT)


@pytest.mark.parametrize("turns", ["provider", "offhook"])
def test_a_caller_who_is_there_after_all_is_asked_anew_the_next_time(turns):
    talk = idle(turns).wait(IDLE_MS)
    answers(talk, "there").wait(IDLE_MS)
    answers(talk, "there?").tell(e.SpeechStarted()).wait(800)
    talk.tell(e.SpeechStopped(), e.CallerTurnEnded("yes I am here", 800.0))
    answers(talk, "good").wait(IDLE_MS)
    assert talk.told(e.Respond)[-1] == e.Respond("", idle=True)


def test_a_caller_who_speaks_into_the_goodbye_is_not_left():
    talk = idle()
    for item in ("there", "there?"):
        answers(talk.wait(IDLE_MS), item)
    talk.wait(IDLE_MS).speak("goodbye", 2000).wait(500).tell(e.SpeechStarted())
    talk.tell(e.Settled({"goodbye": 500.0}), e.SpeechStopped(), e.CallerTurnEnded("", name="u"))
    answers(talk, "so you are there").wait(IDLE_MS - 100)
    assert talk.control.state is CallState.CONNECTED


def test_an_agent_that_says_no_goodbye_leaves_all_the_same():
    talk = idle()
    for item in ("there", "there?"):
        answers(talk.wait(IDLE_MS), item)
    assert talk.wait(IDLE_MS + 5000).told(e.HangUp)


def test_keys_are_a_sign_of_life():
    talk = idle().wait(IDLE_MS - 1000).tell(e.KeyPressed("4")).wait(3000)
    answers(talk, "four").wait(IDLE_MS - 1)
    assert not any(command.idle for command in talk.told(e.Respond))


@pytest.mark.parametrize("turns", ["provider", "offhook"])
def test_a_tool_that_takes_long_is_waited_for_by_a_silent_caller(turns):
    talk = idle(turns).tell(e.ToolCalled("1", "look", "{}")).wait(60_000)
    assert not talk.told(e.Respond)


def test_nobody_is_asked_over_the_agents_own_words():
    talk = idle().speak("a story", 60_000).wait(59_999)
    assert not talk.told(e.Respond)
    assert talk.tell(e.ItemHeard("a story")).wait(IDLE_MS).told(e.Respond) == [e.Respond("", idle=True)]


def test_a_caller_whom_the_agent_waits_for_from_the_beginning_may_be_silent_no_longer():
    talk = Talk(joined=False).tell(e.AgentJoined(idle_ms=IDLE_MS), e.PhoneJoined()).wait(IDLE_MS)
    assert talk.told(e.Respond) == [e.Respond("", idle=True)]


def test_without_a_time_everybody_may_be_silent():
    assert not idle(ms=0).wait(600_000).told(e.Respond)


def test_a_call_that_is_parked_is_not_idle():
    talk = idle().tell(e.PhoneLost(False)).wait(14_000).tell(e.PhoneJoined()).wait(IDLE_MS - 1)
    assert not talk.told(e.Respond)
