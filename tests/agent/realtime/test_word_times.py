import pytest
from hypothesis import given
from hypothesis import strategies as st

from offhook.agent.realtime.word_times import WordTimes


def flat(given):
    return [(text, [round(ms) for ms, _ in words]) for text, words in given]


def test_text_first_or_times_first_each_word_gets_its_time():
    text_first, times_first = WordTimes(), WordTimes()
    got = text_first.text("Hello, we are open.")
    for word, ms in (("hello", 300), ("we", 400), ("are", 500), ("open", 900)):
        got += text_first.time(word, ms)
    wanted = [("Hello,", [300]), (" we", [400]), (" are", [500]), (" open.", [900])]
    assert flat(got) == wanted
    assert text_first.rest() == []
    for word, ms in (("hello", 300), ("we", 400), ("are", 500), ("open", 900)):
        assert times_first.time(word, ms) == []
    assert flat(times_first.text("Hello, we are open.")) == wanted


def test_a_word_that_is_spelt_otherwise_goes_with_the_next_that_is_not():
    times = WordTimes()
    times.text("It is 8 o'clock now")
    got = times.time("It", 100) + times.time("is", 200) + times.time("eight", 400) + times.time("now", 900)
    assert flat(got) == [("It", [100]), (" is", [200]), (" 8 o'clock now", [900])]


def test_a_word_is_not_found_within_another():
    times = WordTimes()
    assert flat(times.text("have a seat") + times.time("a", 300)) == [("have a", [300])]


def test_what_no_time_came_for_is_the_rest_and_told_once():
    times = WordTimes()
    times.time("one", 100)
    assert flat(times.text("one two ")) == [("one", [100])]
    assert times.rest() == [(" two ", ())]
    assert times.rest() == []
    assert times.time("two", 200) == [], "it was told without"
    assert flat(times.text("three") + times.time("three", 300)) == [("three", [300])]


def test_times_never_go_back():
    times = WordTimes()
    times.text("one two")
    assert flat(times.time("one", 500) + times.time("two", 400)) == [("one", [500]), (" two", [500])]


@given(
    st.lists(st.sampled_from(["one", "two,", "Three", "a", "8"]), max_size=12),
    st.lists(st.sampled_from(["one", "two", "three", "a", "eight", "*", ""]), max_size=12),
    st.randoms(use_true_random=False),
)
def test_no_character_is_lost_or_told_twice_whatever_comes(words, spoken, order):
    times, text = WordTimes(), " ".join(words)
    steps = [("text", text[at : at + 5]) for at in range(0, len(text), 5)]
    places = sorted(order.randrange(len(steps) + 1) for _ in spoken)
    for number, (place, word) in enumerate(zip(places, spoken, strict=True)):
        steps.insert(place + number, ("time", word))
    got = []
    for number, (kind, value) in enumerate(steps):
        got += times.text(value) if kind == "text" else times.time(value, 100.0 * number)
    got += times.rest()
    assert "".join(piece for piece, _ in got) == text
    ms = [at for _, words in got for at, _ in words]
    assert ms == sorted(ms)
    for piece, pairs in got:
        assert all(end == len(piece) for _, end in pairs)


@pytest.mark.parametrize("word", ["(", "a.b", "[x"])
def test_a_word_is_no_pattern(word):
    times = WordTimes()
    assert flat(times.text(f"say {word} now") + times.time(word, 100)) == [(f"say {word}", [100])]
