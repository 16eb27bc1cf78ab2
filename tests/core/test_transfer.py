import pytest

from offhook.core import events as e
from offhook.core.states import CallState, Next
from offhook.core.transfer import ANSWERED_MS, RING_S, Dial
from tests.core.talk import Talk

KITCHEN = e.TransferAsked("kitchen", "+12025550101")
LAST_WORDS = e.TransferAsked("kitchen", "+12025550101", due=True)


def asked(turns="provider", event=KITCHEN, **options):
    return Talk(turns, **options).tell(event)


def dialling(turns="provider", **options):
    talk = asked(turns, **options).tell(e.PhoneLost(False))
    assert talk.next() is Next.TRANSFER
    return talk


def statuses(talk):
    return [event.status for event in talk.events if isinstance(event, e.TransferChanged)]


def after(talk, dialled, status="in-progress"):
    answer, commands = talk.control.next(status, talk.now, dialled)
    talk._note(commands)
    return answer


def test_a_caller_is_given_back_to_the_carrier_which_is_told_whom_to_dial():
    talk = asked(max_call_ms=100_000.0)
    assert talk.told(e.PutThrough) and talk.control.state is CallState.TRANSFERRING
    talk.tell(e.PhoneLost(False)).wait(10_000)
    assert talk.next() is Next.TRANSFER
    assert talk.control.dial(talk.now) == Dial("+12025550101", RING_S, 90)
    assert talk.next() is Next.TRANSFER, "a carrier that lost the answer asks again"
    assert statuses(talk) == ["asked", "dialling"]


def test_what_the_agent_says_is_heard_first_and_last_words_that_are_still_to_come():
    talk = Talk().speak("one moment", 1000).tell(KITCHEN)
    assert not talk.wait(1000).told(e.PutThrough)
    assert talk.tell(e.ItemHeard("one moment")).told(e.PutThrough)
    talk = asked(event=LAST_WORDS).wait(4000)
    assert not talk.told(e.PutThrough)
    talk.speak("bye", 1000).wait(1000)
    assert not talk.told(e.PutThrough)
    assert talk.tell(e.ItemHeard("bye")).told(e.PutThrough)
    assert asked(event=LAST_WORDS).wait(5000).told(e.PutThrough), "who has no last words is not waited for"


@pytest.mark.parametrize("status", ["busy", "no-answer", "failed", "canceled"])
@pytest.mark.parametrize("turns", ["provider", "offhook"])
def test_who_comes_back_is_told_why(turns, status):
    talk = dialling(turns).wait(20_000)
    assert after(talk, status) is Next.STREAM
    assert talk.control.state is CallState.PARKED and not talk.told(e.Respond)
    talk.wait(300).tell(e.PhoneJoined())
    assert talk.told(e.Respond) == [e.Respond("", returned=e.Returned("kitchen", status))]
    talk.speak("sorry", 500).wait(500).tell(e.ItemHeard("sorry"))
    assert after(talk, status) is Next.STREAM and talk.control.state is CallState.CONNECTED, "told again, and too late"
    assert not talk.control.transferring


@pytest.mark.parametrize("turns", ["provider", "offhook"])
def test_what_the_agent_says_to_nobody_is_not_said_to_who_comes_back(turns):
    talk = dialling(turns).speak("goodbye", 1000, sent=False)
    after(talk, "busy")
    assert talk.told(e.Discard) == [e.Discard("goodbye")]
    talk.tell(e.PhoneJoined())
    assert not talk.ledger.take(8000)


def test_a_talk_that_was_had_ends_the_call_whatever_it_is_called():
    for word in ("completed", "answered"):
        talk = dialling().wait(ANSWERED_MS)
        assert after(talk, word) is Next.HANG_UP
        assert talk.end == (e.Result.COMPLETED, e.Reason.TRANSFERRED)
        assert statuses(talk)[-1] == "completed"


def test_the_agent_is_kept_while_it_rings_and_let_go_when_somebody_must_have_answered():
    talk = dialling().wait(ANSWERED_MS - 1)
    assert not talk.told(e.ReleaseAgent)
    assert talk.wait(1).told(e.ReleaseAgent)
    assert after(talk, "failed") is Next.APOLOGISE, "which no carrier says of a talk; nobody is there any more"
    assert talk.end == (e.Result.FAILED, e.Reason.AGENT_FAILED)


