"""The estimating ear alone, with literal times. How exact it is over a network is in test_heard.py."""

import pytest

from offhook.core.estimate import EstimatedEar


def ear(media=(None, 0.0), **options) -> EstimatedEar:
    return EstimatedEar(lambda: media, **options)


def test_an_item_begins_when_what_is_queued_is_over():
    e = ear()
    e.wrote("a", 0.0, 500.0, 1000.0)
    e.wrote("b", 0.0, 500.0, 1100.0)
    e.clear(1700.0)
    assert e.settled(2000.0) == {"a": 500.0, "b": 200.0}


def test_silence_that_does_not_count_moves_what_follows():
    e = ear()
    e.wrote(None, 0.0, 200.0, 1000.0)
    e.wrote("a", 0.0, 500.0, 1000.0)
    e.clear(1300.0)
    assert e.settled(2000.0) == {"a": 100.0}


def test_a_gap_between_writes_is_not_heard():
    e = ear()
    e.wrote("a", 0.0, 100.0, 1000.0)
    e.wrote("a", 100.0, 100.0, 1500.0)
    e.clear(1550.0)
    assert e.settled(2000.0) == {"a": 150.0}


def test_a_constant_between_the_queue_and_the_ear_is_taken_off():
    e = ear(offset_ms=60.0)
    e.wrote("a", 0.0, 500.0, 1000.0)
    e.clear(1300.0)
    assert e.settled(2000.0) == {"a": 240.0}


def test_nothing_is_told_before_the_fence_or_its_deadline():
    e = ear()
    e.wrote("a", 0.0, 500.0, 1000.0)
    e.clear(1200.0)
    assert e.wake_at() == 1450.0
    assert e.settled(1449.0) is None
    assert e.settled(1450.0) == {"a": 200.0}
    assert e.settled(1500.0) is None


def test_a_mark_goes_before_an_item_once_a_second_and_at_its_end():
    e = ear()
    assert e.mark_before("a", 0.0, 1000.0)
    e.wrote("a", 0.0, 800.0, 1000.0)
    assert e.mark_after("a", 800.0, False, 1000.0) is None
    assert e.mark_before("a", 800.0, 1100.0) is None
    e.wrote("a", 800.0, 400.0, 1100.0)
    assert e.mark_after("a", 1200.0, False, 1100.0)
    e.wrote("a", 1200.0, 100.0, 1200.0)
    assert e.mark_after("a", 1300.0, True, 1200.0)
    assert e.mark_before("b", 0.0, 1200.0) is None, "the end of the one marks the beginning of the other"


def test_an_item_is_finished_when_its_end_mark_returns():
    e = ear()
    e.mark_before("a", 0.0, 0.0)
    e.wrote("a", 0.0, 100.0, 0.0)
    end = e.mark_after("a", 100.0, True, 0.0)
    e.echo(end, 150.0)
    assert e.finished(150.0) == ["a"]
    assert e.finished(150.0) == []


def test_a_later_echo_speaks_for_a_mark_that_was_lost():
    e = ear()
    e.wrote("a", 0.0, 100.0, 0.0)
    e.mark_after("a", 100.0, True, 0.0)
    e.wrote("b", 0.0, 100.0, 0.0)
    e.echo(e.mark_after("b", 100.0, True, 0.0), 250.0)
    assert e.finished(250.0) == ["a", "b"]


def test_an_end_mark_that_never_returns_is_not_waited_for_for_ever():
    e = ear()
    e.wrote("a", 0.0, 100.0, 0.0)
    e.mark_after("a", 100.0, True, 0.0)
    at = e.wake_at()
    assert e.finished(at - 1.0) == []
    assert e.finished(at) == ["a"]


def test_marks_that_a_clear_returns_finish_nothing():
    e = ear()
    e.wrote("a", 0.0, 1000.0, 0.0)
    end = e.mark_after("a", 1000.0, True, 0.0)
    fence = e.clear(300.0)
    e.echo(end, 310.0)
    e.echo(fence, 310.0)
    assert e.finished(310.0) == []


