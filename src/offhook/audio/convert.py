"""From one format to another, as a stream: what a call needs where its two legs speak different ones."""

from collections.abc import Callable

from offhook.audio import g711
from offhook.audio.format import Format
from offhook.audio.resample import Down24To8, Up8To24

RATES = (8000, 24000)
DELAY_MS = 3
"""Of a change of rate. An `aligned` stream has none."""


class Converter:
    """Pieces of any length in, all that they determine out. Raises ValueError for a format that there is no way to."""

    def __init__(self, source: Format, target: Format, *, aligned: bool = False) -> None:
        """`aligned`: the filter's delay is taken off the beginning and given back by `flush`, so that a moment of the
        source is the same moment of the target."""
        if source.rate not in RATES or target.rate not in RATES:
            raise ValueError(f"no conversion from {source.rate} to {target.rate} samples a second")
        self._steps: list[Callable[[bytes], bytes]] = []
        self._rate: Up8To24 | Down24To8 | None = None
        if source.encoding == "mulaw":
            self._steps.append(g711.decode)
        if source.rate != target.rate:
            self._rate = Up8To24() if target.rate > source.rate else Down24To8()
            self._steps.append(self._rate)
        if target.encoding == "mulaw":
            self._steps.append(g711.encode)
        self._to_mulaw = target.encoding == "mulaw"
        self._skip = DELAY_MS * target.bytes_per_ms if aligned and self._rate is not None else 0
        self._odd = b""

    def __call__(self, audio: bytes) -> bytes:
        """The next piece of the stream."""
        if self._rate is None and self._to_mulaw:  # half a sample waits for its other half
            audio = self._odd + audio
            whole = len(audio) & ~1
            self._odd, audio = audio[whole:], audio[:whole]
        for step in self._steps:
            audio = step(audio)
        if self._skip:
            skipped = min(self._skip, len(audio))
            self._skip -= skipped
            audio = audio[skipped:]
        return audio

    def flush(self) -> bytes:
        """What the filter still holds, at the end of the stream."""
        if self._rate is None:
            return b""
        rest = self._rate.flush()
        return g711.encode(rest) if self._to_mulaw else rest
