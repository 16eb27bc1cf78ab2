"""The built-in agent, judged by callers: every script in tests/scripts, with the real engines, in simulated time.

    pytest tests/test_scripts.py -k cough

A script is one call as a person would make it; docs/simulator.md tells how to read and write them.
"""

import asyncio
import importlib.util
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from offhook.agent import cafe
from offhook.agent.cafe import agent
from offhook.agent.roster import Roster
from offhook.audio.silero import WEIGHTS
from offhook.cli.scenarios import load, play_inside
from offhook.sim.clock import SimLoop
from offhook.sim.voicing import Voiced

if not (importlib.util.find_spec("pocketsphinx") and importlib.util.find_spec("espeakng_loader")):
    pytest.skip("the speech engines are not installed: pip install 'offhook[local]'", allow_module_level=True)
if not WEIGHTS.is_file():
    pytest.skip("built without the voice detector's weights", allow_module_level=True)

SCRIPTS = sorted(
    [*(Path(__file__).parent / "scripts").glob("*.yaml"), *(Path(__file__).parents[1] / "examples").glob("*.yaml")]
)


@pytest.fixture(scope="module")
def clock() -> Iterator[asyncio.Runner]:
    """One simulated clock for all the calls, so that they share an engine."""
    with asyncio.Runner(loop_factory=SimLoop) as runner:
        yield runner


@pytest.fixture(scope="module")
def roster(clock: asyncio.Runner) -> Iterator[Roster]:
    roster = Roster(agent)
    clock.run(roster.start())
    yield roster
    clock.run(roster.close())


@pytest.fixture(scope="module")
def scripts() -> dict[str, Voiced]:
    return {path.stem: script for path, script in zip(SCRIPTS, load(SCRIPTS), strict=True)}


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    """The days and hours that the café tells are as long on every day of a year."""
    monkeypatch.setattr(cafe, "clock", lambda: datetime(2026, 11, 25, 10, 0))


@pytest.mark.parametrize("day", range(26, 31))
def test_an_order_goes_well_on_any_day(
    day: int, scripts: dict[str, Voiced], clock: asyncio.Runner, roster: Roster, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Each day of the week has another length on the line, and the words after it another place in the detector's memory.
    monkeypatch.setattr(cafe, "clock", lambda: datetime(2026, 11, day, 0, 50))
    result = clock.run(play_inside(scripts["order"], roster)).result
    assert result["failed"] == [], result["agent_turns"]


@pytest.mark.parametrize("name", [path.stem for path in SCRIPTS])
def test_a_caller_is_served(name: str, scripts: dict[str, Voiced], clock: asyncio.Runner, roster: Roster) -> None:
    result = clock.run(play_inside(scripts[name], roster)).result
    assert result["failed"] == [], result["agent_turns"]


def test_a_call_is_the_same_every_time(scripts: dict[str, Voiced], clock: asyncio.Runner, roster: Roster) -> None:
    first, again = (clock.run(play_inside(scripts["barge-in"], roster)).result for _ in range(2))
    assert first == again
