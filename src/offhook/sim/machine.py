"""A voicemail machine: greets, beeps, then records in silence. Pure; times in milliseconds."""

from collections.abc import Sequence
from functools import cache

import numpy as np

from offhook.audio import g711
from offhook.sim.media import FRAME_MS, SILENT_FRAME
from offhook.sim.orders import Callee, HangUp, Party, Press
from offhook.sim.stream import BYTES_PER_MS, StreamPlayback

BEEP_MS, BEEP_HZ = 500, 1000
PAUSE_MS = 300
"""Between the greeting and the beep."""
LONGEST_MESSAGE_MS = 120_000.0


@cache
def beep() -> bytes:
    """Half a second of 1000 Hz, as µ-law."""
    tone = np.sin(2 * np.pi * BEEP_HZ * np.arange(BEEP_MS * BYTES_PER_MS) / 8000) * 8000
    return g711.encode(np.rint(tone).astype("<i2").tobytes())


class Machine:
    """Plays from the answer on, whoever listens by then."""

    def __init__(self, audio: bytes, answered_ms: float) -> None:
        self._audio = audio
        self._answered_ms = answered_ms

    def frame(self, now: float, ear: StreamPlayback) -> bytes:
        """The 20 ms that end now."""
        begin = round((now - FRAME_MS - self._answered_ms) * BYTES_PER_MS)
        piece = self._audio[max(0, begin) : max(0, begin + len(SILENT_FRAME))]
        return (SILENT_FRAME[: max(0, -begin)] + piece).ljust(len(SILENT_FRAME), b"\xff")[: len(SILENT_FRAME)]

    def acts(self) -> Sequence[Press | HangUp]:
        """It presses nothing."""
        return ()


def machine(greeting: bytes, *, beeps: bool = True, after_ms: float = 8000.0) -> Callee:
    """A number whose machine answers after so much ringing, and hangs up when the message is too long."""
    greeting_ms = len(greeting) / BYTES_PER_MS
    pause = b"\xff" * (PAUSE_MS * BYTES_PER_MS)
    audio = greeting + pause + beep() if beeps else greeting

    def answers(answered_ms: float) -> Party:
        return Machine(audio, answered_ms)

    ends_ms = len(audio) / BYTES_PER_MS
    return Callee(
        after_ms=after_ms,
        person=answers,
        speech_ms=greeting_ms,
        beep_ms=ends_ms if beeps else None,
        leaves_ms=ends_ms + LONGEST_MESSAGE_MS,
    )
