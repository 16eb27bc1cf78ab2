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
