"""The worker process of sherpa-onnx: one stream for each caller's stretch of speech, decoded as it comes.

A streaming network hears in steps of some hundred milliseconds and a little ahead, so the last word of a stretch comes out
only when something follows it. At a pause silence does: if the caller goes on, there was a pause, and that is what it hears.
"""

import sys

import numpy as np
import sherpa_onnx  # type: ignore[import-not-found, import-untyped, unused-ignore]

from offhook.audio.resample import Up8To16Clean
from offhook.speech.engines.messages import Refused, serve
from offhook.speech.engines.sherpa import AUDIO, BEGIN, CLOSE, END, READY, WORDS

RATE = 16_000
AFTER = bytes(2 * RATE * 7 // 10)
"""Silence behind a stretch, 0.7 s: more than any published model hears at once and ahead."""


class Stretch:
    """The speech of one caller from its beginning."""

    def __init__(self, recogniser: "sherpa_onnx.OnlineRecognizer") -> None:
        self._recogniser = recogniser
        self._stream = recogniser.create_stream()
        self._wider = Up8To16Clean()
        self._all_heard = False
        self._words = ""

    def hear(self, pcm16: bytes) -> None:
        """PCM16 8 kHz, more of it."""
        self._all_heard = False
        self._decode(self._wider(pcm16))

    def words(self) -> str:
        """What was said so far. Models that know capitals only are read in small letters."""
        if not self._all_heard:
            self._decode(self._wider.flush() + AFTER)
            self._all_heard = True
            said = self._recogniser.get_result(self._stream).strip()
            self._words = said.lower() if said.isupper() else said
        return self._words

    def _decode(self, wide: bytes) -> None:
        self._stream.accept_waveform(RATE, np.frombuffer(wide, "<i2").astype(np.float32) / 32768)
        while self._recogniser.is_ready(self._stream):
            self._recogniser.decode_stream(self._stream)


def main() -> None:
    """Serves callers until the other side closes the pipe. Arguments: the encoder, the decoder, the joiner, the tokens. A
    file that is none of these ends the process: the library does not come back from it."""
    encoder, decoder, joiner, tokens = sys.argv[1:5]
    recogniser: sherpa_onnx.OnlineRecognizer | None = None
    stretches: dict[int, Stretch] = {}

    def handle(stream: int, kind: int, body: bytes) -> bytes:
        nonlocal recogniser
        if recogniser is None:
            recogniser = sherpa_onnx.OnlineRecognizer.from_transducer(
                tokens=tokens, encoder=encoder, decoder=decoder, joiner=joiner, num_threads=1
            )
        if kind == READY:
            return b""
        if kind == BEGIN:
            stretches[stream] = Stretch(recogniser)
        elif kind == CLOSE:
            stretches.pop(stream, None)
        elif (stretch := stretches.get(stream)) is None:
            if kind != AUDIO:
                raise Refused("The recogniser lost this caller.")
        elif kind == AUDIO:
            stretch.hear(body)
        elif kind in (WORDS, END):
            return stretch.words().encode()
        return b""

    serve(handle)


if __name__ == "__main__":
    main()
