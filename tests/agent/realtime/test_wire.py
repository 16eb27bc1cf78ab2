"""The realtime wire: golden messages of each dialect, and what servers must not be able to do with it."""

import base64
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offhook.agent.realtime import wire
from offhook.agent.realtime.wire import AZURE, BETA, GA
from offhook.errors import RemoteProtocolError

ROOT = Path(__file__).parents[3]
SAMPLES = next(
    (path for up in ROOT.parents[:2] if (path := up / "shared" / "protocols" / "samples").is_dir()),
    ROOT.parent / "shared" / "protocols" / "samples",
)
AUDIO = bytes(range(256)) * 4


def compact(kind: str, **fields) -> bytes:
    return json.dumps({"type": kind, "event_id": "e1"} | fields, separators=(",", ":")).encode()


def delta(kind: str, audio: bytes = AUDIO, **fields) -> bytes:
    ids = {"response_id": "resp_1", "item_id": "item_a1", "output_index": 0, "content_index": 0}
    return compact(kind, **ids, delta=base64.b64encode(audio).decode(), **fields)


# ---------------------------------------------------------------- audio


@pytest.mark.parametrize(
    ("dialect", "kind"),
    [(GA, "response.output_audio.delta"), (BETA, "response.audio.delta"), (AZURE, "response.audio.delta")],
)
def test_audio_is_cut_out_without_parsing(dialect, kind, monkeypatch):
    monkeypatch.setattr(wire.orjson, "loads", lambda _message: pytest.fail("parsed"))
    assert wire.parse(delta(kind), dialect) == wire.Audio("resp_1", "item_a1", AUDIO)
    assert wire.parse(delta(kind, obfuscation="x" * 40), dialect) == wire.Audio("resp_1", "item_a1", AUDIO)


@given(st.binary(max_size=500))
def test_the_short_way_and_the_long_way_agree(audio):
    message = delta("response.output_audio.delta", audio)
    spaced = json.dumps(json.loads(message)).encode()
    assert wire.parse(message, GA) == wire.parse(spaced, GA) == wire.Audio("resp_1", "item_a1", audio)


def test_another_layout_takes_the_long_way():
    body = json.loads(delta("response.output_audio.delta"))
    backwards = json.dumps(dict(reversed(body.items())), separators=(",", ":")).encode()
    assert wire.parse(backwards, GA) == wire.Audio("resp_1", "item_a1", AUDIO)


def test_names_that_quote_other_keys_do_not_mislead_the_short_way():
    sly = compact(
        "response.output_audio.delta", response_id="resp_1", item_id='x","item_id":"evil', delta="//8=", content_index=0
    )
    assert wire.parse(sly, GA) == wire.Audio("resp_1", 'x","item_id":"evil', b"\xff\xff")
    nested = compact("response.output_audio.delta", extra={"delta": "AAAA", "item_id": "no"}, response_id="r",
                     item_id="i", delta="//8=")  # fmt: skip
    assert wire.parse(nested, GA) == wire.Audio("r", "i", b"\xff\xff")


@pytest.mark.parametrize("bad", ["/", "//8", "//8= ", "é", "//8=//8="])
def test_bad_base64_is_the_servers_fault(bad):
    with pytest.raises(RemoteProtocolError):
        wire.parse(compact("response.output_audio.delta", response_id="r", item_id="i", delta=bad), GA)


def test_audio_of_the_other_dialect_is_of_no_interest():
    assert wire.parse(delta("response.audio.delta"), GA) is None
    assert wire.parse(delta("response.output_audio.delta"), AZURE) is None


def test_the_callers_audio_is_one_message():
    assert json.loads(wire.append(AUDIO)) == {
        "type": "input_audio_buffer.append", "audio": base64.b64encode(AUDIO).decode(),
    }  # fmt: skip
    assert len(wire.append(b"\xff" * 160)) < 300


# ---------------------------------------------------------------- everything else


