"""Several models in order of preference, in whole calls in simulated time."""

import asyncio

import pytest

from offhook import Agent, ConfigError, LegFailed, tool
from offhook.agent.credentials import Credentials
from offhook.agent.failover import FailoverEngine
from offhook.agent.line import Backend
from offhook.agent.models import engine_for
from offhook.agent.realtime import AZURE, GA
from offhook.agent.realtime_engine import RealtimeEngine
from offhook.call import Call
from offhook.core import events as e
from offhook.core.leg import CallInfo
from offhook.phone.loopback import LoopbackLeg
from offhook.sim.clock import run

from .model import NOON, STEMS, Model, Visit


def two(scenario, *, prepare=lambda _first, _second: None, **agent):
    """Runs `scenario(visit, first, second)`: OpenAI first, Azure second."""

    async def whole():
        first, second = Model(), Model()
        second.stem = STEMS["azure"]
        prepare(first, second)
        loop = asyncio.get_running_loop()

        def engine(name, model, dialect):
            backend = Backend(name, "openai", "m", model.connect, wall=loop.time, clock=lambda: NOON)
            return RealtimeEngine(backend, dialect, transcription_model="t", voice=None)

        engines = FailoverEngine([engine("First", first, GA), engine("Second", second, AZURE)])
        who = Agent(**({"greeting": "", "instructions": "Be brief."} | agent))
        await engines.start()
        await engines.prepare(who)
        events: list[e.Event] = []
        call = Call(
            CallInfo("CA1", "AC1", "+15550199", "+15550100"), engines.leg(who),
            publish=lambda _id, event: events.append(event), on_ended=lambda _call: None,
        )  # fmt: skip
        call.start()
        await asyncio.sleep(1.0)
        phone = LoopbackLeg()
        call.join(phone)
        await asyncio.sleep(0)
        await scenario(Visit(first, call, call.agent, phone, events), first, second)
        if not call.ended:
            call.report(e.CarrierEnded("completed"))
        await call.closed()
        await engines.close()
        assert all(peer.closed for peer in [*first.peers, *second.peers])
        assert len(asyncio.all_tasks()) == 1

    run(whole())


def test_a_model_that_cannot_be_reached_is_stood_in_for_before_the_call_begins(caplog):
    async def scenario(visit, first, second):
        assert first.peers == [] and len(second.peers) == 1
        (asked,) = second.peer.told("response.create")
        assert asked["response"]["pre_generated_assistant_message"]["content"][0]["text"] == "Hello."
        second.answer(500, "Hello.")
        await visit.ms(600)
        assert visit.turns() == [("agent", "Hello.", "")]
        assert "no such model. The next model goes on." in caplog.text

    def refuse(first, _second):
        first.refusals = [LegFailed("no such model.")]

    two(scenario, prepare=refuse, greeting="Hello.")


def test_a_model_that_is_lost_in_the_middle_of_an_answer_is_gone_on_for_with_what_was_heard():
    async def scenario(visit, first, second):
        first.asked()
        first.transcribe("what is there", "u0")
        first.begin()
        first.audio(2000)
        first.words("one two ")
        await visit.ms(100)
        first.refusals = [LegFailed("down", retryable=True)] * 9
        first.peer.drop()
        await visit.ms(1)
        visit.phone.say(b"\x05" * 160)
        await visit.ms(2000)
        assert len(second.peers) == 1 and second.resumed == [True]
        written = [body["item"]["content"][0]["text"] for body in second.peer.told("conversation.item.create")]
        assert written == ["what is there", "one two"]
        (asked,) = second.peer.told("response.create")
        assert "Go on" in asked["response"]["instructions"]
        assert second.peer.audio == b"\x05" * 160, "what was said meanwhile is not lost"
        second.answer(500, "three", "r9", "b1")
        await visit.ms(2500)
        assert visit.turns() == [("caller", "what is there", ""), ("agent", "one two", ""), ("agent", "three", "")]
        assert len(visit.published(e.StateChanged)) == 1

    two(scenario)


def test_a_model_that_fails_to_answer_leaves_its_question_to_the_next():
    async def scenario(visit, first, second):
        first.asked()
        for number in (1, 2):
            first.begin(f"r{number}", None)
            first.done(f"r{number}", "failed")
            await visit.ms(600)
        await visit.ms(500)
        assert first.peer.closed
        assert len(second.peer.told("response.create")) == 1
        assert not visit.call.ended

    two(scenario)


def test_an_answer_is_gone_on_with_however_its_model_was_lost():
    async def scenario(visit, first, second):
        first.asked()
        first.begin()
        first.audio(200)
        first.words("one")
        first.peer.drop("First closed the connection (1008).", retryable=False)
        await visit.ms(1000)
        (asked,) = second.peer.told("response.create")
        assert "Go on" in asked["response"]["instructions"]
        assert not visit.call.ledger.speaking

    two(scenario)


def test_a_tool_that_outlives_its_model_is_told_to_the_next():
    @tool
    async def slow() -> str:
        """Takes its time."""
        await asyncio.sleep(3)
        return "done at last"

    async def scenario(visit, first, second):
        first.call_tool("c1", name="slow")
        first.peer.drop("First is gone.", retryable=False)
        await visit.ms(1000)
        assert second.peer.told("response.create") == []
        await visit.ms(3000)
        kinds = [body["item"]["type"] for body in second.peer.told("conversation.item.create")]
        assert kinds == ["function_call", "function_call_output"]
        assert len(second.peer.told("response.create")) == 1

    two(scenario, tools=[slow])


def test_when_the_last_is_lost_the_call_ends_with_a_reason():
    async def scenario(visit, first, second):
        first.peer.drop("First is gone.", retryable=False)
        await visit.ms(1000)
        second.peer.drop("Second is gone.", retryable=False)
        await visit.ms(8000)
        assert visit.published(e.Ended)[0].reason is e.Reason.AGENT_FAILED

    two(scenario)


def test_a_call_that_ends_between_two_models_leaves_nothing_behind():
    async def scenario(visit, first, _second):
        first.refusals = [LegFailed("down", retryable=True)] * 9
        first.peer.drop()
        await visit.ms(100)

    two(scenario)


def test_models_are_named_with_commas_and_only_realtime_ones_stand_in_for_one_another():
    told = Credentials(openai_api_key="k", azure_endpoint="https://h", azure_api_key="k")
    assert isinstance(engine_for("gpt-realtime, azure:gpt-realtime-2.1", told), FailoverEngine)
    with pytest.raises(ConfigError, match="Only realtime models"):
        engine_for("gpt-realtime, echo", told)
    with pytest.raises(ConfigError, match="There is no model"):
        engine_for("gpt-realtime,", told)


def test_one_model_that_is_not_to_be_had_at_the_start_does_not_stop_the_other(caplog):
    class Failing:
        async def start(self):
            raise ConfigError("Azure gave no token.")

    class Fine:
        async def start(self):
            pass

    asyncio.run(FailoverEngine([Failing(), Fine()]).start())
    assert "Azure gave no token" in caplog.text
    with pytest.raises(ConfigError):
        asyncio.run(FailoverEngine([Failing(), Failing()]).start())
