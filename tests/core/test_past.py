"""A call that goes on in another process: control, transcript and limits take up where they were."""

import pytest

from offhook.core import events as e
from offhook.core.control import PARK_MS, CallControl
from offhook.core.leg import CallInfo
from offhook.core.past import Past, Spoken
from offhook.core.playout import Ledger
from offhook.core.states import CallState, Next

INFO = CallInfo("CA1", "AC1", "+15550199", "+15550100")
TURNS = (Spoken(1, "agent", "Hello.", "", 1000.0), Spoken(2, "caller", "a latte", "", 3000.0))
NOW = 50_000.0


def resumed(turns=TURNS, *, owner="offhook", max_usd=None, **past) -> CallControl:
    control = CallControl(owner, Ledger(8, keep=owner == "offhook"), now=NOW, max_usd=max_usd)
    given = {"epoch": 2, "began_at": 0.0, "lasted_ms": 20_000.0, "seq": 9, "state": "connected"} | past
    control.resume(Past("c1", INFO, turns=turns, **given), NOW)
    return control


def published(commands, kind):
    return [each.event for each in commands if isinstance(each, e.Publish) and isinstance(each.event, kind)]


def test_it_waits_for_its_stream_as_a_call_that_lost_one():
    control = resumed()
    assert control.state is CallState.PARKED
    assert control.wake_at() == NOW + PARK_MS
    control.timeout(NOW + PARK_MS)
    assert (control.state, control.reason) == (CallState.ENDED, e.Reason.STREAM_LOST)


@pytest.mark.parametrize("owner", ["offhook", "provider"])
def test_nobody_is_greeted_twice_and_turns_go_on_counting(owner):
    control = resumed(owner=owner)
    commands = control.handle(e.PhoneJoined(), NOW) + control.handle(e.AgentJoined(), NOW + 100)
    assert control.state is CallState.CONNECTED
    assert not [each for each in commands if isinstance(each, e.Greet | e.Respond)]
    (kept,) = published(control.handle(e.CallerTurnEnded("thank you", 600.0), NOW + 2000), e.TurnKept)
    assert (kept.turn, kept.text) == (3, "thank you")
    assert [turn.text for turn in control.transcript.turns] == ["Hello.", "a latte", "thank you"]


def test_turns_that_were_begun_and_never_kept_leave_their_numbers():
    control = resumed((*TURNS, Spoken(5, "agent", "One latte.", "", 5000.0)))
    control.handle(e.PhoneJoined(), NOW)
    (kept,) = published(control.handle(e.CallerTurnEnded("yes please do", 600.0), NOW + 2000), e.TurnKept)
    assert kept.turn == 6


def test_who_heard_nothing_yet_is_greeted():
    control = resumed(())
    commands = control.handle(e.PhoneJoined(), NOW) + control.handle(e.AgentJoined(), NOW + 100)
    assert [each for each in commands if isinstance(each, e.Greet)] == [e.Greet()]


def test_an_agent_that_is_long_in_coming_is_waited_for_with_words():
    control = resumed()
    control.handle(e.PhoneJoined(), NOW)
    assert [each for each in control.timeout(NOW + 1600.0) if isinstance(each, e.Fill)]


def test_resumes_of_the_lives_before_count():
    control = resumed(resumed_ms=(5_000.0, 12_000.0))
    control.handle(e.PhoneJoined(), NOW)
    assert control.next("in-progress", NOW + 1000)[0] is Next.APOLOGISE
    long_ago = resumed(lasted_ms=200_000.0, resumed_ms=(5_000.0, 12_000.0))
    long_ago.handle(e.PhoneJoined(), NOW)
    assert long_ago.next("in-progress", NOW + 1000)[0] is Next.STREAM


def test_what_it_cost_before_counts():
    control = resumed(max_usd=1.0, usd=0.9)
    control.handle(e.PhoneJoined(), NOW)
    control.handle(e.AgentJoined(), NOW)
    commands = control.handle(e.Used("m", 0.2), NOW + 1)
    assert [each for each in commands if isinstance(each, e.Respond) and each.leaving]


def test_a_call_that_was_let_go_says_nothing_more():
    control = resumed()
    control.let_go()
    assert control.wake_at() is None
    assert control.handle(e.PhoneJoined(), NOW) == []
