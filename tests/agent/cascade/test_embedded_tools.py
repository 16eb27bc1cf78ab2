"""The embedded leg's tools, fillers and goodbyes, on a real call: the synthesizer is real, the responder is the test's."""

import asyncio
import importlib.util

import pytest

from offhook import CallInfo, ToolError, tool
from offhook.agent.cascade.leg import CascadeLeg, Parts
from offhook.agent.cascade.voice import Voice
from offhook.agent.listening import Listening
from offhook.agent.tools import Toolbox, hang_up
from offhook.audio.vad import EnergyModel, VoiceBank
from offhook.call import Call
from offhook.core import events as e
from offhook.phone.loopback import LoopbackLeg
from offhook.sim.clock import run
from offhook.speech.engines.espeak import EspeakSynthesizer

if not importlib.util.find_spec("espeakng_loader"):
    pytest.skip("the speech engines are not installed: pip install 'offhook[local]'", allow_module_level=True)


class NoWords:
    """A recogniser that is never asked: the test tells the turns itself."""

    complete = False

    def close(self):
        pass


class Script:
    """A responder that does what the test says."""

    keys_wanted = None
    knows_past = False

    def __init__(self, respond):
        self.respond = respond

    def greeting(self):
        return ""

    def filler(self):
        return "One moment."

    def memory(self):
        return {}

    def close(self):
        pass


def talk(respond, *tools, ask="how much", seconds=20.0, synthesizer=EspeakSynthesizer):
    """What happens after a caller's question: (ms, event) each."""
    happened = []

    async def scenario():
        voice = synthesizer()
        await voice.start()
        parts = Parts(NoWords(), lambda _leg: Script(respond), Voice(voice), Toolbox([*tools, hang_up]))
        leg = CascadeLeg(Listening(VoiceBank(EnergyModel())), parts)
        call = Call(
            CallInfo("CA1", "AC1", "", ""), leg, publish=lambda _id, event: happened.append((call.now(), event)),
            on_ended=lambda _call: None,
        )  # fmt: skip
        call.start()
        await asyncio.sleep(0)
        call.join(LoopbackLeg())
        call.report(e.SpeechStarted())
        call.report(e.SpeechStopped())
        call.report(e.CallerTurnEnded(ask, 500.0))
        await asyncio.sleep(seconds)
        if not call.ended:
            call.report(e.CarrierEnded("completed"))
        await call.closed()
        await voice.close()

    run(scenario())
    return happened


def turns(happened):
    return [event.text for _, event in happened if isinstance(event, e.TurnKept) and event.role == "agent"]


@tool
async def price(item: str) -> str:
    await asyncio.sleep({"tea": 0.0, "cake": 4.0}[item])
    return f"{item} is two euros"


def test_a_quick_tool_is_part_of_one_answer():
    async def respond(said, use):
        yield "Let me see."
        yield await use("price", item="tea")

    assert turns(talk(respond, price)) == ["Let me see. tea is two euros"]


def test_a_slow_tool_is_filled_and_the_answer_follows():
    async def respond(said, use):
        yield "Let me see."
        yield await use("price", item="cake")

    happened = talk(respond, price)
    assert turns(happened) == ["Let me see.", "One moment.", "cake is two euros"]
    times = [at for at, event in happened if isinstance(event, e.TurnKept) and event.role == "agent"]
    assert times[1] - times[0] < 1200.0 + 1000.0, "the filler is over before the silence was long"


def test_a_slow_answer_is_filled():
    async def respond(said, use):
        await asyncio.sleep(3.0)
        yield "Two euros."

    assert turns(talk(respond)) == ["One moment.", "Two euros."]


def test_a_tool_that_fails_is_the_responders_to_explain():
    @tool
    def broken() -> None:
        raise ToolError("the till is closed")

    async def respond(said, use):
        try:
            await use("broken")
        except ToolError as error:
            yield f"Sorry, {error}."

    happened = talk(respond, broken)
    assert turns(happened) == ["Sorry, the till is closed."]
    assert [event.failed for _, event in happened if isinstance(event, e.ToolFinished)] == [True]


def test_the_goodbye_is_heard_before_the_call_ends():
    async def respond(said, use):
        yield "Goodbye and thank you."
        await use("hang_up")

    happened = talk(respond)
    assert turns(happened) == ["Goodbye and thank you."]
    (ended,) = [event for _, event in happened if isinstance(event, e.Ended)]
    assert ended.reason is e.Reason.AGENT_HUNG_UP


def test_tools_that_still_run_when_the_call_ends_are_cancelled():
    cancelled = []

    @tool
    async def forever() -> None:
        try:
            await asyncio.sleep(1000)
        except asyncio.CancelledError:
            cancelled.append(True)
            raise

    async def respond(said, use):
        yield "Wait."
        await use("forever")

    talk(respond, forever, seconds=5.0)
    assert cancelled == [True]


def test_a_filler_that_comes_too_late_is_not_said_after_the_answer():
    class Slow(EspeakSynthesizer):
        async def speak(self, text):
            await asyncio.sleep(0.3 if text == "One moment." else 0.0)
            return await super().speak(text)

    async def respond(said, use):
        await asyncio.sleep(1.0)
        yield "Two euros."

    assert turns(talk(respond, synthesizer=Slow)) == ["Two euros."]
