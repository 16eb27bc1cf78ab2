"""The input audio buffer of a session, and the turns that the server finds in it. Pure.

Times are milliseconds of audio since the session began, as the service counts them: not of a clock.
"""

import math
from dataclasses import dataclass
from typing import Any

from offhook.audio.vad import WINDOW_MS, SpeechGate, Track, VoiceBank
from offhook.sim.model_audio import Intake
from offhook.sim.model_wire import Sound

EAGERNESS_MS = {"low": 2000, "medium": 1000, "auto": 1000, "high": 500}
"""How long a silence must be for semantic_vad. The service weighs words; this stand-in weighs only time."""
LEAST_COMMIT_MS = 100.0
_FOLLOWING = ("create_response", "interrupt_response", "auto_truncate", "idle_timeout_ms")
_START_MS = 64
_HYSTERESIS = 0.15
_SPARE_MS = 500.0
"""Kept before the prefix padding, since speech is found out a moment after it began."""


@dataclass(slots=True)
class Started:
    """Speech began: `at_ms` has the prefix padding taken off."""

    at_ms: float


@dataclass(slots=True)
class Stopped:
    """Speech ended: `at_ms` includes the silence that was waited for."""

    at_ms: float


class InputBuffer:
    """What was appended and not yet committed."""

    def __init__(self, sound: Sound, turns: dict[str, Any] | None) -> None:
        self.appended_ms = 0.0
        """Audio since the session began."""
        self.speaking = False
        self._bank = VoiceBank()
        self._track: Track | None = None
        self._kept = bytearray()
        self._kept_from_ms = 0.0
        self._sound, self._intake, self._turns = sound, Intake(sound), turns
        self.fresh()

    def configure(self, sound: Sound, turns: dict[str, Any] | None) -> None:
        """Another format drops what was kept. What decides about speech begins anew if it is changed, else it goes on."""
        anew = sound != self._sound or _detection(turns) != _detection(self._turns)
        if sound != self._sound:
            self._sound, self._intake = sound, Intake(sound)
            self.clear()
        self._turns = turns
        if anew:
            self.fresh()

    def fresh(self) -> None:
        """Speech counts as not begun: the detection is another, or the client ended a turn itself."""
        self.speaking = False
        if self._track is not None:
            self._track.close()
            self._track = None
        if self._turns is not None:
            self._track = self._bank.open()
            self._gate, self._gate_from_ms = _gate(self._turns), self.appended_ms

    @property
    def kept_ms(self) -> float:
        """Audio that a commit would take."""
        return len(self._kept) / self._sound.bytes_per_ms

    def append(self, audio: bytes) -> list[Started | Stopped]:
        """More audio, and what the server notices by it."""
        self._kept += audio
        self.appended_ms += len(audio) / self._sound.bytes_per_ms
        if self._track is None:
            return []
        self._track.feed(self._intake(audio))
        noticed: list[Started | Stopped] = []
        for _, probabilities in self._bank.evaluate():
            for probability in probabilities:
                if (found := self._gate.update(probability)) is None:
                    continue
                self.speaking = found.kind == "started"
                if self.speaking:
                    noticed.append(Started(self._from(self._gate_from_ms + found.at_ms - self._prefix_ms)))
                else:
                    noticed.append(Stopped(self._gate_from_ms + self._gate.ms))
        if not self.speaking and not noticed:
            self._from(self.appended_ms - self._prefix_ms - _SPARE_MS)
        return noticed

    def commit(self) -> bytes:
        """Takes what is kept."""
        audio = bytes(self._kept)
        self.clear()
        return audio

    def clear(self) -> None:
        """Forgets what is kept."""
        self._kept.clear()
        self._kept_from_ms = self.appended_ms

    @property
    def _prefix_ms(self) -> float:
        return float((self._turns or {}).get("prefix_padding_ms", 300))

    def _from(self, at_ms: float) -> float:
        """Drops what was kept before that; gives where what is kept begins."""
        whole = max(0, int(at_ms - self._kept_from_ms))
        del self._kept[: whole * self._sound.bytes_per_ms]
        self._kept_from_ms += whole
        return self._kept_from_ms


def _detection(turns: dict[str, Any] | None) -> dict[str, Any] | None:
    """What of a turn detection decides about speech, not about what follows from it."""
    return None if turns is None else {key: value for key, value in turns.items() if key not in _FOLLOWING}


def _gate(turns: dict[str, Any]) -> SpeechGate:
    threshold = float(turns.get("threshold", 0.5))
    silence_ms = turns.get("silence_duration_ms", EAGERNESS_MS[turns.get("eagerness", "auto")])
    return SpeechGate(
        start_windows=max(1, math.ceil(turns.get("speech_duration_ms", _START_MS) / WINDOW_MS)),
        start_above=min(threshold, 0.99),
        stop_windows=max(1, math.ceil(silence_ms / WINDOW_MS)),
        stop_below=max(threshold - _HYSTERESIS, 0.01),
    )
