"""TwiML as the carrier reads it, and what it cannot follow."""

import pytest
from twilio.twiml.voice_response import Connect, VoiceResponse

from offhook.sim.twiml import CONTENT_TYPE, PARSE_FAILURE, SCHEMA, TwimlError, Verb, parse, wrong_stream


def test_the_carriers_own_builder_is_understood() -> None:
    response = VoiceResponse()
    response.say("Hello.", voice="alice")
    connect = Connect(action="/next")
    stream = connect.stream(url="wss://h/media", name="agent")
    stream.parameter(name="token", value="t")
    response.append(connect)
    response.redirect("/again")
    response.hangup()
    document = parse(str(response).encode())
    assert [verb.name for verb in document.verbs] == ["Say", "Connect", "Redirect", "Hangup"]
    say, connected, redirect, _ = document.verbs
    assert (say.text, say.attributes["voice"], redirect.text) == ("Hello.", "alice", "/again")
    (inner,) = connected.children
    assert inner.attributes == {"url": "wss://h/media", "name": "agent"}
    assert inner.children == (Verb("Parameter", {"name": "token", "value": "t"}),)
    assert document.warnings == ()


def test_marked_up_speech_is_read_as_its_text() -> None:
    assert parse(b"<Response><Say>One <break time='1s'/> moment.</Say></Response>").verbs[0].text == "One  moment."


def test_comments_are_skipped() -> None:
    assert [verb.name for verb in parse(b"<Response><!-- x --><Hangup/></Response>").verbs] == ["Hangup"]


def test_an_unknown_attribute_is_a_warning() -> None:
    assert parse(b'<Response><Hangup colour="red"/></Response>').warnings == (
        "12200: <Hangup> has no attribute 'colour'",
    )


@pytest.mark.parametrize(
    ("body", "content_type", "code"),
    [
        (b"", "text/xml", PARSE_FAILURE),
        (b"<Response><Say></Response>", "text/xml", PARSE_FAILURE),
        (b"<Answer/>", "text/xml", PARSE_FAILURE),
        (b"<Response><Sing/></Response>", "text/xml; charset=utf-8", SCHEMA),
        (b"<Response><Connect><Say/></Connect></Response>", "application/xml", SCHEMA),
        (b"{}", "application/json", CONTENT_TYPE),
    ],
)
def test_what_is_no_twiml_has_the_carriers_error_code(body: bytes, content_type: str, code: int) -> None:
    with pytest.raises(TwimlError) as caught:
        parse(body, content_type)
    assert caught.value.code == code


def test_a_number_that_is_none_is_the_default() -> None:
    assert Verb("Pause", {"length": "x"}).number("length", 1) == 1
    assert Verb("Pause", {"length": "2"}).number("length", 1) == 2


@pytest.mark.parametrize(
    ("url", "document", "track", "code"),
    [
        ("wss://h/media", "https://h/voice", "inbound_track", None),
        ("ws://127.0.0.1/media", "http://127.0.0.1/voice", "inbound_track", None),
        ("ws://h/media", "https://h/voice", "inbound_track", 31922),
        ("https://h/media", "https://h/voice", "inbound_track", 31922),
        ("wss:///media", "https://h/voice", "inbound_track", 31923),
        ("wss://h/media?x=1", "https://h/voice", "inbound_track", 31920),
        ("wss://h/media", "https://h/voice", "both_tracks", 31941),
    ],
)
def test_a_stream_that_the_carrier_would_not_open(url: str, document: str, track: str, code: int | None) -> None:
    assert wrong_stream(Verb("Stream", {"track": track}), url, document) == code
