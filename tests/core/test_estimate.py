"""The estimating ear alone, with literal times. How exact it is over a network is in test_heard.py."""

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
