"""The whole road with a caller on a speakerphone: the carrier's playback comes back, late and quieter, real engines."""

import asyncio
import base64
import importlib.util

import numpy as np
import pytest

from offhook import Agent
from offhook.agent.cascade.embedded import LocalEngine
from offhook.audio import g711
from offhook.call import Call, CallInfo
from offhook.core import events as e
from offhook.phone.twilio.leg import TwilioLeg
from offhook.sim.clock import run
from offhook.sim.network import End, Link, duplex
from offhook.speech.engines.espeak import EspeakSynthesizer
from tests.pair import CarrierEnd

if not (importlib.util.find_spec("pocketsphinx") and importlib.util.find_spec("espeakng_loader")):
    pytest.skip("the speech engines are not installed: pip install 'offhook[local]'", allow_module_level=True)

HANDSET_MS = 90.0  # from the carrier's playback to the microphone and back to the carrier


class Speakerphone(CarrierEnd):
    """Sends what it plays back to the caller's line, with what the caller says."""

    def __init__(self, end: End, call: Call, loudness: float) -> None:
        super().__init__(end, call)
        self.loudness = loudness
        self.said: list[bytes] = []  # frames still to be said
        room = np.random.default_rng(5).standard_normal(800) * np.exp(-6.9 * np.arange(800) / 1600)
        room[0], room[1:16] = 8.0, 0.0
        self._room = room / np.sqrt((room**2).sum())

    async def _send_frames(self) -> None:
        number = 0
        while True:
            number += 1
            await asyncio.sleep(0.02)
            payload = base64.b64encode(self._microphone()).decode()
            media = {"track": "inbound", "chunk": str(number), "timestamp": str(number * 20), "payload": payload}
            self.say({"event": "media", "sequenceNumber": str(number + 1), "media": media})

    def _microphone(self) -> bytes:
        self.playback.due(self.now)
        until = self.now - HANDSET_MS
        sound = np.zeros(960)
        for start_ms, audio in self.playback.played:
            place = round((start_ms - until) * 8) + 960
            first, last = max(0, -place), max(0, 960 - place)
            part = np.frombuffer(g711.decode(bytes(audio[first:last])), "<i2")
            sound[max(0, place) : max(0, place) + len(part)] = part
        echo = self.loudness * np.convolve(sound, self._room)[800:960]
        voice = np.frombuffer(g711.decode(self.said.pop(0) if self.said else b"\xff" * 160), "<i2")
        noise = np.random.default_rng(int(self.now)).normal(0, 20, 160)
        return g711.encode(np.rint(np.clip(echo + voice + noise, -32768, 32767)).astype("<i2").tobytes())


class Visit:
    """One call."""

    def __init__(self, phone: Speakerphone, events: list[tuple[float, e.Event]], voice: EspeakSynthesizer) -> None:
        self.phone, self.events, self._voice = phone, events, voice

    async def quiet(self, ms: int) -> None:
        await asyncio.sleep(ms / 1000)

    async def say(self, text: str) -> float:
        """Says it; when its first sound left the mouth."""
        audio = (await self._voice.speak(text)).audio
        loud = np.abs(np.frombuffer(g711.decode(audio), "<i2")) > 600
        begins = self.phone.now + int(np.argmax(loud)) / 8
        frames = [audio[at : at + 160].ljust(160, b"\xff") for at in range(0, len(audio), 160)]
        self.phone.said += frames
        await self.quiet(20 * len(frames))
        return begins

    def published(self, kind: type) -> list:
        return [event for _, event in self.events if isinstance(event, kind)]

    def agent_said(self) -> list[e.TurnKept]:
        return [turn for turn in self.published(e.TurnKept) if turn.role == "agent"]


def visit(scenario, loudness: float, link: Link | None = None) -> None:
    async def whole():
        engine, agent, voice = LocalEngine(), Agent(), EspeakSynthesizer("en", 160)
        await asyncio.gather(engine.start(), engine.prepare(agent))
        loop = asyncio.get_running_loop()
        events: list[tuple[float, e.Event]] = []
        call = Call(
            CallInfo("CA1", "AC1", "anonymous", "+15550100"), engine.leg(agent),
            publish=lambda _id, event: events.append((loop.time() * 1000.0, event)), on_ended=lambda _call: None,
        )  # fmt: skip
        call.start()
        await asyncio.sleep(0)
        ours, theirs = duplex(loop, link or Link(60.0), Link(60.0))
        leg = TwilioLeg(_Socket(ours), lambda _start: call, call.now)
        ours.on_message = leg.receive
        ours.on_close = lambda _code: leg.lost()
        phone = Speakerphone(theirs, call, loudness)
        phone.open()
        await scenario(Visit(phone, events, voice))
        call.report(e.CarrierEnded("completed"))
        await call.closed()
        phone.stop()
        await asyncio.gather(engine.close(), voice.close())

    run(whole())


class _Socket:
    def __init__(self, end: End) -> None:
        self._end = end
        self.unsent, self.send = end.unsent, end.send

    def close(self, code: int) -> None:
        self._end.close(code)


@pytest.mark.parametrize("loudness", [0.5, 0.1])
def test_the_menu_is_read_through_its_own_echo_to_the_last_word(loudness):
    async def scenario(visit):
        await visit.quiet(9000)
        await visit.say("can you read me the menu")
        await visit.quiet(50_000)
        greeting, menu = visit.agent_said()
        assert "espresso" in menu.text and menu.text.endswith("?")
        assert not greeting.unheard and not menu.unheard
        assert visit.published(e.BargedIn) == []
        assert visit.phone.playback.clears == []

    visit(scenario, loudness)


def test_jitter_does_not_let_the_echo_through():
    async def scenario(visit):
        await visit.quiet(9000)
        assert len(visit.agent_said()) == 1
        assert visit.phone.playback.clears == []

    visit(scenario, 0.3, Link(60.0, jitter_ms=15.0, seed=3))


@pytest.mark.parametrize("loudness", [0.5, 0.1])
def test_a_caller_who_speaks_over_the_echo_stops_it_once_and_is_understood(loudness):
    async def scenario(visit):
        await visit.quiet(9000)
        await visit.say("can you read me the menu")
        await visit.quiet(6000)
        began = await visit.say("where are you located")
        await visit.quiet(12_000)
        (cleared,) = visit.phone.playback.clears
        # The network takes 60 ms each way.
        assert 0 < cleared.at_ms - 120.0 - began <= 300
        assert len(visit.published(e.BargedIn)) == 1
        assert "Mill Street" in visit.agent_said()[-1].text
        assert not visit.agent_said()[-1].unheard

    visit(scenario, loudness)
