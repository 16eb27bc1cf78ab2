"""Whole calls to a realtime model behind a proxy that makes trouble, in simulated time: the real client, relay, service
and speech engines over sockets that cross at once.

What the callers heard is read from the carrier's own record of what was played.
"""

import asyncio
import gc
import socket
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import ClassVar

from offhook import Agent, tool
from offhook.agent.credentials import Credentials
from offhook.agent.realtime.addresses import Addresses
from offhook.agent.roster import Roster
from offhook.core import events as e
from offhook.server.app import App, Options
from offhook.sim.caller import Caller
from offhook.sim.carrier import CarrierCall
from offhook.sim.hearing import Hearing
from offhook.sim.memory import place_call
from offhook.sim.model import ModelSession
from offhook.sim.model_drive import SpeechEngines
from offhook.sim.model_orders import Setup as ModelSetup
from offhook.sim.model_socket import SocketServer
from offhook.sim.network import Link
from offhook.sim.orders import Setup
from offhook.sim.proxy import Proxy
from offhook.sim.signature import Account
from offhook.sim.steps import End, Leave, Listen, Say, Silence, Step
from offhook.speech.base import Utterance
from offhook.speech.engines.espeak import EspeakSynthesizer
from tests.server.running import ACCOUNT, KEY

API_KEY = "sk-proj-0123456789abcdefghijklmnop"
ORDER, MENU, HOURS = "can I get a large latte with oat milk", "can you read me the menu", "what are your opening hours"
PATIENT_MS = 120_000.0
"""A caller who waits, so that a silence is as long as the agent makes it."""
LEAVES_MS = 3_300.0
"""Of silence, after which a caller takes the last answer for one and not for a filler, and leaves."""
READY_S = 20.0
"""After the start of a server, which has the lines of its own rendered then."""
LATER_S = 3.0
"""The caller whose connection comes to harm calls so long after the other, so that it is known which is whose."""


@tool
async def opening_hours() -> str:
    """When the shop is open."""
    await asyncio.sleep(1.5)
    return "We are open from seven to five."


class _Unix(socket.socket):
    """Takes and ignores what is said of TCP."""

    def setsockopt(self, level, *rest):
        if level != socket.IPPROTO_TCP:
            super().setsockopt(level, *rest)

    def getsockopt(self, level, *rest):
        return 0 if level == socket.IPPROTO_TCP else super().getsockopt(level, *rest)


class Remembered:
    """The speech engines, asked once for each sentence and each recording of a test process: they answer alike each time."""

    words: ClassVar[dict[bytes, str]] = {}
    sentences: ClassVar[dict[tuple[str, float], Utterance]] = {}

    def __init__(self) -> None:
        self._engines: SpeechEngines | None = None
        self._starting = asyncio.Lock()

    async def real(self) -> SpeechEngines:
        async with self._starting:
            if self._engines is None:
                engines = SpeechEngines()
                await engines.start()
                self._engines = engines
        return self._engines

    def ear(self):
        return _Ear(self)

    async def speak(self, text: str, speed: float) -> Utterance:
        if (text, speed) not in self.sentences:
            self.sentences[text, speed] = await (await self.real()).speak(text, speed)
        return self.sentences[text, speed]

    async def close(self) -> None:
        if self._engines is not None:
            await self._engines.close()


class _Ear:
    def __init__(self, engines: Remembered) -> None:
        self._engines, self._real = engines, None

    async def hear(self, pcm16: bytes) -> str:
        known = self._engines.words
        if pcm16 not in known:
            if self._real is None:
                self._real = (await self._engines.real()).ear()
            known[pcm16] = await self._real.hear(pcm16)
        return known[pcm16]

    def close(self) -> None:
        if self._real is not None:
            self._real.close()


@dataclass
class Outcome:
    """One call, as it was."""

    carrier: CarrierCall
    caller: Caller
    events: list[e.Event]

    @property
    def ended(self) -> e.Ended:
        (ended,) = [event for event in self.events if isinstance(event, e.Ended)]
        return ended

    @property
    def spans(self) -> list[tuple[float, float]]:
        """When the agent was heard, in ms."""
        hearing = Hearing()
        for stream in self.carrier.streams:
            hearing.listen(stream.playback)
        return [(round(span.from_ms, 1), round(span.to_ms, 1)) for span in hearing.spans]

    def silences(self) -> list[tuple[float, float]]:
        """(from, length) of each stretch in which nobody was heard, in ms, from the answer to the end of the call, or to
        the carrier's apology."""
        over = next(
            entry["at_ms"]
            for entry in self.carrier.log
            if entry["what"] == "ended" or (entry["what"] == "verb" and entry["text"])
        )
        said = [(spoken.from_ms, spoken.to_ms) for spoken in self.caller.report.spoken] + [(over, over)]
        found, quiet_since = [], self.carrier.streams[0].opened_ms
        for begin, end in sorted(said + self.spans):
            if begin > quiet_since:
                found.append((quiet_since, begin - quiet_since))
            quiet_since = max(quiet_since, end)
        return found

    @property
    def polite(self) -> bool:
        """The end was told: by the agent's last words, or by the carrier's."""
        ended = next(entry["at_ms"] for entry in self.carrier.log if entry["what"] == "ended")
        apology = any(entry["what"] == "verb" and entry["text"] for entry in self.carrier.log)
        return apology or (bool(self.spans) and ended - self.spans[-1][1] < 1500.0)

    @property
    def longest_ms(self) -> float:
        """The longest silence."""
        return max((ms for _, ms in self.silences()), default=0.0)


