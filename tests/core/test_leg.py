"""Every leg keeps the contract, as far as a type checker cannot see it."""

import typing

import pytest

from offhook.agent.cascade.leg import CascadeLeg
from offhook.agent.echo import EchoLeg
from offhook.core import events as e
from offhook.core.leg import AgentLeg, CallInfo, PhoneLeg
from offhook.phone.loopback import LoopbackLeg
from offhook.phone.twilio.leg import TwilioLeg


@pytest.mark.parametrize("leg", [TwilioLeg, LoopbackLeg, EchoLeg, CascadeLeg])
def test_a_leg_can_do_what_its_side_needs(leg):
    contract = PhoneLeg if leg in (TwilioLeg, LoopbackLeg) else AgentLeg
    methods = {name for name in vars(contract) if not name.startswith("_")}
    for name in methods - {"send_audio"}:  # an agent may bind it to an instance
        assert callable(getattr(leg, name)), name
    assert leg.can <= set(typing.get_args(e.Command))
    needed = {e.Clear, e.HangUp} if contract is PhoneLeg else {e.Respond, e.Truncate, e.Discard}
    assert needed <= leg.can


def test_a_call_of_which_no_direction_is_told_came_to_us():
    assert CallInfo("CA1", "AC1", caller="anonymous", called="+15550100").direction == "inbound"