@pytest.mark.parametrize("dialect", [GA, BETA, AZURE], ids=lambda each: each.name)
@pytest.mark.parametrize(
    ("kind", "fields", "fact"),
    [
        ("session.created", {"session": {"id": "sess_1"}}, wire.SessionCreated()),
        ("session.updated", {"session": {"expires_at": 1795169400}}, wire.SessionUpdated(1795169400.0)),
        ("session.updated", {"session": {"expires_at": None}}, wire.SessionUpdated(None)),
        ("session.updated", {}, wire.SessionUpdated(None)),
        ("input_audio_buffer.speech_started", {"audio_start_ms": 5, "item_id": "u"}, wire.SpeechStarted("u")),
        ("input_audio_buffer.speech_stopped", {"audio_end_ms": 9, "item_id": "u"}, wire.SpeechStopped("u")),
        ("input_audio_buffer.committed", {"item_id": "u", "previous_item_id": None}, wire.Committed("u")),
        (
            "conversation.item.input_audio_transcription.completed",
            {"item_id": "u", "content_index": 0, "transcript": " Hello.\n", "usage": {"type": "duration"}},
            wire.Transcribed("u", "Hello.", {"type": "duration"}),
        ),
        (
            "conversation.item.input_audio_transcription.completed",
            {"item_id": "u", "transcript": None},
            wire.Transcribed("u", "", {}),
        ),
        ("response.created", {"response": {"id": "r", "status": "in_progress"}}, wire.ResponseCreated("r")),
        (
            "response.done",
            {"response": {"id": "r", "status": "cancelled", "status_details": {"reason": "turn_detected"}}},
            wire.ResponseDone("r", "cancelled", "turn_detected", "", {}),
        ),
        (
            "response.done",
            {"response": {"id": "r", "status": "failed", "usage": None, "status_details": {
                "type": "failed", "error": {"code": "rate_limit_exceeded", "message": "Slow down."}}}},
            wire.ResponseDone("r", "failed", "Slow down.", "rate_limit_exceeded", {}),
        ),
        (
            "response.output_item.added",
            {"response_id": "r", "item": {"id": "a", "type": "message"}},
            wire.ItemAdded("r", "a", "message"),
        ),
        (
            "response.output_item.done",
            {"response_id": "r", "item": {"id": "a", "type": "message", "status": "incomplete"}},
            wire.ItemDone("r", "a", "message"),
        ),
        (
            "response.output_item.done",
            {"response_id": "r", "item": {"id": "f", "type": "function_call", "status": "completed",
                                          "call_id": "c", "name": "look", "arguments": "{}"}},
            wire.ToolWanted("r", "f", "c", "look", "{}"),
        ),
        (
            "error",
            {"error": {"type": "invalid_request_error", "code": None, "message": "No.", "event_id": "session"}},
            wire.Problem("invalid_request_error", "No.", "session"),
        ),
        ("warning", {"warning": {"code": "odd", "message": "Hm."}}, wire.Problem("odd", "Hm.", None, warning=True)),
        (
            "response.audio_timestamp.delta",
            {"response_id": "r", "item_id": "a", "audio_offset_ms": 490, "audio_duration_ms": 387, "text": "Hi"},
            wire.WordTime("r", "a", "Hi", 877.0),
        ),
        ("something.new", {"item_id": 7}, None),
        ("rate_limits.updated", {"rate_limits": []}, None),
    ],
)  # fmt: skip
def test_a_message_becomes_a_fact(dialect, kind, fields, fact):
    assert wire.parse(compact(kind, **fields), dialect) == fact


def test_words_have_another_name_in_each_dialect():
    for dialect, stem in ((GA, "response.output_audio_transcript"), (AZURE, "response.audio_transcript")):
        for kind in (f"{stem}.delta", stem.replace("audio_transcript", "text") + ".delta"):
            assert wire.parse(compact(kind, response_id="r", item_id="a", delta="Hi "), dialect) == wire.Words(
                "r", "a", "Hi "
            )


def test_a_function_call_that_was_cut_short_is_not_run():
    item = {
        "id": "f",
        "type": "function_call",
        "status": "incomplete",
        "call_id": "c",
        "name": "look",
        "arguments": "{",
    }
    done = wire.parse(compact("response.output_item.done", response_id="r", item=item), GA)
    assert done == wire.ItemDone("r", "f", "function_call")


@pytest.mark.parametrize(
    "message",
    [b"", b"null", b"[]", b"7", b"{", b'{"type":{}}', b'{"type":[]}', b'{"kind":"error"}', b"\xff\xfe",
     b'{"type":"response.created"}', b'{"type":"response.created","response":null}',
     b'{"type":"response.done","response":{"id":1,"status":"completed"}}',
     b'{"type":"response.output_item.done","item":{"id":"f","type":"function_call","call_id":"c","name":null}}',
     b'{"type":"input_audio_buffer.committed"}',
     b'{"type":"response.audio_timestamp.delta","item_id":"a","text":"x","audio_offset_ms":1e12,"audio_duration_ms":1}', b'{"type":"response.output_audio.delta","delta":null}'],
)  # fmt: skip
def test_what_is_no_message_of_the_protocol_is_told_as_such(message):
    with pytest.raises(RemoteProtocolError):
        wire.parse(message, GA)


@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_no_bytes_raise_anything_else(noise):
    for message in (noise, b'{"type":"response.output_audio.delta"' + noise, b'{"type":"error",' + noise):
        try:
            wire.parse(message, GA)
        except RemoteProtocolError:
            pass


def samples(prefix: str) -> list[Path]:
    return sorted(path for path in SAMPLES.glob(f"{prefix}-server-*.json"))


@pytest.mark.parametrize(("prefix", "dialect"), [("openai", GA), ("azure", AZURE)])
def test_every_sample_of_a_server_is_understood_or_ignored(prefix, dialect):
    if not (found := samples(prefix)):
        pytest.skip(f"the sample messages are not in {SAMPLES}")
    ignored = set()
    for path in found:
        message = json.loads(path.read_bytes())
        fact = wire.parse(json.dumps(message, separators=(",", ":")).encode(), dialect)
        assert fact == wire.parse(path.read_bytes(), dialect)
        if fact is None:
            ignored.add(message["type"])
    assert not {kind for kind in ignored if kind in dialect.facts}
    assert "session.created" not in ignored and f"{dialect.audio}.delta" not in ignored
