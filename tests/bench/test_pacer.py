import asyncio
import time

from offhook.bench import pacer as module
from offhook.bench.pacer import Pacer


def test_each_member_has_its_turn_at_its_pace():
    async def scenario():
        pacer, sent = Pacer(), []
        for name in range(3):
            pacer.join(lambda name=name: sent.append(("frame", name)), lambda name=name: sent.append(("delta", name)))
        turning = asyncio.create_task(pacer.run())
        while sent.count(("delta", 0)) < 2:
            await asyncio.sleep(0.005)
        pacer.stop()
        await turning
        return sent, pacer.late_ms

    sent, late_ms = asyncio.run(scenario())
    # However late the machine is, no slot is left out: between two deltas there are ten frames.
    assert sent.index(("delta", 0)) < sent.index(("delta", 1)) < sent.index(("delta", 2))
    between = sent[sent.index(("delta", 0)) + 1 :]
    assert between[: between.index(("delta", 0))].count(("frame", 0)) == 10
    assert all(ms >= 0 for ms in late_ms)


def test_a_wheel_that_is_far_behind_goes_on_from_there(monkeypatch):
    real, missed = time.perf_counter, {"s": 0.0}
    monkeypatch.setattr(module.time, "perf_counter", lambda: real() + missed["s"])

    async def scenario():
        pacer, sent = Pacer(), []
        pacer.join(lambda: sent.append("frame"), lambda: None)
        turning = asyncio.create_task(pacer.run())
        while not sent:
            await asyncio.sleep(0.001)
        missed["s"] = 60.0
        for _ in range(2):
            there = len(sent)
            while len(sent) == there:
                await asyncio.sleep(0.001)
        pacer.stop()
        await turning
        return sent, pacer.late_ms

    sent, late_ms = asyncio.run(scenario())
    # A minute was missed, which is 3000 frames: they are not sent in a burst.
    assert len(sent) < 1000 and max(late_ms) > 50_000
