"""Lines made ready in the background: by the embedded synthesizer, and by the stand-in model in its own voice."""

import asyncio
import importlib.util

import pytest

from offhook import Agent, ConfigError, Phrases, Realtime
from offhook.agent.realtime.line import Backend
from offhook.agent.realtime.lines import key, spare_key
from offhook.agent.realtime.messages import Shape
from offhook.agent.realtime.wire import AZURE, GA
from offhook.agent.rendering import AFTER_S, Rendering
from offhook.sim.clock import run
from offhook.sim.model_orders import Faults
from offhook.speech.engines import espeak
from tests.agent.realtime.faulty import Service
from tests.agent.realtime.model import Model

SPEECH = bool(importlib.util.find_spec("espeakng_loader"))
WORDS = Phrases(waiting=("One moment.", "Still here."), lost="Sorry, lost you.", goodbye="Goodbye.")
TEXTS = ("One moment.", "Still here.", "Sorry, lost you.", "Goodbye.")


@pytest.fixture
def no_synthesizer(monkeypatch):
    def missing(*_args):
        raise ConfigError("The built-in synthesizer is not installed.")

    monkeypatch.setattr(espeak, "EspeakSynthesizer", missing)


class Made:
    """A backend, and the lines of one agent of it."""

    def __init__(self, dialect, service, **agent):
        self.shape = Shape(Agent(**({"phrases": WORDS} | agent)), dialect, "t", "marin" if dialect is GA else None)
        self.backend = Backend("Model", "openai", "m", service.connect)
        self.rendering = Rendering(self.backend)

    def own(self):
        return [text for text in TEXTS if self.backend.greetings.find(key("m", self.shape, text))]

    def spare(self):
        return [text for text in TEXTS if self.backend.greetings.find(spare_key(self.shape, text))]


def rendered(scenario, dialect=GA, agent=None, service=None, **setup):
    async def whole():
        at = service() if service else Service(dialect, **setup)
        made = Made(dialect, at, **(agent or {}))
        await scenario(made, at)
        await made.rendering.close()
        await made.rendering.close()
        assert len(asyncio.all_tasks()) == 1

    run(whole())


@pytest.mark.parametrize("dialect", [GA, AZURE], ids=lambda each: each.name)
def test_an_agents_model_says_its_lines_in_one_session_some_time_after_the_start(dialect, no_synthesizer):
    async def scenario(made, service):
        made.rendering.want(made.shape)
        made.rendering.want(made.shape)
        await asyncio.sleep(AFTER_S - 0.1)
        assert service.tried == []
        await asyncio.sleep(30)
        assert made.own() == list(TEXTS)
        assert len(service.tried) == 1
        (session,) = service.server.sessions
        wanted = [body for _, direction, body in session.log if body["type"] == "response.create"]
        assert len(wanted) == 4 and ("pre_generated_assistant_message" in str(wanted)) is (dialect is AZURE)
        made.rendering.want(made.shape)
        await asyncio.sleep(30)
        assert len(service.tried) == 1, "they are known"

    rendered(scenario, dialect)


@pytest.mark.parametrize("fault", [{"refuse": 401}, {"half_open": True}, {"stall_ms": 100}, {"fail_responses": 9}])
def test_a_model_that_cannot_be_had_costs_a_try_and_nothing_else(fault, no_synthesizer):
    async def scenario(made, service):
        made.rendering.want(made.shape)
        await asyncio.sleep(120)
        assert made.own() == [] and len(service.tried) == 1

    rendered(scenario, faults=Faults(**fault))


def test_a_line_in_other_words_is_not_kept(no_synthesizer):
    async def scenario(made, model):
        made.rendering.want(made.shape)
        await asyncio.sleep(AFTER_S + 1)
        model.answer(500, "ONE moment!", "r1", "a1")
        await asyncio.sleep(0.1)
        model.answer(500, "I am still here, what can I do?", "r2", "a2")
        await asyncio.sleep(0.1)
        assert made.own() == ["One moment."]

    rendered(scenario, service=Model)


def test_the_session_hears_nobody_and_has_no_tools(no_synthesizer):
    async def scenario(made, model):
        made.rendering.want(made.shape)
        await asyncio.sleep(AFTER_S + 1)
        told = model.peer.session
        assert told["audio"]["input"]["turn_detection"] is None and told["audio"]["input"]["transcription"] is None
        assert told["tools"] == [] and told["audio"]["output"]["voice"] == "marin"

    rendered(scenario, service=Model, agent={"realtime": Realtime(tool_choice="required")})


@pytest.mark.skipif(not SPEECH, reason="the speech engines are not installed: pip install 'offhook[local]'")
@pytest.mark.parametrize("audio", ["mulaw", "pcm16"])
def test_the_embedded_synthesizer_has_them_at_once(audio):
    async def scenario(made, service):
        made.rendering.want(made.shape)
        await asyncio.sleep(0.5)
        assert made.spare() == list(TEXTS) and service.tried == []
        ((sound, text),) = made.backend.greetings.find(spare_key(made.shape, "One moment."))
        assert text == "One moment." and 400 < len(sound) / (8 if audio == "mulaw" else 48) < 1500

    rendered(scenario, agent={"realtime": Realtime(audio=audio)})


@pytest.mark.skipif(not SPEECH, reason="the speech engines are not installed: pip install 'offhook[local]'")
def test_a_language_without_a_voice_has_no_spare_lines(caplog):
    async def scenario(made, _service):
        made.rendering.want(made.shape)
        await asyncio.sleep(0.5)
        assert made.spare() == []

    rendered(scenario, agent={"language": "xx-XX"})
