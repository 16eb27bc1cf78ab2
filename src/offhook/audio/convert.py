"""From one format to another, as a stream: what a call needs where its two legs speak different ones."""

from collections.abc import Callable
from typing import Protocol

from offhook.audio import g711
from offhook.audio.format import Format
from offhook.audio.resample import Down16To8, Down24To8, Down24To16, Up8To16Clean, Up8To24, Up16To24

STEPS = {
    (8000, 16000): Up8To16Clean, (8000, 24000): Up8To24, (16000, 24000): Up16To24,
    (16000, 8000): Down16To8, (24000, 8000): Down24To8, (24000, 16000): Down24To16,
}  # fmt: skip
"""What changes a rate, by the two of them."""
RATES = {rate for pair in STEPS for rate in pair}
DELAY_MS = 3
"""Of a change of rate. An `aligned` stream has none."""


class Change(Protocol):
    """A stream from one rate to another."""

    def __call__(self, pcm16: bytes) -> bytes:
        """The next piece."""

    def flush(self) -> bytes:
        """What is left at the end; as new then."""


class Converter:
    """Pieces of any length in, all that they determine out. Raises ValueError for a format that there is no way to."""

    def __init__(self, source: Format, target: Format, *, aligned: bool = False) -> None:
        """`aligned`: the filter's delay is taken off the beginning and given back by `flush`, so that a moment of the
        source is the same moment of the target."""
        if source.rate not in RATES or target.rate not in RATES:
            raise ValueError(f"no conversion from {source.rate} to {target.rate} samples a second")
        self._steps: list[Callable[[bytes], bytes]] = []
        self._rate: Change | None = None
        if source.encoding == "mulaw":
            self._steps.append(g711.decode)
        if source.rate != target.rate:
            self._rate = STEPS[source.rate, target.rate]()
            self._steps.append(self._rate)
        if target.encoding == "mulaw":
            self._steps.append(g711.encode)
        self._to_mulaw = target.encoding == "mulaw"
        self._delay = DELAY_MS * target.bytes_per_ms if aligned and self._rate is not None else 0
        self._skip = self._delay
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
        """What the filter still holds, at the end of the stream; the next one begins as new."""
        if self._rate is None:
            return b""
        rest = self._rate.flush()
        self._skip = self._delay
        return g711.encode(rest) if self._to_mulaw else rest


class Between:
    """Between a call and a leg of another format: the caller's audio one way, the leg's items the other."""

    def __init__(self, outer: Format, inner: Format) -> None:
        """`outer` is the call's format, `inner` the leg's. Raises ValueError if there is no way between them."""
        self._outer, self._inner = outer, inner
        self.up = Converter(outer, inner)
        """Takes the caller's audio, gives what the leg is to hear."""
        self._items: dict[str, Converter] = {}

    def down(self, item: str, audio: bytes) -> bytes:
        """Audio of an item in the call's format, each moment of it where it was: positions mean the same on both sides."""
        if (convert := self._items.get(item)) is None:
            convert = self._items[item] = Converter(self._inner, self._outer, aligned=True)
        return convert(audio)

    def end(self, item: str) -> bytes:
        """What is left of an item that has ended."""
        convert = self._items.pop(item, None)
        return convert.flush() if convert is not None else b""

    def clear(self) -> None:
        """Forgets the items that have not ended."""
        self._items.clear()
