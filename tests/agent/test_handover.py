"""From one kind of leg to another in the middle of a call: formats, turns, tools and the conversation change hands.

Whole calls in simulated time: a scripted realtime server, and the embedded agent with its real engines.
"""

import asyncio
import importlib.util
from functools import partial

import pytest

from offhook import Agent, LegFailed, Realtime, tool
from offhook.agent.cascade.coming_back import AGAIN, CUT_OFF, WHAT_NOW
from offhook.agent.cascade.embedded import LocalEngine
from offhook.agent.echo import EchoEngine
from offhook.agent.failover import Candidate, FailoverLeg
from offhook.agent.handover import Handover
from offhook.agent.realtime.engine import RealtimeEngine
from offhook.agent.realtime.line import Backend
from offhook.agent.realtime.wire import GA
from offhook.audio.format import MULAW_8K, PCM16_24K
from offhook.call import Call
from offhook.core import events as e
from offhook.core.leg import CallInfo
from offhook.phone.loopback import LoopbackLeg
from offhook.sim.clock import run
from tests.agent.realtime.model import NOON, Model
from tests.agent.realtime.model import Visit as Seen

INFO = CallInfo("CA1", "AC1", "+15550199", "+15550100")
GONE = "Realtime is gone."

needs_engines = pytest.mark.skipif(
    not (importlib.util.find_spec("pocketsphinx") and importlib.util.find_spec("espeakng_loader")),
    reason="the speech engines are not installed: pip install 'offhook[local]'",
)


class Visit(Seen):
    """A call whose caller can also speak with the synthesizer's voice."""

    voice = None

    async def say(self, text):
        await self._send((await self.voice.speak(text)).audio)

    async def quiet(self, ms):
        await self._send(b"\xff" * (8 * ms))

    async def _send(self, audio):
        for at in range(0, len(audio), 160):
            self.phone.say(audio[at : at + 160].ljust(160, b"\xff"))
            await asyncio.sleep(0.02)

    def agent_said(self):
        return [text for role, text, _ in self.turns() if role == "agent"]

    def backends(self):
        return [event.backend for event in self.published(e.AgentJoined)]


def call_of(scenario, *models, refusals=(), **agent):
    """Runs `scenario(visit, model)` with an agent of these models: "realtime", "local" or "echo"."""

    async def whole():
        model = Model()
        model.refusals = list(refusals)
        loop = asyncio.get_running_loop()
        backend = Backend("Realtime", "openai", "m", model.connect, wall=loop.time, clock=lambda: NOON)
        engines = {
            "realtime": RealtimeEngine(backend, GA, transcription_model="t", voice=None),
            "local": LocalEngine() if "local" in models else None,
            "echo": EchoEngine(),
        }
        who = Agent(**({"greeting": "Hello."} | agent))
        for each in models:
            await engines[each].start()
            await engines[each].prepare(who)
        leg = FailoverLeg([Candidate(each, partial(engines[each].leg, who, alone=False)) for each in models])
        events = []
        call = Call(
            INFO, leg,
            publish=lambda _id, event: events.append(event), on_ended=lambda _call: None,
        )  # fmt: skip
        call.start()
        await asyncio.sleep(0.3)
        phone = LoopbackLeg()
        call.join(phone)
        await asyncio.sleep(0)
        visit = Visit(model, call, leg, phone, events)
        if engines["local"]:
            visit.voice = next(iter(engines["local"]._synthesizers.values()))
        await scenario(visit, model)
        if not call.ended:
            call.report(e.CarrierEnded("completed"))
        await call.closed()
        for each in models:
            await engines[each].close()
        assert all(peer.closed for peer in model.peers)
        assert len(asyncio.all_tasks()) == 1, "nothing outlives the call"

    run(whole())


async def greeted(visit, model):
    model.answer(500, "Hello.", "r0", "a0")
    await visit.ms(1000)


# ---------------------------------------------------------------- from a realtime model to the embedded agent


@needs_engines
def test_the_embedded_agent_greets_where_no_model_could_be_reached(caplog):
    async def scenario(visit, model):
        await visit.quiet(3000)
        await visit.say("what are your opening hours")
        await visit.quiet(9000)
        hello, hours = visit.agent_said()
        assert hello == "Hello." and "from eight to six" in hours
        assert CUT_OFF not in hours, "nothing had begun that could be cut off"
        assert visit.backends() == ["local"] and visit.call.backend == "local"
        (told,) = [record for record in caplog.records if "goes on in the place of" in record.message]
        assert told.backend == "local"

    call_of(scenario, "realtime", "local", refusals=[LegFailed("401.")] * 9)


