"""What the doctor looks at of realtime speech models: whether they are there, take the agents' settings, and hear µ-law."""

import asyncio
import importlib.util
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from offhook.agent.agent import Agent
from offhook.agent.backends import is_remote
from offhook.agent.credentials import Credentials
from offhook.agent.models import engine_for
from offhook.agent.realtime.engine import RealtimeEngine
from offhook.agent.realtime.trial import Trial
from offhook.errors import ConfigError
from offhook.server.finding import Finding, note, ok, wrong
from offhook.speech.engines.espeak import EspeakSynthesizer

Audio = Literal["mulaw", "pcm16"]
PHRASE = "what are your opening hours"
COST = "less than a cent"
CALLED = {"mulaw": "µ-law", "pcm16": "PCM16"}


def models(agents: Sequence[Agent], credentials: Credentials, *, online: bool) -> list[Finding]:
    """A finding for each realtime model that an agent has, with that agent's settings."""
    wanted: list[tuple[str, Agent]] = []
    for agent in agents:
        for model in filter(is_remote, agent.models):
            if all(other != (model, agent.on(model)) for other in wanted):
                wanted.append((model, agent.on(model)))
    if not online:
        told = f"Its credentials are set; run offhook doctor --online to try it, for {COST}."
        return [note(model, told) for model in dict.fromkeys(model for model, _ in wanted)]
    return asyncio.run(tried(wanted, credentials)) if wanted else []


async def tried(wanted: Sequence[tuple[str, Agent]], credentials: Credentials) -> list[Finding]:
    """Tries each of these agents on its model, one after another."""
    speech = await _speech()
    return [await _try(model, agent, credentials, speech) for model, agent in wanted]


async def _speech() -> bytes:
    """A phrase in µ-law; empty if nothing here can speak."""
    if importlib.util.find_spec("espeakng_loader") is None:
        return b""
    synthesizer = EspeakSynthesizer()
    try:
        return (await synthesizer.speak(PHRASE)).audio
    finally:
        await synthesizer.close()


async def _try(model: str, agent: Agent, credentials: Credentials, speech: bytes) -> Finding:
    engine = engine_for(model, credentials)
    assert isinstance(engine, RealtimeEngine), "every model behind a network is one"
    try:
        await engine.start()
        await engine.prepare(agent)
        began = time.monotonic()
        found = await engine.trial(agent, speech)
        took_s = time.monotonic() - began
        if found.refused or not speech or found.heard is not None:
            return finding(model, agent.realtime.audio, found, took_s, spoken=bool(speech))
        that: Audio = "pcm16" if agent.realtime.audio == "mulaw" else "mulaw"
        other = await engine.trial(replace(agent, realtime=replace(agent.realtime, audio=that)), speech)
        return deaf(model, agent.realtime.audio, that, other)
    except ConfigError as error:
        return wrong(model, str(error))
    finally:
        await engine.close()


def finding(model: str, audio: Audio, found: Trial, took_s: float, *, spoken: bool) -> Finding:
    """How it stands with a model that took the session, or did not."""
    if found.refused:
        return wrong(model, found.refused)
    if not spoken:
        return note(
            model, "It takes the session; that it hears can be tried with pip install 'offhook[local]', which speaks."
        )
    if found.failed:
        return wrong(model, f"It takes the session and hears {CALLED[audio]}, but does not answer: {found.failed}")
    cost = "for a price that is not known here" if found.usd is None else f"for ${found.usd:.4f}"
    told = f"in {took_s:.1f} s, {cost}."
    if not found.heard:
        return note(
            model, f"It takes the session, {CALLED[audio]} and a turn of speech, and wrote down no words of it, {told}"
        )
    return ok(model, f"It takes the session, heard “{found.heard}” in {CALLED[audio]} and answered, {told}")


def deaf(model: str, audio: Audio, that: Audio, other: Trial) -> Finding:
    """How it stands with a model that heard nothing of speech in the agent's format; `other` is a trial of `that` one."""
    this = CALLED[audio]
    if other.heard is None:
        return wrong(model, f"It takes the session, and hears nothing that is said to it, in {this} or {CALLED[that]}.")
    return wrong(
        model,
        f"It takes the session, and drops speech in {this} without a word; it hears {CALLED[that]}: "
        f'give the agent realtime=Realtime(audio="{that}").',
    )
