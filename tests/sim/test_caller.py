"""A caller who follows a script by ear, and what the caller notices."""

from typing import Any

from offhook.sim.caller import Caller
from offhook.sim.noticed import Report
from offhook.sim.orders import HangUp, Press
from offhook.sim.steps import BargeIn, Leave, Listen, PressKey, Say, Step, Wait
from offhook.sim.stream import StreamPlayback

AGENT = b"\x10"
WORDS = b"\x20" * 8 * 500  # half a second of speech
QUIET = b"\xff"


def media(ms: float) -> dict[str, Any]:
    return {"event": "media", "media": {"payload": AGENT * int(ms * 8)}}


class Room:
    """One caller, one ear, and what the agent does at certain times."""

    def __init__(self, *steps: Step) -> None:
        self.caller = Caller(steps)
        self.ear = StreamPlayback()
        self.agent: dict[int, list[dict[str, Any]]] = {}
        self.said: list[tuple[float, bytes]] = []
        self.acts: list[tuple[float, Press | HangUp]] = []

    def run(self, until: int) -> Report:
        for now in range(20, until + 1, 20):
            self.ear.due(now)
            frame = self.caller.frame(now, self.ear)
            if frame != QUIET * 160:
                self.said.append((now - 20, frame))
            self.acts += [(now, act) for act in self.caller.acts()]
            for message in self.agent.get(now, []):
                self.ear.receive(message, now)
        return self.caller.report


def test_the_caller_waits_until_the_agent_has_fallen_silent() -> None:
    room = Room(Listen(), Say(WORDS, "hello"))
    room.agent[1000] = [media(2000)]
    report = room.run(6000)
    assert [(spoken.from_ms, spoken.to_ms, spoken.words) for spoken in report.spoken] == [(3700, 4200, "hello")]
    assert report.cut_ins == []


def test_the_caller_loses_patience_with_a_silent_agent() -> None:
    room = Room(Listen(patience_ms=2000), Say(WORDS))
    report = room.run(4000)
    assert report.spoken[0].from_ms == 2000 and report.gave_up == 1


def test_the_answer_is_timed_from_the_last_sound_to_the_first() -> None:
    room = Room(Say(WORDS + QUIET * 1600, "hello"))
    room.agent[1000] = [{"event": "media", "media": {"payload": QUIET * 80 + AGENT * 800}}]
    report = room.run(2000)
    assert report.spoken[0].to_ms == 500
    assert report.spoken[0].answered_ms == 510


def test_an_answer_that_begins_before_the_last_words_end_is_early() -> None:
    room = Room(Say(WORDS))
    room.agent[400] = [media(1000)]
    assert room.run(2000).spoken[0].answered_ms == -100


def test_an_answer_that_was_withdrawn_before_the_last_words_end_is_none() -> None:
    room = Room(Say(WORDS))
    room.agent[200] = [media(1000)]
    room.agent[300] = [{"event": "clear"}]
    room.agent[900] = [media(200)]
    assert room.run(2000).spoken[0].answered_ms == 400


def test_words_without_an_answer_have_no_latency() -> None:
    assert Room(Say(WORDS)).run(3000) is not None
    room = Room(Say(WORDS))
    assert room.run(3000).spoken[0].answered_ms is None


def test_a_barge_in_comes_when_it_should_and_tells_what_was_heard() -> None:
    room = Room(Say(WORDS), BargeIn(700, WORDS, "stop"))
    room.agent[1000] = [media(5000)]
    room.agent[1900] = [{"event": "clear"}]
    report = room.run(4000)
    assert report.spoken[1].from_ms == 1700
    (cut,) = report.cut_ins
    assert (cut.at_ms, cut.began_ms, cut.heard_ms, cut.silent_after_ms, cut.cleared) == (1700, 1000, 900, 200, True)


def test_an_agent_that_does_not_yield_is_heard_to_its_end() -> None:
    room = Room(Say(WORDS), BargeIn(700, WORDS))
    room.agent[1000] = [media(3000)]
    (cut,) = room.run(6000).cut_ins
    assert (cut.heard_ms, cut.silent_after_ms, cut.cleared) == (3000, 2300, False)


def test_a_barge_in_without_an_answer_comes_when_patience_is_over() -> None:
    room = Room(BargeIn(100, WORDS, patience_ms=1000))
    report = room.run(2000)
    assert report.spoken[0].from_ms == 1000 and report.gave_up == 1 and report.cut_ins == []


def test_a_quick_answer_after_a_barge_in_is_an_answer() -> None:
    room = Room(Say(WORDS), BargeIn(300, WORDS))
    room.agent[1000] = [media(5000)]
    room.agent[1500] = [{"event": "clear"}]
    room.agent[1900] = [media(500)]
    report = room.run(4000)
    assert report.spoken[1].to_ms == 1800 and report.spoken[1].answered_ms == 100


def test_speaking_right_after_the_agent_is_no_barge_in() -> None:
    room = Room(Wait(1500), Say(WORDS))
    room.agent[200] = [media(1000)]
    assert room.run(4000).cut_ins == []


def test_keys_waiting_and_leaving() -> None:
    room = Room(Wait(100), PressKey("5"), Wait(40), Leave())
    room.run(1000)
    assert room.acts == [(120, Press("5")), (180, HangUp())]
    assert room.caller.done and room.said == []


def test_words_are_said_in_frames_the_last_one_filled_up() -> None:
    room = Room(Say(b"\x20" * 200))
    room.run(200)
    assert room.said == [(0, b"\x20" * 160), (20, b"\x20" * 40 + QUIET * 120)]


def test_saying_nothing_is_over_at_once() -> None:
    room = Room(Say(b""), PressKey("1"))
    room.run(40)
    assert room.acts == [(20, Press("1"))] and room.caller.report.spoken == []