@needs_engines
def test_a_question_that_a_model_left_unanswered_is_answered_and_the_turns_are_ours_from_then_on():
    async def scenario(visit, model):
        await greeted(visit, model)
        model.asked()
        model.transcribe("What are your opening hours?", "u0")
        await visit.ms(100)
        model.peer.drop(GONE, retryable=False)
        await visit.quiet(9000)
        hello, hours = visit.agent_said()
        assert hello == "Hello." and hours.startswith(CUT_OFF) and "from eight to six" in hours
        assert visit.backends() == ["openai:m", "local"]
        await visit.say("can you read me the menu")
        await visit.quiet(3000)
        await visit.say("where are you")
        await visit.quiet(8000)
        menu, where = visit.agent_said()[2:]
        assert menu.startswith("Here is the menu") and CUT_OFF not in menu + where
        assert visit.published(e.BargedIn), "an interruption is judged by offhook now"

    call_of(scenario, "realtime", "local")


@needs_engines
@pytest.mark.parametrize("audio", ["mulaw", "pcm16"])
def test_an_answer_that_was_cut_off_is_apologised_for_in_whatever_format(audio):
    async def scenario(visit, model):
        wide = audio == "pcm16"
        assert visit.leg.format == (PCM16_24K if wide else MULAW_8K)
        model.answer(500, "Hello.", "r0", "a0", per_ms=48 if wide else 8, byte=b"\x00" if wide else b"\x10")
        await visit.ms(1000)
        model.asked()
        model.begin()
        model.audio(1000, per_ms=48 if wide else 8)
        model.words("We open at")
        await visit.ms(1500)
        model.peer.drop(GONE, retryable=False)
        await visit.quiet(6000)
        assert visit.agent_said() == ["Hello.", "We open at", f"{CUT_OFF} {WHAT_NOW}"]
        assert visit.leg.format == (PCM16_24K if wide else MULAW_8K), "the call's for as long as it lasts"
        await visit.say("what are your opening hours")
        await visit.quiet(8000)
        assert "from eight to six" in visit.agent_said()[-1]
        spoken = sum(len(part) for item, part in visit.phone.played if item.startswith("answer")) / 8
        assert 4000 < spoken < 16000, "in the telephone's format"

    call_of(scenario, "realtime", "local", realtime=Realtime(audio=audio))


@needs_engines
def test_words_that_were_not_written_down_are_asked_for_again():
    async def scenario(visit, model):
        await greeted(visit, model)
        model.asked()
        model.peer.drop(GONE, retryable=False)
        await visit.quiet(6000)
        assert visit.agent_said()[-1] == f"{CUT_OFF} {AGAIN}"

    call_of(scenario, "realtime", "local")


@needs_engines
def test_an_agent_that_owes_nothing_waits_and_apologises_with_its_first_answer():
    async def scenario(visit, model):
        await greeted(visit, model)
        model.peer.drop(GONE, retryable=False)
        await visit.quiet(3000)
        assert visit.agent_said() == ["Hello."]
        await visit.say("what are your opening hours")
        await visit.quiet(9000)
        answer = visit.agent_said()[-1]
        assert answer.startswith(CUT_OFF) and "from eight to six" in answer

    call_of(scenario, "realtime", "local")


@needs_engines
def test_what_the_caller_said_while_a_model_was_called_again_is_heard_by_the_next():
    async def scenario(visit, model):
        await greeted(visit, model)
        model.refusals = [LegFailed("down", retryable=True)] * 9
        model.peer.drop("Realtime broke off.", retryable=True)
        await visit.say("what are your opening hours")
        await visit.quiet(9000)
        assert "from eight to six" in visit.agent_said()[-1]
        assert ("caller", "what are your opening hours", "") in visit.turns()

    call_of(scenario, "realtime", "local")


@needs_engines
def test_a_tool_that_runs_when_its_model_is_lost_is_not_run_again():
    runs = []

    @tool
    async def slow() -> str:
        """Takes its time."""
        runs.append(1)
        await asyncio.sleep(1)
        return "done"

    async def scenario(visit, model):
        await greeted(visit, model)
        model.asked()
        model.transcribe("do the slow thing", "u0")
        model.call_tool("c1", name="slow")
        await visit.ms(100)
        model.peer.drop(GONE, retryable=False)
        await visit.quiet(6000)
        assert visit.agent_said()[-1] == f"{CUT_OFF} {WHAT_NOW}" and runs == [1]
        assert "look" not in [each.name for each in visit.leg.tools]

    call_of(scenario, "realtime", "local", tools=[slow])


