"""The rules of one call, event by event; time is a number."""

import pytest

from offhook.core import events as e
from offhook.core.states import CallState, Next, TurnState
from tests.core.talk import Talk


def test_the_agent_greets_when_both_are_there_whoever_comes_first():
    assert Talk(joined=False).tell(e.PhoneJoined(), e.AgentJoined()).told(e.Greet)
    assert Talk(joined=False).tell(e.AgentJoined(), e.PhoneJoined()).told(e.Greet)
    assert not Talk(joined=False).tell(e.AgentJoined()).told(e.Greet)


def test_a_call_without_a_stream_ends_after_10_s():
    talk = Talk(joined=False).wait(9_999)
    assert talk.end is None
    assert talk.wait(1).end == (e.Result.UNANSWERED, e.Reason.NO_STREAM)
    assert talk.told(e.CloseAgent)


def test_a_barge_in_of_the_providers_is_final():
    talk = Talk().speak("a", 1000).tell(e.SpeechStarted())
    assert talk.commands == [e.Clear()]
    talk.tell(e.Settled({"a": 400.0}))
    assert talk.told(e.Truncate) == [e.Truncate("a", 400, talk.told(e.Truncate)[0].text)]
    assert talk.control.turn is TurnState.LISTENING


def test_speech_while_nobody_speaks_clears_nothing():
    talk = Talk().tell(e.SpeechStarted())
    assert talk.commands == []


def test_an_item_heard_to_its_end_is_not_truncated_and_an_unheard_one_is_removed():
    talk = Talk().speak("a", 1000).speak("b", 1000).speak("c", 500, sent=False)
    talk.tell(e.SpeechStarted(), e.Settled({"a": 1000.0, "b": 1.5}))
    assert [(type(c), c.item) for c in talk.told(e.Truncate, e.Discard)] == [(e.Truncate, "b"), (e.Discard, "c")]


def test_a_second_barge_in_before_the_first_is_settled_keeps_them_apart():
    talk = Talk().speak("a", 1000).tell(e.SpeechStarted())
    talk.speak("b", 1000).tell(e.SpeechStarted())
    talk.tell(e.Settled({"a": 400.0}), e.Settled({"b": 100.0}))
    assert [(c.item, c.heard_ms) for c in talk.told(e.Truncate)] == [("a", 400), ("b", 100)]


def test_a_suspected_interruption_clears_at_once_and_truncates_when_confirmed():
    talk = Talk("offhook").speak("a", 1000).tell(e.SpeechStarted(), e.Settled({"a": 400.0}))
    assert talk.commands == [e.Clear()]
    talk.tell(e.SpeechStopped(), e.CallerTurnEnded("how much", 400.0))
    assert [type(c) for c in talk.commands[1:]] == [e.Cancel, e.Truncate, e.Respond]


def test_long_speech_confirms_before_it_ends():
    talk = Talk("offhook").speak("a", 1000).tell(e.SpeechStarted(), e.Settled({"a": 400.0})).wait(760)
    assert talk.told(e.Truncate)


def test_an_interruption_confirmed_by_its_length_is_answered_even_if_not_understood():
    talk = Talk("offhook").speak("a", 1000).tell(e.SpeechStarted(), e.Settled({"a": 400.0})).wait(800)
    talk.tell(e.SpeechStopped(), e.CallerTurnEnded("", 560.0))
    assert talk.told(e.Respond) == [e.Respond("")]


def test_a_cough_is_refuted_and_the_rest_is_said():
    talk = Talk("offhook").speak("a", 1000).tell(e.SpeechStarted(), e.Settled({"a": 400.0}), e.SpeechStopped())
    talk.tell(e.CallerTurnEnded("", 300.0))
    assert not talk.told(e.Truncate, e.Discard, e.Respond, e.Cancel)
    assert talk.told(e.SayRest)
    rest = talk.ledger.take(100_000)
    assert 0.0 < rest.offset_ms <= 400.0
    assert talk.control.turn is TurnState.SPEAKING


def test_a_cough_in_silence_is_nothing():
    talk = Talk("offhook").tell(e.SpeechStarted(), e.SpeechStopped(), e.CallerTurnEnded("", 300.0))
    assert talk.commands == []


