"""Keys of the caller, collected until an entry is complete. Pure."""

from collections.abc import Callable

from offhook.core.deadlines import Deadlines

BETWEEN_MS = 3_000.0
"""An entry is over when no further key comes for so long."""
SECRET_MS = 60_000.0
"""A secret entry that has not begun by then is not awaited any more."""
END = "#"
MOST = 32
"""Keys of an entry: no number that is keyed in is longer."""
HIDDEN = "•"
"""Stands for a key that is not told."""
TONE_MS = 300.0
"""A key is told so soon, or so late: what lies within so long around it is its tone."""
TOGETHER_MS = 1_000.0
"""Keys that follow each other so closely are one stretch of tones."""


class Tones:
    """Tells the tones of keys, which the ears of an agent take for speech, from what the caller says."""

    def __init__(self) -> None:
        self._first: float | None = None
        self._last = 0.0

    def pressed(self, now: float) -> None:
        """A key."""
        if self._first is None or now - self._last > TOGETHER_MS:
            self._first = now
        self._last = now

    def cover(self, from_ms: float, until_ms: float) -> bool:
        """Whether what sounded like speech was no more than tones."""
        return self._first is not None and self._first - TONE_MS <= from_ms and until_ms <= self._last + TONE_MS


class Keypad:
    """One entry at a time. `over` is given each that is complete; it is empty if the keys enter nothing."""

    def __init__(self, deadlines: Deadlines, over: Callable[[str, float], None]) -> None:
        self._deadlines, self._over = deadlines, over
        self.pressed = ""
        """The keys of the entry so far."""
        self.wanted: int | None = None
        """How many keys the agent asked for; the last of them completes the entry."""
        self.secret = False
        """The entry that is awaited is for a tool alone."""
        self.entered = ""
        """The last entry, as it was keyed in."""

    def want(self, count: int, secret: bool, now: float) -> None:
        """The agent asks for keys."""
        self.wanted, self.secret = count, secret
        if secret:
            self._deadlines.set(self._no_secret, now + SECRET_MS)

    def _no_secret(self, _now: float) -> None:
        if not self.pressed:
            self.secret = False

    def shown(self, keys: str) -> str:
        """Keys as they may be told."""
        return HIDDEN * len(keys) if self.secret else keys

    def press(self, digit: str, now: float) -> None:
        """A key; the entry is over with it, or if no other follows soon."""
        if digit != END:
            self.pressed += digit
        if digit == END or len(self.pressed) >= min(self.wanted or MOST, MOST):
            self._complete(now)
        else:
            self._deadlines.set(self._complete, now + BETWEEN_MS)

    def _complete(self, now: float) -> None:
        self._deadlines.drop(self._complete)
        self.entered, self.pressed = self.pressed, ""
        told, self.secret = self.shown(self.entered), False
        self._over(told, now)
