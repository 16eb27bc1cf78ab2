"""MeloTTS' voices, behind a server of one's own: `POST /convert/tts`, answered by a WAV file.

MeloTTS itself has no server. This is the wire of the one that people run in a container (melotts-api-server); others speak like OpenAI and
are named `openai:tts-1@URL`. The file comes when the whole text is rendered, so a piece is heard as soon as that is.
"""

import io
import wave
from collections.abc import AsyncGenerator
from urllib.parse import urlsplit

from offhook.audio.format import PCM16_8K, Format
from offhook.audio.resample import resample
from offhook.errors import ConfigError, LegFailed
from offhook.parts.http import Server, shown
from offhook.parts.keys import Keys
from offhook.speech.base import Sound

LANGUAGES = {"en": "EN", "es": "ES", "fr": "FR", "zh": "ZH", "ja": "JP", "ko": "KR"}
"""As MeloTTS calls them."""
SPEAKERS = {"EN": "EN-Default"}
"""The usual ones; another language has one, which is called as the language is."""
ACCENTS = {"en-us": "EN-US", "en-gb": "EN-BR", "en-in": "EN_INDIA", "en-au": "EN-AU"}


def tts(model: str, _keys: Keys) -> "MeloTTS":
    """Voices; in the place of a model, where the server is. Raises ConfigError without that."""
    if urlsplit(model).scheme not in ("http", "https"):
        raise ConfigError(
            f"MeloTTS runs on a server of yours: write melotts:http://localhost:8888, not melotts:{shown(model)[:40]}."
        )
    return MeloTTS(Server("MeloTTS", model, {}))


class MeloTTS:
    """That of one server (a `Voices`)."""

    def __init__(self, server: Server) -> None:
        self.server = server

    async def start(self) -> None:
        """Nothing to start."""

    def voice(self, name: str | None, language: str) -> "MeloVoice":
        """A speaker by its id, as "EN-BR". Raises ConfigError for a language that MeloTTS has not."""
        tag = language.replace("_", "-").lower()
        code = LANGUAGES.get(tag.partition("-")[0])
        if code is None:
            raise ConfigError(
                f"MeloTTS speaks {', '.join(sorted(LANGUAGES))}, not {language}: set LANGUAGE, or another tts."
            )
        return MeloVoice(self.server, code, name or ACCENTS.get(tag) or SPEAKERS.get(code, code))

    async def close(self) -> None:
        """Ends the connections."""
        await self.server.close()


class MeloVoice:
    """One speaker (a `Synthesizer`)."""

    format: Format = PCM16_8K
    pause_ms = 0
    word_times = False

    def __init__(self, server: Server, language: str, speaker: str) -> None:
        self._server = server
        self._wish = {"language": language, "speaker_id": speaker, "speed": "1"}

    async def say(self, text: str) -> AsyncGenerator[Sound, None]:
        """The audio, in one. Raises LegFailed."""
        async with self._server.ask("/convert/tts", json={"text": text, **self._wish}) as answer:
            audio = spoken(await answer.aread())
        yield Sound(audio)


def spoken(file: bytes) -> bytes:
    """The audio of a WAV file as PCM16 at 8 kHz. Raises LegFailed for what is none."""
    try:
        with wave.open(io.BytesIO(file)) as read:
            if read.getsampwidth() != 2 or read.getnchannels() != 1:
                raise wave.Error("not PCM16 of one channel")
            return resample(read.readframes(read.getnframes()), read.getframerate(), 8000)
    except (wave.Error, EOFError) as error:
        raise LegFailed(f"What MeloTTS says cannot be read ({error}).", retryable=False) from None
