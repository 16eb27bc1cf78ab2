"""`python -m tests.cut_off URL FOLDER SEED POINTS`: again and again a café that answers calls is killed at a random moment, and
the next process goes on with its calls. Prints a line of JSON for each: whether it was killed, and what it had told by then.

The cafés are forked from this one, which has everything loaded and neither threads nor a loop. Callers are followed by the
next process too, as a carrier would: it asks /twilio/next. Each process lives in simulated time, a minute and a half after
the one before, with the real engines.
"""

import asyncio
import json
import os
import random
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

from offhook.agent import cafe
from offhook.agent.cascade.embedded import LocalEngine
from offhook.core.keeping import Keeping
from offhook.journal.journal import Journal
from offhook.phone.twilio.signature import Key
from offhook.server.app import App, Options
from offhook.sim import forms
from offhook.sim.caller import Caller
from offhook.sim.carrier import CarrierCall
from offhook.sim.clock import run
from offhook.sim.memory import place_call
from offhook.sim.network import Link
from offhook.sim.orders import Setup
from offhook.sim.signature import Account
from offhook.sim.steps import Leave, Listen, Say
from offhook.sim.voicing import Voices
from offhook.speech.cafe.desk import GRAMMAR
from offhook.speech.engines.pocketsphinx import PocketsphinxPool
from offhook.store.calls import Calls, Wanted
from offhook.store.store import Store

ACCOUNT, TOKEN, HOST = "AC" + "3" * 32, "the token of the café", "http://cafe.test"
CALLS, MOST_LINES, APART_S = 2, 26, 90.0
ORDERS = ("i would like a large latte", "i would like a small mocha", "i would like a lemonade")
QUESTION = "what did i order"
LINK = Link(30.0)
RECORDINGS = "recordings"


class CameBack(CarrierCall):
    """A call that is on already: the carrier asks what comes after its stream."""

    def begin(self, now):
        self._began_ms = self._answered_ms = now
        self._ask("action", self.setup.voice_url, "POST", forms.call(self.setup, "in-progress"), now)
        return self._take()


def recorded(leg):
    leg.keeping = Keeping(record=True)
    return leg


@dataclass
class Cafe:
    """One process."""

    store: Store
    journal: Journal
    app: App
    speech: dict[str, bytes]

    def says(self, words: str) -> Say:
        return Say(self.speech[words], words)

    async def new(self, sid: str, order: str, after_s: float) -> None:
        await asyncio.sleep(after_s)
        steps = [Listen(), self.says(order), Listen(), self.says(QUESTION), Listen(), Leave()]
        await self._place(CarrierCall(self._setup(sid, "/incoming-call"), Caller(steps)))

    async def come_back(self, call: dict) -> None:
        steps = [Listen(), self.says(QUESTION), Listen(), Leave()]
        if not call["epoch"]:  # nobody knows whether its webhook was answered: it is asked again
            return await self._place(CarrierCall(self._setup(call["sid"], "/incoming-call"), Caller(steps)))
        path = f"/twilio/next?call_id={call['id']}&epoch={call['epoch'] - 1}"
        await self._place(CameBack(self._setup(call["sid"], path), Caller(steps)))

    def _setup(self, sid: str, path: str) -> Setup:
        return Setup(HOST + path, Account(ACCOUNT, TOKEN), call_sid=sid, hang_up_after_ms=60_000.0)

    async def _place(self, carrier: CarrierCall) -> None:
        def accept(order, socket):
            return self.app.door.open_leg(socket, order.url.rsplit("/", 1)[1])

        await place_call(carrier, self.app.asgi, accept, LINK, LINK)


async def live(
    url: str, folder: Path, seed: int, life: int, speech: dict[str, bytes], tell, *, new: bool = True
) -> None:
    """Goes on with the calls that are on, and takes new ones."""
    chance, loop, engine = random.Random(seed + life), asyncio.get_running_loop(), LocalEngine()
    engine._recognisers = PocketsphinxPool(GRAMMAR, workers=1)  # which start anew with each process
    store = Store(url)
    journal = Journal(store, folder, wall_clock=lambda: 1_800_000_000.0 + life * APART_S + loop.time())
    app = App(
        Options(ACCOUNT, [Key(TOKEN)], recordings=folder.parent / RECORDINGS), lambda _info: recorded(engine.leg(cafe.agent)),
        lambda id, event: tell([id, type(event).__name__, loop.time()]), journal,
    )  # fmt: skip
    await asyncio.gather(journal.start(), engine.start(), engine.prepare(cafe.agent))
    app.ready.set()
    here = Cafe(store, journal, app, speech)
    async with app.resuming.running():
        await app.recordings.start()
        await journal.inherited()
        page = await Calls(store).page(Wanted(live=True), 100)
        talks = [here.come_back(call) for call in page.calls]
        if new:
            talks += [
                here.new(f"CA{seed:016d}{life:08d}{n:08d}", chance.choice(ORDERS), chance.uniform(0.0, 6.0))
                for n in range(CALLS - len(talks))
            ]
        await asyncio.gather(*talks)
        await asyncio.sleep(25.0)
        await app.switchboard.close()
        await app.recordings.close()
    await journal.close()
    await engine.close()


async def rendered() -> dict[str, bytes]:
    async with Voices() as voices:
        return {words: await voices.speak("en-us", words) for words in (*ORDERS, QUESTION)}


def kill(url: str, folder: Path, seed: int, life: int, speech: dict[str, bytes]) -> dict:
    """Starts one, and kills it after so many lines."""
    lines = random.Random(seed * 1000 + life).randint(1, CALLS * MOST_LINES)
    read, write = os.pipe()
    child = os.fork()
    if not child:
        os.close(read)
        run(live(url, folder, seed, life, speech, lambda told: os.write(write, json.dumps(told).encode() + b"\n")))
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        told = [line for _, line in zip(range(lines), pipe, strict=False)]
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return {"killed": os.WIFSIGNALED(status), "told": [json.loads(line) for line in told if line.endswith(b"\n")]}


def main(url: str, folder: Path, seed: int, points: int) -> None:
    speech = run(rendered())
    for life in range(points):
        sys.stdout.write(json.dumps(kill(url, folder, seed, life, speech)) + "\n")
        sys.stdout.flush()
    run(live(url, folder, seed, points, speech, lambda _told: None, new=False))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
