"""What a person on the telephone notices: answers and how long they took, interruptions, talking at the same time, silences. Pure.

All times are milliseconds on the carrier's clock, at the caller's own mouth and ear.
"""

from dataclasses import dataclass, field

from offhook.sim.hearing import Hearing, Span
from offhook.sim.stream import BYTES_PER_MS, StreamPlayback

JUST_ENDED_MS = 200.0
"""Speech that ended this shortly before is still being cut into."""
TOGETHER_MS = 200.0
"""Two who begin or end this close together do not talk over each other."""


@dataclass(slots=True)
class Spoken:
    """Something the caller said, or a sound the caller made."""

    from_ms: float
    to_ms: float
    """When the last sound of it was made; while it is being said, the last so far."""
    words: str
    answered_ms: float | None = None
    """From the end of these words to the first sound of the agent; None if the agent did not answer."""


@dataclass(slots=True)
class CutIn:
    """The caller spoke while the agent did."""

    at_ms: float
    began_ms: float
    """When the agent's speech began that was cut into."""
    words: str = ""
    heard_ms: float | None = None
    """How much of that speech was heard in all; None as long as it goes on."""
    silent_after_ms: float | None = None
    """From the caller's first sound to the agent's last."""
    cleared: bool = False
    """The agent withdrew what was still to be heard; otherwise it had said all or did not yield."""


@dataclass(slots=True)
class Quiet:
    """Neither spoke, and it was the agent's turn or the agent who broke the silence."""

    from_ms: float
    ms: float
    broken: bool
    """The agent spoke at last; otherwise the caller did, or the call was over."""


@dataclass(slots=True)
class Report:
    """What the caller noticed."""

    spoken: list[Spoken] = field(default_factory=list)
    sounds: list[Spoken] = field(default_factory=list)
    """Coughs and the like, which nobody has to answer."""
    cut_ins: list[CutIn] = field(default_factory=list)
    gave_up: int = 0
    """How often the patience was over before the agent said anything."""


class Measure:
    """Keeps the report while the call goes on."""

    def __init__(self, hearing: Hearing) -> None:
        self.report = Report()
        self._hearing = hearing
        self._open_cuts: list[tuple[CutIn, StreamPlayback]] = []

    def answer(self) -> Span | None:
        """The agent's first speech that belongs to the caller's last words: it may begin a little before they end."""
        spoken = self.report.spoken
        last = spoken[-1] if spoken else Spoken(0.0, -1.0, "")
        return next((s for s in self._hearing.spans if s.from_ms >= last.from_ms and s.to_ms > last.to_ms), None)

    def speaking(self, at_ms: float, ear: StreamPlayback) -> Span | None:
        """What the agent is saying: it was heard a moment ago, and more is waiting or it has only just ended."""
        if self._hearing.silent(at_ms):
            return None
        span = self._hearing.spans[-1]
        return span if ear.silent_at() > at_ms or at_ms - span.to_ms < JUST_ENDED_MS else None

    def cut_in(self, at_ms: float, words: str, ear: StreamPlayback) -> None:
        """The caller begins to speak: notes it if the agent is speaking."""
        if (span := self.speaking(at_ms, ear)) is not None:
            cut = CutIn(at_ms, span.from_ms, words)
            self.report.cut_ins.append(cut)
            self._open_cuts.append((cut, ear))

    def go_on(self, now: float, talking: bool) -> None:
        """Takes in what was heard until now."""
        if self.report.spoken and not talking:
            last = self.report.spoken[-1]
            if last.answered_ms is None and (answer := self.answer()) is not None:
                last.answered_ms = answer.from_ms - last.to_ms
        self._open_cuts = [(cut, ear) for cut, ear in self._open_cuts if not self._settle(cut, ear, now)]

    def _settle(self, cut: CutIn, ear: StreamPlayback, now: float) -> bool:
        """How much was heard is known once the agent withdrew the rest or fell silent."""
        cleared = next((clear.at_ms for clear in ear.clears if clear.at_ms >= cut.at_ms and clear.dropped_bytes), None)
        if cleared is None and not self._hearing.silent(now):
            return False
        end = cleared if cleared is not None else max(span.to_ms for span in self._hearing.spans)
        cut.heard_ms = len(ear.played_bytes_between(cut.began_ms, end)) / BYTES_PER_MS
        cut.silent_after_ms = max(0.0, end - cut.at_ms)
        cut.cleared = cleared is not None
        return True


def answers_due(report: Report) -> list[Spoken]:
    """The words that the agent had to answer: all but those to which the caller added more before any answer came."""
    return [said for said in report.spoken if said.answered_ms is not None or said is report.spoken[-1]]


def talked_over(report: Report, spans: list[Span]) -> list[Span]:
    """The agent's speech that began while the caller was speaking."""
    return [
        span
        for span in spans
        if any(said.from_ms + TOGETHER_MS < span.from_ms < said.to_ms - TOGETHER_MS for said in report.spoken)
    ]


def silences(report: Report, spans: list[Span], end_ms: float) -> list[Quiet]:
    """Silences that the agent had to break or did break, in order; the caller's own pauses before speaking are none."""
    talk = sorted(
        [(span.from_ms, span.to_ms, "agent") for span in spans]
        + [(said.from_ms, said.to_ms, "caller") for said in report.spoken]
    )
    found, until, last = [], None, ""
    for from_ms, to_ms, who in [*talk, (end_ms, end_ms, "")]:
        if until is not None and from_ms > until and (who == "agent" or last == "caller"):
            found.append(Quiet(until, from_ms - until, who == "agent"))
        if until is None or to_ms > until:
            until, last = to_ms, who
    return found
