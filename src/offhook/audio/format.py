"""What a leg carries: encoding and rate."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Format:
    """Mono audio as raw bytes, `encoding` at `rate` samples a second."""

    encoding: Literal["mulaw", "pcm16"]
    rate: int

    @property
    def bytes_per_ms(self) -> int:
        """Bytes in one millisecond; every rate we carry is a whole number of samples a millisecond."""
        return self.rate // 1000 * (1 if self.encoding == "mulaw" else 2)

    def silence(self, ms: int) -> bytes:
        """`ms` milliseconds of silence."""
        return (b"\xff" if self.encoding == "mulaw" else b"\x00") * (ms * self.bytes_per_ms)


MULAW_8K = Format("mulaw", 8000)
PCM16_8K = Format("pcm16", 8000)
PCM16_16K = Format("pcm16", 16000)
PCM16_24K = Format("pcm16", 24000)
