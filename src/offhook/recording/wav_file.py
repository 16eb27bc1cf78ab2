"""A stereo WAV file that is written as a call goes on and is whole at any moment: the head is brought up to date after
each piece of audio, and a file whose writer died in between is mended by `mend`.

PCM16, because every browser and every editor plays it, and because a range of bytes is a range of time: 32 kB a second at
8 kHz. µ-law would take half and is played by some only.
"""

import os
import shutil
import struct
from pathlib import Path
from typing import BinaryIO

import numpy as np

from offhook.audio.wav import interleave

HEAD = 44
FRAME = 4
"""Bytes of one sample of both channels."""
_LAYOUT = "<4sI4s4sIHHIIHH4sI"


def head(rate: int, size: int) -> bytes:
    """The first bytes of a stereo file with `size` bytes of audio."""
    return struct.pack(
        _LAYOUT, b"RIFF", HEAD - 8 + size, b"WAVE", b"fmt ", 16, 1, 2, rate, rate * FRAME, FRAME, 16, b"data", size
    )  # fmt: skip


class WavFile:
    """One file, by one writer. Every method may raise OSError; what was written before then is kept, and in order."""

    def __init__(self, path: Path, rate: int) -> None:
        """Makes the file, readable by its owner only; FileExistsError if it is there."""
        self.path, self._rate, self._size = path, rate, 0
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        self._file: BinaryIO = open(descriptor, "rb+", buffering=0)  # noqa: SIM115
        try:
            _lock(self._file)
            self._write(0, head(rate, 0))
        except BaseException:  # a disk that is full: nobody has the file who could close it
            self._file.close()
            raise

    def append(self, left: bytes, right: bytes) -> None:
        """More of both sides: PCM16, as long as one another."""
        audio = interleave(left, right)
        self._write(HEAD + self._size, audio)
        self._size += len(audio)
        self._write(0, head(self._rate, self._size))

    def silence(self, begin: int, end: int, *, left: bool, right: bool) -> None:
        """Takes out what was said from sample `begin` to `end` on the sides named, as far as it was written."""
        at, stop = HEAD + begin * FRAME, HEAD + min(end * FRAME, self._size)
        while at < stop:
            self._file.seek(at)
            frames = np.frombuffer(self._file.read(min(stop - at, 1 << 20)), "<i2").reshape(-1, 2).copy()
            frames[:, [left, right]] = 0
            self._write(at, frames.tobytes())
            at += frames.nbytes

    def close(self) -> None:
        """Ends the file. Idempotent."""
        self._file.close()

    def _write(self, at: int, audio: bytes) -> None:
        self._file.seek(at)
        left = memoryview(audio)
        while left:  # a raw file may take less than all
            left = left[self._file.write(left) or 0 :]


def mend(path: Path) -> bool:
    """Makes a file whose writer died whole. False if somebody writes it still, or nothing of it can be used."""
    with open(path, "rb+", buffering=0) as file:
        if not _lock(file):
            return False
        size = (os.fstat(file.fileno()).st_size - HEAD) // FRAME * FRAME
        start = file.read(HEAD)
        if size <= 0 or len(start) < HEAD or start[:4] != b"RIFF":
            return False
        file.truncate(HEAD + size)
        file.seek(0)
        file.write(head(struct.unpack(_LAYOUT, start)[7], size))
    return True


def join(path: Path, more: Path) -> None:
    """Puts the audio of one whole file behind that of another of the same rate. Broken off, it can be done again: what a
    file has beyond its head's size does not count."""
    with open(path, "rb+", buffering=0) as file, open(more, "rb") as source:
        start, added = file.read(HEAD), source.read(HEAD)
        rate, size = struct.unpack(_LAYOUT, start)[7], _size(start)
        if struct.unpack(_LAYOUT, added)[7] != rate:
            raise OSError(f"{more.name} has another rate than {path.name}")
        file.seek(HEAD + size)
        file.truncate()
        shutil.copyfileobj(source, file, 1 << 20)
        file.seek(0)
        file.write(head(rate, size + _size(added)))


def _size(start: bytes) -> int:
    """Bytes of audio, as a head tells."""
    return int(struct.unpack(_LAYOUT, start)[-1])


def _lock(file: BinaryIO) -> bool:
    """Marks a file as being written, until it is closed or its process ends. False if another has done so."""
    try:
        import fcntl
    except ImportError:  # Windows, where nobody else can rename an open file
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
