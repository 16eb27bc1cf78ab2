"""What the doctor looks at of agents made of parts: whether each part can be made, and, asked to, whether they understand each
other."""

import asyncio
from collections.abc import Sequence

from offhook.agent.agent import Agent
from offhook.agent.backends import CASCADE
from offhook.agent.cascade.trial import PHRASE, PartTrial, attempt
from offhook.agent.credentials import Credentials
from offhook.server.finding import Finding, note, ok, wrong
from offhook.settings import without_userinfo

COST = "a fraction of a cent"


def parts(agents: Sequence[Agent], credentials: Credentials, *, online: bool) -> list[Finding]:
    """A finding for each part of each agent that is made of some."""
    wanted: list[Agent] = []
    for agent in agents:
        if CASCADE in agent.models:
            on = agent.on(CASCADE)
            if all((on.cascade, on.voice, on.language) != (each.cascade, each.voice, each.language) for each in wanted):
                wanted.append(on)
    found = [finding(each) for agent in wanted for each in asyncio.run(attempt(agent, credentials, online=online))]
    return list(dict.fromkeys(found))


def finding(found: PartTrial) -> Finding:
    """How it stands with one."""
    name = without_userinfo(f"{found.kind} {found.name}")
    if found.wrong:
        return wrong(name, found.wrong)
    if found.untried:
        return note(name, found.untried)
    if not found.tried:
        return note(name, f"It can be made; run offhook doctor --online to try it, for {COST}.")
    match found.kind:
        case "tts":
            times = "when each word ends" if found.word_times else "no times of words, which are estimated"
            return ok(name, f"It said “{PHRASE}”, the first of it after {found.ms:.0f} ms, and tells {times}.")
        case "llm" if not found.said:
            return ok(name, "It is there.")
        case "llm":
            return ok(name, f"It answered “{_short(found.said)}”, the first of it after {found.ms:.0f} ms.")
    if not found.said:
        return note(name, f"It takes speech, and made no words of “{PHRASE}”, after {found.ms:.0f} ms.")
    return ok(name, f"It heard “{_short(found.said)}”, {found.ms:.0f} ms after the end.")


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 60 else text[:60] + "…"
