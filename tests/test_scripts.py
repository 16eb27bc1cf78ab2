"""The built-in agent, judged by callers: every script in tests/scripts, with the real engines, in simulated time.

    pytest tests/test_scripts.py -k cough

A script is one call as a person would make it; docs/simulator.md tells how to read and write them.
"""

import asyncio
import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest

from offhook import Agent
from offhook.agent.local import LocalEngine
from offhook.cli.scenarios import load, play_inside
from offhook.sim.clock import SimLoop
from offhook.sim.voicing import Voiced

if not (importlib.util.find_spec("pocketsphinx") and importlib.util.find_spec("espeakng_loader")):
    pytest.skip("the speech engines are not installed: pip install 'offhook[local]'", allow_module_level=True)

SCRIPTS = sorted((Path(__file__).parent / "scripts").glob("*.yaml"))

# What the agent is to do and does not do yet. A script that holds must be taken out here.
NOT_YET = {
    "early-hello": "a hello into the greeting withdraws it for good",
    "echo": "the agent takes its own echo for the caller and interrupts itself",
    "unknown-words": "no person is offered after two misunderstandings",
}


@pytest.fixture(scope="module")
def clock() -> Iterator[asyncio.Runner]:
    """One simulated clock for all the calls, so that they share an engine."""
    with asyncio.Runner(loop_factory=SimLoop) as runner:
        yield runner


@pytest.fixture(scope="module")
def engine(clock: asyncio.Runner) -> Iterator[LocalEngine]:
    engine = LocalEngine(Agent())
    clock.run(engine.start())
    yield engine
    clock.run(engine.close())


@pytest.fixture(scope="module")
def scripts() -> dict[str, Voiced]:
    return {path.stem: script for path, script in zip(SCRIPTS, load(SCRIPTS), strict=True)}


def _marked(path: Path) -> object:
    marks = [pytest.mark.xfail(reason=NOT_YET[path.stem], strict=True)] if path.stem in NOT_YET else []
    return pytest.param(path.stem, marks=marks)


@pytest.mark.parametrize("name", [_marked(path) for path in SCRIPTS])
def test_a_caller_is_served(name: str, scripts: dict[str, Voiced], clock: asyncio.Runner, engine: LocalEngine) -> None:
    result = clock.run(play_inside(scripts[name], engine)).result
    assert result["failed"] == [], result["agent_turns"]


def test_what_is_not_done_yet_is_about_scripts_that_are_there() -> None:
    assert set(NOT_YET) <= {path.stem for path in SCRIPTS}


def test_a_call_is_the_same_every_time(scripts: dict[str, Voiced], clock: asyncio.Runner, engine: LocalEngine) -> None:
    first, again = (clock.run(play_inside(scripts["barge-in"], engine)).result for _ in range(2))
    assert first == again
