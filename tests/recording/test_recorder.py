"""The recording of one call: written beside it, and never at its cost."""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar

import numpy as np
import pytest

from offhook.audio.format import MULAW_8K, PCM16_8K
from offhook.core.tape import Tape
from offhook.recording import recorder as subject
from offhook.recording.recorder import CallRecorder
from offhook.recording.wav_file import HEAD, WavFile
from offhook.sim.clock import run
from tests.growth import PROC
from tests.growth import read as read_memory

LOUD = b"\x80"  # full scale


class Line:
    """A leg whose media come without delay, and a call on it."""

    def __init__(self, format=MULAW_8K):
        self.id, self.format, self.tape = "call1", format, Tape(format)
        self._loop = asyncio.get_running_loop()
        self.skipped_ms, self.timestamp = 0.0, None
        self.began = self.now()

    def now(self):
        return self._loop.time() * 1000.0 + self.skipped_ms

    def media_ms(self):
        return self.timestamp

    def media_ahead_ms(self):
        return -self.began - 20.0

    def say(self, recorder, frame=LOUD, ms=20):
        """Some of the caller, which ends now."""
        self.timestamp = self.now() - self.began - 20.0
        recorder.caller_audio(frame * (ms * self.format.bytes_per_ms // len(frame)))

    async def speak(self, recorder, ms, frame=LOUD, at_once=20):
        for _ in range(0, ms, at_once):
            await asyncio.sleep(at_once / 1000)
            self.say(recorder, frame, at_once)


@pytest.fixture(autouse=True)
def nothing_stays_open():
    """A test that breaks off in the middle of a call leaves its file to us."""
    yield
    for written in Written.made:
        written.thread.submit(written.recorder._close)
        written.thread.shutdown()
    Written.made.clear()


class Written:
    """What a recorder told, and what it wrote."""

    made: ClassVar[list["Written"]] = []

    def __init__(self, path, make=None, format=MULAW_8K):
        self.path, self.format = path, format
        self.failed, self.ended = [], asyncio.Event()
        self.line, self.thread = Line(format), ThreadPoolExecutor(1)
        self.recorder = CallRecorder(
            self.line, make or (lambda: WavFile(path, 8000)), self._disk,
            failed=self.failed.append, ended=self.ended.set,
        )  # fmt: skip
        self.recorder.joined(self.line)
        self.made.append(self)

    def _disk(self, what, *args):
        return asyncio.get_running_loop().run_in_executor(self.thread, what, *args)

    async def end(self):
        self.recorder.close()
        self.recorder.close()
        await self.ended.wait()

    @property
    def samples(self):
        return np.frombuffer(self.path.read_bytes()[HEAD:], "<i2").reshape(-1, 2)


@pytest.mark.parametrize("format", [MULAW_8K, PCM16_8K])
def test_both_sides_are_written_while_the_call_goes_on(tmp_path, format):
    async def scenario():
        written = Written(tmp_path / "a.wav", format=format)
        written.line.tape.wrote((LOUD if format is MULAW_8K else b"\0\x40") * 8000, written.line.now() + 1000.0)
        await written.line.speak(written.recorder, 8000, LOUD if format is MULAW_8K else b"\0\x40")
        so_far = len(written.samples)
        assert 5500 * 8 <= so_far <= 7500 * 8, "no more than some seconds are held"
        await written.end()
        return written.samples

    samples = run(scenario())
    assert len(samples) == 8000 * 8
    assert (samples[:, 0] > 0).all() if format is PCM16_8K else (samples[:, 0] != 0).all()
    sounds = np.flatnonzero(samples[:, 1])
    assert (sounds[0], sounds[-1], len(sounds)) == (8000, 15999, 8000)


def test_a_pause_is_silence_of_the_same_length_on_both_sides(tmp_path):
    async def scenario():
        written = Written(tmp_path / "a.wav")
        written.line.tape.wrote(LOUD * 48_000, written.line.now())
        await written.line.speak(written.recorder, 2000)
        written.recorder.pause("asked")
        written.recorder.pause("secret keys")
        await written.line.speak(written.recorder, 1000)
        written.recorder.resume("asked")
        await written.line.speak(written.recorder, 1000)
        written.recorder.resume("secret keys")
        written.recorder.resume("secret keys")
        await written.line.speak(written.recorder, 2000)
        await written.end()
        return written.samples

    samples = run(scenario())
    assert len(samples) == 6000 * 8
    for side in (0, 1):
        quiet = np.flatnonzero(samples[:, side] == 0)
        assert quiet[0] == 2000 * 8
        assert (quiet[-1] + 1) / 8 == 4000 + subject.TAIL_MS
        assert len(quiet) == (2000 + subject.TAIL_MS) * 8


@pytest.mark.parametrize("wait_ms", [0, 8000])
def test_what_one_side_said_is_taken_out_whether_or_not_it_was_written(tmp_path, wait_ms):
    async def scenario():
        written = Written(tmp_path / "a.wav")
        written.line.tape.wrote(LOUD * 40_000, written.line.now())
        begin = written.line.now()
        await written.line.speak(written.recorder, 5000 + wait_ms)
        written.recorder.silence("caller", begin + 2000.0, begin + 3000.0)
        written.recorder.silence("agent", begin + 3500.0, begin + 4500.0)
        await written.end()
        return written.samples

    samples = run(scenario())
    caller = np.flatnonzero(samples[:, 0] == 0) / 8
    agent = np.flatnonzero(samples[: 5000 * 8, 1] == 0) / 8
    assert (caller[0], caller[-1], len(caller)) == (2000, 2999.875, 8000)
    assert (agent[0], agent[-1], len(agent)) == (3500, 4499.875, 8000)


class Full(WavFile):
    """A disk that has room for two pieces."""

    pieces = 0

    def append(self, left, right):
        self.pieces += 1
        if self.pieces > 2:
            raise OSError(28, "No space left on device")
        super().append(left, right)


def test_a_full_disk_costs_the_rest_of_the_recording_and_nothing_else(tmp_path, caplog):
    async def scenario():
        written = Written(tmp_path / "a.wav", make=lambda: Full(tmp_path / "a.wav", 8000))
        await written.line.speak(written.recorder, 30_000)
        assert written.ended.is_set()
        written.recorder.pause("asked")
        written.recorder.silence("caller", 0.0, 1.0)
        written.recorder.left()
        await written.end()
        return written

    written = run(scenario())
    assert written.failed == ["[Errno 28] No space left on device"]
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert 0 < len(written.samples) < 6000 * 8
    assert len(written.recorder._pairing._left) < 8 * 10_000, "nothing is gathered any more"


def test_a_folder_that_cannot_be_written_costs_the_recording_only(tmp_path):
    async def scenario():
        written = Written(tmp_path / "a.wav", make=lambda: WavFile(tmp_path / "nowhere" / "a.wav", 8000))
        await written.line.speak(written.recorder, 2000)
        await written.end()
        return written.failed

    (why,) = run(scenario())
    assert "No such file" in why


def test_a_disk_that_is_too_slow_ends_the_recording_before_it_fills_the_memory(tmp_path):
    async def scenario():
        written = Written(tmp_path / "a.wav")
        jobs = []

        def stuck(what, *args):
            jobs.append(asyncio.get_running_loop().create_future())
            return jobs[-1]

        await written.line.speak(written.recorder, 1000)
        disk, written.recorder._disk = written.recorder._disk, stuck
        await written.line.speak(written.recorder, 60_000)
        await disk(written.recorder._close)
        return written.failed, len(jobs)

    failed, jobs = run(scenario())
    assert failed == ["the disk is too slow"]
    assert jobs <= subject.MOST_WAITING + 1


@pytest.mark.skipif(not (PROC / "self" / "status").exists(), reason="memory is read from /proc")
def test_an_hour_is_recorded_in_the_memory_of_its_first_minutes(tmp_path):
    async def scenario():
        written, held = Written(tmp_path / "a.wav"), []
        for minute in range(60):
            for second in range(60):
                for piece in range(5):
                    written.line.tape.wrote(LOUD * 1000, written.line.now() + 200.0 * piece)
                if second % 20 == 0:
                    written.recorder.pause("asked")
                    written.recorder.resume("asked")
                    written.recorder.silence("caller", written.line.now() - 500.0, written.line.now())
                await written.line.speak(written.recorder, 1000, at_once=100)
            pairing = written.recorder._pairing
            held.append((len(pairing._left) + len(pairing._right), read_memory(os.getpid(), minute).kb))
        await written.end()
        return held

    held = run(scenario())
    assert (tmp_path / "a.wav").stat().st_size == HEAD + 3600 * 8000 * 4
    assert max(size for size, _ in held) < 5000 * 16
    early, late = held[1][1], held[-1][1]
    assert late <= early * 1.02, f"{early} kB after two minutes, {late} kB after an hour"


def test_a_bug_of_the_recorder_costs_the_recording_and_not_the_call(tmp_path, caplog):
    async def scenario():
        written = Written(tmp_path / "a.wav")
        await written.line.speak(written.recorder, 6000)
        written.line.tape.between = None
        await written.line.speak(written.recorder, 2000)
        await written.end()
        return written.failed

    assert run(scenario()) == ["internal error"]
    assert [record.levelname for record in caplog.records] == ["ERROR", "ERROR"]
