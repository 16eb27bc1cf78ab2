"""A call of ours until somebody answers, and what becomes of it."""

import pytest

from offhook.core import events as e
from offhook.core.dialling import ASK_MS, ASKS, DIAL_MS, RING_LATE_MS
from offhook.core.opening import Plan
from offhook.core.states import CallState
from tests.core.talk import Talk

RING_MS = 20_000.0


def dialling(**plan):
    return Talk(joined=False, plan=Plan(**plan), ring_ms=RING_MS)


def ringing(**plan):
    return dialling(**plan).tell(e.Dialled("CA1"), e.Rang())


def test_the_agent_is_opened_when_somebody_answers_and_not_before():
    talk = ringing()
    assert talk.control.state is CallState.RINGING and talk.told(e.OpenAgent) == []
    talk.tell(e.PickedUp(), e.PickedUp())
    assert talk.told(e.OpenAgent) == [e.OpenAgent()]
    assert talk.tell(e.AgentJoined(), e.PhoneJoined()).control.state is CallState.CONNECTED


def test_news_in_another_order_lead_to_the_same():
    talk = dialling().tell(e.PickedUp(), e.Rang(), e.Dialled("CA1"), e.AgentJoined(), e.PhoneJoined(), e.Rang())
    assert talk.control.state is CallState.CONNECTED
    talk.wait(RING_MS + RING_LATE_MS + 60_000)
    assert talk.end is None


@pytest.mark.parametrize(
    ("status", "end"),
    [
        ("busy", (e.Result.BUSY, e.Reason.BUSY)),
        ("no-answer", (e.Result.UNANSWERED, e.Reason.NO_ANSWER)),
        ("canceled", (e.Result.CANCELED, e.Reason.CANCELED)),
        ("failed", (e.Result.FAILED, e.Reason.NOT_REACHED)),
        ("completed", (e.Result.COMPLETED, e.Reason.CALLEE_HUNG_UP)),
    ],
)
def test_the_carriers_last_word_is_the_end(status, end):
    talk = ringing().tell(e.CarrierEnded(status))
    assert talk.end == end and talk.told(e.EndAtCarrier) == []
    assert talk.told(e.CloseAgent) == [e.CloseAgent()]


def test_a_call_that_was_answered_does_not_become_busy():
    talk = ringing().tell(e.PickedUp(), e.CarrierEnded("busy"))
    assert talk.end == (e.Result.COMPLETED, e.Reason.CALLEE_HUNG_UP)


def test_what_the_carrier_does_not_take_is_over_at_once():
    talk = dialling().tell(e.NotDialled())
    assert talk.end == (e.Result.FAILED, e.Reason.NOT_DIALLED) and talk.told(e.EndAtCarrier) == []


def test_a_call_that_rings_too_long_is_ended_at_the_carrier():
    talk = ringing().wait(RING_MS + RING_LATE_MS - 1)
    assert talk.end is None
    talk.wait(2)
    assert talk.end == (e.Result.UNANSWERED, e.Reason.NO_ANSWER) and talk.told(e.EndAtCarrier) == [e.EndAtCarrier()]


def test_a_call_of_which_nothing_is_heard_is_asked_after_and_given_up_at_last():
    talk = dialling().tell(e.Dialled("CA1")).wait(RING_MS + RING_LATE_MS)
    assert talk.told(e.AskCarrier) == [e.AskCarrier()]
    talk.wait(ASKS * ASK_MS)
    assert len(talk.told(e.AskCarrier)) == ASKS and talk.told(e.EndAtCarrier) == [e.EndAtCarrier()]
    assert talk.end == (e.Result.UNANSWERED, e.Reason.NO_ANSWER)


def test_a_call_that_waits_at_the_carrier_may_still_ring():
    talk = dialling().tell(e.Dialled("CA1")).wait(120_000).tell(e.Rang()).wait(RING_MS)
    assert talk.end is None
    assert talk.tell(e.PickedUp()).told(e.OpenAgent)


def test_a_carrier_that_never_says_whether_it_has_taken_the_call():
    talk = dialling().wait(DIAL_MS + 1)
    assert talk.end == (e.Result.FAILED, e.Reason.NOT_DIALLED)


