import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offhook.errors import RemoteProtocolError
from offhook.phone.twilio import wire

AUDIO = bytes(range(160))


def media(payload: str, **extra) -> bytes:
    body = {"track": "inbound", "chunk": "2", "timestamp": "40", "payload": payload, **extra}
    message = {"event": "media", "sequenceNumber": "3", "media": body, "streamSid": "MZ1"}
    return json.dumps(message, separators=(",", ":")).encode()


def start(**changes) -> bytes:
    body = {
        "streamSid": "MZ1", "accountSid": "AC1", "callSid": "CA1", "tracks": ["inbound"],
        "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
        "customParameters": {"token": "t"}, **changes,
    }  # fmt: skip
    return json.dumps({"event": "start", "sequenceNumber": "1", "start": body, "streamSid": "MZ1"}).encode()


def test_media_is_cut_out_without_parsing():
    assert wire.media_payload(media(base64.b64encode(AUDIO).decode())) == AUDIO


@given(st.binary(max_size=400))
def test_the_short_way_and_the_long_way_agree(audio):
    message = media(base64.b64encode(audio).decode())
    assert wire.media_payload(message) == audio
    assert wire.parse(message) == wire.Media(audio)


def test_another_layout_takes_the_long_way():
    message = json.dumps({"streamSid": "MZ1", "media": {"payload": "/w=="}, "event": "media"}).encode()
    assert wire.media_payload(message) is None
    assert wire.parse(message) == wire.Media(b"\xff")


def test_what_we_said_ourselves_is_not_the_callers():
    message = media("/w==").replace(b'"inbound"', b'"outbound"')
    assert wire.media_payload(message) is None
    with pytest.raises(RemoteProtocolError):
        wire.parse(message)


def test_a_start_names_its_stream_and_its_parameters():
    assert wire.parse(start()) == wire.Start("MZ1", "AC1", "CA1", {"token": "t"})


@pytest.mark.parametrize(
    "message",
    [
        b"", b"{", b"[]", b"null", b'"event"', b'{"event":"dance"}', b'{"event":["media"]}', b'{"event":"media"}',
        media("!!!"), media("/w="), b'{"event":"mark","mark":{}}', b'{"event":"dtmf","dtmf":{"digit":"55"}}',
        start(callSid='"},"x'), start(mediaFormat={"encoding": "audio/opus", "sampleRate": 8000}),
        start(customParameters=[1]), b"\xff\xfe",
    ],
)  # fmt: skip
def test_anything_else_is_refused(message):
    assert wire.media_payload(message) is None
    with pytest.raises(RemoteProtocolError):
        wire.parse(message)


@given(st.binary(max_size=200))
def test_garbage_never_raises_anything_else(message):
    try:
        wire.parse(message)
    except RemoteProtocolError:
        pass
    wire.media_payload(message)
    wire.timestamp_ms(message)


@pytest.mark.parametrize("told", ["nan", "inf", "-1", "9" * 400, "1e308", "soon"])
def test_a_timestamp_that_is_none_is_not_believed(told):
    assert wire.timestamp_ms(media("/w==", timestamp=told)) is None


def test_the_rest_of_the_messages():
    assert wire.parse(b'{"event":"connected","protocol":"Call","version":"1.0.0"}') == wire.Connected()
    assert wire.parse(b'{"event":"mark","streamSid":"MZ1","mark":{"name":"m7"}}') == wire.Mark("m7")
    assert wire.parse(b'{"event":"dtmf","dtmf":{"track":"inbound_track","digit":"#"}}') == wire.Dtmf("#")
    assert wire.parse(b'{"event":"stop","stop":{"accountSid":"AC1","callSid":"CA1"}}') == wire.Stop()
    assert wire.timestamp_ms(media("/w==")) == 40.0


def test_what_we_say_has_the_documented_keys_and_no_other():
    out = wire.Outgoing("MZ1")
    payload = base64.b64encode(AUDIO).decode()
    assert json.loads(out.media(AUDIO)) == {"event": "media", "streamSid": "MZ1", "media": {"payload": payload}}
    assert json.loads(out.mark("m1")) == {"event": "mark", "streamSid": "MZ1", "mark": {"name": "m1"}}
    assert json.loads(out.clear) == {"event": "clear", "streamSid": "MZ1"}
