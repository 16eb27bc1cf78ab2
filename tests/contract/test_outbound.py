"""The first words of a call that was asked for, on every backend: to people, and to machines."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from offhook.agent.agent import Agent
from offhook.agent.outbound import in_call, plan
from offhook.core import events as e
from offhook.core.leg import CallInfo
from offhook.sim.caller import Caller
from offhook.sim.machine import machine
from offhook.sim.model_memory import MemoryServer
from offhook.sim.model_orders import Setup as ModelSetup
from offhook.sim.orders import Callee
from offhook.sim.script import CALLER_VOICE
from offhook.sim.steps import Leave, Listen, Say, Wait
from tests.contract.backends import BACKENDS, Backend, MemoryModel
from tests.contract.stage import DELAY_MS, NO_LINES, TOOLS, Stage, World
from tests.outbound import ORIGIN, OURS, THEIRS
from tests.outbound import World as Outbound

GREETING = "Hello, this is the café calling. Is this a good time?"
SAID = "Hello, this is the café calling. I am an AI assistant. Is this a good time?"
MESSAGE = "This is the café. Please call us back."
MACHINE = "You have reached the house of the miller. We are not at home. Please leave a message after the tone."
LATE_MS = 2 * DELAY_MS + 800.0
"""Of what is heard after something was decided: the line both ways, a greeting that is generated, the steps of a detector."""


class OneBackend:
    """A roster with one agent, on the stage's backend."""

    def __init__(self, stage: Stage, agent: Agent) -> None:
        self.stage, self.agent = stage, stage.backend.answering(agent)

    def agent_of(self, info, **_who):
        return in_call(self.agent, info)

    async def ready(self, info, **_who):
        await self.stage.ready(self.agent_of(info))

    def open(self, info, **_who):
        return self.stage.engine.leg(self.agent_of(info))

    async def reopen(self, past):
        return self.open(past.info), plan(self.agent_of(past.info), past.amd)

    async def close(self):
        """The engines are the stage's."""


class Called:
    """A call that was made, and what came of it."""

    def __init__(self, world: Outbound, backend: Backend) -> None:
        (self.carrier,) = world.made
        self.backend = backend
        self.events = [event for _, event in world.events]

    def turns(self) -> list[tuple[str, str]]:
        """Who said what; of the agent, what was heard."""
        last = {event.turn: event for event in self.events if isinstance(event, e.TurnKept)}
        return [(last[turn].role, last[turn].text) for turn in sorted(last)]

    def agent_turns(self) -> list[str]:
        """What was heard of the agent."""
        return [text for role, text in self.turns() if role == "agent" and text]

    @property
    def end(self) -> tuple[str, str]:
        """How it ended."""
        (ended,) = [event for event in self.events if isinstance(event, e.Ended)]
        return ended.result.value, ended.reason.value


async def _wished(world: Outbound, more: dict[str, Any]) -> None:
    answer = await world.wish(**more)
    assert answer.status_code == 200, answer.text


def dies(after_s: float) -> Callable[..., Any]:
    """The server does, so long after it has asked for the call."""

    async def wish(world: Outbound, more: dict[str, Any]) -> None:
        await _wished(world, more)
        await asyncio.sleep(after_s)
        await world.die()

    return wish


async def called(
    stage: Stage,
    folder: Any,
    callee: Callable[[], Callee],
    *,
    more: dict[str, Any] | None = None,
    wish: Any = None,
    **agent: Any,
) -> Called:
    """Calls somebody, and waits until that is over. `wish` makes the call in another way."""
    wanted = {"greeting": GREETING, "tools": TOOLS, **agent}
    voice = "en-us" if stage.backend.dialect == "local" else None
    phrases = {} if stage.backend.dialect == "local" else {"phrases": NO_LINES}
    roster = OneBackend(stage, Agent("You are the voice of a café.", voice=voice, **phrases, **wanted))
    model = MemoryModel(MemoryServer(ModelSetup(), stage.world.model))
    roster.agent = stage.made(roster.agent, model.http)
    with model.reached():
        world = Outbound(folder, roster=roster, callees=lambda _: callee(), delay_ms=DELAY_MS)
        await world.journal.start()
        try:
            await (wish or _wished)(world, more or {})
            await world.over(20.0)
            return Called(world, stage.backend)
        finally:
            await world.close()


