"""The numpy forward pass against what onnxruntime makes of the same weights."""

import numpy as np
import pytest

from offhook.audio.silero import WEIGHTS, Silero
from tests.audio.voice import vowels

pytestmark = pytest.mark.skipif(not WEIGHTS.is_file(), reason="built without the voice detector's weights")

# onnxruntime 1.31 on silero_vad.onnx of silero-vad 6.2.3, window by window, for `vowels()`.
EXPECTED = (
    0.737069, 0.903434, 0.851075, 0.812625, 0.742613, 0.615706, 0.463197, 0.728888, 0.848332, 0.932547,
    0.908167, 0.945188, 0.895264, 0.785856, 0.531306, 0.264719, 0.132953, 0.072915, 0.046406, 0.033940,
    0.178406, 0.906839, 0.967786, 0.979982, 0.996211, 0.998229, 0.998351, 0.999268, 0.999037, 0.999087,
    0.998718, 0.979237, 0.991974, 0.939446, 0.666544, 0.313389, 0.130411, 0.057082, 0.033913, 0.025760,
    0.021949, 0.163618, 0.986141, 0.987323, 0.979405, 0.970789, 0.967263, 0.953315, 0.971502, 0.918798,
    0.913473, 0.972342, 0.944565, 0.953745, 0.872836, 0.657357, 0.380899, 0.198688, 0.113173, 0.066349,
    0.044675, 0.033900,
)  # fmt: skip


def _windows() -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    samples = np.frombuffer(vowels(), "<i2")
    return (samples[: len(samples) // 256 * 256].reshape(-1, 256) / 32768).astype(np.float32)


def test_probabilities_equal_those_of_the_official_runtime() -> None:
    model = Silero()
    state = np.zeros((1, model.state_size), np.float32)
    found = []
    for window in _windows():
        probability, state = model(window[None], state)
        found.append(float(probability[0]))
    assert found == pytest.approx(EXPECTED, abs=1e-5)


def test_calls_in_one_batch_do_not_touch_each_other() -> None:
    model = Silero()
    windows = _windows()[:12]
    together = np.zeros((3, model.state_size), np.float32)
    alone = np.zeros((1, model.state_size), np.float32)
    silence = np.zeros(256, np.float32)
    for step, window in enumerate(windows):
        batch, together = model(np.stack((silence, window, windows[-step])), together)
        single, alone = model(window[None], alone)
        assert batch[1] == pytest.approx(single[0], abs=1e-5)


def test_silence_is_no_speech() -> None:
    model = Silero()
    probability, _ = model(np.zeros((2, 256), np.float32), np.zeros((2, model.state_size), np.float32))
    assert probability.max() < 0.3
