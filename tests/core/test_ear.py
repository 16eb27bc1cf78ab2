"""The reporting ear, with literal times."""

from offhook.core.ear import ReportedEar


def test_a_reporting_player_is_believed():
    e = ReportedEar()
    e.wrote("a", 0.0, 500.0, 0.0)
    e.wrote("b", 0.0, 500.0, 0.0)
    e.ended("a")
    e.reported("a", 500.0)
    assert e.finished(600.0) == ["a"]
    e.clear(700.0)
    assert e.settled(700.0) is None
    e.cleared({"b": 123.0})
    assert e.settled(750.0) == {"b": 123.0}


def test_a_player_that_does_not_answer_is_taken_at_its_last_word():
    e = ReportedEar()
    e.wrote("a", 0.0, 500.0, 0.0)
    e.reported("a", 200.0)
    e.clear(300.0)
    assert e.wake_at() == 1300.0
    assert e.settled(1300.0) == {"a": 200.0}


def test_an_answer_that_comes_too_late_is_not_taken_for_the_next_one():
    e = ReportedEar()
    e.wrote("a", 0.0, 5000.0, 0.0)
    e.clear(1000.0)
    assert e.settled(2000.0) == {"a": 0.0}
    e.cleared({"a": 900.0})
    e.wrote("b", 0.0, 5000.0, 3000.0)
    e.clear(4000.0)
    assert e.settled(4001.0) is None
    e.cleared({"b": 950.0})
    assert e.settled(4100.0) == {"b": 950.0}


def test_a_player_cannot_have_played_more_than_it_was_given():
    e = ReportedEar()
    e.wrote("a", 0.0, 500.0, 0.0)
    e.reported("a", 9999.0)
    assert e.lost() == {"a": 500.0}


def test_what_was_handed_on_and_not_heard_is_queued():
    e = ReportedEar()
    e.wrote("a", 0.0, 500.0, 0.0)
    assert e.queued_ms(0.0) == 500.0
    assert e.queued_ms(200.0) == 300.0
    e.wrote(None, 0.0, 100.0, 200.0)
    assert e.queued_ms(200.0) == 400.0
    assert e.queued_ms(900.0) == 0.0
    e.wrote("a", 500.0, 300.0, 1000.0)
    assert e.queued_ms(1000.0) == 300.0
    e.clear(1100.0)
    assert e.queued_ms(1100.0) == 0.0


def test_an_item_is_heard_whether_its_end_is_told_before_or_after():
    e = ReportedEar()
    e.wrote("a", 0.0, 500.0, 0.0)
    e.reported("a", 500.0)
    assert e.finished(500.0) == []
    e.ended("a")
    assert e.finished(500.0) == ["a"]
    assert e.finished(500.0) == []
    e.ended("never written")
    assert e.finished(500.0) == []


def test_an_item_that_is_said_again_ends_again():
    e = ReportedEar()
    e.wrote("a", 0.0, 500.0, 0.0)
    e.reported("a", 500.0)
    e.ended("a")
    assert e.finished(500.0) == ["a"]
    e.wrote("a", 500.0, 200.0, 600.0)
    e.reported("a", 700.0)
    assert e.finished(800.0) == [], "more may come of it"
    e.wrote("b", 0.0, 500.0, 900.0)
    e.ended("b")
    e.clear(1000.0)
    e.wrote("b", 0.0, 100.0, 1100.0)
    e.reported("b", 100.0)
    assert e.finished(1200.0) == [], "its end was cut with the rest"


def test_two_cuts_are_settled_in_their_order():
    e = ReportedEar()
    e.wrote("a", 0.0, 500.0, 0.0)
    e.clear(100.0)
    e.wrote("b", 0.0, 500.0, 200.0)
    e.clear(300.0)
    assert e.wake_at() == 1100.0
    e.cleared({"a": 90.0})
    e.cleared({"b": 80.0})
    assert e.settled(400.0) == {"a": 90.0}
    assert e.settled(400.0) == {"b": 80.0}
    assert e.settled(400.0) is None
    assert e.wake_at() is None


def test_what_is_lost_with_the_stream_is_all_that_is_not_settled():
    e = ReportedEar()
    e.wrote("a", 0.0, 500.0, 0.0)
    e.reported("a", 90.0)
    e.clear(100.0)
    e.wrote("b", 0.0, 500.0, 200.0)
    e.reported("b", 80.0)
    assert e.lost() == {"a": 90.0, "b": 80.0}
    assert e.settled(9999.0) is None, "it was told"


def test_a_report_that_crossed_a_clear_is_of_what_was_cut():
    e = ReportedEar()
    e.wrote("a", 0.0, 500.0, 0.0)
    e.wrote("b", 0.0, 500.0, 0.0)
    e.clear(500.0)
    e.wrote("b", 300.0, 200.0, 510.0)
    e.reported("a", 500.0)
    e.reported("b", 9999.0)
    e.cleared({"b": 20.0})
    assert e.settled(600.0) == {"a": 500.0, "b": 500.0}
    assert e.lost() == {"b": 0.0}, "nothing is known yet of what is said again"


def test_a_report_before_an_answer_that_is_too_late_is_of_what_is_over():
    e = ReportedEar()
    e.wrote("a", 0.0, 500.0, 0.0)
    e.clear(100.0)
    assert e.settled(1100.0) == {"a": 0.0}
    e.wrote("a", 0.0, 500.0, 1200.0)
    e.reported("a", 400.0)
    assert e.lost() == {"a": 0.0}
    e.cleared({"a": 450.0})
    e.reported("a", 30.0)
    assert e.lost() == {"a": 30.0}


def test_a_player_that_stopped_cannot_have_played_more_than_it_was_given():
    e = ReportedEar()
    e.wrote("a", 0.0, 500.0, 0.0)
    e.clear(100.0)
    e.cleared({"a": 9999.0, "nobody's": 5.0})
    assert e.settled(150.0) == {"a": 500.0}
