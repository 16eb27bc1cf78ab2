"""The worker process of the espeak synthesizer: text in, levelled µ-law and word times out."""

import ctypes
import subprocess
import sys
import tempfile
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np

from offhook.audio import g711
from offhook.audio.format import MULAW_8K
from offhook.audio.level import level
from offhook.audio.resample import resample
from offhook.speech.engines.espeak import COUNT, SPEAK, WORD
from offhook.speech.engines.messages import Refused, serve

_RATE = 8000
_LEAD_MS = 10
_TAIL_MS = 150
"""Silence around an utterance: it should begin at once, and sentences must not run into one another."""
_QUIET_DB = 45
"""What is this far below the loudest 5 ms is silence."""

Spoken = tuple[bytes, int, list[tuple[float, int]]]
"""PCM16, its rate, and for each word where it begins (ms) and how many characters of the text are said by its end."""


class _Event(ctypes.Structure):
    """espeak_EVENT of speak_lib.h (1.52)."""

    _fields_ = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", ctypes.c_char * 8),
    ]


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.POINTER(_Event))


class Library:
    """libespeak-ng, loaded into this process. It has global state, so there is one at most."""

    _SYNCHRONOUS = 2
    _PARAMETER_RATE = 1
    _CHARS_UTF8 = 1
    _POSITION_CHARACTER = 1
    _EVENT_END_OF_LIST = 0
    _EVENT_WORD = 1

    def __init__(self, voice: str, words_per_minute: int) -> None:
        import espeakng_loader  # type: ignore[import-untyped]

        self._espeak = ctypes.CDLL(espeakng_loader.get_library_path())
        data = espeakng_loader.get_data_path().encode()
        self._rate: int = self._espeak.espeak_Initialize(self._SYNCHRONOUS, 0, data, 0)
        if self._rate <= 0:
            raise Refused("espeak-ng does not start: reinstall offhook[local].")
        if self._espeak.espeak_SetVoiceByName(voice.encode()):
            raise Refused(f"espeak-ng has no voice {voice!r}: choose another.")
        self._espeak.espeak_SetParameter(self._PARAMETER_RATE, words_per_minute, 0)
        self._pcm16 = bytearray()
        self._words: list[tuple[float, int]] = []
        self._callback = _Callback(self._take)  # kept: the library holds only a pointer
        self._espeak.espeak_SetSynthCallback(self._callback)

    def __call__(self, text: str) -> Spoken:
        """Says a text."""
        self._pcm16.clear()
        self._words.clear()
        data = text.encode()
        self._espeak.espeak_Synth(
            data, ctypes.c_size_t(len(data) + 1), 0, self._POSITION_CHARACTER, 0, self._CHARS_UTF8, None, None
        )
        return bytes(self._pcm16), self._rate, list(self._words)

    def _take(self, samples: int | None, count: int, events: "ctypes._Pointer[_Event]") -> int:
        if samples:
            self._pcm16 += ctypes.string_at(samples, 2 * count)
        index = 0
        while (event := events[index]).type != self._EVENT_END_OF_LIST:
            if event.type == self._EVENT_WORD:  # positions count from 1
                self._words.append((float(event.audio_position), event.text_position - 1 + event.length))
            index += 1
        return 0


class Command:
    """A program of the system that writes a WAV file."""

    def __init__(self, program: str, voice: str, words_per_minute: int) -> None:
        options = ["-v", voice, "-s", str(words_per_minute), "--stdin", "-w"]
        self._command = [program, *(options if Path(program).name == "espeak-ng" else ["-voice", "slt", "-o"])]

    def __call__(self, text: str) -> Spoken:
        """Says a text."""
        # A file, not a pipe: flite goes back in it for each sentence.
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "speech.wav")
            done = subprocess.run([*self._command, str(file)], input=text.encode(), capture_output=True, check=False)
            if done.returncode or not file.exists():
                raise Refused(f"{self._command[0]} failed: {done.stderr.decode(errors='replace').strip()}")
            with wave.open(str(file)) as wav:
                return wav.readframes(wav.getnframes()), wav.getframerate(), []


def render(spoken: Spoken, text: str) -> tuple[bytes, list[tuple[float, int]]]:
    """(µ-law 8 kHz at telephone level without the silence around it, [(ms at which a word ends, characters so far)])."""
    pcm16, rate, starts = spoken
    narrow = resample(pcm16, rate, _RATE)
    per_ms = _RATE // 1000
    loud = _loud_ms(narrow)
    if not len(loud):
        return b"", []
    begin, end = max(0, int(loud[0]) - 5 - _LEAD_MS), int(loud[-1])
    speech = level(narrow[begin * per_ms * 2 : end * per_ms * 2], _RATE)
    words: list[tuple[float, int]] = []
    for index, (start, end_char) in enumerate(starts):
        # A word ends where its last sound does; the pause after it belongs to no word, but its punctuation does.
        until = starts[index + 1][0] if index + 1 < len(starts) else float(end)
        sounds = loud[(loud > start) & (loud <= until)]
        ends = (float(sounds[-1]) if len(sounds) else until) - begin
        while end_char < len(text) and not text[end_char].isspace():
            end_char += 1
        words.append((max(ends, words[-1][0] if words else 0.0), min(end_char, len(text))))
    return g711.encode(speech) + MULAW_8K.silence(_TAIL_MS), words


def _loud_ms(pcm16: bytes) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """The ends, in ms, of each 5 ms that hold sound."""
    samples = np.frombuffer(pcm16, "<i2").astype(np.float64)
    size = _RATE // 200
    power = (samples[: len(samples) // size * size].reshape(-1, size) ** 2).mean(axis=1)
    if not len(power) or power.max() < 1:
        return np.zeros(0, np.int64)
    return np.asarray((np.flatnonzero(power > power.max() * 10 ** (-_QUIET_DB / 10)) + 1) * 5)


def main() -> None:
    """Serves until the other side closes the pipe. Arguments: engine, voice, words per minute."""
    name, voice, words_per_minute = sys.argv[1:4]
    engine: Callable[[str], Spoken] | None = None

    def handle(_stream: int, kind: int, body: bytes) -> bytes:
        nonlocal engine
        if engine is None:
            speed = int(words_per_minute)
            engine = Library(voice, speed) if name == "library" else Command(name, voice, speed)
        if kind != SPEAK:
            return b""
        text = body.decode()
        audio, words = render(engine(text), text)
        return COUNT.pack(len(words)) + b"".join(WORD.pack(*word) for word in words) + audio

    serve(handle)


if __name__ == "__main__":
    main()
