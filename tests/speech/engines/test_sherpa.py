"""sherpa-onnx with its workers, on a tiny transducer in the format of real ones: it writes down tones."""

import asyncio
import importlib.util
import os
import signal

import pytest

from offhook.errors import ConfigError, LegFailed
from offhook.speech.engines import sherpa
from offhook.speech.engines.sherpa import SherpaPool

needs_engine = pytest.mark.skipif(
    importlib.util.find_spec("sherpa_onnx") is None or importlib.util.find_spec("onnx") is None,
    reason="sherpa-onnx or onnx is not installed: pip install 'offhook[sherpa]' onnx",
)


def _with(folder, test, workers=1):
    from tests.speech.engines import networks

    async def whole():
        pool = SherpaPool(networks.transducer(folder), workers)
        try:
            await pool.start()
            await test(pool)
        finally:
            await pool.close()

    asyncio.run(whole())


def _hear(recogniser, *hertz):
    from tests.speech.engines import networks

    for each in hertz:
        audio = networks.tone(640, each)
        for at in range(0, len(audio), 512):
            recogniser.feed(audio[at : at + 512])


@needs_engine
def test_words_are_known_at_a_pause_and_go_on_after_it(tmp_path):
    async def test(pool):
        caller = pool.recogniser("en-US")
        caller.begin()
        _hear(caller, 400)
        assert (await caller.pause()).text == "low"
        assert (await caller.pause()).text == "low"
        _hear(caller, 2500, 400)
        assert (await caller.pause()).text == "low high low"
        assert (await caller.end()).text == "low high low"
        caller.begin()
        _hear(caller, 2500)
        assert (await caller.end()).text == "high"
        caller.begin()
        assert (await caller.end()).text == ""
        caller.close()
        caller.close()

    _with(tmp_path, test)


@needs_engine
def test_callers_on_one_worker_are_kept_apart_and_others_take_the_next(tmp_path):
    async def test(pool):
        one, other, third = (pool.recogniser("en") for _ in range(3))
        assert one._worker is not other._worker and third._worker in (one._worker, other._worker)
        for caller, hertz in ((one, 400), (other, 2500), (third, 2500)):
            caller.begin()
            _hear(caller, hertz)
        assert [(await each.end()).text for each in (one, other, third)] == ["low", "high", "high"]
        one.close()
        assert pool.recogniser("en")._worker is one._worker, "it has the fewest callers"

    _with(tmp_path, test, workers=2)


@needs_engine
def test_what_is_cancelled_is_forgotten(tmp_path):
    async def test(pool):
        caller = pool.recogniser("en")
        caller.begin()
        _hear(caller, 400)
        caller.cancel()
        with pytest.raises(LegFailed, match="lost this caller"):
            await caller.end()
        caller.begin()
        _hear(caller, 2500)
        assert (await caller.end()).text == "high"

    _with(tmp_path, test)


@needs_engine
def test_a_worker_that_dies_costs_the_turn_and_comes_back(tmp_path):
    async def test(pool):
        caller = pool.recogniser("en")
        caller.begin()
        _hear(caller, 400)
        await caller.pause()
        os.kill(caller._worker.pid, signal.SIGKILL)
        while caller._worker.pid is not None:
            await asyncio.sleep(0)
        _hear(caller, 400)
        with pytest.raises(LegFailed):
            await caller.end()
        caller.begin()
        _hear(caller, 2500)
        assert (await caller.end()).text == "high"

    _with(tmp_path, test)


@needs_engine
def test_files_that_are_no_model_are_told_at_the_start(tmp_path):
    from tests.speech.engines import networks

    async def whole():
        pool = SherpaPool(networks.transducer(tmp_path), 1)
        next(tmp_path.glob("encoder*")).write_bytes(b"no model")
        try:
            with pytest.raises(ConfigError, match="cannot be loaded: it must be a streaming transducer"):
                await pool.start()
        finally:
            await pool.close()

    asyncio.run(whole())


def test_of_two_of_a_kind_the_smaller_is_taken_and_what_is_missing_is_told(tmp_path, monkeypatch):
    with pytest.raises(ConfigError, match=r"offhook\[sherpa\]"):
        monkeypatch.setattr(sherpa.importlib.util, "find_spec", lambda name: None)
        SherpaPool(tmp_path)
    monkeypatch.setattr(sherpa.importlib.util, "find_spec", lambda name: name)
    for name, size in (("encoder.onnx", 9), ("encoder.int8.onnx", 3), ("decoder.onnx", 1), ("joiner.onnx", 1)):
        (tmp_path / name).write_bytes(bytes(size))
    with pytest.raises(ConfigError, match=r"lacks tokens\.txt"):
        SherpaPool(tmp_path)
    (tmp_path / "tokens.txt").write_text("")
    pool = SherpaPool(tmp_path, 1)
    assert any("encoder.int8.onnx" in each for each in pool._workers[0].worker._command)
