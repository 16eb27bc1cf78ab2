"""MeloTTS behind the server that people run, by what its page says it takes and gives."""

import asyncio
import io
import json
import wave

import numpy as np
import pytest

from offhook import ConfigError, LegFailed
from offhook.audio.format import PCM16_8K
from offhook.parts import melotts
from offhook.parts.keys import Keys
from offhook.sim.clock import run
from offhook.sim.http_memory import AppTransport
from tests.parts.provider import all_of

RATE = 44_100


def tone(hz, rate, seconds=0.5):
    return (np.sin(2 * np.pi * hz * np.arange(int(seconds * rate)) / rate) * 8000).astype("<i2").tobytes()


def wav(pcm16, *, rate=RATE, channels=1, width=2):
    file = io.BytesIO()
    with wave.open(file, "wb") as written:
        written.setnchannels(channels)
        written.setsampwidth(width)
        written.setframerate(rate)
        written.writeframes(pcm16)
    return file.getvalue()


class Service:
    def __init__(self, file=None, status=200):
        self.file, self.status, self.asked = file or wav(tone(440, RATE)), status, []

    async def __call__(self, scope, receive, send):
        self.asked.append((scope["path"], json.loads((await receive())["body"])))
        await asyncio.sleep(0.3)
        await send({"type": "http.response.start", "status": self.status, "headers": []})
        body = self.file if self.status == 200 else b'{"detail": "Speaker not found"}'
        await send({"type": "http.response.body", "body": body})


def said(service, voice=None, language="en-GB"):
    async def whole():
        part = melotts.tts("http://melo.test:8888/", Keys())
        await part.start()
        part.server.transport = AppTransport(service)
        try:
            return await all_of(part.voice(voice, language).say("Hello there."))
        finally:
            await part.close()

    return run(whole())


def test_a_file_is_the_telephones_audio():
    service = Service()
    (sound,) = said(service)
    assert melotts.MeloVoice.format == PCM16_8K and sound.words == ()
    heard, sent = np.frombuffer(sound.audio, "<i2"), np.frombuffer(tone(440, 8000), "<i2")
    assert len(heard) == 4000
    assert np.abs(heard[100:-100].astype(int) - sent[100:-100]).max() < 100, "the same tone at another rate"
    assert service.asked == [
        ("/convert/tts", {"text": "Hello there.", "language": "EN", "speaker_id": "EN-BR", "speed": "1"})
    ]


@pytest.mark.parametrize(
    ("voice", "language", "asked"),
    [
        (None, "en-US", ("EN", "EN-US")), (None, "en-ZA", ("EN", "EN-Default")), (None, "ja", ("JP", "JP")),
        (None, "es-MX", ("ES", "ES")), ("EN-AU", "en-US", ("EN", "EN-AU")),
    ],
)  # fmt: skip
def test_a_language_has_its_speaker(voice, language, asked):
    service = Service()
    said(service, voice, language)
    assert (service.asked[0][1]["language"], service.asked[0][1]["speaker_id"]) == asked


@pytest.mark.parametrize(
    "file",
    [b"", b"RIFF", b"ID3\x03mp3", wav(bytes(4000), channels=2), wav(bytes(4000), width=1), wav(bytes(4000))[:30]],
)
def test_what_is_no_file_is_told(file):
    with pytest.raises(LegFailed, match="cannot be read"):
        melotts.spoken(file)


@pytest.mark.parametrize(("status", "retryable"), [(401, False), (404, False), (429, True), (500, True)])
def test_a_refusal_is_told(status, retryable):
    with pytest.raises(LegFailed, match=f"MeloTTS refused a request: {status} Speaker not found") as failed:
        said(Service(status=status))
    assert failed.value.retryable is retryable


def test_what_is_missing_is_told():
    with pytest.raises(ConfigError, match="melotts:http://localhost:8888, not melotts:EN"):
        melotts.tts("EN", Keys())
    with pytest.raises(ConfigError, match="MeloTTS speaks en, es, fr, ja, ko, zh, not de-DE"):
        melotts.tts("http://x", Keys()).voice(None, "de-DE")
