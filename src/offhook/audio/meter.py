"""How loud a stretch of audio is, for whoever watches a call."""

import math

import numpy as np

from offhook.audio.format import Format
from offhook.audio.g711 import decode

QUIETEST_DB = -90.0


def dbfs(audio: bytes, format: Format) -> float:
    """The level in dB, 0 for a square wave as loud as can be; -90 for silence and for nothing at all."""
    pcm16 = decode(audio) if format.encoding == "mulaw" else audio
    samples = np.frombuffer(pcm16, "<i2").astype(np.float32)
    power = float(samples @ samples) / len(samples) if len(samples) else 0.0
    return max(QUIETEST_DB, 10.0 * math.log10(power / 32768.0**2)) if power else QUIETEST_DB
