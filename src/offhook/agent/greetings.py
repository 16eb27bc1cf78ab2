"""Fixed sentences as audio: a greeting, kept after its first whole use, and an agent's lines. They are heard at once."""

import re
from collections import OrderedDict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

import numpy as np

MOST = 512
LONGEST_BYTES = 60_000 * 48  # a minute of PCM16 at 24 kHz

Piece = tuple[bytes, str]
"""Some audio, and the words that came after it and before the next piece."""


def same_words(said: str, wanted: str) -> bool:
    """True if a model said what it was asked to, but for punctuation and capitals."""

    def bare(text: str) -> str:
        return "".join(letter for letter in text.casefold() if letter.isalnum())

    return bare(said) == bare(wanted)


def word_times(pieces: Sequence[Piece], bytes_per_ms: int) -> tuple[str, tuple[tuple[float, int], ...]]:
    """The whole text, and (end in ms, end in characters) of each word: straight lines between the moments at which words
    came, stretched so that the last word ends with the audio."""
    points, ms, chars = [(0.0, 0)], 0.0, 0
    for audio, words in pieces:
        ms += len(audio) / bytes_per_ms
        chars += len(words)
        if words:
            points.append((ms, chars))
    text = "".join(words for _, words in pieces)
    newest = points[-1][0]
    points = [(at * ms / newest, end) for at, end in points] if newest else [(0.0, 0), (ms, chars)]
    ends = [found.end() for found in re.finditer(r"\S+", text)]
    times = np.interp(ends, [end for _, end in points], [at for at, _ in points])
    return text, tuple((float(at), end) for at, end in zip(times, ends, strict=True))


@dataclass(slots=True)
class Recording:
    """A greeting that is being generated, and what came of it so far. `text` None: the model chose the words itself."""

    text: str | None
    response: str = ""
    """The answer that is the greeting, once it has begun."""
    pieces: list[Piece] = field(default_factory=list)

    def audio(self, response: str, audio: bytes) -> None:
        """More audio of an answer."""
        if response == self.response:
            self.pieces.append((audio, ""))

    def words(self, response: str, text: str) -> None:
        """More words of an answer, after its audio so far."""
        if response == self.response:
            audio, before = self.pieces.pop() if self.pieces else (b"", "")
            self.pieces.append((audio, before + text))


class Greetings:
    """The greetings of one engine, by what makes them sound as they do. The least recently used goes first."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, tuple[Piece, ...]] = OrderedDict()

    def find(self, key: Hashable) -> tuple[Piece, ...] | None:
        """The greeting, if it was heard once."""
        if (found := self._kept.get(key)) is not None:
            self._kept.move_to_end(key)
        return found

    def keep(self, key: Hashable, text: str, pieces: Sequence[Piece]) -> bool:
        """Keeps what was said for `text`. False if it was something else, or is too long."""
        said = "".join(words for _, words in pieces)
        size = sum(len(audio) for audio, _ in pieces)
        if not same_words(said, text) or not 0 < size <= LONGEST_BYTES:
            return False
        self._kept[key] = tuple(pieces)
        if len(self._kept) > MOST:
            self._kept.popitem(last=False)
        return True
