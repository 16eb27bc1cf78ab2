"""Events to records: every type, numbers without gaps, texts that every database takes."""

import math

import orjson
import pytest

from offhook.agent.menu import Line
from offhook.core import events as e
from offhook.journal.record import Recorder, clean
from tests.core.talk import Talk

BEGAN = e.CallBegan("CA1", "AC1", "inbound", "+15550100", "+15550199")


@pytest.fixture
def recorder():
    return Recorder("c1", began_ms=5000.0, began_at=1_700_000_000.0)


def told(recorder, event, now=6234.56):
    return [(record.type, record.body) for record in recorder.records(event, now)]


def test_numbers_have_no_gaps_and_what_is_not_kept_has_none(recorder):
    events = [BEGAN, e.Answered("i1", 700.0), e.KeyPressed("5"), e.SpeechStarted(), e.StateChanged("connected")]
    records = [record for event in events for record in recorder.records(event, 6000.0)]
    assert [(record.seq, record.type) for record in records] == [
        (1, "call"), (2, "status"), (0, "latency"), (3, "key"), (4, "status"),
    ]  # fmt: skip


def test_a_resumed_call_goes_on_counting():
    recorder = Recorder("c1", 0.0, 0.0, seq=7)
    assert [record.seq for record in recorder.records(e.KeyPressed("1"), 0.0)] == [8]


def test_times_are_the_calls_and_the_worlds(recorder):
    [record] = recorder.records(e.KeyPressed("5"), 6234.56)
    assert (record.at_ms, record.at) == (1234.6, pytest.approx(1_700_000_001.2346))
    assert record.message() == {"type": "key", "call_id": "c1", "at_ms": 1234.6, "seq": 1, "digit": "5"}
    [latency] = recorder.records(e.Answered("i", 1.0), 6000.0)
    assert "seq" not in latency.message()


def test_the_states_in_the_carriers_words(recorder):
    states = ("connected", "parked", "connected", "ending", "ended")
    assert [body["status"] for state in states for _, body in told(recorder, e.StateChanged(state))] == [
        "in-progress", "parked", "in-progress", "ending",
    ]  # fmt: skip
    ended = e.Ended(e.Result.UNANSWERED, e.Reason.NO_STREAM)
    assert told(recorder, ended) == [
        ("status", {"status": "no-answer", "state": "ended"}),
        ("ended", {"result": "unanswered", "reason": "the carrier opened no media stream"}),
    ]


def test_turns(recorder):
    caller = e.TurnKept(1, "caller", "a table for two", "", None, 0.0, 0.0)
    assert told(recorder, caller) == [
        ("transcript", {"turn": 1, "role": "user", "text": "a table for two", "final": True})
    ]
    recorder.records(e.Answered("i1", 812.34), 7000.0)
    agent = e.TurnKept(2, "agent", "Gladly.", "When?", "i1", 700.04, 1400.0)
    body = {
        "turn": 2, "role": "assistant", "text": "Gladly.", "final": True, "item": "i1", "unheard": "When?",
        "heard_ms": 700.0, "generated_ms": 1400.0, "latency_ms": 812.3,
    }  # fmt: skip
    assert told(recorder, agent) == [("transcript", body)]


def test_the_steps_of_an_answer_are_kept_with_it(recorder):
    recorder.records(e.Staged("i", {"words": 210.0, "said": 640.5}), 1000.0)
    (record,) = recorder.records(e.TurnKept(2, "agent", "Yes.", "", "i", 700.0, 700.0), 2000.0)
    assert record.body["stages"] == {"words": 210.0, "said": 640.5}


def test_an_answer_that_nobody_heard_has_no_latency(recorder):
    recorder.records(e.Answered("i1", 800.0), 7000.0)
    [(_, body)] = told(recorder, e.TurnKept(2, "agent", "", "Gladly.", "i1", 0.0, 1400.0))
    assert "latency_ms" not in body


def test_tools_and_how_long_they_took(recorder):
    assert told(recorder, e.ToolCalled("t1", "book", '{"for": 2}'), 6000.0) == [
        ("tool", {"id": "t1", "name": "book", "status": "started", "arguments": '{"for": 2}'})
    ]
    finished = {"id": "t1", "name": "book", "status": "finished", "output": "done", "took_ms": 250.0}
    assert told(recorder, e.ToolFinished("t1", "done"), 6250.0) == [("tool", finished)]
    [(_, failed)] = told(recorder, e.ToolFinished("t2", "no", failed=True))
    assert failed["status"] == "failed"


