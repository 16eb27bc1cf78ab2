"""What a model writes to itself is not said."""

import random

import pytest

from offhook.parts.thoughts import Aloud


def said(*parts):
    aloud = Aloud()
    return "".join([*map(aloud.feed, parts), aloud.end()])


@pytest.mark.parametrize(
    ("written", "aloud"),
    [
        ("Hello there.", "Hello there."),
        ("<think>\nThe caller greets me.\n</think>\n\nHello there.", "Hello there."),
        ("  <Thinking>hm</Thinking> Yes.", "Yes."),
        ("<think></think>Yes.", "Yes."),
        ("<think>one</think><think>two</think>Yes.", "Yes."),
        ("<think>never ends", ""),
        ("<th", "<th"),
        ("<b>Bold</b> words", "<b>Bold</b> words"),
        ("I <think> so.", "I <think> so."),
        ("", ""),
    ],
)
def test_thoughts_before_the_answer_are_taken_out(written, aloud):
    assert said(written) == aloud
    assert said(*written) == aloud, "letter by letter"
    chance = random.Random(written)
    cuts = sorted(chance.randint(0, len(written)) for _ in range(3))
    assert said(*(written[a:b] for a, b in zip([0, *cuts], [*cuts, len(written)], strict=True))) == aloud


def test_a_long_thought_is_not_kept():
    aloud = Aloud()
    aloud.feed("<think>")
    for _ in range(1000):
        assert aloud.feed("and then again ") == ""
    assert len(aloud._held) < 20


def test_an_answer_comes_at_once():
    aloud = Aloud()
    assert aloud.feed("He") == "He"
    assert aloud.feed("llo <think>") == "llo <think>"
