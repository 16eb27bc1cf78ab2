import pytest

from offhook.agent.greetings import LONGEST_BYTES, MOST, Greetings, Recording, same_words, word_times


def test_words_are_the_same_but_for_punctuation_and_capitals():
    assert same_words("Hello the blue door", "Hello, the Blue Door!")
    assert same_words("Guten Tag, Café!", "guten tag café")
    assert not same_words("Hi, the Blue Door", "Hello, the Blue Door!")


def test_only_what_was_asked_for_is_kept_and_nothing_too_long():
    greetings = Greetings()
    assert not greetings.keep("k", "Hello.", [(b"x", "Goodbye.")])
    assert not greetings.keep("k", "Hello.", [(b"", "Hello.")])
    assert not greetings.keep("k", "Hello.", [(bytes(LONGEST_BYTES + 1), "Hello.")])
    assert greetings.find("k") is None
    assert greetings.keep("k", "Hello.", [(b"x", "Hel"), (b"y", "lo.")])
    assert greetings.find("k") == ((b"x", "Hel"), (b"y", "lo."))


def test_the_least_recently_used_goes_first():
    greetings = Greetings()
    for key in range(MOST):
        greetings.keep(key, "x", [(b"x", "x")])
    greetings.find(0)
    greetings.keep("new", "x", [(b"x", "x")])
    assert greetings.find(0) and greetings.find("new") and not greetings.find(1)


def test_a_recording_takes_its_own_answer_only():
    recording = Recording("Hello.", "r1")
    recording.words("r1", "He")
    recording.audio("r1", b"a")
    recording.audio("r2", b"b")
    recording.words("r2", "no")
    recording.words("r1", "llo.")
    assert recording.pieces == [(b"", "He"), (b"a", "llo.")]


@pytest.mark.parametrize(
    ("pieces", "times"),
    [
        ([(bytes(8000), "one two"), (bytes(8000), " six")], [(428.6, 3), (1000, 7), (2000, 11)]),
        ([(b"", "one two six"), (bytes(16000), "")], [(545.5, 3), (1272.7, 7), (2000, 11)]),
        ([(bytes(8000), "one two six"), (bytes(8000), "")], [(545.5, 3), (1272.7, 7), (2000, 11)]),
        ([(bytes(8000), "")], []),
    ],
)
def test_words_lie_on_straight_lines_between_the_moments_they_came_at(pieces, times):
    text, words = word_times(pieces, 8)
    assert text == "".join(words for _, words in pieces)
    assert [end for _, end in words] == [end for _, end in times]
    assert [ms for ms, _ in words] == pytest.approx([ms for ms, _ in times], abs=0.1)