def on_every_backend(scenario: Callable[..., Any]) -> Callable[..., None]:
    @pytest.mark.parametrize("backend", BACKENDS, ids=str)
    def test(backend: Backend, world: World, clock: asyncio.Runner, tmp_path) -> None:
        clock.run(scenario(Stage(world, backend), tmp_path))

    test.__doc__ = scenario.__doc__
    return test


def person(steps: list[Any], people: list[Caller], **callee: Any) -> Callable[[], Callee]:
    def answers(_answered_ms: float) -> Caller:
        people.append(Caller([*steps]))
        return people[-1]

    return lambda: Callee(person=answers, **callee)


def greeted_after_ms(call: Called, people: list[Caller]) -> float:
    """From the answer to the agent's first sound."""
    return people[0].hearing.spans[0].from_ms - call.carrier._answered_ms


@on_every_backend
async def test_who_says_hello_is_greeted_once_and_with_the_disclosure(stage: Stage, folder: Any) -> None:
    hello = await stage.world.voices.speak(CALLER_VOICE, "hello")
    where = await stage.world.voices.speak(CALLER_VOICE, "where are you located")
    people: list[Caller] = []
    steps = [Wait(400), Say(hello, "hello"), Listen(), Say(where, "where are you located"), Listen(), Leave()]
    call = await called(stage, folder, person(steps, people, speech_ms=len(hello) / 8))
    assert call.turns()[:3] == [("caller", "hello"), ("agent", SAID), ("caller", "where are you located")]
    assert "twelve mill street" in call.turns()[3][1] and len(call.turns()) == 4
    assert people[0].report.spoken[0].answered_ms < 700 + LATE_MS
    assert call.end == ("completed", "callee hung up")


@on_every_backend
async def test_who_says_nothing_is_greeted_after_a_moment(stage: Stage, folder: Any) -> None:
    people: list[Caller] = []
    call = await called(stage, folder, person([Listen(), Leave()], people))
    assert call.turns() == [("agent", SAID)]
    assert 1500 < greeted_after_ms(call, people) < 1500 + LATE_MS


@on_every_backend
@pytest.mark.filterwarnings("error")
async def test_the_greeting_waits_for_the_verdict_and_not_for_long(stage: Stage, folder: Any) -> None:
    hello = await stage.world.voices.speak(CALLER_VOICE, "hello")
    people: list[Caller] = []
    steps = [Wait(100), Say(hello, "hello"), Listen(), Leave()]
    for number, verdict_ms in enumerate((1800.0, 20_000.0)):
        people.clear()
        at = folder / str(number)
        at.mkdir()
        callee = person(steps, people, answered_by="human", verdict_ms=verdict_ms)
        call = await called(stage, at, callee, more={"amd": "async"})
        assert call.turns() == [("caller", "hello"), ("agent", SAID)]
        assert min(verdict_ms, 2000) < greeted_after_ms(call, people) < 2000 + LATE_MS
    assert e.CalleeKnown("human") not in call.events, "the call was over before"


