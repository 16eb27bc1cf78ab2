"""A call outlives its process on every backend: the agent comes back with the talk, the tools with what they noted."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from offhook import tool
from offhook.agent import cafe
from offhook.agent.cascade.coming_back import BACK
from offhook.agent.menu import Line
from offhook.agent.models import engine_for
from offhook.core import events as e
from offhook.sim.carrier import CarrierCall
from offhook.sim.memory import place_call
from offhook.sim.model_http import HttpModel, HttpSetup
from offhook.sim.model_memory import MemoryServer
from offhook.sim.model_orders import Setup as ModelSetup
from offhook.sim.network import Link
from offhook.sim.orders import Setup
from offhook.sim.script import parse
from offhook.sim.signature import Account
from offhook.sim.voicing import voiced
from tests.contract.backends import BACKENDS, MemoryModel
from tests.journal.keeping import found_at
from tests.mortal import Lives
from tests.server.running import ACCOUNT, KEY

STEPS = """
agent voice: en-us
steps:
  - wait: greeting
  - say: i would like a large latte
  - hear: large latte
  - wait: {silence: 1s}
  - wait: speech
  - wait: {silence: 1s}
  - say: what did i order
  - hear: large latte
  - hang up
"""


@tool
async def add(drink: str, call, size: str = "") -> str:
    """Adds a drink to the order."""
    cafe.Order(call.data.setdefault("order", {})).put(line := Line(drink, {"size": size}))
    return f"One {line.what}."


@tool
async def basket(call) -> str:
    """What was ordered."""
    (line,) = cafe.Order(call.data["order"]).lines.values()
    return f"You have a {line.what}."


class Resumed:
    """One call whose process dies after the order, and what came of it."""

    def __init__(self, world, backend, folder: Path) -> None:
        self.world, self.backend = world, backend
        self.url, self.spool = f"sqlite:///{folder}/calls.db", folder / "spool"

    async def call(self) -> None:
        agent = replace(cafe.agent, voice="en-us")
        if self.backend.realtime or self.backend.written:  # which has a mind of its own for what a tool's name means
            agent = replace(agent if self.backend.written else cafe.agent, tools=(add, basket))
        agent = self.backend.answering(agent)
        script = await voiced(parse(STEPS, "the test's script"), Path(), self.world.voices)
        caller = script.caller()[0]
        self.server = MemoryServer(ModelSetup(), self.world.model)
        self.http = HttpModel(HttpSetup(), self.world.model)
        if self.backend.objects:
            agent = self.world.objects.of(agent, self.http)
        with MemoryModel(self.server, self.http).reached():
            engine = self.world.cascade if self.backend.embedded else self.world.local
            if self.backend.realtime or self.backend.written:
                engine = engine_for(agent.model, self.backend.credentials("https://model.test"))
                await engine.start()
            await engine.prepare(agent)
            self.lives = Lives(self.url, self.spool, open_agent=lambda _info: engine.leg(agent))
            await self.lives.begin()
            setup = Setup(
                "http://voice.test/incoming-call", Account(ACCOUNT, KEY.secret), call_sid=self.world.next_sid(),
                hang_up_after_ms=120_000.0,
            )  # fmt: skip
            self.carrier = CarrierCall(setup, caller)
            dying = asyncio.create_task(self.die_after_the_order())
            await place_call(self.carrier, self.lives.asgi, self.lives.accept, Link(40.0), Link(40.0))
            await asyncio.sleep(25.0)
            await dying
            await self.lives.now.end()
        self.rows = await found_at(self.url)
        assert caller.failure is None, (caller.failure, self.said())

    async def die_after_the_order(self) -> None:
        while not any("latte" in turn.text and turn.role == "agent" for turn in self.lives.now.published(e.TurnKept)):
            await asyncio.sleep(0.1)
        await asyncio.sleep(0.5)
        await self.lives.die()

    def said(self) -> list[tuple[str, str]]:
        return [(turn.role, turn.text) for turn in self.rows.turns]


@pytest.mark.parametrize("backend", BACKENDS, ids=str)
def test_what_the_caller_had_said_comes_back(clock, world, backend, tmp_path):
    resumed = Resumed(world, backend, tmp_path)
    clock.run(resumed.call())
    (call,) = resumed.rows.calls
    resumed.rows.check()
    assert (call.result, call.reason) == ("completed", "caller hung up")
    assert [stream.state for stream in resumed.carrier.streams] == ["ended", "ended"]
    assert len(resumed.lives.now.published(e.CallBegan)) == 0
    turns = resumed.said()
    assert [number for number, _ in enumerate(turns, 1)] == [turn.number for turn in resumed.rows.turns]
    asked = turns.index(("user", "what did i order"))
    assert "You have a large" in " ".join(text for _, text in turns[asked + 1 :]), "the caller heard it, and hung up"
    if backend.written:
        told = resumed.http.asked("completions")[-1].body["messages"]
        assert "i would like a large latte" in [message["content"] for message in told]
        assert [message["role"] for message in told].count("tool") >= 2, "the order is among what was done"
        return
    if not backend.realtime:
        assert any(text.startswith(BACK) for _, text in turns)
        return
    *_, second = resumed.server.sessions  # the first one speaks the lines
    written = [
        body["item"] for _, way, body in second.log if way == "in" and body["type"] == "conversation.item.create"
    ]
    texts = [item["content"][0]["text"] for item in written if item["type"] == "message"]
    assert "i would like a large latte" in texts
    kinds = [item["type"] for item in written if item["type"] != "message"]
    assert kinds[:2] == ["function_call", "function_call_output"]
    assert [body for _, way, body in second.log if way == "out" and body["type"] == "error"] == []
