"""A selection of the contract over real sockets and the real clock: the server, the stand-in model, the carrier.

All backends are called at once. What a busy machine may spoil (how exact, how soon) decides nothing here.
"""

import asyncio
import importlib.util
from contextlib import ExitStack
from pathlib import Path

import pytest

from offhook.agent.agent import Agent
from offhook.audio.silero import WEIGHTS
from offhook.core import events as e
from offhook.sim.carrier import CarrierCall
from offhook.sim.model_orders import Setup as ModelSetup
from offhook.sim.network import Link
from offhook.sim.orders import Setup
from offhook.sim.phone import place_call
from offhook.sim.script import parse
from offhook.sim.signature import Account
from offhook.sim.voicing import Voices, voiced
from tests.contract.backends import LOCAL, OWN_TURNS, PROVIDERS
from tests.contract.sockets import listening_model, served
from tests.contract.stage import HOURS, MENU, NO_LINES, TOOLS
from tests.server.running import ACCOUNT, TOKEN, Running

if not (importlib.util.find_spec("pocketsphinx") and importlib.util.find_spec("espeakng_loader")):
    pytest.skip("the speech engines are not installed: pip install 'offhook[local]'", allow_module_level=True)
if not WEIGHTS.is_file():
    pytest.skip("built without the voice detector's weights", allow_module_level=True)

CALLED = [LOCAL, *PROVIDERS, OWN_TURNS[0]]
STEPS = """
steps:
  - say now: can you read me the menu
  - interrupt: {after: 1s, say: what are your opening hours}
  - hear: {words: from eight to six, within: 20s}
"""


async def call_all() -> list[tuple[CarrierCall, list[e.Event], str | None]]:
    agent = Agent("You are the voice of a café.", greeting="", tools=TOOLS, phrases=NO_LINES)
    async with Voices() as voices, listening_model(ModelSetup()) as (service, base_url):
        script = await voiced(parse(STEPS, "the test's script"), Path(), voices)
        with ExitStack() as stack:
            servers: list[Running] = [stack.enter_context(served(each, agent, base_url)) for each in CALLED]
            seen: list[list[e.Event]] = []
            for server in servers:
                events: list[e.Event] = []
                server.app.switchboard._publish = lambda _id, event, events=events: events.append(event)
                seen.append(events)
            callers = [script.caller()[0] for _ in servers]
            setups = [
                Setup(f"{server.origin}/incoming-call", Account(ACCOUNT, TOKEN), hang_up_after_ms=40_000.0)
                for server in servers
            ]
            calls = [CarrierCall(setup, caller) for setup, caller in zip(setups, callers, strict=True)]
            await asyncio.gather(*(place_call(call, Link(40.0), Link(40.0)) for call in calls))
            errors = [
                body["error"]["code"]
                for session in service.sessions
                for _, way, body in session.log
                if way == "out" and body["type"] == "error"
            ]
            assert errors == [], "the model took all that it was told"
            failures = [caller.failure and caller.failure.sentence for caller in callers]
        return list(zip(calls, seen, failures, strict=True))


@pytest.mark.timeout(60)
def test_every_backend_is_interrupted_and_answers_over_real_sockets() -> None:
    for backend, (call, events, failure) in zip(CALLED, asyncio.run(call_all()), strict=True):
        turns = {event.turn: event for event in events if isinstance(event, e.TurnKept)}
        assert failure is None, f"{backend}: {failure} {turns}"
        said = [turns[turn] for turn in sorted(turns)]
        assert [turn.role for turn in said] == ["caller", "agent", "caller", "agent"], backend
        cut, answer = said[1], said[3]
        assert MENU.startswith(cut.text) and 0 < cut.heard_ms < cut.generated_ms, backend
        assert answer.text.startswith(HOURS), backend
        (barged,) = [event for event in events if isinstance(event, e.BargedIn)]
        assert list(barged.heard_ms) == [cut.item], backend
        assert not [entry for entry in call.log if entry["what"] == "warning"], backend
