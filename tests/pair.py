"""One real Call between a scripted agent and a simulated carrier, over a seeded network, in simulated time.

Everything between the agent leg and the carrier's playback buffer is the product: Call, CallControl, the ledger, the
ear, the Twilio leg and its wire. The truth about what was heard is read from the carrier's own log: each item is sent
as one µ-law byte value of its own, so the played bytes tell which item they belong to.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Self

import orjson

from offhook.audio.format import MULAW_8K
from offhook.call import Call
from offhook.core import events as e
from offhook.core.leg import CallInfo
from offhook.phone.twilio.leg import TwilioLeg
from offhook.sim.network import End, Link, duplex
from offhook.sim.stream import MarkFaults, StreamPlayback


class ScriptedAgent:
    """An agent leg that says what it is told to, as fast as a model would, and remembers its commands."""

    format = MULAW_8K
    can = frozenset({e.Greet, e.Respond, e.Cancel, e.Truncate, e.Discard})

    def __init__(self, turns: str = "provider") -> None:
        self.turns = turns
        self.commands: list[tuple[float, e.Command]] = []
        self.values: dict[str, int] = {}
        self.generated: dict[str, float] = {}
        self.frames = 0
        self.closed = False

    async def run(self, call) -> None:
        self.call = call
        self._over = asyncio.Event()
        call.report(e.AgentJoined())
        await self._over.wait()

    def send_audio(self, frame: bytes) -> None:
        self.frames += 1

    def send(self, command: e.Command) -> None:
        self.commands.append((self.call.now(), command))

    async def close(self) -> None:
        self.closed = True
        if hasattr(self, "_over"):
            self._over.set()

    def piece(self, item: str, ms: float, words: str = "") -> None:
        """The next `ms` of an item."""
        value = self.values.setdefault(item, len(self.values) + 1)
        self.generated[item] = self.generated.get(item, 0.0) + ms
        self.call.agent_audio(item, bytes([value]) * int(ms * 8))
        if words:
            self.call.report(e.ItemText(item, words))

    async def say(self, item: str, ms: float, *, speed: float = 5.0, delta: float = 200.0, words: str = "") -> None:
        """An item of `ms`, generated in deltas at `speed` times real time."""
        left = ms
        while left > 0:
            n = min(delta, left)
            self.piece(item, n, words if left == ms else "")
            left -= n
            if left > 0:
                await asyncio.sleep(n / speed / 1000.0)
        self.call.end_item(item)

    def told(self, kind: type) -> list:
        """The commands of one kind."""
        return [command for _, command in self.commands if isinstance(command, kind)]


class CarrierEnd:
    """The carrier's end of one stream: playback, marks and the caller's frames."""

    def __init__(self, end: End, call: Call, faults: MarkFaults | None = None) -> None:
        self.playback = StreamPlayback(faults or MarkFaults())
        self._end, self._call = end, call
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._frames: asyncio.Task | None = None
        self.messages: list[tuple[float, str]] = []
        end.on_message = self._receive
        end.on_close = lambda _code: self.stop()

    @property
    def now(self) -> float:
        return self._loop.time() * 1000.0

    def open(self) -> None:
        self._send({"event": "connected", "protocol": "Call", "version": "1.0.0"})
        sids = {"streamSid": "MZ1", "accountSid": "AC1", "callSid": self._call.info.sid}
        self._send({"event": "start", "streamSid": "MZ1", "start": {**sids, "customParameters": {}}})
        self._frames = self._loop.create_task(self._send_frames())

    async def _send_frames(self) -> None:
        began, number = self._loop.time(), 0
        while True:
            number += 1
            await asyncio.sleep(max(0.0, began + number * 0.02 - self._loop.time()))
            media = {"track": "inbound", "chunk": str(number), "timestamp": str(number * 20), "payload": "/////w=="}
            self._send({"event": "media", "sequenceNumber": str(number + 1), "media": media, "streamSid": "MZ1"})

    def _send(self, message: dict) -> None:
        self._end.send(orjson.dumps(message))

    def say(self, message: dict) -> None:
        """Any message of the carrier's."""
        self._send({**message, "streamSid": "MZ1"})

    def _receive(self, raw: bytes) -> None:
        message = orjson.loads(raw)
        self.messages.append((self.now, message["event"]))
        self._answer(self.playback.receive(message, self.now))

    def _answer(self, messages: list[dict]) -> None:
        for message in messages:
            self.say(message)
        if self._timer is not None:
            self._timer.cancel()
        at = self.playback.next_at()
        self._timer = self._loop.call_at(at / 1000.0, self._due) if at is not None else None

    def _due(self) -> None:
        self._answer(self.playback.due(self.now))

    def stop(self) -> None:
        """The stream is over: what was not played never will be."""
        self.playback.end(self.now)
        for pending in (self._timer, self._frames):
            if pending is not None:
                pending.cancel()

    def drop(self) -> None:
        """The connection breaks, without a word."""
        self.stop()
        self._end.close(1006)

    def heard(self, agent: ScriptedAgent) -> dict[str, float]:
        """Milliseconds of each item that reached the ear."""
        played = self.playback.played_ms_of_values()
        return {item: played.get(value, 0.0) for item, value in agent.values.items()}


