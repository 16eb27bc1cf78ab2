"""Recordings by call id: written, mended, taken away, read, deleted."""

import asyncio
import os
import signal
import subprocess
import sys

import pytest

from offhook.core import events as e
from offhook.recording.recordings import END_S, Kept, Recordings, StillOn
from offhook.recording.wav_file import HEAD, WavFile
from offhook.sim.clock import run
from tests.recording.test_recorder import Line


class Shelf:
    """A bucket in memory that may be out of reach for a while."""

    def __init__(self, fails=0):
        self.files, self.fails, self.tries = {}, fails, []

    def url(self, name):
        return f"s3://shelf/{name}"

    async def put(self, name, path):
        self.tries.append(asyncio.get_running_loop().time())
        if len(self.tries) <= self.fails:
            raise OSError("out of reach")
        self.files[name] = path.read_bytes()

    async def size(self, name):
        return len(self.files[name]) if name in self.files else None

    async def read(self, name, start, end):
        yield self.files[name][start:end]

    async def delete(self, name):
        self.files.pop(name, None)

    async def names(self):
        return [(name, len(held)) for name, held in self.files.items()]


async def record(recordings, ms=6000, call_id="call1"):
    line = Line()
    line.id = call_id
    recorder = recordings.record(line)
    recorder.joined(line)
    await line.speak(recorder, ms)
    return recorder


async def all_of(recordings, call_id, start=0, end=1 << 40):
    return b"".join([piece async for piece in recordings.open_range(call_id, start, end)])


def test_a_call_is_recorded_read_and_deleted(tmp_path):
    async def scenario():
        told = []
        recordings = Recordings(tmp_path / "r", told=lambda *each: told.append(each))
        await recordings.start()
        recorder = await record(recordings)
        while_on = await recordings.size("call1")
        assert HEAD < while_on <= len(await all_of(recordings, "call1"))
        with pytest.raises(StillOn):
            await recordings.delete("call1")
        recorder.close()
        await asyncio.sleep(1.0)
        size = HEAD + 6000 * 8 * 4
        assert told == [("call1", e.Recorded((tmp_path / "r" / "call1.wav").as_uri()))]
        assert await recordings.size("call1") == size
        assert await recordings.kept() == [Kept("call1", size)]
        whole = await all_of(recordings, "call1")
        assert len(whole) == size
        assert await all_of(recordings, "call1", 100, 100_000) == whole[100:100_000]
        assert await recordings.delete("call1")
        assert not await recordings.delete("call1")
        assert await recordings.size("call1") is None
        with pytest.raises(FileNotFoundError):
            await all_of(recordings, "call1")
        await recordings.close()

    run(scenario())


@pytest.mark.parametrize("call_id", ["../secret", "..", "", "a/b", "a\\b", "a.wav", "x" * 65, "a\n", "a\0"])
def test_no_id_leads_out_of_the_folder(tmp_path, call_id):
    async def scenario():
        (tmp_path / "secret.wav").write_bytes(b"secret")
        recordings = Recordings(tmp_path / "r")
        assert await recordings.size(call_id) is None
        assert not await recordings.delete(call_id)
        with pytest.raises(FileNotFoundError):
            await all_of(recordings, call_id)
        await recordings.close()

    run(scenario())
    assert (tmp_path / "secret.wav").exists()


def test_a_call_without_a_sound_to_write_leaves_no_file(tmp_path):
    async def scenario():
        told = []
        recordings = Recordings(tmp_path, told=lambda *each: told.append(each))
        (await record(recordings, ms=0)).close()
        await recordings.close()
        assert told == [] and list(tmp_path.iterdir()) == []

    run(scenario())


def test_a_server_that_ends_ends_its_recordings(tmp_path):
    async def scenario():
        recordings = Recordings(tmp_path)
        await record(recordings, call_id="one")
        await record(recordings, call_id="two")
        await recordings.close()
        await recordings.close()

    run(scenario())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.wav", "two.wav"]


def test_a_recording_is_taken_away_and_read_from_there(tmp_path):
    async def scenario():
        told, shelf = [], Shelf(fails=3)
        recordings = Recordings(tmp_path, shelf, lambda *each: told.append(each))
        (await record(recordings)).close()
        await asyncio.sleep(0.5)
        whole = await all_of(recordings, "call1")
        assert len(whole) == HEAD + 6000 * 32, "read from the folder meanwhile"
        await asyncio.sleep(10.0)
        assert [round(b - a) for a, b in zip(shelf.tries, shelf.tries[1:], strict=False)] == [1, 2, 4]
        assert list(tmp_path.iterdir()) == []
        assert [event.url for _, event in told] == [(tmp_path / "call1.wav").as_uri(), "s3://shelf/call1.wav"]
        assert await all_of(recordings, "call1", 44, 1000) == whole[44:1000]
        assert await recordings.kept() == [Kept("call1", len(whole))]
        assert await recordings.delete("call1")
        assert shelf.files == {}
        await recordings.close()

    run(scenario())


