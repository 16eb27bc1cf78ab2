"""What came of a call, as data, and when it counts as one that worked."""

import json
from dataclasses import replace
from typing import Any

import pytest

from offhook.sim.caller import Caller
from offhook.sim.carrier import CarrierCall
from offhook.sim.clock import run
from offhook.sim.memory import place_call
from offhook.sim.orders import Setup
from offhook.sim.report import AGENT_NOT_HEARD, NOT_ANSWERED, Turns, report, scripted
from offhook.sim.script import parse
from offhook.sim.signature import Account
from offhook.sim.steps import Leave, Listen, PressKey, Say, Sound, Step
from offhook.sim.understanding import Understanding
from tests.sim.echo import CONNECT, EchoStream, Webhooks

WORDS = b"\x20" * 8 * 400
STREAM = CONNECT.format(url="ws://localhost/media")


class Greeter(EchoStream):
    """Speaks once at the start; echoes nothing."""

    def receive(self, message: bytes) -> None:
        read = json.loads(message)
        if read["event"] == "start":
            self.sid = read["streamSid"]
            self.send(event="media", media={"payload": "EBAQEBAQEBAQ" * 80})


class Closing(Greeter):
    """Greets and hangs up two seconds later."""

    def receive(self, message: bytes) -> None:
        super().receive(message)
        if json.loads(message).get("media", {}).get("chunk") == "100":
            self.socket.close()


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


def script_result(server: type[EchoStream] | None, text: str, turns: Turns | None = None) -> dict[str, Any]:
    script = parse(text, "a.yaml")
    said = [replace(step, audio=WORDS) if isinstance(step, Say) else step for step in script.steps]
    understanding = Understanding({"parrot": [], "sorry what": [], "bell": []}, lambda _since_ms: "a parrot")
    caller = Caller(said, strict=True, understanding=understanding)
    call = CarrierCall(Setup("http://localhost/voice", Account("AC1", "t"), hang_up_after_ms=20_000.0), caller)
    app = Webhooks(voice=STREAM, next="<Hangup/>")
    run(place_call(call, app, lambda order, socket: server(socket) if server else None))
    return scripted(call, caller, script, understanding, turns)


def test_a_script_that_holds_has_nothing_that_failed() -> None:
    result = script_result(EchoStream, "name: x\nsteps: [say: hello]\nexpect: [answered_within: 1s, ended_by: caller]")
    assert result["failed"] == [] and result["why"] is None and result["script"] == "x"
    assert [check["failed"] for check in result["expect"]] == [None, None]
    assert result["steps"] == [{"step": 1, "at_ms": 0.0}, {"step": 1, "at_ms": 0.0}]
    assert result["ended_by"] == "caller" and 1000 < result["ended_ms"] < 2000
    assert json.loads(json.dumps(result)) == result


def test_each_expectation_that_fails_is_a_sentence() -> None:
    result = script_result(EchoStream, "steps: [say: hi]\nexpect: [gaps: 3, not_heard: parrot, streams: 1]")
    assert result["failed"] == ["expected gaps 3; there were 0.", "expected not_heard “parrot”; it was heard."]
    assert result["why"] == " ".join(result["failed"])


def test_a_step_that_fails_comes_alone() -> None:
    result = script_result(Greeter, "steps: [wait: greeting, say: hi, say: hello]\nexpect: [gaps: 3]")
    assert result["failed"] == ["step 3: the agent did not answer “hi” within 8s."]
    assert result["expect"] == []


def test_an_agent_that_is_not_heard_fails_a_script() -> None:
    assert script_result(Mute, "steps: [pause: 1s]")["failed"] == [AGENT_NOT_HEARD]


def test_steps_that_were_never_reached_fail() -> None:
    result = script_result(Closing, "steps: [wait: greeting, pause: 5s, say: more]")
    assert result["failed"] == ["step 2: the call was over before it: hung up by the TwiML."]
    assert result["ended_by"] == "agent"
    late = script_result(Greeter, "steps: [wait: greeting, pause: 60s]")
    assert late["failed"] == ["step 2: the call had taken too long by then."]


def test_an_end_that_was_waited_for_is_none() -> None:
    assert script_result(Closing, "steps: [wait: greeting, wait: end]\nexpect: [ended_by: agent]")["failed"] == []


def test_what_the_server_says_is_kept_and_judged() -> None:
    turns = Turns([{"at_ms": 0.0, "text": "hi"}], [{"at_ms": 0.0, "text": "hello", "unheard": "there"}])
    result = script_result(EchoStream, "steps: [say: hi]\nexpect: [understood: hi, no_word_lost: true]", turns)
    assert result["failed"] == ["expected no_word_lost true; not heard: “there”."]
    assert result["agent_turns"] == turns.agent


def test_a_sound_and_a_key_are_in_the_talk() -> None:
    result = result_of(EchoStream, Sound(WORDS, "cough"), PressKey("4"), Listen())
    assert {(line["who"], line.get("sound"), line.get("key")) for line in result["talk"]} == {
        ("caller", "cough", None), ("caller", None, "4"), ("agent", None, None),
    }  # fmt: skip


def test_what_the_server_said_was_said_even_if_the_ear_did_not_make_it_out() -> None:
    turns = Turns([], [{"at_ms": 0.0, "text": "Sorry, what?", "unheard": ""}])
    text = "steps: [say: hi]\nexpect: [not_heard: sorry what, not_heard: bell]"
    assert script_result(EchoStream, text, turns)["failed"] == ["expected not_heard “sorry what”; it was heard."]


def test_a_tie_in_the_last_digit_does_not_differ_by_the_place_on_the_clock() -> None:
    caller = Caller([])
    call = CarrierCall(Setup("http://localhost/voice", Account("AC1", "t")), caller)
    for began in (0.0, 1 / 3, 4321.1, 98765.7):  # seconds
        at_ms = ((began + 0.65025) - began) * 1000.0
        turns = Turns(caller=[{"at_ms": at_ms, "text": "yes"}])
        result = scripted(call, caller, parse("steps: [cough]", "a.yaml"), Understanding({}), turns)
        assert result["caller_turns"] == [{"at_ms": 650.2, "text": "yes"}]