@on_every_backend
async def test_who_speaks_in_the_instant_the_hold_ends_is_answered_once(stage: Stage, folder: Any) -> None:
    """Their words are on the way to the detector when the greeting is asked for."""
    where = await stage.world.voices.speak(CALLER_VOICE, "where are you located")
    for at_ms in (1900, 2100):
        at = folder / str(at_ms)
        at.mkdir()
        people: list[Caller] = []
        steps = [Wait(at_ms), Say(where, "where are you located"), Wait(12_000), Leave()]
        callee = person(steps, people, answered_by="human", verdict_ms=20_000.0)
        call = await called(stage, at, callee, more={"amd": "async"})
        asked = call.turns().index(("caller", "where are you located"))
        before, after = ([text for role, text in part if role == "agent" and text] for part in (
            call.turns()[:asked], call.turns()[asked + 1 :],
        ))  # fmt: skip
        assert before in ([], [SAID]) or (len(before) == 1 and SAID.startswith(before[0])), call.turns()
        after = [text for text in after if "still there" not in text]
        greeted = after[:1] == [SAID] and not before  # they spoke first: the answer follows the greeting
        assert ["twelve mill street" in text for text in after[greeted:]] == [True], call.turns()
        assert call.end == ("completed", "callee hung up")


@pytest.mark.parametrize("amd", ["async", "sync"])
@pytest.mark.parametrize("backend", BACKENDS, ids=str)
def test_a_machine_is_told_the_message_once_when_it_records(backend, amd, world, clock, tmp_path) -> None:
    async def scenario(stage: Stage) -> None:
        greeting = await stage.world.voices.speak("en-us+f3", MACHINE)
        call = await called(
            stage, tmp_path, lambda: machine(greeting, after_ms=2000.0), more={"amd": amd}, voicemail=MESSAGE
        )
        assert call.agent_turns()[-1] == MESSAGE and call.agent_turns().count(MESSAGE) == 1
        assert call.end == ("completed", "a machine answered, and a message was left")
        assert e.CalleeKnown("machine", message_over=True) in call.events
        if amd == "sync":
            assert call.agent_turns() == [MESSAGE]
        beep_ms = len(greeting) / 8 + 800
        (stream,) = call.carrier.streams
        sounding = [at for at, _ in _sounds(stream)]
        assert sounding[-1] + stream.opened_ms - call.carrier._answered_ms > beep_ms

    clock.run(scenario(Stage(world, backend)))


def _sounds(stream: Any) -> list[tuple[float, bytes]]:
    """What was played, with its moments on the carrier's clock from the stream's opening."""
    return [(stretch.start_ms, stretch.audio) for stretch in stream.playback.played]


@on_every_backend
async def test_a_machine_without_a_message_is_hung_up_on(stage: Stage, folder: Any) -> None:
    greeting = await stage.world.voices.speak("en-us+f3", MACHINE)
    call = await called(stage, folder, lambda: machine(greeting, after_ms=2000.0), more={"amd": "async"})
    assert call.end == ("unanswered", "a machine answered")
    assert "completed" == call.carrier.status


@on_every_backend
async def test_a_machine_that_does_not_beep_is_told_the_message_when_it_is_silent(stage: Stage, folder: Any) -> None:
    greeting = await stage.world.voices.speak("en-us+f3", MACHINE)

    def callee() -> Callee:
        made = machine(greeting, beeps=False, after_ms=2000.0)
        made.answered_by, made.verdict_ms = "machine_start", 2400.0
        return made

    call = await called(stage, folder, callee, more={"amd": "async"}, voicemail=MESSAGE)
    assert call.agent_turns()[-1] == MESSAGE and call.agent_turns().count(MESSAGE) == 1
    assert call.end == ("completed", "a machine answered, and a message was left")


@on_every_backend
async def test_an_agent_that_waits_is_spoken_to_first(stage: Stage, folder: Any) -> None:
    where = await stage.world.voices.speak(CALLER_VOICE, "where are you located")
    people: list[Caller] = []
    steps = [Wait(4000), Say(where, "where are you located"), Listen(greeting=False), Leave()]
    call = await called(stage, folder, person(steps, people), greeting="", disclosure="")
    assert call.turns()[0] == ("caller", "where are you located")
    assert "twelve mill street" in call.turns()[1][1] and len(call.turns()) == 2
    held = await called(
        stage, _sub(folder), person(steps, people, answered_by="human", verdict_ms=1500.0), greeting="",
        disclosure="", more={"amd": "async"},
    )  # fmt: skip
    assert [role for role, _ in held.turns()] == ["caller", "agent"]


