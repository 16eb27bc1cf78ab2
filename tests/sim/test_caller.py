"""A caller who follows a script by ear, and what the caller notices."""

from typing import Any

import numpy as np
import pytest

from offhook.sim.caller import Caller
from offhook.sim.noticed import Report
from offhook.sim.orders import HangUp, Press
from offhook.sim.steps import (
    BargeIn,
    End,
    Hear,
    Leave,
    Listen,
    Noise,
    PressKey,
    Say,
    Silence,
    Sound,
    Speech,
    Step,
    Wait,
)
from offhook.sim.stream import StreamPlayback
from offhook.sim.understanding import Understanding

AGENT = b"\x10"
WORDS = b"\x20" * 8 * 500  # half a second of speech
QUIET = b"\xff"


def media(ms: float) -> dict[str, Any]:
    return {"event": "media", "media": {"payload": AGENT * int(ms * 8)}}


class Room:
    """One caller, one ear, and what the agent does at certain times."""

    def __init__(self, *steps: Step, **how: Any) -> None:
        self.caller = Caller(steps, **how)
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


# ---------------------------------------------------------------- the steps of scripts


def test_who_has_said_nothing_yet_speaks_without_an_answer_but_not_into_one() -> None:
    turn = Listen(greeting=False)
    assert Room(turn, Say(WORDS)).run(1000).spoken[0].from_ms == 0
    room = Room(Wait(500), turn, Say(WORDS))
    room.agent[100] = [media(1000)]
    assert room.run(3000).spoken[0].from_ms == 1800


def test_waiting_for_speech_and_for_silence() -> None:
    room = Room(Speech(), PressKey("1"), Silence(300), PressKey("2"))
    room.agent[1000] = [media(2000)]
    room.run(6000)
    assert room.acts == [(1020, Press("1")), (3320, Press("2"))]


def test_a_silence_is_waited_for_even_before_anything_was_heard() -> None:
    room = Room(Silence(300), PressKey("2"))
    room.run(1000)
    assert room.acts == [(320, Press("2"))]


def test_a_sound_is_heard_and_needs_no_answer() -> None:
    room = Room(Say(WORDS, "one"), Listen(), Sound(WORDS, "cough"), Listen(), Say(WORDS, "two"))
    room.agent[700] = [media(1000)]
    report = room.run(6000)
    assert [said.words for said in report.spoken] == ["one", "two"]
    assert [(made.words, made.from_ms) for made in report.sounds] == [("cough", 2400)]
    assert report.spoken[1].from_ms == 2900, "the answer to the first words still stands"
    assert report.cut_ins == []


def test_noise_begins_and_the_script_goes_on() -> None:
    room = Room(Wait(100), Noise(b"\x30", "white", 200), PressKey("1"))
    room.run(600)
    assert room.acts == [(120, Press("1"))]
    assert [at for at, _ in room.said] == list(range(100, 300, 20))


class Told:
    """Understands what it is told, from a time on."""

    voices = "a test"

    def __init__(self, words: str, at_ms: float) -> None:
        self.words, self.at_ms, self.now = words, at_ms, 0.0
        self.asked: set[float] = set()

    def listen(self, _pieces: object) -> None:
        self.now += 20

    def heard(self, words: str, since_ms: float, final: bool = False) -> float | None:
        self.asked.add(since_ms)
        return self.at_ms if words == self.words and self.now >= self.at_ms else None

    def told(self, _since_ms: float) -> str:
        return ""


def test_words_are_waited_for_since_the_caller_last_spoke() -> None:
    told = Told("latte", 2000)
    room = Room(Wait(100), Say(WORDS), Hear("latte"), PressKey("1"), understanding=told)
    room.run(3000)
    assert room.acts == [(2000, Press("1"))]
    assert told.asked == {100.0}


def failed(*steps: Step, agent_ms: float = 0.0, **how: Any) -> tuple[int, str]:
    room = Room(*steps, Say(WORDS, number=9), strict=True, **how)
    if agent_ms:
        room.agent[1000] = [media(agent_ms)]
    room.run(6000)
    assert room.caller.failure is not None and room.said == [] and list(room.caller.left) == []
    assert room.acts[-1][1] == HangUp(), "who cannot go on hangs up"
    return room.caller.failure.number, room.caller.failure.sentence


def test_words_that_were_not_heard_are_told_in_a_sentence() -> None:
    number, sentence = failed(Hear("mocha", 3000, number=4), agent_ms=1500, understanding=Told("latte", 0))
    assert number == 4
    assert sentence == "expected “mocha” within 3s; heard: 1.5 s of speech, without these words in a test."


def test_words_that_were_told_are_repeated() -> None:
    understanding = Understanding({"mocha": []}, lambda _since_ms: "One latte.")
    _, sentence = failed(Hear("mocha", 3000, number=4), agent_ms=1500, understanding=understanding)
    assert sentence == "expected “mocha” within 3s; heard: “One latte.”."


def test_words_that_the_server_said_in_another_voice_are_told_apart() -> None:
    understanding = Understanding({"mocha": [np.ones((50, 24))]}, lambda _since_ms: "One mocha.")
    _, sentence = failed(Hear("mocha", 3000, number=4), agent_ms=1500, understanding=understanding)
    assert sentence.endswith(
        "“One mocha.”, as the server has it, but not by ear: let `agent voice` name the agent's voice."
    )


@pytest.mark.parametrize(("step", "sentence"), [
    (Listen(2000, number=2), "the agent did not greet within 2s."),
    (Speech(2000, number=2), "the agent did not speak within 2s."),
    (End(2000, number=2), "the agent did not hang up within 2s."),
    (BargeIn(100, WORDS, patience_ms=2000, number=2), "the agent said nothing that could be interrupted within 2s."),
])  # fmt: skip
def test_patience_ends_with_a_sentence(step: Step, sentence: str) -> None:
    assert failed(step) == (2, sentence)


def test_an_agent_that_talks_on_is_no_silence() -> None:
    assert failed(Speech(), Silence(300, 2000, number=2), agent_ms=9000) == (
        2, "the agent was not silent for 300ms within 2s.",
    )  # fmt: skip


def test_what_is_over_cannot_be_interrupted() -> None:
    assert failed(BargeIn(2000, WORDS, number=3), agent_ms=900) == (
        3, "nothing to interrupt after 2s: the agent spoke for 900ms only.",
    )  # fmt: skip


def test_words_without_an_answer_are_named() -> None:
    room = Room(Say(WORDS, "hello", number=1), Listen(2000, number=2), strict=True)
    room.run(4000)
    assert room.caller.failure is not None
    assert room.caller.failure.sentence == "the agent did not answer “hello” within 2s."


def test_what_was_done_and_what_is_left_is_known() -> None:
    room = Room(Wait(100, number=1), PressKey("1", number=2), Wait(9000, number=3), Leave(number=4))
    room.run(1000)
    assert [(done.number, done.at_ms) for done in room.caller.done_steps] == [(1, 100), (2, 100)]
    assert [step.number for step in room.caller.left] == [3, 4]
