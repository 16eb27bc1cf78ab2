"""One call to one backend, in memory and in simulated time: a caller who follows a script, and the truth about it.

Everything between the caller's mouth and ear is the product: carrier's webhooks, TwiML, stream, call, leg, the model's
wire. What was heard is read from the carrier's own log; what the model was told, from the model's own.
"""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any

import orjson

from offhook import tool
from offhook.agent.agent import Agent
from offhook.agent.cascade.embedded import LocalEngine
from offhook.agent.cascade.engine import CascadeEngine
from offhook.agent.credentials import Credentials
from offhook.agent.models import Engine, engine_for
from offhook.agent.phrases import Phrases
from offhook.core import events as e
from offhook.phone.destinations import Destinations
from offhook.phone.twilio.signature import Key
from offhook.server.app import App, Options
from offhook.server.dialling import dialable
from offhook.sim.caller import Caller
from offhook.sim.carrier import CarrierCall
from offhook.sim.memory import place_call
from offhook.sim.model import ModelSession
from offhook.sim.model_drive import SpeechEngines
from offhook.sim.model_http import HttpModel, HttpSetup
from offhook.sim.model_memory import MemoryServer
from offhook.sim.model_orders import Setup as ModelSetup
from offhook.sim.network import Link
from offhook.sim.orders import Callee, Faults, Setup
from offhook.sim.script import parse
from offhook.sim.signature import Account
from offhook.sim.voicing import Voices, voiced
from tests.contract.backends import Backend, MemoryModel
from tests.contract.objects import Objects

ACCOUNT = Account("AC" + "2" * 32, "the token of the contract")
DELAY_MS = 80.0
"""Of the stream, each way."""
LEAD_IN_BYTES = 1600
GREETING = "Hello, this is the café."
MENU = (
    "We have espresso, americano, cappuccino, latte, mocha and drip coffee. There is black tea, green tea, mint tea and "
    "camomile tea. For those who like it cold there is iced coffee, lemonade and apple juice. To eat we have croissants."
)
HOURS = "We are open from eight to six every day of the week."
ADDRESS = "You find us at twelve mill street."


@tool
async def opening_hours(day: str = "") -> str:
    """When the café is open."""
    return HOURS


@tool
async def address() -> str:
    """Where the café is."""
    return ADDRESS


@tool
async def menu(kind: str = "") -> str:
    """What there is to drink and to eat."""
    return MENU


NO_LINES = Phrases(waiting=(), lost="", goodbye="")
TOOLS = (opening_hours, address, menu)


class World:
    """What all calls share: voices, and the engines that hear and speak for both sides. For one simulated clock."""

    def __init__(self) -> None:
        self.local = LocalEngine()
        self.cascade = CascadeEngine(Credentials())
        self.engines: list[Engine] = [self.local, self.cascade]
        self.model = SpeechEngines("en-us")
        self.objects = Objects(self.model)
        self.voices = Voices()
        self._shared = AsyncExitStack()
        self._calls = count(1)

    async def start(self) -> None:
        """Starts the engines."""
        await asyncio.gather(self.local.start(), self.model.start())
        await self._shared.enter_async_context(self.voices)

    async def close(self) -> None:
        """Ends them."""
        engines = (each.close() for each in self.engines)
        await asyncio.gather(*engines, self.model.close(), self._shared.aclose())

    def next_sid(self) -> str:
        """A call's name at the carrier."""
        return f"CA{next(self._calls):032d}"