@on_every_backend
async def test_who_answers_a_call_whose_server_died_is_greeted_as_ever(stage: Stage, folder: Any) -> None:
    hello = await stage.world.voices.speak(CALLER_VOICE, "hello")
    where = await stage.world.voices.speak(CALLER_VOICE, "where are you located")
    people: list[Caller] = []
    steps = [Wait(400), Say(hello, "hello"), Listen(), Say(where, "where are you located"), Listen(), Leave()]
    call = await called(stage, folder, person(steps, people), wish=dies(1.0))
    assert call.turns()[:3] == [("caller", "hello"), ("agent", SAID), ("caller", "where are you located")]
    assert "twelve mill street" in call.turns()[3][1] and len(call.turns()) == 4
    assert call.end == ("completed", "callee hung up")


@on_every_backend
async def test_a_talk_whose_server_died_goes_on(stage: Stage, folder: Any) -> None:
    where = await stage.world.voices.speak(CALLER_VOICE, "where are you located")
    people: list[Caller] = []
    steps = [Wait(16_000), Say(where, "where are you located"), Listen(greeting=False), Leave()]
    call = await called(stage, folder, person(steps, people), wish=dies(10.0))
    assert call.turns()[0] == ("agent", SAID) and len(call.carrier.streams) == 2
    (asked,) = [number for number, turn in enumerate(call.turns()) if turn == ("caller", "where are you located")]
    assert "twelve mill street" in call.turns()[asked + 1][1]
    assert call.agent_turns().count(SAID) == 1 and call.end == ("completed", "callee hung up")


@on_every_backend
async def test_a_machine_whose_message_a_death_has_cut_is_told_all_of_it(stage: Stage, folder: Any) -> None:
    greeting = await stage.world.voices.speak("en-us+f3", MACHINE)

    async def dies_in_the_message(world: Outbound, more: dict[str, Any]) -> None:
        await _wished(world, more)
        while not any(isinstance(event, e.Saying) for _, event in world.events):
            await asyncio.sleep(0.1)
        await asyncio.sleep(1.5)
        await world.die()

    call = await called(
        stage, folder, lambda: machine(greeting, after_ms=2000.0), more={"amd": "async"}, voicemail=MESSAGE,
        wish=dies_in_the_message,
    )  # fmt: skip
    assert call.agent_turns()[-1] == MESSAGE and not [turn for turn in call.agent_turns() if "Sorry" in turn]
    assert call.end == ("completed", "a machine answered, and a message was left")


@on_every_backend
async def test_a_call_that_somebody_else_has_made_to_our_webhook_is_a_talk_like_any_other(
    stage: Stage, folder: Any
) -> None:
    async def made_elsewhere(world: Outbound, _more: dict[str, Any]) -> None:
        await world.roster.ready(CallInfo("", "AC1", OURS, THEIRS, "outbound-api"))
        hooks = {"url": f"{ORIGIN}/incoming-call", "status_callback": f"{ORIGIN}/twilio/status"}
        await world.rest.create_call(to=THEIRS, caller=OURS, **hooks)

    where = await stage.world.voices.speak(CALLER_VOICE, "where are you located")
    people: list[Caller] = []
    steps = [Listen(), Say(where, "where are you located"), Listen(), Leave()]
    call = await called(stage, folder, person(steps, people), wish=made_elsewhere)
    assert call.turns()[:2] == [("agent", SAID), ("caller", "where are you located")]
    assert "twelve mill street" in call.turns()[2][1]


def _sub(folder: Any) -> Any:
    (folder / "second").mkdir()
    return folder / "second"
