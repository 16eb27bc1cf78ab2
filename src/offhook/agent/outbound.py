"""What an agent is in one call: its texts with what it was told of this call, and, where it calls, that it says what it is. Pure."""

import re
from collections.abc import Mapping
from dataclasses import replace

from offhook.agent.agent import Agent
from offhook.core.leg import CallInfo
from offhook.core.opening import Detection, Plan
from offhook.errors import NotOffered

_WANTED = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_FIRST_SENTENCE = re.compile(r"(?<=[.!?…。！？])\s+")

DISCLOSURES = {
    "en": "I am an AI assistant.",
    "de": "Ich bin eine KI-Assistenz.",
    "fr": "Je suis un assistant vocal artificiel.",
    "es": "Soy un asistente de inteligencia artificial.",
    "it": "Sono un assistente di intelligenza artificiale.",
    "nl": "Ik ben een AI-assistent.",
    "pt": "Sou um assistente de inteligência artificial.",
}
"""By language; who calls says so, unless the agent has other words for it."""


def in_call(agent: Agent, info: CallInfo) -> Agent:
    """The agent as it is in this call: its variables filled in, and the disclosure in the greeting of a call of ours.

    A model that greets in words of its own is left the disclosure, to be said within them. Raises NotOffered if the greeting or
    the voicemail message needs a variable that the call does not have.
    """
    if info.direction == "inbound":
        return replace(agent, disclosure="") if agent.disclosure != "" else agent
    told = info.variables
    disclosure = _spoken(agent, "disclosure", _disclosure(agent), told)
    greeting = agent.greeting if agent.greeting is None else _spoken(agent, "greeting", agent.greeting, told)
    if greeting is not None:
        greeting, disclosure = with_disclosure(greeting, disclosure), ""
    return replace(
        agent,
        instructions=filled(agent.instructions, told),
        greeting=greeting,
        disclosure=disclosure,
        voicemail=_spoken(agent, "voicemail", agent.voicemail, told),
    )


def plan(agent: Agent, detection: Detection | None = None) -> Plan:
    """How an agent, as it is in a call of ours, opens it; `detection` goes before its own."""
    return Plan(agent.first_words != "", detection or agent.amd, agent.voicemail)


def filled(text: str, told: Mapping[str, str]) -> str:
    """The text with each `{name}` that is known in its place; braces of any other kind stay."""
    return _WANTED.sub(lambda found: told.get(found[1], found[0]), text)


def with_disclosure(greeting: str, disclosure: str) -> str:
    """The disclosure behind the greeting's first sentence."""
    first, *rest = _FIRST_SENTENCE.split(greeting.strip(), maxsplit=1)
    return " ".join(part for part in (first, disclosure, *rest) if part)


def _disclosure(agent: Agent) -> str:
    if agent.disclosure is not None:
        return agent.disclosure
    return DISCLOSURES.get(agent.language.replace("_", "-").partition("-")[0].lower(), DISCLOSURES["en"])


def _spoken(agent: Agent, what: str, text: str, told: Mapping[str, str]) -> str:
    missing = next((name for name in _WANTED.findall(text) if name not in told), None)
    if missing is not None:
        raise NotOffered(f'The {what} of this agent needs the variable "{missing}": give it in `variables`.')
    return filled(text, told)
