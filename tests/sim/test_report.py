"""What came of a call, as data, and when it counts as one that worked."""

import json
from typing import Any

import pytest

from offhook.sim.caller import Caller
from offhook.sim.carrier import CarrierCall
from offhook.sim.clock import run
from offhook.sim.memory import place_call
from offhook.sim.orders import Setup
from offhook.sim.report import AGENT_NOT_HEARD, NOT_ANSWERED, report
from offhook.sim.signature import Account
from offhook.sim.steps import Leave, Listen, Say, Step

from .echo import CONNECT, EchoStream, Webhooks

WORDS = b"\x20" * 8 * 400
STREAM = CONNECT.format(url="ws://localhost/media")


class Greeter(EchoStream):
    """Speaks once at the start; echoes nothing."""

    def receive(self, message: bytes) -> None:
        read = json.loads(message)
        if read["event"] == "start":
            self.sid = read["streamSid"]
            self.send(event="media", media={"payload": "EBAQEBAQEBAQ" * 80})


class Mute(EchoStream):
    def receive(self, message: bytes) -> None:
        pass


def result_of(server: type[EchoStream] | None, *steps: Step, document: str = STREAM) -> dict[str, Any]:
    caller = Caller([*steps, Leave()])
    call = CarrierCall(Setup("http://localhost/voice", Account("AC1", "t")), caller)
    app = Webhooks(voice=document, next="<Hangup/>")
    run(place_call(call, app, lambda order, socket: server(socket) if server else None))
    return report(call, caller)


def test_a_talk_is_told_in_order_with_its_times() -> None:
    result = result_of(EchoStream, Say(WORDS, "hello"), Listen())
    caller, agent = result["talk"]
    assert (caller["who"], caller["from_ms"], caller["to_ms"], caller["words"]) == ("caller", 0.0, 400.0, "hello")
    assert (agent["who"], agent["from_ms"], agent["to_ms"]) == ("agent", 20.0, 420.0)
    assert result["why"] is None and result["streams"] == 1 and result["gaps"] == []
    assert json.loads(json.dumps(result)) == result


def test_a_greeting_is_enough_when_nothing_is_said() -> None:
    result = result_of(Greeter, Listen())
    assert result["why"] is None and result["first_sound_ms"] == 0.0


def test_first_words_that_are_not_answered_are_a_failure() -> None:
    assert result_of(Greeter, Listen(), Say(WORDS), Listen())["why"] == NOT_ANSWERED


def test_an_agent_that_says_nothing_is_a_failure() -> None:
    assert result_of(Mute, Listen(), Say(WORDS), Listen())["why"] == AGENT_NOT_HEARD


def test_what_the_carrier_says_is_part_of_the_talk() -> None:
    assert result_of(None, document="<Say>All lines are busy.</Say><Hangup/>")["talk"] == [
        {"who": "carrier", "from_ms": 0.0, "to_ms": 0.0, "words": "All lines are busy."}
    ]


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (0, "No server answers at http://localhost/voice: start it with `make run` or `offhook demo`."),
        (403, "The webhook refused the call (403)"),
        (500, "The carrier gave up: 11200, http://localhost/voice answered 500."),
    ],
)
def test_an_answer_that_is_none_is_told_in_one_sentence(status: int, sentence: str) -> None:
    caller = Caller([])
    call = CarrierCall(Setup("http://localhost/voice", Account("AC1", "t")), caller)
    call.begin(0)
    call.answered(1, status, {}, b"", 10)
    assert str(report(call, caller)["why"]).startswith(sentence)


def test_a_stream_that_did_not_open_is_named() -> None:
    assert "31920" in str(result_of(None, Listen())["why"])
