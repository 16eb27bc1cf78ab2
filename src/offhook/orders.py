"""What an operator may have done with a live call: plain values, which a bus can carry to the process that holds it."""

from dataclasses import dataclass
from typing import Literal

from offhook.call import Call
from offhook.core import events as e
from offhook.core.states import CallState
from offhook.errors import ToolError


@dataclass(frozen=True, slots=True)
class Order:
    """One wish. `text`: the words to say, or the destination's name."""

    what: Literal["interrupt", "say", "transfer", "hang up"]
    text: str = ""
    first: str = ""
    """Of a transfer: what the agent says before."""
    goodbye: bool = False
    """Of a hang-up: the agent is asked to say goodbye first."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it."""

    call_id: str
    refused: str = ""
    """The sentence that says why nothing was done."""
    changed: bool = True
    """False if there was nothing to do: nobody spoke who could be interrupted."""
    exact: bool = False
    """Of words to say: they are said word by word."""
    text: str = ""
    """Of a transfer: the destination's name, as it is written."""


def carry_out(order: Order, call: Call) -> Outcome:
    """Has a call of this process obey."""
    if call.state in (CallState.ENDING, CallState.ENDED):
        return Outcome(call.id, "The call is ending.")
    try:
        return _CARRY_OUT[order.what](order, call)
    except ToolError as error:
        return Outcome(call.id, str(error))


def _interrupt(_order: Order, call: Call) -> Outcome:
    if call.state is not CallState.CONNECTED:
        return Outcome(call.id, "Nobody hears the agent now: there is nothing to interrupt.")
    call.report(e.OperatorAsked("interrupt"))
    return Outcome(call.id, changed=call.interrupt())


def _say(order: Order, call: Call) -> Outcome:
    if call.state is CallState.TRANSFERRING:
        return Outcome(call.id, "The caller is being put through, and does not hear the agent.")
    exact = call.say(order.text)
    call.report(e.OperatorAsked("say", order.text.strip()))
    return Outcome(call.id, exact=exact)


def _transfer(order: Order, call: Call) -> Outcome:
    name = call.destination(order.text)[0]
    call.transfer(order.text, first=order.first)
    call.report(e.OperatorAsked("transfer", name))
    return Outcome(call.id, text=name)


def _hang_up(order: Order, call: Call) -> Outcome:
    call.report(e.OperatorAsked("hang up"))
    call.report(e.HangUpAsked(e.Reason.OPERATOR_HUNG_UP, at_once=not order.goodbye, leaving=order.goodbye))
    return Outcome(call.id)


_CARRY_OUT = {"interrupt": _interrupt, "say": _say, "transfer": _transfer, "hang up": _hang_up}
