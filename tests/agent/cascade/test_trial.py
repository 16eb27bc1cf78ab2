"""Parts that are tried: at the stand-in behind HTTP, in simulated time."""

import pytest

from offhook import Agent, Cascade
from offhook.agent.cascade.trial import PHRASE, attempt
from offhook.agent.credentials import Credentials
from offhook.parts.http import Server
from offhook.parts.keys import Keys
from offhook.sim.clock import run
from offhook.sim.http_memory import AppTransport
from offhook.sim.model_http import HttpModel, HttpSetup
from tests.parts.provider import Engines

ANSWER = "You said: What are your opening hours."
OPENAI = Credentials(openai_api_key="k")


def tried(monkeypatch, cascade, credentials=OPENAI, *, online=True, language="en-US", voice=None, **setup):
    service = HttpModel(HttpSetup(**setup), Engines("what are your opening hours"))
    monkeypatch.setattr(Server, "transport", AppTransport(service, 20.0))
    agent = Agent(model=cascade, language=language, voice=voice)
    return run(attempt(agent, credentials, online=online)), service


def test_the_recogniser_hears_what_the_voice_says_and_the_model_answers(monkeypatch):
    (stt, llm, tts), service = tried(monkeypatch, Cascade())
    assert [each.kind for each in (stt, llm, tts)] == ["stt", "llm", "tts"] and all(
        each.tried for each in (stt, llm, tts)
    )
    assert (stt.said, llm.said, tts.word_times) == ("what are your opening hours", ANSWER, False)
    assert all(0 < each.ms < 2000 for each in (stt, llm, tts))
    assert service.asked("speech")[0].body["input"] == PHRASE
    frames = int(service.asked("transcriptions")[0].body["file"].split()[0])
    assert frames == 16 * (len(PHRASE) * 50 + 600), "all that was said, between two silences"


def test_offline_nothing_is_asked(monkeypatch):
    found, service = tried(monkeypatch, Cascade(), online=False)
    assert [(each.tried, each.wrong) for each in found] == [(False, "")] * 3 and service.log == []


def test_each_part_that_cannot_be_made_says_why_and_the_others_are_tried(monkeypatch):
    (stt, llm, tts), _ = tried(monkeypatch, Cascade(stt="deepgram", llm="openai", tts="melotts:EN"))
    assert "DEEPGRAM_API_KEY" in stt.wrong and "melotts:http://localhost:8888" in tts.wrong
    assert (llm.wrong, llm.said) == ("", ANSWER)


def test_a_voice_or_a_language_that_there_is_none_of_is_found_without_asking(monkeypatch):
    keys = Credentials(parts=Keys(assemblyai_api_key="a", elevenlabs_api_key="e"))
    cascade = Cascade(stt="assemblyai:universal-streaming-english", llm="openai", tts="elevenlabs")
    (stt, llm, tts), _ = tried(monkeypatch, cascade, keys, online=False, language="de-DE", voice="no id")
    assert "does not know de-DE" in stt.wrong and "have ids such as" in tts.wrong and "OPENAI_API_KEY" in llm.wrong


@pytest.mark.parametrize(("path", "at"), [("transcriptions", 0), ("completions", 1), ("speech", 2)])
def test_a_part_that_fails_says_why(monkeypatch, path, at):
    found, _ = tried(monkeypatch, Cascade(), fails={path: [401] * 4})
    assert "refused a request: 401" in found[at].wrong
    others = [each for each in found if each is not found[at]]
    assert all(each.wrong == "" for each in others)
    assert found[0].tried is (path == "completions"), "without a voice there is nothing to hear"
    assert ("not tried" in found[0].untried) is (path == "speech")


def test_a_part_of_ones_own_is_left_alone(monkeypatch):
    class Mine:
        pass

    (stt, _, _), _ = tried(monkeypatch, Cascade(stt=Mine()))
    assert (stt.name, stt.tried, stt.wrong) == ("Mine", False, "")
