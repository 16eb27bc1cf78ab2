"""Audio files: writes WAV, reads WAV, FLAC and what else libsndfile knows."""

import wave
from pathlib import Path
from typing import BinaryIO

import numpy as np

from offhook.audio.resample import resample
from offhook.errors import ConfigError


def interleave(left: bytes, right: bytes) -> bytes:
    """Two sides of PCM16 as one stereo stream; the shorter one is followed by silence."""
    frames = max(len(left), len(right)) // 2
    stereo = np.zeros((frames, 2), "<i2")
    for column, side in enumerate((left, right)):
        samples = np.frombuffer(side, "<i2")
        stereo[: len(samples), column] = samples
    return stereo.tobytes()


def write_wav(target: Path | BinaryIO, pcm16: bytes, rate: int, channels: int = 1) -> None:
    """Writes PCM16 (interleaved if there are two channels) as a WAV file."""
    with wave.open(str(target) if isinstance(target, Path) else target, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(pcm16)


def read_audio(path: Path, rate: int) -> bytes:
    """A file as mono PCM16 at `rate`, whatever rate and channels it has. Raises ConfigError if it cannot be read."""
    import soundfile  # type: ignore[import-untyped]  # loads libsndfile, which only those who read files need

    try:
        samples, own_rate = soundfile.read(path, dtype="float64", always_2d=True)
    except (OSError, soundfile.SoundFileError) as error:
        raise ConfigError(f"{path} cannot be read as audio: give a WAV or FLAC file that exists.") from error
    mono = np.clip(np.rint(samples.mean(axis=1) * 32768), -32768, 32767).astype("<i2").tobytes()
    return resample(mono, own_rate, rate)
