"""When the words of a text end in its audio, told apart from it: each goes with the stretch of audio that it ends in."""

from collections import deque

from offhook.audio.format import Format
from offhook.speech.base import Sound, Word

FAR = 60
"""Characters that a word may lie ahead of the one before; further on it is another of the same spelling."""


class WordEnds:
    """Those of one text."""

    def __init__(self, text: str, format: Format) -> None:
        self._text, self._format = text, format
        self._bytes = 0
        self._at = 0  # characters whose time is known
        self._ends: deque[Word] = deque()

    def word(self, spelling: str, end_ms: float) -> None:
        """The next word, as it is spelt, ends there. One that the text does not have is left out."""
        found = self._text.lower().find(spelling.lower(), self._at, self._at + FAR + len(spelling)) if spelling else -1
        if found >= 0:
            self.upto(found + len(spelling), end_ms)

    def upto(self, end_char: int, end_ms: float) -> None:
        """`text[:end_char]`, and what of a word follows, has been said there."""
        while end_char < len(self._text) and not self._text[end_char].isspace():
            end_char += 1
        if end_char > self._at:
            self._at = end_char
            self._ends.append(Word(max(end_ms, self._ends[-1].end_ms if self._ends else 0.0), end_char))

    def sound(self, audio: bytes) -> Sound:
        """The next stretch of audio, with the words that end in it or before."""
        self._bytes += len(audio)
        return Sound(audio, self._until(self._bytes / self._format.bytes_per_ms))

    def rest(self) -> tuple[Word, ...]:
        """At the end of the audio: the words that should have ended in it, at its end."""
        end_ms = self._bytes / self._format.bytes_per_ms
        return tuple(Word(min(word.end_ms, end_ms), word.end_char) for word in self._until(float("inf")))

    def _until(self, ms: float) -> tuple[Word, ...]:
        due = []
        while self._ends and self._ends[0].end_ms <= ms:
            due.append(self._ends.popleft())
        return tuple(due)
