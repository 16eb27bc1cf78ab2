import asyncio

from offhook.agent.realtime.admission import Admission
from offhook.sim.clock import run


def test_no_more_than_so_many_in_any_minute_and_conversations_under_way_first():
    async def scenario():
        loop, entered = asyncio.get_running_loop(), []
        admission = Admission(30)

        async def enter(name, resumed):
            await admission.enter(resumed=resumed)
            entered.append((loop.time(), name))

        new = [asyncio.ensure_future(enter(f"new{n}", False)) for n in range(70)]
        await asyncio.sleep(10)
        resumed = [asyncio.ensure_future(enter(f"resumed{n}", True)) for n in range(5)]
        await asyncio.gather(*new, *resumed)
        times = [at for at, _ in entered]
        assert len(times) == 75
        for at in times:
            assert sum(at <= other < at + 60 for other in times) <= 30
        assert all(name.startswith("resumed") for _, name in entered[30:35])
        assert times[29] == 0 and 60 <= times[30] < 60.1 and 120 <= times[60] < 120.2

    run(scenario())


def test_who_gave_up_takes_nobodys_place():
    async def scenario():
        loop = asyncio.get_running_loop()
        admission = Admission(1)
        await admission.enter(resumed=False)
        given_up = asyncio.ensure_future(admission.enter(resumed=False))
        waiting = asyncio.ensure_future(admission.enter(resumed=False))
        await asyncio.sleep(1)
        given_up.cancel()
        await waiting
        assert loop.time() < 61

    run(scenario())
