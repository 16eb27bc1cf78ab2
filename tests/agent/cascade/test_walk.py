"""Walks of random callers through an agent whose parts are slow, early, silent or broken, each of them as they like: whatever
the order, every item settles once, what was heard was said, nobody is answered twice, and nothing is left at work."""

import asyncio
import logging
import random
from collections import Counter, defaultdict

import numpy as np
import pytest

from offhook import Agent, Cascade, ToolError, tool
from offhook.audio import g711
from offhook.audio.format import MULAW_8K
from offhook.core import events as e
from offhook.errors import LegFailed
from offhook.phone.loopback import LoopbackLeg
from offhook.sim.clock import run
from offhook.speech.base import Recognised, Sound, ToolUse, Word
from tests.agent.cascade.parts import CHAR_MS, Visit

NODS, NOISE = "Uh-huh.", ""
STEP_MS = 40


class Chance:
    """What happens in one walk."""

    def __init__(self, seed):
        self.dice = random.Random(seed)
        self.trouble = self.dice.choice([0.0, 0.0, 0.05])
        self.slow = self.dice.choice([0.2, 1.0, 3.0])

    def delay(self):
        return self.dice.choice([0.0, 0.05, 0.2, 0.5, 1.0]) * self.slow

    def fail(self):
        if self.dice.random() < self.trouble:
            raise LegFailed("a part broke", retryable=self.dice.random() < 0.8)


class Open:
    """How much of a part is at work now."""

    def __init__(self):
        self.now = 0

    def __enter__(self):
        self.now += 1

    def __exit__(self, *_):
        self.now -= 1


class Mind:
    """A language model whose every answer is known by its words."""

    tools = True

    def __init__(self, chance):
        self.chance, self.open = chance, Open()
        self.asked = []
        """What the caller said that each answer is to; nothing for one to a tool's result, or to what is asked of it."""

    async def answer(self, messages, tools=(), wishes=None):
        dice, number = self.chance.dice, len(self.asked)
        self.asked.append(messages[-1].text if messages[-1].role == "user" else "")
        with self.open:
            await asyncio.sleep(self.chance.delay())
            self.chance.fail()
            for at in range(dice.choice([0, 1, 3, 12, 40])):
                yield f"a{number}w{at}{dice.choice(['', '', '', ',', '.', '?', '. '])} "
                await asyncio.sleep(self.chance.delay() / 10)
            self.chance.fail()
            if tools and messages[-1].role != "tool" and dice.random() < 0.2:
                for at in range(dice.choice([1, 2])):
                    yield ToolUse(f"use{number}-{at}", "look", "{}")


class Tongue:
    """A voice with the time of each word."""

    pause_ms = 0

    def __init__(self, chance, format):
        self.chance, self.format, self.open = chance, format, Open()

    async def say(self, text):
        with self.open:
            await asyncio.sleep(self.chance.delay())
            self.chance.fail()
            pace = self.chance.dice.choice([0.8, 3.0, 50.0])
            for at in range(0, len(text), 7):
                part = text[at : at + 7]
                ends = [at + i for i, char in enumerate(part) if char == " "]
                audio = b"\x10" * (CHAR_MS * len(part) * self.format.bytes_per_ms)
                yield Sound(audio, tuple(Word(float(end * CHAR_MS), end) for end in ends))
                await asyncio.sleep(CHAR_MS * len(part) / 1000.0 / pace)


class Ears:
    """A recogniser: what the caller says is a number, or nothing, or a nod."""

    complete = False

    def __init__(self, chance):
        self.chance, self.open = chance, Open()
        self.pauses = chance.dice.random() < 0.8
        self.text = NOISE
        """What the caller is saying."""

    def begin(self): ...
    def feed(self, audio): ...
    def cancel(self): ...
    def close(self): ...

    def pause(self):
        return self._told(self.text) if self.pauses else None

    def end(self):
        return self._told(self.text)

    async def _told(self, text):
        with self.open:
            await asyncio.sleep(self.chance.delay())
            self.chance.fail()
            return Recognised(text)


