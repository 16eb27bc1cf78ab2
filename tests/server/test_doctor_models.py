"""The doctor's look at realtime models, against the stand-in service over sockets."""

import asyncio
import importlib.util

import pytest

from offhook import Agent, AzureSemanticVad, Realtime
from offhook.agent.credentials import Credentials
from offhook.agent.realtime.trial import Trial
from offhook.server import doctor_models as doctor
from offhook.server.finding import State
from offhook.sim.model_orders import Faults
from tests.sim.model_service import running

needs_engines = pytest.mark.skipif(
    not (importlib.util.find_spec("pocketsphinx") and importlib.util.find_spec("espeakng_loader")),
    reason="the speech engines are not installed",
)


def tried(agents, **faults):
    """What is found of agents, each of one model, at the stand-in."""

    async def scenario():
        async with running(faults=Faults(**faults)) as service:
            return await doctor.tried([(agent.models[0], agent) for agent in agents], reaching(service.port))

    return asyncio.run(scenario())


def reaching(port):
    return Credentials(
        openai_api_key="k", openai_base_url=f"http://127.0.0.1:{port}/v1",
        azure_endpoint=f"http://127.0.0.1:{port}", azure_api_key="k",
    )  # fmt: skip


@needs_engines
def test_models_that_work_say_what_they_heard():
    found = tried([Agent(model="gpt-realtime"), Agent(model="voice-live")])
    assert [(each.name, each.state) for each in found] == [("gpt-realtime", State.OK), ("voice-live", State.OK)]
    assert all(f"heard “{doctor.PHRASE}” in µ-law and answered" in each.sentence for each in found)
    assert "for $0.00" in found[0].sentence and "a price that is not known" in found[1].sentence


@needs_engines
def test_a_model_that_drops_mulaw_is_wrong_and_what_it_hears_is_told():
    agents = [Agent(model="gpt-realtime"), Agent(model="gpt-realtime", realtime=Realtime(audio="pcm16"))]
    mulaw, pcm16 = tried(agents, deaf=True)
    assert mulaw.state is State.WRONG and pcm16.state is State.OK
    assert 'drops speech in µ-law without a word; it hears PCM16: give the agent realtime=Realtime(audio="pcm16")' in (
        mulaw.sentence
    )


def test_a_model_that_cannot_be_reached_is_wrong(monkeypatch):
    async def nothing():
        return b""

    monkeypatch.setattr(doctor, "_speech", nothing)
    (found,) = doctor.models([Agent(model="openai:m")], reaching(9), online=True)
    assert found.state is State.WRONG and "cannot be reached" in found.sentence


def test_options_that_do_not_fit_are_wrong():
    agent = Agent(model="gpt-realtime", realtime=Realtime(turns=AzureSemanticVad()))
    (found,) = doctor.models([agent], reaching(9), online=True)
    assert found.state is State.WRONG and "works with Azure Voice Live only" in found.sentence


def test_offline_nothing_is_asked_and_online_each_agent_of_its_own_settings_once(monkeypatch):
    agents = [Agent(model=["gpt-realtime", "local"]), Agent(model="gpt-realtime", voice="marin"), Agent(model="echo")]
    asked = []

    async def once(wanted, _credentials):
        asked.extend(wanted)
        return []

    monkeypatch.setattr(doctor, "tried", once)
    doctor.models([*agents, agents[0]], reaching(9), online=True)
    assert [(model, agent.voice) for model, agent in asked] == [("gpt-realtime", None), ("gpt-realtime", "marin")]
    (found,) = doctor.models(agents, reaching(9), online=False)
    assert found.state is State.NOTE and "--online" in found.sentence and "less than a cent" in found.sentence
    assert doctor.models([Agent(model="echo")], reaching(9), online=True) == []


@pytest.mark.parametrize(("trial", "state", "words"), [
    (Trial(refused="OpenAI refused the connection: 401."), State.WRONG, "401"),
    (Trial(heard="x", failed="OpenAI does not answer."), State.WRONG, "hears µ-law, but does not answer"),
    (Trial(heard="", usd=0.001), State.NOTE, "wrote down no words of it, in 1.0 s, for $0.0010."),
    (Trial(heard="x", usd=None), State.OK, "for a price that is not known here"),
])  # fmt: skip
def test_each_outcome_has_its_sentence(trial, state, words):
    found = doctor.finding("m", "mulaw", trial, 1.0, spoken=True)
    assert found.state is state and words in found.sentence


def test_a_model_that_hears_nothing_at_all_is_told_so():
    found = doctor.deaf("m", "mulaw", "pcm16", Trial())
    assert "in µ-law or PCM16" in found.sentence
    assert doctor.finding("m", "mulaw", Trial(), 1.0, spoken=False).state is State.NOTE
