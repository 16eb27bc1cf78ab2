"""A person on the telephone: follows a small script by what is heard. Pure.

The caller is asked for 20 ms of voice at a time and looks at what the ear got until then. Speech is what is louder than about
-42 dBFS; the agent has fallen silent when nothing of that kind was heard for 700 ms, so that the pauses within a sentence do
not count. All times are milliseconds on the carrier's clock, at the caller's own mouth and ear.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from offhook.sim.hearing import Hearing, sounding
from offhook.sim.line import Line
from offhook.sim.media import FRAME_MS, SILENT_FRAME
from offhook.sim.noticed import Measure, Report, Spoken
from offhook.sim.orders import HangUp, Press
from offhook.sim.reading import shown_ms
from offhook.sim.steps import (
    BargeIn,
    End,
    Hear,
    Leave,
    Listen,
    Noise,
    PressKey,
    Say,
    Silence,
    Sound,
    Speech,
    Step,
    Wait,
)
from offhook.sim.stream import BYTES_PER_MS, StreamPlayback
from offhook.sim.understanding import Understanding, plain_words

FRAME_BYTES = FRAME_MS * BYTES_PER_MS


@dataclass(slots=True)
class Failure:
    """A step that could not be done, and why: a whole sentence."""

    number: int
    sentence: str


@dataclass(slots=True)
class Done:
    """A step that is over."""

    number: int
    at_ms: float


class Caller:
    """Follows `steps`, then stays silent on the line. A `Party` for the carrier.

    A strict caller fails and hangs up at the first step that cannot be done (`failure`); another goes on when the patience
    is over. `line` is between the mouth and the carrier; `understanding` knows the words of every `Hear`.
    """

    def __init__(
        self,
        steps: Sequence[Step],
        *,
        line: Line | None = None,
        understanding: Understanding | None = None,
        strict: bool = False,
    ) -> None:
        self.hearing = Hearing()
        self.done_steps: list[Done] = []
        self.failure: Failure | None = None
        self._measure = Measure(self.hearing)
        self._line = line or Line()
        self._understanding = understanding or Understanding({})
        self._strict = strict
        self._steps = list(steps)
        self._began_ms: float | None = None
        """When the current step began."""
        self._saying = b""
        self._current: Spoken | None = None
        self._is_speech = True
        self._acts: list[Press | HangUp] = []

    @property
    def report(self) -> Report:
        """What the caller noticed."""
        return self._measure.report

    @property
    def done(self) -> bool:
        """Whether the script is over."""
        return not self._steps and not self._saying

    @property
    def left(self) -> Sequence[Step]:
        """The steps that are still to be done."""
        return self._steps

    def acts(self) -> Sequence[Press | HangUp]:
        """Keys and hanging up, since this was last asked."""
        acts, self._acts = self._acts, []
        return acts

    def frame(self, now: float, ear: StreamPlayback) -> bytes:
        """The voice of the 20 ms that end now."""
        heard = self.hearing.listen(ear)
        self._understanding.listen(heard)
        self._line.hear(heard)
        self._measure.go_on(now, self._current is not None and self._is_speech)
        begin = now - FRAME_MS
        while self._steps and not self._saying and not self._acts:
            if self._began_ms is None:
                self._began_ms = begin
            if not self._step(self._steps[0], self._began_ms, begin, ear):
                break
            if self._steps:
                self.done_steps.append(Done(self._steps.pop(0).number, begin))
            self._began_ms = None
        if not self._saying:
            self._current = None
        return self._line.carry(self._voice(now, ear) if self._saying else SILENT_FRAME, begin)

    # ------------------------------------------------------------ the script

    def _step(self, step: Step, began_ms: float, at: float, ear: StreamPlayback) -> bool:
        """Goes on with a step at the beginning of a frame; True if it is over."""
        waited = at - began_ms
        match step:
            case Say():
                self._say(step.audio, step.words)
            case Sound():
                self._say(step.audio, step.name, speech=False)
            case Noise():
                self._line.add_noise(step.audio, at, step.ms)
            case PressKey():
                self._acts.append(Press(step.digit))
            case Wait():
                return waited >= step.ms
            case Leave():
                self._acts.append(HangUp())
            case BargeIn():
                return self._barge_in(step, waited, at, ear)
            case Listen():
                return self._heard_out(step, waited, at)
            case Speech():
                if self._measure.speaking(at, ear) is None:
                    return self._impatient(step, waited, "the agent did not speak")
            case Silence():
                if self.hearing.spans and at - self.hearing.spans[-1].to_ms < step.ms:
                    return self._impatient(step, waited, f"the agent was not silent for {shown_ms(step.ms)}")
                return waited >= step.ms or bool(self.hearing.spans)
            case Hear():
                if self._understanding.heard(step.words, self._since_ms()) is None:
                    return self._unheard(step, waited)
            case End():
                return self._impatient(step, waited, "the agent did not hang up")
        return True

    def _barge_in(self, step: BargeIn, waited: float, at: float, ear: StreamPlayback) -> bool:
        answer = self._measure.answer()
        if answer is None:
            if not self._impatient(step, waited, "the agent said nothing that could be interrupted"):
                return False
        elif at - answer.from_ms < step.after_ms:
            return False
        elif self._strict and self._measure.speaking(at, ear) is None:
            spoke = shown_ms(answer.to_ms - answer.from_ms)
            self._fail(step, f"nothing to interrupt after {shown_ms(step.after_ms)}: the agent spoke for {spoke} only.")
        if self.failure is None:
            self._say(step.audio, step.words)
        return True

    def _heard_out(self, step: Listen, waited: float, at: float) -> bool:
        spoken = self.report.spoken
        if not self.hearing.silent(at):
            return False
        if self._measure.answer() is not None or not (step.greeting or spoken):
            return True
        return self._impatient(
            step, waited, f"the agent did not answer “{spoken[-1].words}”" if spoken else "the agent did not greet"
        )

    def _unheard(self, step: Hear, waited: float) -> bool:
        if waited < step.patience_ms:
            return False
        if self._understanding.heard(step.words, self._since_ms(), final=True) is None:
            heard = self._what_was_heard(step.words, self._since_ms())
            self._fail(step, f"expected “{step.words}” within {shown_ms(step.patience_ms)}; heard: {heard}.")
        return True

    def _what_was_heard(self, words: str, since_ms: float) -> str:
        told = self._understanding.told(since_ms)
        if plain_words(words) in plain_words(told):
            return f"“{told}”, as the server has it, but not by ear: let `agent voice` name the agent's voice"
        if told:
            return f"“{told}”"
        spoke_ms = sum(s.to_ms - max(s.from_ms, since_ms) for s in self.hearing.spans if s.to_ms > since_ms)
        return f"{spoke_ms / 1000:.1f} s of speech, without these words in {self._understanding.voices}"

    def _impatient(self, step: Listen | Speech | Silence | BargeIn | End, waited: float, what: str) -> bool:
        """Whether the patience is over, which ends a step."""
        if waited < step.patience_ms:
            return False
        self.report.gave_up += 1
        if self._strict:
            self._fail(step, f"{what} within {shown_ms(step.patience_ms)}.")
        return True

    def _fail(self, step: Step, sentence: str) -> None:
        self.failure = Failure(step.number, sentence)
        self._steps.clear()
        self._acts.append(HangUp())

    def _since_ms(self) -> float:
        """When the caller last began to speak: what the agent has said since then is its answer."""
        return self.report.spoken[-1].from_ms if self.report.spoken else 0.0

    # ------------------------------------------------------------ the voice

    def _say(self, audio: bytes, words: str, speech: bool = True) -> None:
        if audio:
            self._saying, self._is_speech = audio, speech
            self._current = Spoken(0.0, 0.0, words)

    def _voice(self, now: float, ear: StreamPlayback) -> bytes:
        frame, self._saying = self._saying[:FRAME_BYTES], self._saying[FRAME_BYTES:]
        frame = frame.ljust(FRAME_BYTES, b"\xff")
        sound = sounding(frame)
        if sound is not None and self._current is not None:
            begin = now - FRAME_MS
            if not self._current.to_ms:
                self._current.from_ms = begin + sound[0] / BYTES_PER_MS
                if self._is_speech:
                    self.report.spoken.append(self._current)
                    self._measure.cut_in(self._current.from_ms, self._current.words, ear)
                else:
                    self.report.sounds.append(self._current)
            self._current.to_ms = begin + sound[1] / BYTES_PER_MS
        return frame
