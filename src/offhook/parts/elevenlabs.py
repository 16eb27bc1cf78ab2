"""ElevenLabs' voices: µ-law as the telephone has it, and when each character is said.

A piece of text is whole when a voice is asked for it, so it is posted and its answer read as it comes; their socket is for
text that is still being written.
"""

import base64
import binascii
from collections.abc import AsyncGenerator
from typing import Any

import orjson

from offhook.audio.format import MULAW_8K, Format
from offhook.errors import ConfigError, LegFailed
from offhook.parts.http import Server
from offhook.parts.keys import Keys
from offhook.parts.word_ends import WordEnds
from offhook.speech.base import Sound

BASE_URL = "https://api.elevenlabs.io/v1"
TTS = "eleven_flash_v2_5"
"""The usual model."""
VOICE = "JBFqnCBsd6RMkjVDRZzb"
"""The usual voice; voices have ids, which the page of a voice tells."""
TOLD_THE_LANGUAGE = ("eleven_flash_v2_5", "eleven_turbo_v2_5", "eleven_v3", "eleven_v4")
"""How the names of models begin that can be told it; the others refuse a request that does."""


def tts(model: str, keys: Keys) -> "ElevenLabs":
    """Voices. Raises ConfigError without a key."""
    key = keys.elevenlabs_api_key
    if not key:
        raise ConfigError("ElevenLabs' voices need a key: set ELEVENLABS_API_KEY.")
    return ElevenLabs(Server("ElevenLabs", BASE_URL, {"xi-api-key": key}, secret=key), model or TTS)


class ElevenLabs:
    """One model (a `Voices`)."""

    polyglot = True

    def __init__(self, server: Server, model: str) -> None:
        self.server, self._model = server, model

    async def start(self) -> None:
        """Nothing to start."""

    def voice(self, name: str | None, language: str) -> "ElevenLabsVoice":
        """A voice by its id. Raises ConfigError for what can be none."""
        if name is not None and not name.isalnum():
            raise ConfigError(f'ElevenLabs\' voices have ids such as "{VOICE}": set voice to one, not {name[:40]!r}.')
        body = {"model_id": self._model}
        if self._model.startswith(TOLD_THE_LANGUAGE):
            body["language_code"] = language.replace("_", "-").partition("-")[0].lower()
        return ElevenLabsVoice(self.server, name or VOICE, body)

    async def close(self) -> None:
        """Ends the connections."""
        await self.server.close()


class ElevenLabsVoice:
    """One voice (a `Synthesizer`)."""

    format: Format = MULAW_8K
    pause_ms = 0
    word_times = True

    def __init__(self, server: Server, voice: str, body: dict[str, str]) -> None:
        self._server, self._body = server, body
        self._path = f"/text-to-speech/{voice}/stream/with-timestamps?output_format=ulaw_8000"

    async def say(self, text: str) -> AsyncGenerator[Sound, None]:
        """The audio as it comes, each word with what it ends in. Raises LegFailed."""
        words, characters = WordEnds(text, self.format), Characters(text)
        async with self._server.ask(self._path, json={"text": text, **self._body}) as answer:
            async for line in answer.aiter_lines():
                if not line.strip():
                    continue
                audio, alignment = _read(line)
                for end_char, end_ms in characters.said(alignment):
                    words.upto(end_char, end_ms)
                yield words.sound(audio)
        if rest := words.rest():
            yield Sound(b"", rest)


class Characters:
    """Where in a text its characters are that the server tells the times of, stretch by stretch. Pure."""

    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0

    def said(self, alignment: dict[str, Any]) -> list[tuple[int, float]]:
        """How far the text is said, and when, in ms of its audio, at the end of each word of the next stretch. A stretch that
        is not the text's next, because the server says other words for some, tells nothing; nor does one again."""
        characters = alignment.get("characters") or []
        ends = alignment.get("character_end_times_seconds") or []
        stretch = "".join(characters)
        lead = len(stretch) - len(stretch.lstrip())
        if not stretch.strip() or len(ends) != len(characters) or any(len(each) != 1 for each in characters):
            return []
        while self._at < len(self._text) and self._text[self._at].isspace():
            self._at += 1
        if not self._text.startswith(stretch.strip(), self._at):
            return []
        begin, self._at = self._at - lead, self._at - lead + len(stretch.rstrip())
        return [
            (begin + index + 1, ends[index] * 1000.0)
            for index in range(lead, len(stretch.rstrip()))
            if not stretch[index].isspace()
            and (begin + index + 1 >= len(self._text) or self._text[begin + index + 1].isspace())
        ]


def _read(line: str) -> tuple[bytes, dict[str, Any]]:
    try:
        told = orjson.loads(line)
        audio = base64.b64decode(told["audio_base64"] or "", validate=True)
    except (orjson.JSONDecodeError, KeyError, TypeError, binascii.Error):
        raise LegFailed("What ElevenLabs says cannot be read.", retryable=True) from None
    return audio, told.get("alignment") or {}