@dataclass
class Stage:
    """Where one backend is called."""

    world: World
    backend: Backend
    engine: Engine | None = None
    """That of the first call, which later ones share."""

    async def call(
        self,
        steps: str,
        *,
        line: str = "{delay: 80ms}",
        folder: Path = Path(),
        greeting: str | None = GREETING,
        tools: Any = TOOLS,
        silence_ms: int = 700,
        drops_ms: tuple[float, ...] = (),
        links: tuple[Link, Link] | None = None,
        connect_ms: float = 0.0,
        lines: bool = False,
        parts: dict[str, Any] | None = None,
        during: "Callable[[Calling], Any] | None" = None,
        transfers: dict[str, str] | None = None,
        callee: Callee | None = None,
        idle_seconds: float = 0.0,
        max_call_seconds: float = 3600.0,
        **model: Any,
    ) -> "Calling":
        """Makes the call. `steps` and `line` are those of a caller script whose files are in `folder`; `during` goes on beside it; `model` is a Setup's, `parts` an
        HttpSetup's; `lines`: a realtime agent
        has words to wait; `callee`: who is at the number that the caller is put through to."""
        agent = Agent(
            "You are the voice of a café.", greeting=greeting, tools=tools, silence_ms=silence_ms,
            transfers=transfers or {}, idle_seconds=idle_seconds,
            voice="en-us" if not self.backend.realtime else None,
            phrases=Phrases() if lines or not self.backend.realtime else NO_LINES,
        )  # fmt: skip
        script = await voiced(
            parse(f"agent voice: en-us\nline: {line}\nsteps:\n{steps}", "the test's script"), folder, self.world.voices
        )
        calling = Calling(self, self.backend.answering(agent), script.caller()[0])
        calling.server = MemoryServer(ModelSetup(**model), self.world.model)
        usual = {"answers": model.get("answers", ()), "token_ms": 250.0 / model.get("pace", 16.0)}
        calling.http = HttpModel(HttpSetup(**usual | (parts or {})), self.world.model)
        calling.agent = self.made(calling.agent, calling.http)
        calling.model = MemoryModel(calling.server, calling.http, connect_ms)
        calling.callee, calling.max_call_seconds = callee or Callee(), max_call_seconds
        calling.links = links or (Link(DELAY_MS), Link(DELAY_MS))
        with calling.model.reached():
            await calling.place(drops_ms, during)
        if calling.caller.failure is not None:
            raise AssertionError(f"{calling.caller.failure.sentence}\n{calling.turns()}")
        return calling

    def made(self, agent: Agent, provider: HttpModel) -> Agent:
        """The agent, of objects if those are its parts."""
        return self.world.objects.of(agent, provider) if self.backend.objects else agent

    async def ready(self, agent: Agent) -> Engine:
        """What opens the legs of an agent."""
        if self.engine is None:
            self.engine = self.world.cascade if self.backend.embedded else self.world.local
            if self.backend.realtime or self.backend.written:
                self.engine = engine_for(agent.model, self.backend.credentials("https://model.test"))
                self.world.engines.append(self.engine)
                await self.engine.start()
        await self.engine.prepare(agent)
        return self.engine


@dataclass(slots=True)
class Part:
    """Something that a stream was sent: audio of an item, from so many ms of it on, or a clear (without a size)."""

    message: int
    """Its number among all messages of the stream."""
    item: str = ""
    from_ms: float = 0.0
    size: int = 0


@dataclass
class Sent:
    """What one stream was sent, in order."""

    messages: int = 0
    parts: list[Part] = field(default_factory=list)
    next_slice: tuple[str, float, int] = ("", 0.0, 0)


