"""A call for the eyes."""

import io
from typing import Any

from rich.console import Console

from offhook.cli.talk import show

RESULT: dict[str, Any] = {
    "status": "completed",
    "reason": "the caller hung up",
    "why": None,
    "talk": [
        {"who": "agent", "from_ms": 310.0, "to_ms": 5910.0},
        {"who": "caller", "from_ms": 6600.0, "to_ms": 7900.0, "words": "when [do] you open", "answered_ms": 368.0},
        {"who": "carrier", "from_ms": 9000.0, "to_ms": 9000.0, "words": "Good-bye."},
    ],
    "first_sound_ms": 238.2,
    "answers_ms": [368.0],
    "barge_ins": [{"at_ms": 6600.0, "heard_ms": 2335.4, "silent_after_ms": 319.0, "cleared": False}],
    "gaps": [{"at_ms": 1000.0, "ms": 40.0}],
    "underruns": 2,
    "streams": 1,
    "warnings": [
        {"at_ms": 1, "code": 31921, "message": "closed"},
        {"at_ms": 1, "code": 31951, "message": "not an object"},
    ],
}


def shown(**changed: Any) -> str:
    out = io.StringIO()
    show(RESULT | changed, Console(file=out, width=120, highlight=False))
    return out.getvalue()


def test_each_line_has_its_time_and_who_spoke() -> None:
    lines = [" ".join(line.split()) for line in shown().splitlines()]
    assert lines[:3] == [
        "0.31 s agent speaks for 5.6 s",
        "6.60 s caller “when [do] you open” (1.3 s), answered after 368 ms",
        "9.00 s carrier “Good-bye.”",
    ]


def test_words_without_an_answer_say_so() -> None:
    talk = [{"who": "caller", "from_ms": 0, "to_ms": 1000, "words": "hello", "answered_ms": None}]
    assert "not answered" in shown(talk=talk)


def test_what_a_person_noticed_is_told_below() -> None:
    text = shown()
    assert "first sound: 238 ms after the stream opened" in text
    assert "barge-in at 6.60 s: 2335 ms heard, silent after 319 ms, the agent did not yield" in text
    assert "gaps within speech: 40 ms at 1.00 s" in text
    assert "ended: completed, the caller hung up" in text


def test_an_ordinary_close_is_no_warning() -> None:
    assert "31951: not an object" in shown() and "31921" not in shown()


def test_a_call_without_a_talk_has_facts_only() -> None:
    assert shown(talk=[]).startswith("first sound")


def test_sounds_keys_and_expectations_are_told() -> None:
    talk = [
        {"who": "caller", "from_ms": 0, "to_ms": 500, "sound": "cough"},
        {"who": "caller", "from_ms": 900, "to_ms": 900, "key": "4"},
    ]
    expect = [{"name": "gaps", "wanted": "0", "failed": None}, {"name": "streams", "wanted": "2", "failed": "no."}]
    text = " ".join(shown(talk=talk, expect=expect).split())
    assert "0.00 s caller (cough) 0.90 s caller presses 4" in text
    assert "expected gaps 0: met expected streams 2: not met" in text
