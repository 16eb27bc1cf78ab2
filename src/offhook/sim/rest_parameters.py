"""The parameters of the carrier's REST requests: which there are, and what they may hold.

Source: Twilio's OpenAPI document `twilio_api_v2010`. An unknown name is refused, though Twilio lets it pass: a misspelt parameter
is a mistake of the application under test. What a simulated call has no use for (recording, SIP credentials) is checked and ignored.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from urllib.parse import urlsplit

from offhook.sim.rest_errors import NOT_UNDERSTOOD, RestError

Check = Callable[[str], bool]


def is_url(text: str) -> bool:
    """An absolute URL that a webhook can be asked at."""
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _anything(_text: str) -> bool:
    return True


def _method(text: str) -> bool:
    return text.upper() in ("GET", "POST")


def _truth(text: str) -> bool:
    return text.lower() in ("true", "false")


def _url_or_none(text: str) -> bool:
    return not text or is_url(text)


def _between(least: int, most: int) -> Check:
    return lambda text: bool(re.fullmatch(r"[0-9]{1,9}", text)) and least <= int(text) <= most


def _one_of(*allowed: str) -> Check:
    return lambda text: text in allowed


def _sid(prefix: str) -> Check:
    return lambda text: not text or bool(re.fullmatch(prefix + "[0-9a-fA-F]{32}", text))


def _date(text: str) -> bool:
    return moment(text) is not None


def moment(text: str) -> tuple[datetime, bool] | None:
    """A date or a time of day as filters have it, and whether it is a whole day; None if it is neither."""
    try:
        whole = bool(re.fullmatch(r"\d{4}-\d{2}-\d{2}", text))
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found.replace(tzinfo=found.tzinfo or UTC), whole


_IGNORED = (
    "SipAuthUsername SipAuthPassword Trim CallerId Byoc CallReason CallToken ClientNotificationUrl RecordingChannels "
    "RecordingStatusCallback RecordingStatusCallbackMethod RecordingStatusCallbackEvent RecordingTrack"
)
CREATE: dict[str, Check] = {
    "To": _anything,
    "From": _anything,
    "Url": _anything,
    "Twiml": _anything,
    "ApplicationSid": _sid("AP"),
    "Method": _method,
    "FallbackUrl": _url_or_none,
    "FallbackMethod": _method,
    "StatusCallback": _anything,
    "StatusCallbackEvent": _anything,
    "StatusCallbackMethod": _method,
    "SendDigits": lambda text: bool(re.fullmatch(r"[0-9A-D#*wW]{0,32}", text)),
    "Timeout": _between(1, 600),
    "TimeLimit": _between(1, 86_400),
    "Record": _truth,
    "MachineDetection": _one_of("Enable", "DetectMessageEnd"),
    "MachineDetectionTimeout": _between(3, 59),
    "MachineDetectionSpeechThreshold": _between(1000, 6000),
    "MachineDetectionSpeechEndThreshold": _between(500, 5000),
    "MachineDetectionSilenceTimeout": _between(2000, 10_000),
    "AsyncAmd": _truth,
    "AsyncAmdStatusCallback": _url_or_none,
    "AsyncAmdStatusCallbackMethod": _method,
    **dict.fromkeys(_IGNORED.split(), _anything),
}
CHANGE: dict[str, Check] = {
    "Status": _one_of("completed", "canceled"),
    "Url": is_url,
    "Twiml": _anything,
    "Method": _method,
    "FallbackUrl": _url_or_none,
    "FallbackMethod": _method,
    "StatusCallback": _url_or_none,
    "StatusCallbackMethod": _method,
    "TimeLimit": _between(1, 86_400),
}
_PAGE: dict[str, Check] = {"PageSize": _between(1, 1000), "Page": _between(0, 10**6), "PageToken": _anything}
LIST_CALLS: dict[str, Check] = {
    "To": _anything,
    "From": _anything,
    "ParentCallSid": _sid("CA"),
    "Status": _one_of("queued", "ringing", "in-progress", "completed", "busy", "failed", "no-answer", "canceled"),
    **{f"{name}{sign}": _date for name in ("StartTime", "EndTime") for sign in ("", "<", ">")},
    **_PAGE,
}
LIST_NUMBERS: dict[str, Check] = {
    "PhoneNumber": _anything,
    "FriendlyName": _anything,
    "Beta": _truth,
    "Origin": _anything,
    **_PAGE,
}
_IGNORED_OF_A_NUMBER = (
    "AccountSid ApiVersion SmsApplicationSid SmsFallbackMethod SmsFallbackUrl SmsMethod SmsUrl EmergencyStatus "
    "EmergencyAddressSid VoiceReceiveMode IdentitySid AddressSid BundleSid"
)
CHANGE_NUMBER: dict[str, Check] = {
    "FriendlyName": lambda text: len(text) <= 64,
    "VoiceUrl": _url_or_none,
    "VoiceMethod": _method,
    "VoiceFallbackUrl": _url_or_none,
    "VoiceFallbackMethod": _method,
    "StatusCallback": _url_or_none,
    "StatusCallbackMethod": _method,
    "VoiceApplicationSid": _sid("AP"),
    "TrunkSid": _sid("TK"),
    "VoiceCallerIdLookup": _truth,
    **dict.fromkeys(_IGNORED_OF_A_NUMBER.split(), _anything),
}


def checked(fields: Iterable[tuple[str, str]], allowed: Mapping[str, Check]) -> dict[str, list[str]]:
    """The values of each parameter, in order. Raises RestError for one that is unknown, bad, or wrongly repeated."""
    found: dict[str, list[str]] = {}
    for name, value in fields:
        if name not in allowed:
            raise RestError(NOT_UNDERSTOOD, f"Unknown parameter '{name}'")
        if not allowed[name](value):
            raise RestError(NOT_UNDERSTOOD, f"Parameter '{name}' is not valid")
        found.setdefault(name, []).append(value)
        if len(found[name]) > 1 and not name.endswith("CallbackEvent"):
            raise RestError(NOT_UNDERSTOOD, f"Parameter '{name}' is given twice")
    return found
