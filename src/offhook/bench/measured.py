"""What one run of one bridge has shown, and what makes a run worth nothing. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

LEAST_SENT = 0.97
STALE_MS = 20.0


@dataclass(frozen=True, slots=True)
class Spread:
    """The middle and the bad end of many samples; NaN where there are none."""

    p50: float
    p99: float

    @classmethod
    def of(cls, samples: Sequence[float]) -> "Spread":
        """By nearest rank."""
        ordered = sorted(samples)
        if not ordered:
            return cls(math.nan, math.nan)
        return cls(*(ordered[max(0, math.ceil(share * len(ordered)) - 1)] for share in (0.5, 0.99)))


@dataclass(frozen=True, slots=True)
class Interruption:
    """One time that a caller cut in."""

    items: int
    """Answers that were queued."""
    heard_ms: float | None
    """Of the item that was playing, by the carrier's own playback; None if nothing was cleared."""
    told_ms: float | None
    """What the model was told of that item; None if nothing."""
    others_told: bool
    """The model was told of another item that some of it had been heard."""
    clear_ms: float | None
    """From speech_started to the carrier's clear."""

    @property
    def right(self) -> bool:
        """The item that was playing was truncated, and it alone."""
        return self.told_ms is not None and not self.others_told

    @property
    def error_ms(self) -> float | None:
        """Told beyond heard; None unless the right item was truncated."""
        if not self.right or self.told_ms is None or self.heard_ms is None:
            return None
        return self.told_ms - self.heard_ms


@dataclass(slots=True)
class Run:
    """One bridge with so many calls, once."""

    bridge: str
    calls: int
    seconds: float
    cpu_seconds: float = math.nan
    """User and system time of the bridge over `seconds`."""
    peers_cpu: float = math.nan
    """Share of a core that the peers used meanwhile."""
    memory_kb: float = math.nan
    """Per call."""
    up_ms: Spread = field(default_factory=lambda: Spread.of(()))
    """Carrier to model."""
    down_ms: Spread = field(default_factory=lambda: Spread.of(()))
    """Model to carrier."""
    late_ms: Spread = field(default_factory=lambda: Spread.of(()))
    """How late the peers themselves were to send."""
    sent_share: float = 0.0
    """Frames the carrier sent, of those it should have."""
    failed: int = 0
    """Calls that did not come up or were lost."""
    missing: int = 0
    """Frames that did not arrive."""
    faults: int = 0
    """Frames that arrived altered, doubled, out of order or at the wrong call."""
    gaps: int = 0
    """Holes that the ear heard within speech."""
    interruptions: list[Interruption] = field(default_factory=list)

    @property
    def cost_ms(self) -> float:
        """CPU milliseconds per call and second."""
        return self.cpu_seconds * 1000.0 / (self.calls * self.seconds)

    @property
    def clear_ms(self) -> Spread:
        """From speech_started to clear."""
        return Spread.of([each.clear_ms for each in self.interruptions if each.clear_ms is not None])

    @property
    def truncation_ms(self) -> Spread:
        """The size of the error where one answer was playing and none waited."""
        lone = [each.error_ms for each in self.interruptions if each.items == 1]
        return Spread.of([abs(error) for error in lone if error is not None])

    @property
    def rejected(self) -> str | None:
        """Why nothing can be learnt from the figures; None if they count."""
        if self.failed:
            return f"{self.failed} calls failed"
        if self.sent_share < LEAST_SENT:
            return f"the generator sent only {self.sent_share:.0%}"
        for count, what in ((self.missing, "frames lost"), (self.faults, "frames altered or out of order")):
            if count:
                return f"{count} {what}"
        return None

    @property
    def carried(self) -> bool:
        """All calls were carried well: nothing lost, no gap heard, p99 within 20 ms each way."""
        return self.rejected is None and not self.gaps and self.up_ms.p99 <= STALE_MS and self.down_ms.p99 <= STALE_MS


def median(values: Sequence[float]) -> float:
    """The middle of the values that are numbers; NaN without any."""
    ordered = sorted(value for value in values if not math.isnan(value))
    if not ordered:
        return math.nan
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2.0


def ratios(runs: Sequence[Run], to: str) -> dict[str, list[float]]:
    """The cost of each bridge over that of `to`, round by round; rounds that were rejected are left out.

    `runs` are in the order they were made: the n-th run of a bridge belongs to the n-th round.
    """
    rounds: dict[str, list[Run]] = {}
    for run in runs:
        rounds.setdefault(run.bridge, []).append(run)
    found: dict[str, list[float]] = {}
    for bridge, own in rounds.items():
        pairs = zip(own, rounds.get(to, []), strict=False)
        found[bridge] = [a.cost_ms / b.cost_ms for a, b in pairs if not a.rejected and not b.rejected]
    return found