def test_a_call_that_rings_is_hung_up():
    talk = ringing().tell(e.HangUpAsked(e.Reason.OPERATOR_HUNG_UP, at_once=True))
    assert talk.end == (e.Result.CANCELED, e.Reason.OPERATOR_HUNG_UP)
    assert talk.told(e.EndAtCarrier) == [e.EndAtCarrier()]


def test_an_answer_without_a_stream_is_ended_and_the_verdict_is_waited_for():
    talk = ringing().tell(e.PickedUp()).wait(10_001)
    assert talk.end == (e.Result.UNANSWERED, e.Reason.NO_STREAM) and talk.told(e.EndAtCarrier) == [e.EndAtCarrier()]
    assert ringing(detection="sync").tell(e.PickedUp()).wait(50_000).end is None


def test_the_longest_a_call_may_be_counts_from_the_answer():
    talk = Talk(joined=False, plan=Plan(), ring_ms=60_000.0, max_call_ms=30_000.0)
    talk.tell(e.Dialled("CA1"), e.Rang()).wait(50_000).tell(e.PickedUp(), e.PhoneJoined()).wait(20_000)
    assert talk.end is None
    assert talk.wait(20_000).end == (e.Result.COMPLETED, e.Reason.MAX_DURATION)


# ---------------------------------------------------------------------------------------------- who is on the line


@pytest.mark.parametrize("turns", ["provider", "offhook"])
def test_until_the_first_words_are_due_nothing_is_answered(turns):
    talk = Talk(turns, joined=False, plan=Plan())
    talk.tell(e.Dialled("CA1"), e.PickedUp(), e.AgentJoined(), e.PhoneJoined(), e.SpeechStarted())
    talk.wait(4000)
    assert talk.told(e.Greet, e.Respond, e.Fill) == [] and talk.told(e.Heed) == [e.Heed(False)]
    talk.tell(e.SpeechStopped(), e.CallerTurnEnded("hello", 400.0))
    assert talk.told(e.Heed, e.Greet, e.Respond) == [e.Heed(False), e.Heed(True), e.Greet()]


@pytest.mark.parametrize(
    ("words", "answered"), [("hello", []), ("where are you located", [e.Respond("where are you located")])]
)
def test_who_asks_before_the_greeting_is_answered_after_it(words, answered):
    talk = Talk("offhook", joined=False, plan=Plan())
    talk.tell(e.Dialled("CA1"), e.PickedUp(), e.AgentJoined(), e.PhoneJoined()).wait(500)
    talk.tell(e.SpeechStarted()).wait(1500).tell(e.SpeechStopped(), e.CallerTurnEnded(words, 1400.0))
    assert talk.told(e.Greet, e.Respond) == [e.Greet()]
    talk.speak("greeting", 3000, whole=False)
    assert talk.told(e.Respond) == []
    talk.tell(e.ItemEnded("greeting"))
    assert talk.told(e.Respond) == answered


def asked_before_the_greeting():
    """Where somebody is, and the greeting has begun."""
    talk = Talk("offhook", joined=False, plan=Plan())
    talk.tell(e.Dialled("CA1"), e.PickedUp(), e.AgentJoined(), e.PhoneJoined()).wait(500)
    talk.tell(e.SpeechStarted()).wait(1500)
    talk.tell(e.SpeechStopped(), e.CallerTurnEnded("where are you located", 1400.0))
    return talk.speak("greeting", 3000, whole=False)


def test_who_is_silenced_in_the_greeting_does_not_answer_what_was_asked_before_it():
    talk = asked_before_the_greeting().wait(200).tell(e.InterruptAsked())
    talk.tell(e.ItemEnded("greeting"), e.Settled({"greeting": 200.0})).wait(3000)
    assert talk.told(e.Respond) == []
    talk.tell(e.SpeechStarted()).wait(900).tell(e.SpeechStopped(), e.CallerTurnEnded("are you there", 800.0))
    assert talk.told(e.Respond) == [e.Respond("are you there")]


def test_a_goodbye_in_the_greeting_is_not_followed_by_an_answer():
    talk = asked_before_the_greeting().wait(200).tell(e.HangUpAsked(e.Reason.OPERATOR_HUNG_UP, leaving=True))
    talk.tell(e.ItemEnded("greeting"), e.Settled({"greeting": 200.0})).wait(100)
    assert talk.told(e.Respond) == [e.Respond("", leaving=True)]


