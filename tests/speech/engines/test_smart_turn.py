"""Smart Turn with its worker: the tiny network for the road to it, the real one for what it is worth."""

import asyncio
import importlib.util
import os
import signal
from pathlib import Path

import numpy as np
import pytest

from offhook.errors import ConfigError, LegFailed
from offhook.speech.engines import smart_turn
from offhook.speech.engines.smart_turn import WEIGHTS, SmartTurn

needs_engine = pytest.mark.skipif(
    importlib.util.find_spec("onnxruntime") is None or importlib.util.find_spec("onnx") is None,
    reason="onnxruntime or onnx is not installed: pip install 'offhook[turn]' onnx",
)
needs_weights = pytest.mark.skipif(
    not WEIGHTS.is_file() or importlib.util.find_spec("onnxruntime") is None,
    reason="Smart Turn is not installed: pip install 'offhook[turn]'",
)
needs_people = pytest.mark.skipif(
    not Path("/work/shared/data/speech/jfk.flac").is_file(), reason="there are no recordings of people here"
)
JFK = Path("/work/shared/data/speech/jfk.flac")


def noise(ms: int, amplitude: float) -> bytes:
    samples = np.random.default_rng(ms).normal(size=ms * 8) * amplitude
    return np.rint(samples).astype("<i2").tobytes()


@needs_engine
def test_a_worker_hears_the_end_of_the_turn_and_not_more_than_the_newest_eight_seconds(tmp_path):
    from tests.speech.engines import networks

    async def whole():
        model = SmartTurn(networks.smart_turn(tmp_path / "tiny.onnx"))
        await model.start()
        loud_end, soft_end = noise(7500, 50) + noise(500, 5000), noise(7500, 5000) + noise(500, 50)
        assert await model.over(loud_end) > 0.9
        assert await model.over(soft_end) < 0.1
        assert await model.over(noise(9000, 20_000) + loud_end) == pytest.approx(await model.over(loud_end), abs=0.001)
        await model.close()

    asyncio.run(whole())


@needs_engine
def test_a_file_that_is_no_model_is_told_at_the_start(tmp_path):
    file = tmp_path / "not.onnx"
    file.write_bytes(b"no model")

    async def whole():
        model = SmartTurn(file)
        try:
            with pytest.raises(ConfigError, match=r"not\.onnx is no model that can be read"):
                await model.start()
        finally:
            await model.close()

    asyncio.run(whole())


def test_what_is_not_installed_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(smart_turn.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"offhook\[turn\]"):
        SmartTurn(tmp_path)
    monkeypatch.setattr(smart_turn.importlib.util, "find_spec", lambda name: name)
    with pytest.raises(ConfigError, match="OFFHOOK_SKIP_TURN"):
        SmartTurn(tmp_path / "none.onnx")


@needs_engine
def test_a_worker_that_died_fails_one_answer_and_comes_back(tmp_path):
    from tests.speech.engines import networks

    async def whole():
        model = SmartTurn(networks.smart_turn(tmp_path / "tiny.onnx"))
        await model.start()
        os.kill(model._worker.pid, signal.SIGSTOP)
        asked = asyncio.ensure_future(model.over(noise(500, 500)))
        await asyncio.sleep(0)
        os.kill(model._worker.pid, signal.SIGKILL)
        with pytest.raises(LegFailed):
            await asked
        assert 0 <= await model.over(noise(500, 500)) <= 1
        await model.close()

    asyncio.run(whole())


@needs_engine
def test_a_second_of_a_tone_lies_in_its_band_however_loud():
    from offhook.speech.engines.smart_turn_worker import features

    def tone(hertz, amplitude):
        return np.rint(amplitude * np.sin(2 * np.pi * hertz * np.arange(16_000) / 16_000)).astype("<i2").tobytes()

    heard = features(tone(1000, 8000))
    assert heard.shape == (80, 800) and heard.dtype == np.float32
    assert heard[:, 750].argmax() == 26, "1 kHz is 15 on Slaney's scale, which ends at 45.2 and has 80 bands"
    assert features(tone(3000, 8000))[:, 750].argmax() > heard[:, 750].argmax()
    assert heard[:, :690].max() < heard[:, 750].max() - 1, "it began with silence"
    assert np.abs(features(tone(1000, 800)) - heard)[:, 710:].max() < 0.1, "loudness tells nothing"
    assert np.isfinite(features(b"")).all()


@needs_weights
@needs_people
def test_the_real_network_tells_the_end_of_a_sentence_from_its_middle():
    import soundfile

    from offhook.audio.resample import resample
    from offhook.speech.engines.smart_turn_worker import Network

    samples, rate = soundfile.read(JFK, dtype="int16")
    audio, network = resample(samples.tobytes(), rate, 8000), Network(str(WEIGHTS))

    def until(ms):
        return network.over(audio[: ms * 16] + noise(200, 5))

    # "And so my | fellow Americans: ask not | what your country | can do for you, ask | what you can do for your country. |"
    assert until(10_600) > 0.8
    assert [round(until(ms)) for ms in (1500, 4500, 6500, 9000)] == [0, 0, 0, 0]
