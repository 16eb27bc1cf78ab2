"""What an operator has a live call do, in simulated time."""

import pytest

from offhook.agent.tools import Toolbox
from offhook.core import events as e
from offhook.orders import Order, Outcome, carry_out
from offhook.sim.clock import run
from tests.pair import Pair


def ordered(scenario, **options):
    async def call():
        async with Pair(**options) as pair:
            pair.agent.can |= {e.Say}
            pair.agent.says_exactly = True
            pair.agent.tools = Toolbox([], transfers={"Kitchen": "+12025550101"})
            pair.call._dialable = lambda number: number
            await scenario(pair, lambda *what, **more: carry_out(Order(*what, **more), pair.call))

    run(call())


@pytest.mark.parametrize("turns", ["provider", "offhook"])
def test_an_agent_that_speaks_is_silent_at_once(turns):
    async def scenario(pair, order):
        assert order("interrupt") == Outcome(pair.call.id, changed=False)
        await pair.agent.say("story", 5000)
        await pair.loop_ms(1000)
        assert order("interrupt") == Outcome(pair.call.id)
        await pair.loop_ms(1000)
        (told,) = pair.agent.told(e.Truncate)
        assert abs(told.heard_ms - pair.heard()["story"]) <= 5
        assert pair.published(e.OperatorAsked) == [e.OperatorAsked("interrupt")] * 2

    ordered(scenario, turns=turns)


def test_words_are_given_to_the_agent_and_whether_they_are_said_exactly_is_told():
    async def scenario(pair, order):
        assert order("say", " We close in ten minutes. ") == Outcome(pair.call.id, exact=True)
        assert [say.text for say in pair.agent.told(e.Say)] == ["We close in ten minutes."]
        pair.agent.says_exactly = False
        assert not order("say", "Really.").exact
        assert "1 to 2000" in order("say", " ").refused
        pair.agent.can = frozenset()
        assert "cannot say" in order("say", "hello").refused
        assert len(pair.published(e.OperatorAsked)) == 2, "what is not done is no order"

    ordered(scenario)


def test_a_call_is_ended_at_once_or_with_a_goodbye_that_nothing_undoes():
    async def scenario(pair, order):
        await pair.agent.say("story", 5000)
        order("hang up")
        await pair.loop_ms(3000)
        assert pair.published(e.Ended) == [e.Ended(e.Result.COMPLETED, e.Reason.OPERATOR_HUNG_UP)]
        assert order("say", "hello").refused == "The call is ending."

    ordered(scenario)

    async def with_goodbye(pair, order):
        order("hang up", goodbye=True)
        assert pair.agent.told(e.Respond) == [e.Respond("", leaving=True)]
        await pair.agent.say("goodbye", 2000)
        pair.interrupt()
        await pair.loop_ms(20_000)
        assert pair.published(e.Ended) == [e.Ended(e.Result.COMPLETED, e.Reason.OPERATOR_HUNG_UP)]

    ordered(with_goodbye)


def test_a_caller_is_put_through_after_words_for_them():
    async def scenario(pair, order):
        assert "there is: Kitchen" in order("transfer", "moon").refused
        assert order("transfer", "kitchen", first="One moment.") == Outcome(pair.call.id, text="Kitchen")
        assert [say.text for say in pair.agent.told(e.Say)] == ["One moment."]
        await pair.agent.say("say1", 1000)
        await pair.loop_ms(2000)
        assert pair.heard()["say1"] == 1000
        assert pair.call.dial.number == "+12025550101"
        assert "does not hear" in order("say", "hello").refused
        assert "Nobody hears" in order("interrupt").refused
        assert "on the line" in order("transfer", "kitchen").refused

    ordered(scenario)


def test_a_call_that_no_carrier_carries_cannot_be_put_through():
    async def scenario(pair, order):
        pair.leg.can = frozenset({e.Clear, e.HangUp})
        assert "cannot be put through" in order("transfer", "kitchen").refused

    ordered(scenario)


def test_a_server_without_a_policy_puts_nobody_through():
    async def call():
        async with Pair() as pair:
            pair.agent.tools = Toolbox([], transfers={"kitchen": "+12025550101"})
            assert "no policy" in carry_out(Order("transfer", "kitchen"), pair.call).refused

    run(call())
