"""A recorded call in simulated time, beside the carrier's own record of it."""

import asyncio
import random
from pathlib import Path

import numpy as np

from offhook.audio.format import MULAW_8K
from offhook.core import events as e
from offhook.core.keeping import Keeping
from offhook.server.app import App, Options
from offhook.sim.carrier import CarrierCall
from offhook.sim.clock import run
from offhook.sim.memory import place_call
from offhook.sim.network import Link
from offhook.sim.orders import Faults, Setup
from offhook.sim.recording import stereo
from offhook.sim.signature import Account
from tests.server.running import ACCOUNT, KEY

WINDOW = 400  # samples: 50 ms


class Babbler:
    """A caller of whom no two moments sound alike: now and then some seconds of noise."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def frame(self, now, ear):
        speaks = int(now / 1700) % 2
        return self._random.randbytes(160) if speaks else b"\xff" * 160

    def acts(self):
        return ()


class Chatterbox:
    """An agent of whom no two moments sound alike, that is cut in again and again."""

    format = MULAW_8K
    turns = "provider"
    can = frozenset({e.Greet})

    def __init__(self, seed: int, keeping: Keeping) -> None:
        self.keeping = keeping
        self._random = random.Random(seed)
        self._over = asyncio.Event()

    async def run(self, call):
        self.call = call
        call.report(e.AgentJoined())
        await self._over.wait()

    def send_audio(self, frame):
        pass

    def send(self, command):
        self._talking = asyncio.create_task(self._talk())

    async def _talk(self):
        for number in range(100):
            item = f"item{number}"
            for _ in range(self._random.randrange(2, 25)):
                self.call.agent_audio(item, self._random.randbytes(8 * 200))
                await asyncio.sleep(self._random.choice((0.0, 0.04, 0.15)))
            self.call.end_item(item)
            await asyncio.sleep(self._random.uniform(0.1, 3.0))
            if self._random.random() < 0.6:
                self.call.report(e.SpeechStarted())
                await asyncio.sleep(0.3)
                self.call.report(e.SpeechStopped())
                self.call.report(e.CallerTurnEnded("wait"))

    async def close(self):
        if hasattr(self, "_talking"):
            self._talking.cancel()
        self._over.set()


class Taped:
    """One recorded call. `ours` and `theirs` are (samples, 2) of PCM16."""

    def __init__(
        self, folder: Path, *, up: Link, down: Link, seed: int = 0, ms: float = 20_000.0, drops: tuple[float, ...] = (),
        keeping: Keeping = Keeping(record=True),
        agent=Chatterbox, party=Babbler, during=None,
    ) -> None:  # fmt: skip
        self.folder, self.up, self.down, self.seed, self.ms, self.drops = folder, up, down, seed, ms, drops
        self.keeping, self.agent, self.party, self.during = keeping, agent, party, during
        self.events: list[e.Event] = []
        run(self._call())
        self.theirs = np.frombuffer(stereo(self.carrier), "<i2").reshape(-1, 2)

    async def _call(self) -> None:
        def open_agent(_info):
            self.made = self.agent(self.seed, self.keeping)
            return self.made

        app = App(
            Options(ACCOUNT, [KEY], recordings=self.folder), open_agent, lambda _id, event: self.events.append(event)
        )
        app.ready.set()
        setup = Setup(
            "http://voice.test/incoming-call", Account(ACCOUNT, KEY.secret), hang_up_after_ms=self.ms,
            faults=Faults(drop_stream_after_ms=self.drops),
        )  # fmt: skip
        self.carrier = CarrierCall(setup, self.party(self.seed + 1))

        def accept(order, socket):
            self.call_id = order.url.rsplit("/", 1)[1]
            return app.door.open_leg(socket, self.call_id)

        during = asyncio.create_task(self.during(self, app)) if self.during else None
        try:
            await place_call(self.carrier, app.asgi, accept, self.up, self.down)
            await asyncio.sleep(20.0)
            if during:
                await during
        finally:
            await app.switchboard.close()
            await app.recordings.close()

    @property
    def path(self) -> Path:
        return self.folder / f"{self.call_id}.wav"

    @property
    def ours(self) -> np.ndarray:
        return np.frombuffer(self.path.read_bytes()[44:], "<i2").reshape(-1, 2)

    def lags_ms(self, side: int, most_ms: int = 400) -> list[float | None]:
        """For every 50 ms of theirs that sound throughout: how much later they are in ours; None if they are not."""
        ours, theirs = self.ours[:, side].astype(float), self.theirs[:, side].astype(float)
        found: list[float | None] = []
        for at in range(0, len(theirs) - WINDOW, WINDOW):
            wanted = theirs[at : at + WINDOW]
            if np.count_nonzero(wanted) < 0.95 * WINDOW:
                continue
            low = max(0, at - 8 * most_ms)
            place = ours[low : at + WINDOW + 8 * most_ms]
            if len(place) < WINDOW:
                found.append(None)
                continue
            match = np.correlate(place, wanted)
            best = int(match.argmax())
            found.append((low + best - at) / 8 if match[best] > 0.8 * (wanted @ wanted) else None)
        return found

    def sounds_ms(self, side: int) -> tuple[float, float]:
        """How long anything sounds on a side: in ours, in theirs."""
        return tuple(np.count_nonzero(each[:, side]) / 8 for each in (self.ours, self.theirs))
