"""The one table of paths that have other names: the canonical path of each, and the aliases that mean the same.

The aliases are the paths that sample programs made common, so that who moves from one of them changes nothing in the
Twilio console. A slash at the end is allowed everywhere.
"""

from typing import Final

INCOMING_CALL: Final = "/incoming-call"
NEXT: Final = "/twilio/next"
STATUS: Final = "/twilio/status"
MEDIA: Final = "/ws/media"
INTERRUPT: Final = "/api/calls/{call_id}/interrupt"
SAY: Final = "/api/calls/{call_id}/say"
HANG_UP: Final = "/api/calls/{call_id}/hangup"
TRANSFER: Final = "/api/calls/{call_id}/transfer"

ALIASES: Final = {
    INCOMING_CALL: ("/voice/incoming",),
    NEXT: (),
    STATUS: (),
    MEDIA: ("/media-stream", "/media", "/twilio/stream"),
    INTERRUPT: ("/interrupt-call/{call_id}",),
}
"""Canonical path → what else means it. A media alias has no call id: it serves streams of the user's own TwiML."""

OWN_TWIML: Final = ""
"""What `media_call_id` gives for a path that names no call."""


def paths(canonical: str) -> list[str]:
    """Every path to be routed for one of the HTTP entries."""
    return [path + slash for path in (canonical, *ALIASES[canonical]) for slash in ("", "/")]


def media_call_id(path: str) -> str | None:
    """The call id in a media path, OWN_TWIML where the path names none, None if it is no media path."""
    path = path.rstrip("/")
    if path == MEDIA or path in ALIASES[MEDIA]:
        return OWN_TWIML
    call_id = path.removeprefix(MEDIA + "/")
    return call_id if call_id != path and "/" not in call_id else None


def stream_url(origin: str, call_id: str) -> str:
    """The media stream's URL for a call, under the origin Twilio reached us at."""
    return "ws" + origin.removeprefix("http") + f"{MEDIA}/{call_id}"


def next_url(origin: str, call_id: str, epoch: int) -> str:
    """Where Twilio asks how to go on after the call's stream of this epoch has ended."""
    return f"{origin}{NEXT}?call_id={call_id}&epoch={epoch}"


def status_url(origin: str) -> str:
    """Where Twilio tells how calls and streams fare."""
    return f"{origin}{STATUS}"
