"""Failover between two services that speak as the real ones do: the stand-in model with its faults, in simulated time,
and once over sockets."""

import asyncio
import importlib.util
from contextlib import AsyncExitStack

import pytest

from offhook import Agent, LegFailed
from offhook.agent.credentials import Credentials
from offhook.agent.failover import PATIENCE_S, Candidate, FailoverLeg
from offhook.agent.realtime.engine import RealtimeEngine
from offhook.agent.realtime.line import Backend
from offhook.agent.realtime.wire import GA
from offhook.agent.roster import Roster
from offhook.call import Call
from offhook.core import events as e
from offhook.core.leg import CallInfo
from offhook.phone.loopback import LoopbackLeg
from offhook.sim.clock import run
from offhook.sim.model_memory import MemoryServer, Refusal
from offhook.sim.model_orders import Faults, Setup
from tests.sim.model_service import running
from tests.sim.model_talk import tone, voice

INFO = CallInfo("CA1", "AC1", "+15550199", "+15550100")


class Quick:
    """Engines that take no time: every turn is the same words, every answer a tone."""

    def ear(self):
        return self

    async def hear(self, _pcm16):
        return "what are your opening hours"

    def close(self):
        pass

    async def speak(self, text, _speed):
        return tone(text[:40])


class Socket:
    """The client's end of a session in memory, as the leg wants it."""

    def __init__(self, end, receive, lost):
        self._end = end
        end.on_message, end.on_close = receive, self._closed
        self._lost = lost
        self.send = end.send

    def _closed(self, code):
        self._lost(LegFailed(f"The service closed the connection ({code}).", retryable=code != 4000))

    def close(self):
        self._end.on_close = lambda _code: None
        self._end.close()

    async def gone(self):
        await asyncio.sleep(0.01)


def engine_of(server, name):
    async def connect(receive, lost, *, resumed):
        try:
            end = server.connect("/v1/realtime?model=gpt-realtime-2.1", {"authorization": "Bearer k"})
        except Refusal as refused:
            raise LegFailed(f"{name} refused the connection: {refused.status}.") from None
        return Socket(end, receive, lost)

    return RealtimeEngine(Backend(name, "openai", name, connect), GA, transcription_model="whisper-1", voice=None)


class Talk:
    """One call: what happened in it, and a caller who speaks or is quiet."""

    def __init__(self, call, phone, events, first, second):
        self.call, self.phone, self.events = call, phone, events
        self.first, self.second = first, second

    async def speak(self, audio):
        for at in range(0, len(audio), 160):
            self.phone.say(audio[at : at + 160])
            await asyncio.sleep(0.02)

    async def quiet(self, ms):
        await self.speak(b"\xff" * (8 * ms))

    def backends(self):
        return [event.backend for event in self.events if isinstance(event, e.AgentJoined)]

    def turns(self):
        last = {event.turn: (event.role, event.text) for event in self.events if isinstance(event, e.TurnKept)}
        return [last[turn] for turn in sorted(last)]

    def written(self):
        """The items that the second service was told of."""
        log = self.second.sessions[0].log
        said = [body for _, way, body in log if way == "in" and body["type"] == "conversation.item.create"]
        return [(body["item"]["role"], body["item"]["content"][0]["text"]) for body in said]


def talk(scenario, **faults):
    async def whole():
        first, second = (
            MemoryServer(Setup(seed=seed, faults=given), Quick())
            for seed, given in ((1, Faults(**faults)), (2, Faults()))
        )
        who = Agent("Be brief.", greeting="Hello there.", model=["openai:first", "openai:second"])
        engines = {"first": engine_of(first, "first"), "second": engine_of(second, "second")}
        leg = FailoverLeg([Candidate(name, lambda e=each: e.leg(who, alone=False)) for name, each in engines.items()])
        events = []
        call = Call(INFO, leg, publish=lambda _id, event: events.append(event), on_ended=lambda _call: None)
        call.start()
        phone = LoopbackLeg()
        call.join(phone)
        await scenario(Talk(call, phone, events, first, second))
        call.report(e.CarrierEnded("completed"))
        await call.closed()

    run(whole())


