"""The smallest agent: greets with a tone, then says back what it heard. For trying a carrier, a network, a call."""

import asyncio
import math
from typing import Literal

from offhook.agent.agent import Agent
from offhook.agent.handover import Handover, Successor, handover_of
from offhook.agent.tools import Toolbox
from offhook.audio import g711
from offhook.audio.format import MULAW_8K
from offhook.core import events as e
from offhook.core.keeping import Keeping
from offhook.core.leg import AgentSide, Tools
from offhook.core.past import Past

QUIET_BYTES = 3200  # 400 ms of quiet end a turn
LOUD = bytes(1 if (code & 0x7F) < 0x50 else 0 for code in range(256))  # µ-law codes louder than about -34 dBFS
LONGEST_BYTES = 30_000 * MULAW_8K.bytes_per_ms


def tone(ms: int, hertz: float = 440.0, level: float = 0.2) -> bytes:
    """A sine in µ-law."""
    samples = (int(32767 * level * math.sin(2 * math.pi * hertz * n / 8000)) for n in range(ms * 8))
    return g711.encode(b"".join(sample.to_bytes(2, "little", signed=True) for sample in samples))


class EchoLeg:
    """One call's echo. Loudness is its only measure of speech."""

    format = MULAW_8K
    can: frozenset[type[e.Command]] = frozenset({e.Greet, e.Respond, e.Cancel, e.Truncate, e.Discard})
    turns: Literal["provider", "offhook"] = "offhook"
    tools: Tools = Toolbox(())
    says_exactly = False
    keeping = Keeping()

    def __init__(self, name: str = "") -> None:
        """`name`: the agent's."""
        self._name = name
        self._call: AgentSide
        self._over = asyncio.Event()
        self._items = 0
        self._heard = bytearray()
        self._quiet = 0
        self._talking = False

    async def run(self, call: AgentSide) -> None:
        """Ready at once."""
        self._call = call
        call.report(e.AgentJoined("echo", self.turns, self._name))
        await self._over.wait()

    def send_audio(self, frame: bytes) -> None:
        """Keeps what is said until it is quiet."""
        if sum(frame.translate(LOUD)) * 4 > len(frame):
            self._quiet = 0
            if not self._talking:
                self._talking = True
                self._heard.clear()
                self._call.report(e.SpeechStarted())
        elif self._talking:
            self._quiet += len(frame)
        if self._talking:
            self._heard += frame
            if self._quiet >= QUIET_BYTES or len(self._heard) >= LONGEST_BYTES:
                self._talking = False
                self._call.report(e.SpeechStopped(self._quiet / MULAW_8K.bytes_per_ms))
                spoken_ms = (len(self._heard) - self._quiet) / MULAW_8K.bytes_per_ms
                self._call.report(e.CallerTurnEnded("(sound)", spoken_ms))

    def send(self, command: e.Command) -> None:
        """Greets with a tone, answers with what was heard."""
        if isinstance(command, e.Greet):
            self._say(tone(500), "(tone)")
        elif isinstance(command, e.Respond):
            self._say(bytes(self._heard), "(echo)")

    def _say(self, audio: bytes, text: str) -> None:
        self._items += 1
        item = f"echo{self._items}"
        self._call.agent_audio(item, audio)
        self._call.report(e.ItemText(item, text))
        self._call.end_item(item)

    def recall(self, past: Past) -> None:
        """The call comes from a process that died. Before `run`."""
        self.take_over(handover_of(past))

    def hand_over(self) -> Handover:
        """Nothing: it understands no word."""
        return Handover()

    def take_over(self, past: Handover) -> None:
        """An echo goes on with whatever is said next."""

    async def close(self) -> None:
        """Done."""
        self._over.set()


class EchoEngine:
    """Needs nothing."""

    async def start(self) -> None:
        """Nothing to start."""

    async def prepare(self, agent: Agent) -> None:
        """Any agent's echo is the same."""

    def leg(self, agent: Agent, *, alone: bool = True) -> Successor:
        """An echo for one call."""
        return EchoLeg(agent.name)

    async def close(self) -> None:
        """Nothing to close."""