def test_a_peer_that_returns_no_mark_costs_no_endless_wake_ups():
    e = ear()
    for turn in range(3):
        now = turn * 400.0
        e.wrote("a", 0.0, 5000.0, now)
        e.mark_after("a", 5000.0, True, now)
        e.clear(now + 100.0)
        e.wrote("b", 0.0, 100.0, now + 200.0)
        e.mark_after("b", 100.0, True, now + 200.0)
    now = 1000.0
    for _ in range(50):
        at = e.wake_at()
        if at is None:
            break
        assert at > now or now == 1000.0
        now = max(now, at)
        while e.settled(now) is not None:
            pass
        e.finished(now)
    else:
        raise AssertionError("it never comes to rest")


def test_what_plays_after_a_clear_is_counted_anew():
    e = ear()
    e.wrote("a", 0.0, 1000.0, 0.0)
    e.clear(300.0)
    e.wrote("b", 0.0, 1000.0, 400.0)
    assert e.settled(600.0) == {"a": 300.0}
    e.clear(700.0)
    assert e.settled(1000.0) == {"b": 300.0}


def test_a_lost_stream_was_heard_as_far_as_the_newest_media_tells():
    media = (500.0, 1000.0)
    e = EstimatedEar(lambda: media)
    e.wrote("a", 0.0, 2000.0, 600.0)
    assert e.lost() == {"a": 400.0}


def test_a_close_of_ours_travels_like_a_clear():
    e = ear()
    e.wrote("a", 0.0, 2000.0, 600.0)
    assert e.lost(closed_at=1000.0) == {"a": 400.0}


# ---------------------------------------------------------------- what marks repair


class Line:
    """An ear whose newest inbound media the test says: (timestamp, arrival)."""

    def __init__(self):
        self.media = (0.0, 0.0)
        self.ear = EstimatedEar(lambda: self.media)

    def media_at(self, now, late_ms=0.0):
        """Media that was sent 50 ms and its lateness before `now`."""
        self.media = (now - 50.0 - late_ms, now)
        self.ear.flowed()
        return self

    def echo(self, name, now):
        """A mark and, with it, media come back."""
        self.ear.echo(name, now)
        return self.media_at(now)


def said_late(late_ms, *, fence_late_ms=None):
    """An item of 2 s at 1000 whose first mark came back `late_ms` later than its moment, cut at 1900."""
    line = Line().media_at(900.0)
    begin = line.ear.mark_before("a", 0.0, 1000.0)
    line.ear.wrote("a", 0.0, 2000.0, 1000.0)
    line.echo(begin, 1000.0 + late_ms)
    fence = line.ear.clear(1900.0)
    if fence_late_ms is not None:
        line.echo(fence, 1900.0 + fence_late_ms)
    return line


def test_a_clear_that_was_as_late_as_the_audio_cuts_where_our_clock_says():
    line = said_late(200.0, fence_late_ms=200.0)
    assert line.ear.settled(2100.0) == {"a": 900.0}
    assert line.ear.settled_cut.shift_ms == 0.0


def test_a_clear_that_was_later_than_the_audio_cut_later():
    line = said_late(100.0, fence_late_ms=190.0)
    assert line.ear.settled(2090.0) == {"a": 990.0}
    assert line.ear.settled_cut.shift_ms == 90.0


def test_a_clear_that_overtook_late_audio_cut_earlier():
    assert said_late(200.0, fence_late_ms=100.0).ear.settled(2000.0) == {"a": 800.0}


def test_what_is_less_than_forty_milliseconds_is_jitter():
    assert said_late(100.0, fence_late_ms=140.0).ear.settled(2040.0) == {"a": 900.0}
    assert said_late(100.0, fence_late_ms=140.5).ear.settled(2041.0) == {"a": 940.5}


