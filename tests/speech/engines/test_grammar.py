"""Words of a grammar and how to say them."""

import pytest

from offhook.errors import ConfigError
from offhook.speech.engines.grammar import pronunciations, words_of

SMALL = """#JSGF V1.0 UTF-8 en;
grammar shop.small; // the name is no word
import <numbers.*>;
/* nor is
   a remark */
public <order> = [<lead>] /2.5/ a (Tea | iced coffee {drink} | "soda")+ <end>*;
<lead> = i'd like;
<end> = <NULL> | please;
"""


def test_words_are_what_a_caller_may_say() -> None:
    assert words_of(SMALL) == {"a", "tea", "iced", "coffee", "soda", "i'd", "like", "please"}


def test_a_text_that_is_no_grammar_is_refused() -> None:
    with pytest.raises(ConfigError, match="not JSGF"):
        words_of("yes | no")


def test_every_way_to_say_a_word_is_kept() -> None:
    dictionary = ["a AH\n", "a(2) EY\n", "aardvark AA R\n", "tea T IY\n"]
    assert pronunciations(dictionary, frozenset({"a", "tea"})) == {"a": "AH", "a(2)": "EY", "tea": "T IY"}


def test_words_nobody_can_say_are_named() -> None:
    with pytest.raises(ConfigError, match="cannot pronounce flurb, zork"):
        pronunciations(["a AH"], frozenset({"a", "zork", "flurb"}))