class Calling:
    """One call, and what came of it."""

    def __init__(self, stage: Stage, agent: Agent, caller: Caller) -> None:
        self.backend, self.agent, self.caller = stage.backend, agent, caller
        self.server: MemoryServer
        self.http: HttpModel
        self.model: MemoryModel
        self.links: tuple[Link, Link]
        """To the server, and to the carrier."""
        self.callee = Callee()
        self.dialled: list[str] = []
        """The numbers that the carrier was told to dial."""
        self.max_call_seconds = 3600.0
        self.events: list[tuple[float, e.Event]] = []
        self.commands: list[tuple[float, e.Command]] = []
        self.spoke: list[tuple[float, str]] = []
        """When each item began to be generated."""
        self._stage = stage
        self._sent: list[Sent] = []
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()
        self.carrier: CarrierCall

    @property
    def now(self) -> float:
        """Milliseconds since the caller dialled."""
        return (self._loop.time() - self._began) * 1000.0

    async def place(self, drops_ms: tuple[float, ...], during: "Callable[[Calling], Any] | None") -> None:
        """Makes the call, and waits until it is over."""
        engine = await self._stage.ready(self.agent)

        def open_agent(_info):
            return self._watched(engine.leg(self.agent))

        app = App(
            Options(ACCOUNT.sid, [Key(ACCOUNT.token)], max_call_seconds=self.max_call_seconds), open_agent,
            lambda _id, event: self.events.append((self.now, event)), dialable=dialable(Destinations(countries=["US"])),
        )  # fmt: skip
        app.ready.set()
        self.app = app
        setup = Setup(
            "http://voice.test/incoming-call", ACCOUNT, call_sid=self._stage.world.next_sid(), hang_up_after_ms=240_000.0,
            faults=Faults(drop_stream_after_ms=drops_ms), callees=self._called,
        )  # fmt: skip
        self.carrier = CarrierCall(setup, self.caller)
        beside = self._loop.create_task(during(self)) if during is not None else None
        try:
            await place_call(self.carrier, app.asgi, self._accept, *self.links)
            await asyncio.sleep(20.0)
            assert app.switchboard.live == 0, "the call is over on both sides"
        finally:
            if beside is not None:
                beside.cancel()
            await app.switchboard.close()
        if beside is not None and beside.done() and not beside.cancelled():
            beside.result()

    def _called(self, number: str) -> Callee:
        self.dialled.append(number)
        return self.callee

    # ------------------------------------------------------------ watching

    def _watched(self, leg):
        """A leg whose commands are kept, and the slices of the ledger it speaks into."""
        run, send = leg.run, leg.send

        async def running(call):
            self._watch_ledger(call)
            await run(call)

        def sending(command):
            self.commands.append((self.now, command))
            send(command)

        leg.run, leg.send = running, sending
        self.leg = leg
        return leg

    def _watch_ledger(self, call) -> None:
        take = call.ledger.take

        def taking(most):
            piece = take(most)
            if piece is not None and piece.audio:
                self._sent[-1].next_slice = (piece.item, piece.offset_ms, len(piece.audio))
            return piece

        call.ledger.take = taking

    def _accept(self, order, socket):
        sent, send = Sent(), socket.send
        self._sent.append(sent)

        def sending(message: bytes) -> None:
            body = orjson.loads(message)
            if body["event"] == "clear":
                sent.parts.append(Part(sent.messages))
            elif body["event"] == "media":
                what = sent.next_slice if sent.parts else ("", 0.0, LEAD_IN_BYTES)
                sent.parts.append(Part(sent.messages, *what))
            sent.messages += 1
            send(message)

        socket.send = sending
        return self.app.door.open_leg(socket, order.url.rsplit("/", 1)[1])

    # ------------------------------------------------------------ what came of it

    def published(self, kind: type) -> list[Any]:
        """The events of a kind, in order."""
        return [event for _, event in self.events if isinstance(event, kind)]

    def told(self, *kinds: type) -> list[Any]:
        """The commands of these kinds that the leg was given, in order."""
        return [command for _, command in self.commands if isinstance(command, kinds)]

    def kept(self) -> list[e.TurnKept]:
        """The transcript as it stands at the end."""
        last = {event.turn: event for event in self.published(e.TurnKept)}
        return [last[turn] for turn in sorted(last)]

    def turns(self) -> list[tuple[str, str]]:
        """Who said what, in the order of the conversation; of the agent, what was heard."""
        return [(turn.role, turn.text) for turn in self.kept()]

    def agent_words(self) -> str:
        """All that was heard of the agent."""
        return " | ".join(text for role, text in self.turns() if role == "agent")

    def end(self) -> e.Ended:
        """How the call ended: exactly once."""
        (ended,) = self.published(e.Ended)
        return ended

    @property
    def sessions(self) -> list[ModelSession]:
        """Those of the model, with their logs."""
        return self.server.sessions

    def sent(self, kind: str, session: int = -1) -> list[dict[str, Any]]:
        """The events of a type that a session of the model got."""
        return [body for _, way, body in self.sessions[session].log if way == "in" and body["type"] == kind]

    def said(self, kind: str, session: int = -1) -> list[dict[str, Any]]:
        """The events of a type that a session of the model sent."""
        return [body for _, way, body in self.sessions[session].log if way == "out" and body["type"] == kind]

    def refused(self) -> list[str]:
        """The codes of all errors of the model's, of all sessions."""
        return [
            body["error"]["code"]
            for session in self.sessions
            for _, way, body in session.log
            if way == "out" and body["type"] == "error"
        ]

    def heard(self) -> dict[str, float]:
        """How far each item reached the ear, in ms: by the carrier's log."""
        reached: dict[str, float] = {}
        for sent, stream in zip(self._sent, self.carrier.streams, strict=True):
            for part in _played(sent, stream.playback):
                if part.item:
                    reached[part.item] = max(reached.get(part.item, 0.0), part.from_ms + part.size / 8.0)
        return reached

    def late_ms(self, item: str) -> float:
        """How late an item began to play and the clear behind it came, by the log of the network; of one stream."""
        (sent,) = self._sent
        parts = sent.parts
        first = next(at for at, part in enumerate(parts) if part.item == item)
        clear = next(part for part in parts[first:] if not part.size)
        log = self.links[1].log
        return abs(log[parts[first].message].late_ms) + abs(log[clear.message].late_ms)

    def answered_within(self) -> list[float | None]:
        """From the end of each of the caller's turns to the agent's first sound, in ms."""
        return [said.answered_ms for said in self.caller.report.spoken]


def _played(sent: Sent, playback) -> list[Part]:
    """The parts that the carrier played: all but what a clear threw away, or the end."""
    parts: list[Part] = []
    dropped = [clear.dropped_bytes for clear in playback.clears]
    for part in sent.parts:
        if part.size:
            parts.append(part)
        elif dropped:  # else it was under way when the stream ended
            parts = _without(parts, dropped.pop(0))
    played = sum(len(stretch.audio) for stretch in playback.played)
    return _without(parts, sum(part.size for part in parts) - played)


def _without(parts: list[Part], last: int) -> list[Part]:
    """Without the last so many bytes."""
    kept = list(parts)
    while last > 0:
        part = kept.pop()
        if part.size > last:
            kept.append(replace(part, size=part.size - last))
        last -= min(part.size, last)
    return kept
