"""A whole call to the stand-in model, over a carrier with a network between, and what the caller's ear gets.

A test says what goes wrong at the model, and when it stops going wrong; the caller speaks when told to.
"""

import asyncio
import base64
import dataclasses
import math

from offhook import Agent
from offhook.agent.realtime import lines
from offhook.agent.realtime import messages as say
from offhook.agent.realtime.leg import RealtimeLeg
from offhook.agent.realtime.line import Backend
from offhook.agent.realtime.wire import AZURE, GA
from offhook.call import Call
from offhook.core import events as e
from offhook.core.leg import CallInfo
from offhook.errors import LegFailed
from offhook.phone.twilio.leg import TwilioLeg
from offhook.sim.clock import run
from offhook.sim.hearing import sounding
from offhook.sim.model_memory import MemoryServer, Refusal
from offhook.sim.model_orders import Setup
from offhook.sim.network import Link, duplex
from tests.pair import CarrierEnd
from tests.sim.model_talk import tone, voice

TARGETS = {
    "ga": "/v1/realtime?model=gpt-realtime-2.1",
    "azure": "/voice-live/realtime?api-version=2026-07-15&model=gpt-realtime-2.1",
}
HOLE_MS = 50.0  # between two sounds of one word


class Quick:
    """Engines that hear the same question in everything and speak in tones, at once."""

    def ear(self):
        return self

    async def hear(self, _pcm16):
        return "who are you"

    async def speak(self, text, _speed):
        return tone(text)

    def close(self):
        pass


class Service:
    """The model behind a network of 40 ms each way. `setup` may be replaced while calls go on."""

    def __init__(self, dialect, **setup):
        self.server = MemoryServer(Setup(**setup), Quick())
        self.target = TARGETS[dialect.name]
        self.tried: list[float] = []

    def mend(self):
        self.server.setup = dataclasses.replace(self.server.setup, faults=type(self.server.setup.faults)())

    def cut(self):
        """Every connection is lost."""
        for end in self.ends:
            end.on_close(1006)

    async def connect(self, receive, lost, *, resumed):
        loop = asyncio.get_running_loop()
        self.tried.append(loop.time() * 1000.0)
        await asyncio.sleep(0.1)
        try:
            end = self.server.connect(self.target, {"Authorization": "Bearer x"}, Link(40.0), Link(40.0))
        except Refusal as refusal:
            raise LegFailed(f"refused: {refusal.status}.", retryable=refusal.status >= 500) from None
        end.on_message = receive
        end.on_close = lambda code: lost(LegFailed(f"closed: {code}.", retryable=True))
        return end


class Caller(CarrierEnd):
    """The carrier's end, with a mouth."""

    def __init__(self, *args):
        super().__init__(*args)
        self.mouth = bytearray()
        self.spoke: list[tuple[float, float]] = []

    async def _send_frames(self):
        began, number = self._loop.time(), 0
        while True:
            number += 1
            await asyncio.sleep(max(0.0, began + number * 0.02 - self._loop.time()))
            frame, self.mouth = bytes(self.mouth[:160]).ljust(160, b"\xff"), self.mouth[160:]
            media = {"track": "inbound", "chunk": str(number), "timestamp": str(number * 20),
                     "payload": base64.b64encode(frame).decode()}  # fmt: skip
            self._send({"event": "media", "sequenceNumber": str(number + 1), "media": media, "streamSid": "MZ1"})

    def say(self, message):
        super().say(message)

    def speak(self, ms):
        self.spoke.append((self.now, self.now + ms))
        self.mouth += voice(ms)


class Ear:
    """What the caller heard, with times on the carrier's clock."""

    def __init__(self, call, caller, service, events):
        self.call, self.caller, self.service, self.events = call, caller, service, events

    async def ms(self, ms):
        await asyncio.sleep(ms / 1000.0)

    def sounds(self):
        """When something was heard: (from, to) of each 20 ms with a sound, and what the caller said."""
        found = list(self.caller.spoke)
        for stretch in self.caller.playback.played:
            for at in range(0, len(stretch.audio), 160):
                if (sound := sounding(stretch.audio[at : at + 160])) is not None:
                    first, last = (stretch.start_ms + (at + index) / 8 for index in sound)
                    found.append((first, last))
        return sorted(found)

    def longest_silence(self, from_ms, to_ms):
        """Between two moments."""
        until, longest = from_ms, 0.0
        for begin, end in [*self.sounds(), (to_ms, math.inf)]:
            longest = max(longest, min(begin, to_ms) - until)
            until = max(until, end)
        return longest

    def first_sound(self):
        return next((begin for begin, _ in self.sounds()), math.inf)

    def published(self, kind):
        return [event for _, event in self.events if isinstance(event, kind)]

    def ended_ms(self):
        return next(at for at, event in self.events if isinstance(event, e.StateChanged) and event.state == "ending")

    def said(self):
        """The agent's turns, in order."""
        last = {event.turn: event for event in self.published(e.TurnKept) if event.role == "agent"}
        return [last[turn].text for turn in sorted(last)]


def faulty(scenario, *, dialect=GA, connected_ms=400.0, agent=None, **setup):
    """Runs `scenario(ear)` from the moment the stream opens, so long after the webhook."""

    async def whole():
        loop = asyncio.get_running_loop()
        service = Service(dialect, **setup)
        who = Agent(**({"greeting": "Hello, the bakery.", "instructions": "You are a baker."} | (agent or {})))
        shape = say.Shape(who, dialect, "gpt-live-transcribe", "marin" if dialect is GA else None)
        backend = Backend("Model", "openai", "m", service.connect, wall=loop.time)
        for texts in who.phrases.in_language("en").values():
            for text in texts:
                backend.greetings.keep(lines.spare_key(shape, text), text, [(tone(text[:12]).audio, text)])
        events = []
        leg = RealtimeLeg(shape, backend, who.toolbox)
        call = Call(
            CallInfo("CA1", "AC1", "+15550199", "+15550100"), leg,
            publish=lambda _id, event: events.append((loop.time() * 1000.0, event)), on_ended=lambda _call: None,
        )  # fmt: skip
        call.start()
        await asyncio.sleep(connected_ms / 1000.0)
        ours, theirs = duplex(loop, Link(80.0), Link(80.0))
        phone = TwilioLeg(_Socket(ours), lambda _start: call, call.now)
        ours.on_message = phone.receive
        ours.on_close = lambda _code: phone.lost()
        caller = Caller(theirs, call)
        caller.open()
        await scenario(Ear(call, caller, service, events))
        if not call.ended:
            call.report(e.CarrierEnded("completed"))
        await call.closed()
        caller.stop()

    run(whole())


class _Socket:
    def __init__(self, end):
        self._end = end
        self.unsent = end.unsent

    def send(self, message):
        self._end.send(message)

    def close(self, code):
        self._end.close(code)


__all__ = ["AZURE", "GA", "Ear", "faulty"]
