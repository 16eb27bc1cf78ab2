"""Two parties joined by the carrier, as `<Dial>` joins them: each hears the other, 20 ms at a time. Pure; times in milliseconds."""

from collections.abc import Sequence
from functools import cache

import numpy as np

from offhook.audio import g711
from offhook.sim.media import FRAME_MS, SILENT_FRAME
from offhook.sim.orders import HangUp, Party, Press
from offhook.sim.stream import BYTES_PER_MS, StreamPlayback

RING_MS, RING_EVERY_MS = 2000, 6000
RING_HZ = (440, 480)


@cache
def _ringing() -> bytes:
    """One period of the tone that a caller hears while it rings, as in North America."""
    seconds = np.arange(RING_MS * BYTES_PER_MS) / 8000
    tone = sum(np.sin(2 * np.pi * hz * seconds) for hz in RING_HZ) * 2000
    silence = np.zeros((RING_EVERY_MS - RING_MS) * BYTES_PER_MS)
    return g711.encode(np.rint(np.concatenate((tone, silence))).astype("<i2").tobytes())


class Bridge:
    """The caller and whoever is dialled, from `at_ms` on; until `join` the caller hears it ring."""

    def __init__(self, caller: Party, at_ms: float) -> None:
        self.ear = StreamPlayback()
        """What the caller hears."""
        self.far_ear = StreamPlayback()
        """What the callee hears."""
        self.joined_ms: float | None = None
        self._caller = caller
        self._callee: Party | None = None
        self._began_ms = at_ms
        self._frames = 0

    def join(self, callee: Party, now: float) -> None:
        """The callee has answered."""
        self._callee, self.joined_ms = callee, now

    def caller_acts(self) -> Sequence[Press | HangUp]:
        """What the caller did since this was last asked."""
        return self._caller.acts()

    def callee_acts(self) -> Sequence[Press | HangUp]:
        """What the callee did."""
        return self._callee.acts() if self._callee is not None else ()

    @property
    def next_frame_ms(self) -> float:
        """When the next frame of both is complete."""
        return self._began_ms + (self._frames + 1) * FRAME_MS

    def frame(self, at: float) -> bytes:
        """20 ms both ways; gives back the caller's."""
        said = self._caller.frame(at, self.ear)
        if self._callee is None:
            begin = self._frames * FRAME_MS % RING_EVERY_MS * BYTES_PER_MS
            answer = _ringing()[begin : begin + len(SILENT_FRAME)]
        else:
            answer = self._callee.frame(at, self.far_ear)
            _hear(self.far_ear, said, at)
        _hear(self.ear, answer, at)
        self._frames += 1
        return said

    def end(self, now: float) -> None:
        """They are parted."""
        self.ear.end(now)
        self.far_ear.end(now)


def _hear(ear: StreamPlayback, frame: bytes, at: float) -> None:
    ear.receive({"event": "media", "media": {"payload": frame}}, at)
