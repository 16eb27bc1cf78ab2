"""The worker process of Smart Turn: a turn's audio in, how likely it is over out.

The network hears 8 s of 16 kHz as whisper does: 80 bands on the mel scale, every 10 ms, their logarithms within the loudest
80 dB. What is shorter begins with silence.
"""

import sys

import numpy as np
import onnxruntime as ort  # type: ignore[import-not-found, import-untyped, unused-ignore]
from numpy.typing import NDArray

from offhook.audio.resample import resample
from offhook.speech.base import HEARD_MS
from offhook.speech.engines.messages import Refused, serve
from offhook.speech.engines.smart_turn import HEAR, LIKELY

_RATE = 16_000
_SAMPLES = HEARD_MS * _RATE // 1000
_SIZE, _STEP, _BANDS = 400, 160, 80

_Array = NDArray[np.float32]


def _mel(hertz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Slaney's scale: straight up to 1 kHz, logarithmic above."""
    return np.where(hertz < 1000, hertz * 3 / 200, 15 + 27 * np.log(np.maximum(hertz, 1) / 1000) / np.log(6.4))


def _hertz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(mel < 15, mel * 200 / 3, 1000 * np.exp((mel - 15) * np.log(6.4) / 27))


def _bands() -> NDArray[np.float64]:
    """(201, 80): how much of each frequency is in each band, triangles of equal area."""
    edges = _hertz(np.linspace(0, float(_mel(np.array(_RATE / 2.0))), _BANDS + 2))
    bins = np.linspace(0, _RATE / 2, _SIZE // 2 + 1)[:, None]
    low, middle, high = edges[:-2], edges[1:-1], edges[2:]
    rising, falling = (bins - low) / (middle - low), (high - bins) / (high - middle)
    return np.asarray(np.maximum(0, np.minimum(rising, falling)) * 2 / (high - low))


_OF_BANDS = _bands()
_WINDOW = np.hanning(_SIZE + 1)[:-1]


def features(pcm16: bytes) -> _Array:
    """What the network hears of PCM16 16 kHz: (80, 800), about -1 to 1."""
    heard = np.frombuffer(pcm16, "<i2")[-_SAMPLES:].astype(np.float64) / 32768
    samples = np.concatenate((np.zeros(_SAMPLES - len(heard)), heard))
    samples = (samples - samples.mean()) / np.sqrt(samples.var() + 1e-7)
    padded = np.pad(samples, _SIZE // 2, mode="reflect")
    steps = np.lib.stride_tricks.sliding_window_view(padded, _SIZE)[:-1:_STEP]
    power = np.abs(np.fft.rfft(steps * _WINDOW)) ** 2
    loudness = np.log10(np.maximum(power @ _OF_BANDS, 1e-10))[: _SAMPLES // _STEP]
    return np.asarray((np.maximum(loudness, loudness.max() - 8) + 4).T / 4, np.float32)


class Network:
    """The model of an ONNX file."""

    def __init__(self, path: str) -> None:
        """Raises Refused for a file that is none."""
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        try:
            self._session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        except Exception as reason:  # the library has an exception of its own for each way to be none
            raise Refused(f"{path} is no model that can be read: fetch it again.") from reason
        (self._input,) = (each.name for each in self._session.get_inputs())

    def over(self, pcm16: bytes) -> float:
        """How likely a turn of PCM16 8 kHz is over."""
        (answer,) = self._session.run(None, {self._input: features(resample(pcm16, 8000, _RATE))[None]})
        return float(np.asarray(answer).ravel()[0])


def main() -> None:
    """Serves until the other side closes the pipe. The argument is the model's file."""
    network: Network | None = None

    def handle(_stream: int, kind: int, body: bytes) -> bytes:
        nonlocal network
        network = network or Network(sys.argv[1])
        return LIKELY.pack(network.over(body)) if kind == HEAR else b""

    serve(handle)


if __name__ == "__main__":
    main()
