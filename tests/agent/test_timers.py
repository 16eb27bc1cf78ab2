import asyncio

from offhook.agent.timers import Timers
from offhook.sim.clock import run


def test_each_is_called_once_and_none_after_clear():
    async def scenario():
        timers, called = Timers(), []
        for seconds in (1, 2, 3):
            timers.later(seconds, lambda seconds=seconds: called.append(seconds))
        await asyncio.sleep(2.5)
        timers.clear()
        assert not timers._waiting
        await asyncio.sleep(5)
        assert called == [1, 2]

    run(scenario())
