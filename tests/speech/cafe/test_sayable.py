"""What can be said at the café."""

from offhook.speech.cafe.sayable import GRAMMAR
from offhook.speech.engines.grammar import words_of


def test_the_vocabulary_stays_small() -> None:
    assert 100 < len(words_of(GRAMMAR)) < 300
