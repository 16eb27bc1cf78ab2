"""Cuts an answer into pieces to say while it is still written. Pure."""

import re

SOON_CHARS = 40
_END = re.compile(r"[.!?…]+[\"'”’)]*\s|\n|[。！？]")
_COMMA = re.compile(r"[,;:]\s")


class Pieces:
    """Of one answer, in the language of a tag."""

    def __init__(self, language: str, *, soon: bool) -> None:
        """`soon`: the first piece may be less than a sentence."""
        self._soon = soon
        self._text = ""

    def feed(self, text: str) -> list[str]:
        """More of the text; the pieces that are certain now."""
        self._text += text
        found = []
        while (end := _END.search(self._text)) or (self._soon and (end := _COMMA.search(self._text, 8))):
            found += self._cut(end.end())
        if self._soon and len(self._text) > SOON_CHARS:
            found += self.flush()
        return found

    def flush(self) -> list[str]:
        """What can be said of it now, up to the last whole word; nothing if that is less than two."""
        end = self._text.rfind(" ")
        return self._cut(end) if self._text[:end].strip().count(" ") >= 1 else []

    def end(self) -> list[str]:
        """The text is over; what is left of it."""
        return self._cut(len(self._text))

    def _cut(self, end: int) -> list[str]:
        piece, self._text = self._text[:end].strip(), self._text[end:]
        self._soon = self._soon and not piece
        return [piece] if piece else []