def test_a_cough_while_the_agent_thinks_does_not_lose_the_question():
    talk = Talk("offhook").tell(e.SpeechStarted(), e.SpeechStopped(), e.CallerTurnEnded("how much", 500.0))
    talk.tell(e.SpeechStarted(), e.SpeechStopped(), e.CallerTurnEnded("", 200.0))
    assert talk.commands == [e.Respond("how much")]


def test_what_is_said_in_two_goes_is_answered_as_one():
    talk = Talk("offhook").tell(e.SpeechStarted(), e.SpeechStopped(), e.CallerTurnEnded("how much", 500.0))
    talk.tell(e.SpeechStarted(), e.SpeechStopped(), e.CallerTurnEnded("is tea", 500.0))
    assert talk.told(e.Respond)[-1] == e.Respond("how much is tea")


def test_the_truncate_goes_before_any_answer():
    talk = Talk("offhook").speak("a", 1000).tell(e.SpeechStarted(), e.SpeechStopped())
    talk.tell(e.CallerTurnEnded("how much", 400.0))
    assert not talk.told(e.Respond)
    talk.tell(e.Settled({"a": 400.0}))
    kinds = [type(c) for c in talk.commands]
    assert kinds.index(e.Truncate) < kinds.index(e.Respond)


def test_the_goodbye_is_heard_before_the_agent_hangs_up():
    talk = Talk().speak("bye", 1000).tell(e.HangUpAsked(e.Reason.AGENT_HUNG_UP)).wait(5000)
    assert not talk.told(e.HangUp)
    talk.tell(e.ItemHeard("bye"))
    assert talk.told(e.HangUp)


def test_a_goodbye_is_withdrawn_if_the_caller_speaks():
    talk = Talk().speak("bye", 1000).tell(e.HangUpAsked(e.Reason.AGENT_HUNG_UP), e.SpeechStarted())
    talk.tell(e.Settled({"bye": 300.0})).wait(120_000)
    assert not talk.told(e.HangUp)


def test_a_cough_into_the_goodbye_does_not_withdraw_it():
    talk = Talk("offhook").speak("bye", 1000).tell(e.HangUpAsked(e.Reason.AGENT_HUNG_UP), e.SpeechStarted())
    talk.tell(e.Settled({"bye": 300.0}), e.SpeechStopped(), e.CallerTurnEnded("", 200.0))
    assert not talk.told(e.HangUp)
    talk.tell(e.ItemHeard("bye"))
    assert talk.told(e.HangUp)


def test_a_cough_at_the_very_end_of_an_item_leaves_the_agent_listening():
    talk = Talk("offhook").speak("a", 1000).tell(e.SpeechStarted(), e.Settled({"a": 1000.0}), e.SpeechStopped())
    talk.tell(e.CallerTurnEnded("", 200.0))
    assert talk.control.turn is TurnState.LISTENING
    assert not talk.told(e.Truncate, e.Discard, e.Respond)


def test_a_question_asked_just_before_the_stream_was_lost_is_answered():
    talk = Talk("offhook").speak("a", 1000).tell(e.SpeechStarted(), e.SpeechStopped())
    talk.tell(e.CallerTurnEnded("how much", 400.0), e.PhoneLost(False, {"a": 300.0}))
    assert talk.told(e.Respond) == [e.Respond("how much")]


def test_an_answer_waits_while_the_caller_goes_on():
    talk = Talk("offhook").speak("a", 1000).tell(e.SpeechStarted(), e.SpeechStopped())
    talk.tell(e.CallerTurnEnded("how much", 400.0), e.SpeechStarted(), e.Settled({"a": 300.0}))
    assert not talk.told(e.Respond)
    talk.tell(e.SpeechStopped(), e.CallerTurnEnded("is tea", 400.0))
    assert talk.told(e.Respond) == [e.Respond("how much is tea")]


def test_the_words_of_a_turn_that_come_while_the_caller_speaks_again_wait_for_the_rest():
    talk = Talk("offhook").tell(e.SpeechStarted(), e.SpeechStopped(), e.SpeechStarted())
    talk.tell(e.CallerTurnEnded("how much", 400.0))
    assert not talk.told(e.Respond)
    talk.tell(e.SpeechStopped(), e.CallerTurnEnded("is tea", 400.0))
    assert talk.told(e.Respond) == [e.Respond("how much is tea")]


