"""Keys of the caller, collected until an entry is complete. Pure."""

BETWEEN_MS = 3_000.0
"""An entry is over when no further key comes for so long."""
END = "#"
MOST = 32
"""Keys of an entry: no number that is keyed in is longer."""


class Keypad:
    """One entry at a time."""

    def __init__(self) -> None:
        self.pressed = ""
        """The keys of the entry so far."""
        self.wanted: int | None = None
        """How many keys the agent asked for; the last of them completes the entry."""

    def press(self, digit: str) -> bool:
        """A key; True if the entry is complete."""
        if digit == END:
            return True
        self.pressed += digit
        return len(self.pressed) >= min(self.wanted or MOST, MOST)

    def take(self) -> str:
        """The entry; the next key begins another."""
        entered, self.pressed = self.pressed, ""
        return entered
