"""The one table of paths that have other names: the canonical path of each, and the aliases that mean the same.

The aliases are the paths that sample programs made common, so that who moves from one of them changes nothing in the
Twilio console. A slash at the end is allowed everywhere.
"""

from typing import Final

INCOMING_CALL: Final = "/incoming-call"
TWIML: Final = "/twilio/twiml"
NEXT: Final = "/twilio/next"
STATUS: Final = "/twilio/status"
MEDIA: Final = "/ws/media"
BROWSER: Final = "/web/ws"
INTERRUPT: Final = "/api/calls/{call_id}/interrupt"
SAY: Final = "/api/calls/{call_id}/say"
HANG_UP: Final = "/api/calls/{call_id}/hangup"
TRANSFER: Final = "/api/calls/{call_id}/transfer"

ALIASES: Final = {
    INCOMING_CALL: ("/voice/incoming",),
    TWIML: (),
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


def next_url(origin: str, call_id: str, epoch: int, in_vain: int = 0) -> str:
    """Where Twilio asks how to go on after the call's stream of this epoch has ended; `in_vain`: so many before it never
    came."""
    return f"{origin}{NEXT}?call_id={call_id}&epoch={epoch}" + (f"&in_vain={in_vain}" if in_vain else "")


def twiml_url(origin: str, call_id: str) -> str:
    """Where Twilio asks what to do when a call of ours was answered."""
    return f"{origin}{TWIML}?call_id={call_id}"


def status_url(origin: str, call_id: str = "") -> str:
    """Where Twilio tells how calls and streams fare; of a call of ours, whose sid we may not know yet, with its id."""
    return f"{origin}{STATUS}" + (f"?call_id={call_id}" if call_id else "")