def test_the_rest_is_not_said_over_a_caller_who_speaks_again():
    talk = Talk("offhook").speak("a", 1000).tell(e.SpeechStarted(), e.SpeechStopped())
    talk.tell(e.CallerTurnEnded("", 200.0), e.SpeechStarted(), e.Settled({"a": 300.0}))
    assert not talk.told(e.SayRest)
    talk.tell(e.SpeechStopped(), e.CallerTurnEnded("wait", 300.0))
    assert talk.told(e.Truncate)


def test_audio_is_cleared_whatever_the_turn_is_called():
    talk = Talk().tell(e.SpeechStarted()).speak("a", 1000).tell(e.CallerTurnEnded(""), e.SpeechStarted())
    assert talk.told(e.Clear)


def test_an_agent_that_becomes_ready_while_parked_greets_afterwards():
    talk = Talk(joined=False).tell(e.PhoneJoined(), e.PhoneLost(False), e.AgentJoined())
    assert not talk.told(e.Greet)
    assert talk.tell(e.PhoneJoined()).told(e.Greet)


def test_a_carrier_that_asks_on_has_the_caller_on_the_line():
    talk = Talk().tell(e.PhoneLost(True)).wait(2500)
    assert talk.next() is Next.STREAM
    assert talk.wait(14_000).end is None
    assert talk.wait(1_000).end == (e.Result.FAILED, e.Reason.STREAM_LOST)


def test_a_goodbye_said_into_an_interruption_is_withdrawn_with_it():
    talk = Talk("offhook").speak("bye", 1000).tell(e.SpeechStarted(), e.HangUpAsked(e.Reason.AGENT_HUNG_UP))
    talk.tell(e.Settled({"bye": 300.0}), e.SpeechStopped(), e.CallerTurnEnded("wait", 300.0))
    talk.speak("what", 500).tell(e.ItemHeard("what"))
    assert not talk.told(e.HangUp)


def test_an_interruption_confirmed_before_it_is_settled_is_answered_even_if_not_understood():
    talk = Talk("offhook").speak("a", 1000).tell(e.SpeechStarted()).wait(800)
    talk.tell(e.SpeechStopped(), e.CallerTurnEnded("", 560.0), e.Settled({"a": 300.0}))
    assert talk.told(e.Respond) == [e.Respond("")]


def test_a_truncate_is_never_beyond_what_was_generated():
    talk = Talk()
    talk.ledger.accept("a", bytes(799))
    talk.tell(e.ItemBegan("a"))
    talk.ledger.take(8000)
    talk.tell(e.SpeechStarted(), e.Settled({"a": 500.0}))
    assert [c.heard_ms for c in talk.told(e.Truncate)] == [99]


def test_an_answer_without_a_sound_leaves_the_agent_listening():
    talk = Talk("offhook").tell(e.SpeechStarted(), e.SpeechStopped(), e.CallerTurnEnded("how much", 400.0))
    talk.tell(e.ItemEnded("nothing"))
    assert talk.control.turn is TurnState.LISTENING


def test_a_provider_that_was_still_generating_is_stopped_before_it_is_asked_to_go_on():
    talk = Talk().speak("a", 1000, whole=False).tell(e.PhoneLost(False, {"a": 400.0}), e.PhoneJoined())
    kinds = [type(c) for c in talk.commands]
    assert kinds == [e.Cancel, e.Truncate, e.Respond]


def test_a_provider_that_answered_while_parked_is_not_asked_to():
    talk = Talk().speak("a", 1000).tell(e.PhoneLost(False, {"a": 400.0})).speak("b", 500, sent=False)
    assert not talk.tell(e.PhoneJoined()).told(e.Respond)


def test_an_operator_hangs_up_at_once():
    talk = Talk().speak("a", 1000).tell(e.HangUpAsked(e.Reason.OPERATOR_HUNG_UP, at_once=True))
    assert talk.told(e.HangUp)
    assert talk.control.state is CallState.ENDING


