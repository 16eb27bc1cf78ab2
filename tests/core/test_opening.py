"""The first words of a call of ours, rule by rule; whole calls on every backend are in tests/contract/test_outbound.py."""

import pytest

from offhook.core import events as e
from offhook.core.deadlines import Deadlines
from offhook.core.opening import HOLD_MS, PATIENCE_MS, QUIET_MS, RECORDS_MS, Opening, Plan


class Play:
    """An opening, a clock, and what it had done."""

    def __init__(self, **plan):
        self.now, self.done = 0.0, []
        self.deadlines = Deadlines()
        self.opening = Opening(
            Plan(**plan), self.deadlines,
            speak=lambda now: self.done.append(("speak", now)), hush=lambda now: self.done.append(("hush", now)),
            leave=lambda now: self.done.append(("leave", now)),
            hang_up=lambda reason, now: self.done.append((reason, now)),
        )  # fmt: skip

    def begin(self):
        self.opening.begin(self.now)
        return self

    def tell(self, *events):
        for event in events:
            self.opening.told(event, self.now)
        return self

    def wait(self, ms):
        end = self.now + ms
        while (at := self.deadlines.next()) is not None and at <= end:
            self.now = at
            for action in self.deadlines.due(at):
                action(at)
        self.now = end
        return self


HELLO = (e.SpeechStarted(), e.SpeechStopped(), e.CallerTurnEnded("hello"))
MACHINE, RECORDS = e.CalleeKnown("machine"), e.CalleeKnown("machine", message_over=True)


def test_who_says_nothing_is_spoken_to_after_a_moment():
    assert Play().begin().wait(10_000).done == [("speak", QUIET_MS)]


def test_who_speaks_is_answered_and_not_spoken_over():
    play = Play().begin().wait(1000).tell(e.SpeechStarted()).wait(4000)
    assert play.done == []
    play.tell(e.SpeechStopped(), e.CallerTurnEnded("hello")).wait(9000)
    assert play.done == [("speak", 5000)]


def test_a_noise_that_is_no_turn_does_not_keep_the_agent_silent():
    play = Play().begin().tell(e.SpeechStarted()).wait(300).tell(e.SpeechStopped(100.0)).wait(5000)
    assert play.done == [("speak", 200 + QUIET_MS)]


def test_who_spoke_before_the_agent_was_there_is_waited_for():
    play = Play().tell(e.SpeechStarted()).wait(500).begin().wait(3000)
    assert play.done == []
    assert play.tell(e.SpeechStopped(), e.CallerTurnEnded("hello")).done == [("speak", 3500)]


def test_an_agent_that_has_no_greeting_begins_at_once_unless_a_verdict_is_awaited():
    assert Play(speaks=False).begin().done == [("speak", 0.0)]
    assert Play(speaks=False, detection="async").begin().wait(9000).done == [("speak", HOLD_MS)]


@pytest.mark.parametrize("by", ["human", "unknown"])
def test_the_greeting_waits_for_the_verdict(by):
    play = Play(detection="async").begin().wait(500).tell(*HELLO).wait(1200)
    assert play.done == []
    assert play.tell(e.CalleeKnown(by)).done == [("speak", 1700)]
    assert play.wait(9000).tell(MACHINE).done == [("speak", 1700)], "the verdict is known"


def test_and_not_for_long():
    play = Play(detection="async").begin().wait(500).tell(*HELLO).wait(9000)
    assert play.done == [("speak", HOLD_MS)]
    play = Play(detection="async").begin().tell(e.SpeechStarted()).wait(2500).tell(*HELLO[1:])
    assert play.done == [("speak", 2500)], "the hold was over while they spoke"


def test_who_goes_on_while_the_verdict_is_awaited_is_heard_out():
    play = Play(detection="async").begin().wait(500).tell(*HELLO).wait(500).tell(e.SpeechStarted()).wait(3000)
    assert play.done == []
    assert play.tell(e.SpeechStopped(), e.CallerTurnEnded("who is there")).done == [("speak", 4000)]


def test_a_verdict_that_comes_before_the_first_words_does_not_hurry_them():
    play = Play(detection="async").begin().tell(e.CalleeKnown("human")).wait(9000)
    assert play.done == [("speak", QUIET_MS)]


def test_a_machine_that_records_is_told_the_message_once():
    play = Play(detection="async", voicemail="call us").begin().tell(e.SpeechStarted()).wait(4000)
    assert play.tell(RECORDS).done == [("hush", 4000), ("leave", 4000)]
    assert play.tell(RECORDS, e.SpeechStopped()).wait(90_000).tell(MACHINE).done[2:] == []


def test_a_machine_is_listened_to_until_it_is_silent():
    play = Play(detection="async", voicemail="call us").begin().tell(e.SpeechStarted()).wait(2400).tell(MACHINE)
    play.wait(5000).tell(e.SpeechStopped(200.0)).wait(1000).tell(e.SpeechStarted()).wait(500).tell(e.SpeechStopped())
    assert play.done == [("hush", 2400)]
    assert play.wait(9000).done[1:] == [("leave", 2400 + 5000 + 1500 + RECORDS_MS)]


def test_a_machine_that_is_silent_already_is_told_after_as_long():
    play = Play(detection="async", voicemail="call us").begin().wait(1000).tell(MACHINE).wait(9000)
    assert play.done == [("hush", 1000), ("leave", 1000 + RECORDS_MS)]


def test_with_a_machine_that_never_falls_silent_there_is_an_end_of_patience():
    play = Play(detection="async", voicemail="call us").begin().tell(e.SpeechStarted(), MACHINE).wait(90_000)
    assert play.done == [("hush", 0.0), ("leave", PATIENCE_MS)]


def test_a_machine_that_was_found_before_the_stream_is_told_when_that_is_there():
    play = Play(detection="sync", voicemail="call us").tell(RECORDS).wait(500)
    assert play.done == []
    assert play.begin().wait(9000).done == [("hush", 500), ("leave", 500)]


def test_a_machine_that_nobody_has_a_message_for_and_a_fax_are_hung_up_on():
    assert Play(detection="async").begin().tell(MACHINE).done == [(e.Reason.MACHINE, 0.0)]
    assert Play(detection="sync", voicemail="x").tell(e.CalleeKnown("fax")).done == [(e.Reason.FAX, 0.0)]


def test_who_has_answered_the_agent_is_a_person_whatever_the_carrier_says():
    play = Play(detection="async", voicemail="x").begin().tell(*HELLO).wait(HOLD_MS)
    play.tell(e.ItemHeard("greeting"), *HELLO, RECORDS).wait(9000)
    assert play.done == [("speak", HOLD_MS)]


def test_a_machine_that_pauses_is_no_person():
    play = Play(detection="async", voicemail="x").begin().tell(*HELLO).wait(HOLD_MS).tell(*HELLO, *HELLO)
    assert play.tell(RECORDS).done[1:] == [("hush", HOLD_MS), ("leave", HOLD_MS)]


def test_nobody_asked_for_a_verdict():
    assert Play(voicemail="x").begin().tell(RECORDS).wait(9000).done == [("speak", QUIET_MS)]
