"""The words of one item, which come as text and, apart from it, as times: each word of the text gets its time. Pure.

The two differ in small things (capitals, numbers, punctuation) and neither waits for the other.
"""

import re
from collections import deque

FAR = 60
"""Characters of text that a word may lie ahead of the one before; further on it is another of the same spelling."""

Timed = tuple[str, tuple[tuple[float, int], ...]]
"""Some text, and the times of the words that end in it, as ItemText has them."""


class WordTimes:
    """Those of one item."""

    def __init__(self) -> None:
        self._text = ""
        self._told = 0  # characters that were given out
        self._times: deque[tuple[str, float]] = deque()
        self._ms = 0.0

    def text(self, text: str) -> list[Timed]:
        """More text; what can be given out by now."""
        self._text += text
        return self._match()

    def time(self, word: str, end_ms: float) -> list[Timed]:
        """The time of the next word; what can be given out by now."""
        if word.strip():
            self._times.append((word.strip(), end_ms))
        return self._match()

    def rest(self) -> list[Timed]:
        """What no time came for, if anything is left."""
        rest, self._told = self._text[self._told :], len(self._text)
        self._times.clear()
        return [(rest, ())] if rest else []

    def _match(self) -> list[Timed]:
        given: list[Timed] = []
        while (found := self._next()) is not None:
            end, self._ms = found[0], max(self._ms, found[1])
            piece, self._told = self._text[self._told : end], end
            given.append((piece, ((self._ms, len(piece)),)))
        return given

    def _next(self) -> tuple[int, float] | None:
        """Where the next word that is in the text ends, and when; words before it that are not are passed over."""
        for passed_over, (word, end_ms) in enumerate(self._times):
            spelt = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)\S*", re.IGNORECASE)
            if match := spelt.search(self._text, self._told, self._told + FAR + len(word)):
                for _ in range(passed_over + 1):
                    self._times.popleft()
                return match.end(), end_ms
        return None