def test_our_hang_up_ends_the_call_when_the_carrier_agrees_or_after_2_s():
    for agree in (True, False):
        talk = Talk().tell(e.HangUpAsked(e.Reason.AGENT_HUNG_UP), e.PhoneLost(False)).wait(1999)
        assert talk.end is None
        talk.tell(e.CarrierEnded("completed")) if agree else talk.wait(1)
        assert talk.end == (e.Result.COMPLETED, e.Reason.AGENT_HUNG_UP)


def test_a_lost_stream_parks_for_15_s_and_a_stopped_one_for_3():
    lost = Talk().tell(e.PhoneLost(False)).wait(14_999)
    assert lost.control.state is CallState.PARKED
    assert lost.wait(1).end == (e.Result.FAILED, e.Reason.STREAM_LOST)
    stopped = Talk().tell(e.PhoneLost(True)).wait(2_999)
    assert stopped.end is None
    assert stopped.wait(1).end == (e.Result.COMPLETED, e.Reason.CALLER_HUNG_UP)


def test_a_call_that_comes_back_says_the_rest_where_offhook_owns_the_turns():
    talk = Talk("offhook").speak("a", 1000).tell(e.PhoneLost(False, {"a": 400.0}))
    assert not talk.told(e.Truncate)
    assert talk.next() is Next.STREAM
    talk.tell(e.PhoneJoined())
    assert talk.told(e.SayRest)
    assert talk.ledger.take(100_000).offset_ms <= 400.0


def test_a_call_that_comes_back_tells_a_provider_what_was_heard_and_asks_it_to_go_on():
    talk = Talk().speak("a", 1000).tell(e.PhoneLost(False, {"a": 400.0}))
    assert talk.told(e.Truncate)[0].heard_ms == 400
    talk.tell(e.PhoneJoined())
    assert talk.told(e.Respond) == [e.Respond("", going_on=True)]


def test_a_silent_call_that_comes_back_just_goes_on():
    talk = Talk().tell(e.PhoneLost(False), e.PhoneJoined())
    assert talk.commands == []


def test_what_was_generated_while_parked_is_kept():
    talk = Talk("offhook").tell(e.PhoneLost(False)).speak("a", 500, sent=False).tell(e.PhoneJoined())
    assert len(talk.ledger.take(100_000).audio) == 4000


def test_a_status_other_than_in_progress_never_resumes():
    talk = Talk().tell(e.PhoneLost(True))
    assert talk.next("completed") is Next.HANG_UP
    assert talk.end == (e.Result.COMPLETED, e.Reason.CALLER_HUNG_UP)


def test_asked_how_to_go_on_after_our_hang_up_the_answer_is_to_hang_up():
    talk = Talk().tell(e.HangUpAsked(e.Reason.AGENT_HUNG_UP), e.PhoneLost(False))
    assert talk.next() is Next.HANG_UP


def test_three_resumes_within_a_minute_are_enough():
    talk = Talk()
    for _ in range(3):
        talk.tell(e.PhoneLost(False))
        assert talk.next() is Next.STREAM
        talk.tell(e.PhoneJoined()).wait(1000)
    talk.tell(e.PhoneLost(False))
    assert talk.next() is Next.APOLOGISE
    assert talk.end == (e.Result.FAILED, e.Reason.RESUMED_TOO_OFTEN)


@pytest.mark.parametrize(("after_ms", "answer"), [(59_999.0, Next.APOLOGISE), (60_000.0, Next.STREAM)])
def test_resumes_of_more_than_a_minute_ago_do_not_count(after_ms, answer):
    talk = Talk().wait(5000)
    for pause in (1000, 1000, after_ms - 2000):
        talk.tell(e.PhoneLost(False), e.PhoneJoined()).wait(pause)
    talk.tell(e.PhoneLost(False))
    assert talk.next() is answer


def test_answers_in_vain_are_counted_from_the_last_stream():
    talk = Talk().tell(e.PhoneLost(False))
    assert [talk.next() for _ in range(3)] == [Next.STREAM] * 3
    talk.tell(e.PhoneJoined(), e.PhoneLost(False))
    assert talk.next() is Next.STREAM


