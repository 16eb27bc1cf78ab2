from typing import get_args

import pytest

from offhook.core import events as e
from offhook.core.states import CALL, TURNS, CallState, TurnState, is_over


def test_the_tables_name_every_state_and_only_events():
    assert set(CALL) == set(CallState)
    assert set(TURNS) == set(TurnState)
    for table in (CALL, TURNS):
        for moves in table.values():
            assert set(moves) <= set(get_args(e.Event))


def test_nothing_leads_out_of_the_end():
    assert CALL[CallState.ENDED] == {}


def test_only_the_caller_turns_speaking_into_listening():
    assert TURNS[TurnState.SPEAKING][e.SpeechStarted] is TurnState.LISTENING


@pytest.mark.parametrize("status", ["completed", "busy", "failed", "no-answer", "canceled", "something new"])
def test_a_status_that_is_none_of_a_living_call_is_the_end(status):
    assert is_over(status)


@pytest.mark.parametrize("status", ["queued", "initiated", "ringing", "in-progress"])
def test_a_status_of_a_living_call_is_not_the_end(status):
    assert not is_over(status)


def test_a_call_is_connected_by_its_stream_and_parked_without():
    for waiting in (CallState.RINGING, CallState.PARKED):
        assert CALL[waiting] == {e.PhoneJoined: CallState.CONNECTED}
    assert CALL[CallState.CONNECTING] == {e.Rang: CallState.RINGING, e.PhoneJoined: CallState.CONNECTED}
    assert CALL[CallState.CONNECTED] == {e.PhoneLost: CallState.PARKED}


def test_a_turn_goes_from_the_caller_to_the_agent_and_back():
    assert TURNS[TurnState.LISTENING] == {e.CallerTurnEnded: TurnState.THINKING, e.ItemBegan: TurnState.SPEAKING}
    assert TURNS[TurnState.THINKING] == {e.SpeechStarted: TurnState.LISTENING, e.ItemBegan: TurnState.SPEAKING}
    assert TURNS[TurnState.SPEAKING][e.CallerTurnEnded] is TurnState.THINKING
