"""A file that is whole at any moment."""

import io
import os
import signal
import subprocess
import sys
import wave

import numpy as np
import pytest

from offhook.recording.wav_file import HEAD, WavFile, head, join, mend


def pcm(*samples):
    return np.array(samples, "<i2").tobytes()


def samples(path):
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, 8000)
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)


def read(path):
    return samples(path).tolist()


def test_it_can_be_read_after_every_piece(tmp_path):
    file = WavFile(tmp_path / "a.wav", 8000)
    assert read(file.path) == []
    file.append(pcm(1, 2), pcm(-1, -2))
    assert read(file.path) == [[1, -1], [2, -2]]
    file.append(pcm(3), pcm(-3))
    assert read(file.path) == [[1, -1], [2, -2], [3, -3]]
    file.close()
    file.close()
    assert file.path.stat().st_mode & 0o777 == 0o600


def test_a_stretch_is_taken_out_of_one_side(tmp_path):
    file = WavFile(tmp_path / "a.wav", 8000)
    file.append(pcm(1, 2, 3, 4), pcm(5, 6, 7, 8))
    file.silence(1, 3, left=True, right=False)
    file.silence(3, 100, left=True, right=True)
    file.append(pcm(9), pcm(9))
    assert read(file.path) == [[1, 5], [0, 6], [0, 7], [0, 0], [9, 9]]
    file.silence(50, 60, left=True, right=True)
    assert len(read(file.path)) == 5
    file.close()


def test_it_writes_over_nothing(tmp_path):
    WavFile(tmp_path / "a.wav", 8000).close()
    with pytest.raises(FileExistsError):
        WavFile(tmp_path / "a.wav", 8000)


def test_a_file_whose_head_cannot_be_written_is_closed(tmp_path, monkeypatch):
    opened = []

    def full(file, _at, _audio):
        opened.append(file._file)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(WavFile, "_write", full)
    with pytest.raises(OSError, match="No space"):
        WavFile(tmp_path / "a.wav", 8000)
    assert opened[0].closed


def test_a_head_is_as_the_standard_library_writes_it():
    told = io.BytesIO()
    with wave.open(told, "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(400))
    assert told.getvalue()[:HEAD] == head(8000, 400)


def test_what_a_head_does_not_know_of_is_mended(tmp_path):
    path = tmp_path / "a.wav"
    path.write_bytes(head(8000, 4) + pcm(1, 2, 3, 4) + b"\x05")
    assert mend(path)
    assert read(path) == [[1, 2], [3, 4]]


@pytest.mark.parametrize("left", [b"", b"RIFF", head(8000, 0), b"something else entirely" * 10])
def test_what_cannot_be_used_is_left_as_it_is(tmp_path, left):
    path = tmp_path / "a.wav"
    path.write_bytes(left)
    assert not mend(path)
    assert path.read_bytes() == left


def test_what_is_being_written_is_let_alone(tmp_path):
    file = WavFile(tmp_path / "a.wav", 8000)
    file.append(pcm(1), pcm(2))
    assert not mend(file.path)
    file.close()
    assert mend(file.path)


WRITES = """
import sys
from pathlib import Path
from offhook.recording.wav_file import WavFile
file = WavFile(Path(sys.argv[1]), 8000)
for number in range(1000000):
    file.append(bytes([number % 251, 1]) * 800, bytes([number % 251, 2]) * 800)
    if number == 20:
        print("there", flush=True)
"""


def test_a_file_is_whole_whenever_its_writer_is_killed(tmp_path):
    for number in range(2):
        path = tmp_path / f"{number}.wav"
        writer = subprocess.Popen([sys.executable, "-c", WRITES, str(path)], stdout=subprocess.PIPE)
        with writer:
            assert writer.stdout.readline() == b"there\n"
            os.kill(writer.pid, signal.SIGKILL)
        before = len(samples(path))
        assert before >= 20 * 800
        assert mend(path)
        pieces = samples(path)
        assert before <= len(pieces) <= before + 800
        expected = np.arange(len(pieces)) // 800 % 251
        assert (pieces[:, 0] == expected + 256).all() and (pieces[:, 1] == expected + 512).all()


def test_one_file_is_put_behind_another_however_often_that_breaks_off(tmp_path):
    for name, first in (("a", 1), ("b", 3)):
        file = WavFile(tmp_path / name, 8000)
        file.append(pcm(first, first + 1), pcm(-first, -first - 1))
        file.close()
    with open(tmp_path / "a", "ab") as broken_off:
        broken_off.write(b"half")
    join(tmp_path / "a", tmp_path / "b")
    assert read(tmp_path / "a") == [[1, -1], [2, -2], [3, -3], [4, -4]]


def test_files_of_two_rates_are_not_put_together(tmp_path):
    for name, rate in (("a", 8000), ("b", 24000)):
        WavFile(tmp_path / name, rate).close()
    with pytest.raises(OSError, match="another rate"):
        join(tmp_path / "a", tmp_path / "b")
