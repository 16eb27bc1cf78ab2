import pytest

from offhook import Agent, ConfigError


def test_an_agent_needs_nothing():
    assert (Agent().model, Agent().greeting, Agent().silence_ms) == ("local", None, 700)


def test_a_field_of_another_kind_is_refused_in_a_sentence():
    for wrong, why in (
        ({"model": None}, "model must be a text"),
        ({"voice": 5}, "voice must be a text"),
        ({"greeting": "\ud800"}, "greeting holds half a character"),
        ({"tools": 5}, "tools must be a list"),
        ({"tools": ["x"]}, "is no function"),
        ({"silence_ms": "x"}, "silence_ms must be milliseconds"),
    ):
        with pytest.raises(ConfigError, match=why):
            Agent(**wrong)
