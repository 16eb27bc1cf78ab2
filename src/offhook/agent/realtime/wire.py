"""The realtime wire: messages of OpenAI Realtime and Azure Voice Live to facts, the caller's audio to messages. Pure.

One protocol in two dialects that differ in names: `GA`, OpenAI's own of today, and the older `BETA`, which compatible
servers and Azure Voice Live (`AZURE`) speak. What else we send is built in agent/realtime/messages.py.

Sources: OpenAI's "Realtime API reference: server events", Azure's "Voice Live API reference". Servers add events and
keys as they like: what is not known here is ignored.
"""

from binascii import Error as Base64Error
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import orjson
from pybase64 import b64decode, b64encode

from offhook.errors import RemoteProtocolError


@dataclass(frozen=True)
class Dialect:
    """How one family of servers names things."""

    name: Literal["ga", "beta", "azure"]
    audio: str
    transcript: str
    text: str
    assistant_text: str
    """The type of an assistant's written content."""
    nested: bool
    """The session's audio settings are nested under `audio`; else all lie flat."""
    says_exactly: bool
    """The server can speak words of ours as they are, without its model."""
    temperature: bool
    """The session has a temperature."""

    @cached_property
    def head(self) -> bytes:
        """How a delta of audio begins, as servers write it."""
        return b'{"type":"%b.delta"' % self.audio.encode()

    @cached_property
    def facts(self) -> dict[str, Callable[[dict[str, Any]], "Fact"]]:
        """What makes a fact of each type of message."""
        return _FACTS | {
            f"{self.audio}.delta": _audio,
            f"{self.transcript}.delta": _words,
            f"{self.text}.delta": _words,
        }


# ---------------------------------------------------------------- facts


@dataclass(slots=True)
class SessionCreated:
    """The first message: a session with the server's defaults."""


@dataclass(slots=True)
class SessionUpdated:
    """The session is as we asked."""

    expires_at: float | None
    """Unix seconds; None if the server does not say."""


@dataclass(slots=True)
class Problem:
    """The server refuses something, or warns. The session goes on unless it is closed too."""

    code: str
    message: str
    event_id: str | None
    """Of the message of ours it is about, if we gave it an id."""
    warning: bool = False


@dataclass(slots=True)
class SpeechStarted:
    """The caller began to speak."""

    item: str


@dataclass(slots=True)
class SpeechStopped:
    """The caller paused."""

    item: str


@dataclass(slots=True)
class Committed:
    """The caller's turn is over; it will be this item."""

    item: str


@dataclass(slots=True)
class Transcribed:
    """The words of a caller's turn; empty if there were none."""

    item: str
    text: str
    usage: dict[str, Any]


@dataclass(slots=True)
class ResponseCreated:
    """An answer begins."""

    response: str


@dataclass(slots=True)
class ResponseDone:
    """An answer is over."""

    response: str
    status: str
    """completed, cancelled, failed or incomplete."""
    reason: str
    """Why it was cut short; of a failed one the error's code and message."""
    code: str
    usage: dict[str, Any]


@dataclass(slots=True)
class ItemAdded:
    """An item of an answer begins."""

    response: str
    item: str
    kind: str
    """message, function_call, …"""


@dataclass(slots=True)
class ItemDone:
    """An item of an answer is complete, or as complete as it gets."""

    response: str
    item: str
    kind: str


@dataclass(slots=True)
class ToolWanted:
    """An item of an answer is complete, and is a function call. `call` is the server's name for this use."""

    response: str
    item: str
    call: str
    name: str
    arguments: str


@dataclass(slots=True)
class Audio:
    """More audio of an item."""

    response: str
    item: str
    audio: bytes


@dataclass(slots=True)
class Words:
    """More words of an item."""

    response: str
    item: str
    text: str


@dataclass(slots=True)
class WordTime:
    """A word of an item has been said, at so many milliseconds of its audio."""

    response: str
    item: str
    word: str
    end_ms: float


Fact = (
    SessionCreated | SessionUpdated | Problem | SpeechStarted | SpeechStopped | Committed | Transcribed
    | ResponseCreated | ResponseDone | ItemAdded | ItemDone | ToolWanted | Audio | Words | WordTime
)  # fmt: skip


# ---------------------------------------------------------------- reading


def parse(message: bytes, dialect: Dialect) -> Fact | None:
    """One message; None for one that is of no interest. Raises RemoteProtocolError for one that is none."""
    if message.startswith(dialect.head) and (cut := _cut_out(message)) is not None:
        return cut
    try:
        body = orjson.loads(message)
        read = dialect.facts.get(body["type"])
        return read(body) if read is not None else None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RemoteProtocolError(f"not a realtime message ({type(error).__name__})") from error


_LONGEST_MS = 1e9
_RESPONSE, _ITEM, _DELTA = b'"response_id":"', b'"item_id":"', b'"delta":"'


