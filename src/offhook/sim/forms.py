"""The form fields of the carrier's requests, as Twilio's webhook pages list them. Blank fields are sent: they count in signatures."""

from datetime import UTC, datetime
from email.utils import format_datetime

from offhook.sim.dial import Dialled
from offhook.sim.orders import Setup

Fields = list[tuple[str, str]]


def call(setup: Setup, status: str) -> Fields:
    """The fields of every request about a call."""
    return [
        ("CallSid", setup.call_sid),
        ("AccountSid", setup.account.sid),
        ("From", setup.caller),
        ("To", setup.called),
        ("Caller", setup.caller),
        ("Called", setup.called),
        ("ApiVersion", "2010-04-01"),
        ("CallStatus", status),
        ("Direction", setup.direction),
    ]


def incoming(setup: Setup) -> Fields:
    """The first webhook: where the two numbers are, mostly blank, and how far the caller's number is to be believed."""
    places = [
        (f"{who}{what}", "")
        for who in ("From", "To", "Caller", "Called")
        for what in ("City", "State", "Zip", "Country")
    ]
    return [*call(setup, "ringing"), *places, ("StirVerstat", "No-TN-Validation"), ("CallToken", "opaque")]


def ended(setup: Setup, status: str, now: float, talked_ms: float) -> Fields:
    """The status callback at the end of a call."""
    seconds = round(talked_ms / 1000)
    return [
        *call(setup, status),
        ("CallDuration", str(seconds)),
        ("Duration", str(-(-seconds // 60))),
        ("SipResponseCode", {"busy": "486", "no-answer": "487", "failed": "500"}.get(status, "200")),
        ("CallbackSource", "call-progress-events"),
        ("SequenceNumber", "0"),
        ("Timestamp", format_datetime(_wall(setup, now))),
    ]


def stream(setup: Setup, sid: str, name: str, event: str, error: int | None, now: float) -> Fields:
    """The status callback of a stream: `stream-started`, `stream-stopped` or `stream-error`."""
    return [
        ("AccountSid", setup.account.sid),
        ("CallSid", setup.call_sid),
        ("StreamSid", sid),
        ("StreamName", name),
        ("StreamEvent", event),
        *([("StreamError", str(error))] if error is not None else []),
        ("Timestamp", _wall(setup, now).isoformat(timespec="milliseconds").replace("+00:00", "Z")),
    ]


def dialled(setup: Setup, status: str, outcome: Dialled) -> Fields:
    """The `action` of `<Dial>`."""
    talked = outcome.talked_ms
    return [
        *call(setup, status),
        ("DialCallStatus", outcome.status),
        ("DialCallSid", outcome.sid),
        ("DialBridged", "false" if talked is None else "true"),
        *([("DialCallDuration", str(round(talked / 1000)))] if talked is not None else []),
    ]


def progress(setup: Setup, status: str, number: int, now: float) -> Fields:
    """A status callback of a call that the account makes; `number` counts from 0."""
    return [
        *call(setup, status),
        ("CallbackSource", "call-progress-events"),
        ("SequenceNumber", str(number)),
        ("Timestamp", format_datetime(_wall(setup, now))),
    ]


def over(talked_ms: float | None, sip_code: str, answered_by: str | None) -> Fields:
    """What the last status callback has besides: `talked_ms` None if nobody answered."""
    seconds = round((talked_ms or 0.0) / 1000)
    return [
        ("CallDuration", str(seconds)),
        *([("Duration", str(-(-seconds // 60)))] if talked_ms is not None else []),
        ("SipResponseCode", sip_code),
        *([("AnsweredBy", answered_by)] if answered_by else []),
    ]


def machine(setup: Setup, answered_by: str, took_ms: float) -> Fields:
    """What the detection of machines found, for its own callback."""
    return [
        ("CallSid", setup.call_sid),
        ("AccountSid", setup.account.sid),
        ("AnsweredBy", answered_by),
        ("MachineDetectionDuration", str(round(took_ms))),
    ]


def _wall(setup: Setup, now: float) -> datetime:
    return datetime.fromtimestamp(setup.epoch_s + now / 1000.0, UTC)
