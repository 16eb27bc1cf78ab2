"""AssemblyAI's wire, against the stand-in that its SDK gets along with."""

import asyncio
from urllib.parse import parse_qs, urlsplit

import pytest

from offhook import ConfigError, LegFailed
from offhook.parts import assemblyai
from offhook.parts.keys import Keys
from offhook.sim.clock import run
from offhook.speech.base import Recognised
from tests.parts.assemblyai_service import Service
from tests.parts.wired import Wired

SPEECH = bytes(16000)  # a second


def hearing(scenario, *words, refuses=(), model=assemblyai.STT, **service):
    async def whole():
        it = Service(*words, **service)
        wired = Wired(it.talk, refuses)
        ear = assemblyai.AssemblyAI(model, "secret-key", connect=wired.connect).recogniser("de-AT")
        await scenario(it, wired, ear)
        ear.close()
        await asyncio.sleep(2)
        assert all(end.closed for end in wired.ends)
        assert not wired.ends or refuses or it.told[-1]["type"] in ("Termination", "Error"), (
            "what is paid for has an end"
        )

    run(whole())


def test_a_turn_is_ended_at_the_pause():
    async def scenario(it, wired, ear):
        ear.begin()
        for _ in range(21):
            ear.feed(SPEECH[:512])  # 32 ms
        await asyncio.sleep(0.2)
        assert len(it.got) >= 512 * 18, "it is sent while it is said"
        assert await ear.pause() == Recognised("Guten Tag.", 0.89)
        assert await ear.end() == Recognised("Guten Tag.", 0.89)
        assert it.ended == [11040], "what was too short for a message was made longer"
        query = parse_qs(urlsplit(wired.urls[0]).query)
        assert query["language_codes"] == ['["de"]'] and query["sample_rate"] == ["8000"]
        assert query["min_turn_silence"] == query["max_turn_silence"] == ["1200"]
        assert wired.headers[0]["Authorization"] == "secret-key"

    hearing(scenario, "Guten Tag.")


def test_who_goes_on_adds_to_what_was_said():
    async def scenario(it, wired, ear):
        ear.begin()
        ear.feed(SPEECH)
        assert (await ear.pause()).text == "Guten"
        ear.feed(SPEECH)
        assert (await ear.end()).text == "Guten Tag."
        ear.begin()
        ear.feed(SPEECH)
        assert (await ear.end()).text == "Ja."
        assert len(wired.urls) == 1

    hearing(scenario, "Guten", "Tag.", "Ja.")


def test_the_next_stretch_may_begin_before_the_words_of_one_are_there():
    async def scenario(it, wired, ear):
        ear.begin()
        ear.feed(SPEECH)
        await asyncio.sleep(0.2)
        one = ear.end()
        ear.begin()
        ear.feed(SPEECH)
        assert (await one).text == "One."
        assert (await ear.end()).text == "Two."

    hearing(scenario, "One.", "Two.")


def test_a_stretch_that_is_forgotten_tells_nothing():
    async def scenario(it, wired, ear):
        ear.begin()
        ear.feed(SPEECH)
        ear.cancel()
        ear.begin()
        ear.feed(SPEECH)
        assert (await ear.end()).text == "Two."

    hearing(scenario, "One.", "Two.")


def test_long_audio_goes_in_messages_that_are_taken():
    async def scenario(it, wired, ear):
        ear.begin()
        ear.feed(SPEECH * 3 + SPEECH[:1000])
        assert (await ear.end()).text == "Long."
        assert len(it.got) == 49_000

    hearing(scenario, "Long.")


def test_a_server_that_says_nothing_after_a_guess_is_not_waited_for():
    async def scenario(it, wired, ear):
        ear.begin()
        ear.feed(SPEECH)
        assert (await ear.end()).text == "a guess"
        ear.begin()
        ear.feed(SPEECH[:4000])
        assert (await ear.end()).text == "", "a cough"
        assert len(wired.urls) == 1

    hearing(scenario)


def test_a_server_that_falls_silent_is_left_and_asked_anew():
    async def scenario(it, wired, ear):
        ear.begin()
        ear.feed(SPEECH)
        with pytest.raises(LegFailed, match="does not say anything"):
            await ear.end()
        assert len(wired.urls) == 2

    hearing(scenario, silent=True)


def test_a_connection_that_is_lost_is_made_again_and_told_the_whole_stretch():
    async def scenario(it, wired, ear):
        ear.begin()
        ear.feed(SPEECH)
        await asyncio.sleep(0.2)
        await wired.drop(3008, "Session Expired")
        await asyncio.sleep(0.1)
        ear.feed(SPEECH)
        assert (await ear.end()).text == "Hello."
        assert len(it.got) == 48_000

    hearing(scenario, "Hello.")


@pytest.mark.parametrize(("code", "tries"), [(3006, 1), (4001, 1), (3009, 2), (1008, 2)])
def test_an_error_is_told_and_tried_again_where_that_may_help(code, tries):
    async def scenario(it, wired, ear):
        ear.begin()
        ear.feed(SPEECH)
        with pytest.raises(LegFailed, match=f"AssemblyAI ended a session: {code} Something"):
            await ear.end()
        assert len(wired.urls) == tries

    hearing(scenario, error=code)


@pytest.mark.parametrize(("refused", "tries"), [(401, 1), (429, 2), (500, 2)])
def test_a_refusal_is_told(refused, tries):
    async def scenario(it, wired, ear):
        ear.begin()
        ear.feed(SPEECH)
        with pytest.raises(LegFailed, match=f"AssemblyAI refused a connection: {refused}"):
            await ear.end()
        assert len(wired.urls) == tries

    hearing(scenario, refuses=[refused] * 5)


@pytest.mark.parametrize(
    ("model", "language", "codes"),
    [
        ("", "es-MX", ['["es"]']),
        ("universal-streaming-english", "en-GB", None),
        ("universal-streaming-multilingual", "fr", None),
    ],
)
def test_the_language_is_told_to_models_that_take_it(model, language, codes):
    wire = assemblyai.stt(model, Keys(assemblyai_api_key="k")).recogniser(language)._wire()
    assert parse_qs(urlsplit(wire._url).query).get("language_codes") == codes


@pytest.mark.parametrize(
    ("model", "language", "why"),
    [
        ("universal-streaming-english", "de-DE", "does not know de-DE: set stt to assemblyai:universal"),
        ("universal-streaming-multilingual", "nl-NL", "does not know nl-NL"),
    ],
)
def test_a_language_that_a_model_has_not_is_told_at_the_start(model, language, why):
    with pytest.raises(ConfigError, match=why):
        assemblyai.stt(model, Keys(assemblyai_api_key="k")).recogniser(language)


def test_another_address_may_be_named():
    keys = Keys(assemblyai_api_key="k")
    wire = assemblyai.stt("@wss://streaming.eu.assemblyai.com/", keys).recogniser("en")._wire()
    assert wire._url.startswith("wss://streaming.eu.assemblyai.com/v3/ws?speech_model=" + assemblyai.STT)
    with pytest.raises(ConfigError, match="must be a URL such as wss://"):
        assemblyai.stt("@https://x", keys)
    with pytest.raises(ConfigError, match="ASSEMBLYAI_API_KEY"):
        assemblyai.stt("", Keys())