def test_a_fence_that_is_not_back_while_media_flows_is_as_late_as_that():
    line = said_late(100.0)
    line.media = (2160.0, 2240.0)  # 30 ms late itself
    assert line.ear.settled(2284.0) == {"a": 900.0 + 254.0}
    stale = said_late(100.0)
    stale.media = (2190.0, 2240.0)
    assert stale.ear.settled(2285.0) == {"a": 900.0}, "the downlink may be what keeps it"


def test_a_fence_is_waited_for_as_long_as_a_round_trip_and_a_tenth_of_a_second():
    line = said_late(100.0)
    assert line.ear.wake_at() == 1900.0 + 100.0 + 100.0
    slow = said_late(100.0).media_at(2300.0, late_ms=30.0)
    slow.ear.clear(2310.0)
    slow.ear.settled(2310.0)
    assert slow.ear.settled(2539.0) is None
    assert slow.ear.settled(2540.0) is not None
    assert line.ear.settled(2099.0) is None
    far = said_late(400.0)
    assert far.ear.wake_at() == 1900.0 + 250.0


def test_an_echo_that_was_held_up_with_the_media_behind_it_says_nothing_of_the_audio():
    line = Line().media_at(900.0)
    begin = line.ear.mark_before("a", 0.0, 1000.0)
    line.ear.wrote("a", 0.0, 2000.0, 1000.0)
    line.ear.echo(begin, 1400.0)
    assert line.ear.awaits_media
    line.media_at(1404.0, late_ms=300.0)
    assert not line.ear.awaits_media
    fence = line.media_at(1880.0).ear.clear(1900.0)
    line.echo(fence, 2000.0)
    assert line.ear.settled(2000.0) == {"a": 900.0}


def test_an_echo_and_media_of_the_same_moment_were_held_up_together():
    line = Line().media_at(900.0)
    begin = line.ear.mark_before("a", 0.0, 1000.0)
    line.ear.wrote("a", 0.0, 2000.0, 1000.0)
    line.ear.echo(begin, 1400.0)
    line.media_at(1400.0, late_ms=300.0).media_at(1880.0)
    line.ear.clear(1900.0)
    line.ear.settled(3000.0)
    assert line.ear.settled_cut.late_ms == 100.0


def test_an_echo_that_no_media_follows_is_taken_as_it_came():
    line = Line().media_at(900.0)
    begin = line.ear.mark_before("a", 0.0, 1000.0)
    line.ear.wrote("a", 0.0, 2000.0, 1000.0)
    line.ear.echo(begin, 1100.0)
    fence = line.ear.clear(1900.0)
    line.ear.echo(fence, 2090.0)
    assert line.ear.settled(2089.0) is None
    assert line.ear.settled(2100.0) == {"a": 990.0}


def test_without_a_clock_of_the_carriers_the_downlink_is_taken_to_be_in_time():
    e = ear()
    begin = e.mark_before("a", 0.0, 1000.0)
    e.wrote("a", 0.0, 2000.0, 1000.0)
    e.echo(begin, 1200.0)
    e.flowed()
    e.echo(e.clear(1900.0), 2150.0)
    e.flowed()
    assert e.settled(2150.0) == {"a": 950.0}
    assert (e.settled_cut.late_ms, e.settled_cut.fence_late_ms) == (200.0, 250.0)


def test_media_that_comes_long_after_an_echo_had_its_own_delay():
    line = Line().media_at(900.0)
    begin = line.ear.mark_before("a", 0.0, 1000.0)
    line.ear.wrote("a", 0.0, 2000.0, 1000.0)
    line.ear.echo(begin, 1400.0)
    line.media_at(1405.0, late_ms=300.0)
    fence = line.media_at(1880.0).ear.clear(1900.0)
    line.echo(fence, 2000.0)
    assert line.ear.settled(2000.0) == {"a": 900.0 - 300.0}


