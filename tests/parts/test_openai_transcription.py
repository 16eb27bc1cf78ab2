import asyncio

import pytest

from offhook import LegFailed
from offhook.parts.openai_transcription import Transcription, recognised
from offhook.sim.clock import run
from offhook.speech.base import Recognised
from tests.parts.provider import provider

SPEECH = bytes(range(256)) * 50  # 800 ms


def recogniser(*words, model="gpt-4o-mini-transcribe", **setup):
    service, server = provider(*words, **setup)
    return service, Transcription(server, model).recogniser("de-AT")


def test_a_stretch_is_sent_whole_at_16_khz():
    async def whole():
        service, ear = recogniser("guten tag")
        ear.begin()
        ear.feed(SPEECH)
        assert await ear.end() == Recognised("guten tag")
        (asked,) = service.asked("transcriptions")
        assert asked.body == {
            "file": "12800 frames of 16000", "model": "gpt-4o-mini-transcribe", "language": "de", "response_format": "json",
        }  # fmt: skip

    run(whole())


def test_what_was_asked_for_at_a_pause_is_the_answer_at_the_end():
    async def whole():
        service, ear = recogniser("one", "two")
        ear.begin()
        ear.feed(SPEECH)
        soon, end = ear.pause(), ear.end()
        assert (await soon, await end) == (Recognised("one"), Recognised("one"))
        assert len(service.asked("transcriptions")) == 1

    run(whole())


def test_who_goes_on_is_heard_anew():
    async def whole():
        service, ear = recogniser("one", "one and two")
        ear.begin()
        ear.feed(SPEECH)
        waiting = asyncio.ensure_future(ear.pause())
        await asyncio.sleep(0.01)
        waiting.cancel()
        ear.feed(SPEECH)
        assert await ear.end() == Recognised("one")  # the first was never heard out
        assert len(service.log) == 2 and not service.log[0].whole
        ear.begin()
        ear.feed(SPEECH[:800])
        assert await ear.end() == Recognised(""), "too short to be sent"
        ear.cancel()
        ear.close()

    run(whole())


def test_interest_that_is_lost_at_a_pause_does_not_cost_the_end_its_words():
    async def whole():
        _, ear = recogniser("one")
        ear.begin()
        ear.feed(SPEECH)
        waiting = asyncio.ensure_future(ear.pause())
        await asyncio.sleep(0.01)
        waiting.cancel()
        assert await ear.end() == Recognised("one")

    run(whole())


def test_a_failure_is_tried_once_more_and_then_told():
    async def whole():
        service, ear = recogniser("one", fails={"transcriptions": [503]})
        ear.begin()
        ear.feed(SPEECH)
        assert await ear.end() == Recognised("one")
        service.setup.fails["transcriptions"] = [503, 503, 401]
        for _ in range(2):
            ear.begin()
            ear.feed(SPEECH)
            with pytest.raises(LegFailed):
                await ear.end()

    run(whole())


def test_a_pause_that_failed_is_asked_again_at_the_end():
    async def whole():
        _, ear = recogniser("one", fails={"transcriptions": [401]})
        ear.begin()
        ear.feed(SPEECH)
        with pytest.raises(LegFailed):
            await ear.pause()
        assert await ear.end() == Recognised("one")

    run(whole())


def test_segments_that_are_no_speech_are_left_out():
    segments = [
        {"text": " Hello.", "no_speech_prob": 0.1, "avg_logprob": -0.2},
        {"text": " Thanks for watching!", "no_speech_prob": 0.9, "avg_logprob": -1.4},
        {"text": " Sure.", "no_speech_prob": 0.9, "avg_logprob": -0.1},
    ]
    assert recognised({"text": "x", "segments": segments}) == Recognised("Hello. Sure.", -0.2)
    assert recognised({"text": " hi ", "segments": []}) == Recognised("hi")


def test_a_whisper_is_asked_for_its_segments():
    async def whole():
        service, ear = recogniser("hello", model="whisper-1")
        ear.begin()
        ear.feed(SPEECH)
        heard = await ear.end()
        assert (heard.score, heard.language) == (-0.3, "en")
        assert service.log[0].body["response_format"] == "verbose_json" and service.log[0].body["language"] == "de"
        assert (
            Transcription(None, "whisper-1").tells_language
            and not Transcription(None, "gpt-4o-transcribe").tells_language
        )

    run(whole())


def test_of_several_languages_the_model_finds_out_which_it_is():
    async def whole():
        service, server = provider("hello")
        ear = Transcription(server, "whisper-1").recogniser("de-AT", also=("en-GB",))
        ear.begin()
        ear.feed(SPEECH)
        assert (await ear.end()).language == "en" and "language" not in service.log[0].body

    run(whole())


def test_what_cannot_be_read_is_told():
    class Garbage:
        async def __call__(self, scope, receive, send):
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"[]"})

    async def whole():
        _, server = provider()
        server.transport._app = Garbage()
        ear = Transcription(server, "m").recogniser("en")
        ear.begin()
        ear.feed(SPEECH)
        with pytest.raises(LegFailed, match="cannot be read"):
            await ear.end()

    run(whole())