def test_a_carrier_that_asks_how_to_go_on_has_lost_the_stream_whether_or_not_we_have_noticed():
    talk = Talk().speak("a", 1000)
    assert talk.next() is Next.STREAM
    assert talk.control.state is CallState.PARKED
    assert talk.told(e.Discard) == [e.Discard("a")]


def test_a_call_that_came_back_is_not_waited_for():
    assert Talk().tell(e.PhoneLost(True), e.PhoneJoined()).wait(60_000).end is None


def test_a_carrier_that_cannot_reach_us_does_not_ask_for_ever():
    talk = Talk(joined=False)
    assert [talk.next() for _ in range(4)] == [Next.STREAM] * 3 + [Next.APOLOGISE]
    assert talk.end == (e.Result.FAILED, e.Reason.NO_STREAM)
    parked = Talk().tell(e.PhoneLost(False))
    assert [parked.next() for _ in range(4)] == [Next.STREAM] * 3 + [Next.APOLOGISE]


def test_a_lost_agent_ends_the_call_with_an_apology():
    talk = Talk().tell(e.AgentLost("gone")).wait(0).tell(e.PhoneLost(False))
    assert talk.next() is Next.APOLOGISE
    assert talk.wait(2000).end == (e.Result.FAILED, e.Reason.AGENT_FAILED)


def test_a_call_is_not_longer_than_it_may_be():
    talk = Talk(max_call_ms=60_000.0).wait(60_000)
    assert talk.told(e.Respond, e.HangUp) == [e.Respond("", leaving=True)]
    talk.speak("goodbye", 1500).wait(1500)
    assert not talk.told(e.HangUp)
    assert talk.tell(e.ItemHeard("goodbye")).told(e.HangUp)
    assert talk.tell(e.PhoneLost(True), e.CarrierEnded("completed")).end == (e.Result.COMPLETED, e.Reason.MAX_DURATION)


@pytest.mark.parametrize("turns", ["provider", "offhook"])
def test_a_limit_cuts_a_long_answer_and_the_goodbye_is_heard_whole(turns):
    talk = Talk(turns, max_call_ms=60_000.0).wait(50_000).speak("menu", 60_000, whole=False).wait(10_000)
    assert {type(command) for command in talk.commands} == {e.Clear, e.Cancel}, "what was heard goes before the goodbye"
    talk.wait(100).tell(e.Settled({"menu": 10_100.0}))
    assert [type(command) for command in talk.told(e.Truncate, e.Respond)] == [e.Truncate, e.Respond]
    talk.wait(1_000).speak("goodbye", 1500).wait(1500)
    assert not talk.told(e.HangUp)
    assert talk.tell(e.ItemHeard("goodbye")).told(e.HangUp)


@pytest.mark.parametrize("turns", ["provider", "offhook"])
def test_a_limit_that_is_reached_while_the_agent_thinks_is_not_answered_first(turns):
    talk = Talk(turns, max_call_ms=60_000.0).wait(59_900)
    talk.tell(e.SpeechStarted(), e.SpeechStopped(), e.CallerTurnEnded("what do you have", 900.0)).wait(100)
    assert talk.told(e.Cancel) and talk.told(e.Respond)[-1] == e.Respond("", leaving=True)
    assert talk.wait(4_000).told(e.Respond)[-1] == e.Respond("", leaving=True), "nobody asks it to go on"


def test_a_goodbye_that_is_being_said_is_not_cut_for_another():
    talk = Talk(max_call_ms=60_000.0).wait(59_000).speak("goodbye", 3000)
    talk.tell(e.HangUpAsked(e.Reason.AGENT_HUNG_UP, goodbye=True)).wait(1_000)
    assert not talk.told(e.Clear, e.Respond)
    assert talk.tell(e.ItemHeard("goodbye")).told(e.HangUp)


@pytest.mark.parametrize(("reason", "cut"), [(e.Reason.OPERATOR_HUNG_UP, False), (e.Reason.MAX_COST, True)])
def test_words_that_an_operator_gave_are_said_before_the_goodbye_they_want(reason, cut):
    talk = Talk().tell(e.SayAsked("We close now."))
    talk.speak(talk.told(e.Say)[0].item, 2000).wait(500)
    talk.tell(e.HangUpAsked(reason, leaving=True))
    assert bool(talk.told(e.Clear)) is cut


