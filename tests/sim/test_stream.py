"""The playback buffer of the carrier: what the ear got, sample by sample, and when marks come back."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offhook.sim.stream import EXCESS_DROPPED, MarkFaults, StreamPlayback


def media(value: int, ms: float) -> dict[str, Any]:
    return {"event": "media", "media": {"payload": bytes([value]) * int(ms * 8)}}


def mark(name: str) -> dict[str, Any]:
    return {"event": "mark", "mark": {"name": name}}


CLEAR: dict[str, Any] = {"event": "clear"}


def names(answers: list[dict[str, Any]]) -> list[str]:
    return [answer["mark"]["name"] for answer in answers]


def test_audio_plays_in_order_at_real_time_however_fast_it_came() -> None:
    stream = StreamPlayback()
    stream.receive(media(1, 100), 1000)
    stream.receive(media(2, 50), 1001)
    stream.due(1120)
    assert stream.played_ms_of_values() == {1: 100.0, 2: 20.0}
    assert [(stretch.start_ms, stretch.end_ms) for stretch in stream.played] == [(1000, 1120)]
    assert stream.silent_at() == 1150


def test_base64_as_on_the_wire_is_taken_too() -> None:
    stream = StreamPlayback()
    stream.receive({"event": "media", "media": {"payload": "AQIDBAUGBwg="}}, 0)
    stream.due(1)
    assert bytes(stream.played[0].audio) == bytes(range(1, 9))


def test_a_mark_comes_back_when_everything_before_it_was_played() -> None:
    stream = StreamPlayback()
    stream.receive(media(1, 60), 0)
    stream.receive(mark("a"), 0)
    stream.receive(media(1, 60), 0)
    stream.receive(mark("b"), 0)
    assert stream.next_at() == 60
    assert stream.due(59.9) == []
    assert stream.due(60) == [{"event": "mark", "mark": {"name": "a"}}]
    assert stream.next_at() == 120
    assert names(stream.due(500)) == ["b"]
    assert stream.next_at() is None


def test_a_mark_on_an_empty_buffer_comes_back_at_once() -> None:
    assert names(StreamPlayback().receive(mark("m"), 5)) == ["m"]


def test_clear_drops_what_waits_and_returns_every_mark_at_once() -> None:
    stream = StreamPlayback()
    stream.receive(media(1, 100), 0)
    stream.receive(mark("a"), 0)
    stream.receive(media(2, 100), 0)
    stream.receive(mark("b"), 0)
    assert names(stream.receive(CLEAR, 130)) == ["a", "b"]
    assert stream.played_ms_of_values() == {1: 100.0, 2: 30.0}
    assert [(clear.at_ms, clear.dropped_bytes, clear.marks) for clear in stream.clears] == [(130, 560, ("b",))]
    assert stream.due(1000) == []
    assert sum(len(stretch.audio) for stretch in stream.played) == 130 * 8


def test_after_a_clear_new_audio_begins_when_it_comes() -> None:
    stream = StreamPlayback()
    stream.receive(media(1, 100), 0)
    stream.receive(CLEAR, 40)
    stream.receive(media(2, 10), 45)
    stream.due(100)
    assert [(stretch.start_ms, stretch.end_ms) for stretch in stream.played] == [(0, 40), (45, 55)]
    assert stream.underruns == []


def test_a_buffer_that_runs_empty_is_an_underrun_and_a_hole_only_when_short() -> None:
    stream = StreamPlayback()
    stream.receive(media(1, 20), 0)
    stream.receive(media(1, 20), 50)
    stream.receive(media(1, 20), 3000)
    assert [(gap.from_ms, gap.to_ms) for gap in stream.underruns] == [(20, 50), (70, 3000)]
    assert [(gap.from_ms, gap.to_ms) for gap in stream.gaps()] == [(20, 50)]


def test_late_calls_do_not_move_what_was_played() -> None:
    stream = StreamPlayback()
    stream.receive(media(1, 20), 0)
    stream.due(10_000)
    assert stream.played[0].end_ms == 20


def test_more_than_ten_minutes_are_thrown_away_with_one_warning() -> None:
    stream = StreamPlayback()
    for _ in range(7):
        stream.receive(media(1, 100_000), 0)
    stream.receive(mark("end"), 0)
    assert stream.next_at() == 600_000
    assert stream.warnings == [(0, EXCESS_DROPPED)]


def test_marks_can_get_lost_and_the_log_says_so() -> None:
    stream = StreamPlayback(MarkFaults(lose=1.0))
    stream.receive(media(1, 20), 0)
    stream.receive(mark("m"), 0)
    assert stream.due(20) == []
    assert stream.marks_lost == [(20, "m")]


def test_late_marks_keep_their_order_and_a_clear_brings_them_at_once() -> None:
    stream = StreamPlayback(MarkFaults(late_ms=100, seed=2))
    for number in range(5):
        stream.receive(mark(str(number)), 0)
    assert names(stream.due(100)) == ["0", "1", "2", "3", "4"]
    stream.receive(mark("held"), 200)
    assert names(stream.receive(CLEAR, 200)) == ["held"]


def test_an_ended_stream_plays_nothing_more() -> None:
    stream = StreamPlayback()
    stream.receive(media(1, 100), 0)
    stream.receive(mark("m"), 0)
    stream.end(30)
    assert stream.due(1000) == [] and stream.next_at() is None
    assert stream.played_ms_of_values() == {1: 30.0}


def test_played_bytes_between_two_times() -> None:
    stream = StreamPlayback()
    stream.receive(media(1, 10), 0)
    stream.receive(media(2, 10), 20)
    stream.due(100)
    assert stream.played_bytes_between(9, 21) == b"\1" * 8 + b"\2" * 8


step = st.one_of(
    st.tuples(st.just("media"), st.integers(0, 2000)),
    st.tuples(st.just("mark"), st.just(0)),
    st.tuples(st.just("clear"), st.just(0)),
    st.tuples(st.just("wait"), st.integers(1, 400)),
    st.tuples(st.just("next"), st.just(0)),
)


@settings(deadline=None, max_examples=200)
@given(st.lists(step, max_size=40))
def test_what_is_played_was_sent_in_order_and_no_mark_is_early_unless_cleared(steps: list[tuple[str, int]]) -> None:
    stream, now = StreamPlayback(), 0.0
    echoed: list[str] = []
    expected: list[bytes] = [b""]  # per clear: what was sent since the last one
    position: dict[str, tuple[int, int]] = {}  # mark: (clears before it, bytes sent before it since the last clear)
    taken = 0
    for kind, number in steps:
        answers: list[dict[str, Any]] = []
        if kind == "media":
            audio = bytes((taken + n) % 251 for n in range(number))
            taken += number
            expected[-1] += audio
            answers = stream.receive({"event": "media", "media": {"payload": audio}}, now)
        elif kind == "mark":
            name = f"m{len(position)}"
            position[name] = (len(expected) - 1, len(expected[-1]))
            answers = stream.receive(mark(name), now)
        elif kind == "clear":
            answers = stream.receive(CLEAR, now)
            expected.append(b"")
        elif kind == "wait":
            now += number / 4
            answers = stream.due(now)
        elif (at := stream.next_at()) is not None:
            now = max(now, at)
            answers = stream.due(now)
        heard = b"".join(bytes(stretch.audio) for stretch in stream.played)
        total, rest = 0, heard
        for index, clear in enumerate(stream.clears):  # each part is what was sent, cut at its clear
            length = len(expected[index]) - clear.dropped_bytes
            assert rest[:length] == expected[index][:length]
            total, rest = total + length, rest[length:]
        assert rest == expected[-1][: len(rest)]
        assert len(rest) <= len(expected[-1])
        for name in names(answers):
            part, before = position[name]
            assert part < len(stream.clears) or len(rest) >= before
            echoed.append(name)
        for one, other in zip(stream.played, stream.played[1:], strict=False):
            assert one.end_ms < other.start_ms
        assert sum(len(stretch.audio) for stretch in stream.played) <= now * 8 + 1
    assert echoed == sorted(echoed, key=lambda name: int(name[1:]))
    stream.due(now + 1e6)
    assert {name for _, name in stream.echoes} == set(position)


@pytest.mark.parametrize("start", [0.0, 0.1, 12345.6789, 3.6e6 + 1 / 3])
def test_frames_that_come_exactly_in_time_leave_no_holes(start: float) -> None:
    stream = StreamPlayback()
    for number in range(1000):
        stream.receive(media(1, 20), start + number * 20)
    stream.due(start + 1e6)
    assert len(stream.played) == 1 and stream.underruns == []