@pytest.mark.parametrize(
    ("event", "withdrawn"),
    [
        ([e.SpeechStarted(), e.SpeechStopped(), e.CallerTurnEnded("no wait a moment", 700.0)], True),
        ([e.KeyPressed("1")], True),
        ([e.SpeechStarted(), e.Settled({"bye": 500.0}), e.SpeechStopped(), e.CallerTurnEnded("", 200.0)], False),
        ([e.SpeechStarted(), e.Settled({"bye": 500.0}), e.SpeechStopped(), e.CallerTurnEnded("okay", 200.0)], False),
    ],
)
def test_a_caller_with_something_to_say_is_not_put_through_but_one_who_coughs_or_agrees_is(event, withdrawn):
    talk = Talk("offhook").speak("bye", 2000).tell(KITCHEN).wait(500).tell(*event)
    assert ("withdrawn" in statuses(talk)) is withdrawn
    if withdrawn:
        talk.tell(KITCHEN)
        assert statuses(talk)[-1] == "asked", "and may be asked for again"


def test_who_puts_a_caller_through_does_not_hang_up_on_them():
    talk = Talk().speak("bye", 1000).tell(KITCHEN, e.HangUpAsked(e.Reason.AGENT_HUNG_UP, goodbye=True))
    talk.wait(1000).tell(e.ItemHeard("bye"))
    assert talk.told(e.PutThrough) and not talk.told(e.HangUp)
    talk.tell(e.HangUpAsked(e.Reason.AGENT_HUNG_UP, goodbye=True))
    assert talk.control.state is CallState.TRANSFERRING


def test_a_stream_that_is_lost_before_puts_them_through_when_the_carrier_asks():
    talk = Talk().speak("bye", 1000).tell(KITCHEN).wait(500).tell(e.PhoneLost(False))
    assert talk.next() is Next.TRANSFER


def test_a_caller_who_is_gone_is_not_put_through():
    talk = Talk().speak("bye", 1000).tell(KITCHEN).wait(500).tell(e.PhoneLost(stopped=True)).wait(3000)
    assert talk.end == (e.Result.COMPLETED, e.Reason.CALLER_HUNG_UP)
    talk = asked().tell(e.PhoneLost(False))
    assert talk.next("completed") is Next.HANG_UP and talk.end == (e.Result.COMPLETED, e.Reason.CALLER_HUNG_UP)


def test_the_end_may_be_told_before_what_came_of_it():
    talk = dialling().tell(e.CarrierEnded("completed")).wait(1000)
    assert talk.end is None
    assert after(talk, "completed", "completed") is Next.HANG_UP
    assert talk.end == (e.Result.COMPLETED, e.Reason.TRANSFERRED)
    talk = dialling().tell(e.CarrierEnded("completed")).wait(2000)
    assert talk.end == (e.Result.COMPLETED, e.Reason.CALLER_HUNG_UP), "nothing is told: it rang still"
    talk = dialling().wait(ANSWERED_MS).tell(e.CarrierEnded("completed")).wait(2000)
    assert talk.end == (e.Result.COMPLETED, e.Reason.TRANSFERRED)


def test_an_end_of_ours_waits_for_the_carrier_which_dials():
    talk = dialling(max_call_ms=60_000.0).wait(60_000)
    assert talk.control.state is CallState.ENDING and talk.end is None
    assert talk.next() is Next.HANG_UP
    assert talk.wait(2000).end == (e.Result.COMPLETED, e.Reason.MAX_DURATION)
    assert len(talk.told(e.EndAtCarrier)) == 1, "who dials asks nothing, and has to be told"
    talk = dialling().tell(e.HangUpAsked(e.Reason.OPERATOR_HUNG_UP, at_once=True), e.CarrierEnded("completed"))
    assert talk.end == (e.Result.COMPLETED, e.Reason.OPERATOR_HUNG_UP)


def test_only_a_call_that_goes_on_is_put_through():
    assert Talk(joined=False).tell(KITCHEN).control.state is CallState.CONNECTING
    talk = Talk(max_call_ms=5000.0).wait(5000).tell(KITCHEN)
    assert not statuses(talk) and not talk.told(e.PutThrough)
    assert statuses(dialling().tell(e.TransferAsked("bar", "+12025550102"))) == ["asked", "dialling"]


def test_words_that_were_to_be_said_before_it_are_not_when_it_is_withdrawn():
    talk = Talk("offhook").speak("hello", 500).wait(2000).tell(e.ItemHeard("hello"), e.SpeechStarted())
    talk.tell(
        e.SayAsked("I put you through."),
        e.TransferAsked("kitchen", "+12025550101", due=True, first="I put you through."),
    )
    talk.wait(600).tell(e.SpeechStopped(), e.CallerTurnEnded("what are your opening hours", 600.0))
    assert "withdrawn" in statuses(talk)
    talk.speak("from eight to six", 500).wait(2000).tell(e.ItemHeard("from eight to six")).wait(3000)
    assert talk.told(e.Say) == [] and talk.told(e.PutThrough) == []
