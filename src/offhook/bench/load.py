"""One run of one bridge: opens the calls, lets both ends talk, lets the callers cut in, and says what came of it."""

import asyncio
import contextlib
import gc
import time
from collections.abc import Callable, Iterator

import httpx
import picows

from offhook.bench import model
from offhook.bench.bridges import Bridge
from offhook.bench.carrier import Where, ask, open_stream
from offhook.bench.line import Delays, Line, frames_of
from offhook.bench.measured import Interruption, Run, Spread
from offhook.bench.pacer import Pacer
from offhook.bench.process import BridgeProcess, cores, pinned
from offhook.errors import RemoteProtocolError

AT_ONCE = 16  # calls that are being opened
OPEN_SECONDS = 10.0
WARM_SECONDS = 1.0
ARRIVE_SECONDS = 1.0  # what is still on its way after the last frame has so long


async def measure(bridge: Bridge, calls: int, seconds: float, *, interrupt: bool = True) -> Run:
    """Runs a bridge with so many calls. The peers run here, on the second core; the bridge on the first."""
    bridge_core, peers_core = cores()
    lines: dict[int, Line] = {}

    def hello(call: int, session: model.ModelSession) -> None:
        if call in lines:
            lines[call].greet(session)

    server, model_port = await model.listen(hello)
    try:
        process = await BridgeProcess.start([*bridge.command, str(model_port)], bridge_core)
        try:
            with pinned(peers_core), _without_collection():
                return await _Load(bridge, process, lines).run(calls, seconds, interrupt)
        finally:
            for line in lines.values():
                line.close()
            await process.end()
    finally:
        server.close()


@contextlib.contextmanager
def _without_collection() -> Iterator[None]:
    """The collector's pauses are not the bridge's."""
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()


class _Load:
    def __init__(self, bridge: Bridge, process: BridgeProcess, lines: dict[int, Line]) -> None:
        self._bridge, self._process, self._lines = bridge, process, lines
        self._pacer = Pacer()
        self._delays = Delays()
        self._errors = 0

    async def run(self, calls: int, seconds: float, interrupt: bool) -> Run:
        run = Run(self._bridge.name, calls, seconds)
        before_kb = self._process.memory_kb()
        pacing = asyncio.get_running_loop().create_task(self._pacer.run())
        try:
            await self._open(calls)
            for line in self._lines.values():
                line.talks = True
            await asyncio.sleep(WARM_SECONDS)
            await self._talk(run)
            grown_kb = self._process.memory_kb() - before_kb
            run.memory_kb = max(grown_kb, 0.0) / calls
            for line in self._lines.values():
                line.talks = False
            if interrupt:
                run.interruptions = await self._interrupt()
        finally:
            self._pacer.stop()
            await pacing
        await self._arrive()
        ended = list(self._lines.values())
        run.failed = self._errors + sum(line.failed for line in ended)
        run.missing = sum(line.missing for line in ended if not line.failed)
        run.faults = sum(line.faults for line in ended)
        return run

    # ------------------------------------------------------------------------------------------ opening

    async def _open(self, calls: int) -> None:
        room = asyncio.Semaphore(AT_ONCE)
        async with httpx.AsyncClient() as client:
            await asyncio.gather(*(self._open_one(client, call, room) for call in range(calls)))
        await _until(lambda: all(line.model is not None for line in self._lines.values()), OPEN_SECONDS)

    async def _open_one(self, client: httpx.AsyncClient, call: int, room: asyncio.Semaphore) -> None:
        async with room:
            origin = f"127.0.0.1:{self._process.port}"
            try:
                where = Where(f"ws://{origin}/media-stream")
                if self._bridge.webhook:
                    where = await ask(client, f"http://{origin}/incoming-call", call)
                line = Line(call, where.parameters, self._delays)
                await open_stream(where, line.carrier)
            except (OSError, httpx.HTTPError, picows.WSError, RemoteProtocolError):
                self._errors += 1  # a call that did not come up is a figure of the bench, not its end
                return
        self._lines[call] = line
        self._pacer.join(line.carrier.send_frame, line.tick)

    # ------------------------------------------------------------------------------------------ measuring

    async def _talk(self, run: Run) -> None:
        """The window that counts: both ends talk, nobody interrupts."""
        self._delays.recording = True
        sent, late = self._sent(), len(self._pacer.late_ms)
        began, cpu, own_cpu = time.perf_counter(), self._process.cpu_seconds(), time.process_time()
        await asyncio.sleep(run.seconds)
        run.seconds = time.perf_counter() - began
        run.cpu_seconds = self._process.cpu_seconds() - cpu
        run.peers_cpu = (time.process_time() - own_cpu) / run.seconds
        run.sent_share = (self._sent() - sent) / max(1, frames_of(run.seconds) * run.calls)
        run.late_ms = Spread.of(self._pacer.late_ms[late:])
        self._delays.recording = False
        run.gaps = sum(len(line.carrier.playback.gaps()) for line in self._lines.values())
        run.up_ms, run.down_ms = Spread.of(self._delays.up), Spread.of(self._delays.down)

    def _sent(self) -> int:
        return sum(len(line.carrier.sent_at) for line in self._lines.values())

    async def _interrupt(self) -> list[Interruption]:
        whole = [line for line in self._lines.values() if not line.failed]
        return [each for both in await asyncio.gather(*(line.interruptions() for line in whole)) for each in both]

    async def _arrive(self) -> None:
        await _until(lambda: not any(line.missing for line in self._lines.values()), ARRIVE_SECONDS)


async def _until(done: Callable[[], bool], seconds: float) -> None:
    for _ in range(int(seconds * 50)):
        if done():
            return
        await asyncio.sleep(0.02)
