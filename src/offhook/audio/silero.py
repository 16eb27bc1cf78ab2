"""Silero's voice detector at 8 kHz as a numpy forward pass over many calls at once.

The weights are those of the official ONNX file (hatch_build.py says which); results agree with onnxruntime to 1e-5. One
pass over 32 calls costs a fifth per call of what a pass for each would: the matrices are small, and calling is dear.

For each window: 32 samples of context and 256 new ones, the last 32 mirrored behind them; four short-time spectra
(128 samples, 64 apart); four convolutions over time; an LSTM, which is the memory; one output.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import offhook.audio.blas  # noqa: F401  (one thread)

_Array = NDArray[np.float32]

WEIGHTS = Path(__file__).with_name("silero_8k.npz")

_CONTEXT = 32
_UNITS = 128


class Silero:
    """The network. A call's state is a row of `state_size` numbers, all zero at its beginning."""

    state_size = 2 * _UNITS + _CONTEXT
    drifts = True  # after half a minute of a call it may miss whole words, which it finds with a fresh memory

    def __init__(self, path: Path = WEIGHTS) -> None:
        with np.load(path) as arrays:
            w = {name: np.asarray(arrays[name], np.float32) for name in arrays.files}

        def taps(layer: int, first: int, last: int) -> _Array:
            """A layer's taps `first` to `last` as a matrix for windows that lie time-major in memory."""
            kernel = w[f"encoder.{layer}.reparam_conv.weight"][:, :, first : last + 1]
            return np.ascontiguousarray(kernel.transpose(2, 1, 0).reshape(-1, kernel.shape[0]))

        self._fourier = np.ascontiguousarray(w["stft.forward_basis_buffer"][:, 0, :].T)
        # Only taps that ever meet something other than padding: the third layer sees two instants, the fourth one.
        self._kernels = taps(0, 0, 2), taps(1, 0, 2), taps(2, 1, 2), taps(3, 1, 1)
        self._biases = [w[f"encoder.{layer}.reparam_conv.bias"] for layer in range(4)]
        self._lstm = np.ascontiguousarray(np.hstack((w["decoder.rnn.weight_ih"], w["decoder.rnn.weight_hh"])).T)
        self._lstm_bias = w["decoder.rnn.bias_ih"] + w["decoder.rnn.bias_hh"]
        self._out = w["decoder.decoder.2.weight"].reshape(_UNITS)
        self._out_bias = w["decoder.decoder.2.bias"][0]

    def __call__(self, windows: _Array, state: _Array) -> tuple[_Array, _Array]:
        """Probabilities of speech, (n), and new states, for windows (n, 256) of samples in −1..1 and states."""
        n = len(windows)
        hidden, cell, context = np.split(state, (_UNITS, 2 * _UNITS), axis=1)
        features = self._encode(np.hstack((context, windows, windows[:, -2 : -_CONTEXT - 2 : -1])), n)
        gates = np.hstack((features, hidden)) @ self._lstm + self._lstm_bias
        # Order of the gates as in torch: input, forget, cell, output.
        enter, keep, leave = (_sigmoid(gates[:, k * _UNITS : (k + 1) * _UNITS]) for k in (0, 1, 3))
        cell = keep * cell + enter * np.tanh(gates[:, 2 * _UNITS : 3 * _UNITS])
        hidden = leave * np.tanh(cell)
        probability = _sigmoid(np.maximum(hidden, 0) @ self._out + self._out_bias)
        return probability, np.hstack((hidden, cell, windows[:, -_CONTEXT:]))

    def _encode(self, samples: _Array, n: int) -> _Array:
        first, second, third, fourth = self._kernels
        spectra = _windows(samples, 4, 64, 128).reshape(4 * n, 128) @ self._fourier
        bins = spectra.shape[1] // 2
        magnitude = np.zeros((n, 6, bins), np.float32)
        np.hypot(spectra[:, :bins], spectra[:, bins:], out=spectra[:, :bins])
        magnitude[:, 1:5] = spectra[:, :bins].reshape(n, 4, bins)
        layer = np.zeros((n, 5, len(self._biases[0])), np.float32)
        layer[:, 1:] = _dense(_windows(magnitude, 4, bins, 3 * bins), first, self._biases[0])
        width = layer.shape[2]
        both = _dense(_windows(layer, 2, 2 * width, 3 * width), second, self._biases[1])
        one = _dense(both.reshape(n, -1), third, self._biases[2])
        return _dense(one, fourth, self._biases[3])


def _windows(rows: _Array, count: int, step: int, size: int) -> _Array:
    """`count` windows of `size` numbers, `step` apart, of each (flattened) row: (n, count, size), copied for BLAS."""
    flat = rows.reshape(len(rows), -1)
    one = flat.itemsize
    shape, strides = (len(flat), count, size), (flat.strides[0], step * one, one)
    return np.lib.stride_tricks.as_strided(flat, shape, strides).copy()


def _dense(inputs: _Array, kernel: _Array, bias: _Array) -> _Array:
    """One layer with its rectifier, on the last axis."""
    outputs = inputs.reshape(-1, kernel.shape[0]) @ kernel
    outputs += bias
    np.maximum(outputs, 0, out=outputs)
    return outputs.reshape(*inputs.shape[:-1], kernel.shape[1])


def _sigmoid(values: _Array) -> _Array:
    return np.asarray(0.5 * np.tanh(0.5 * values) + 0.5)
