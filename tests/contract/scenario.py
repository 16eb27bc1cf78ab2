"""Scenarios of the contract: one test for every backend, whose outcome is held against the table."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import pytest

from tests.contract.backends import BACKENDS, Backend
from tests.contract.stage import Stage, World
from tests.contract.table import ROWS

SCENARIOS: dict[str, list[Backend]] = {}
"""The rows that are held against something, and on which backends."""

Scenario = Callable[[Stage], Awaitable[str]]


def contract(
    row: str, backends: Sequence[Backend] = BACKENDS, broken: dict[str, str] | None = None
) -> Callable[[Scenario], Callable[..., None]]:
    """Makes a test of a scenario, which gives the word for what it saw. `broken`: why a backend, by its name, does not do
    what the table says of it yet."""
    SCENARIOS[row] = list(backends)
    known = broken or {}
    cases = [
        pytest.param(
            each,
            id=str(each),
            marks=[pytest.mark.xfail(strict=True, raises=AssertionError, reason=known[str(each)])]
            if str(each) in known
            else [],
        )
        for each in backends
    ]

    def decorate(scenario: Scenario) -> Callable[..., None]:
        @pytest.mark.parametrize("backend", cases)
        def test(backend: Backend, world: World, clock: asyncio.Runner) -> None:
            seen = clock.run(scenario(Stage(world, backend)))
            assert seen == ROWS[row].word(backend)

        test.__doc__ = scenario.__doc__
        return test

    return decorate
