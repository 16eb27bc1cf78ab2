"""The doctor's look at agents made of parts."""

import pytest

from offhook import Agent, Cascade
from offhook.agent.cascade.trial import PartTrial
from offhook.agent.credentials import Credentials
from offhook.server import doctor_parts
from offhook.server.finding import State


def test_each_part_of_each_agent_is_looked_at_once():
    agents = [Agent(model=Cascade(stt="deepgram")), Agent(model=Cascade(stt="deepgram")), Agent(model="echo"),
              Agent(model=["echo", Cascade(tts="azure")])]  # fmt: skip
    found = doctor_parts.parts(agents, Credentials(openai_api_key="hush"), online=False)
    assert [(each.name, each.state) for each in found] == [
        ("stt deepgram", State.WRONG), ("llm openai", State.NOTE), ("tts openai", State.NOTE),
        ("stt openai", State.NOTE), ("tts azure", State.WRONG),
    ]  # fmt: skip
    assert "set DEEPGRAM_API_KEY" in found[0].sentence and "AZURE_SPEECH_REGION" in found[4].sentence
    assert "--online" in found[1].sentence and "hush" not in repr(found)


def test_a_key_that_is_missing_is_one_sentence():
    (found, *_) = doctor_parts.parts([Agent(model=Cascade())], Credentials(), online=False)
    assert found.state is State.WRONG and "set OPENAI_API_KEY" in found.sentence


@pytest.mark.parametrize(
    ("trial", "state", "sentence"),
    [
        (PartTrial("tts", "x", tried=True, ms=120.4, word_times=True), State.OK, "after 120 ms, and tells when each word ends."),
        (PartTrial("tts", "x", tried=True, ms=120.4), State.OK, "no times of words, which are estimated."),
        (PartTrial("stt", "x", tried=True, said="what  are", ms=300.0), State.OK, "It heard “what are”, 300 ms after the end."),
        (PartTrial("stt", "x", tried=True, ms=300.0), State.NOTE, "made no words"),
        (PartTrial("llm", "x", tried=True, said="y" * 99, ms=9.0), State.OK, f"It answered “{'y' * 60}…”"),
        (PartTrial("llm", "x", tried=True), State.OK, "It is there."),
        (PartTrial("llm", "x", wrong="No."), State.WRONG, "No."),
        (PartTrial("stt", "x", untried="Not tried."), State.NOTE, "Not tried."),
    ],
)  # fmt: skip
def test_how_it_stands_is_a_sentence(trial, state, sentence):
    found = doctor_parts.finding(trial)
    assert found.state is state and sentence in found.sentence and found.name == f"{trial.kind} x"


def test_no_name_and_password_of_an_address_is_shown():
    assert doctor_parts.finding(PartTrial("tts", "melotts:http://me:hush@h")).name == "tts melotts:http://…@h"
