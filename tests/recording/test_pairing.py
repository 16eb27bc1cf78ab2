"""Both sides as the caller's end had them. Whole calls are judged by the carrier's own record, sample by sample."""

import pytest

from offhook.audio.format import MULAW_8K, PCM16_8K
from offhook.core.tape import Tape
from offhook.recording.pairing import FIRST_MS, SETTLED_MS, Pairing
from offhook.sim.network import Link
from tests.heard import stalls
from tests.recording.taped import Taped

SEEDS = range(25)
QUIET = MULAW_8K.silence


class Leg:
    """A leg of a constant delay: its media bear the time at which they left, and the ear is `round_trip_ms` away."""

    def __init__(self, down_ms=0.0, round_trip_ms=0.0):
        self.down_ms, self.round_trip_ms = down_ms, round_trip_ms
        self.timestamp = None
        self.known = True

    def media_ms(self):
        return self.timestamp

    def media_ahead_ms(self):
        return self.round_trip_ms - (self.down_ms + 20.0) if self.known else None


class Bench:
    """A pairing with a leg, fed frame by frame."""

    def __init__(self, leg, format=MULAW_8K):
        self.format, self.tape, self.leg = format, Tape(format), leg
        self.pairing = Pairing(self.tape, format)
        self.left, self.right = b"", b""

    def frames(self, begin_ms, end_ms, value=b"c"):
        """The caller's frames that leave between two moments of the far clock."""
        for at in range(begin_ms, end_ms, 20):
            self.leg.timestamp = float(at)
            self.pairing.caller(value * 20 * self.format.bytes_per_ms, at + 20 + self.leg.down_ms)

    def take(self, now):
        left, right = self.pairing.take(now)
        assert len(left) == len(right)
        self.left += left
        self.right += right


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("round_trip_ms", [0, 250])
def test_a_recording_is_what_the_carrier_recorded(tmp_path, seed, round_trip_ms):
    up = round_trip_ms * (seed % 5) / 4
    taped = Taped(tmp_path, up=Link(up), down=Link(round_trip_ms - up), seed=seed, ms=8000.0)
    for side in (0, 1):
        lags = taped.lags_ms(side)
        assert len(lags) > 20
        assert set(lags[:-6]) == {0.0}, "to the sample, and nothing is missing before the last moments"
        assert set(lags) <= {0.0, None}
        ours, theirs = taped.sounds_ms(side)
        assert theirs - round_trip_ms - 25 <= ours <= theirs + 5, "nothing that was cut, nothing twice"


LINKS = {
    "jitter-gauss": lambda s: (Link(80, 4, "gauss", s), Link(80, 4, "gauss", s + 999)),
    "jitter-exp": lambda s: (Link(80, 4, "exp", s), Link(80, 4, "exp", s + 999)),
    "uplink-stalls": lambda s: (Link(80, stalls=stalls(s)), Link(80)),
    "downlink-stalls": lambda s: (Link(80), Link(80, stalls=stalls(s))),
}


@pytest.mark.parametrize("shape", LINKS)
def test_jitter_and_stalls_move_nothing_by_more_than_20_ms(tmp_path, shape):
    for seed in range(3):
        down, up = LINKS[shape](seed)
        taped = Taped(tmp_path / str(seed), up=up, down=down, seed=seed, ms=12_000.0)
        for side in (0, 1):
            lags = taped.lags_ms(side)
            near = [lag for lag in lags if lag is not None and abs(lag) <= 20.0]
            assert len(near) >= 0.95 * len(lags) - 10, "what the stall itself has moved, and the last moments"
            if shape.startswith("jitter"):
                assert len(near) == len([lag for lag in lags if lag is not None])


def test_streams_follow_one_another_with_silence_between(tmp_path):
    taped = Taped(tmp_path, up=Link(80), down=Link(80), seed=3, drops=(6000.0, 4000.0))
    assert len(taped.carrier.streams) == 3
    for side in (0, 1):
        lags = taped.lags_ms(side)
        assert set(lags) <= {0.0, None}
        assert lags.count(None) <= 3 * 4, "what was on its way when a stream was lost"


def test_what_is_handed_on_stands_beside_what_is_said_a_round_trip_later():
    bench = Bench(Leg(down_ms=100.0, round_trip_ms=300.0))
    bench.pairing.join(bench.leg, 100.0)
    bench.frames(0, 500)
    bench.tape.wrote(b"a" * 800, 700.0)  # is heard from 900 on, when the far clock says 900
    bench.frames(500, 4000)
    bench.take(4000.0)
    assert bench.left[:8] == b"c" * 8
    assert bench.right.index(b"a") == 900 * 8
    assert bench.right.count(b"a") == 800


def test_nothing_is_given_out_before_it_is_settled():
    bench = Bench(Leg())
    bench.pairing.join(bench.leg, 0.0)
    bench.frames(0, 5000)
    bench.take(FIRST_MS)
    assert bench.left == b"", "the round trip is not told yet"
    bench.tape.wrote(b"a" * 8000, 3500.0)
    bench.take(4400.0)
    assert len(bench.left) == 8 * (4400 - SETTLED_MS)
    bench.tape.cleared(3900.0)
    bench.take(5000.0 + SETTLED_MS)
    assert bench.right == QUIET(3500) + b"a" * 3200 + QUIET(1100)


