"""The worker process of the pocketsphinx recogniser: one decoder for each caller.

A closed grammar over telephone audio is only recognised well when silence stays out of the cepstral mean. So the mean is
measured on speech alone: on the first 0.8 s of a caller's first words before anything is decoded, and after each turn
that was understood on all of its speech, averaged over the call. `bestpath=no`: that second pass takes 150 ms.
"""

import math
import sys
import tempfile
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import numpy as np
import pocketsphinx  # type: ignore[import-untyped]
from numpy.typing import NDArray

from offhook.audio.resample import Up8To16
from offhook.errors import ConfigError
from offhook.speech.engines.automaton import Step, smallest
from offhook.speech.engines.grammar import pronunciations, words_of
from offhook.speech.engines.messages import Refused, serve
from offhook.speech.engines.pocketsphinx import AUDIO, BEGIN, CANCEL, CLOSE, END, GRAMMAR, OPEN, SCORE

_BYTES_PER_S = 32000
_HISS = 80
"""Effective value of the noise laid under what is heard, up to 8 kHz: 32 dB below speech at the usual level. The model was
trained on neither silence as clean as a synthetic voice's nor a spectrum that ends at 4 kHz: with the hiss 39 instead of 34
of the 48 orders by people are right, and 128 instead of 74 of 210 sentences by synthetic voices right and accepted."""
_FIRST_S = 0.8
_LONGEST_S = 30.0
"""No sentence of a grammar takes as long; what follows is not decoded."""
_PAUSE_S = 0.15
_LEAST_S = 0.15
_USUAL_MEAN = np.array([55.9, 15.0, -12.9, 10.3, 2.4, -20.1, 14.7, -26.2, -1.4, 0.4, -12.3, 5.3, -9.1])
_USUAL_S = 0.5
"""The mean of fifty people on the telephone counts like half a second of the caller's own: a "yes" is too short to tell a
voice from a vowel. On the first words of the 48 clips it was taken from, 39 instead of 37 sentences came out right: a
hint, no proof."""
_MOST_LEARNED_S = 3.0
"""Of one turn."""
_ENOUGH_LEARNED_S = 6.0
"""Of the call: then the mean has settled, and measuring on costs as much as decoding."""
_UNCOVERED = 0.8
_LEAST_SCORE = -0.54
"""At -0.55, of 42 pieces of human speech that the café's grammar does not hold 12 were taken for something, and of 74 right
orders by people one was lost; a hair stricter, one of five more clips is rejected and all 39 of 48 orders stay. Synthetic
voices fit worse: a quarter of their right sentences was lost."""
_ON_THE_PHONE = (
    "and(9) N",
    "espresso(8) AH S P R EH S OW",
    "espresso(9) S P R EH S OW",
    "latte(9) L AA D EY",
    "lots(9) L AA T",
    "single(9) S IH NG G L",
    "some(9) S M",
)
"""What is left of some words on a line that ends at 3.5 kHz, or in a hurry: 137 instead of 130 of 160 orders right."""
_EFFORT = {"ds": 2, "beam": 1e-60, "pbeam": 1e-60, "wbeam": 1e-40}
"""Sounds are judged every second step of 10 ms, and what that saves goes into a wider search: together 31 ms a second
instead of 39, and 82 instead of 77 of 100 orders right."""
_STEP = 160
"""Samples in 10 ms of 16 kHz, the recogniser's own step."""


class Engine:
    """What the callers of one process share: the grammar, decoders to lend, and the measure of cepstral means."""

    def __init__(self, grammar: str, least_score: float = _LEAST_SCORE) -> None:
        self.least_score = least_score
        model = Path(pocketsphinx.get_model_path(), "en-us")
        self._acoustic = str(model / "en-us")
        with open(model / "cmudict-en-us.dict", encoding="utf-8") as dictionary:
            self._words = pronunciations(chain(dictionary, _ON_THE_PHONE), words_of(grammar))
        self._measure = self._decoder(cmn="batch")
        self.sentences = smallest(*_steps_of(self._measure, grammar))
        _search(self._measure, 0, 1, [(0, 1, 1.0, next(iter(self._words)))])  # it wants one, be it never used
        self._idle = [self._new()]

    def lend(self) -> pocketsphinx.Decoder:
        """A decoder of the grammar: new in some 30 ms and 8 MB, unless one was given back."""
        return self._idle.pop() if self._idle else self._new()

    def take_back(self, decoder: pocketsphinx.Decoder) -> None:
        """Keeps a decoder for the next caller."""
        self._idle.append(decoder)

    def _new(self) -> pocketsphinx.Decoder:
        decoder = self._decoder(cmn="live")
        end = len(self.sentences.steps)  # pocketsphinx wants one
        steps = [
            (origin, target, 1.0, word)
            for origin, arcs in enumerate(self.sentences.steps)
            for word, target in arcs.items()
        ]
        _search(decoder, self.sentences.start, end, [*steps, *((state, end, 1.0) for state in self.sentences.ends)])
        return decoder

    def _decoder(self, cmn: str) -> pocketsphinx.Decoder:
        decoder = pocketsphinx.Decoder(
            hmm=self._acoustic, dict=None, lm=None, samprate=16000, cmn=cmn, bestpath=False, loglevel="FATAL", **_EFFORT
        )
        for spelling, phones in self._words.items():
            decoder.add_word(spelling, phones, False)
        return decoder

    def mean(self, speech: bytes) -> NDArray[np.float64]:
        """The cepstral mean of speech without silence: 13 numbers. 27 ms for a second."""
        seconds = len(speech) / _BYTES_PER_S
        if seconds < _LEAST_S:
            return _USUAL_MEAN
        self._measure.start_utt()
        self._measure.process_raw(speech, no_search=True, full_utt=True)
        mean = np.array([float(number) for number in self._measure.get_cmn(False).split(",")])
        self._measure.end_utt()
        return mean


