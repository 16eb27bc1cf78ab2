"""The agent's first words: not lost to an early hello, and said once more if they were hardly heard. Pure."""

from offhook.core.playout import Heard
from offhook.core.turns import greets

PROTECTED_MS = 1_500.0
"""So long a greeting is not interrupted: people say hello into it."""
MOST = 2


class Greeting:
    """The greeting of one call."""

    def __init__(self) -> None:
        self.item: str | None = None
        """The item that is the greeting, once it has begun."""
        self.whole = False
        """All of it is there, heard or not."""
        self._began = 0.0
        self._awaited = False
        self._count = 0
        self._missed = False

    def asked(self) -> None:
        """The agent was told to greet."""
        self._count += 1
        self._awaited, self._missed = True, False

    def passed_over(self) -> None:
        """The agent is asked for something else: what it says next is no greeting."""
        self._awaited = False

    def began(self, item: str, now: float) -> None:
        """An item began; the first one after `asked` is the greeting."""
        if self._awaited:
            self.item, self._began, self._awaited, self.whole = item, now, False, False

    def ended(self, item: str) -> None:
        """Nothing more comes of an item."""
        self.whole = self.whole or item == self.item

    @property
    def yields_at(self) -> float:
        """From when on it may be interrupted."""
        return self._began + PROTECTED_MS

    def cut(self, heard: Heard) -> None:
        """An item was cut. A greeting of which less than half was heard was missed."""
        self._missed = self._missed or (heard.item == self.item and heard.heard_ms < heard.generated_ms / 2)

    def again_for(self, text: str) -> bool:
        """True if a caller who said `text` is best answered by the greeting, which they missed."""
        return self._missed and self._count < MOST and greets(text)
