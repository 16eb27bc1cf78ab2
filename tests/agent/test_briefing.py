from datetime import datetime, timedelta, timezone

import pytest

from offhook import Agent, CallInfo
from offhook.agent.briefing import GREET, briefing, greet, pressed

NOW = datetime(2026, 11, 25, 9, 5, tzinfo=timezone(timedelta(hours=1), "CET"))


def told(caller="+15550199", called="+15550100", direction="inbound", **agent):
    return briefing(Agent(**agent), CallInfo("CA1", "AC1", caller, called, direction), NOW)


def test_instructions_come_first_then_what_the_agent_cannot_know():
    said = told(instructions="You sell bread.", language="nl-NL")
    assert said.startswith("You sell bread.\n\n")
    for part in ("Wednesday, 25 November 2026, 09:05 (CET)", "+15550199", "inbound", "nl-NL"):
        assert part in said


@pytest.mark.parametrize("caller", ["", "anonymous"])
def test_a_number_that_is_withheld_is_not_known(caller):
    assert "The caller's number: not known." in told(caller)


def test_of_an_outbound_call_the_other_party_is_the_one_called():
    said = told("+15550100", "+15550777", "outbound-api")
    assert "The callee's number: +15550777. Direction: outbound." in said
    assert "+15550100" not in said


def test_without_instructions_there_is_no_gap():
    assert told().startswith("You are on the telephone")


def test_secret_keys_are_told_by_their_number_only():
    assert pressed("12#") == "(The caller pressed these keys of the telephone: 12#)"
    assert "4 keys" in pressed("••••") and "•" not in pressed("••••")


def test_what_must_be_said_is_in_the_greeting_of_the_models_own():
    assert greet("") == GREET
    assert greet("This call is recorded.") == f"{GREET} Then say exactly the following: This call is recorded."
