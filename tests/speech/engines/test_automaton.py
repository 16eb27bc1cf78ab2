"""Grammars as smallest automata."""

from itertools import product

import pytest

from offhook.speech.engines.automaton import smallest

# [please] (a | an)* tea with a detour that needs no word, and a second way to say the same.
STEPS = [
    (0, 1, "please"), (0, 1, None), (1, 1, "a"), (1, 1, "an"), (1, 2, None), (2, 9, "tea"),
    (0, 5, None), (5, 6, "please"), (6, 7, "tea"), (7, 9, None), (3, 9, "lost"),
]  # fmt: skip


@pytest.mark.parametrize("text", ["tea", "please tea", "please a an a tea", "an tea"])
def test_sentences_are_accepted(text: str) -> None:
    assert smallest(0, 9, STEPS).accepts(text)


@pytest.mark.parametrize("text", ["", "please", "tea tea", "tea please", "lost", "milk"])
def test_other_words_are_not(text: str) -> None:
    assert not smallest(0, 9, STEPS).accepts(text)


def test_no_two_states_mean_the_same() -> None:
    automaton = smallest(0, 9, STEPS)
    assert len(automaton.steps) == 3
    assert automaton.ends == {automaton.steps[automaton.start]["tea"]}


def test_a_merged_automaton_holds_what_the_grammar_holds() -> None:
    words = ["one", "two", "three"]
    # Every pair of different words, each written out on its own.
    pairs = [pair for pair in product(words, repeat=2) if pair[0] != pair[1]]
    steps = [
        step
        for number, (first, second) in enumerate(pairs)
        for step in (
            (0, 10 + 2 * number, None),
            (10 + 2 * number, 11 + 2 * number, first),
            (11 + 2 * number, 1, second),
        )
    ]
    automaton = smallest(0, 1, steps)
    assert {pair for pair in product(words, repeat=2) if automaton.accepts(" ".join(pair))} == set(pairs)
    assert len(automaton.steps) == 5


def test_an_empty_sentence_may_be_one() -> None:
    assert smallest(0, 1, [(0, 1, None)]).accepts("")
