"""Audio files, written and read."""

import io
import os
import wave
from pathlib import Path

import numpy as np
import pytest
import soundfile

from offhook.audio.wav import interleave, read_audio, write_wav
from offhook.errors import ConfigError

RAMP = np.arange(-800, 800, dtype="<i2").tobytes()


def test_a_mono_file_is_read_back_as_written(tmp_path: Path) -> None:
    write_wav(tmp_path / "ramp.wav", RAMP, 8000)
    assert read_audio(tmp_path / "ramp.wav", 8000) == RAMP


def test_a_stereo_file_has_the_sides_apart() -> None:
    file = io.BytesIO()
    write_wav(file, interleave(RAMP, bytes(len(RAMP))), 8000, channels=2)
    file.seek(0)
    with wave.open(file) as written:
        assert (written.getnchannels(), written.getframerate(), written.getnframes()) == (2, 8000, 1600)
        samples = np.frombuffer(written.readframes(1600), "<i2").reshape(-1, 2)
    assert samples[:, 0].tobytes() == RAMP and not samples[:, 1].any()


def test_the_shorter_side_is_followed_by_silence() -> None:
    assert interleave(b"\x01\x00\x02\x00", b"\x03\x00") == b"\x01\x00\x03\x00\x02\x00\x00\x00"


def test_flac_of_another_rate_and_two_channels_comes_as_mono_at_ours(tmp_path: Path) -> None:
    tone = 0.25 * np.sin(2 * np.pi * 500 * np.arange(16000) / 16000)
    soundfile.write(tmp_path / "tone.flac", np.column_stack((tone, tone)), 16000)
    samples = np.frombuffer(read_audio(tmp_path / "tone.flac", 8000), "<i2")
    assert len(samples) == 8000
    assert samples[100:-100].astype(float).std() == pytest.approx(8192 / 2**0.5, rel=0.01)


@pytest.mark.parametrize("content", [None, b"not audio"])
def test_a_bad_file_is_named_in_one_sentence(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "bad.wav"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match="bad.wav cannot be read as audio"):
        read_audio(path, 8000)


@pytest.mark.parametrize("rate", [999, 384_001, 2**31 - 1])
def test_a_rate_that_no_sound_has_is_refused(tmp_path: Path, rate: int) -> None:
    write_wav(tmp_path / "odd.wav", RAMP, rate)
    with pytest.raises(ConfigError, match=f"odd.wav has {rate} samples a second: give it 1000 to 384000"):
        read_audio(tmp_path / "odd.wav", 8000)


@pytest.mark.parametrize("rate", [1000, 384_000])
def test_the_least_and_the_highest_rate_are_read(tmp_path: Path, rate: int) -> None:
    write_wav(tmp_path / "edge.wav", bytes(2 * rate), rate)
    assert len(read_audio(tmp_path / "edge.wav", 8000)) == 16000


def test_a_file_without_end_is_refused(tmp_path: Path) -> None:
    write_wav(tmp_path / "long.wav", bytes(2 * 1000 * 300), 1000)
    assert len(read_audio(tmp_path / "long.wav", 1000)) == 600_000
    write_wav(tmp_path / "long.wav", bytes(2 * 1000 * 300 + 2), 1000)
    with pytest.raises(ConfigError, match="long.wav is longer than 5 minutes"):
        read_audio(tmp_path / "long.wav", 1000)


@pytest.mark.parametrize("name", ["fifo.wav", "folder"])
def test_only_a_regular_file_is_read(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / "fifo.wav")
    (tmp_path / "folder").mkdir()
    with pytest.raises(ConfigError, match=f"{name} is no regular file"):
        read_audio(tmp_path / name, 8000)


def test_a_name_too_long_for_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read as audio"):
        read_audio(tmp_path / ("a" * 400), 8000)
