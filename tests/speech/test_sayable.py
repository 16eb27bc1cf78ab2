"""What can be said at the café."""

from offhook.speech.grammar import words_of
from offhook.speech.sayable import GRAMMAR


def test_the_vocabulary_stays_small() -> None:
    assert 100 < len(words_of(GRAMMAR)) < 300
