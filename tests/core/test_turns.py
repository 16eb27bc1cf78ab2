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
        ("two", 96.0, False),
        ("wait", 0.0, True),
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


@pytest.mark.parametrize(
    ("over", "wait_ms"), [(0.99, 350.0), (0.97, 350.0), (0.7, 700.0), (0.5, 1200.0), (0.0, 1200.0)]
)
def test_what_sounds_like_an_end_is_waited_for_less_and_what_does_not_longer(over, wait_ms):
    turns = Endpointing()
    turns.started(1000.0)
    turns.stopped(2000.0)
    turns.weigh(over)
    assert turns.ended(2000.0 + wait_ms - 1, complete=False) is None
    assert turns.ended(2000.0 + wait_ms, complete=False) == 1000.0


def test_the_next_pause_is_judged_anew():
    turns = Endpointing()
    turns.started(1000.0)
    turns.stopped(2000.0)
    turns.weigh(0.99)
    turns.started(2200.0)
    turns.weigh(0.99)  # too late: they speak
    turns.stopped(3000.0)
    assert turns.ended(3699.0, complete=False) is None
    assert turns.ended(3700.0, complete=False) is not None


def test_the_sound_of_a_turn_never_makes_it_wait_longer_than_it_would_or_less_than_a_whole_sentence():
    quick = Endpointing(otherwise_ms=300.0)
    quick.started(1000.0)
    quick.stopped(2000.0)
    quick.weigh(1.0)
    assert quick.ended(2300.0, complete=False) == 1000.0
    whole = Endpointing(complete_ms=400.0)
    whole.started(1000.0)
    whole.stopped(2000.0)
    whole.weigh(1.0)
    assert whole.ended(2399.0, complete=False) is None
    unsure = Endpointing()
    unsure.started(1000.0)
    unsure.stopped(2000.0)
    unsure.weigh(0.0)
    assert unsure.ended(2250.0, complete=True) == 1000.0, "words that are a whole sentence count for more"
