"""ElevenLabs' voices, against the stand-in that its SDK gets along with."""

import pytest

from offhook import ConfigError, LegFailed
from offhook.audio.format import MULAW_8K
from offhook.parts import elevenlabs
from offhook.parts.elevenlabs import Characters
from offhook.parts.keys import Keys
from offhook.sim.clock import run
from offhook.sim.http_memory import AppTransport
from tests.parts.elevenlabs_service import CHAR_MS, Service
from tests.parts.provider import all_of

TEXT = "Yes, it is. Goodbye!"


def said(service, text=TEXT, *, model="", voice=None, language="de-AT"):
    async def whole():
        part = elevenlabs.tts(model, Keys(elevenlabs_api_key="secret-key"))
        await part.start()
        part.server.transport = AppTransport(service)
        try:
            return await all_of(part.voice(voice, language).say(text))
        finally:
            await part.close()

    return run(whole())


@pytest.mark.parametrize("stretch", [1, 3, 7, 100])
def test_each_word_comes_with_the_audio_that_it_ends_in(stretch):
    sounds = said(Service(stretch=stretch))
    assert elevenlabs.ElevenLabsVoice.format == MULAW_8K
    assert len(b"".join(each.audio for each in sounds)) == 8 * CHAR_MS * len(TEXT)
    words = [word for each in sounds for word in each.words]
    assert [(round(word.end_ms), word.end_char) for word in words] == [(200, 4), (350, 7), (550, 11), (1000, 20)]
    heard_ms = 0.0
    for sound in sounds:
        heard_ms += len(sound.audio) / 8
        assert all(word.end_ms <= heard_ms for word in sound.words)


def test_what_is_asked_for():
    service = Service()
    said(service, voice="pNInz6obpgDQGcFmaJgB")
    ((path, query, headers, body),) = service.asked
    assert path == "/v1/text-to-speech/pNInz6obpgDQGcFmaJgB/stream/with-timestamps"
    assert query == "output_format=ulaw_8000" and headers["xi-api-key"] == "secret-key"
    assert body == {"text": TEXT, "model_id": elevenlabs.TTS, "language_code": "de"}


def test_a_model_that_refuses_to_be_told_the_language_is_not():
    service = Service()
    said(service, model="eleven_multilingual_v2")
    assert service.asked[0][3] == {"text": TEXT, "model_id": "eleven_multilingual_v2"}


def test_words_that_the_server_says_otherwise_have_no_times_and_cost_nothing():
    sounds = said(Service(rewrite=lambda text: text.replace("Yes", "Yeah")))
    assert [word for each in sounds for word in each.words] == []
    assert len(b"".join(each.audio for each in sounds)) == 8 * CHAR_MS * (len(TEXT) + 1)
    words = [word for each in said(Service(lead=" ")) for word in each.words]
    assert [word.end_char for word in words] == [4, 7, 11, 20], "a blank before the text is the server's own"


@pytest.mark.parametrize(
    ("fails", "why", "retryable"),
    [
        ([401], "ElevenLabs refused a request: 401 It cannot be with …", False),
        ([429], "refused a request: 429", True),
        ([500], "refused a request: 500", True),
        ([0], "cannot be reached", True),
    ],
)
def test_every_failure_is_told(fails, why, retryable):
    with pytest.raises(LegFailed, match=why) as failed:
        said(Service(fails=fails))
    assert failed.value.retryable is retryable


def test_what_is_no_answer_is_told():
    class Garbage:
        async def __call__(self, scope, receive, send):
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b'{"audio_base64": "%%%"}\n'})

    with pytest.raises(LegFailed, match="cannot be read"):
        said(Garbage())


def test_an_id_that_can_be_none_and_a_missing_key_are_told():
    with pytest.raises(ConfigError, match="have ids such as"):
        elevenlabs.tts("", Keys(elevenlabs_api_key="k")).voice("../../v1/user", "en")
    with pytest.raises(ConfigError, match="ELEVENLABS_API_KEY"):
        elevenlabs.tts("", Keys())


def stretch(text, at=0):
    return Service._stretch(text, at)["alignment"]


def test_a_stretch_that_comes_again_is_not_told_twice():
    characters = Characters("one two")
    assert [end for end, _ in characters.said(stretch("one "))] == [3]
    assert characters.said(stretch("one ")) == []
    assert [end for end, _ in characters.said(stretch("two", 4))] == [7]
    assert characters.said(stretch("two", 4)) == []


@pytest.mark.parametrize(
    "alignment",
    [{}, {"characters": ["a"]}, {"characters": ["a"], "character_end_times_seconds": []}, stretch("  "),
     {"characters": ["one"], "character_end_times_seconds": [1.0]}],
)  # fmt: skip
def test_an_alignment_that_says_nothing_tells_nothing(alignment):
    assert Characters("one two").said(alignment) == []
