from offhook.core.deadlines import Deadlines
from offhook.core.events import Reason
from offhook.core.farewell import BEGIN_MS, LONGEST_MS, Farewell

WHY = Reason.AGENT_HUNG_UP


def farewell():
    left = []
    deadlines = Deadlines()
    return Farewell(deadlines, lambda reason, now: left.append((reason, now))), deadlines, left


def test_a_goodbye_that_is_said_ends_the_call_when_it_was_heard():
    bye, deadlines, left = farewell()
    assert bye.heard(0.0) is False
    bye.began(0.0)
    assert deadlines.next() is None
    bye.ask(WHY, 0.0, due=False, busy=True)
    assert deadlines.next() == LONGEST_MS
    assert bye.heard(900.0)
    assert left == [(WHY, 900.0)]


def test_a_goodbye_that_is_due_is_waited_for():
    bye, deadlines, left = farewell()
    bye.ask(WHY, 0.0, due=True, busy=False)
    assert deadlines.next() == BEGIN_MS
    assert not bye.heard(100.0)
    bye.began(200.0)
    assert deadlines.next() == 200.0 + LONGEST_MS
    assert bye.heard(900.0)
    assert left == [(WHY, 900.0)]


def test_what_is_withdrawn_can_be_said_again():
    bye, deadlines, left = farewell()
    bye.withdraw()
    bye.ask(WHY, 0.0, due=False, busy=True)
    bye.withdraw()
    bye.go_on(500.0, said=False, busy=False)
    assert not bye.heard(900.0)
    assert deadlines.next() is None
    assert left == []


def test_the_longest_goodbye_is_a_minute():
    bye, deadlines, left = farewell()
    bye.ask(WHY, 0.0, due=False, busy=True)
    for action in deadlines.due(60_000.0):
        action(60_000.0)
    assert left == [(WHY, 60_000.0)]


def test_a_goodbye_that_was_paused_before_it_began_is_still_to_come():
    bye, deadlines, left = farewell()
    bye.ask(WHY, 0.0, due=True, busy=False)
    bye.pause()
    bye.pause()
    bye.began(500.0)
    assert deadlines.next() is None
    bye.go_on(1000.0, said=False, busy=False)
    assert not bye.heard(1500.0)
    assert deadlines.next() == 1000.0 + BEGIN_MS
    bye.pause()
    bye.go_on(2000.0, said=True, busy=True)
    assert deadlines.next() == 2000.0 + LONGEST_MS
    assert bye.heard(3000.0)
    assert left == [(WHY, 3000.0)]


def test_a_goodbye_that_is_asked_for_anew_replaces_the_one_that_was_paused():
    bye, deadlines, left = farewell()
    bye.ask(WHY, 0.0, due=True, busy=False)
    bye.pause()
    bye.ask(Reason.SHUT_DOWN, 1000.0, due=False, busy=True)
    bye.go_on(2000.0, said=False, busy=True)
    assert deadlines.next() == 1000.0 + LONGEST_MS
    assert bye.heard(3000.0)
    assert left == [(Reason.SHUT_DOWN, 3000.0)]


def test_a_goodbye_that_follows_what_is_being_said_has_its_whole_time():
    bye, deadlines, _ = farewell()
    bye.ask(WHY, 0.0, due=True, busy=True)
    assert deadlines.next() == LONGEST_MS
    bye.ask(WHY, 0.0, due=False, busy=False)
    assert deadlines.next() == LONGEST_MS


def test_a_filler_that_was_heard_is_no_goodbye_and_does_not_put_its_end_off():
    bye, deadlines, left = farewell()
    bye.ask(WHY, 0.0, due=True, busy=True)
    assert deadlines.next() == LONGEST_MS
    assert bye.heard(1000.0) is False
    assert bye.heard(3000.0) is False
    assert deadlines.next() == 1000.0 + BEGIN_MS
    assert left == []
