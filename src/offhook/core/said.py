"""When each turn of a call was said, as far as the events tell. Pure; milliseconds on the call's clock."""

from offhook.core import events as e
from offhook.core.transcript import Transcript

BEFORE_MS = 1_000.0
"""Speech is noticed late."""
AFTER_MS = 300.0


class SaidWhen:
    """Tell every event before it is handled, and `handled` after it."""

    def __init__(self, transcript: Transcript) -> None:
        self._transcript = transcript
        self._from: float | None = None  # the caller has spoken since
        self._last: tuple[float, float] | None = None  # the caller's newest turn
        self._turns: dict[int, tuple[float, float]] = {}
        self._items: dict[str, float] = {}

    def happens(self, event: e.Event, now: float) -> None:
        """An event is about to be handled."""
        if isinstance(event, e.SpeechStarted) and self._from is None:
            self._from = now
        elif isinstance(event, e.CallerTurnEnded):
            self._last = (now - event.spoken_ms if self._from is None else self._from, now)
            self._from = None
        elif isinstance(event, e.ItemBegan):
            self._items[event.item] = now

    def handled(self, event: e.Event) -> None:
        """It was handled: the turn it ended has its number."""
        if isinstance(event, e.CallerTurnEnded):
            newest = next((turn.number for turn in reversed(self._transcript.turns) if turn.role == "caller"), None)
            if newest is not None and self._last is not None:
                begin, end = self._last
                self._turns[newest] = (min(begin, self._turns.get(newest, self._last)[0]), end)

    def of(self, turn: e.TurnKept, now: float) -> tuple[float, float]:
        """From when to when a turn was said that is told now, with some room on both sides."""
        if turn.role == "agent":
            return self._items.get(turn.item or "", now), now + AFTER_MS
        speaking = None if self._from is None else (self._from, now)
        begin, end = self._turns.get(turn.turn) or speaking or self._last or (BEFORE_MS, now)
        return begin - BEFORE_MS, end + AFTER_MS
