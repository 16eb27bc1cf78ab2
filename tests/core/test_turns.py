import pytest

from offhook.core.turns import Endpointing, interrupts


def test_a_whole_sentence_ends_the_turn_after_250_ms():
    turns = Endpointing()
    turns.started(1000.0)
    turns.stopped(2000.0)
    assert turns.ended(2249.0, complete=True) is None
    assert turns.ended(2250.0, complete=True) == 1000.0
    assert not turns.open


def test_anything_else_waits_700_ms():
    turns = Endpointing()
    turns.started(1000.0)
    turns.stopped(2000.0)
    assert turns.ended(2699.0, complete=False) is None
    assert turns.ended(2700.0, complete=False) == 1000.0


def test_a_pause_is_part_of_the_turn_but_not_of_the_speech():
    turns = Endpointing()
    assert turns.open is False
    assert turns.started(1000.0) is True
    assert turns.open is True
    turns.stopped(1500.0)
    assert turns.started(1900.0) is False
    assert turns.ended(2500.0, complete=True) is None
    turns.stopped(2400.0)
    assert turns.ended(3100.0, complete=False) == 1000.0


def test_a_noise_that_never_stops_is_not_a_turn_for_ever():
    turns = Endpointing()
    turns.started(1000.0)
    assert turns.ended(30_999.0, complete=True) is None
    assert turns.ended(31_000.0, complete=False) == 30_000.0
    assert not turns.open


def test_no_turn_ends_that_has_not_begun():
    assert Endpointing().ended(1e9, complete=True) is None


@pytest.mark.parametrize(
    ("text", "spoken_ms", "verdict"),
    [
        ("wait", 200.0, True),
        ("", 200.0, False),
        ("", 600.0, True),
        ("", 599.0, False),
        ("uh-huh", 300.0, False),
        ("mm", 900.0, False),
        ("Ach so.", 400.0, False),
        ("D’accord !", 400.0, False),
        ("Vale, vale, pero no.", 900.0, True),
    ],
)
def test_words_interrupt_and_noises_do_not(text, spoken_ms, verdict):
    assert interrupts(text, spoken_ms, asked=False) is verdict
