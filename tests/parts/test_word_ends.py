from offhook.audio.format import MULAW_8K
from offhook.parts.word_ends import WordEnds
from offhook.speech.base import Sound, Word

MS = b"\x55" * 8


def test_a_word_goes_with_the_stretch_that_it_ends_in():
    ends = WordEnds("One, two.", MULAW_8K)
    ends.word("One", 100.0)
    ends.word("two", 250.0)
    assert ends.sound(MS * 99) == Sound(MS * 99)
    assert ends.sound(MS).words == (Word(100.0, 4),), "with its comma"
    assert ends.sound(MS * 100).words == ()
    assert ends.rest() == (Word(200.0, 9),), "a time behind the end is at the end"
    assert ends.rest() == ()


def test_words_are_found_in_any_case_and_one_that_is_not_there_is_passed_over():
    ends = WordEnds("Yes yes", MULAW_8K)
    for word, ms in (("YES", 10), ("no", 15), ("", 16), ("Yes", 20), ("yes", 30)):
        ends.word(word, ms)
    assert ends.sound(MS * 50).words == (Word(10, 3), Word(20, 7))


def test_a_word_far_ahead_is_another_one():
    ends = WordEnds("a" + " b" * 50 + " end", MULAW_8K)
    ends.word("end", 10)
    assert ends.sound(MS * 50).words == ()


def test_times_never_run_backwards():
    ends = WordEnds("a b c", MULAW_8K)
    ends.upto(1, 30.0)
    ends.upto(3, 20.0)
    ends.upto(2, 40.0)  # known already
    assert ends.rest() == (Word(0.0, 1), Word(0.0, 3)), "without any audio they end at its beginning"
    ends.upto(5, 25.0)
    assert ends.sound(MS * 26).words == (Word(25.0, 5),)