def test_a_limit_withdraws_a_transfer_that_is_about_to_be():
    talk = Talk(max_call_ms=60_000.0).wait(59_000).speak("i put you through", 3000)
    talk.tell(e.TransferAsked("kitchen", "+12025550102")).wait(1_000)
    changes = [event.status for event in talk.events if isinstance(event, e.TransferChanged)]
    assert changes == ["asked", "withdrawn"]
    talk.tell(e.Settled({"i put you through": 1000.0})).speak("goodbye", 500).tell(e.ItemHeard("goodbye"))
    assert talk.told(e.HangUp) and not talk.told(e.PutThrough)


def test_an_agent_that_says_no_goodbye_holds_nobody():
    assert Talk().wait(3_600_000).wait(5000).told(e.HangUp)
    assert Talk(joined=False, max_call_ms=60_000.0).tell(e.PhoneJoined()).wait(60_000).told(e.HangUp)


@pytest.mark.parametrize("turns", ["provider", "offhook"])
def test_a_caller_who_goes_on_does_not_undo_a_limit(turns):
    talk = Talk(turns, max_call_ms=60_000.0).wait(60_000)
    talk.tell(e.SpeechStarted(), e.SpeechStopped(), e.CallerTurnEnded("but I am not done yet", 2000.0))
    talk.speak("answer", 30_000)
    assert not talk.wait(9_900).told(e.HangUp)
    assert talk.wait(100).told(e.HangUp)


def test_the_agents_own_goodbye_does_not_change_why_a_call_ends():
    talk = Talk(max_call_ms=60_000.0).wait(60_000).speak("goodbye", 500)
    talk.tell(e.HangUpAsked(e.Reason.AGENT_HUNG_UP, goodbye=True), e.ItemHeard("goodbye"), e.PhoneLost(True))
    assert talk.tell(e.CarrierEnded("completed")).end == (e.Result.COMPLETED, e.Reason.MAX_DURATION)


def used(usd):
    return e.Used("model", usd, audio_out=1)


def test_a_call_does_not_cost_more_than_it_may():
    talk = Talk(max_usd=0.5).tell(used(0.2), used(None), used(0.2))
    assert not talk.told(e.Respond)
    assert talk.tell(used(0.1)).told(e.Respond) == [e.Respond("", leaving=True)]
    assert len(talk.tell(used(0.1)).told(e.Respond)) == 1, "the goodbye costs too"
    talk.speak("goodbye", 500).tell(e.ItemHeard("goodbye"), e.PhoneLost(True), e.CarrierEnded("completed"))
    assert talk.end == (e.Result.COMPLETED, e.Reason.MAX_COST)


def test_a_call_without_a_limit_may_cost_anything_and_what_has_no_price_reaches_none():
    assert not Talk().tell(used(1e6)).told(e.Respond, e.HangUp)
    assert not Talk(max_usd=0.01).tell(*[used(None)] * 100).told(e.Respond, e.HangUp)


def test_a_limit_that_is_reached_while_nobody_can_be_heard_ends_the_call_at_once():
    talk = Talk(max_usd=0.5).tell(e.PhoneLost(False), used(0.6))
    assert talk.end == (e.Result.COMPLETED, e.Reason.MAX_COST)


@pytest.mark.parametrize("status", ["queued", "ringing", "initiated", "in-progress"])
def test_a_status_of_a_living_call_ends_nothing(status):
    assert Talk().tell(e.CarrierEnded(status)).end is None


def test_a_caller_who_hangs_up_in_mid_answer_leaves_the_words_they_heard():
    talk = Talk("offhook").speak("a", 1000).tell(e.PhoneLost(True, {"a": 450.0}), e.CarrierEnded("completed"))
    kept = [event for event in talk.events if isinstance(event, e.TurnKept)][-1]
    assert (kept.item, kept.heard_ms) == ("a", 450.0)


def test_nothing_happens_after_the_end():
    talk = Talk().tell(e.PhoneLost(True), e.CarrierEnded("completed"))
    talk.commands.clear()
    talk.tell(e.SpeechStarted(), e.PhoneJoined(), e.HangUpAsked(e.Reason.AGENT_HUNG_UP), e.CarrierEnded("completed"))
    assert talk.commands == []
    assert talk.wait(1e9).end == (e.Result.COMPLETED, e.Reason.CALLER_HUNG_UP)


