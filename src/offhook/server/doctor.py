"""The checks of `offhook doctor`, in the order a newcomer wants to read them. Blocking: a server runs them in a thread.

What is looked at is in doctor_machine.py (this process and this machine), doctor_kept.py (database and bucket),
doctor_speech.py (the embedded engine, the agent), doctor_models.py (the realtime models), doctor_parts.py (agents made of
parts), doctor_reach.py (the port, PUBLIC_URL) and doctor_twilio.py (the account).
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from offhook.agent.agent import Agent
from offhook.agent.credentials import Credentials
from offhook.server import doctor_kept as kept
from offhook.server import doctor_machine as machine
from offhook.server import doctor_models as models
from offhook.server import doctor_parts
from offhook.server import doctor_reach as reach
from offhook.server import doctor_speech as speech
from offhook.server import doctor_twilio as twilio
from offhook.server.finding import Finding
from offhook.settings import Settings

Load = Callable[[Settings], list[Agent]]
"""Loads the agents that will answer. Raises ConfigError."""


def examine(
    load: Load,
    *,
    agent: str | None = None,
    online: bool = False,
    folder: Path | None = None,
    credentials: Callable[[Settings], Credentials] = lambda _settings: speech.NOBODY,
    is_serving: bool = False,
) -> list[Finding]:
    """Everything, a finding or more for each thing looked at; no secret's value is in any sentence.

    `agent` is what the user called the agents (None: the environment describes one); `online` allows what leaves this
    machine; `folder` is where .env is looked for (default: the current one); `credentials` are those of speech models;
    `is_serving`: the server asks about itself, whose port is beyond doubt.
    """
    folder = folder or Path.cwd()
    settings, findings = machine.settings(folder)
    reaching = credentials(settings)
    loads, agents = speech.agents(
        lambda: load(settings), agent, told=settings.model is not None, credentials=reaching
    )  # fmt: skip
    findings = [
        machine.python(),
        *findings,
        *machine.misspelt(folder),
        *machine.data(settings),
        kept.database(settings, online=online),
        kept.recordings(settings, online=online),
        machine.loop(),
        machine.descriptors(settings),
        speech.weights(),
        *speech.engine(),
        loads,
        *models.models(agents, reaching, online=online),
        *doctor_parts.parts(agents, reaching, online=online),
        *([] if is_serving else [reach.port(settings)]),
        machine.access(settings),
        *twilio.account(settings, online=online),
        *twilio.outbound(settings),
        *reach.public_url(settings, online=online),
    ]
    secrets = _secrets(settings)
    return [replace(each, sentence=_without(secrets, each.sentence)) for each in findings]


def _secrets(settings: Settings) -> list[str]:
    """What must not be repeated, whoever's sentence it has got into."""
    values = [getattr(settings, name) for name in Settings.model_fields]
    found = [value.get_secret_value() for value in values if hasattr(value, "get_secret_value")]
    return sorted((secret for secret in found if secret), key=len, reverse=True)


def _without(secrets: list[str], sentence: str) -> str:
    for secret in secrets:
        sentence = sentence.replace(secret, "…")
    return sentence
