"""Tiny networks in the formats of real ones, so that the libraries that run those load and run these: no weights are needed.

They are no good for speech, and do something that can be checked: the transducer writes down tones, Kokoro hums the symbols
it is told, Smart Turn believes in loud endings.
"""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto as T
from onnx import helper as h
from onnx import numpy_helper

FRAMES, BANDS, LEFT = 45, 80, 4
WORDS = ("<blk>", "<sos/eos>", "<unk>", "\u2581LOW", "\u2581HIGH")
LOW_HZ, HIGH_HZ = 400, 2500


def _save(path: Path, nodes, inputs, outputs, weights=None, told=None) -> None:
    graph = h.make_graph(
        nodes, "tiny",
        [h.make_tensor_value_info(*each) for each in inputs], [h.make_tensor_value_info(*each) for each in outputs],
        [numpy_helper.from_array(array, name) for name, array in (weights or {}).items()],
    )  # fmt: skip
    model = h.make_model(graph, opset_imports=[h.make_opsetid("", 17)])
    model.ir_version = 8
    for key, value in (told or {}).items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, str(value)
    onnx.save(model, path)


def transducer(folder: Path) -> Path:
    """A streaming zipformer transducer by its files, inputs, states and metadata. Of each 320 ms it hears one thing: a low
    tone, a high one, or neither; never the same twice in a row."""
    shapes = {
        "cached_key_0": (LEFT, "N", 8), "cached_nonlin_attn_0": (1, "N", LEFT, 6), "cached_val1_0": (LEFT, "N", 8),
        "cached_val2_0": (LEFT, "N", 8), "cached_conv1_0": ("N", 8, 2), "cached_conv2_0": ("N", 8, 2),
        "embed_states": ("N", 128, 3, 19),
    }  # fmt: skip
    states = [(name, T.FLOAT, shape) for name, shape in shapes.items()] + [("processed_lens", T.INT64, ("N",))]
    # The logarithm of one band over that of the other: a silence has none, a tone some ten, its noise the opposite.
    weights = np.zeros((BANDS, len(WORDS)), np.float32)
    weights[12:16, 3] = weights[48:52, 4] = 1 / 4
    weights[48:52, 3] = weights[12:16, 4] = -1 / 4
    _save(
        folder / "encoder-epoch-1.onnx",
        [
            h.make_node("ReduceMean", ["x"], ["mean"], axes=[1], keepdims=1),
            h.make_node("MatMul", ["mean", "weights"], ["loud"]),
            h.make_node("Add", ["loud", "bias"], ["encoder_out"]),
            *(h.make_node("Identity", [name], [f"new_{name}"]) for name, _, _ in states),
        ],
        [("x", T.FLOAT, ("N", FRAMES, BANDS)), *states],
        [("encoder_out", T.FLOAT, ("N", 1, len(WORDS))), *((f"new_{name}", kind, shape) for name, kind, shape in states)],
        {"weights": weights, "bias": np.array([0, -100, -100, -3, -3], np.float32)},
        {
            "model_type": "zipformer2", "encoder_dims": 8, "query_head_dims": 8, "value_head_dims": 8, "num_heads": 1,
            "num_encoder_layers": 1, "cnn_module_kernels": 5, "left_context_len": LEFT, "T": FRAMES, "decode_chunk_len": 32,
        },
    )  # fmt: skip
    said = -1000 * np.eye(len(WORDS), dtype=np.float32)
    said[0, 0] = 0
    _save(
        folder / "decoder-epoch-1.onnx",
        [
            h.make_node("Gather", ["y", "last"], ["newest"], axis=1),
            h.make_node("Gather", ["said", "newest"], ["decoder_out"], axis=0),
        ],
        [("y", T.INT64, ("N", 2))], [("decoder_out", T.FLOAT, ("N", len(WORDS)))],
        {"last": np.array(1, np.int64), "said": said}, {"vocab_size": len(WORDS), "context_size": 2},
    )  # fmt: skip
    _save(
        folder / "joiner-epoch-1.onnx", [h.make_node("Add", ["encoder_out", "decoder_out"], ["logit"])],
        [("encoder_out", T.FLOAT, ("N", len(WORDS))), ("decoder_out", T.FLOAT, ("N", len(WORDS)))],
        [("logit", T.FLOAT, ("N", len(WORDS)))], told={"joiner_dim": len(WORDS)},
    )  # fmt: skip
    (folder / "tokens.txt").write_text("".join(f"{word} {number}\n" for number, word in enumerate(WORDS)))
    return folder