@dataclass
class Pair:
    """A call in the middle of its life. Use as an async context manager inside sim.clock.run."""

    turns: str = "provider"
    up: Link = field(default_factory=lambda: Link(80.0))
    down: Link = field(default_factory=lambda: Link(80.0))
    faults: MarkFaults | None = None
    max_call_seconds: float = 3600.0
    greets: bool = True

    async def __aenter__(self) -> Self:
        self.loop = asyncio.get_running_loop()
        self.agent = ScriptedAgent(self.turns)
        self.events: list[tuple[float, e.Event]] = []
        self.ended = asyncio.Event()
        self.sent: list[tuple[float, dict]] = []  # all that was sent to the carrier, with the time
        self.cleared_ms = 0.0
        self.call = Call(
            CallInfo("CA1", "AC1", "anonymous", "+15550100"), self.agent,
            publish=lambda _id, event: self.events.append((self.now, event)),
            on_ended=lambda _call: self.ended.set(), max_call_seconds=self.max_call_seconds,
        )  # fmt: skip
        self.call.start()
        await asyncio.sleep(0)
        self.carrier = self.stream()
        await asyncio.sleep((self.up.delay_ms + self.down.delay_ms + 100) / 1000.0)
        if self.greets:  # what is said next is no greeting, which would not be interrupted at once
            self.call.agent_audio("greeting", b"\x7f" * 160)
            self.call.end_item("greeting")
            await asyncio.sleep((self.up.delay_ms + self.down.delay_ms + 1000) / 1000.0)
            self.events.clear()
        return self

    async def __aexit__(self, *exc) -> None:
        if not self.call.ended:
            self.call.report(e.CarrierEnded("completed"))
        await self.call.closed()
        self.carrier.stop()

    def stream(self) -> CarrierEnd:
        """A media stream opens."""
        ours, theirs = duplex(self.loop, self.up, self.down)
        self.leg = leg = TwilioLeg(_Socket(ours, self), lambda _start: self.call, self.call.now)
        ours.on_message = leg.receive
        ours.on_close = lambda _code: leg.lost()
        self.carrier = CarrierEnd(theirs, self.call, self.faults)
        self.carrier.open()
        return self.carrier

    @property
    def now(self) -> float:
        return self.loop.time() * 1000.0

    def report(self, event: e.Event) -> None:
        self.call.report(event)

    async def loop_ms(self, ms: float) -> None:
        """Time passes."""
        await asyncio.sleep(ms / 1000.0)

    def interrupt(self) -> None:
        """The caller cuts in, and says something."""
        self.report(e.SpeechStarted())
        self.report(e.SpeechStopped())
        if self.turns == "offhook":
            self.report(e.CallerTurnEnded("wait a moment", 400.0))

    def published(self, kind: type) -> list:
        return [event for _, event in self.events if isinstance(event, kind)]

    def heard(self) -> dict[str, float]:
        return self.carrier.heard(self.agent)


class _Socket:
    def __init__(self, end: End, pair: Pair) -> None:
        self._end, self._pair = end, pair
        self.unsent = end.unsent

    def send(self, message: bytes) -> None:
        self._pair.sent.append((self._pair.now, orjson.loads(message)))
        self._end.send(message)

    def close(self, code: int) -> None:
        self._end.close(code)
