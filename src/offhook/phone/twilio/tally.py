"""What a media stream carried, counted on the way. Pure; told once, when the stream is over."""

from offhook.core.events import StreamEnded
from offhook.phone.twilio import wire


class Tally:
    """Of one stream. What happens for every frame costs an addition and a comparison."""

    __slots__ = ("_began", "_epoch", "corrections", "longest_gap_ms", "media_in", "media_out", "underruns")

    def __init__(self, epoch: int, began: float) -> None:
        self._epoch, self._began = epoch, began
        self.media_in = self.media_out = self.underruns = self.corrections = 0
        self.longest_gap_ms = 0.0

    def came(self, gap_ms: float) -> None:
        """A message of the caller's audio, so long after the one before."""
        self.media_in += 1
        self.longest_gap_ms = max(self.longest_gap_ms, gap_ms)

    def ended(self, newest: bytes, now: float) -> StreamEnded:
        """`newest`: the newest media message, whose number tells how many there were."""
        numbered = wire.chunk(newest)
        missing = max(0, numbered - self.media_in) if numbered is not None else 0
        return StreamEnded(
            self._epoch, now - self._began, self.media_in, self.media_out, missing, self.longest_gap_ms,
            self.underruns, self.corrections,
        )  # fmt: skip
