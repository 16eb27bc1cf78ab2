"""The embedded agent, whole: a synthetic caller speaks, real engines in worker processes, simulated time."""

import asyncio
import importlib.util
import inspect

import pytest

from offhook import Agent, ConfigError, tool
from offhook.agent import cafe
from offhook.agent.cascade.embedded import LocalEngine, desk_tools
from offhook.call import Call
from offhook.core import events as e
from offhook.core.leg import CallInfo
from offhook.phone.loopback import LoopbackLeg
from offhook.sim.clock import run

if not (importlib.util.find_spec("pocketsphinx") and importlib.util.find_spec("espeakng_loader")):
    pytest.skip("the speech engines are not installed: pip install 'offhook[local]'", allow_module_level=True)


class Visit:
    """One call of a caller who speaks with the synthesizer's voice."""

    def __init__(self, call: Call, leg: LoopbackLeg, engine: LocalEngine) -> None:
        self.call, self.leg = call, leg
        self._voice = next(iter(engine._synthesizers.values()))
        self.events: list[tuple[float, e.Event]] = []

    async def quiet(self, ms: int) -> None:
        await self._send(b"\xff" * (8 * ms))

    async def say(self, text: str) -> None:
        await self._send((await self._voice.speak(text)).audio)

    async def _send(self, audio: bytes) -> None:
        for at in range(0, len(audio), 160):
            self.leg.say(audio[at : at + 160].ljust(160, b"\xff"))
            await asyncio.sleep(0.02)

    @property
    def turns(self) -> list[e.TurnKept]:
        return [event for _, event in self.events if isinstance(event, e.TurnKept)]

    def agent_said(self) -> list[str]:
        return [turn.text for turn in self.turns if turn.role == "agent"]

    def used(self) -> list[str]:
        return [event.name for _, event in self.events if isinstance(event, e.ToolCalled)]


def visit(scenario, **agent) -> None:
    async def whole():
        engine, who = LocalEngine(), Agent(**agent)
        await engine.start()
        await engine.prepare(who)
        loop = asyncio.get_running_loop()
        events: list[tuple[float, e.Event]] = []
        call = Call(
            CallInfo("CA1", "AC1", "anonymous", "+15550100"), engine.leg(who),
            publish=lambda _id, event: events.append((loop.time() * 1000.0, event)), on_ended=lambda _call: None,
        )  # fmt: skip
        call.start()
        await asyncio.sleep(0)
        leg = LoopbackLeg()
        call.join(leg)
        visitor = Visit(call, leg, engine)
        visitor.events = events
        await scenario(visitor)
        if not call.ended:
            call.report(e.CarrierEnded("completed"))
        await call.closed()
        await engine.close()

    run(whole())


def test_it_greets_answers_and_hangs_up_when_its_goodbye_was_heard():
    async def scenario(visit):
        await visit.quiet(7000)
        await visit.say("what are your opening hours")
        await visit.quiet(9000)
        await visit.say("bye bye")
        await visit.quiet(4000)
        greeting, hours, goodbye = visit.agent_said()
        assert "Café" in greeting
        assert "from eight to six" in hours
        assert "Goodbye" in goodbye
        assert [turn.text for turn in visit.turns if turn.role == "caller"] == [
            "what are your opening hours",
            "bye bye",
        ]
        await visit.quiet(2500)
        ended = visit.events[-1][1]
        assert ended == e.Ended(e.Result.COMPLETED, e.Reason.AGENT_HUNG_UP)
        heard_at = max(at for at, event in visit.events if isinstance(event, e.TurnKept))
        ending_at = next(at for at, event in visit.events if event == e.StateChanged("ending"))
        assert ending_at >= heard_at, "not before the last word was heard"

    visit(scenario)


def test_it_can_be_interrupted_and_the_transcript_ends_where_the_caller_stopped_hearing():
    async def scenario(visit):
        await visit.quiet(7000)
        await visit.say("can you read me the menu")
        await visit.quiet(5000)
        await visit.say("how do i get there")
        await visit.quiet(9000)
        menu = next(turn for turn in visit.turns if turn.text.startswith("Here is the menu"))
        assert menu.unheard
        assert menu.text + " " + menu.unheard == " ".join((menu.text + " " + menu.unheard).split())
        assert menu.generated_ms > 15_000
        played = sum(len(audio) for item, audio in visit.leg.played if item == menu.item) / 8
        assert abs(menu.heard_ms - played) <= 1000, "the loopback leg keeps whole slices of a second"
        assert "Mill Street" in visit.agent_said()[-1]

    visit(scenario)


def test_an_order_is_taken_with_the_cafes_tools_and_cannot_be_lost_by_cutting_in():
    async def scenario(visit):
        await visit.quiet(7500)
        await visit.say("i'd like a large latte with oat milk")
        await visit.quiet(1500)
        await visit.say("yes that's right")
        await visit.quiet(5000)
        await visit.say("that's all")
        await visit.quiet(16_000)
        assert visit.used() == ["add_to_order", "show_order", "place_order"]
        readback, more, placed = visit.agent_said()[1:]
        assert readback.startswith("A large latte")
        assert more == "Good. Anything else?"
        assert "It comes to four euros fifty." in placed

    visit(scenario)


