"""Where a call is in its TwiML: the verb that runs, how long it takes, and the keys a `<Gather>` collects. Pure.

Spoken and played audio is timed, not made: the caller of this simulator is after the agent's voice, not the carrier's.
"""

from offhook.sim.twiml import Verb

MS_PER_CHARACTER = 65.0
"""About fifteen characters a second, an ordinary reading voice."""
PLAYED_FILE_MS = 3000.0
"""What a `<Play>` of a file takes: files are not fetched."""
DIGIT_MS = 200.0
"""A tone and its pause; `w` waits 0.5 s and `W` 1 s."""
GATHER_TIMEOUT_S = 5.0


class Verbs:
    """The verbs of one document, in order."""

    def __init__(self, verbs: tuple[Verb, ...]) -> None:
        self.until_ms: float | None = None
        """When the running verb is over by itself; None if it takes no time or waits for something else."""
        self.spoken = ""
        """What the running verb says."""
        self._left = list(verbs)
        self._running: Verb | None = None
        self._digits = ""

    def next(self, now: float) -> Verb | None:
        """Begins the next verb; None if there is none."""
        self.until_ms = None
        self._running = self._left.pop(0) if self._left else None
        self.spoken = _spoken(self._running) if self._running else ""
        if self._running and (ms := _length_ms(self._running)) is not None:
            self.until_ms = now + ms
        self._digits = ""
        return self._running

    def finish(self) -> Verb:
        """The running verb is over."""
        verb, self._running, self.until_ms = self._running, None, None
        assert verb is not None, "no verb runs"
        return verb

    def press(self, digit: str) -> tuple[Verb, str] | None:
        """A key while no stream is open: the `<Gather>` that it completes, and the digits."""
        verb = self._running
        if verb is None or verb.name != "Gather":
            return None
        finish = verb.attributes.get("finishOnKey", "#")
        if digit != finish:
            self._digits += digit
        if (digit == finish and self._digits) or len(self._digits) >= verb.number("numDigits", float("inf")):
            self.finish()
            return verb, self._digits
        return None


def _length_ms(verb: Verb) -> float | None:
    """How long a verb takes; None for one that takes no time or ends otherwise."""
    if verb.name == "Say":
        return len(verb.text) * MS_PER_CHARACTER * max(1.0, verb.number("loop", 1))
    if verb.name == "Pause":
        return verb.number("length", 1.0) * 1000.0
    if verb.name == "Play":
        digits = verb.attributes.get("digits")
        if digits is None:
            return PLAYED_FILE_MS * max(1.0, verb.number("loop", 1))
        return sum({"w": 500.0, "W": 1000.0}.get(digit, DIGIT_MS) for digit in digits)
    if verb.name == "Gather":
        nested = sum(_length_ms(child) or 0.0 for child in verb.children)
        return nested + verb.number("timeout", GATHER_TIMEOUT_S) * 1000.0
    return None


def _spoken(verb: Verb) -> str:
    if verb.name == "Say":
        return verb.text
    return " ".join(child.text for child in verb.children if child.name == "Say")
