"""`python -m tests.killed URL FOLDER SEED POINTS`: again and again a process that carries simulated calls is killed at a
random moment. Prints a line of JSON for each: what it had told of its calls by then.

Each of the killed is forked from this one, which has everything loaded and neither threads nor a loop.
"""

import asyncio
import json
import os
import random
import signal
import sys
from pathlib import Path

from offhook.core import events as e
from offhook.errors import StoreAway
from offhook.journal.journal import Journal
from offhook.sim.clock import run
from offhook.store.store import Store
from tests.kept_calls import KeptCalls

CALLS, MOST_LINES = 3, 45


class Unsteady(Store):
    """A database that is away now and then."""

    away = False

    async def write(self, work, seconds=None):
        if self.away:
            raise StoreAway("taken away")
        return await super().write(work, seconds)


async def live(url: str, folder: Path, seed: int, tell) -> None:
    """Calls, told line by line: turns as they are published, records as they become durable."""
    chance = random.Random(seed)
    store = Unsteady(url)
    loop = asyncio.get_running_loop()

    def published(call_id: str, event: e.Event) -> None:
        if isinstance(event, e.TurnKept):
            tell({"at": loop.time(), "call": call_id, "turn": event.turn, "text": event.text})

    def durable(records) -> None:
        tell({"at": loop.time(), "durable": [[record.call_id, record.seq] for record in records]})

    journal = Journal(store, folder)
    await journal.start()
    calls = KeptCalls(journal, published)
    viewers = journal.on_durable

    def both(records) -> None:
        durable(records)
        viewers(records)

    journal.on_durable = both
    talking = [
        asyncio.create_task(calls.call(f"{seed} {n}", questions=chance.randint(1, 3), after_s=chance.uniform(0.0, 4.0)))
        for n in range(CALLS)
    ]
    while not all(each.done() for each in talking):
        await asyncio.sleep(chance.uniform(0.2, 3.0))
        store.away = chance.random() < 0.4
    await calls.close()
    await journal.close()


def kill(url: str, folder: Path, seed: int) -> dict:
    """Starts one, kills it after so many lines, and gives them."""
    lines = random.Random(seed).randint(1, MOST_LINES)
    read, write = os.pipe()
    child = os.fork()
    if not child:
        os.close(read)
        run(live(url, folder, seed, lambda told: os.write(write, json.dumps(told).encode() + b"\n")))
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        told = [line for _, line in zip(range(lines), pipe, strict=False)]
        os.kill(child, signal.SIGKILL)
        told += pipe.readlines()  # what it still had said before it died
    _, status = os.waitpid(child, 0)
    return {"killed": os.WIFSIGNALED(status), "told": [json.loads(line) for line in told if line.endswith(b"\n")]}


if __name__ == "__main__":
    URL, FOLDER, SEED, POINTS = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    for point in range(POINTS):
        sys.stdout.write(json.dumps(kill(URL, FOLDER, SEED + point)) + "\n")
        sys.stdout.flush()
