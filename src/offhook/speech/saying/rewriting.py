"""A text that is changed step by step and still knows where in the original each of its characters comes from. Pure."""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable

Span = tuple[int, int]
"""A stretch of the original."""


class Rewriting:
    """Some text on its way from what is written to what is said.

    Positions are between characters. What replaces a stretch of the original counts as said when all of it was.
    """

    def __init__(self, original: str) -> None:
        self.original = original
        self.text = original
        self._spans: list[Span] = [(at, at + 1) for at in range(len(original))]

    def each(self, pattern: re.Pattern[str], written: Callable[[re.Match[str]], str | None]) -> None:
        """Replaces what the pattern finds; None leaves it. An empty match is an error."""
        self.replace((m.start(), m.end(), new) for m in pattern.finditer(self.text) if (new := written(m)) is not None)

    def replace(self, changes: Iterable[tuple[int, int, str]]) -> None:
        """Replaces stretches of the text, given in order as (begin, end, new)."""
        parts: list[str] = []
        spans: list[Span] = []
        done = 0
        for begin, end, new in changes:
            assert done <= begin < end, "changes are in order and none is empty"
            parts += (self.text[done:begin], new)
            spans += self._spans[done:begin]
            if new == self.text[begin:end]:
                spans += self._spans[begin:end]
            else:
                spans += [(self._spans[begin][0], self._spans[end - 1][1])] * len(new)
            done = end
        if done:
            self.text = "".join((*parts, self.text[done:]))
            self._spans = spans + self._spans[done:]

    def written(self, said: int) -> int:
        """How much of the original has been said when `text[:said]` has."""
        if said <= 0:
            return 0
        if said >= len(self._spans):
            return len(self.original)
        return min(self._spans[said - 1][1], self._spans[said][0])

    def said(self, written: int) -> int:
        """How much of the text must be said for `original[:written]` to have been."""
        return bisect_left(range(len(self._spans)), max(0, written), key=self.written) if written > 0 else 0
