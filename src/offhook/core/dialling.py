"""A call that we made, until somebody answers: taken by the carrier, ringing, answered, or not. Pure."""

from collections.abc import Callable
from typing import Any

from offhook.core import events as e
from offhook.core.deadlines import Deadlines

DIAL_MS = 120_000.0
"""From the wish to the carrier's word that it has taken the call, whatever goes wrong meanwhile."""
RING_MS = 60_000.0
RING_LATE_MS = 15_000.0
"""Beyond the ring time, for the carrier's own grace and for news that come late."""
ASK_MS, ASKS = 15_000.0, 40
"""Of a call that does not ring: the carrier may hold it in a queue, or its news are lost."""

NOT_ANSWERED = {
    "busy": (e.Result.BUSY, e.Reason.BUSY), "no-answer": (e.Result.UNANSWERED, e.Reason.NO_ANSWER),
    "canceled": (e.Result.CANCELED, e.Reason.CANCELED), "failed": (e.Result.FAILED, e.Reason.NOT_REACHED),
}  # fmt: skip
"""What becomes of a call, by the carrier's last word on one that nobody answered."""


class Dialling:
    """That of one call. `do` takes commands, `publish` events; `end` ends the call."""

    def __init__(
        self,
        deadlines: Deadlines,
        *,
        ring_ms: float,
        now: float,
        do: Callable[..., None],
        publish: Callable[[e.Event], None],
        end: Callable[[e.Result, e.Reason, float], None],
    ) -> None:
        self._deadlines, self._ring_ms = deadlines, ring_ms
        self._do, self._publish, self._end = do, publish, end
        self.answered = False
        self._dialled = self._rang = False
        self._asked = 0
        self._deadlines.set(self._overdue, now + DIAL_MS)
        self.actions: dict[type[Any], Callable[[Any, float], None]] = {
            e.Dialled: self._on_dialled, e.NotDialled: self._on_not_dialled, e.Rang: self._on_rang,
        }  # fmt: skip

    def answer(self) -> bool:
        """Somebody answers. False if that was known."""
        was, self.answered = self.answered, True
        self._deadlines.drop(self._overdue)
        return not was

    def _on_dialled(self, event: e.Dialled, now: float) -> None:
        self._publish(event)
        self._dialled = True
        self._wait(now)

    def _on_rang(self, _event: e.Rang, now: float) -> None:
        if not self._rang:
            self._rang = True
            self._wait(now)

    def _wait(self, now: float) -> None:
        if not self.answered:
            self._deadlines.set(self._overdue, now + self._ring_ms + RING_LATE_MS)

    def _on_not_dialled(self, _event: e.NotDialled, now: float) -> None:
        if not self.answered:
            self._end(e.Result.FAILED, e.Reason.NOT_DIALLED, now)

    def _overdue(self, now: float) -> None:
        if self._dialled and not self._rang and self._asked < ASKS:
            self._asked += 1
            self._do(e.AskCarrier())
            self._deadlines.set(self._overdue, now + ASK_MS)
        elif self._dialled or self._rang:
            self._end(e.Result.UNANSWERED, e.Reason.NO_ANSWER, now)
        else:
            self._end(e.Result.FAILED, e.Reason.NOT_DIALLED, now)
