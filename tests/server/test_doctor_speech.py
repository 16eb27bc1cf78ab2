"""The doctor's look at speech, with the real engines."""

import importlib.util

import pytest

from offhook import Agent
from offhook.agent.credentials import Credentials
from offhook.errors import ConfigError, LegFailed
from offhook.server import doctor_speech as speech
from offhook.server.finding import State

INSTALLED = importlib.util.find_spec("pocketsphinx") and importlib.util.find_spec("espeakng_loader")
needs_engines = pytest.mark.skipif(not INSTALLED, reason="the speech engines are not installed")


@needs_engines
def test_the_engine_says_a_phrase_and_understands_it():
    (finding,) = speech.engine()
    assert finding.state is State.OK
    assert "understood it" in finding.sentence


@needs_engines
def test_an_engine_that_understands_something_else_is_wrong(monkeypatch):
    monkeypatch.setattr(speech, "PHRASE", "can you read me the moon")
    (finding,) = speech.engine()
    assert (finding.state, "and understood “" in finding.sentence) == (State.WRONG, True)


def test_an_engine_that_dies_is_wrong(monkeypatch):
    async def die():
        raise LegFailed("A speech worker died.")

    monkeypatch.setattr(speech.importlib.util, "find_spec", lambda name: name)
    monkeypatch.setattr(speech, "_say_and_understand", die)
    (finding,) = speech.engine()
    assert (finding.state, "A speech worker died." in finding.sentence) == (State.WRONG, True)


@needs_engines
def test_an_engine_that_does_not_answer_is_wrong(monkeypatch):
    monkeypatch.setattr(speech, "PATIENCE_S", 0.0)
    (finding,) = speech.engine()
    assert (finding.state, "did not answer" in finding.sentence) == (State.WRONG, True)


def test_an_engine_that_is_not_installed_is_missing(monkeypatch):
    monkeypatch.setattr(speech.importlib.util, "find_spec", lambda _name: None)
    (finding,) = speech.engine()
    assert (finding.state, "offhook[local]" in finding.sentence) == (State.MISSING, True)


@needs_engines
def test_without_the_loader_a_voice_of_the_system_is_noted(monkeypatch):
    async def understand():
        return speech.PHRASE

    monkeypatch.setattr(speech, "_say_and_understand", understand)
    monkeypatch.setattr(speech.importlib.util, "find_spec", lambda name: None if name == "espeakng_loader" else name)
    assert [each.state for each in speech.engine()] == [State.NOTE, State.OK]


def test_the_detectors_weights_load(tmp_path):
    if not speech.WEIGHTS.is_file():
        pytest.skip("built without the weights")
    assert speech.weights().state is State.OK


def test_weights_that_are_not_there_are_missing_and_broken_ones_wrong(tmp_path):
    assert speech.weights(tmp_path / "none.npz").state is State.MISSING
    (tmp_path / "half.npz").write_bytes(b"PK\x03\x04half")
    assert speech.weights(tmp_path / "half.npz").state is State.WRONG


# ---------------------------------------------------------------- the agent


def test_an_agent_that_loads_is_told_with_its_models():
    found = speech.agents(lambda: [Agent(model="echo"), Agent(model="echo")], "shop:agent", told=False)[0]
    assert (found.name, found.state, found.sentence) == (
        "shop:agent",
        State.OK,
        "Loads; it answers with the model echo.",
    )


def test_a_function_that_chooses_among_agents_of_elsewhere_is_noted():
    assert speech.agents(list, "shop:choose", told=False)[0].state is State.NOTE


def refuse():
    raise ConfigError("There is no module shop here.")


def test_an_agent_that_was_asked_for_and_does_not_load_is_wrong_and_one_nobody_names_is_missing():
    assert speech.agents(refuse, "shop:agent", told=False)[0].state is State.WRONG
    assert speech.agents(refuse, None, told=True)[0].state is State.WRONG
    assert speech.agents(refuse, None, told=False)[0].state is State.MISSING
    assert speech.agents(refuse, None, told=False)[0].sentence == "There is no module shop here."


def test_a_model_that_nobody_has_is_wrong():
    assert "There is no model" in speech.agents(lambda: [Agent(model="gpt-9")], "shop:agent", told=False)[0].sentence


def test_a_module_that_leaves_the_program_is_wrong():
    def leave():
        raise SystemExit(3)

    assert speech.agents(leave, "shop:agent", told=False)[0].state is State.WRONG


def test_a_model_that_needs_a_key_has_it_or_is_told_to_need_one():
    def found(credentials):
        return speech.agents(lambda: [Agent(model="gpt-realtime")], "shop:agent", told=False, credentials=credentials)[
            0
        ]

    assert "set OPENAI_API_KEY" in found(Credentials()).sentence
    assert found(Credentials(openai_api_key="k")).state is State.OK
