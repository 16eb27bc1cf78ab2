"""Twilio Media Streams: JSON to facts, audio to JSON. Pure.

Shapes: "Media Streams - WebSocket Messages" of Twilio's documentation. Inside messages every number is a string.
"""

import re
from binascii import Error as Base64Error
from dataclasses import dataclass
from typing import Any

import orjson
from pybase64 import b64decode, b64encode

from offhook.core import events as e
from offhook.errors import RemoteProtocolError


def verdict_of(answered_by: str) -> e.CalleeKnown | None:
    """What an AnsweredBy means ("Answering Machine Detection" of Twilio's documentation); None for what is none."""
    kind, _, how = answered_by.partition("_")
    if kind not in ("human", "machine", "fax", "unknown"):
        return None
    return e.CalleeKnown(kind, message_over=how.startswith("end"))  # type: ignore[arg-type]


@dataclass(slots=True)
class Connected:
    """The first message; it names no stream."""


@dataclass(slots=True)
class Start:
    """The stream begins. Once, right after `Connected`."""

    stream_sid: str
    account_sid: str
    call_sid: str
    parameters: dict[str, str]


@dataclass(slots=True)
class Media:
    """The caller's audio, µ-law 8 kHz, of any length."""

    audio: bytes


@dataclass(slots=True)
class Dtmf:
    """The caller pressed a key."""

    digit: str


@dataclass(slots=True)
class Mark:
    """A mark of ours: all sent before it was played, or a `clear` dropped it."""

    name: str


@dataclass(slots=True)
class Stop:
    """The stream is over."""


Message = Connected | Start | Media | Dtmf | Mark | Stop

_MEDIA = b'{"event":"media"'
_PAYLOAD = b'"payload":"'
_OUTBOUND = b'"outbound"'
_SID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LONGEST_MS = 1e10
_DIGITS = frozenset("0123456789*#ABCD")


def media_payload(message: bytes) -> bytes | None:
    """The audio of an inbound media message as Twilio writes it, cut out without parsing; None for anything else.

    Anything else includes media in another layout or with bad base64: `parse` judges those.
    """
    if not message.startswith(_MEDIA):
        return None
    begin = message.find(_PAYLOAD, 16) + 11
    end = message.find(b'"', begin)
    if begin == 10 or end < 0 or message.find(_OUTBOUND, 16, begin) > 0:
        return None
    try:
        return b64decode(message[begin:end], None, True)
    except Base64Error:
        return None


def timestamp_ms(message: bytes) -> float | None:
    """`media.timestamp` of a media message: milliseconds since the stream began, on the carrier's clock."""
    try:
        told = float(orjson.loads(message)["media"]["timestamp"])
    except (ValueError, KeyError, TypeError):
        return None
    return told if 0.0 <= told < _LONGEST_MS else None  # NaN is neither


def chunk(message: bytes) -> int | None:
    """`media.chunk` of a media message: its number among the stream's, from 1."""
    try:
        told = int(orjson.loads(message)["media"]["chunk"])
    except (ValueError, KeyError, TypeError):
        return None
    return told if 0 < told < _LONGEST_MS else None


def parse(message: bytes) -> Message:
    """One message. Raises RemoteProtocolError for one that is not of the protocol."""
    try:
        body = orjson.loads(message)
        fact: Message = _EVENTS[body["event"]](body)
        return fact
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RemoteProtocolError(f"not a Media Streams message ({type(error).__name__})") from error


def _start(body: dict[str, Any]) -> Start:
    start = body["start"]
    stream_sid, account_sid, call_sid = start["streamSid"], start["accountSid"], start["callSid"]
    media = start.get("mediaFormat", {"encoding": "audio/x-mulaw", "sampleRate": 8000})
    if media["encoding"] != "audio/x-mulaw" or int(media["sampleRate"]) != 8000:
        raise ValueError("a media format that is not µ-law 8 kHz")
    if not all(isinstance(sid, str) and _SID.fullmatch(sid) for sid in (stream_sid, account_sid, call_sid)):
        raise ValueError("a sid of another form")
    parameters = start.get("customParameters") or {}
    return Start(stream_sid, account_sid, call_sid, {str(key): str(value) for key, value in parameters.items()})


def _media(body: dict[str, Any]) -> Media:
    if body["media"].get("track", "inbound") != "inbound":
        raise ValueError("a track that is not the caller's")
    return Media(b64decode(body["media"]["payload"], None, True))


def _dtmf(body: dict[str, Any]) -> Dtmf:
    digit = body["dtmf"]["digit"]
    if digit not in _DIGITS:
        raise ValueError("not a key of a telephone")
    return Dtmf(digit)


_EVENTS: dict[str, Any] = {
    "connected": lambda _body: Connected(),
    "start": _start,
    "media": _media,
    "dtmf": _dtmf,
    "mark": lambda body: Mark(str(body["mark"]["name"])),
    "stop": lambda _body: Stop(),
}


class Outgoing:
    """What we say on one stream; nothing but the documented keys (an extra one is warning 31951)."""

    def __init__(self, stream_sid: str) -> None:
        sid = stream_sid.encode("ascii")
        self._media = b'{"event":"media","streamSid":"%b","media":{"payload":"' % sid
        self._mark = b'{"event":"mark","streamSid":"%b","mark":{"name":"' % sid
        self.clear = b'{"event":"clear","streamSid":"%b"}' % sid

    def media(self, audio: bytes) -> bytes:
        """Audio to append to the carrier's buffer, µ-law 8 kHz of any length."""
        return b'%b%b"}}' % (self._media, b64encode(audio))

    def mark(self, name: str) -> bytes:
        """A mark; `name` is of letters and digits."""
        return b'%b%b"}}' % (self._mark, name.encode("ascii"))
