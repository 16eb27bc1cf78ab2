import asyncio

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
