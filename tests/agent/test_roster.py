"""Who answers which call, and agents that are replaced while calls go on."""

import asyncio

import pytest

from offhook import Agent, Call, CallInfo, CallRefused, ConfigError, tool
from offhook.agent.credentials import Credentials
from offhook.agent.roster import Roster as WholeRoster
from offhook.agent.tools import ToolSource
from offhook.core import events as e
from offhook.core.keeping import keeping_of
from offhook.core.past import Past
from offhook.errors import NotOffered


class Roster(WholeRoster):
    """With a look at which agent a call would get."""

    def agent_for(self, info):
        return self._choose(info)


DAY, NIGHT = Agent("day", model="echo"), Agent("night", model="echo")


def call(called="+15550100", caller="+15550999", direction="inbound"):
    return CallInfo("CA1", "AC1", caller, called, direction)


def test_one_agent_answers_every_call():
    assert Roster(DAY).agent_for(call("anything")) is DAY


@pytest.mark.parametrize("written", ["+15550100", "+1 555-0100", "+1 (555) 0100"])
def test_an_agent_has_a_number_however_it_is_written(written):
    roster = Roster({written: DAY, "*": NIGHT})
    assert roster.agent_for(call("+15550100")) is DAY
    assert roster.agent_for(call("+15550101")) is NIGHT
    assert roster.agent_for(call("sip:shop@example.com")) is NIGHT


def test_of_an_outbound_call_our_number_is_the_caller():
    roster = Roster({"+15550100": DAY, "*": NIGHT})
    assert roster.agent_for(call("+15550999", "+15550100", "outbound-api")) is DAY


def test_a_number_without_an_agent_is_refused():
    with pytest.raises(CallRefused, match="no agent has the number"):
        Roster({"+15550100": DAY}).open(call("+15550101"))


def test_a_function_chooses():
    roster = Roster(lambda info: NIGHT if info.caller == "anonymous" else DAY)
    assert roster.agent_for(call(caller="anonymous")) is NIGHT
    assert roster.agent_for(call()) is DAY
    with pytest.raises(CallRefused, match="gave NoneType"):
        Roster(lambda info: None).open(call())


def test_a_model_there_is_none_for_is_refused_before_the_first_call():
    with pytest.raises(ConfigError, match="hal-9000"):
        Roster({"+1": DAY, "*": Agent(model="hal-9000")})
    with pytest.raises(CallRefused, match="hal-9000"):
        Roster(lambda info: Agent(model="hal-9000")).open(call())


def test_agents_of_one_model_share_an_engine_and_are_replaced_together():
    async def scenario():
        roster = Roster({"+1": DAY, "*": NIGHT})
        await roster.start()
        assert len(roster._engines) == 1
        await roster.replace(NIGHT)
        assert roster.agent_for(call("+1")) is NIGHT
        with pytest.raises(ConfigError):
            await roster.replace(Agent(model="hal-9000"))
        assert roster.agent_for(call("+1")) is NIGHT, "nothing changed"
        assert roster.open(call()).format.rate == 8000
        await roster.close()
        await roster.close()

    asyncio.run(scenario())


def test_what_could_never_choose_is_refused_before_the_first_call():
    async def later(_info):
        return DAY

    for wrong, why in (
        (later, "is async"),
        (lambda: DAY, "must take one thing"),
        ({5: DAY}, "must be a text"),
        ({"+1 5": DAY, "+15": NIGHT}, "Two agents have the number"),
    ):
        with pytest.raises(ConfigError, match=why):
            WholeRoster(wrong)


def test_a_function_that_fails_or_exits_refuses_its_call_only(caplog):
    def leaves(_info):
        raise SystemExit(1)

    def breaks(_info):
        raise KeyError("x")

    for choose in (leaves, breaks):
        with pytest.raises(CallRefused, match="the function that chooses the agent failed"):
            WholeRoster(choose).open(call())


