"""What an agent is in one call: variables, disclosure."""

import pytest

from offhook import Agent
from offhook.agent.outbound import DISCLOSURES, filled, in_call, plan, with_disclosure
from offhook.core.leg import CallInfo
from offhook.core.opening import Plan
from offhook.errors import NotOffered

INBOUND = CallInfo("CA1", "AC1", "+12025550123", "+12025550100", variables={"name": "Ann"})
OUTBOUND = CallInfo("", "AC1", "+12025550100", "+12025550123", "outbound-api", {"name": "Ann", "x1": "{name}"})


def test_variables_stand_in_every_text_and_other_braces_stay():
    agent = Agent('Call {name}. Answer as {"a": {b}}.', greeting="Hello {name}.", voicemail="{x1}: call back.")
    made = in_call(agent, OUTBOUND)
    assert made.instructions == 'Call Ann. Answer as {"a": {b}}.'
    assert made.greeting.startswith("Hello Ann.") and made.voicemail == "{name}: call back.", "filled once"
    assert filled("{a}{b}{{a}}", {"a": "1"}) == "1{b}{1}"


@pytest.mark.parametrize("text", ["greeting", "voicemail", "disclosure"])
def test_what_is_spoken_needs_its_variables(text):
    with pytest.raises(NotOffered, match=f'The {text} of this agent needs the variable "day"'):
        in_call(Agent(**{text: "On {day}."}), OUTBOUND)


@pytest.mark.parametrize(
    ("greeting", "disclosure", "said"),
    [
        (
            "Hello, this is Bo. Is this a good time?",
            None,
            "Hello, this is Bo. I am an AI assistant. Is this a good time?",
        ),
        ("Hello", None, "Hello I am an AI assistant."),
        ("Hello.", "", "Hello."),
        ("", None, "I am an AI assistant."),
        ("", "", ""),
        ("Hi! Bo here.", "I am a robot.", "Hi! I am a robot. Bo here."),
    ],
)
def test_who_calls_says_what_it_is_behind_its_first_sentence(greeting, disclosure, said):
    made = in_call(Agent(greeting=greeting, disclosure=disclosure), OUTBOUND)
    assert (made.greeting, made.disclosure) == (said, "")
    assert in_call(Agent(greeting=greeting, disclosure=disclosure), INBOUND).greeting == greeting


def test_a_model_that_greets_in_words_of_its_own_is_left_the_disclosure():
    made = in_call(Agent(language="nl-NL"), OUTBOUND)
    assert (made.greeting, made.disclosure) == (None, DISCLOSURES["nl"])
    assert in_call(Agent(), INBOUND).disclosure == "" and in_call(Agent(language="xx"), OUTBOUND).disclosure


def test_who_calls_in_is_told_nothing_of_it():
    agent = Agent("Be kind, {name}.", greeting="{name}?", disclosure="")
    assert in_call(agent, INBOUND) is agent


def test_the_plan_of_a_call():
    assert plan(Agent(greeting="", disclosure="")) == Plan(False, "off", "")
    assert plan(Agent(amd="async", voicemail="x")) == Plan(True, "async", "x")
    assert plan(Agent(amd="async"), "off").detection == "off"


def test_nothing_to_disclose_leaves_no_space():
    assert with_disclosure(" Hello.  There. ", "") == "Hello. There."
