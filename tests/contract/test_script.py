"""One caller script on every backend: in simulated time here, over real sockets with `make soak`.

offhook sim call --script tests/contract/every-backend.yaml --url …
"""

import asyncio
import threading
from pathlib import Path

import pytest
from typer.testing import CliRunner

from offhook import tool
from offhook.agent.agent import Agent
from offhook.agent.phrases import Phrases
from offhook.cli.scenarios import play_inside
from offhook.cli.sim import app
from offhook.sim.model_http import HttpModel, HttpSetup
from offhook.sim.model_memory import MemoryServer
from offhook.sim.model_orders import Answer, Setup, ToolUse
from offhook.sim.script import parse
from offhook.sim.voicing import voiced
from tests.contract.backends import BACKENDS, Backend, MemoryModel
from tests.contract.sockets import listening_model, served
from tests.contract.stage import ADDRESS, GREETING, MENU, NO_LINES, Stage, World, address, opening_hours
from tests.server.running import ACCOUNT, TOKEN

SCRIPT = Path(__file__).parent / "every-backend.yaml"
PREFACE = "Let me have a look at it, this will take a moment, please."


def agent_for(backend: Backend) -> Agent:
    """The agent of the script. Behind a word to wait, or a model's preface, the menu waits when the caller cuts in."""
    tool_s = 0.0 if backend.realtime else 0.5 if backend.written else 1.6

    @tool
    async def menu(kind: str = "") -> str:
        """What there is to drink and to eat."""
        await asyncio.sleep(tool_s)
        return MENU

    return Agent(
        "You are the voice of a café.",
        tools=(address, opening_hours, menu),
        voice=None if backend.realtime else "en-us",
        phrases=NO_LINES if backend.realtime else Phrases(),
    )


SETUP = Setup(
    answers=(
        Answer(GREETING), Answer(tools=(ToolUse("address"),)), Answer(ADDRESS), Answer(PREFACE, (ToolUse("menu"),)),
    )
)  # fmt: skip
"""Of the stand-in model: it says something before it uses the menu; all else are its rules."""


class Opened:
    """What `play_inside` wants of a roster."""

    def __init__(self, engine, agent: Agent) -> None:
        self.open = lambda _info: engine.leg(agent)


async def play(stage: Stage) -> dict:
    script = parse(SCRIPT.read_text(), str(SCRIPT))
    played = await voiced(script, SCRIPT.parent, stage.world.voices)
    agent = stage.backend.answering(agent_for(stage.backend))
    provider = HttpModel(HttpSetup(answers=SETUP.answers), stage.world.model)
    agent = stage.made(agent, provider)
    engine = await stage.ready(agent)
    server = MemoryServer(SETUP, stage.world.model)
    with MemoryModel(server, provider).reached():
        result = (await play_inside(played, Opened(engine, agent))).result
    assert len(server.sessions) == stage.backend.realtime
    return result


@pytest.mark.parametrize("backend", BACKENDS, ids=str)
def test_the_script_holds_in_simulated_time(backend: Backend, world: World, clock: asyncio.Runner) -> None:
    result = clock.run(play(Stage(world, backend)))
    assert result["failed"] == [], (result["agent_turns"], result["barge_ins"])
    cut = [turn for turn in result["agent_turns"] if turn["unheard"]]
    assert [bool(turn["text"]) for turn in cut] == [True, False], cut


@pytest.mark.soak
@pytest.mark.parametrize("backend", [each for each in BACKENDS if not each.objects], ids=str)
def test_the_script_holds_over_real_sockets(backend: Backend) -> None:
    over, address_told = threading.Event(), threading.Event()
    where: list[str] = []

    async def model() -> None:
        async with listening_model(SETUP) as (_, base_url):
            where.append(base_url)
            address_told.set()
            await asyncio.to_thread(over.wait)

    thread = threading.Thread(target=lambda: asyncio.run(model()))
    thread.start()
    try:
        assert address_told.wait(20)
        with served(backend, agent_for(backend), where[0]) as server:
            arguments = ["call", "--script", str(SCRIPT), "--url", f"{server.origin}/incoming-call"]
            result = CliRunner().invoke(app, [*arguments, "--account-sid", ACCOUNT, "--auth-token", TOKEN])
        assert result.exit_code == 0, result.output
    finally:
        over.set()
        thread.join(20)
