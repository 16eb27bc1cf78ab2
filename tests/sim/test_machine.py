"""A voicemail machine."""

from offhook.sim.machine import BEEP_MS, PAUSE_MS, Machine, beep, machine
from offhook.sim.stream import StreamPlayback

GREETING = b"\x11" * 8000
EAR = StreamPlayback()


def test_it_greets_from_the_answer_on_whoever_listens_by_then() -> None:
    callee = machine(GREETING)
    talker = callee.person(1000)
    assert talker.frame(1020, EAR) == GREETING[:160]
    assert talker.frame(2000, EAR) == GREETING[-160:]
    assert talker.frame(2000 + PAUSE_MS + 20, EAR) == beep()[:160]
    assert talker.frame(60_000, EAR) == b"\xff" * 160 and talker.acts() == ()


def test_a_frame_that_began_before_the_answer_is_half_silent() -> None:
    assert Machine(GREETING, 1000).frame(1010, EAR) == b"\xff" * 80 + GREETING[:80]


def test_its_beep_is_over_when_the_message_begins() -> None:
    callee = machine(GREETING)
    assert (callee.speech_ms, callee.beep_ms) == (1000, 1000 + PAUSE_MS + BEEP_MS)
    assert machine(GREETING, beeps=False).beep_ms is None