@pytest.mark.parametrize("heard", [False, True])
@pytest.mark.parametrize(("words", "ms"), [("", 300.0), ("hello", 500.0)])
def test_who_makes_a_noise_when_the_greeting_ends_is_answered_all_the_same(words, ms, heard):
    talk = asked_before_the_greeting().wait(200).tell(e.SpeechStarted(), e.ItemEnded("greeting"))
    assert talk.told(e.Respond) == []
    if heard:
        talk.tell(e.ItemHeard("greeting"))
    talk.wait(ms).tell(e.SpeechStopped(), e.CallerTurnEnded(words, ms)).wait(800)
    (answer,) = talk.told(e.Respond)
    assert answer.text.startswith("where are you located") and answer.text.endswith(words if heard else "located")


def test_a_noise_over_the_greeting_that_is_judged_late_costs_no_answer():
    talk = asked_before_the_greeting().wait(2000).tell(e.SpeechStarted(), e.ItemEnded("greeting"))
    talk.wait(200).tell(e.SpeechStopped(), e.CallerTurnEnded("", 200.0))
    assert talk.told(e.Clear) == [e.Clear()] and talk.told(e.Respond) == []
    talk.tell(e.Settled({"greeting": 1800.0}))
    assert talk.told(e.SayRest, e.Respond) == [e.SayRest(), e.Respond("where are you located")]


@pytest.mark.parametrize("turns", ["provider", "offhook"])
def test_a_machine_cannot_cut_in_and_is_not_answered(turns):
    talk = Talk(turns, joined=False, plan=Plan(detection="async", voicemail="call us"))
    talk.tell(e.Dialled("CA1"), e.PickedUp(), e.AgentJoined(), e.PhoneJoined()).wait(2000)
    talk.speak("greeting", 5000).tell(e.CalleeKnown("machine", True))
    assert talk.told(e.Clear) == [e.Clear()]
    talk.tell(e.Settled({"greeting": 100.0}))
    (said,) = talk.told(e.Say)
    assert said.text == "call us"
    talk.speak(said.item, 3000).tell(e.SpeechStarted(), e.KeyPressed("1"))
    talk.tell(e.SpeechStopped(), e.CallerTurnEnded("goodbye", 900.0)).wait(2000)
    assert talk.told(e.Clear) == [e.Clear()] and talk.told(e.Respond) == [] and talk.end is None
    talk.tell(e.ItemHeard(said.item))
    assert talk.told(e.HangUp) == [e.HangUp()]
    assert talk.tell(e.PhoneLost(False), e.CarrierEnded("completed")).end == (e.Result.COMPLETED, e.Reason.MESSAGE_LEFT)


def test_a_message_that_could_not_be_said_was_not_left():
    talk = Talk(joined=False, plan=Plan(detection="async", voicemail="call us"))
    talk.tell(e.Dialled("CA1"), e.PickedUp(), e.AgentJoined(), e.PhoneJoined(), e.CalleeKnown("machine", True))
    talk.wait(10_000)
    assert talk.end == (e.Result.UNANSWERED, e.Reason.MACHINE)


# ---------------------------------------------------------------------------------------------- ended at the carrier


def hung_up(**options):
    return Talk(**options).tell(e.HangUpAsked(e.Reason.OPERATOR_HUNG_UP, at_once=True), e.PhoneLost(False))


def test_a_carrier_that_does_not_end_a_call_is_told_to():
    talk = hung_up()
    assert talk.wait(1999).told(e.EndAtCarrier) == []
    assert talk.wait(2).told(e.EndAtCarrier) == [e.EndAtCarrier()] and talk.end


def test_not_if_it_has_ended_it_or_has_asked_how_to_go_on():
    assert hung_up().tell(e.CarrierEnded("completed")).wait(5000).told(e.EndAtCarrier) == []
    talk = hung_up()
    talk.next()
    assert talk.wait(5000).told(e.EndAtCarrier) == [], "it was told, and may be saying an apology"


def test_a_stream_that_never_came_or_was_lost_ends_the_call_at_the_carrier_too():
    assert Talk(joined=False).wait(10_001).told(e.EndAtCarrier) == [e.EndAtCarrier()]
    assert Talk().tell(e.PhoneLost(False)).wait(15_001).told(e.EndAtCarrier) == [e.EndAtCarrier()]
    assert Talk().tell(e.PhoneLost(True)).wait(15_001).told(e.EndAtCarrier) == [], "the caller has hung up"
