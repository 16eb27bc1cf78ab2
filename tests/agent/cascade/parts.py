"""Parts of a cascade that do what a test says, and a call with them in simulated time."""

import asyncio
from collections.abc import Callable
from contextlib import asynccontextmanager

import numpy as np

from offhook import Agent, CallInfo
from offhook.agent.cascade.leg import CascadeLeg, Parts
from offhook.agent.cascade.talker import Listeners, Talker
from offhook.agent.cascade.voice import Voice
from offhook.agent.listening import Listening
from offhook.agent.tools import Toolbox
from offhook.audio import g711
from offhook.audio.format import MULAW_8K, PCM16_24K
from offhook.audio.vad import EnergyModel, VoiceBank
from offhook.call import Call
from offhook.core import events as e
from offhook.errors import LegFailed
from offhook.phone.loopback import LoopbackLeg
from offhook.sim.clock import run
from offhook.speech.base import Recognised, Sound, Tokens, Word

CHAR_MS = 60


class Tones:
    """A synthesizer: 60 ms for each character."""

    pause_ms = 0

    def __init__(self, format=MULAW_8K, *, first_s=0.1, pace=20.0, words=False, fails=0):
        self.format, self.first_s, self.pace, self.words, self.fails = format, first_s, pace, words, fails
        self.asked, self.cut = [], []

    async def say(self, text):
        self.asked.append(text)
        try:
            await asyncio.sleep(self.first_s)
            if self.fails:
                self.fails -= 1
                raise LegFailed("The voice is gone.", retryable=True)
            for at in range(0, len(text), 5):
                part = text[at : at + 5]
                audio = (b"\x10\x20" * 1_000_000)[: CHAR_MS * len(part) * self.format.bytes_per_ms]
                ends = [at + i for i, char in enumerate(part) if char == " "] if self.words else []
                yield Sound(audio, tuple(Word(float(end * CHAR_MS), end) for end in ends))
                await asyncio.sleep(CHAR_MS * len(part) / 1000.0 / self.pace)
        except (asyncio.CancelledError, GeneratorExit):
            self.cut.append(text)
            raise


class Script:
    """A language model that says what the test says: each answer a text, tool uses, or what is to be raised."""

    def __init__(self, *answers, first_s=0.1, token_s=0.01, tools=True):
        self.answers, self.first_s, self.token_s, self.tools = list(answers), first_s, token_s, tools
        self.told, self.offered, self.cut = [], [], 0

    async def answer(self, messages, tools=(), wishes=None):
        self.told.append(list(messages))
        self.offered.append([each.name for each in tools])
        answer = self.answers.pop(0)
        try:
            await asyncio.sleep(self.first_s)
            for part in answer if isinstance(answer, list) else [answer]:
                if isinstance(part, Exception):
                    raise part
                for word in part.split(" ") if isinstance(part, str) else [part]:
                    yield word + " " if isinstance(word, str) else word
                    await asyncio.sleep(self.token_s)
            yield Tokens("script", text_in=10, text_out=5)
        except (asyncio.CancelledError, GeneratorExit):
            self.cut += 1
            raise


class Words:
    """A recogniser that knows what was said."""

    complete = False

    def __init__(self, *texts, takes_s=0.15, pauses=True, language=""):
        self.texts, self.takes_s, self.pauses, self.language = list(texts), takes_s, pauses, language
        self.heard, self.closed = 0, False

    def begin(self):
        self.heard = 0

    def feed(self, audio):
        self.heard += len(audio)

    def pause(self):
        return self._told(self.texts[0]) if self.pauses and self.texts else None

    def end(self):
        return self._told(self.texts.pop(0) if self.texts else "")

    async def _told(self, text):
        await asyncio.sleep(self.takes_s)
        return Recognised(text, language=self.language)

    def close(self):
        self.closed = True


class Visit:
    """One call with such parts."""

    def __init__(self, model, voice, recogniser, agent, others=(), turn_model=None):
        self.events = []
        self.model, self.voice, self.recogniser = model, voice, recogniser

        def responder(leg):
            used = lambda tokens: leg.call.report(e.Used(tokens.model, None, text_out=tokens.text_out))
            return Talker(
                model, agent, leg.call.info, leg.conversation, Listeners(leg.stages.note, used, lambda: leg.left_s)
            )

        parts = Parts(recogniser, responder, Voice(voice), Toolbox(agent.toolbox), greeting=agent.greeting)
        parts.language, parts.others = agent.language, others
        parts.ahead, parts.turn_model = agent.cascade.ahead, turn_model
        self.agent_leg = CascadeLeg(Listening(VoiceBank(EnergyModel())), parts)
        self.leg = LoopbackLeg()
        self.call = Call(
            CallInfo("CA1", "AC1", "+15550100", "+15550199"), self.agent_leg,
            publish=lambda _id, event: self.events.append((self.call.now() - self.call.began, event)),
            on_ended=lambda _call: None,
        )  # fmt: skip

    async def hears(self, ms):
        """So much of the caller's silence."""
        await self._sends(b"\xff" * (8 * round(ms)))

    async def speaks(self, ms=800):
        """The caller makes a sound for so long."""
        tone = 8000 * np.sin(np.arange(8 * round(ms)) * 2 * np.pi * 440 / 8000)
        await self._sends(g711.encode(tone.astype("<i2").tobytes()))

    async def _sends(self, audio):
        for at in range(0, len(audio), 160):
            self.leg.say(audio[at : at + 160].ljust(160, b"\xff"))
            await asyncio.sleep(0.02)

    def turns(self, role="agent"):
        last = {event.turn: event for _, event in self.events if isinstance(event, e.TurnKept)}
        return [event.text for _, event in sorted(last.items()) if event.role == role]

    def published(self, kind):
        return [event for _, event in self.events if isinstance(event, kind)]


def visit(
    scenario: Callable, *answers, texts=(), model=None, voice=None, recogniser=None, others=(), turn_model=None, **agent
):
    """Plays a scenario in simulated time."""

    @asynccontextmanager
    async def calling():
        who = Agent("You are a test.", **{"greeting": "", "model": "cascade"} | agent)
        it = Visit(model or Script(*answers), voice or Tones(), recogniser or Words(*texts), who, others, turn_model)
        it.call.start()
        await asyncio.sleep(0)
        it.call.join(it.leg)
        yield it
        if not it.call.ended:
            it.call.report(e.CarrierEnded("completed"))
        await it.call.closed()

    async def whole():
        async with calling() as it:
            await it.hears(500)
            await scenario(it)

    run(whole())


__all__ = ["MULAW_8K", "PCM16_24K", "Script", "Tones", "Visit", "Words", "visit"]
