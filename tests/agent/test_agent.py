import pytest

from offhook import Agent, ConfigError
from offhook.core.keeping import Keeping


def test_an_agent_needs_nothing():
    assert (Agent().model, Agent().greeting, Agent().silence_ms) == ("local", None, 700)


def test_a_field_of_another_kind_is_refused_in_a_sentence():
    for wrong, why in (
        ({"model": None}, "model must be a text"),
        ({"model": []}, "model is an empty list"),
        ({"model": ["local", 5]}, "model must be a text"),
        ({"model": b"local"}, "model must be a text or a list"),
        ({"model": ["local", "echo", "local"]}, 'names "local" twice'),
        ({"model": "echo,echo"}, 'names "echo" twice'),
        ({"name": None}, "name must be a text"),
        ({"voice": {"openai": 5}}, "voice must be a text"),
        ({"voice": 5}, "voice must be a text"),
        ({"greeting": "\ud800"}, "greeting holds half a character"),
        ({"tools": 5}, "tools must be a list"),
        ({"tools": ["x"]}, "is no function"),
        ({"silence_ms": "x"}, "silence_ms must be milliseconds"),
    ):
        with pytest.raises(ConfigError, match=why):
            Agent(**wrong)


def test_a_recorded_call_is_told_so_in_its_greeting():
    assert Agent(greeting="Hello.", record=True).first_words == "Hello. This call is recorded."
    assert Agent(greeting="", record=True, consent="Wir zeichnen auf.").first_words == "Wir zeichnen auf."
    assert Agent(greeting="Hello.", record=True, consent="").first_words == "Hello."
    assert Agent(greeting="Hello.").first_words == "Hello."
    own = Agent(record=True)
    assert own.first_words is None and own.must_say == "This call is recorded."
    assert Agent().must_say == Agent(greeting="Hello.", record=True).must_say == ""


def test_what_is_kept_of_its_calls():
    assert Agent().keeping == Keeping(False, frozenset(), "en-US")
    kept = Agent(record=True, redact=("cards", "keys"), language="de-DE").keeping
    assert kept == Keeping(True, frozenset({"cards", "keys"}), "de-DE")


@pytest.mark.parametrize("redact", ["cards", ("names",)])
def test_what_cannot_be_redacted_is_refused_in_a_sentence(redact):
    with pytest.raises(ConfigError, match="must be a list of cards, phones, keys"):
        Agent(redact=redact)


def test_several_models_are_one_field_however_they_are_written():
    for written in (["openai:m", "local"], ("openai:m", "local"), "openai:m, local", ["openai:m,local"]):
        agent = Agent(model=written)
        assert agent.model == agent.models == ("openai:m", "local")
        assert hash(agent.models) and agent == Agent(model="openai:m,local")
    assert Agent(model=["echo"]).model == "echo" and Agent(model="echo").models == ("echo",)


def test_on_one_of_its_models_an_agent_has_the_voice_it_has_there():
    several = Agent("x", model=["openai:m", "gpt-realtime", "local"], voice="marin", name="n")
    assert [several.on(model).voice for model in several.models] == ["marin", "marin", None]
    named = Agent(model=["openai:m", "voice-live", "local"], voice={"openai": "cedar", "voice-live": "en-US-Ava"})
    assert [named.on(model).voice for model in named.models] == ["cedar", "en-US-Ava", None]
    assert several.on("local") == Agent("x", model="local", name="n")