def test_a_leg_knows_what_its_agent_wants_kept():
    async def opened():
        return Roster(Agent(model="echo", record=True, redact=("cards",))).open(call())

    leg = asyncio.run(opened())
    assert keeping_of(leg).record and keeping_of(leg).redact == {"cards"}


# ---------------------------------------------------------------- several models, names


def backends_of(roster, **wanted):
    """What answers a call, as the events of it tell."""
    events = []

    async def scenario():
        await roster.start()
        await roster.ready(call(), **wanted)
        told = asyncio.Event()

        def publish(_id, event):
            events.append(event)
            if isinstance(event, e.AgentJoined | e.Ended):
                told.set()

        made = Call(call(), roster.open(call(), **wanted), publish=publish, on_ended=lambda _call: None)
        made.start()
        await told.wait()
        made.report(e.CarrierEnded("completed"))
        await made.closed()
        await roster.close()

    asyncio.run(scenario())  # a refused connection is a matter of no time, but a real one
    return [event.backend for event in events if isinstance(event, e.AgentJoined)]


def test_a_model_that_cannot_be_reached_is_stood_in_for():
    nowhere = Credentials(openai_base_url="http://127.0.0.1:9/v1")
    for model in (["openai:m", "echo"], "openai:m, echo", ("openai:m", "openai:n", "echo")):
        assert backends_of(Roster(Agent(model=model), credentials=nowhere)) == ["echo"]


def test_a_call_may_name_its_agent_and_its_backend():
    nowhere = Credentials(openai_base_url="http://127.0.0.1:9/v1")
    both = {"day": Agent("day", model="openai:m"), "night": Agent("night", model="echo")}

    def roster():
        return Roster(both["day"], both, nowhere)

    assert backends_of(roster(), agent="night") == ["echo"]
    assert backends_of(roster(), backend="echo") == ["echo"]
    assert backends_of(roster(), agent="night", backend="openai:m") == []


@pytest.mark.parametrize(("agent", "expected"), [("night", "night"), ("gone", "day"), ("", "day")])
def test_a_call_of_another_process_keeps_its_agent_while_there_is_one_of_its_name(agent, expected):
    async def scenario():
        roster = Roster(DAY, {"day": DAY, "night": NIGHT})
        leg, opening = await roster.reopen(Past("c", call(), 1, 0.0, 0.0, 1, "connected", agent=agent))
        assert opening is None, "it was not asked for here"
        return leg._name

    assert asyncio.run(scenario()) == expected


def test_a_name_that_there_is_none_of_is_told_with_those_there_are():
    roster = Roster({"+15550100": DAY, "*": NIGHT}, {"day": DAY, "night": NIGHT})
    with pytest.raises(NotOffered, match='no agent "noon" here; there is day, night'):
        roster.open(call(), agent="noon")
    with pytest.raises(
        NotOffered, match='no backend "hal" here; there is gpt-realtime, voice-live, cascade, local, echo'
    ):
        roster.open(call(), backend="hal")
    with pytest.raises(NotOffered, match="set OPENAI_API_KEY"):
        asyncio.run(roster.ready(call(), backend="gpt-realtime"))
    with pytest.raises(CallRefused, match="set OPENAI_API_KEY"):
        roster.open(call(), backend="gpt-realtime")


def test_agents_have_the_names_they_say_or_their_module_or_their_number_gives_them():
    named = Agent("x", model="echo", name="front desk")
    assert Roster(DAY).names() == {"agent": DAY}
    assert Roster(DAY, {"day": DAY, "also": DAY, "night": NIGHT}).names() == {"day": DAY, "night": NIGHT}
    assert Roster(named, {"x": named}).names() == {"front desk": named}
    assert Roster({"+1": DAY, "*": named}).names() == {"+1": DAY, "front desk": named}
    assert Roster(lambda _info: DAY, {"day": DAY, "night": NIGHT}).names() == {"day": DAY, "night": NIGHT}
    with pytest.raises(ConfigError, match='Two agents have the name "front desk"'):
        Roster({"+1": named, "+2": Agent("y", model="echo", name="front desk")})


