import pytest

from offhook import Agent, ConfigError, Phrases
from offhook.agent.phrases import USUAL
from offhook.core.events import Line


def test_an_agent_has_the_usual_words_of_its_language_and_english_ones_where_none_are_known():
    assert Phrases().in_language("de-AT")[Line.WAIT][0] == "Einen Moment, bitte."
    assert Phrases().in_language("sw-KE") == Phrases().in_language("en-GB")
    assert all(len(usual.in_language("en")[line]) >= 1 for usual in USUAL.values() for line in Line)


def test_words_of_ones_own_replace_the_usual_ones_and_empty_ones_are_not_said():
    found = Phrases(waiting=["Hm."], lost="").in_language("en")
    assert found == {
        Line.WAIT: ("Hm.",), Line.LOST: (), Line.GOODBYE: ("Sorry, something has gone wrong. Goodbye.",),
    }  # fmt: skip
    assert Phrases(waiting=()).in_language("en")[Line.WAIT] == ()


@pytest.mark.parametrize("bad", [{"waiting": "One moment."}, {"waiting": [1]}, {"lost": 1}, {"goodbye": "\ud800"}])
def test_what_is_no_text_is_refused(bad):
    with pytest.raises(ConfigError, match=r"must be a"):
        Phrases(**bad)


def test_an_agent_takes_phrases_only():
    with pytest.raises(ConfigError, match=r"must be Phrases"):
        Agent(phrases={"waiting": ["x"]})
