"""Who answers which call, and agents that are replaced while calls go on."""

import asyncio

import pytest

from offhook import Agent, CallInfo, CallRefused, ConfigError
from offhook.agent.roster import Roster as WholeRoster
from offhook.core.keeping import keeping_of


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