def test_a_hole_in_the_callers_audio_is_silence_of_its_length():
    bench = Bench(Leg(down_ms=30.0))
    bench.pairing.join(bench.leg, 30.0)
    bench.frames(0, 400)
    bench.frames(640, 1000)
    bench.take(4000.0)
    assert bench.left == b"c" * 3200 + QUIET(240) + b"c" * 2880


def test_frames_that_come_late_together_leave_no_hole():
    bench = Bench(Leg())
    bench.pairing.join(bench.leg, 0.0)
    bench.frames(0, 400)
    for at in range(400, 800, 20):
        bench.leg.timestamp = float(at)
        bench.pairing.caller(b"d" * 160, 820.0)
    bench.take(4000.0)
    assert bench.left == b"c" * 3200 + b"d" * 3200


def test_a_timestamp_that_cannot_be_makes_no_endless_silence():
    bench = Bench(Leg())
    bench.pairing.join(bench.leg, 0.0)
    bench.frames(0, 400)
    bench.leg.timestamp = 1e8
    bench.pairing.caller(b"d" * 160, 620.0)
    bench.pairing.leave(700.0)
    bench.take(700.0)
    assert len(bench.left) < 8 * 1000


def test_a_far_clock_goes_on_without_audio():
    bench = Bench(Leg(round_trip_ms=20.0))
    bench.leg.timestamp = 1000.0
    bench.pairing.join(bench.leg, 1000.0)
    bench.tape.wrote(b"a" * 800, 1500.0)
    for now in (2000.0, 3000.0, 4000.0, 5000.0):
        bench.leg.timestamp = now
        bench.take(now)
    assert bench.left == QUIET(3000)
    assert bench.right == QUIET(500) + b"a" * 800 + QUIET(2400)


def test_the_round_trip_may_become_known_late():
    bench = Bench(Leg(round_trip_ms=200.0))
    bench.leg.known = False
    bench.pairing.join(bench.leg, 0.0)
    bench.frames(0, 1500)
    bench.take(1500.0)
    assert bench.left == b""
    bench.leg.known = True
    bench.tape.wrote(b"a" * 800, 2000.0)
    bench.frames(1500, 6000)
    bench.take(6000.0)
    assert bench.right.index(b"a") == 2200 * 8


def test_a_call_in_which_nothing_was_heard_is_recorded_too():
    bench = Bench(Leg())
    bench.leg.known = False
    bench.pairing.join(bench.leg, 0.0)
    bench.frames(0, 6000)
    bench.take(6000.0)
    assert bench.left == b"c" * (8 * 5000) and bench.right == QUIET(5000)


def test_a_round_trip_that_changes_is_taken_on_where_nothing_sounds():
    leg = Leg(round_trip_ms=100.0)
    bench = Bench(leg)
    bench.pairing.join(leg, 0.0)
    for second in range(10):
        bench.frames(1000 * second, 1000 * second + 1000)
        bench.tape.wrote(b"a" * 4000, 1000.0 * second + 1000.0)
        if second == 4:
            leg.round_trip_ms = 150.0
        if second == 7:
            leg.round_trip_ms = 60.0
        bench.take(1000.0 * second + 1700.0)
    begins = [at / 8 for at in range(1, len(bench.right)) if bench.right[at - 1 : at + 1] == b"\xffa"]
    assert [round(at) % 1000 for at in begins] == [100, 100, 100, 150, 150, 150, 60, 60, 60]
    assert bench.right.count(b"a") == 9 * 4000


def test_what_was_not_heard_when_the_stream_was_lost_is_not_there():
    bench = Bench(Leg(round_trip_ms=200.0))
    bench.pairing.join(bench.leg, 0.0)
    bench.frames(0, 1000)
    bench.tape.wrote(b"a" * 80_000, 500.0)
    bench.tape.lost(1050.0)
    bench.pairing.leave(1050.0)
    bench.take(1050.0)
    assert bench.right == QUIET(700) + b"a" * (300 * 8), "heard by the newest audio of the caller"


def test_positions_of_moments():
    bench = Bench(Leg(down_ms=100.0, round_trip_ms=300.0))
    bench.pairing.join(bench.leg, 0.0)
    bench.frames(0, 1000)
    assert bench.pairing.said_at(600.0) == 500 * 8
    bench.take(4000.0)
    assert bench.pairing.heard_at(600.0) == 800 * 8
    assert bench.pairing.said_at(-1e6) == bench.pairing.heard_at(-1e6) == 0


def test_pcm16_too():
    bench = Bench(Leg(), PCM16_8K)
    bench.pairing.join(bench.leg, 0.0)
    bench.frames(0, 1000)
    bench.tape.wrote(b"ab" * 800, 500.0)
    bench.take(4000.0)
    assert bench.right == bytes(500 * 16) + b"ab" * 800 + bytes(400 * 16)
    assert bench.pairing.taken == 8000
