"""The spool: append, read in order, torn lines, whose file it is."""

import os
import signal
import subprocess
import sys

import pytest

from offhook.journal import spool as module
from offhook.journal.record import Record
from offhook.journal.spool import CHUNK, Spool, left_behind, taken_over


def record(seq, text="hello"):
    return Record("c1", seq, 10.0 * seq, 1e9 + seq, "transcript", {"text": text})


def all_of(chunks):
    return [each for chunk in chunks for each in chunk]


@pytest.fixture
def spool(tmp_path):
    made = Spool(tmp_path)
    yield made
    made.close()


def read(spool):
    seqs = []
    while records := spool.next():
        seqs += [each.seq for each in records]
        spool.done()
    return seqs


def test_what_was_appended_is_read_in_order_in_chunks(spool):
    whole = [record(seq, "naïve\n☕") for seq in range(1, CHUNK + 100)]
    spool.append(whole[:10])
    spool.append(whole[10:])
    assert spool.next() == whole[:CHUNK]
    assert spool.next() == whole[:CHUNK]  # until it is done
    spool.done()
    spool.append([record(9999)])
    assert read(spool) == [*range(CHUNK + 1, CHUNK + 100), 9999]
    assert spool.empty


def test_a_file_that_was_read_is_empty_and_goes_with_the_spool(spool, tmp_path):
    assert spool.empty
    assert spool.next() == []
    assert left_behind(tmp_path) == []
    spool.append([record(1)])
    assert read(spool) == [1]
    [path] = left_behind(tmp_path)
    assert path.stat().st_size == 0
    assert path.stat().st_mode & 0o077 == 0
    spool.close()
    assert left_behind(tmp_path) == []


def test_a_full_disk_keeps_all_or_nothing(spool, monkeypatch):
    spool.append([record(1)])
    written = []

    def full(descriptor, data):
        if written:
            raise OSError(28, "No space left on device")
        written.append(os.pwrite(descriptor, bytes(data[:20]), spool._size))
        return 20

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(OSError, match="No space"):
            spool.append([record(2), record(3)])
    spool.append([record(4)])
    assert read(spool) == [1, 4]


def test_what_the_living_keep_is_theirs(spool, tmp_path):
    spool.append([record(1)])
    [path] = left_behind(tmp_path)
    with taken_over(path) as chunks:
        assert chunks is None
    assert path.exists()


def test_what_a_process_left_is_taken_over_once(spool, tmp_path):
    spool.append([record(1), record(2)])
    spool.close()
    [path] = left_behind(tmp_path)
    with taken_over(path) as chunks:
        with taken_over(path) as again:
            assert again is None
        assert [each.seq for each in all_of(chunks)] == [1, 2]
    with taken_over(path) as chunks:
        assert chunks is None


def test_what_could_not_be_written_stays(spool, tmp_path):
    spool.append([record(1)])
    spool.close()
    [path] = left_behind(tmp_path)
    with pytest.raises(ValueError, match="away"), taken_over(path):
        raise ValueError("away")
    with taken_over(path) as chunks:
        assert all_of(chunks) == [record(1)]


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_a_torn_last_line_is_left_out(tmp_path, cut):
    spool = Spool(tmp_path)
    spool.append([record(1), record(2)])
    spool.close()
    [path] = left_behind(tmp_path)
    path.write_bytes(path.read_bytes()[:-cut])
    with taken_over(path) as chunks:
        assert all_of(chunks) == [record(1)]


def test_a_line_of_rubbish_costs_itself(tmp_path, caplog):
    spool = Spool(tmp_path)
    spool.append([record(1)])
    spool.close()
    [path] = left_behind(tmp_path)
    path.write_bytes(b'\xff\xfe secret\n[1]\n{"a":1}\n' + path.read_bytes())
    with taken_over(path) as chunks:
        assert all_of(chunks) == [record(1)]
    assert "secret" not in caplog.text


def test_a_killed_process_leaves_what_it_had_appended(tmp_path):
    code = (
        "import sys\nfrom pathlib import Path\nfrom tests.journal.test_spool import record\n"
        "from offhook.journal.spool import Spool\nspool = Spool(Path(sys.argv[1]))\n"
        "for seq in range(1, 4):\n    spool.append([record(seq)])\n    print(seq, flush=True)\nsys.stdin.read()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert [process.stdout.readline() for _ in range(3)] == ["1\n", "2\n", "3\n"]
    [path] = left_behind(tmp_path)
    with taken_over(path) as chunks:
        assert chunks is None
    process.send_signal(signal.SIGKILL)
    process.communicate()
    with taken_over(path) as chunks:
        assert [each.seq for each in all_of(chunks)] == [1, 2, 3]


def test_lines_longer_than_what_is_read_at_once_are_read_whole(spool, monkeypatch):
    monkeypatch.setattr(module, "READ_BYTES", 100)
    spool.append([record(1, "x" * 5000), record(2), record(3, "y" * 90)])
    assert read(spool) == [1, 2, 3]


def test_of_a_long_file_no_more_is_read_than_is_wanted(spool, monkeypatch):
    asked = []
    pread = os.pread
    monkeypatch.setattr(os, "pread", lambda *told: asked.append(told[1]) or pread(*told))
    spool.append([record(seq, "x" * 1000) for seq in range(1, 3000)])
    assert read(spool) == list(range(1, 3000))
    assert max(asked) <= module.READ_BYTES
