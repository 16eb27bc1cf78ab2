"""Several models in order of preference, in whole calls in simulated time."""

import asyncio
from functools import partial

import pytest

from offhook import Agent, ConfigError, LegFailed, tool
from offhook.agent.failover import PATIENCE_S, Candidate, FailoverLeg
from offhook.agent.handover import Handover
from offhook.agent.realtime.engine import RealtimeEngine
from offhook.agent.realtime.line import Backend
from offhook.agent.realtime.wire import AZURE, GA
from offhook.agent.tools import Toolbox
from offhook.audio.format import MULAW_8K, PCM16_24K
from offhook.call import Call
from offhook.core import events as e
from offhook.core.leg import CallInfo
from offhook.phone.loopback import LoopbackLeg
from offhook.sim.clock import run
from tests.agent.realtime.model import NOON, STEMS, Model, Visit


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

        who = Agent(**({"greeting": "", "instructions": "Be brief.", "idle_seconds": 0} | agent))
        engines = [engine("First", first, GA), engine("Second", second, AZURE)]
        leg = FailoverLeg([Candidate(each._backend.name, partial(each.leg, who, alone=False)) for each in engines])
        events: list[e.Event] = []
        call = Call(
            CallInfo("CA1", "AC1", "+15550199", "+15550100"), leg,
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
        assert "no such model. Second goes on in the place of First." in caplog.text

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


# ---------------------------------------------------------------- legs of any kind


class Plain:
    """A leg that does what a test tells it to."""

    format = MULAW_8K
    can = frozenset({e.Greet})
    turns = "provider"
    says_exactly = False
    tools = Toolbox(())

    def __init__(self, name, heard=None, **fields):
        self.name, self.heard, self.commands = name, [] if heard is None else heard, []
        self.closed = False
        vars(self).update(fields)

    async def run(self, call):
        self.call = call
        self.over = asyncio.get_running_loop().create_future()
        call.report(e.AgentJoined(self.name, self.turns))
        await self.over

    def fail(self):
        self.over.set_exception(LegFailed(f"{self.name} is gone."))

    def send_audio(self, frame):
        self.heard.append(frame)

    def send(self, command):
        self.commands.append(command)

    def hand_over(self):
        return Handover(unheard=[b"\xff" * 160])

    def take_over(self, past):
        self.past = past

    async def close(self):
        await asyncio.sleep(1)
        self.closed = True


class Ear:
    """A call as its agent leg sees it."""

    def __init__(self):
        self.id, self.info, self.tape, self.said = "c1", None, None, []

    def now(self):
        return asyncio.get_running_loop().time() * 1000.0

    def agent_audio(self, item, audio):
        self.said.append((item, len(audio)))

    def end_item(self, item):
        self.said.append((item, "end"))

    def report(self, event):
        self.said.append(event)


def plainly(scenario, *legs):
    async def whole():
        composed, call = FailoverLeg([Candidate(leg.name, lambda leg=leg: leg) for leg in legs]), Ear()
        running = asyncio.ensure_future(composed.run(call))
        await asyncio.sleep(0)
        await scenario(composed, call, *legs)
        await composed.close()
        for leg in legs:
            if hasattr(leg, "over") and not leg.over.done():
                leg.over.set_result(None)
        await asyncio.gather(running, return_exceptions=True)
        assert len(asyncio.all_tasks()) == 1

    run(whole())


def test_a_lost_leg_is_heard_no_more_and_what_it_was_saying_ends_there():
    async def scenario(composed, call, first, second):
        first.call.agent_audio("a", b"\x10" * 80)
        first.fail()
        await asyncio.sleep(0.1)
        assert second.past.owed, "it was in the middle of something"
        first.call.agent_audio("a", b"\x10" * 80)
        first.call.agent_audio("b", b"\x10" * 80)
        first.call.end_item("b")
        first.call.report(e.SpeechStarted())
        assert call.said == [e.AgentJoined("one", "provider"), ("a", 80), ("a", "end"), e.AgentJoined("two", "offhook")]
        assert (composed.turns, composed.can) == ("offhook", frozenset()), "as the leg that talks now has them"
        composed.send_audio(b"\x10" * 160)
        assert (first.heard, second.heard) == ([], [b"\x10" * 160])
        await asyncio.sleep(1)
        assert first.closed

    plainly(scenario, Plain("one"), Plain("two", turns="offhook", can=frozenset()))


def test_what_differs_in_format_is_converted_both_ways():
    async def scenario(composed, call, first, second):
        assert composed.format == PCM16_24K
        composed.send_audio(bytes(960))
        first.fail()
        await asyncio.sleep(0.1)
        assert [len(frame) for frame in second.past.unheard] == [160 // 6], "kept in the lost leg's format"
        composed.send_audio(bytes(960))
        assert [len(frame) for frame in second.heard] == [160]
        second.call.agent_audio("a", b"\x10" * 800)
        second.call.end_item("a")
        assert sum(size for item, size in call.said[2:-1]) == 4800 and call.said[-1] == ("a", "end")

    plainly(scenario, Plain("one", format=PCM16_24K), Plain("two"))


def test_a_leg_that_cannot_be_made_is_passed_over_and_the_last_ones_error_is_the_calls(caplog):
    def broken():
        raise ConfigError("It is not installed.")

    async def scenario():
        leg = FailoverLeg([Candidate("one", broken), Candidate("two", lambda: Plain("two"))])
        assert leg.turns == "provider" and "one cannot be used now: It is not installed." in caplog.text
        with pytest.raises(ConfigError):
            FailoverLeg([Candidate("one", broken), Candidate("two", broken)])

    run(scenario())


def test_who_does_not_join_is_left_and_who_has_joined_may_take_its_time():
    class Mute(Plain):
        async def run(self, call):
            await asyncio.get_running_loop().create_future()

    async def scenario(_composed, call, *_legs):
        await asyncio.sleep(PATIENCE_S - 0.1)
        assert call.said == []
        await asyncio.sleep(100)
        assert call.said == [e.AgentJoined("two", "provider")]

    plainly(scenario, Mute("one"), Plain("two"), Plain("three"))


def test_the_last_has_all_the_time_it_wants_and_its_failure_is_the_calls():
    async def whole():
        one, two = Plain("one"), Plain("two")
        composed = FailoverLeg([Candidate("one", lambda: one), Candidate("two", lambda: two)])
        running = asyncio.ensure_future(composed.run(Ear()))
        await asyncio.sleep(1)
        one.fail()
        await asyncio.sleep(1)
        two.fail()
        with pytest.raises(LegFailed, match="two is gone"):
            await running
        assert one.closed

    run(whole())


def test_a_leg_that_fails_while_the_call_ends_is_not_gone_on_for():
    async def scenario(composed, call, first, second):
        await composed.close()
        first.fail()
        await asyncio.sleep(0.1)
        assert not hasattr(second, "past")

    plainly(scenario, Plain("one"), Plain("two"))
