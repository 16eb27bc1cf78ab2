import pytest

from offhook import Agent
from offhook.errors import ConfigError


def test_an_agent_needs_nothing():
    assert Agent().model == "local"


def test_a_language_the_embedded_engine_does_not_speak_is_refused():
    with pytest.raises(ConfigError, match="en-US"):
        Agent(language="nl-NL")
    Agent(language="nl-NL", model="echo")
