"""The built-in synthesizer: espeak-ng in a worker process, as µ-law ready to send, with word times.

The library is GPL-3 and never loaded into this process. One worker serves over a thousand calls: nine seconds of speech
take some ten milliseconds.
"""

import importlib.util
import shutil
import struct
from collections import OrderedDict
from collections.abc import AsyncGenerator

from offhook.audio.format import MULAW_8K, Format
from offhook.errors import ConfigError
from offhook.speech.base import Sound, Utterance, Word
from offhook.speech.engines.worker import Refusal, Worker

SPEAK = 1
"""Kind of message: a text. The answer is a count of words, so many word times, and the audio."""

COUNT = struct.Struct(">H")
WORD = struct.Struct(">fI")
"""Milliseconds at which a word ends; characters of the text up to its end."""

COMMANDS = ("espeak-ng", "flite")
"""Programs of the system that can stand in for the library, better ones first. They tell no word times."""

_MOST_CACHED = 200


def espeak_voice(tag: str) -> str:
    """The voice for a language such as "en-US"."""
    language = tag.replace("_", "-").partition("-")[0].lower()
    return {"en": "en" if tag.endswith("GB") else "en-us", "pt": "pt-br" if tag.endswith("BR") else "pt"}.get(
        language, language
    )


class EspeakSynthesizer:
    """One voice, shared by every call of the process (a `Synthesizer`)."""

    format: Format = MULAW_8K
    levelled = True
    pause_ms = 200

    def __init__(self, voice: str = "en-us", words_per_minute: int = 170) -> None:
        """Raises ConfigError if this machine has no engine."""
        if importlib.util.find_spec("espeakng_loader"):
            engine = "library"
        else:
            engine = next((command for command in COMMANDS if shutil.which(command)), "")
        if not engine:
            raise ConfigError("The built-in synthesizer is not installed: run pip install 'offhook[local]'.")
        self.word_times = engine == "library"
        self._worker = Worker("offhook.speech.engines.espeak_worker", engine, voice, str(words_per_minute))
        self._cache: OrderedDict[str, Utterance] = OrderedDict()

    async def start(self) -> None:
        """Starts the worker and says a word to nobody, so that a missing voice is found now. Raises ConfigError."""
        await self._worker.start()
        try:
            await self.speak("Hello.")
        except Refusal as reason:
            raise ConfigError(str(reason)) from reason

    async def speak(self, text: str) -> Utterance:
        """Renders one sentence, or finds it among the last 200. Raises LegFailed if the engine died."""
        if known := self._cache.get(text):
            self._cache.move_to_end(text)
            return known
        answer = await self._worker.request(0, SPEAK, text.encode())
        (count,) = COUNT.unpack_from(answer)
        end = COUNT.size + count * WORD.size
        words = tuple(Word(end_ms, end_char) for end_ms, end_char in WORD.iter_unpack(answer[COUNT.size : end]))
        utterance = self._cache[text] = Utterance(text, answer[end:], words)
        if len(self._cache) > _MOST_CACHED:
            self._cache.popitem(last=False)
        return utterance

    async def say(self, text: str) -> AsyncGenerator[Sound, None]:
        """The same, in one stretch."""
        utterance = await self.speak(text)
        yield Sound(utterance.audio, utterance.words)

    async def close(self) -> None:
        """Ends the worker. Idempotent."""
        await self._worker.close()