@pytest.mark.parametrize(("fault", "most_s"), [
    ({"refuse": 401}, 0.5), ({"refuse": 503}, 0.5), ({"half_open": True}, PATIENCE_S + 0.5),
    ({"update_silent": True}, PATIENCE_S + 0.5),
])  # fmt: skip
def test_whoever_does_not_answer_is_stood_in_for_while_the_caller_waits(fault, most_s):
    async def scenario(talk):
        loop = asyncio.get_running_loop()
        began = loop.time()
        while not talk.backends() and loop.time() - began < 10.0:
            await talk.quiet(100)
        assert talk.backends() == ["openai:second"] and loop.time() - began <= most_s
        await talk.quiet(6000)
        assert talk.turns()[0] == ("agent", "Hello there.")
        await talk.speak(voice(1200))
        await talk.quiet(9000)
        roles = [role for role, _ in talk.turns()]
        assert roles == ["agent", "caller", "agent"] and not talk.call.ended

    talk(scenario, **fault)


def test_a_service_that_dies_in_a_call_leaves_the_callers_words_to_the_next():
    async def scenario(talk):
        await talk.quiet(7000)
        await talk.speak(voice(1200))
        await talk.quiet(1500)
        assert talk.backends() == ["openai:first"]
        for _ in range(40):
            await talk.quiet(500)
            if len(talk.backends()) > 1:
                break
        assert talk.backends() == ["openai:first", "openai:second"], "it was lost again and again"
        said = talk.written()
        assert said[0] == ("assistant", "Hello there.")
        assert ("user", "what are your opening hours") in said
        await talk.quiet(9000)
        assert talk.turns()[-1][0] == "agent" and not talk.call.ended

    talk(scenario, drop_ms=2000, drop_code=1008)


@pytest.mark.skipif(
    not (importlib.util.find_spec("pocketsphinx") and importlib.util.find_spec("espeakng_loader")),
    reason="the speech engines are not installed: pip install 'offhook[local]'",
)
@pytest.mark.parametrize("how", ["refused with 401", "nobody listens", "lost in the greeting"])
def test_over_sockets_another_service_takes_the_call(how):
    async def scenario():
        async with AsyncExitStack() as stack:
            second = await stack.enter_async_context(running())
            first_port = 9
            if how != "nobody listens":
                faults = Faults(refuse=401) if "401" in how else Faults(drop_ms=200, drop_code=1008)
                first_port = (await stack.enter_async_context(running(faults=faults))).port
            credentials = Credentials(
                openai_api_key="k", openai_base_url=f"http://127.0.0.1:{first_port}/v1",
                azure_endpoint=f"http://127.0.0.1:{second.port}", azure_api_key="k",
            )  # fmt: skip
            roster = Roster(Agent(greeting="Hello.", model=["gpt-realtime", "voice-live"]), credentials=credentials)
            await roster.start()
            events, heard = [], asyncio.Event()

            def publish(_id, event):
                events.append(event)
                if isinstance(event, e.TurnKept) and joined()[-1:] == ["azure:gpt-realtime-2.1"] and event.text:
                    heard.set()

            def joined():
                return [event.backend for event in events if isinstance(event, e.AgentJoined)]

            call = Call(INFO, roster.open(INFO), publish=publish, on_ended=lambda _call: heard.set())
            call.start()
            call.join(LoopbackLeg())
            await heard.wait()
            assert not call.ended and call.backend == "azure:gpt-realtime-2.1"
            assert joined() == (["openai:gpt-realtime-2.1"] if "lost" in how else []) + ["azure:gpt-realtime-2.1"]
            call.report(e.CarrierEnded("completed"))
            await call.closed()
            await roster.close()

    asyncio.run(scenario())
