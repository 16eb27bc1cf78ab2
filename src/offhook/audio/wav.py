"""Audio files: writes WAV, reads WAV, FLAC and what else libsndfile knows."""

import wave
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from offhook.audio.resample import resample
from offhook.errors import ConfigError

if TYPE_CHECKING:
    import soundfile  # type: ignore[import-untyped]


LONGEST_S = 300
"""How long a file that is read may be."""
LEAST_RATE, MOST_RATE = 1_000, 384_000
_BLOCK = 4096  # frames


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
    """A file as mono PCM16 at `rate`, whatever channels it has, at 1 to 384 kHz and for up to 5 minutes.

    Raises ConfigError if it cannot be read.
    """
    import soundfile  # loads libsndfile, which only those who read files need

    try:
        if path.exists() and not path.is_file():  # a pipe would be waited for
            raise ConfigError(f"{path} is no regular file: give a WAV or FLAC file.")
        with soundfile.SoundFile(path) as file:
            if not LEAST_RATE <= file.samplerate <= MOST_RATE:
                raise ConfigError(
                    f"{path} has {file.samplerate} samples a second: give it {LEAST_RATE} to {MOST_RATE}."
                )
            mono = _mono(path, file)
            return resample(mono, file.samplerate, rate)
    except (OSError, soundfile.SoundFileError) as error:
        raise ConfigError(f"{path} cannot be read as audio: give a WAV or FLAC file that exists.") from error


def _mono(path: Path, file: "soundfile.SoundFile") -> bytes:
    """All that is there, block by block: what the head says of its length and channels may be untrue."""
    found = bytearray()
    while len(block := file.read(_BLOCK, dtype="float64", always_2d=True)):
        found += np.clip(np.rint(block.mean(axis=1) * 32768), -32768, 32767).astype("<i2").tobytes()
        if len(found) > 2 * LONGEST_S * file.samplerate:
            raise ConfigError(f"{path} is longer than {LONGEST_S // 60} minutes: give a shorter file.")
    return bytes(found)
