import pytest

from offhook.core.events import TurnKept
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


# ---------------------------------------------------------------- to the character


def spoken(*pieces: tuple[str, float]) -> Transcript:
    """Words of item a as they came, each with the audio received by then."""
    transcript = Transcript()
    for text, generated_ms in pieces:
        assert transcript.words("a", text, (), generated_ms) is None, "nothing to keep before it is settled"
    return transcript


@pytest.mark.parametrize(
    ("heard_ms", "heard", "boundary_ms"),
    [
        (0.0, "", 0.0), (299.0, "", 0.0), (300.0, "one", 300.0), (399.0, "one", 300.0), (650.0, "one", 400.0),
        (700.0, "one two", 700.0), (1299.0, "one two", 800.0), (1300.0, "one two three", 1300.0),
    ],
)  # fmt: skip
def test_a_hundred_ms_a_character_are_cut_behind_the_last_whole_word(heard_ms, heard, boundary_ms):
    transcript = spoken(("one two three", 1300.0))
    unheard = "one two three".removeprefix(heard).strip()
    assert transcript.settle("a", heard_ms, 1300.0, False) == TurnKept(
        1, "agent", heard, unheard, "a", heard_ms, 1300.0
    )
    assert transcript.boundary("a", heard_ms, 1300.0) == boundary_ms


def test_each_piece_of_words_has_a_speed_of_its_own():
    transcript = spoken(("one ", 400.0), ("two three", 2200.0))
    assert transcript.settle("a", 999.0, 2200.0, False).text == "one"
    assert transcript.settle("a", 1000.0, 2200.0, False).text == "one two"
    assert transcript.boundary("a", 1000.0, 2200.0) == 1000.0
    assert transcript.boundary("a", 1100.0, 2200.0) == 1000.0


def test_audio_does_not_go_back_when_words_come_late():
    transcript = spoken(("one ", 400.0), ("two", 100.0))
    assert transcript.turns[0].pairs == [(0.0, 0), (400.0, 4), (400.0, 7)]


def test_words_are_stretched_over_all_the_audio_there_is():
    transcript = spoken(("one two three", 1300.0))
    assert transcript.settle("a", 599.0, 2600.0, False).text == ""
    assert transcript.settle("a", 600.0, 2600.0, False).text == "one"
    assert transcript.boundary("a", 1300.0, 2600.0) == 800.0
    assert transcript.settle("a", 600.0, 1200.0, False).text == "one", "less audio than there was is no shorter speech"


def test_words_before_any_audio_have_their_share_of_it():
    transcript = spoken(("one two three", 0.0))
    assert transcript.settle("a", 599.0, 2600.0, False).text == ""
    assert transcript.settle("a", 600.0, 2600.0, False).text == "one"
    assert transcript.settle("a", 0.0, 0.0, False).text == ""
    assert transcript.boundary("a", 1300.0, 2600.0) == 0.0


def test_word_times_of_a_later_piece_count_from_its_own_beginning():
    transcript = Transcript()
    transcript.words("a", "one ", ((300.0, 3),), 400.0)
    transcript.words("a", "two", ((700.0, 3),), 700.0)
    assert transcript.settle("a", 299.0, 700.0, False).text == ""
    assert transcript.settle("a", 699.0, 700.0, False).text == "one"
    assert transcript.settle("a", 700.0, 700.0, False).text == "one two"
    boundaries = [transcript.boundary("a", ms, 700.0) for ms in (0.0, 299.0, 300.0, 699.0, 700.0, 9000.0)]
    assert boundaries == [0.0, 0.0, 300.0, 300.0, 700.0, 700.0]


def test_the_callers_turn_is_kept_whole():
    transcript = Transcript()
    transcript.begin("a")
    transcript.begin("b")
    assert transcript.caller("wait") == TurnKept(3, "caller", "wait", "", None, 0.0, 0.0)


def test_an_item_that_was_never_begun_has_its_place_when_it_is_settled():
    transcript = Transcript()
    assert transcript.settle("a", 0.0, 500.0, False) == TurnKept(1, "agent", "", "", "a", 0.0, 500.0)
    assert transcript.settle("a", 100.0, 500.0, False).turn == 1


@pytest.mark.parametrize(
    ("heard_ms", "asking"),
    [
        (0.0, False),
        (200.0, False),
        (400.0, False),
        (500.0, True),
        (700.0, True),
        (1000.0, True),
        (1100.0, False),
        (1400.0, False),
    ],
)
def test_it_is_asking_while_a_question_is_said_and_when_it_just_was(heard_ms, asking):
    assert spoken(("Yes. Sure? No.", 1400.0)).asking("a", heard_ms, 1400.0) is asking


@pytest.mark.parametrize("text", ["?", "? no", "Is X open?"])
def test_a_question_is_known_by_its_mark_alone(text):
    assert spoken((text, 100.0 * len(text))).asking("a", 0.0, 100.0 * len(text)) is True


def test_an_item_without_words_goes_on_from_its_beginning():
    transcript = Transcript()
    transcript.begin("a")
    assert transcript.boundary("a", 500.0, 1000.0) == 0.0


def test_words_beside_their_first_sample_are_stretched_too():
    assert spoken(("one two three", 0.5)).settle("a", 700.0, 1300.0, False).text == "one two"


def test_what_has_no_end_yet_and_what_nobody_said_asks_nothing():
    assert spoken(("Sure", 400.0)).asking("a", 200.0, 400.0) is False
    assert Transcript().asking("a", 200.0, 400.0) is False


def test_it_is_the_agent_who_asks():
    transcript = Transcript()
    assert not transcript.asked
    transcript.words("a", "Is that right?", (), 900.0)
    transcript.caller("uh-huh")
    assert transcript.asked
    transcript.words("b", "Good.", (), 400.0)
    transcript.caller("is it?")
    assert not transcript.asked


def test_what_is_open_is_what_the_agent_says_or_will_say():
    transcript = Transcript()
    transcript.caller("a question")
    transcript.words("a", "one", (), 100.0)
    transcript.begin("b")
    transcript.words("c", "three", (), 100.0)
    transcript.settle("a", 100.0, 100.0, True)
    assert [turn.text for turn in transcript.open] == ["three"]


def test_of_words_that_came_ahead_of_their_audio_none_are_heard_with_nothing_heard():
    transcript = Transcript()
    transcript.words("a", "We are ", (), 0.0)
    transcript.words("a", "open from eight ", (), 700.0)
    transcript.words("a", "to six.", (), 1600.0)
    kept = transcript.settle("a", 0.0, 2300.0, False)
    assert (kept.text, kept.unheard) == ("", "We are open from eight to six.")
    assert transcript.settle("a", 1200.0, 2300.0, False).text == "We are open from eight"