def test_agents_that_share_one_of_their_models_share_its_engine():
    roster = Roster({"+1": Agent(model="echo"), "*": Agent(model="local, echo")})
    assert sorted(roster._engines) == ["echo", "local"]


class Failing:
    """An engine that cannot start."""

    def __init__(self, problem=None):
        self.problem, self.prepared = problem or ConfigError("Azure gave no token."), []

    async def start(self):
        raise self.problem

    async def prepare(self, agent):
        self.prepared.append(agent)

    async def close(self):
        pass


def test_one_model_that_is_not_to_be_had_at_the_start_does_not_stop_the_other(caplog):
    roster = Roster(Agent(model="local, echo"))
    roster._engines["local"] = Failing()
    asyncio.run(roster.start())
    assert "local cannot be used now: Azure gave no token." in caplog.text
    alone = Roster({"+1": Agent(model="local, echo"), "+2": Agent(model="local")})
    alone._engines["local"] = Failing()
    with pytest.raises(ConfigError, match="Azure gave no token"):
        asyncio.run(alone.start())
    broken = Roster(Agent(model="local, echo"))
    broken._engines["local"] = Failing(RuntimeError("a bug"))
    with pytest.raises(RuntimeError):
        asyncio.run(broken.start())


class Unprepared(Failing):
    """An engine that starts, and has not what an agent needs."""

    async def start(self):
        pass

    async def prepare(self, agent):
        raise self.problem


def test_a_model_that_cannot_be_prepared_does_not_stop_the_other_either(caplog):
    roster = Roster(Agent(model="local, echo"))
    roster._engines["local"] = Unprepared()
    asyncio.run(roster.start())
    assert "local cannot be used now: Azure gave no token." in caplog.text
    for problem in (ConfigError("no voice"), RuntimeError("a bug")):
        alone = Roster({"+1": Agent(model="local"), "+2": DAY})
        alone._engines["local"] = Unprepared(problem)
        with pytest.raises(type(problem)):
            asyncio.run(alone.start())


def test_agents_are_listed_with_the_numbers_they_answer():
    assert Roster(DAY).listed() == [("agent", DAY, ["*"])]
    assert Roster(DAY, {"day": DAY, "night": NIGHT}).listed() == [("day", DAY, ["*"]), ("night", NIGHT, [])]
    numbers = {"+15550100": DAY, "+15550101": DAY, "*": NIGHT}
    assert Roster(numbers, {"day": DAY, "night": NIGHT}).listed() == [
        ("day", DAY, ["+15550100", "+15550101"]), ("night", NIGHT, ["*"]),
    ]  # fmt: skip
    assert Roster(lambda _info: DAY, {"day": DAY, "night": NIGHT}).listed() == [("day", DAY, []), ("night", NIGHT, [])]


class Shelf(ToolSource):
    """A source that notes what becomes of it."""

    def __init__(self, *tools):
        self.tools_there, self.noted = tools, []

    @property
    def tools(self):
        return self.tools_there if "start" in self.noted else ()

    async def start(self):
        self.noted.append("start")

    async def close(self):
        self.noted.append("close")


def test_what_tools_come_from_is_started_and_closed_with_its_agents():
    @tool
    def read() -> str:
        return "page"

    async def scenario():
        shelf, other = Shelf(read), Shelf()
        roster = Roster(Agent(model="echo", tools=[shelf]))
        await roster.start()
        assert shelf.noted == ["start"]
        await roster.replace(Agent(model="echo", tools=[shelf, other]))
        assert other.noted == ["start"] and "close" not in shelf.noted
        await roster.replace(Agent(model="echo", tools=[other]))
        await asyncio.sleep(0)
        assert shelf.noted[-1] == "close" and "close" not in other.noted
        await roster.close()
        assert other.noted[-1] == "close"

    asyncio.run(scenario())
