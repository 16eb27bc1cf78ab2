"""Answering machine detection: what the carrier makes of what it hears after the answer, and when. Pure.

By sound alone, as Twilio's page "Answering Machine Detection" has it: long speech is a machine, so that a talkative person is
taken for one and a terse machine for a person.
"""

from dataclasses import dataclass

from offhook.sim.orders import Callee

FAX_MS = 3000.0


@dataclass(slots=True)
class Detection:
    """What REST asked for. `until_end`: `DetectMessageEnd`, which waits for the beep."""

    until_end: bool = False
    timeout_ms: float = 30_000.0
    speech_ms: float = 2400.0
    """Speech of this length is a machine's."""
    speech_end_ms: float = 1200.0
    """Silence of this length ends a speech."""
    silence_ms: float = 5000.0
    """Silence of this length after the answer is nobody knows whose."""
    is_async: bool = False
    """The call does not wait for the verdict, which is told to `callback`."""
    callback: str | None = None
    callback_method: str = "POST"


def verdict(callee: Callee, detection: Detection) -> tuple[str, float]:
    """`AnsweredBy`, and how long after the answer it is known."""
    answered_by, at_ms = _heard(callee, detection)
    if at_ms > detection.timeout_ms:
        decided = detection.until_end and callee.speech_ms >= detection.speech_ms
        answered_by, at_ms = ("machine_end_other" if decided else "unknown"), detection.timeout_ms
    if callee.verdict_ms is not None:
        at_ms = callee.verdict_ms
    return callee.answered_by or answered_by, at_ms


def _heard(callee: Callee, detection: Detection) -> tuple[str, float]:
    if callee.fax:
        return "fax", FAX_MS
    if not callee.speech_ms:
        return "unknown", detection.silence_ms
    if callee.speech_ms < detection.speech_ms:
        return "human", callee.speech_ms + detection.speech_end_ms
    if not detection.until_end:
        return "machine_start", detection.speech_ms
    if callee.beep_ms is not None:
        return "machine_end_beep", callee.beep_ms
    return "machine_end_silence", callee.speech_ms + detection.speech_end_ms