def _cut_out(message: bytes) -> Audio | None:
    """A delta of audio as servers write it, cut out without parsing; None for any other layout, which `parse` judges."""
    begin = message.find(_DELTA, 20, 600) + 9
    end = message.find(b'"', begin)
    head = message[:begin]
    if begin == 8 or end < 0 or b"\\" in head or head.count(b"{") != 1:
        return None
    response, item = _value(head, _RESPONSE), _value(head, _ITEM)
    if response is None or item is None:
        return None
    try:
        return Audio(response, item, b64decode(message[begin:end], None, True))
    except Base64Error:
        return None


def _value(head: bytes, key: bytes) -> str | None:
    begin = head.find(key) + len(key)
    end = head.find(b'"', begin)
    return head[begin:end].decode() if begin >= len(key) and end > begin else None


def _text(body: dict[str, Any], key: str) -> str:
    value = body[key]
    if not isinstance(value, str):
        raise TypeError(f"{key} is no text")
    return value


def _maybe(body: dict[str, Any], key: str) -> str:
    value = body.get(key)
    return value if isinstance(value, str) else ""


def _object(body: dict[str, Any], key: str) -> dict[str, Any]:
    value = body.get(key)
    return value if isinstance(value, dict) else {}


def _audio(body: dict[str, Any]) -> Audio:
    return Audio(_text(body, "response_id"), _text(body, "item_id"), b64decode(body["delta"], None, True))


def _words(body: dict[str, Any]) -> Words:
    return Words(_maybe(body, "response_id"), _text(body, "item_id"), _text(body, "delta"))


def _word_time(body: dict[str, Any]) -> WordTime:
    end_ms = float(body["audio_offset_ms"]) + float(body["audio_duration_ms"])
    if not 0.0 <= end_ms < _LONGEST_MS:  # NaN is neither
        raise ValueError("no time")
    return WordTime(_maybe(body, "response_id"), _text(body, "item_id"), _text(body, "text"), end_ms)


def _problem(body: dict[str, Any]) -> Problem:
    told = _object(body, "error")
    return Problem(
        _maybe(told, "code") or _maybe(told, "type"), _maybe(told, "message"), _maybe(told, "event_id") or None
    )


def _warning(body: dict[str, Any]) -> Problem:
    told = _object(body, "warning")
    return Problem(_maybe(told, "code"), _maybe(told, "message"), None, warning=True)


def _session_updated(body: dict[str, Any]) -> SessionUpdated:
    told = _object(body, "session").get("expires_at")
    return SessionUpdated(float(told) if isinstance(told, int | float) and told > 0 else None)


def _response_done(body: dict[str, Any]) -> ResponseDone:
    response = body["response"]
    details = _object(response, "status_details")
    error = _object(details, "error")
    code = _maybe(error, "code") or _maybe(error, "type")
    reason = _maybe(details, "reason") or _maybe(error, "message")
    return ResponseDone(_text(response, "id"), _text(response, "status"), reason, code, _object(response, "usage"))


def _item_done(body: dict[str, Any]) -> Fact:
    response, item = _maybe(body, "response_id"), body["item"]
    name, kind = _text(item, "id"), _text(item, "type")
    if kind == "function_call" and item.get("status") != "incomplete":
        return ToolWanted(response, name, _text(item, "call_id"), _text(item, "name"), _text(item, "arguments"))
    return ItemDone(response, name, kind)


def _item_added(body: dict[str, Any]) -> ItemAdded:
    return ItemAdded(_maybe(body, "response_id"), _text(body["item"], "id"), _text(body["item"], "type"))


def _transcribed(body: dict[str, Any]) -> Transcribed:
    return Transcribed(_text(body, "item_id"), _maybe(body, "transcript").strip(), _object(body, "usage"))


_FACTS: dict[str, Callable[[dict[str, Any]], Fact]] = {
    "session.created": lambda _body: SessionCreated(),
    "session.updated": _session_updated,
    "error": _problem,
    "warning": _warning,
    "input_audio_buffer.speech_started": lambda body: SpeechStarted(_maybe(body, "item_id")),
    "input_audio_buffer.speech_stopped": lambda body: SpeechStopped(_maybe(body, "item_id")),
    "input_audio_buffer.committed": lambda body: Committed(_text(body, "item_id")),
    "conversation.item.input_audio_transcription.completed": _transcribed,
    "response.created": lambda body: ResponseCreated(_text(body["response"], "id")),
    "response.done": _response_done,
    "response.audio_timestamp.delta": _word_time,
    "response.output_item.added": _item_added,
    "response.output_item.done": _item_done,
}

GA = Dialect(
    "ga", "response.output_audio", "response.output_audio_transcript", "response.output_text", "output_text",
    nested=True, says_exactly=False, temperature=False,
)  # fmt: skip
BETA = Dialect(
    "beta", "response.audio", "response.audio_transcript", "response.text", "text",
    nested=False, says_exactly=False, temperature=True,
)  # fmt: skip
AZURE = Dialect(
    "azure", "response.audio", "response.audio_transcript", "response.text", "text",
    nested=False, says_exactly=True, temperature=True,
)  # fmt: skip


# ---------------------------------------------------------------- the caller's audio


def append(audio: bytes) -> bytes:
    """The caller's audio, in the session's input format."""
    return b'{"type":"input_audio_buffer.append","audio":"%b"}' % b64encode(audio)