def test_what_a_mark_has_proven_was_heard_whatever_the_clock_says():
    line = Line().media_at(900.0)
    line.ear.wrote("a", 0.0, 1000.0, 1000.0)
    middle = line.ear.mark_after("a", 1000.0, False, 1000.0)
    line.ear.wrote("a", 1000.0, 500.0, 1000.0)
    line.echo(middle, 1900.0)
    line.echo(line.ear.clear(1950.0), 2050.0)
    assert line.ear.settled(2050.0)["a"] == 1150.0
    early = Line().media_at(900.0)
    early.ear.wrote("a", 0.0, 1000.0, 1000.0)
    middle = early.ear.mark_after("a", 1000.0, False, 1000.0)
    early.echo(middle, 1900.0)
    early.ear.clear(1950.0)
    assert early.ear.lost() == {"a": 1000.0}


def test_marks_that_come_back_with_a_clear_prove_nothing():
    line = Line().media_at(900.0)
    line.ear.wrote("a", 0.0, 2000.0, 1000.0)
    end = line.ear.mark_after("a", 2000.0, True, 1000.0)
    fence = line.ear.clear(1500.0)
    line.echo(end, 1600.0).echo(fence, 1600.0)
    assert line.ear.settled(1600.0) == {"a": 500.0}
    assert line.ear.finished(10_000.0) == []


def test_a_carrier_that_was_behind_has_caught_up_when_it_had_nothing_to_play():
    line = Line().media_at(900.0)
    begin = line.ear.mark_before("a", 0.0, 1000.0)
    line.ear.wrote("a", 0.0, 200.0, 1000.0)
    line.echo(begin, 1050.0)  # the round trip
    second = line.ear.mark_after("a", 200.0, True, 1000.0)
    line.echo(second, 1350.0)  # 150 ms late
    for piece in range(10):
        line.ear.wrote("b", piece * 100.0, 100.0, 1280.0)  # 80 ms in which it caught up
    line.echo(line.ear.clear(1600.0), 1700.0)
    assert line.ear.settled_cut is None
    assert line.ear.settled(1700.0) == {"b": 320.0}
    assert line.ear.settled_cut.late_ms == 70.0


def test_of_the_lateness_before_a_long_pause_nothing_is_known():
    line = Line().media_at(900.0)
    begin = line.ear.mark_before("a", 0.0, 1000.0)
    line.ear.wrote("a", 0.0, 200.0, 1000.0)
    line.echo(begin, 1300.0)
    line.ear.wrote("a", 200.0, 1000.0, 1301.0)
    line.echo(line.ear.clear(1600.0), 1650.0)
    assert line.ear.settled(1650.0) == {"a": 499.0}
    assert line.ear.settled_cut.late_ms is None


def test_lateness_of_before_a_pause_that_is_no_longer_than_a_period_still_holds():
    line = Line().media_at(900.0)
    begin = line.ear.mark_before("a", 0.0, 1000.0)
    line.ear.wrote("a", 0.0, 200.0, 1000.0)
    line.echo(begin, 1300.0)
    line.ear.wrote("a", 200.0, 1000.0, 1300.0)
    line.ear.clear(1600.0)
    line.ear.settled(3000.0)
    assert line.ear.settled_cut.late_ms == 300.0


def test_a_mark_behind_a_gap_is_late_by_what_the_gap_left():
    line = Line().media_at(900.0)
    begin = line.ear.mark_before("a", 0.0, 1000.0)
    line.ear.wrote("a", 0.0, 200.0, 1000.0)
    line.echo(begin, 1050.0)
    second = line.ear.mark_before("b", 0.0, 1280.0)
    line.ear.wrote("b", 0.0, 1000.0, 1280.0)
    line.echo(second, 1280.0 + 150.0)
    line.ear.clear(1600.0)
    line.ear.settled(3000.0)
    assert line.ear.settled_cut.late_ms == 150.0


