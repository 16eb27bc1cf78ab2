"""The parts in the box: a recogniser of the café's sentences, the café's desk, espeak-ng. Need no key and no network."""

from offhook.errors import ConfigError
from offhook.parts.keys import Keys
from offhook.speech.base import Responder
from offhook.speech.cafe.desk import GRAMMAR, Desk
from offhook.speech.engines.espeak import EspeakSynthesizer, espeak_voice
from offhook.speech.engines.pocketsphinx import PocketsphinxPool, PocketsphinxRecogniser


def stt(_model: str, _keys: Keys) -> "EmbeddedRecognition":
    """Recognition."""
    return EmbeddedRecognition()


def llm(_model: str, _keys: Keys) -> "EmbeddedMind":
    """Who answers: no language model."""
    return EmbeddedMind()


def tts(_model: str, _keys: Keys) -> "EmbeddedVoices":
    """Voices."""
    return EmbeddedVoices()


class EmbeddedRecognition:
    """Understands what can be said at the café's desk, in English (a `Recognition`)."""

    def __init__(self) -> None:
        """Raises ConfigError if the engine is not installed."""
        self._pool = PocketsphinxPool(GRAMMAR)

    async def start(self) -> None:
        """Starts the workers."""
        await self._pool.start()

    def recogniser(self, language: str) -> PocketsphinxRecogniser:
        """One for a new caller. Raises ConfigError for another language than English."""
        if language.partition("-")[0].lower() != "en":
            raise ConfigError(
                f"The embedded recogniser understands English, not {language}: set LANGUAGE, or another stt."
            )
        return self._pool.recogniser()

    async def close(self) -> None:
        """Ends the workers."""
        await self._pool.close()


class EmbeddedMind:
    """The café's desk (a `Mind`)."""

    async def start(self) -> None:
        """Nothing to start."""

    def responder(self, person: str) -> Responder:
        """One for a new caller."""
        return Desk(person)

    async def close(self) -> None:
        """Nothing to give back."""


class EmbeddedVoices:
    """espeak-ng's (a `Voices`)."""

    def __init__(self) -> None:
        self._voices: dict[str, EspeakSynthesizer] = {}

    async def start(self) -> None:
        """A voice starts with its first words."""

    def voice(self, name: str | None, language: str) -> EspeakSynthesizer:
        """A voice as espeak-ng names it. Raises ConfigError if no engine is installed."""
        called = name or espeak_voice(language)
        if called not in self._voices:
            self._voices[called] = EspeakSynthesizer(called)
        return self._voices[called]

    async def close(self) -> None:
        """Ends the workers."""
        for each in self._voices.values():
            await each.close()
