import pytest

from offhook.core.transcript import Transcript

WORDS = "we are open from eight to six"


def test_word_times_cut_at_the_last_word_heard():
    transcript = Transcript()
    transcript.words("a", WORDS, ((200, 2), (350, 6), (800, 11), (1000, 16)), 1000)
    kept = transcript.settle("a", 799.0, 1000.0, False)
    assert (kept.text, kept.unheard) == ("we are", "open from eight to six")


def test_without_word_times_the_cut_is_at_the_end_of_a_word():
    transcript = Transcript()
    transcript.words("a", WORDS, (), 2900.0)
    for heard_ms in range(0, 2900, 50):
        kept = transcript.settle("a", heard_ms, 2900.0, False)
        assert WORDS.startswith(kept.text)
        assert not WORDS[len(kept.text) :].strip() or WORDS[len(kept.text)] == " " or not kept.text
        assert abs(len(kept.text) - heard_ms / 100) <= 6, "within a word of the straight line"


def test_words_that_came_before_all_their_audio_are_stretched_over_it():
    transcript = Transcript()
    transcript.words("a", WORDS, (), 100.0)
    assert transcript.settle("a", 1450.0, 2900.0, False).text == "we are open"


def test_words_that_came_before_any_audio_are_too():
    transcript = Transcript()
    transcript.words("a", WORDS, (), 0.0)
    assert transcript.settle("a", 1450.0, 2900.0, False).text == "we are open"


def test_words_that_come_after_the_cut_make_a_better_version():
    transcript = Transcript()
    transcript.words("a", "we are ", (), 700.0)
    first = transcript.settle("a", 650.0, 700.0, False)
    better = transcript.words("a", "open", (), 700.0)
    assert first.turn == better.turn
    assert better.unheard.endswith("open")


def test_turns_keep_the_order_in_which_they_began():
    transcript = Transcript()
    transcript.begin("a")
    transcript.caller("wait")
    transcript.begin("b")
    transcript.words("a", "first", (), 100.0)
    assert [(t.number, t.role, t.text) for t in transcript.turns] == [
        (1, "agent", "first"),
        (2, "caller", "wait"),
        (3, "agent", ""),
    ]


def test_a_whole_item_keeps_all_its_words():
    transcript = Transcript()
    transcript.words("a", WORDS, ((200, 2),), 1000)
    kept = transcript.settle("a", 1000.0, 1000.0, True)
    assert (kept.text, kept.unheard) == (WORDS, "")


@pytest.mark.parametrize("heard_ms", [0.0, 199.0, 200.0, 640.0, 5000.0])
def test_the_boundary_is_the_last_word_end_not_after_the_heard_position(heard_ms):
    transcript = Transcript()
    transcript.words("a", WORDS, ((200, 2), (350, 6), (800, 11)), 1000)
    boundary = transcript.boundary("a", heard_ms, 1000.0)
    assert boundary <= heard_ms
    assert boundary in (0.0, 200.0, 350.0, 800.0)


def test_the_boundary_of_an_item_without_words_is_where_it_was_cut():
    assert Transcript().boundary("a", 640.0, 1000.0) == 640.0


def test_a_callers_words_that_come_late_stand_where_the_turn_ended():
    transcript = Transcript()
    assert transcript.caller("", "u1") is None
    transcript.begin("a")
    late = transcript.caller("hello", "u1")
    assert (late.turn, late.text) == (1, "hello")
    assert transcript.settle("a", 0.0, 0.0, True).turn == 2
    better = transcript.caller("hello there", "u1")
    assert (better.turn, better.text) == (1, "hello there")


def test_a_callers_turn_without_a_name_or_words_has_no_place():
    transcript = Transcript()
    assert transcript.caller("") is None
    assert transcript.caller("hello").turn == 1
    assert transcript.caller("again").turn == 2
