"""What a person notices of who spoke when."""

from offhook.sim.hearing import Span
from offhook.sim.noticed import Quiet, Report, Spoken, answers_due, silences, talked_over


def report(*spoken: Spoken) -> Report:
    return Report(spoken=list(spoken))


def test_words_to_which_more_was_added_need_no_answer_of_their_own() -> None:
    first, second = Spoken(0, 1000, "one"), Spoken(1300, 2000, "two", answered_ms=400)
    assert answers_due(report(first, second)) == [second]
    last = Spoken(5000, 6000, "three")
    assert answers_due(report(first, second, last)) == [second, last]
    assert answers_due(report()) == []


def test_the_agent_talks_over_the_caller_if_it_begins_amid_the_callers_words() -> None:
    talk = report(Spoken(1000, 3000, ""))
    spans = [Span(500, 4000), Span(1100, 1200), Span(2000, 2500), Span(2900, 4000)]
    assert talked_over(talk, spans) == [Span(2000, 2500)]


def test_silences_are_those_that_were_the_agents() -> None:
    talk = report(Spoken(3000, 4000, ""), Spoken(9000, 9500, ""))
    spans = [Span(500, 2000), Span(4600, 6000), Span(7500, 8000)]
    assert silences(talk, spans, 11_000.0) == [
        Quiet(4000, 600, True),  # the answer
        Quiet(6000, 1500, True),  # the agent went on by itself
        Quiet(9500, 1500, False),  # the last words were never answered
    ]


def test_speech_within_speech_is_no_silence() -> None:
    assert silences(report(Spoken(1000, 1200, "")), [Span(0, 5000), Span(5300, 6000)], 6000.0) == [
        Quiet(5000, 300, True)
    ]
