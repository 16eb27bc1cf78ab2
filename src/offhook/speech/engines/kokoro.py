"""Kokoro: natural voices on this machine, in a worker process, as µ-law ready to send. Tells no word times.

The folder holds the network (`*.onnx`) and the voices (`voices*.bin`, or `.npz`), as the project kokoro-onnx publishes them.
Ten seconds of speech take three to four of one core: a worker serves two or three calls that speak at once.
"""

import asyncio
import importlib.util
import os
import textwrap
from collections.abc import AsyncGenerator
from pathlib import Path

from offhook.audio.format import MULAW_8K, Format
from offhook.errors import ConfigError
from offhook.speech.base import Sound
from offhook.speech.engines.espeak import espeak_voice
from offhook.speech.engines.worker import Refusal, Worker

NAMES, SPEAK = 1, 2
"""Kinds of message. NAMES is answered by the names of the voices, with commas between; SPEAK has a voice, a language as
espeak-ng calls it and a text, with zero bytes between, and is answered by µ-law."""

LANGUAGES = {
    "en-gb": ("b", "bf_emma"), "en": ("a", "af_heart"), "es": ("e", "ef_dora"), "fr": ("f", "ff_siwis"),
    "hi": ("h", "hf_alpha"), "it": ("i", "if_sara"), "pt": ("p", "pf_dora"),
}  # fmt: skip
"""By the beginning of a language tag: the letter with which its voices' names begin, and the usual one."""

PATIENCE_S = 20.0
"""For one piece of text: 200 characters take five seconds of a slow core."""
MOST_THREADS = 2
MOST_CHARS = 200
"""Rendered at a time, so that the voices of several calls take turns."""


class KokoroVoices:
    """The voices of a folder (a `Voices`)."""

    def __init__(self, folder: Path) -> None:
        """Raises ConfigError without the extra or for a folder that holds no such files."""
        if not (importlib.util.find_spec("onnxruntime") and importlib.util.find_spec("espeakng_loader")):
            raise ConfigError("Kokoro is not installed: run pip install 'offhook[kokoro]'.")
        networks, styles = sorted(folder.glob("*.onnx")), sorted([*folder.glob("voices*.bin"), *folder.glob("*.npz")])
        if not (networks and styles):
            raise ConfigError(
                f"{folder} must hold Kokoro's network (*.onnx) and its voices (voices*.bin): docs/cascade.md says where from."
            )
        threads = min(MOST_THREADS, os.cpu_count() or 1)
        self._worker = Worker(
            "offhook.speech.engines.kokoro_worker", str(networks[0]), str(styles[0]), str(threads),
            patience_s=PATIENCE_S, answer_s=PATIENCE_S,
        )  # fmt: skip
        self._one_at_a_time = asyncio.Lock()
        self._names: list[str] = []

    async def start(self) -> None:
        """Starts the worker, which reads the files. Raises ConfigError for files that are something else."""
        await self._worker.start()
        try:
            self._names = (await self._worker.request(0, NAMES)).decode().split(",")
        except Refusal as reason:
            raise ConfigError(str(reason)) from reason

    def voice(self, name: str | None, language: str) -> "KokoroSynthesizer":
        """A voice as Kokoro names it; None: the usual one of the language. Raises ConfigError for one there is none of."""
        tag = language.replace("_", "-").lower()
        known = LANGUAGES.get(tag) or LANGUAGES.get(tag.partition("-")[0])
        if known is None:
            spoken = ", ".join(sorted({each.partition("-")[0] for each in LANGUAGES}))
            raise ConfigError(f"Kokoro speaks {spoken} here, not {language}: set LANGUAGE, or another tts.")
        letter, usual = known
        if name is None:
            own = [each for each in self._names if each.startswith(letter)]
            name = usual if usual in own or not own else own[0]
        if self._names and name not in self._names:
            raise ConfigError(f'Kokoro has no voice "{name}" in this folder: set VOICE to one of {self._named()}.')
        return KokoroSynthesizer(self, name, espeak_voice(language))

    async def speak(self, name: str, language: str, text: str) -> bytes:
        """µ-law of a short text, or nothing if it has no words. Whoever is cancelled while others speak is not rendered.
        Raises LegFailed."""
        async with self._one_at_a_time:
            return await self._worker.request(0, SPEAK, f"{name}\0{language}\0{text}".encode())

    def _named(self) -> str:
        return ", ".join(self._names[:30]) + (", …" if len(self._names) > 30 else "")

    async def close(self) -> None:
        """Ends the worker. Idempotent."""
        await self._worker.close()


class KokoroSynthesizer:
    """One voice (a `Synthesizer`)."""

    format: Format = MULAW_8K
    pause_ms = 200
    word_times = False

    def __init__(self, voices: KokoroVoices, name: str, language: str) -> None:
        """`language` as espeak-ng names it."""
        self._voices, self.name, self.language = voices, name, language

    async def say(self, text: str) -> AsyncGenerator[Sound, None]:
        """One piece, in one stretch unless it is long: the network speaks a sentence as a whole. Raises LegFailed."""
        for piece in textwrap.wrap(text, MOST_CHARS):
            if audio := await self._voices.speak(self.name, self.language, piece):
                yield Sound(audio)