def test_what_could_not_be_taken_away_is_at_the_next_start(tmp_path):
    async def scenario():
        shelf = Shelf(fails=10**6)
        recordings = Recordings(tmp_path, shelf)
        (await record(recordings)).close()
        await asyncio.sleep(30.0)
        await recordings.close()
        assert [path.name for path in tmp_path.iterdir()] == ["call1.wav"]
        shelf.fails = 0
        recordings = Recordings(tmp_path, shelf)
        await recordings.start()
        await asyncio.sleep(1.0)
        assert list(shelf.files) == ["call1.wav"] and list(tmp_path.iterdir()) == []
        await recordings.close()

    run(scenario())


def test_what_is_deleted_while_it_waits_is_never_taken_away(tmp_path):
    async def scenario():
        shelf = Shelf(fails=2)
        recordings = Recordings(tmp_path, shelf)
        (await record(recordings)).close()
        await asyncio.sleep(1.0)
        assert await recordings.delete("call1")
        await asyncio.sleep(60.0)
        assert shelf.files == {} and list(tmp_path.iterdir()) == []
        await recordings.close()

    run(scenario())


CALL = """
import asyncio, sys
from pathlib import Path
from offhook.recording.recordings import Recordings
from tests.recording.test_recorder import Line

async def main():
    recordings = Recordings(Path(sys.argv[1]))
    line = Line()
    recorder = recordings.record(line)
    recorder.joined(line)
    for second in range(60):
        for _ in range(50):
            line.skipped_ms += 20.0
            line.say(recorder)
        await asyncio.sleep(0.002)
        recorder._tick()
        if second == 20:
            print("there", flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


def test_what_a_killed_process_has_left_is_whole_after_the_next_start(tmp_path):
    folder = tmp_path / "r"
    process = subprocess.Popen([sys.executable, "-c", CALL, str(folder)], stdout=subprocess.PIPE)
    with process:
        assert process.stdout.readline() == b"there\n"
        os.kill(process.pid, signal.SIGKILL)
    assert [path.name for path in folder.iterdir()] == ["call1.part"]

    async def scenario():
        told = []
        recordings = Recordings(folder, told=lambda *each: told.append(each))
        await recordings.start()
        assert told == [("call1", e.Recorded((folder / "call1.wav").as_uri()))]
        assert await recordings.size("call1") > HEAD + 8000 * 4 * 5
        await recordings.close()

    run(scenario())


def test_what_another_process_writes_is_let_alone(tmp_path):
    live = WavFile(tmp_path / "live.part", 8000)
    live.append(b"\1\0" * 10, b"\1\0" * 10)

    async def scenario():
        recordings = Recordings(tmp_path)
        await recordings.start()
        await recordings.close()

    run(scenario())
    assert (tmp_path / "live.part").exists()
    live.close()


def test_a_file_that_was_broken_off_before_any_audio_is_removed(tmp_path):
    for name in ("old.part", "new.part"):
        WavFile(tmp_path / name, 8000).close()
    os.utime(tmp_path / "old.part", (0, 0))

    async def scenario():
        recordings = Recordings(tmp_path)
        await recordings.start()
        await recordings.close()

    run(scenario())
    assert [path.name for path in tmp_path.iterdir()] == ["new.part"]


def test_a_disk_that_does_not_answer_keeps_no_server_from_ending(tmp_path, caplog):
    async def scenario():
        recordings = Recordings(tmp_path)
        recorder = await record(recordings)
        recorder._disk = lambda *_: asyncio.get_running_loop().create_future()
        before = asyncio.get_running_loop().time()
        await recordings.close()
        recorder._file.close()
        return asyncio.get_running_loop().time() - before

    assert run(scenario()) == pytest.approx(END_S)
    assert "the disk does not answer" in caplog.text


def test_a_call_that_outlives_its_process_has_one_recording(tmp_path):
    async def scenario():
        sizes = []
        for _ in range(2):
            recordings = Recordings(tmp_path)
            (await record(recordings)).close()
            await recordings.close()
            sizes.append(await recordings.size("call1") - HEAD)
        assert sizes[1] == 2 * sizes[0] > 0
        assert [each.name for each in tmp_path.iterdir()] == ["call1.wav"]

    run(scenario())
