"""Where records wait while the database is away: a file of this process, of one JSON line per record, only ever appended
to.

A process that dies leaves its file behind; whoever starts next in the same folder takes it over. A lock tells the dead
from the living. What is written survives the end of the process, however sudden; not that of the machine.
"""

import contextlib
import logging
import os
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path

import orjson

from offhook.journal.record import Record

log = logging.getLogger(__name__)

SUFFIX = ".jsonl"
CHUNK = 500
"""Records that are read at a time, at most."""
READ_BYTES = 1 << 20


class Spool:
    """The file of this process in a folder. Made when it is first needed. Methods block: not for the loop's thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path: Path | None = None
        self._descriptor = -1
        self._size = self._done = 0

    def append(self, records: Sequence[Record]) -> None:
        """Keeps records. All or none: raises OSError if they do not fit, and then none of them is in the file."""
        if self._descriptor < 0:
            self._make()
        data = memoryview(b"".join(map(_line, records)))
        written = 0
        try:
            while written < len(data):
                written += os.write(self._descriptor, data[written:])
        except OSError:
            os.ftruncate(self._descriptor, self._size)
            raise
        self._size += written

    def _make(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._folder / f"{os.getpid()}-{secrets.token_hex(4)}{SUFFIX}"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        _lock(descriptor)
        self._path, self._descriptor = path, descriptor

    @property
    def empty(self) -> bool:
        """Nothing waits."""
        return self._size == self._done

    def next(self) -> list[Record]:
        """The records that wait longest; `done` says that they are written."""
        lines: list[bytes] = []
        most = READ_BYTES
        while not (lines or self.empty):  # a longer line than that is read whole
            data = os.pread(self._descriptor, min(most, self._size - self._done), self._done)
            lines = data.split(b"\n", CHUNK)[:-1]
            if len(data) == self._size - self._done:
                break
            most *= 8
        self._reading = sum(len(line) + 1 for line in lines)
        return [record for line in lines if (record := _read(line))]

    def done(self) -> None:
        """What `next` gave is in the database."""
        self._done += self._reading
        if self.empty and self._descriptor >= 0:
            os.ftruncate(self._descriptor, 0)
            self._size = self._done = 0

    def close(self) -> None:
        """Leaves what waits to whoever starts next."""
        if self._descriptor >= 0:
            if self.empty and self._path is not None:
                self._path.unlink(missing_ok=True)
            os.close(self._descriptor)
            self._descriptor = -1


def left_behind(folder: Path) -> list[Path]:
    """Files of others in the folder, dead or alive."""
    return sorted(folder.glob(f"*{SUFFIX}")) if folder.is_dir() else []


@contextlib.contextmanager
def taken_over(path: Path) -> Iterator[Iterator[list[Record]] | None]:
    """What a dead process left in its file, in chunks; the file goes with the end of the block. None if whoever made it
    lives, or somebody else takes it over."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        yield None
        return
    with file:
        if not _lock(file.fileno()) or not path.exists():
            yield None
            return
        yield _chunks(file)
        path.unlink(missing_ok=True)


def _chunks(file: Iterator[bytes]) -> Iterator[list[Record]]:
    chunk: list[Record] = []
    for line in file:
        # The last line may be torn: its writer was killed over it.
        if line.endswith(b"\n") and (record := _read(line)):
            chunk.append(record)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    yield chunk


def _lock(descriptor: int) -> bool:
    """True if the file is ours from now on, until it is closed or the process ends."""
    try:
        import fcntl
    except ImportError:  # Windows; nobody runs two servers in one folder there
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _line(record: Record) -> bytes:
    row = (record.call_id, record.seq, record.at_ms, record.at, record.type, record.body)
    return orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)


def _read(line: bytes) -> Record | None:
    try:
        return Record(*orjson.loads(line))
    except (ValueError, TypeError):
        log.warning("a line of the spool cannot be read and is left out")
        return None