def test_a_barge_in_tells_the_item_that_was_being_heard(recorder):
    [(_, body)] = told(recorder, e.BargedIn({"i1": 420.26, "i2": 0.0}))
    assert body == {"heard_ms": 420.3, "items": {"i1": 420.3, "i2": 0.0}}


def test_what_a_call_cost_so_far(recorder):
    bodies = [
        told(recorder, used)[0][1]
        for used in (e.Used("a", None, text_in=5), e.Used("b", 0.1, audio_out=7), e.Used("b", 0.2))
    ]
    assert [(body["cost_usd"], body["unpriced"]) for body in bodies] == [(None, True), (0.1, True), (0.3, True)]
    assert (bodies[0]["text_in"], bodies[1]["audio_out"]) == (5, 7)


def test_notes_of_tools_are_kept_when_they_change(recorder):
    data = {"order": [1], "when": math.nan, "x": {"x": "\0"}}
    [(_, body)] = told(recorder, e.Noted(data))
    assert body["data"] == {"order": [1], "when": None, "x": {"x": ""}}
    assert told(recorder, e.Noted(data)) == []
    data["order"].append(2)
    [(_, newer)] = told(recorder, e.Noted(data))
    assert (body["data"]["order"], newer["data"]["order"]) == ([1], [1, 2])
    assert told(recorder, e.Noted({"half": "\ud83d"})) == []


def test_notes_that_would_not_come_back_as_they_are_stay_out_and_are_told_of_once(recorder, caplog):
    data = {"order": [1], "thing": object(), "line": Line("latte"), 3: "three", "deep": {"a": {3: "x"}}}
    [(_, body)] = told(recorder, e.Noted(data))
    assert body["data"] == {"order": [1]}
    data["order"].append(2)
    assert told(recorder, e.Noted(data))[0][1]["data"] == {"order": [1, 2]}
    (line,) = caplog.messages
    assert "not JSON (Line, dict, object, str)" in line


def test_what_a_leg_remembers_is_kept_when_it_changes(recorder):
    first, second = {"open": ["Is that right?"]}, {"open": ["Anything else?"]}
    assert told(recorder, e.Remembered(first)) == [("memory", {"memory": first})]
    assert told(recorder, e.Remembered(first)) == []
    assert told(recorder, e.Remembered(second)) == [("memory", {"memory": second})]


def test_numbers_times_and_costs_of_a_call_that_another_process_began_go_on():
    recorder = Recorder("c", -5_000.0, 100.0, seq=7, usd=0.5, unpriced=True)
    (record,) = recorder.records(e.Used("m", 0.25), 1_000.0)
    assert (record.seq, record.at_ms, record.at) == (8, 6_000.0, 106.0)
    assert (record.body["cost_usd"], record.body["unpriced"]) == (0.75, True)


def test_every_body_is_json_that_databases_take(recorder):
    bad = "a\0b\ud83dc"
    events = [
        e.CallBegan(bad, bad, bad, bad, bad, {bad: bad}), e.AgentJoined(bad, name=bad), e.TurnKept(1, "caller", bad, "", None, 0.0, 0.0),
        e.TurnKept(2, "agent", bad, bad, bad, 1.0, 1.0), e.Answered(bad, 1.0), e.ToolCalled(bad, bad, bad),
        e.ToolFinished(bad, bad), e.BargedIn({bad: 1.0}), e.Used(bad, 1.0), e.StreamEnded(0, 1000.0),
    ]  # fmt: skip
    for event in events:
        for record in recorder.records(event, 6000.0):
            text = orjson.dumps(record.message())
            assert b"\\u0000" not in text
            assert b"a" in text


def test_clean_leaves_good_text_alone():
    assert clean({"a": ["Zoë ☕", 1, None, (2.5, True)]}) == {"a": ["Zoë ☕", 1, None, [2.5, True]]}


def test_why_an_agent_was_lost_is_kept(recorder):
    talk = Talk().tell(e.AgentLost("openai refused a request: 401 no such key"))
    (lost,) = [event for event in talk.events if isinstance(event, e.AgentLost)]
    assert told(recorder, lost) == [("problem", {"message": "openai refused a request: 401 no such key"})]


def test_the_recording_goes_on_counting_after_the_end(recorder):
    recorder.records(BEGAN, 5000.0)
    recorder.records(e.Ended(e.Result.COMPLETED, e.Reason.AGENT_HUNG_UP), 6000.0)
    (kept,) = recorder.at_rest().records(e.Recorded("file:///a.wav"), 7000.0)
    assert (kept.seq, kept.at_ms, kept.body) == (5, 2000.0, {"status": "kept", "url": "file:///a.wav"})
    assert told(recorder, e.RecordingLost("full")) == [("recording", {"status": "lost", "message": "full"})]
