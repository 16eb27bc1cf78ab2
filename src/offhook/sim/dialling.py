"""One number that the carrier calls: initiated, ringing, and what becomes of it. Pure; times in milliseconds."""

from typing import Literal

from offhook.sim.orders import Callee
from offhook.sim.stream import EARLY_MS

Progress = Literal["initiated", "ringing", "answered", "busy", "no-answer", "failed"]

RINGS_AFTER_MS = 200.0
"""From the carrier's order until the telephone rings."""
BUSY_AFTER_MS = 400.0
"""A busy or unreachable number does not ring."""

SIP_CODES = {"busy": "486", "no-answer": "487", "canceled": "487", "failed": "404"}
REJECTED = "603"


class Dialling:
    """Calls a number from `at_ms` on; `timeout_ms` counts from there."""

    def __init__(self, callee: Callee, at_ms: float, timeout_ms: float) -> None:
        self.callee = callee
        self.outcome: Progress | None = None
        """answered, busy, no-answer or failed, once it is known."""
        self._steps = _timeline(callee, at_ms, timeout_ms)

    @property
    def sip_code(self) -> str:
        """`SipResponseCode` of what became of it."""
        return REJECTED if self.callee.does == "reject" else SIP_CODES.get(self.outcome or "", "200")

    def next_at(self) -> float | None:
        """When something happens next; None once it is over."""
        return self._steps[0][0] if self._steps else None

    def due(self, now: float) -> list[Progress]:
        """What has happened by now, in order."""
        happened: list[Progress] = []
        while self._steps and self._steps[0][0] <= now + EARLY_MS:
            happened.append(self._steps.pop(0)[1])
        if happened and not self._steps:
            self.outcome = happened[-1]
        return happened

    def give_up(self) -> None:
        """Whoever called wants it no more."""
        self._steps.clear()


def _timeline(callee: Callee, at_ms: float, timeout_ms: float) -> list[tuple[float, Progress]]:
    steps: list[tuple[float, Progress]] = [(at_ms, "initiated")]
    if callee.does in ("busy", "fail"):
        return [*steps, (at_ms + BUSY_AFTER_MS, "busy" if callee.does == "busy" else "failed")]
    steps.append((at_ms + RINGS_AFTER_MS, "ringing"))
    answer_ms = RINGS_AFTER_MS + callee.after_ms
    if callee.does == "no-answer" or answer_ms > timeout_ms:
        return [*steps, (at_ms + max(timeout_ms, RINGS_AFTER_MS), "no-answer")]
    return [*steps, (at_ms + answer_ms, "answered" if callee.does == "answer" else "busy")]
