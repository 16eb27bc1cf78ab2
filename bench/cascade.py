"""Measures what an agent made of the embedded parts costs, and whether voice activity is judged for all calls at once.

    PYTHONPATH=src python -m bench.cascade

Whole calls in simulated time: greeting, a question every eight seconds, its answer, and what a call keeps of it. CPU is that of
this process and of its workers (Linux), after they have started. The last table judges the same audio of many calls on one
ear for all and on an ear for each, by turns in each round; the ratio of a round stands whatever else the machine does.
"""

import asyncio
import os
import statistics
import time
from pathlib import Path

import numpy as np

from offhook import Agent, CallInfo, Cascade
from offhook.agent.cascade.engine import CascadeEngine
from offhook.agent.credentials import Credentials
from offhook.agent.listening import Listening
from offhook.audio import g711
from offhook.audio.vad import VoiceBank, VoiceModel, best_model
from offhook.call import Call
from offhook.core import events as e
from offhook.core.tape import Tape
from offhook.core.turns import Endpointing
from offhook.phone.loopback import LoopbackLeg
from offhook.sim import clock
from offhook.speech.base import Recognised
from offhook.speech.engines.espeak import EspeakSynthesizer

QUESTIONS = ("what are your opening hours", "where are you", "how much is a large latte")
EVERY_S, CALL_S, ROUNDS = 8.0, 40.0, 5
FRAME = 160


def workers_cpu_s() -> float:
    """CPU seconds of the processes that this one started."""
    total = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == os.getpid():
            total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


async def lines(seconds: float) -> bytes:
    """What a caller says: µ-law, a question every so often, with the noise of a line."""
    espeak = EspeakSynthesizer("en-us")
    samples = np.random.default_rng(1).normal(size=int(seconds * 8000)) * 100
    for number, begin_s in enumerate(np.arange(EVERY_S, seconds - EVERY_S / 2, EVERY_S)):
        said = await espeak.speak(QUESTIONS[number % len(QUESTIONS)])
        pcm16 = np.frombuffer(g711.decode(said.audio), "<i2")
        begin = int(begin_s * 8000)
        samples[begin : begin + len(pcm16)] += pcm16
    await espeak.close()
    return g711.encode(np.rint(samples).clip(-32768, 32767).astype("<i2").tobytes())


async def talk(engine: CascadeEngine, agent: Agent, line: bytes, number: int) -> int:
    """One call; how many turns it kept."""
    kept = set[int]()

    def publish(_id: str, event: e.Event) -> None:
        if isinstance(event, e.TurnKept) and event.text:
            kept.add(event.turn)

    phone = LoopbackLeg()
    call = Call(
        CallInfo(f"CA{number}", "AC1", "+15550100", "+15550199"), engine.leg(agent), publish=publish,
        on_ended=lambda _call: None,
    )  # fmt: skip
    call.start()
    await asyncio.sleep(0)
    call.join(phone)
    for at in range(0, len(line), FRAME):
        phone.say(line[at : at + FRAME])
        await asyncio.sleep(0.02)
    if not call.ended:
        call.report(e.CarrierEnded("completed"))
    await call.closed()
    return len(kept)


async def calls(most: int) -> None:
    """So many at once."""
    agent = Agent("", model=Cascade("embedded", "embedded", "embedded"))
    line = await lines(CALL_S)
    engine = CascadeEngine(Credentials())
    await engine.start()
    try:
        await engine.prepare(agent)
        await talk(engine, agent, line, 0)  # decoders and voices are there from now on
        here, workers = time.process_time(), workers_cpu_s()
        turns = await asyncio.gather(*(talk(engine, agent, line, number) for number in range(most)))
        seconds = most * len(line) / 8000
        here, workers = time.process_time() - here, workers_cpu_s() - workers
        print(
            f"{most:3} calls: {1000 * here / seconds:5.1f} ms of CPU a call-second here, {1000 * workers / seconds:5.1f} in "
            f"workers; {min(turns)} to {max(turns)} turns kept"
        )
    finally:
        await engine.close()


class Counted:
    """The voice detector; counts how many windows it is asked for at a time."""

    def __init__(self, model: VoiceModel) -> None:
        self._model = model
        self.state_size, self.drifts = model.state_size, model.drifts
        self.sizes: list[int] = []

    def __call__(self, windows: np.ndarray, state: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        self.sizes.append(len(windows))
        return self._model(windows, state)


class Nobody:
    """A call, and a recogniser that hears nothing."""

    id, complete = "bench", False

    def __init__(self) -> None:
        self.tape = Tape()

    def report(self, event: e.Event) -> None: ...
    def now(self) -> float:
        return asyncio.get_running_loop().time() * 1000

    def begin(self) -> None: ...
    def feed(self, audio: bytes) -> None: ...
    def pause(self) -> None: ...
    def cancel(self) -> None: ...
    def close(self) -> None: ...
    async def end(self) -> Recognised:
        return Recognised("")


async def ears(most: int, line: bytes, together: bool) -> tuple[float, float]:
    """CPU µs a window of so many calls, and windows a time."""
    model = Counted(best_model())
    bank = VoiceBank(model)
    shared = Listening(bank)
    hearings = []
    for _ in range(most):
        side = Nobody()
        listening = shared if together else Listening(VoiceBank(model))
        hearings.append(listening.open(side, side, Endpointing()))  # type: ignore[arg-type]
    began = time.process_time()
    for at in range(0, len(line), FRAME):
        for hearing in hearings:
            hearing.feed(line[at : at + FRAME])
        await asyncio.sleep(0.02)
    used = time.process_time() - began
    for hearing in hearings:
        hearing.close()
    return 1e6 * used / sum(model.sizes), statistics.mean(model.sizes)


async def voice_activity() -> None:
    line = (await lines(12.0))[:80_000]
    await ears(1, line, True)
    for most in (1, 8, 32, 64):
        rounds = [(await ears(most, line, True), await ears(most, line, False)) for _ in range(ROUNDS)]
        ratios = sorted(apart[0] / one[0] for one, apart in rounds)
        print(
            f"{most:3} calls: {rounds[0][0][1]:4.1f} windows a time on one ear, {rounds[0][1][1]:.1f} on an ear each; listening"
            f" costs {min(one[0] for one, _ in rounds):4.0f} and {min(apart[0] for _, apart in rounds):4.0f} µs a window"
            f" (least of {ROUNDS}); ratio {ratios[ROUNDS // 2]:.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"
        )


def main() -> None:
    """Both tables."""
    for most in (1, 8, 24):
        clock.run(calls(most))
    clock.run(voice_activity())


if __name__ == "__main__":
    main()