def tone(ms: int, hertz: int, amplitude: float = 8000.0) -> bytes:
    """PCM16 8 kHz."""
    return np.rint(amplitude * np.sin(2 * np.pi * hertz * np.arange(ms * 8) / 8000)).astype("<i2").tobytes()


def kokoro(folder: Path, voices: tuple[str, ...] = ("af_heart", "am_adam", "bf_emma")) -> Path:
    """Kokoro by its inputs, output and files. It hums each symbol for 50 ms, as loud as the voice's row for so many symbols is
    high: a row with n symbols holds n / 1000."""
    per_symbol = 1200
    seconds = np.arange(per_symbol, dtype=np.float32)[None] / 24000
    _save(
        folder / "kokoro-v1.0.onnx",
        [
            h.make_node("Cast", ["tokens"], ["symbols"], to=T.FLOAT),
            h.make_node("Reshape", ["symbols", "column"], ["each"]),
            h.make_node("Mul", ["each", "hertz"], ["raised"]),
            h.make_node("MatMul", ["raised", "seconds"], ["turns"]),
            h.make_node("Sin", ["turns"], ["waves"]),
            h.make_node("ReduceMean", ["style"], ["loud"], keepdims=0),
            h.make_node("Mul", ["waves", "loud"], ["louder"]),
            h.make_node("Div", ["louder", "speed"], ["spoken"]),
            h.make_node("Reshape", ["spoken", "flat"], ["audio"]),
        ],
        [("tokens", T.INT64, (1, "symbols")), ("style", T.FLOAT, (1, 256)), ("speed", T.FLOAT, (1,))],
        [("audio", T.FLOAT, ("samples",))],
        {
            "column": np.array([-1, 1]), "flat": np.array([-1]), "seconds": seconds,
            "hertz": np.array([2 * np.pi * 10], np.float32),
        },
    )  # fmt: skip
    rows = np.repeat((np.arange(510, dtype=np.float32) + 1)[:, None, None] / 1000, 256, axis=2)
    with open(folder / "voices-v1.0.bin", "wb") as file:
        np.savez(file, **dict.fromkeys(voices, rows))
    return folder


def smart_turn(path: Path) -> Path:
    """Smart Turn by its input and output: sure that a turn is over whose last half second is louder than the seven and a half
    before, sure that it is not if it is softer."""
    _save(
        path,
        [
            h.make_node("Slice", ["input_features", "from", "to", "axis"], ["end"]),
            h.make_node("ReduceMean", ["end"], ["end_mean"], axes=[1, 2], keepdims=0),
            h.make_node("ReduceMean", ["input_features"], ["mean"], axes=[1, 2], keepdims=0),
            h.make_node("Sub", ["end_mean", "mean"], ["louder"]),
            h.make_node("Mul", ["louder", "much"], ["much_louder"]),
            h.make_node("Sigmoid", ["much_louder"], ["likely"]),
            h.make_node("Reshape", ["likely", "column"], ["logits"]),
        ],
        [("input_features", T.FLOAT, ("N", 80, 800))], [("logits", T.FLOAT, ("N", 1))],
        {
            "from": np.array([750]), "to": np.array([800]), "axis": np.array([2]), "column": np.array([-1, 1]),
            "much": np.array(100, np.float32),
        },
    )  # fmt: skip
    return path