# ---------------------------------------------------------------- from the embedded agent to a realtime model


def test_a_model_that_comes_while_a_tool_runs_answers_when_its_result_is_there():
    async def scenario():
        model, past = Model(), Handover(owed=True, pending={"use1"})
        past.conversation.begin("user", "turn1", "a table for two")
        past.conversation.begin("use", "use1", "{}", "find_table")
        past.conversation.begin("assistant", "answer1", "Let me see.")
        loop = asyncio.get_running_loop()
        backend = Backend("Realtime", "openai", "m", model.connect, wall=loop.time, clock=lambda: NOON)
        who = Agent(greeting="Hello.", instructions="Be brief.")
        leg = RealtimeEngine(backend, GA, transcription_model="t", voice=None).leg(who)
        leg.take_over(past)
        call = Call(INFO, leg, publish=lambda _id, _event: None, on_ended=lambda _call: None)
        call.start()
        await asyncio.sleep(1)
        assert model.peer.told("response.create") == []
        leg.send(e.ToolResult("use1", "a quarter past seven", False))
        assert len(model.peer.told("response.create")) == 1
        kinds = [body["item"]["type"] for body in model.peer.told("conversation.item.create")]
        assert kinds == ["message", "message", "function_call", "function_call_output"]
        call.report(e.CarrierEnded("completed"))
        await call.closed()

    run(scenario())


@needs_engines
def test_the_embedded_agents_conversation_reaches_a_model_as_it_was_heard(monkeypatch):
    async def scenario(visit, model):
        await visit.quiet(2500)
        await visit.say("what are your opening hours")
        await visit.quiet(9000)
        assert visit.backends() == ["local"]
        where = (await visit.voice.speak("where are you")).audio

        async def dead(_sentence):
            raise LegFailed("The synthesizer died.")

        monkeypatch.setattr(visit.voice, "speak", dead)
        await visit._send(where)
        await visit.quiet(2000)
        assert visit.backends() == ["local", "openai:m"]
        items = [body["item"] for body in visit.told("conversation.item.create")]
        assert [item["type"] for item in items if item["type"] != "message"] == [
            "function_call",
            "function_call_output",
        ] * 2
        hello, asked, hours, last = [item["content"][0]["text"] for item in items if item["type"] == "message"]
        assert (hello, asked, last) == ("Hello.", "what are your opening hours", "where are you")
        assert "from eight to six" in hours
        assert len(visit.told("response.create")) == 1
        model.answer(2000, "In Elm Street, as ever.")
        await visit.ms(500)
        model.caller_begins()
        await visit.ms(10)
        assert visit.turns()[-1][0] == "agent" and visit.turns()[-1][2], "with the provider's turns a barge-in is final"

    call_of(scenario, "local", "realtime")


@needs_engines
def test_what_the_embedded_agent_was_not_heard_to_say_is_not_told_to_a_model(monkeypatch):
    async def scenario(visit, model):
        await visit.quiet(2500)
        await visit.say("can you read me the menu")
        await visit.quiet(4000)
        where = (await visit.voice.speak("where are you")).audio

        async def dead(_sentence):
            raise LegFailed("The synthesizer died.")

        monkeypatch.setattr(visit.voice, "speak", dead)
        await visit._send(where)
        await visit.quiet(2000)
        items = [body["item"] for body in visit.told("conversation.item.create") if body["item"]["type"] == "message"]
        menu = items[2]["content"][0]["text"]
        (kept,) = [turn for turn in visit.turns() if turn[1].startswith("Here is the menu")]
        assert kept[2], "some of it was not heard"
        assert menu == kept[1]

    call_of(scenario, "local", "realtime")


def test_an_echo_can_go_on_too():
    async def scenario(visit, model):
        await greeted(visit, model)
        model.peer.drop(GONE, retryable=False)
        await visit.ms(10)
        assert visit.backends() == ["openai:m", "echo"] and visit.call.agent.turns == "offhook"
        await visit._send(b"\x20" * 4000)
        await visit.quiet(600)
        assert visit.turns()[-1] == ("caller", "(sound)", "")
        await visit.quiet(1500)
        assert visit.agent_said()[-1] == "(echo)"

    call_of(scenario, "realtime", "echo")


def test_an_echo_leaves_nothing():
    async def scenario():
        leg = EchoEngine().leg(Agent(model="echo"))
        leg.take_over(Handover())
        left = leg.hand_over()
        assert (left.conversation.said, left.owed, left.pending, left.unheard) == ([], False, set(), [])
        await leg.close()

    asyncio.run(scenario())