def test_each_clear_has_its_own_fence_and_settlement():
    line = Line().media_at(900.0)
    line.ear.wrote("a", 0.0, 2000.0, 1000.0)
    first = line.ear.clear(1300.0)
    line.ear.wrote("b", 0.0, 2000.0, 1350.0)
    line.ear.clear(1400.0)
    line.echo(first, 1420.0)
    assert line.ear.settled(1420.0) == {"a": 300.0}
    assert line.ear.settled_cut.fence_late_ms == 120.0
    assert line.ear.settled(5000.0) == {"b": 50.0}
    assert line.ear.settled_cut.fence_late_ms is None


def test_until_the_fence_is_back_an_echo_proves_nothing():
    def cut_of_b(*echoes):
        line = Line().media_at(900.0)
        line.ear.wrote("a", 0.0, 2000.0, 1000.0)
        fence = line.ear.clear(1300.0)
        begin = line.ear.mark_before("b", 0.0, 1400.0) or fence
        line.ear.wrote("b", 0.0, 2000.0, 1400.0)
        middle = line.ear.mark_after("b", 1000.0, False, 1400.0)
        for name in echoes:
            line.echo({"fence": fence, "begin": begin, "middle": middle}[name], 1500.0)
        line.ear.clear(1600.0)
        line.ear.settled(9000.0)
        line.ear.settled(9000.0)
        return line.ear.settled_cut

    assert cut_of_b("middle").late_ms is None
    assert cut_of_b("fence", "middle").late_ms is not None


def test_a_mark_that_a_clear_returns_is_waited_for_from_the_clear():
    e = ear()
    e.wrote("a", 0.0, 5000.0, 0.0)
    e.mark_after("a", 5000.0, True, 0.0)
    e.clear(100.0)
    assert e.wake_at() == 100.0 + 250.0, "for the fence"
    e.settled(350.0)
    assert e.wake_at() == 100.0 + 250.0 + 1000.0


def test_the_round_trip_is_the_median_of_the_newest():
    line = Line().media_at(900.0)
    line.ear.wrote("a", 0.0, 60_000.0, 1000.0)
    for second, late_ms in enumerate([100.0] * 15 + [200.0] * 8, start=1):
        line.ear.wrote("a", 0.0, 1.0, line.ear._queue_end)
        at = line.ear._queue_end
        line.echo(line.ear.mark_after("a", second * 1000.0, False, 1000.0), at + late_ms)
    line.ear.mark_after("a", 60_000.0, True, 1000.0)
    assert line.ear.wake_at() == line.ear._queue_end + 200.0 + 1000.0


def test_an_item_in_small_pieces_is_one_stretch():
    e = ear()
    for piece in range(100):
        e.wrote("a", piece * 20.0, 20.0, 1000.0)
    e.wrote("b", 0.0, 20.0, 1000.0)
    assert len(e._stretches) == 2
    e.clear(1500.0)
    assert e.settled(2000.0) == {"a": 500.0, "b": 0.0}


def test_half_a_millisecond_was_heard():
    e = ear()
    e.wrote("a", 0.0, 100.0, 1000.0)
    e.clear(1000.5)
    assert e.settled(2000.0) == {"a": 0.5}


def test_a_stream_that_is_lost_was_heard_until_a_round_trip_before_the_newest_media():
    line = Line().media_at(900.0)
    begin = line.ear.mark_before("a", 0.0, 1000.0)
    line.ear.wrote("a", 0.0, 2000.0, 1000.0)
    line.ear.wrote("b", 0.0, 2000.0, 1000.0)
    line.echo(begin, 1100.0).media_at(1800.0)
    assert line.ear.lost() == {"a": 700.0, "b": 0.0}


def test_what_is_proven_of_one_item_holds_while_another_is_queued():
    line = Line().media_at(900.0)
    line.ear.wrote("a", 0.0, 1000.0, 1000.0)
    middle = line.ear.mark_after("a", 1000.0, False, 1000.0)
    line.ear.wrote("b", 0.0, 1000.0, 1000.0)
    line.echo(middle, 1900.0)
    line.ear.clear(1950.0)
    assert line.ear.lost() == {"a": 1000.0, "b": 0.0}


