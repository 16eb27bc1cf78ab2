"""Takes out what a model writes to itself before it answers: `<think>…</think>`, as open models behind many servers do. Pure."""

OPEN, CLOSE = ("<think>", "<thinking>", "<thought>"), ("</think>", "</thinking>", "</thought>")


class Aloud:
    """One answer: what of it is to be said."""

    def __init__(self) -> None:
        self._held = ""
        self._close = ""
        self._begun = self._thought = False

    def feed(self, text: str) -> str:
        """More of the answer; what of it is certainly said aloud."""
        if self._begun:
            return text
        self._held += text
        if self._close:
            return self._after_thought()
        opening = self._held.lstrip().lower()
        for open_, close in zip(OPEN, CLOSE, strict=True):
            if opening.startswith(open_):
                self._close, self._held = close, self._held.lstrip()[len(open_) :]
                return self._after_thought()
        if any(open_.startswith(opening) for open_ in OPEN):
            return ""  # it may become one, and is not long yet
        self._begun, said, self._held = True, self._held, ""
        return said.lstrip() if self._thought else said

    def _after_thought(self) -> str:
        at = self._held.lower().find(self._close)
        if at < 0:
            self._held = self._held[-len(self._close) :]
            return ""
        self._held, self._close, self._thought = self._held[at + len(self._close) :], "", True
        return self.feed("")

    def end(self) -> str:
        """The answer is over: what was held because it might have become a thought."""
        held, self._held = ("" if self._close else self._held), ""
        return held.lstrip() if self._thought else held
