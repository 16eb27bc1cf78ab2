"""Recognition behind `/audio/transcriptions`: each stretch of speech is sent whole, as a WAV file of 16 kHz.

What was said is asked for as soon as the caller pauses; if they say no more, that is the answer at the end of the turn too.
"""

import asyncio
import io
from collections.abc import Awaitable, Sequence
from typing import Any

import httpx
import orjson

from offhook.audio.resample import resample
from offhook.audio.wav import write_wav
from offhook.errors import LegFailed
from offhook.parts.http import Server
from offhook.speech.base import Recognised

LANGUAGES = {
    "arabic": "ar", "chinese": "zh", "czech": "cs", "danish": "da", "dutch": "nl", "english": "en", "finnish": "fi",
    "french": "fr", "german": "de", "greek": "el", "hebrew": "he", "hindi": "hi", "hungarian": "hu", "italian": "it",
    "japanese": "ja", "korean": "ko", "norwegian": "no", "polish": "pl", "portuguese": "pt", "romanian": "ro",
    "russian": "ru", "spanish": "es", "swedish": "sv", "thai": "th", "turkish": "tr", "ukrainian": "uk", "vietnamese": "vi",
}  # fmt: skip
"""OpenAI tells the language by its English name, other servers by its tag."""
BYTES_PER_MS = 16
LEAST_MS = 100
"""Servers refuse less."""
NO_SPEECH, UNSURE = 0.6, -1.0
"""A segment is no speech if its model thinks so with more than that, and is less sure of its words than this (mean
log-probability): whisper writes words into silences and noises."""


class Transcription:
    """One model (a `Recognition`)."""

    def __init__(self, server: Server, model: str) -> None:
        self.server, self._model = server, model
        self.tells_language = tells_more(model)

    async def start(self) -> None:
        """Nothing to start."""

    def recogniser(self, language: str, also: Sequence[str] = ()) -> "TranscriptionRecogniser":
        """One for a new caller. Of several languages the model finds out itself which it is."""
        spoken = "" if also else language.replace("_", "-").partition("-")[0].lower()
        return TranscriptionRecogniser(self.server, self._model, spoken)

    async def close(self) -> None:
        """Ends the connections."""
        await self.server.close()


class TranscriptionRecogniser:
    """One caller (a `Recogniser`)."""

    complete = False

    def __init__(self, server: Server, model: str, language: str) -> None:
        self._server, self._model, self._language = server, model, language
        self._audio = bytearray()
        self._asked: asyncio.Task[Recognised] | None = None
        self._asked_bytes = 0

    def begin(self) -> None:
        """The caller began to speak."""
        self._audio.clear()
        self._forget()

    def feed(self, audio: bytes) -> None:
        """PCM16 8 kHz of the stretch."""
        self._audio += audio

    def pause(self) -> Awaitable[Recognised]:
        """The words so far."""
        return _shielded(self._ask())

    def end(self) -> Awaitable[Recognised]:
        """The words of the stretch; those that were asked for at the pause, if nothing was said since."""
        asked = self._ask()
        self._asked = None
        return asked

    def cancel(self) -> None:
        """Forget the stretch."""
        self._audio.clear()
        self._forget()

    def close(self) -> None:
        """Stops."""
        self._forget()

    def _forget(self) -> None:
        if self._asked is not None:
            self._asked.cancel()
            self._asked = None

    def _ask(self) -> "asyncio.Task[Recognised]":
        if self._asked is None or self._asked_bytes != len(self._audio) or _failed(self._asked):
            self._forget()
            self._asked_bytes = len(self._audio)
            self._asked = asyncio.get_running_loop().create_task(self._transcribe(bytes(self._audio)))
        return self._asked

    async def _transcribe(self, pcm16: bytes) -> Recognised:
        if len(pcm16) < LEAST_MS * BYTES_PER_MS:
            return Recognised("")
        try:
            return await self._once(pcm16)
        except LegFailed as failed:
            if not failed.retryable:
                raise
            return await self._once(pcm16)

    async def _once(self, pcm16: bytes) -> Recognised:
        file = io.BytesIO()
        write_wav(file, resample(pcm16, 8000, 16000), 16000)
        form = {"model": self._model}
        if self._language:
            form["language"] = self._language
        form["response_format"] = "verbose_json" if tells_more(self._model) else "json"
        upload = {"file": ("speech.wav", file.getvalue(), "audio/wav")}
        async with self._server.ask("/audio/transcriptions", data=form, files=upload) as answer:
            return recognised(await _read(answer))


def tells_more(model: str) -> bool:
    """Whispers tell of each segment how sure they are of it, and which language it is in."""
    return "whisper" in model


async def _shielded(asked: "asyncio.Task[Recognised]") -> Recognised:
    """Who waits for a pause's words may lose interest; at the end of the turn they are wanted all the same."""
    return await asyncio.shield(asked)


def _failed(task: "asyncio.Task[Recognised]") -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)


async def _read(answer: httpx.Response) -> dict[str, Any]:
    try:
        body = orjson.loads(await answer.aread())
    except orjson.JSONDecodeError:
        body = None
    if not isinstance(body, dict) or not isinstance(body.get("text"), str):
        raise LegFailed("A transcription cannot be read.", retryable=True)
    return body


def recognised(body: dict[str, Any]) -> Recognised:
    """What a transcription says: all of it, or of its segments those that are speech."""
    language = str(body.get("language") or "").lower()
    language = LANGUAGES.get(language, language)
    segments = body.get("segments")
    if not isinstance(segments, list) or not segments:
        return Recognised(body["text"].strip(), language=language)
    heard = [
        each for each in segments
        if not (each.get("no_speech_prob", 0.0) > NO_SPEECH and each.get("avg_logprob", 0.0) < UNSURE)
    ]  # fmt: skip
    score = min((each.get("avg_logprob", 0.0) for each in heard), default=None)
    return Recognised("".join(each.get("text", "") for each in heard).strip(), score, language)