def test_only_the_first_audio_of_an_item_needs_a_mark():
    e = ear()
    e.wrote("a", 0.0, 1000.0, 1000.0)
    assert e.mark_before("b", 0.0, 1000.0)
    e.wrote("b", 0.0, 1000.0, 1000.0)
    assert e.mark_before("b", 1000.0, 1000.0) is None
    assert e.mark_before("b", 1000.0, 4000.0), "after a gap it does again"


def test_a_mark_goes_before_audio_that_follows_a_gap():
    e = ear()
    e.wrote("a", 0.0, 100.0, 1000.0)
    assert e.mark_before("a", 100.0, 1120.0) is None
    assert e.mark_before("a", 100.0, 1121.0)
    assert e.mark_before("a", 100.0, 1122.0) is None, "one was just sent"


def test_a_mark_goes_behind_each_second_of_an_item():
    e = ear()
    e.wrote("a", 0.0, 2000.0, 0.0)
    assert e.mark_after("a", 999.0, False, 0.0) is None
    assert e.mark_after("a", 1000.0, False, 0.0)
    assert e.mark_after("a", 1999.0, False, 0.0) is None
    assert e.mark_after("b", 1999.0, False, 0.0), "of another item it is the first"


def test_it_tells_how_much_is_still_to_be_heard():
    e = ear()
    assert e.queued_ms(0.0) == 0.0
    e.wrote("a", 0.0, 500.0, 1000.0)
    e.wrote("a", 500.0, 100.0, 1200.0)
    assert e.queued_ms(1200.0) == 400.0
    assert e.queued_ms(1700.0) == 0.0
    e.clear(1300.0)
    assert e.queued_ms(1300.0) == 0.0


def test_an_end_mark_is_lost_a_second_after_the_round_trip():
    e = ear()
    e.wrote("a", 0.0, 100.0, 0.0)
    e.mark_after("a", 100.0, True, 0.0)
    assert e.wake_at() == 100.0 + 250.0 + 1000.0
    line = said_late(80.0, fence_late_ms=80.0)
    line.ear.settled(2000.0)
    line.ear.wrote("b", 0.0, 100.0, 3000.0)
    line.ear.mark_after("b", 100.0, True, 3000.0)
    assert line.ear.wake_at() == 3100.0 + 80.0 + 1000.0


def test_an_echo_of_no_mark_of_ours_is_nothing():
    e = ear()
    e.echo("theirs", 10.0)
    assert not e.awaits_media


def test_a_stream_that_is_lost_before_a_clear_took_effect_was_heard_until_then():
    line = Line().media_at(900.0)
    line.ear.wrote("a", 0.0, 2000.0, 1000.0)
    line.ear.clear(1500.0)
    line.ear.wrote("b", 0.0, 2000.0, 1600.0)
    line.media = (1650.0, 1700.0)
    assert line.ear.lost() == {"a": 500.0, "b": 100.0}
    assert line.ear.lost() == {}
    assert line.ear.settled(9999.0) is None


def test_when_what_is_written_now_is_heard_on_the_carriers_clock():
    media = [0.0, 0.0]  # timestamp, arrival
    ear = EstimatedEar(lambda: (media[0], media[1]), offset_ms=7.0)
    assert ear.media_ahead_ms is None
    media[:] = [480.0, 10_100.0]  # left the carrier at its 500, a hundred ago
    mark = ear.mark_before("a", 0.0, 10_100.0)
    ear.wrote("a", 0.0, 100.0, 10_100.0)
    assert mark is not None and ear.media_ahead_ms is None
    media[:] = [780.0, 10_400.0]
    ear.echo(mark, 10_400.0)  # thirty-odd there, and back: three hundred
    media[:] = [800.0, 10_420.0]
    ear.flowed()
    assert ear.media_ahead_ms == pytest.approx(300.0 - (10_400.0 - 780.0) + 7.0)