class Walk:
    """One call."""

    def __init__(self, seed):
        self.chance = chance = Chance(seed)
        self.turns = 0
        self.uses = Counter()

        @tool
        async def look() -> str:
            """Looks."""
            self.uses["begun"] += 1
            try:
                await asyncio.sleep(chance.delay() * 3)
                if chance.dice.random() < 0.2:
                    raise ToolError("There is nothing.")
                return "found"
            finally:
                self.uses["over"] += 1

        agent = Agent(
            "You are a test.", model="cascade", greeting=chance.dice.choice(["", "Hello there.", None]), tools=[look],
            cascade=Cascade(ahead=chance.dice.random() < 0.8, window_tokens=chance.dice.choice([500, 16_000])),
        )  # fmt: skip
        self.ears, self.mind, self.tongue = Ears(chance), Mind(chance), Tongue(chance, MULAW_8K)
        self.visit = Visit(self.mind, self.tongue, self.ears, agent)
        self.told, self.words = [], defaultdict(str)
        self._watch()

    def _watch(self):
        """Keeps what the leg is told, and the words of items."""
        leg, call = self.visit.agent_leg, self.visit.call
        send, report = leg.send, call.report

        def sending(command):
            self.told.append(command)
            send(command)

        def reporting(event):
            if isinstance(event, e.ItemText):
                self.words[event.item] += event.text
            report(event)

        leg.send, call.report = sending, reporting

    @property
    def over(self):
        return bool(self.visit.published(e.Ended))

    async def hears(self, ms):
        await self._sends(b"\xff" * (8 * ms))

    async def speaks(self, text, ms):
        self.ears.text = text
        tone = 8000 * np.sin(np.arange(8 * ms) * 2 * np.pi * 440 / 8000)
        await self._sends(g711.encode(tone.astype("<i2").tobytes()))

    async def _sends(self, audio):
        for at in range(0, len(audio), 8 * STEP_MS):
            self.visit.leg.say(audio[at : at + 8 * STEP_MS].ljust(8 * STEP_MS, b"\xff"))
            await asyncio.sleep(STEP_MS / 1000.0)

    async def says_something(self):
        """A turn, perhaps with pauses in it."""
        dice = self.chance.dice
        self.turns += 1
        for part in range(dice.choice([1, 1, 1, 2, 3])):
            await self.hears(dice.choice([280, 400, 600]) if part else 0)
            await self.speaks(f"Number {self.turns:03} part {part}", dice.choice([200, 700, 1500]))
        await self.hears(dice.choice([720, 800, 1200, 3000]))

    async def step(self):
        """What the caller does next, or somebody else."""
        dice, call = self.chance.dice, self.visit.call
        does = ["says", "nods", "coughs", "waits", "keys", "say", "interrupt", "loses"]
        match dice.choices(does, [8, 3, 3, 6, 1, 1, 1, 1])[0]:
            case "says":
                await self.says_something()
            case "nods":
                await self.speaks(NODS, 300)
                await self.hears(dice.choice([400, 1200]))
            case "coughs":
                await self.speaks(NOISE, dice.choice([150, 250, 900]))
                await self.hears(dice.choice([400, 1200]))
            case "waits":
                await self.hears(dice.choice([200, 1000, 4000, 9000]))
            case "keys":
                for digit in dice.choice(["1#", "42#", "7"]):
                    call.report(e.KeyPressed(digit))
                    await self.hears(120)
            case "say":
                call.say("These words are given.")
            case "interrupt":
                call.interrupt()
            case "loses":
                await self._loses_the_stream(dice.choice([0.2, 2.0, 6.0]))

    async def _loses_the_stream(self, seconds):
        """The carrier's stream breaks, and another carries on."""
        visit = self.visit
        visit.leg.lost()
        await asyncio.sleep(seconds)
        if not self.over:
            visit.leg = LoopbackLeg()
            visit.call.join(visit.leg)

    async def whole(self, steps=14):
        """The call, to its end, and what holds then."""
        call, dice = self.visit.call, self.chance.dice
        others = asyncio.all_tasks()
        call.start()
        await asyncio.sleep(0)
        call.join(self.visit.leg)
        for _ in range(dice.randint(2, steps)):
            if self.over:
                break
            await self.step()
        if not self.over and dice.random() < 0.6:
            await self._is_answered_at_last()
        if not self.over:
            call.report(e.CarrierEnded("completed"))
        await call.closed()
        await asyncio.sleep(0.01)
        left = asyncio.all_tasks() - others
        assert not left, f"nothing is left at work: {left}"
        assert (self.mind.open.now, self.tongue.open.now, self.ears.open.now) == (0, 0, 0), "every request is closed"
        assert self.uses["begun"] == self.uses["over"]
        self.holds()

    async def _is_answered_at_last(self):
        self.chance.trouble = 0.0
        await self.hears(20_000)
        if self.over:
            return
        self.ears.text = "Number 999 part 0"
        await self.speaks("Number 999 part 0", 800)
        for _ in range(10):
            await self.hears(4000)
            if self.over or any("999" in asked for asked in self.mind.asked):
                break
        assert self.over or any("999" in asked for asked in self.mind.asked), "who says something is answered"

    def holds(self):
        """What is true of every call."""
        for kind in (e.Truncate, e.Discard):
            items = [command.item for command in self.told if isinstance(command, kind)]
            assert len(items) == len(set(items)), "an item is cut at most once"
        assert len(self.visit.published(e.Ended)) == 1
        kept = {event.turn: event for event in self.visit.published(e.TurnKept)}
        agent = [turn for _, turn in sorted(kept.items()) if turn.role == "agent"]
        assert len({turn.item for turn in agent}) == len(agent), "an item is one turn"
        for turn in agent:
            said = self.words[turn.item]
            assert said.startswith(turn.text), "what was heard was said"
            assert turn.heard_ms <= turn.generated_ms + 0.5
            if turn.unheard:
                sounded_ms = len(turn.text.replace(" ", "")) * CHAR_MS
                assert sounded_ms <= turn.heard_ms + 1, "no word counts as heard that was not"
        heard = [turn for turn in agent if turn.text]
        self._answered_once(heard)
        numbers = [int(turn.text[7:10]) for _, turn in sorted(kept.items()) if turn.text.startswith("Number")]
        assert numbers == sorted(numbers), "turns are in the order in which they were said"

    def _answered_once(self, heard):
        answers = {int(word[1 : word.index("w")]) for turn in heard for word in turn.text.split() if _of_mind(word)}
        answered = Counter(self.mind.asked[each] for each in answers)
        again = {asked: n for asked, n in answered.items() if asked.startswith("Number") and n > 1}
        assert not again, f"answered twice: {again}"


def _of_mind(word):
    return word[:1] == "a" and "w" in word and word[1 : word.index("w")].isdigit()


def walk(seed, caplog):
    async def whole():
        await Walk(seed).whole()

    with caplog.at_level(logging.ERROR):
        run(whole())
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


@pytest.mark.parametrize("seed", range(12))
def test_a_walk(seed, caplog):
    walk(seed, caplog)


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_many_walks(caplog):
    failed = {}
    for seed in range(100, 600):
        try:
            walk(seed, caplog)
        except Exception as broke:  # noqa: BLE001
            failed[seed] = f"{type(broke).__name__}: {broke}"
            caplog.clear()
    assert not failed
