"""The caller's speech while there is nobody to hear it: kept in order, the oldest dropped first. Pure."""

from collections import deque
from collections.abc import Callable


class Backlog:
    """At most `most` bytes."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._frames: deque[bytes] = deque()
        self.size = 0
        """Bytes kept."""

    def keep(self, frame: bytes) -> None:
        """One more frame. Media plane."""
        self._frames.append(frame)
        self.size += len(frame)
        while self.size > self._most:
            self.size -= len(self._frames.popleft())

    def drain(self, take: Callable[[bytes], None]) -> None:
        """All of it, in order; nothing is kept any more."""
        frames, self._frames, self.size = self._frames, deque(), 0
        for frame in frames:
            take(frame)
