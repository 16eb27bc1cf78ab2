"""A voice-like signal without a voice, the same on every machine."""

import numpy as np


def vowels() -> bytes:
    """Two seconds of PCM16 8 kHz: three swells of a gliding pulse with gliding resonances, a third of a second apart."""
    t = np.arange(16000) / 8000
    pitch = 130 + 25 * np.sin(2 * np.pi * 0.9 * t)
    phase = 2 * np.pi * np.cumsum(pitch) / 8000
    resonances = (
        (1.0, 500 + 250 * np.sin(2 * np.pi * 2.1 * t), 150),
        (0.5, 1500 + 500 * np.sin(2 * np.pi * 1.3 * t + 1), 200),
        (0.2, 2600, 250),
    )
    wave = np.zeros(16000)
    for harmonic in range(1, 25):
        hz = harmonic * pitch
        strength = 0.02 + sum(gain * np.exp(-(((hz - centre) / width) ** 2)) for gain, centre, width in resonances)
        wave += strength * np.sin(harmonic * phase) * (hz < 3600)
    wave *= np.clip(2 * np.sin(2 * np.pi * 1.5 * t), 0, 1)
    return np.rint(wave / np.abs(wave).max() * 12000).astype("<i2").tobytes()