@dataclass
class Provider:
    """A service behind a proxy, and a server whose agent talks to it."""

    model: ModelSetup = field(default_factory=lambda: ModelSetup(first_audio_ms=300.0, pace=2.0))
    first_session: int = 10**6
    outcomes: dict[str, Outcome] = field(default_factory=dict)

    @property
    def sessions(self) -> list[ModelSession]:
        return self.service.sessions

    def __post_init__(self) -> None:
        voices()

    def says(self, *steps: str | Step, stays: bool = False) -> Caller:
        """A caller who says one thing after the other, and leaves after the last answer, or when the agent does."""
        made: list[Step] = []
        for step in steps:
            made += [Listen(PATIENT_MS), Say(voices()[step], step)] if isinstance(step, str) else [step]
        return Caller([*made, End(PATIENT_MS)] if stays else [*made, Listen(PATIENT_MS), Silence(LEAVES_MS), Leave()])

    async def call(self, sid: str, caller: Caller, *, longest_s: float = 150.0) -> Outcome:
        """A call from its beginning to its end."""
        setup = Setup(
            "http://voice.test/incoming-call", Account(ACCOUNT, KEY.secret), call_sid="CA" + sid.rjust(32, "0"),
            hang_up_after_ms=longest_s * 1000.0,
        )  # fmt: skip
        carrier, events = CarrierCall(setup, caller), []
        outcome = self.outcomes[sid] = Outcome(carrier, caller, events)
        self._events[setup.call_sid] = events

        def accept(order, media):
            return self.app.door.open_leg(media, order.url.rsplit("/", 1)[1])

        await place_call(carrier, self.app.asgi, accept, Link(40.0), Link(40.0))
        return outcome

    async def run(self, scenario: Callable[["Provider"], object], *, agent: Agent | None = None) -> None:
        """Runs the scenario; nothing may be left when it is over."""
        before = set(asyncio.all_tasks())
        with tempfile.TemporaryDirectory() as folder:
            await self._serve(Path(folder), scenario, agent)
        left = asyncio.all_tasks() - before
        assert not left, f"nothing outlives the calls: {left}"

    async def _serve(self, folder: Path, scenario, agent: Agent | None) -> None:
        loop, engines = asyncio.get_running_loop(), Remembered()
        self.service = SocketServer(self.model, engines)
        upstream, front = str(folder / "service"), str(folder / "proxy")
        self.proxy = Proxy(lambda factory: loop.create_unix_connection(factory, upstream))
        self.refused_at: list[float] = []
        self.port_closed = False

        async def dialled(_self, _host, _port):
            if self.port_closed:
                self.refused_at.append(loop.time())
                raise ConnectionRefusedError(111, "Connection refused")
            made = _Unix(socket.AF_UNIX)
            made.setblocking(False)
            made.connect(front)
            return made

        self._events: dict[str, list[e.Event]] = {}
        self._sids: dict[str, str] = {}
        who = agent or Agent(
            "You are a baker of the Corner Shop.", model="openai:gpt-realtime-2.1", tools=[opening_hours],
        )  # fmt: skip
        self.roster = Roster(
            who, credentials=Credentials(openai_api_key=API_KEY, openai_base_url="http://provider.test/v1")
        )
        real, Addresses.socket = Addresses.socket, dialled
        try:
            async with self.service.listen_unix(upstream), self.proxy.listen_unix(front):
                await self.roster.start()
                self.app = App(Options(ACCOUNT, [KEY]), self._open, self._watch)
                self.app.ready.set()
                await scenario(self)
                await asyncio.sleep(20.0)
                assert self.app.switchboard.live == 0
                await self.app.switchboard.close()
                await self.roster.close()
                assert all(connection.over for connection in self.proxy.connections), "no socket is left open"
            await asyncio.sleep(5.0)
        finally:
            Addresses.socket = real
            await engines.close()
        gc.collect()  # what was never awaited is told now

    def _open(self, info):
        self._opened = info.sid
        return self.roster.open(info)

    def _watch(self, call_id: str, event: e.Event) -> None:
        if call_id not in self._sids:
            call = self.app.switchboard.find(call_id)
            self._sids[call_id] = call.info.sid if call is not None else self._opened
        self._events[self._sids[call_id]].append(event)

    # ------------------------------------------------------------------------------------------ moments

    async def when(self, happened: Callable[[], bool]) -> None:
        """Waits until it has."""
        while not happened():
            await asyncio.sleep(0.02)

    def said(self, kind: str) -> int:
        """How many events of a kind the first session of the call that is watched has sent or received."""
        if self.first_session >= len(self.sessions):
            return 0
        return sum(event.get("type") == kind for _, _, event in self.sessions[self.first_session].log)


@cache
def voices() -> dict[str, bytes]:
    """What callers say, as µ-law."""

    async def spoken() -> dict[str, bytes]:
        espeak = EspeakSynthesizer("en-us+klatt3")
        try:
            return {words: (await espeak.speak(words)).audio for words in (ORDER, MENU, HOURS)}
        finally:
            await espeak.close()

    return asyncio.run(spoken())
