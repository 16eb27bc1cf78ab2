"""Barge-ins over seeded links: what the product says was heard, beside what the carrier's log says."""

import asyncio
import base64
import random
from dataclasses import dataclass

from offhook.core import events as e
from offhook.sim.clock import run
from offhook.sim.network import Link
from offhook.sim.stream import MarkFaults
from tests.pair import Pair


@dataclass
class Cut:
    """One item that a barge-in cut."""

    item: str
    told_ms: float
    true_ms: float
    clock_ms: float
    """What the write clock alone would have said: on a link of exactly the configured delay it would be the truth."""
    clear_late_ms: float

    @property
    def error_ms(self) -> float:
        return self.told_ms - self.true_ms

    @property
    def bound_ms(self) -> float:
        """Playout lateness at the cut + lateness of `clear` + 5 ms, both against the link's configured delay."""
        playout_late = self.clock_ms - self.true_ms + self.clear_late_ms
        return abs(playout_late) + abs(self.clear_late_ms) + 5.0


@dataclass
class Outcome:
    """A whole call of barge-ins."""

    pair: Pair
    cuts: list[Cut]
    said: list[list[str]]
    """The items of each turn."""


def stalls(seed: int, *, per_10_s: float = 4, low: float = 100, high: float = 900, span: float = 40_000):
    """Moments in which a link delivers nothing."""
    rnd = random.Random(seed * 7 + 1)
    begins = [rnd.uniform(1000, span) for _ in range(int(span / 10_000 * per_10_s))]
    return sorted((begin, begin + rnd.uniform(low, high)) for begin in begins)


def ideal(pair: Pair) -> dict[str, float]:
    """What would have been heard of each item by now on a link of exactly the configured delay, from what was sent when."""
    named = {value: item for item, value in pair.agent.values.items()}
    end, heard = 0.0, {}
    for sent_ms, message in pair.sent:
        if message["event"] == "clear" and sent_ms < pair.now:
            end = sent_ms
        if message["event"] != "media" or sent_ms < pair.cleared_ms:
            continue
        audio = base64.b64decode(message["media"]["payload"])
        start = max(end, sent_ms)
        end = start + len(audio) / 8
        if item := named.get(audio[0]):
            heard[item] = heard.get(item, 0.0) + max(0.0, min(end, pair.now) - start)
    pair.cleared_ms = pair.now
    return heard


def barge_ins(
    up: Link, down: Link, *, seed: int = 0, turns: int = 6, speed: float = 5.0, delta: float = 200.0,
    faults: MarkFaults | None = None, pauses: bool = False, owner: str = "provider",
) -> Outcome:  # fmt: skip
    """A call in which the agent speaks `turns` times, one to three items each, and is cut in each time."""
    return run(_barge_ins(up, down, seed, turns, speed, delta, faults, pauses, owner))


async def _barge_ins(up, down, seed, turns, speed, delta, faults, pauses, owner) -> Outcome:
    rnd = random.Random(1000 + seed)
    async with Pair(owner, up, down, faults) as pair:
        outcome = Outcome(pair, [], [])
        for turn in range(turns):
            names = [f"t{turn}i{n}" for n in range(rnd.choice((1, 2, 3)))]
            lengths = [rnd.uniform(400, 4000) for _ in names]
            at = rnd.choice((300, 1000, 2500, rnd.uniform(200, 6000)))
            outcome.said.append(names)

            async def talk(names=names, lengths=lengths):
                for name, length in zip(names, lengths, strict=True):
                    await pair.agent.say(name, int(length), speed=speed, delta=delta)
                    if pauses:
                        await asyncio.sleep(rnd.uniform(0.0, 1.2))

            talking = asyncio.create_task(talk())
            await asyncio.sleep(at / 1000)
            talking.cancel()
            before = len(pair.agent.commands)
            sent = len(up.log)
            pair.interrupt()
            cleared = len(up.log) > sent
            clock = ideal(pair)
            await asyncio.sleep(2.0 + rnd.uniform(0.8, 1.5))
            if not cleared:
                continue
            late = up.log[sent].late_ms
            true = pair.heard()
            for _, command in pair.agent.commands[before:]:
                if isinstance(command, e.Truncate):
                    item, told = command.item, float(command.heard_ms)
                elif isinstance(command, e.Discard):
                    item, told = command.item, 0.0
                else:
                    continue
                outcome.cuts.append(Cut(item, told, true.get(item, 0.0), clock.get(item, 0.0), late))
        return outcome
