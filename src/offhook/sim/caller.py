"""A person on the telephone: follows a small script by what is heard, and measures what a person notices. Pure.

The caller is asked for 20 ms of voice at a time and looks at what the ear got until then. Speech is what is louder than about
-42 dBFS; the agent has fallen silent when nothing of that kind was heard for 700 ms, so that the pauses within a sentence do
not count. All times are milliseconds on the carrier's clock, at the caller's own mouth and ear.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from offhook.sim.hearing import Hearing, Span, sounding
from offhook.sim.media import FRAME_MS, SILENT_FRAME
from offhook.sim.orders import HangUp, Press
from offhook.sim.stream import BYTES_PER_MS, StreamPlayback

FRAME_BYTES = FRAME_MS * BYTES_PER_MS
JUST_ENDED_MS = 200.0
"""Speech that ended this shortly before is still being cut into."""


@dataclass(slots=True)
class Listen:
    """Wait until the agent has spoken since the caller last did, and fell silent; give up if nothing is heard for a while."""

    patience_ms: float = 8000.0


@dataclass(slots=True)
class Say:
    """Speak: µ-law 8 kHz. `words` is for the report."""

    audio: bytes
    words: str = ""


@dataclass(slots=True)
class BargeIn:
    """Speak `after_ms` after the agent began its answer; without an answer, when the patience is over."""

    after_ms: float
    audio: bytes
    words: str = ""
    patience_ms: float = 8000.0


@dataclass(slots=True)
class PressKey:
    """Press a key."""

    digit: str


@dataclass(slots=True)
class Wait:
    """Do nothing for a while."""

    ms: float


@dataclass(slots=True)
class Leave:
    """Hang up."""


Step = Listen | Say | BargeIn | PressKey | Wait | Leave


@dataclass(slots=True)
class Spoken:
    """Something the caller said."""

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
    heard_ms: float | None = None
    """How much of that speech was heard in all; None as long as it goes on."""
    silent_after_ms: float | None = None
    """From the caller's first sound to the agent's last."""
    cleared: bool = False
    """The agent withdrew what was still to be heard; otherwise it had said all or did not yield."""


@dataclass(slots=True)
class Report:
    """What the caller noticed."""

    spoken: list[Spoken] = field(default_factory=list)
    cut_ins: list[CutIn] = field(default_factory=list)
    gave_up: int = 0
    """How often the patience was over before the agent said anything."""


class Caller:
    """Follows `steps`, then stays silent on the line. A `Party` for the carrier."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self.report = Report()
        self.hearing = Hearing()
        self._steps = list(steps)
        self._began_ms: float | None = None
        """When the current step began."""
        self._saying = b""
        self._current: Spoken | None = None
        self._acts: list[Press | HangUp] = []
        self._open_cuts: list[tuple[CutIn, StreamPlayback]] = []

    @property
    def done(self) -> bool:
        """Whether the script is over."""
        return not self._steps and not self._saying

    def acts(self) -> Sequence[Press | HangUp]:
        """Keys and hanging up, since this was last asked."""
        acts, self._acts = self._acts, []
        return acts

    def frame(self, now: float, ear: StreamPlayback) -> bytes:
        """The voice of the 20 ms that end now."""
        self.hearing.listen(ear)
        self._measure(now)
        begin = now - FRAME_MS
        while self._steps and not self._saying and not self._acts:
            if self._began_ms is None:
                self._began_ms = begin
            if not self._step(self._steps[0], self._began_ms, begin):
                break
            self._steps.pop(0)
            self._began_ms = None
        if not self._saying:
            self._current = None
            return SILENT_FRAME
        return self._voice(now, ear)

    # ------------------------------------------------------------ the script

    def _step(self, step: Step, began_ms: float, at: float) -> bool:
        """Goes on with a step at the beginning of a frame; True if it is over."""
        match step:
            case Listen():
                return self._heard_out(step.patience_ms, began_ms, at)
            case Say():
                self._say(step.audio, step.words)
                return True
            case BargeIn():
                answer = self._answer()
                if answer is None and at - began_ms >= step.patience_ms:
                    self.report.gave_up += 1
                elif answer is None or at - answer.from_ms < step.after_ms:
                    return False
                self._say(step.audio, step.words)
                return True
            case PressKey():
                self._acts.append(Press(step.digit))
                return True
            case Wait():
                return at - began_ms >= step.ms
            case Leave():
                self._acts.append(HangUp())
                return True

    def _answer(self) -> Span | None:
        """The agent's first speech that belongs to the caller's last words: it may begin a little before they end."""
        last = self.report.spoken[-1] if self.report.spoken else Spoken(0.0, -1.0, "")
        return next((s for s in self.hearing.spans if s.from_ms >= last.from_ms and s.to_ms > last.to_ms), None)

    def _heard_out(self, patience_ms: float, began_ms: float, at: float) -> bool:
        if self._answer() is not None:
            return self.hearing.silent(at)
        if at - began_ms >= patience_ms and self.hearing.silent(at):
            self.report.gave_up += 1
            return True
        return False

    def _say(self, audio: bytes, words: str) -> None:
        if audio:
            self._saying = audio
            self._current = Spoken(0.0, 0.0, words)

    def _voice(self, now: float, ear: StreamPlayback) -> bytes:
        frame, self._saying = self._saying[:FRAME_BYTES], self._saying[FRAME_BYTES:]
        frame = frame.ljust(FRAME_BYTES, b"\xff")
        sound = sounding(frame)
        if sound is not None and self._current is not None:
            begin = now - FRAME_MS
            if not self._current.to_ms:
                self._current.from_ms = begin + sound[0] / BYTES_PER_MS
                self.report.spoken.append(self._current)
                self._cut_in(self._current.from_ms, ear)
            self._current.to_ms = begin + sound[1] / BYTES_PER_MS
        return frame

    # ------------------------------------------------------------ measuring

    def _cut_in(self, at_ms: float, ear: StreamPlayback) -> None:
        """Notes it if the agent is speaking: it was heard a moment ago, and more is waiting or it has only just ended."""
        if self.hearing.silent(at_ms):
            return
        span = self.hearing.spans[-1]
        if ear.silent_at() > at_ms or at_ms - span.to_ms < JUST_ENDED_MS:
            cut = CutIn(at_ms, span.from_ms)
            self.report.cut_ins.append(cut)
            self._open_cuts.append((cut, ear))

    def _measure(self, now: float) -> None:
        if self.report.spoken and self._current is None:
            last = self.report.spoken[-1]
            if last.answered_ms is None and (answer := self._answer()) is not None:
                last.answered_ms = answer.from_ms - last.to_ms
        self._open_cuts = [(cut, ear) for cut, ear in self._open_cuts if not self._settle(cut, ear, now)]

    def _settle(self, cut: CutIn, ear: StreamPlayback, now: float) -> bool:
        """How much was heard is known once the agent withdrew the rest or fell silent."""
        cleared = next((clear.at_ms for clear in ear.clears if clear.at_ms >= cut.at_ms and clear.dropped_bytes), None)
        if cleared is None and not self.hearing.silent(now):
            return False
        end = cleared if cleared is not None else max(span.to_ms for span in self.hearing.spans)
        cut.heard_ms = len(ear.played_bytes_between(cut.began_ms, end)) / BYTES_PER_MS
        cut.silent_after_ms = max(0.0, end - cut.at_ms)
        cut.cleared = cleared is not None
        return True
