"""Every leg keeps the contract, as far as a type checker cannot see it."""

import typing

import pytest

from offhook.agent.echo import EchoLeg
from offhook.agent.local import LocalLeg
from offhook.core import events as e
from offhook.core.leg import AgentLeg, PhoneLeg
from offhook.phone.loopback import LoopbackLeg
from offhook.phone.twilio.leg import TwilioLeg


@pytest.mark.parametrize("leg", [TwilioLeg, LoopbackLeg, EchoLeg, LocalLeg])
def test_a_leg_can_do_what_its_side_needs(leg):
    contract = PhoneLeg if leg in (TwilioLeg, LoopbackLeg) else AgentLeg
    methods = {name for name in vars(contract) if not name.startswith("_")}
    for name in methods - {"send_audio"}:  # an agent may bind it to an instance
        assert callable(getattr(leg, name)), name
    assert leg.can <= set(typing.get_args(e.Command))
    needed = {e.Clear, e.HangUp} if contract is PhoneLeg else {e.Respond, e.Truncate, e.Discard}
    assert needed <= leg.can
