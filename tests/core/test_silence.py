from offhook.core.deadlines import Deadlines
from offhook.core.events import Line
from offhook.core.idle import Idle
from offhook.core.silence import AWAY_MS, FILL_AGAIN_MS, FILL_MS, STALLED_MS, Silence


class Room:
    """A silence, and what came of it."""

    def __init__(self, awaited="agent"):
        self.awaited, self.filled, self.went_on = awaited, [], []
        self.deadlines = Deadlines()
        self.lines = []
        idle = Idle(self.deadlines, lambda: self.awaited == "caller", self.went_on.append, self.went_on.append)
        self.silence = Silence(self.deadlines, lambda: self.awaited, self.fill, self.went_on.append, idle)

    def fill(self, item, line):
        self.filled.append(item)
        self.lines.append(line)

    def pass_until(self, ms):
        while (at := self.deadlines.next()) is not None and at <= ms:
            for action in self.deadlines.due(at):
                action(at)
        return self


def test_a_wait_for_the_agent_is_filled_and_filled_again():
    room = Room()
    room.silence.begin(0.0)
    assert room.pass_until(FILL_MS - 1).filled == []
    assert room.pass_until(FILL_MS + FILL_AGAIN_MS).filled == ["filler1", "filler2"]
    assert room.silence.is_filler("filler1")
    assert not room.silence.is_filler("answer1")


def test_a_silence_goes_on_where_it_began_unless_it_begins_anew():
    room = Room()
    room.silence.begin(0.0)
    room.silence.begin(500.0)
    assert room.pass_until(FILL_MS).filled == ["filler1"]
    other = Room()
    other.silence.begin(0.0)
    other.silence.begin(500.0, anew=True)
    assert other.pass_until(FILL_MS).filled == []
    assert other.pass_until(500.0 + FILL_MS).filled == ["filler1"]


def test_after_a_filler_the_wait_is_longer_until_something_was_said_or_asked():
    for said in (Silence.answered, Silence.asked):
        room = Room()
        room.silence.begin(0.0)
        room.pass_until(FILL_MS)
        room.silence.begin(1000.0, anew=True)
        assert room.pass_until(1000.0 + FILL_AGAIN_MS - 1).filled == ["filler1"]
        said(room.silence)
        room.silence.begin(10_000.0, anew=True)
        assert room.pass_until(10_000.0 + FILL_MS).filled[-1] == "filler2"


def test_a_caller_who_thinks_is_left_alone():
    room = Room("caller")
    room.silence.begin(0.0)
    room.pass_until(60_000.0)
    assert room.filled == room.went_on == []


def test_what_was_left_hanging_is_gone_on_with_once():
    room = Room("caller")
    room.silence.left_hanging()
    room.silence.begin(0.0)
    room.pass_until(60_000.0)
    assert room.went_on == [STALLED_MS]
    assert room.filled == []


def test_nobody_goes_on_over_a_caller_who_has_begun_to_do_something():
    room = Room("caller")
    room.silence.left_hanging()
    room.silence.begin(0.0)
    room.pass_until(FILL_MS)
    room.silence.broken()
    assert room.pass_until(60_000.0).went_on == []
    answered = Room("caller")
    answered.silence.left_hanging()
    answered.silence.answered()
    answered.silence.begin(0.0)
    assert answered.pass_until(60_000.0).went_on == []


def test_while_somebody_speaks_nothing_is_said():
    room = Room(None)
    room.silence.left_hanging()
    room.silence.begin(0.0)
    room.pass_until(60_000.0)
    assert room.filled == room.went_on == []


def test_an_agent_that_was_lost_says_so_once_and_then_that_it_takes_longer():
    room = Room()
    room.silence.away(0.0, lost=True)
    assert room.pass_until(AWAY_MS - 1).lines == []
    assert room.pass_until(AWAY_MS + FILL_AGAIN_MS).lines == [Line.LOST, Line.WAIT]
    back = Room()
    back.silence.away(0.0, lost=True)
    back.silence.back(500.0)
    assert back.pass_until(AWAY_MS).lines == [Line.WAIT], "there is nothing to explain any more"
    assert Room().silence.last_words() == "filler1"


def test_a_wait_that_has_begun_is_not_made_longer_by_an_agent_that_goes_away():
    room = Room()
    room.silence.begin(0.0)
    room.silence.away(500.0, lost=False)
    assert room.pass_until(FILL_MS).lines == [Line.WAIT]
