import asyncio

import pytest
import uvloop

from offhook.outside import clock, outside
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


def test_the_clock_of_a_real_loop_does_not_stand_still_while_it_works():
    async def scenario():
        now = clock(asyncio.get_running_loop())
        began, at_once = now(), now()
        while at_once == began:
            at_once = now()
        return abs(now() - asyncio.get_running_loop().time())

    assert asyncio.run(scenario()) < 5.0, "timers go by the same time"
    assert uvloop.run(scenario()) < 5.0


def test_the_clock_of_a_simulated_loop_is_its_own():
    async def scenario():
        now = clock(asyncio.get_running_loop())
        await asyncio.sleep(1000)
        return now()

    assert run(scenario()) == 1000.0
