"""Keys of the caller, collected until an entry is complete. Pure."""

BETWEEN_MS = 3_000.0
"""An entry is over when no further key comes for so long."""
SECRET_MS = 60_000.0
"""A secret entry that has not begun by then is not awaited any more."""
END = "#"
MOST = 32
"""Keys of an entry: no number that is keyed in is longer."""
HIDDEN = "•"
"""Stands for a key that is not told."""


class Keypad:
    """One entry at a time."""

    def __init__(self) -> None:
        self.pressed = ""
        """The keys of the entry so far."""
        self.wanted: int | None = None
        """How many keys the agent asked for; the last of them completes the entry."""
        self.secret = False
        """The entry that is awaited is for a tool alone."""
        self.entered = ""
        """The last entry, as it was keyed in."""

    def want(self, count: int, secret: bool) -> None:
        """The agent asks for keys."""
        self.wanted, self.secret = count, secret

    def shown(self, keys: str) -> str:
        """Keys as they may be told."""
        return HIDDEN * len(keys) if self.secret else keys

    def press(self, digit: str) -> bool:
        """A key; True if the entry is complete."""
        if digit == END:
            return True
        self.pressed += digit
        return len(self.pressed) >= min(self.wanted or MOST, MOST)

    def take(self) -> str:
        """The entry as it may be told; the next key begins another."""
        self.entered, self.pressed = self.pressed, ""
        told, self.secret = self.shown(self.entered), False
        return told
