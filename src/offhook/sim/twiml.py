"""TwiML as the carrier reads it: the verbs of a document, or the carrier's error.

Sources: the TwiML pages of Twilio's voice documentation and its error dictionary (12100 document parse failure, 12200 schema
validation, 12300 invalid content type). The simulator knows the verbs a voice agent uses; another one fails the call, so that
a typing error is not taken for silence.
"""

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from offhook.errors import RemoteProtocolError

PARSE_FAILURE = 12100
SCHEMA = 12200
CONTENT_TYPE = 12300

_CONTENT_TYPES = ("text/xml", "application/xml", "text/html")
_ACTION = "action method "
_CALLBACK = "statusCallback statusCallbackMethod "
_MACHINE = (
    "machineDetection machineDetectionTimeout machineDetectionSpeechThreshold machineDetectionSpeechEndThreshold "
    "machineDetectionSilenceTimeout amdStatusCallback amdStatusCallbackMethod "
)
_KNOWN: dict[str, tuple[str, str]] = {
    "Response": ("", "Say Play Pause Connect Redirect Dial Hangup Gather Reject"),
    "Say": ("voice language loop", "*"),
    "Play": ("loop digits", ""),
    "Pause": ("length", ""),
    "Connect": (_ACTION, "Stream"),
    "Stream": (_CALLBACK + "url name track connectorName audioFormat sampleRate", "Parameter"),
    "Parameter": ("name value", ""),
    "Redirect": ("method", ""),
    "Dial": (
        _ACTION
        + "timeout hangupOnStar timeLimit callerId record trim recordingStatusCallback recordingTrack events passports "
        "recordingStatusCallbackMethod recordingStatusCallbackEvent recordingConfigurationId answerOnBridge ringTone "
        "sequential referUrl referMethod",
        "Number Sip Client Conference Queue",
    ),
    "Number": (_CALLBACK + _MACHINE + "sendDigits url method statusCallbackEvent byoc", ""),
    "Sip": (_CALLBACK + _MACHINE + "username password url method statusCallbackEvent", ""),
    "Client": (_CALLBACK + "url method statusCallbackEvent", "*"),
    "Conference": ("*", ""),
    "Queue": ("*", ""),
    "Hangup": ("", ""),
    "Gather": (
        _ACTION
        + "timeout finishOnKey numDigits input partialResultCallback partialResultCallbackMethod language hints bargeIn "
        "debug actionOnEmptyResult speechTimeout maxSpeechTime profanityFilter speechModel enhanced dtmfDetection",
        "Say Play Pause",
    ),
    "Reject": ("reason", ""),
}
"""Of each element: the attributes and the children it may have; `*` is any."""


class TwimlError(RemoteProtocolError):
    """The document is none the carrier can follow; `code` is the carrier's error code."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


@dataclass(frozen=True, slots=True)
class Verb:
    """One element."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    text: str = ""
    children: tuple["Verb", ...] = ()

    def number(self, attribute: str, default: float) -> float:
        """A numeric attribute; the default if it is missing or none."""
        try:
            return float(self.attributes.get(attribute, default))
        except ValueError:
            return default


@dataclass(frozen=True, slots=True)
class Document:
    """What to do, in order, and what the carrier would warn about."""

    verbs: tuple[Verb, ...]
    warnings: tuple[str, ...]


def parse(body: bytes, content_type: str = "text/xml") -> Document:
    """Reads a document. An unknown attribute is a warning. Raises TwimlError for anything that is no TwiML."""
    if content_type.partition(";")[0].strip().lower() not in _CONTENT_TYPES:
        raise TwimlError(CONTENT_TYPE, f"content type {content_type!r} is no XML")
    try:
        root = ET.fromstring(body)
    except ET.ParseError as error:
        raise TwimlError(PARSE_FAILURE, f"the document is no XML: {error}") from error
    if root.tag != "Response":
        raise TwimlError(PARSE_FAILURE, f"the root element is <{root.tag}>, not <Response>")
    warnings: list[str] = []
    response = _verb(root, warnings)
    return Document(response.children, tuple(warnings))


def _verb(element: ET.Element, warnings: list[str]) -> Verb:
    attributes, children = (words.split() for words in _KNOWN[element.tag])
    warnings += [
        f"{SCHEMA}: <{element.tag}> has no attribute {name!r}"
        for name in element.attrib
        if name not in attributes and "*" not in attributes
    ]
    if "*" in children:  # marked-up text: <break>, <Identity>
        return Verb(element.tag, dict(element.attrib), "".join(element.itertext()).strip())
    for child in element:
        if child.tag not in children:
            raise TwimlError(SCHEMA, f"<{child.tag}> is unknown or not allowed in <{element.tag}>")
    return Verb(
        element.tag,
        dict(element.attrib),
        (element.text or "").strip(),
        tuple(_verb(child, warnings) for child in _elements(element)),
    )


def _elements(element: ET.Element) -> Iterator[ET.Element]:
    return (child for child in element if isinstance(child.tag, str))


def wrong_stream(stream: Verb, url: str, document_url: str) -> int | None:
    """The error code of a `<Stream>` that the carrier would not open, or None.

    `url` is its absolute URL. Where the document came without TLS, which the carrier itself would not do but a loopback does,
    the stream needs none either.
    """
    parts = urlsplit(url)
    if parts.scheme != "wss" and not (parts.scheme == "ws" and urlsplit(document_url).scheme == "http"):
        return 31922
    if not parts.hostname:
        return 31923
    if parts.query:
        return 31920
    return 31941 if stream.attributes.get("track", "inbound_track") != "inbound_track" else None
