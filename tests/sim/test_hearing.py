"""Speech and silence at the ear."""

import math

import pytest

from offhook.audio import g711
from offhook.sim.hearing import Hearing, sounding
from offhook.sim.stream import StreamPlayback

LOUD = b"\x10"
QUIET = b"\xff"


def media(audio: bytes) -> dict[str, object]:
    return {"event": "media", "media": {"payload": audio}}


def tone(dbfs: float) -> bytes:
    peak = 32768 * 10 ** (dbfs / 20)
    samples = [round(peak * math.sin(2 * math.pi * 500 * n / 8000)) for n in range(160)]
    return g711.encode(b"".join(sample.to_bytes(2, "little", signed=True) for sample in samples))


def test_the_edges_of_sound_are_exact_to_the_sample() -> None:
    assert sounding(QUIET * 30 + LOUD * 7 + QUIET * 9) == (30, 37)
    assert sounding(QUIET * 30 + b"\x7f" * 7) is None


@pytest.mark.parametrize(("dbfs", "heard"), [(-20, True), (-38, True), (-46, False), (-60, False)])
def test_speech_is_what_is_louder_than_about_minus_42_dbfs(dbfs: float, heard: bool) -> None:
    assert (sounding(tone(dbfs)) is not None) == heard


def spans(ear: StreamPlayback, until: float) -> list[tuple[float, float]]:
    hearing = Hearing()
    for now in range(20, int(until) + 1, 20):
        ear.due(now)
        hearing.listen(ear)
    return [(span.from_ms, span.to_ms) for span in hearing.spans]


def test_a_pause_within_a_sentence_does_not_end_it() -> None:
    ear = StreamPlayback()
    ear.receive(media(QUIET * 80 + LOUD * 800 + QUIET * 8 * 500 + LOUD * 800), 0)
    assert spans(ear, 2000) == [(10, 710)]


def test_a_silence_ends_it_whether_it_is_sent_or_not() -> None:
    ear = StreamPlayback()
    ear.receive(media(LOUD * 800 + QUIET * 8 * 700 + LOUD * 800), 0)
    ear.due(1000)
    ear.receive(media(LOUD * 800), 2000)
    assert spans(ear, 3000) == [(0, 100), (800, 900), (2000, 2100)]


def test_what_comes_after_a_clear_is_something_else_however_soon() -> None:
    ear = StreamPlayback()
    ear.receive(media(LOUD * 8000), 0)
    ear.receive({"event": "clear"}, 300)
    ear.receive(media(LOUD * 800), 400)
    assert spans(ear, 1000) == [(0, 300), (400, 500)]


def test_hearing_goes_on_over_the_next_stream() -> None:
    hearing = Hearing()
    for start in (0.0, 5000.0):
        ear = StreamPlayback()
        ear.receive(media(LOUD * 800), start)
        ear.due(start + 200)
        hearing.listen(ear)
    assert [(span.from_ms, span.to_ms) for span in hearing.spans] == [(0, 100), (5000, 5100)]
    assert not hearing.silent(5700) and hearing.silent(5800)


def test_what_was_heard_is_given_back_once_with_its_times() -> None:
    hearing, ear = Hearing(), StreamPlayback()
    ear.receive(media(LOUD * 320), 100.0)
    ear.due(120.0)
    assert hearing.listen(ear) == [(100.0, LOUD * 160)]
    ear.due(500.0)
    assert hearing.listen(ear) == [(120.0, LOUD * 160)]
    assert hearing.listen(ear) == []
