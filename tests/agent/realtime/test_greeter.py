"""The rules of a greeting; whole calls are in test_realtime_greeting.py."""

from offhook import Agent
from offhook.agent.greetings import Greetings
from offhook.agent.realtime.greeter import Greeter
from offhook.agent.realtime.lines import Lines
from offhook.agent.realtime.messages import Shape
from offhook.agent.realtime.wire import AZURE, GA, ResponseDone


def greeter(greeting="Hello.", dialect=GA):
    shape = Shape(Agent(greeting=greeting), dialect, "t")
    lines = Lines(Greetings(), "m", shape)
    return Greeter(shape, lines), lines


def done(status="completed"):
    return ResponseDone("r1", status, "", "", {})


def test_a_greeting_is_asked_for_exactly_where_the_server_can():
    made, _ = greeter(dialect=AZURE)
    assert "pre_generated_assistant_message" in made.wish(dict)
    told = []
    greeter()[0].wish(lambda how: told.append(how) or {})
    greeter(None)[0].wish(lambda how: told.append(how) or {})
    assert "exactly the following" in told[0] and "Greet the caller" in told[1]


def test_while_it_is_generated_the_caller_does_not_stop_it_and_from_then_on_does():
    made, lines = greeter()
    made.opens(resumed=False)
    assert not made.interrupts
    made.wish(lambda _how: {})
    made.begins("r1")
    made.recording.audio("r1", b"\x01" * 80)
    made.recording.words("r1", "Hello.")
    made.over(done())
    assert made.interrupts and lines.greeting() is not None
    made.opens(resumed=False)
    assert made.interrupts, "it is known by now"


def test_one_that_fails_is_said_again_and_another_answer_is_none():
    made, lines = greeter()
    made.opens(resumed=False)
    made.wish(lambda _how: {})
    made.begins("r1")
    made.over(done("failed"))
    assert made.recording.response == ""
    made.begins("r2")
    made.over(done())
    assert not made.interrupts, "not that one"
    assert lines.greeting() is None


def test_who_calls_greets_in_other_words_and_says_what_it_is():
    shape = Shape(Agent(disclosure="I am a machine."), GA, "t")
    told = []
    for inbound in (True, False):
        Greeter(shape, Lines(Greetings(), "m", shape)).wish(lambda how: told.append(how) or {}, inbound=inbound)
    assert "Greet the caller" in told[0]
    assert "called somebody" in told[1] and told[1].endswith("say exactly the following: I am a machine.")
