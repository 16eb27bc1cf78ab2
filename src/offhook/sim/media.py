"""The messages of one media stream, as the carrier sends them and as strictly as it takes them.

Source: "Media Streams - WebSocket Messages" of Twilio's documentation. Every number inside a message is a string but the two of
`mediaFormat`. Pure: the time is an argument, in milliseconds.
"""

import base64
import binascii
import json
from typing import Any, Literal

from offhook.sim.stream import BYTES_PER_MS, MarkFaults, StreamPlayback
from offhook.sim.twiml import Verb

FRAME_MS = 20
SILENT_FRAME = b"\xff" * 160

BINARY_MESSAGE = 31950
INVALID_MESSAGE = 31951

_FIELDS: dict[str, tuple[str, str] | None] = {"media": ("media", "payload"), "mark": ("mark", "name"), "clear": None}


class MediaStream:
    """One `<Connect><Stream>`: the caller's frames out, the agent's audio into a playback buffer."""

    def __init__(self, sid: str, verb: Verb, account_sid: str, call_sid: str, marks: MarkFaults) -> None:
        self.sid = sid
        self.name = verb.attributes.get("name", sid)
        self.callback = verb.attributes.get("statusCallback")
        """The stream's own status callback, as the TwiML has it."""
        self.parameters = {each.attributes.get("name", ""): each.attributes.get("value", "") for each in verb.children}
        self.state: Literal["opening", "open", "ended"] = "opening"
        self.playback = StreamPlayback(marks)
        self.opened_ms: float | None = None
        """None if the connection never came up."""
        self.frames = 0
        """Frames of the caller that were sent."""
        self.faults: list[tuple[float, int, str]] = []
        """Every message that broke a rule: time, warning code, what was wrong."""
        self._account_sid = account_sid
        self._call_sid = call_sid
        self._sequence = 0
        self._warned: set[int] = set()

    # ------------------------------------------------------------ to the server

    def open(self, now: float) -> list[str]:
        """The connection is up: the first two messages."""
        self.state = "open"
        self.opened_ms = now
        start = {
            "accountSid": self._account_sid,
            "streamSid": self.sid,
            "callSid": self._call_sid,
            "tracks": ["inbound"],
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            "customParameters": self.parameters,
        }
        connected = {"event": "connected", "protocol": "Call", "version": "1.0.0"}
        return [_json(connected), self._message({"event": "start", "start": start})]

    @property
    def next_frame_ms(self) -> float:
        """When the caller's next frame is complete. Computed from the start, so that pacing never drifts."""
        return (self.opened_ms or 0.0) + (self.frames + 1) * FRAME_MS

    def frame(self, audio: bytes) -> str:
        """20 ms of the caller."""
        timestamp = self.frames * FRAME_MS
        self.frames += 1
        media = {
            "track": "inbound",
            "chunk": str(self.frames),
            "timestamp": str(timestamp),
            "payload": base64.b64encode(audio).decode(),
        }
        return self._message({"event": "media", "media": media})

    def digit(self, digit: str) -> str:
        """A key was pressed."""
        return self._message({"event": "dtmf", "dtmf": {"track": "inbound_track", "digit": digit}})

    def stop(self) -> str:
        """The stream or the call ends."""
        return self._message({"event": "stop", "stop": {"accountSid": self._account_sid, "callSid": self._call_sid}})

    def due(self, now: float) -> list[str]:
        """Marks that come back by now."""
        return [self._message(answer) for answer in self.playback.due(now)]

    def end(self, now: float) -> None:
        """The stream is over."""
        self.state = "ended"
        self.playback.end(now)

    def _message(self, message: dict[str, Any]) -> str:
        self._sequence += 1
        return _json(
            {"event": message["event"], "sequenceNumber": str(self._sequence), "streamSid": self.sid, **message}
        )

    # ------------------------------------------------------------ from the server

    def receive(self, message: str | bytes, now: float) -> tuple[dict[str, Any], list[str]]:
        """Takes one message. Gives back what the log should say, or nothing if it broke a rule, and the marks it brings back."""
        read = self._read(message, now)
        if read is None:
            return {}, []
        answers = [self._message(answer) for answer in self.playback.receive(read, now)]
        if read["event"] == "media":
            return {"what": "agent audio", "ms": len(read["media"]["payload"]) / BYTES_PER_MS}, answers
        if read["event"] == "mark":
            return {"what": "agent mark", "name": read["mark"]["name"]}, answers
        return {"what": "agent clear", "dropped_ms": self.playback.clears[-1].dropped_bytes / BYTES_PER_MS}, answers

    def take_warnings(self) -> list[tuple[int, str]]:
        """The warnings since this was last asked: of each kind one in the life of a stream."""
        warnings = [(code, wrong) for _, code, wrong in self.faults]
        warnings += [(code, "more than ten minutes of audio are waiting") for _, code in self.playback.warnings]
        new = {code: wrong for code, wrong in reversed(warnings) if code not in self._warned}
        self._warned |= set(new)
        return list(new.items())

    def _read(self, message: str | bytes, now: float) -> dict[str, Any] | None:
        if isinstance(message, bytes):
            self.faults.append((now, BINARY_MESSAGE, "binary message"))
            return None
        try:
            read = json.loads(message)
            wrong = self._wrong(read)
            if not wrong and read["event"] == "media":
                read["media"]["payload"] = base64.b64decode(read["media"]["payload"], validate=True)
        except (ValueError, binascii.Error) as error:
            wrong = f"unreadable: {error}"
        if wrong:
            self.faults.append((now, INVALID_MESSAGE, wrong))
            return None
        return dict(read)

    def _wrong(self, message: Any) -> str:
        """What breaks a rule, or nothing."""
        if not isinstance(message, dict):
            return "not an object"
        event = message.get("event")
        if not isinstance(event, str) or event not in _FIELDS:
            return f"unknown event {event!r}"
        if message.get("streamSid") != self.sid:
            return "wrong streamSid"
        inner = _FIELDS[event]
        extra = set(message) - {"event", "streamSid"}
        if inner is None:
            return f"extra keys {sorted(extra)}" if extra else ""
        name, key = inner
        body = message.get(name)
        if extra != {name}:
            return f"keys {sorted(extra)}, not [{name!r}]"
        if not isinstance(body, dict) or set(body) != {key} or not isinstance(body[key], str):
            return f"{name} is not an object of one text {key!r}"
        return ""


def _json(message: dict[str, Any]) -> str:
    return json.dumps(message, separators=(",", ":"))
