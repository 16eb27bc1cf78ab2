"""A trial of a realtime model against the stand-in service, in simulated time, in every dialect and with its faults."""

import pytest

from offhook import Agent, LegFailed, Realtime
from offhook.agent.realtime import messages as say
from offhook.agent.realtime.line import Backend
from offhook.agent.realtime.trial import PATIENCE_S, attempt
from offhook.agent.realtime.wire import AZURE, BETA, GA
from offhook.sim.clock import run
from offhook.sim.model_memory import MemoryServer, Refusal
from offhook.sim.model_orders import Faults, Setup
from tests.agent.test_failover_service import Quick, Socket
from tests.sim.model_talk import voice

TARGETS = {
    "ga": ("/v1/realtime?model=gpt-realtime-2.1", {}),
    "beta": ("/v1/realtime?model=gpt-4o-realtime-preview", {"openai-beta": "realtime=v1"}),
    "azure": ("/voice-live/realtime?api-version=2026-07-15&model=gpt-realtime-2.1", {}),
}
DIALECTS = {"ga": GA, "beta": BETA, "azure": AZURE}


class Tried:
    """What came of a trial, and what the service saw."""

    def __init__(self, dialect="ga", model="gpt-realtime-2.1", speech=None, agent=None, **faults):
        self.server = MemoryServer(Setup(faults=Faults(**faults)), Quick())
        target, headers = TARGETS[dialect]
        key = {"api-key": "k"} if dialect == "azure" else {"authorization": "Bearer k"}

        async def connect(receive, lost, *, resumed):
            try:
                end = self.server.connect(target, key | headers)
            except Refusal as refused:
                raise LegFailed(f"The service refused the connection: {refused.status}.") from None
            self.end = end
            return Socket(end, receive, lost)

        wire = DIALECTS[dialect]
        transcriber = "azure-speech" if dialect == "azure" else "gpt-live-transcribe"
        shape = say.Shape(agent or Agent(), wire, transcriber, "alloy" if dialect == "beta" else None)
        backend = Backend("The service", "azure" if dialect == "azure" else "openai", model, connect)
        self.found = run(attempt(shape, backend, voice(1000) if speech is None else speech))

    def got(self, kind):
        return [body for _, way, body in self.server.sessions[0].log if way == "in" and body["type"] == kind]


@pytest.mark.parametrize("dialect", list(DIALECTS))
@pytest.mark.parametrize("audio", ["mulaw", "pcm16"])
def test_a_service_that_works_hears_and_answers(dialect, audio):
    tried = Tried(dialect, agent=Agent(realtime=Realtime(audio=audio, transcription=None)))
    assert tried.found.refused == tried.found.failed == ""
    assert tried.found.heard == "what are your opening hours"
    assert len(tried.got("session.update")) == 2, "as the agent's calls would, then with turns of our own"
    assert len(tried.got("response.create")) == 1
    assert tried.end.closed


def test_what_it_costs_is_counted():
    assert 0.0 < Tried().found.usd < 0.01
    assert Tried(model="on no list").found.usd is None
    assert Tried("azure").found.usd is None, "Azure's prices are not known"


@pytest.mark.parametrize(("audio", "heard"), [("mulaw", None), ("pcm16", "what are your opening hours")])
def test_a_service_that_drops_mulaw_is_found_out(audio, heard):
    tried = Tried(agent=Agent(realtime=Realtime(audio=audio)), deaf=True)
    assert (tried.found.refused, tried.found.heard) == ("", heard)
    assert bool(tried.got("response.create")) == (heard is not None), "what hears nothing need not answer"


@pytest.mark.parametrize(("fault", "sentence"), [
    ({"refuse": 401}, "refused the connection: 401"), ({"half_open": True}, "did not begin a session"),
    ({"update_silent": True}, "did not accept the session"),
    ({"update_error": True}, "refused the session"),
])  # fmt: skip
def test_a_session_that_does_not_come_about_is_told_in_a_sentence(fault, sentence):
    found = Tried(**fault).found
    assert sentence in found.refused and found.heard is None


def test_an_answer_that_does_not_come_is_told():
    assert "fails to answer: " in Tried(fail_responses=1).found.failed
    stalled = Tried(agent=Agent(), stall_ms=0).found
    assert stalled.heard and not stalled.refused


def test_without_speech_the_session_alone_is_tried():
    tried = Tried(speech=b"")
    assert (tried.found.refused, tried.found.heard, tried.found.usd) == ("", None, 0.0)
    assert tried.got("input_audio_buffer.append") == []


def test_settings_that_a_service_does_not_take_are_refused_by_it():
    assert "refused the session" in Tried(agent=Agent(realtime=Realtime(tool_choice="no such choice"))).found.refused


def test_a_word_that_does_not_come_is_not_waited_for_for_ever():
    found = Tried(transcription_delay_ms=int(PATIENCE_S * 3000)).found
    assert found.heard == "" and not found.failed
