"""One simulated clock for all calls of the contract, so that they share the engines."""

import asyncio
import importlib.util
from collections.abc import Iterator
from datetime import datetime

import pytest

from offhook.agent import cafe
from offhook.audio.silero import WEIGHTS
from offhook.sim.clock import SimLoop
from tests.contract.stage import World


@pytest.fixture(scope="session")
def clock() -> Iterator[asyncio.Runner]:
    with asyncio.Runner(loop_factory=SimLoop) as runner:
        yield runner


@pytest.fixture(scope="session")
def world(clock: asyncio.Runner) -> Iterator[World]:
    if not (importlib.util.find_spec("pocketsphinx") and importlib.util.find_spec("espeakng_loader")):
        pytest.skip("the speech engines are not installed: pip install 'offhook[local]'")
    if not WEIGHTS.is_file():
        pytest.skip("built without the voice detector's weights")
    world = World()
    clock.run(world.start())
    yield world
    clock.run(world.close())


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the café says of its hours is as long at any time of day, so that every call falls on the same moments."""
    monkeypatch.setattr(cafe, "clock", lambda: datetime(2026, 11, 25, 10, 0))
