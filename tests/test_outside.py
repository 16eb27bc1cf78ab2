import asyncio

import pytest

from offhook.outside import outside
from offhook.sim.clock import run


def test_a_simulated_clock_sees_the_work_and_its_end():
    async def scenario():
        loop = asyncio.get_running_loop()
        with outside(), outside():
            assert loop.outside_work == 2
        with pytest.raises(ValueError), outside():
            raise ValueError
        assert loop.outside_work == 0

    run(scenario())


def test_a_real_loop_needs_no_counter():
    async def scenario():
        with outside():
            return "done"

    assert asyncio.run(scenario()) == "done"
