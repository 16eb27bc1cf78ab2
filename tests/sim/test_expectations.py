"""Expectations hold or say in a sentence what was found instead."""

from typing import Any

import pytest

from offhook.sim.expectations import LINES, checked
from offhook.sim.script import parse

GOOD: dict[str, Any] = {
    "first_sound_ms": 240.0,
    "answers": [{"words": "hours", "at_ms": 5000.0, "ms": 400.0}],
    "barge_ins": [{"at_ms": 8000.0, "cleared": True, "silent_after_ms": 200.0}],
    "silences": [{"at_ms": 5000.0, "ms": 400.0}],
    "cut_short": [{"at_ms": 8200.0}],
    "talked_over": [],
    "gaps": [],
    "streams": 1,
    "ended_by": "agent",
    "ended_ms": 9000.0,
    "reason": "hung up by the TwiML",
    "heard": [],
    "caller_turns": [{"text": "what are your opening hours"}],
    "agent_turns": [{"text": "We are open.", "unheard": ""}],
}


def sentence(line: str, **changes: Any) -> str | None:
    expect = parse(f"steps: [cough]\nexpect: [{line}]", "a.yaml").expect
    (check,) = checked(expect, GOOD | changes)
    return check["failed"]


HOLD = [
    "greeted_within: 1s", "answered_within: 400ms", "silent_within: 200ms", "longest_silence: 1.2s", "barge_ins: 1",
    "cut_short: 1", "talked_over: 0", "gaps: 0", "streams: 1", "ended_by: agent", 'not_heard: "parrot"',
    "no_word_lost: true", 'understood: "what are your opening hours"',
]  # fmt: skip


@pytest.mark.parametrize("line", HOLD)
def test_what_holds_says_nothing(line: str) -> None:
    assert sentence(line) is None


def test_every_expectation_is_tried_here() -> None:
    assert {line.partition(":")[0] for line in HOLD} == set(LINES)


@pytest.mark.parametrize(("line", "changes", "expected"), [
    ("greeted_within: 200ms", {}, "expected greeted_within 200ms; the first sound came 240ms after the stream opened."),
    ("greeted_within: 1s", {"first_sound_ms": None}, "expected greeted_within 1s; nothing was heard."),
    ("answered_within: 300ms", {}, "expected answered_within 300ms; “hours” was answered after 400ms."),
    ("answered_within: 1s", {"answers": [{"words": "x", "at_ms": 8500.0, "ms": None}]}, "expected answered_within 1s; “x” was not answered."),
    ("silent_within: 100ms", {}, "expected silent_within 100ms; at 8.0 s it went on for 200ms."),
    ("longest_silence: 300ms", {}, "expected longest_silence 300ms; there were 400ms at 5.0 s."),
    ("barge_ins: 0", {}, "expected barge_ins 0; there was 1 (at 8.0 s)."),
    ("cut_short: 2", {}, "expected cut_short 2; there was 1 (at 8.2 s)."),
    ("gaps: 0", {"gaps": [{"at_ms": 1000.0}, {"at_ms": 2000.0}]}, "expected gaps 0; there were 2 (at 1.0 s, at 2.0 s)."),
    ("talked_over: 1", {}, "expected talked_over 1; there were 0."),
    ("streams: 2", {}, "expected streams 2; there were 1."),
    ("ended_by: caller", {}, "expected ended_by caller; it was ended by the agent (hung up by the TwiML)."),
    ("not_heard: parrot", {"heard": ["parrot"]}, "expected not_heard “parrot”; it was heard."),
    ("no_word_lost: true", {"agent_turns": [{"unheard": "and tea"}]}, "expected no_word_lost true; not heard: “and tea”."),
    ("no_word_lost: false", {}, "expected no_word_lost false; all was heard."),
    ("understood: hello", {}, "expected understood “hello”; understood: “what are your opening hours”."),
    ("understood: hello", {"caller_turns": []}, "expected understood “hello”; understood: nothing."),
])  # fmt: skip
def test_what_does_not_hold_is_a_sentence(line: str, changes: dict[str, Any], expected: str) -> None:
    assert sentence(line, **changes) == expected


def test_an_interruption_that_never_ended_is_slow_and_one_not_yielded_to_is_none() -> None:
    stubborn = [{"at_ms": 8000.0, "cleared": False, "silent_after_ms": None}]
    assert "it went on for good" in (sentence("silent_within: 5s", barge_ins=stubborn) or "")
    assert sentence("barge_ins: 0", barge_ins=stubborn) is None


def test_who_hangs_up_at_once_waits_for_no_answer() -> None:
    unanswered = [{"words": "bye", "at_ms": 8500.0, "ms": None}]
    assert sentence("answered_within: 1s", answers=unanswered, ended_by="caller") is None
    assert sentence("answered_within: 400ms", answers=unanswered, ended_by="caller") is not None