def test_the_callers_words_keep_their_place_though_they_come_after_the_answer_began():
    talk = Talk("provider")
    talk.tell(e.SpeechStarted(), e.SpeechStopped(), e.CallerTurnEnded("", name="u1"))
    talk.speak("a", 1000).tell(e.CallerTranscribed("what are your hours", "u1"), e.ItemHeard("a"))
    kept = [(event.turn, event.role) for event in talk.events if isinstance(event, e.TurnKept)]
    assert kept == [(2, "caller"), (3, "agent")]


def test_what_the_agent_used_of_its_provider_is_told_to_watchers():
    used = e.Used("m", 0.01, audio_out=7)
    assert Talk("provider").tell(used).events == [used]


def test_the_life_of_a_call_can_be_watched():
    talk = Talk(joined=False).tell(e.PhoneJoined(), e.PhoneLost(True))
    assert (talk.control.result, talk.control.reason) == (None, None)
    talk.tell(e.PhoneJoined(), e.HangUpAsked(e.Reason.AGENT_HUNG_UP), e.PhoneLost(False), e.CarrierEnded("completed"))
    told = [event.state for event in talk.events if isinstance(event, e.StateChanged)]
    assert told == ["connected", "parked", "connected", "ending", "ended"]
    assert (talk.control.result, talk.control.reason) == talk.end
    assert talk.control.wake_at() is None


def test_an_agent_may_ask_whether_its_goodbye_was_said():
    talk = Talk("offhook").tell(e.SpeechStarted(), e.SpeechStopped(), e.CallerTurnEnded("goodbye", 400.0))
    assert talk.control.goodbye_said is False
    assert talk.speak("bye", 500).control.goodbye_said is True


def test_a_carrier_that_agreed_before_its_stream_is_over_ends_the_call_with_it():
    talk = Talk().tell(e.HangUpAsked(e.Reason.AGENT_HUNG_UP), e.CarrierEnded("completed"))
    assert talk.end is None
    assert talk.tell(e.PhoneLost(True)).end == (e.Result.COMPLETED, e.Reason.AGENT_HUNG_UP)


def test_what_was_heard_until_an_operator_hung_up_is_in_the_transcript():
    talk = Talk().speak("a", 1000).tell(e.HangUpAsked(e.Reason.OPERATOR_HUNG_UP, at_once=True))
    talk.tell(e.PhoneLost(False, {"a": 400.0}))
    assert [turn.heard_ms for turn in talk.events if isinstance(turn, e.TurnKept)] == [400.0]


def test_a_caller_who_hangs_up_into_the_goodbye_does_not_leave_the_agent_waiting():
    talk = Talk().speak("bye", 1000).tell(e.HangUpAsked(e.Reason.AGENT_HUNG_UP), e.PhoneLost(True, {"bye": 400.0}))
    assert talk.end == (e.Result.COMPLETED, e.Reason.AGENT_HUNG_UP)


def test_a_call_that_the_carrier_could_not_put_through_has_failed():
    assert Talk(joined=False).tell(e.CarrierEnded("failed")).end == (e.Result.FAILED, e.Reason.CALLER_HUNG_UP)
    assert Talk(joined=False).tell(e.CarrierEnded("busy")).end == (e.Result.UNANSWERED, e.Reason.CALLER_HUNG_UP)


def test_an_entry_is_not_answered_after_the_call_was_hung_up():
    talk = Talk("offhook").tell(e.KeyPressed("4")).wait(2000)
    talk.tell(e.HangUpAsked(e.Reason.OPERATOR_HUNG_UP, at_once=True)).wait(1500)
    assert not talk.told(e.Respond)


def test_what_is_only_told_is_published_as_it_came():
    events = (e.AgentJoined("local", name="cafe"), e.StreamEnded(0, 1000.0), e.Noted({"order": 1}), e.Used("m", 0.1))
    talk = Talk().tell(*events)
    assert talk.events == list(events)
    assert talk.commands == []
