"""The messages of a media stream: golden shapes out, strictness in."""

import base64
import json
from typing import Any

import pytest

from offhook.sim.media import BINARY_MESSAGE, INVALID_MESSAGE, SILENT_FRAME, MediaStream
from offhook.sim.stream import EXCESS_DROPPED, MarkFaults
from offhook.sim.twiml import parse

SID = "MZ00000000000000000000000000000001"
CALL = "CA00000000000000000000000000000001"
ACCOUNT = "AC00000000000000000000000000000001"
STREAM = b'<Response><Connect><Stream url="wss://h/m" name="agent"><Parameter name="token" value="t"/></Stream></Connect></Response>'


@pytest.fixture
def stream() -> MediaStream:
    return MediaStream(SID, parse(STREAM).verbs[0].children[0], ACCOUNT, CALL, MarkFaults())


def read(message: str) -> dict[str, Any]:
    return dict(json.loads(message))


def test_the_first_two_messages(stream: MediaStream) -> None:
    connected, start = map(read, stream.open(1000))
    assert connected == {"event": "connected", "protocol": "Call", "version": "1.0.0"}
    assert start == {
        "event": "start",
        "sequenceNumber": "1",
        "streamSid": SID,
        "start": {
            "accountSid": ACCOUNT,
            "streamSid": SID,
            "callSid": CALL,
            "tracks": ["inbound"],
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            "customParameters": {"token": "t"},
        },
    }


def test_frames_are_counted_in_texts(stream: MediaStream) -> None:
    stream.open(1000)
    assert stream.next_frame_ms == 1020
    stream.frame(SILENT_FRAME)
    second = read(stream.frame(b"\0" * 160))
    assert second == {
        "event": "media",
        "sequenceNumber": "3",
        "streamSid": SID,
        "media": {
            "track": "inbound",
            "chunk": "2",
            "timestamp": "20",
            "payload": base64.b64encode(b"\0" * 160).decode(),
        },
    }
    assert stream.next_frame_ms == 1060


def test_keys_and_stop(stream: MediaStream) -> None:
    stream.open(0)
    assert read(stream.digit("5")) == {
        "event": "dtmf",
        "sequenceNumber": "2",
        "streamSid": SID,
        "dtmf": {"track": "inbound_track", "digit": "5"},
    }
    assert read(stream.stop()) == {
        "event": "stop",
        "sequenceNumber": "3",
        "streamSid": SID,
        "stop": {"accountSid": ACCOUNT, "callSid": CALL},
    }


def test_a_mark_comes_back_in_the_carriers_shape(stream: MediaStream) -> None:
    stream.open(0)
    note, answers = stream.receive(json.dumps({"event": "mark", "streamSid": SID, "mark": {"name": "m-1"}}), 5)
    assert note == {"what": "agent mark", "name": "m-1"}
    assert read(answers[0]) == {
        "event": "mark",
        "sequenceNumber": "2",
        "streamSid": SID,
        "mark": {"name": "m-1"},
    }


def test_audio_and_clear_are_noted_with_their_lengths(stream: MediaStream) -> None:
    audio = json.dumps(
        {"event": "media", "streamSid": SID, "media": {"payload": base64.b64encode(b"\1" * 800).decode()}}
    )
    assert stream.receive(audio, 0)[0] == {"what": "agent audio", "ms": 100}
    clear = json.dumps({"event": "clear", "streamSid": SID})
    assert stream.receive(clear, 40)[0] == {"what": "agent clear", "dropped_ms": 60}


@pytest.mark.parametrize(
    "message",
    [
        "no json",
        "[]",
        '"x"',
        "{}",
        '{"event":["media"]}',
        json.dumps({"event": "sing", "streamSid": SID}),
        json.dumps({"event": "clear", "streamSid": "MZ2"}),
        json.dumps({"event": "clear"}),
        json.dumps({"event": "clear", "streamSid": SID, "why": 1}),
        json.dumps({"event": "mark", "streamSid": SID}),
        json.dumps({"event": "mark", "streamSid": SID, "mark": {"name": 1}}),
        json.dumps({"event": "mark", "streamSid": SID, "mark": {"name": "m", "more": 1}}),
        json.dumps({"event": "media", "streamSid": SID, "media": {"payload": "?"}}),
        json.dumps({"event": "media", "streamSid": SID, "media": {"payload": "AAAA"}, "sequenceNumber": "1"}),
        json.dumps({"event": "media", "streamSid": SID, "media": {"payload": "AAAA", "track": "outbound"}}),
    ],
)
def test_a_message_that_breaks_a_rule_is_ignored_and_warned_of_once(stream: MediaStream, message: str) -> None:
    stream.receive(message, 1)
    stream.receive(message, 2)
    assert [(at, code) for at, code, _ in stream.faults] == [(1, INVALID_MESSAGE), (2, INVALID_MESSAGE)]
    assert [code for code, _ in stream.take_warnings()] == [INVALID_MESSAGE]
    stream.receive(message, 3)
    assert stream.take_warnings() == []
    assert stream.playback.played == []


def test_a_binary_message_has_a_warning_of_its_own(stream: MediaStream) -> None:
    stream.receive(b"\0", 1)
    assert [code for code, _ in stream.take_warnings()] == [BINARY_MESSAGE]


def test_too_much_waiting_audio_is_warned_of_once(stream: MediaStream) -> None:
    payload = base64.b64encode(b"\1" * 8 * 400_000).decode()
    for now in range(3):
        stream.receive(json.dumps({"event": "media", "streamSid": SID, "media": {"payload": payload}}), now)
    assert [code for code, _ in stream.take_warnings()] == [EXCESS_DROPPED]
    assert stream.take_warnings() == []


def test_a_stream_without_a_name_is_called_by_its_sid() -> None:
    verb = parse(STREAM.replace(b' name="agent"', b"")).verbs[0].children[0]
    assert MediaStream(SID, verb, ACCOUNT, CALL, MarkFaults()).name == SID


def test_an_ended_stream_plays_no_more(stream: MediaStream) -> None:
    stream.end(0)
    assert stream.state == "ended"