class Caller:
    """One caller's decoder, and the mean of the caller's voice and line."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._decoder = engine.lend()
        self._mean: NDArray[np.float64] | None = None
        self._mean_s = 0.0
        self._up, self._hiss = Up8To16(), np.random.default_rng(1)
        self._stretch = bytearray()
        self._decoding = False
        self._understood = False

    def begin(self) -> None:
        """A new stretch of speech."""
        if self._understood and self._mean_s < _ENOUGH_LEARNED_S:  # only now, since nobody waits
            self._learn()
        self.cancel()
        self._up, self._hiss = Up8To16(), np.random.default_rng(1)

    def audio(self, pcm16: bytes) -> bool:
        """More of the stretch, PCM16 8 kHz; True if the words so far make a whole sentence."""
        if len(self._stretch) > _LONGEST_S * _BYTES_PER_S:
            return False
        wide = self._hissing(self._up(pcm16))
        self._stretch += wide
        if self._decoding:
            if wide:
                self._decoder.process_raw(wide)
        elif self._mean is not None or self._enough():
            self._start()
        if not self._decoding:
            return False
        hypothesis = self._decoder.hyp()
        return hypothesis is not None and self._engine.sentences.accepts(hypothesis.hypstr)

    def end(self) -> tuple[float, str]:
        """(score, words) of the stretch; no words if it fits the grammar badly. Silence scores minus infinity."""
        if not self._decoding:
            self._start()
        self._decoder.end_utt()
        self._decoding = False
        hypothesis = self._decoder.hyp()
        self._understood = False
        if hypothesis is None or not hypothesis.hypstr:
            return -math.inf, ""
        score = self._score()
        self._understood = score >= self._engine.least_score
        return score, hypothesis.hypstr if self._understood else ""

    def cancel(self) -> None:
        """Forget the stretch."""
        if self._decoding:
            self._decoder.end_utt()
            self._decoding = False
        self._understood = False
        self._stretch.clear()

    def close(self) -> None:
        """The caller is gone."""
        self.cancel()
        self._engine.take_back(self._decoder)

    def _hissing(self, wide: bytes) -> bytes:
        """PCM16 with the hiss, which is the same under every stretch."""
        heard = np.frombuffer(wide, "<i2")
        noisy = heard + _HISS * self._hiss.standard_normal(len(heard), np.float32)
        return np.rint(noisy).clip(-32768, 32767).astype("<i2").tobytes()

    def _enough(self) -> bool:
        """Whether the mean can be measured: enough was said, or the caller pauses and no more may come."""
        begin, end = bounds_of(self._stretch)
        said, paused = (end - begin) / _BYTES_PER_S, (len(self._stretch) - end) / _BYTES_PER_S
        return said >= _FIRST_S or (said >= _LEAST_S and paused >= _PAUSE_S)

    def _learn(self) -> None:
        """Let the mean profit from the stretch before, which was understood."""
        speech = speech_of(self._stretch)[: int(_MOST_LEARNED_S * _BYTES_PER_S)]
        seconds = len(speech) / _BYTES_PER_S
        mean = self._engine.mean(speech)
        if self._mean is not None:
            mean = (self._mean * self._mean_s + mean * seconds) / (self._mean_s + seconds)
        self._mean, self._mean_s = mean, self._mean_s + seconds

    def _start(self) -> None:
        mean, seconds = self._mean, self._mean_s
        if mean is None:
            speech = speech_of(self._stretch)
            mean, seconds = self._engine.mean(speech), len(speech) / _BYTES_PER_S
        self._decoder.set_cmn(",".join(f"{number:.4f}" for number in likely_mean(mean, seconds)))
        self._decoder.start_utt()
        if self._stretch:  # nothing is an error to it
            self._decoder.process_raw(bytes(self._stretch))
        self._decoding = True

    def _score(self) -> float:
        """How well the words fit what was said; 0 is best.

        The logarithm of the words' likelihood relative to that of the best sound of each 10 ms, per second of words, less
        `_UNCOVERED` times the part of the speech that no word covers. Silence is left out: there is more of it around a
        "yes" than in it.
        """
        total, steps = 0.0, 0
        for segment in self._decoder.seg():
            if segment.word[0] not in "<([":  # silence, the grammar's own marks, noises
                total += math.log(max(segment.ascore, 1e-300))
                steps += segment.end_frame - segment.start_frame + 1
        if not steps:
            return -math.inf
        spoken = len(speech_of(self._stretch)) / (2 * _STEP)
        return 100 * total / steps - _UNCOVERED * max(0.0, 1 - steps / max(1.0, spoken))


def _search(decoder: pocketsphinx.Decoder, start: int, end: int, steps: Sequence[tuple[object, ...]]) -> None:
    """Gives a decoder its grammar: (from, to, probability and, unless the step needs none, a word)."""
    decoder.add_fsg("grammar", decoder.create_fsg("grammar", start, end, steps))
    decoder.activate_search("grammar")


def _steps_of(decoder: pocketsphinx.Decoder, grammar: str) -> tuple[int, int, list[Step]]:
    """(start, end, steps) of a JSGF grammar, as pocketsphinx reads it. Raises ConfigError."""
    try:
        written = decoder.parse_jsgf(grammar)
    except ValueError as error:
        raise ConfigError("The grammar is faulty: check its brackets, semicolons and rule names.") from error
    with tempfile.TemporaryDirectory() as folder:  # there is no other way out of it
        file = Path(folder, "grammar.fsg")
        written.writefile(str(file))
        lines = [line.split() for line in file.read_text(encoding="utf-8").splitlines()]
    told = {line[0]: int(line[1]) for line in lines if line and line[0] in ("START_STATE", "FINAL_STATE")}
    steps = [
        (int(line[1]), int(line[2]), line[4] if len(line) > 4 else None)
        for line in lines
        if line and line[0] == "TRANSITION"
    ]
    return told["START_STATE"], told["FINAL_STATE"], steps


def likely_mean(measured: NDArray[np.float64], seconds: float) -> NDArray[np.float64]:
    """What the mean of all that a caller will say is likely to be, after some seconds of it.

    The first number is loudness, of which other callers tell nothing.
    """
    mean = (measured * seconds + _USUAL_MEAN * _USUAL_S) / (seconds + _USUAL_S)
    mean[0] = measured[0]
    return np.asarray(mean)


def speech_of(wide: bytes | bytearray) -> bytes:
    """PCM16 16 kHz without the silence before and after the speech in it."""
    begin, end = bounds_of(wide)
    return bytes(wide[begin:end])


def bounds_of(wide: bytes | bytearray) -> tuple[int, int]:
    """Where, in bytes, the speech in PCM16 16 kHz begins and ends."""
    samples = np.frombuffer(bytes(wide), "<i2").astype(np.float32)
    steps = len(samples) // _STEP
    if not steps:
        return 0, 0
    loudness = 10 * np.log10((samples[: steps * _STEP].reshape(steps, _STEP) ** 2).mean(axis=1) + 1)
    peak = loudness.max()
    # 30 dB below the loudest; in noise, 6 dB above the quietest.
    active = np.flatnonzero(loudness > min(max(peak - 30, np.quantile(loudness, 0.1) + 6), peak - 10))
    if not len(active):
        return 0, 0
    return int(active[0]) * _STEP * 2, (int(active[-1]) + 1) * _STEP * 2


def main() -> None:
    """Serves callers until the other side closes the pipe. The one argument, if given, is the least score of words."""
    least_score = float(sys.argv[1]) if len(sys.argv) > 1 else _LEAST_SCORE
    engine: Engine | None = None
    callers: dict[int, Caller] = {}

    def handle(stream: int, kind: int, body: bytes) -> bytes:
        nonlocal engine
        if kind == GRAMMAR:
            try:
                engine = Engine(body.decode(), least_score)
            except ConfigError as error:
                raise Refused(str(error)) from error
            return b""
        if engine is None:
            raise Refused("There is no grammar yet.")
        if kind == OPEN:
            callers[stream] = Caller(engine)
        elif kind == CLOSE:
            if gone := callers.pop(stream, None):
                gone.close()
        elif caller := callers.get(stream):
            return _conduct(caller, kind, body)
        elif kind == END:
            raise Refused("The recogniser lost this caller.")
        return b""

    serve(handle)


def _conduct(caller: Caller, kind: int, body: bytes) -> bytes:
    if kind == AUDIO:
        return b"1" if caller.audio(body) else b"0"
    if kind == END:
        score, words = caller.end()
        return SCORE.pack(score) + words.encode()
    if kind == BEGIN:
        caller.begin()
    elif kind == CANCEL:
        caller.cancel()
    return b""


if __name__ == "__main__":
    main()
