import asyncio

from offhook.agent.echo import EchoLeg, tone
from offhook.call import Call
from offhook.core import events as e
from offhook.core.leg import CallInfo
from offhook.phone.loopback import LoopbackLeg
from offhook.sim.clock import run


def test_it_greets_with_a_tone_and_says_back_what_it_hears():
    async def scenario():
        published = []
        call = Call(
            CallInfo("CA1", "AC1", "", ""), EchoLeg(), publish=lambda _id, event: published.append(event),
            on_ended=lambda _call: None,
        )  # fmt: skip
        call.start()
        await asyncio.sleep(0)
        leg = LoopbackLeg()
        call.join(leg)
        await asyncio.sleep(1.0)
        assert b"".join(audio for _, audio in leg.played) == tone(500)
        said = tone(1000, 600.0)
        for audio in (said, b"\xff" * 8000):
            for at in range(0, len(audio), 160):
                leg.say(audio[at : at + 160])
                await asyncio.sleep(0.02)
        await asyncio.sleep(2.0)
        assert b"".join(audio for item, audio in leg.played if item == "echo2").startswith(said)
        call.report(e.CarrierEnded("completed"))
        await call.closed()

    run(scenario())