def test_tools_of_the_agent_take_the_place_of_the_cafes():
    @tool
    async def opening_hours(day: str = "") -> str:
        return "from seven to five"

    async def scenario(visit):
        visit.call.report(e.SpeechStarted())
        visit.call.report(e.SpeechStopped())
        visit.call.report(e.CallerTurnEnded("what are your opening hours", 500.0))
        await visit.quiet(9000)
        assert visit.agent_said() == ["From seven to five. Anything else?"]

    visit(scenario, greeting="", tools=[opening_hours])


async def _nothing() -> None:
    """Nothing."""


@pytest.mark.parametrize(
    ("parameters", "problem"),
    [({"item": str}, "uses price with size: let your tool take it"),
     ({"item": str, "size": str, "colour": str}, "may use price without colour, size: give it a default value")],
)  # fmt: skip
def test_a_tool_that_the_desk_cannot_use_is_refused(parameters, problem):
    async def price(**_given) -> str: ...

    price.__signature__ = inspect.Signature(
        [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=type_)
            for name, type_ in parameters.items()
        ]
    )
    price.__annotations__ = parameters
    with pytest.raises(ConfigError, match=problem):
        desk_tools(Agent(tools=[price]).toolbox)


def test_a_tool_that_the_desk_never_uses_is_warned_of(caplog):
    agent = Agent(tools=[tool(name="bake")(_nothing), tool(name="address")(_nothing)])

    async def prepare():
        engine = LocalEngine()
        await engine.prepare(agent)
        await engine.close()

    asyncio.run(prepare())
    tools = desk_tools(agent.toolbox)
    assert [record.message for record in caplog.records] == [
        "the embedded agent has no use for bake: it uses the café's tools only"
    ]
    assert tools.by_name["address"].description == "Nothing."
    assert {"bake", "hang_up", "menu", "book_table"} <= tools.by_name.keys()


def test_the_built_in_agent_is_the_cafe(caplog):
    assert desk_tools(cafe.agent.toolbox).by_name.keys() == desk_tools(Agent().toolbox).by_name.keys()
    assert caplog.text == ""


def test_it_says_when_it_did_not_understand():
    async def scenario(visit):
        await visit.quiet(7000)
        await visit.say("purple monkeys dishwasher seventeen")
        await visit.quiet(12_000)
        assert "did not understand" in visit.agent_said()[-1]

    visit(scenario)


def test_a_call_that_comes_to_a_limit_ends_with_a_goodbye():
    async def scenario(visit):
        await visit.quiet(7000)
        visit.call.agent.send(e.Respond("", leaving=True))
        await visit.quiet(6000)
        assert visit.agent_said()[-1] == "I am sorry, but this call has to end here. Goodbye!"

    visit(scenario)


def test_an_agent_that_cannot_answer_ends_the_call_instead_of_keeping_silent():
    async def scenario(visit):
        def broken(_said, _use):
            raise ValueError("a bug")
            yield ""

        visit.call.agent._responder.respond = broken
        await visit.quiet(1000)
        visit.call.report(e.SpeechStarted())
        visit.call.report(e.SpeechStopped())
        visit.call.report(e.CallerTurnEnded("hello", 500.0))
        await visit.quiet(4000)
        assert visit.events[-1][1] == e.Ended(e.Result.FAILED, e.Reason.AGENT_FAILED)

    visit(scenario, greeting="")


def test_a_synthesizer_that_dies_says_the_sentence_on_its_successor():
    async def scenario(visit):
        visit._voice._cache.clear()
        visit._voice._worker._process.kill()
        visit.call.report(e.SpeechStarted())
        visit.call.report(e.SpeechStopped())
        visit.call.report(e.CallerTurnEnded("what are your opening hours", 500.0))
        await visit.quiet(9000)
        assert "from eight to six" in visit.agent_said()[-1]

    visit(scenario, greeting="")


def test_a_recorded_call_begins_with_the_greeting_and_says_so():
    async def scenario(visit):
        await visit.quiet(9000)
        (greeting,) = visit.agent_said()
        assert "Café" in greeting and greeting.endswith("This call is recorded.")

    visit(scenario, record=True)


def test_an_empty_greeting_waits_for_the_caller():
    async def scenario(visit):
        await visit.quiet(3000)
        assert visit.turns == []

    visit(scenario, greeting="")


def test_a_recogniser_that_dies_costs_a_turn_and_the_call_goes_on():
    async def scenario(visit):
        await visit.quiet(3000)
        for shared in visit.call.agent._hearing._recogniser._pool._workers:
            shared.worker._process.kill()
        await visit.say("what are your opening hours")
        await visit.quiet(9000)
        await visit.say("what are your opening hours")
        await visit.quiet(9000)
        assert "from eight to six" in visit.agent_said()[-1]

    visit(scenario, greeting="")


def test_words_that_are_given_are_said_exactly_and_a_pause_of_the_callers_is_waited_for():
    async def scenario(visit):
        await visit.quiet(6500)
        visit.call.say("Your table is ready. It is by the window.")
        await visit.quiet(4000)
        assert visit.agent_said()[-1] == "Your table is ready. It is by the window."
        assert [event.exact for _, event in visit.events if isinstance(event, e.Saying)] == [True]
        assert visit.call.control.turn == "listening"

    visit(scenario)
