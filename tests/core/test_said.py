from offhook.core import events as e
from offhook.core.said import AFTER_MS, BEFORE_MS, SaidWhen
from offhook.core.transcript import Transcript


def happens(said, event, now, then=lambda: None):
    said.happens(event, now)
    then()
    said.handled(event)


def kept(turn, role="caller", item=None):
    return e.TurnKept(turn, role, "x", "", item, 0.0, 0.0)


def test_a_turn_of_the_caller_was_said_from_its_first_word_to_its_end():
    transcript = Transcript()
    said = SaidWhen(transcript)
    happens(said, e.SpeechStarted(), 5000.0)
    happens(said, e.SpeechStopped(), 6000.0)
    happens(said, e.SpeechStarted(), 6200.0)
    happens(said, e.CallerTurnEnded("", name="a"), 8000.0, lambda: transcript.caller("", "a"))
    happens(said, e.SpeechStarted(), 9000.0)
    happens(said, e.CallerTurnEnded("", name="b"), 9500.0, lambda: transcript.caller("", "b"))
    assert said.of(kept(1), 12_000.0) == (5000.0 - BEFORE_MS, 8000.0 + AFTER_MS), "told later"
    assert said.of(kept(2), 12_000.0) == (9000.0 - BEFORE_MS, 9500.0 + AFTER_MS)


def test_a_turn_without_a_beginning_began_as_long_before_as_was_spoken():
    transcript = Transcript()
    said = SaidWhen(transcript)
    happens(said, e.CallerTurnEnded("hello", 700.0), 8000.0, lambda: transcript.caller("hello"))
    assert said.of(kept(1), 8000.0) == (7300.0 - BEFORE_MS, 8000.0 + AFTER_MS)


def test_words_that_are_told_before_the_turn_is_over_are_what_is_being_said():
    said = SaidWhen(Transcript())
    happens(said, e.SpeechStarted(), 5000.0)
    assert said.of(kept(1), 6000.0) == (5000.0 - BEFORE_MS, 6000.0 + AFTER_MS)


def test_a_turn_is_known_while_its_end_is_handled():
    said = SaidWhen(Transcript())
    said.happens(e.SpeechStarted(), 5000.0)
    said.happens(e.CallerTurnEnded("hello"), 6000.0)
    assert said.of(kept(1), 6000.0) == (5000.0 - BEFORE_MS, 6000.0 + AFTER_MS)


def test_an_item_of_the_agent_was_said_from_its_first_audio_until_it_is_settled():
    said = SaidWhen(Transcript())
    happens(said, e.ItemBegan("a"), 5000.0)
    assert said.of(kept(1, "agent", "a"), 9000.0) == (5000.0, 9000.0 + AFTER_MS)
    assert said.of(kept(2, "agent", "unknown"), 9000.0) == (9000.0, 9000.0 + AFTER_MS)


def test_a_turn_of_which_nothing_is_known_may_be_all_that_was_said():
    assert SaidWhen(Transcript()).of(kept(1), 6000.0) == (0.0, 6000.0 + AFTER_MS)
