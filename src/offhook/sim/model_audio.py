"""Audio between the wire of a realtime session and what listens and speaks here: PCM16 and µ-law at 8 kHz. Pure."""

import numpy as np
from numpy.typing import NDArray

from offhook.audio import g711
from offhook.audio.resample import Down24To8, resample
from offhook.sim.model_wire import Sound


def _alaw_table() -> NDArray[np.int16]:
    """A-law (ITU-T G.711, table 1): every other bit is inverted on the line; gives the middle of each step."""
    code = np.arange(256, dtype=np.int32) ^ 0x55
    segment, step = code >> 4 & 7, code & 15
    magnitude = np.where(segment == 0, (step << 4) + 8, ((step << 4) + 264) << np.maximum(segment - 1, 0))
    return np.where(code & 128, magnitude, -magnitude).astype(np.int16)


_ALAW = _alaw_table()
_ALAW_ORDER = np.argsort(_ALAW, kind="stable")
_ALAW_BETWEEN = (_ALAW[_ALAW_ORDER].astype(np.int32)[1:] + _ALAW[_ALAW_ORDER].astype(np.int32)[:-1]) / 2


def decode_alaw(alaw: bytes) -> bytes:
    """A-law to PCM16."""
    return _ALAW.take(np.frombuffer(alaw, np.uint8)).tobytes()


def encode_alaw(pcm16: bytes) -> bytes:
    """PCM16 to A-law: the nearest code."""
    nearest = np.searchsorted(_ALAW_BETWEEN, np.frombuffer(pcm16, "<i2"))
    return _ALAW_ORDER[nearest].astype(np.uint8).tobytes()


def _decoded(audio: bytes, sound: Sound) -> bytes:
    if sound.encoding == "mulaw":
        return g711.decode(audio)
    return decode_alaw(audio) if sound.encoding == "alaw" else audio[: len(audio) & ~1]


def to_8k(audio: bytes, sound: Sound) -> bytes:
    """A whole clip from the wire as PCM16 8 kHz."""
    return resample(_decoded(audio, sound), sound.rate, 8000)


def to_wire(mulaw: bytes, sound: Sound) -> bytes:
    """A whole µ-law clip as the wire wants it."""
    if sound.encoding == "mulaw":
        return mulaw
    pcm16 = resample(g711.decode(mulaw), 8000, sound.rate)
    return encode_alaw(pcm16) if sound.encoding == "alaw" else pcm16


class Intake:
    """The stream from the wire, in any pieces, as PCM16 8 kHz."""

    def __init__(self, sound: Sound) -> None:
        self._sound = sound
        self._down = Down24To8() if sound.rate == 24000 else None
        self._odd = b""

    def __call__(self, audio: bytes) -> bytes:
        if self._down is not None:
            return self._down(audio)
        if self._sound.encoding != "pcm16":
            return _decoded(audio, self._sound)
        audio = self._odd + audio
        whole = len(audio) - len(audio) % (self._sound.rate // 4000)
        self._odd, audio = audio[whole:], audio[:whole]
        if self._sound.rate == 8000:
            return audio
        pairs = np.frombuffer(audio, "<i2").astype(np.int32).reshape(-1, 2)
        return bytes((pairs.sum(axis=1) // 2).astype("<i2").data)  # enough to tell speech from silence
