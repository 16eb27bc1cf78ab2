"""Azure's voices, against the stand-in that Microsoft's SDK gets along with."""

import asyncio

import pytest
from websockets.exceptions import ConnectionClosedError

from offhook import LegFailed
from offhook.audio.format import MULAW_8K
from offhook.parts.azure_voices import KEPT, VOICE, AzureVoices
from offhook.sim.clock import run
from offhook.speech.base import Word
from tests.parts.azure_service import CHAR_MS, Synthesis
from tests.parts.provider import all_of
from tests.parts.wired import Wired

TEXT = "Fish & chips, please."


def speaking(scenario, refuses=(), **service):
    async def whole():
        it = Synthesis(**service)
        wired = Wired(it.talk, refuses)
        voices = AzureVoices("wss://r.test", "secret-key", connect=wired.connect)
        await voices.start()
        await scenario(it, wired, voices)
        await voices.close()
        await voices.close()
        assert all(end.closed for end in wired.ends)

    run(whole())


def test_each_word_comes_with_the_audio_that_it_ends_in():
    async def scenario(it, wired, voices):
        voice = voices.voice("de-DE-KatjaNeural", "de-DE")
        sounds = await all_of(voice.say(TEXT))
        assert voice.format == MULAW_8K and len(b"".join(each.audio for each in sounds)) == 8 * CHAR_MS * len(TEXT)
        words = [word for each in sounds for word in each.words]
        assert words == [Word(200.0, 4), Word(300.0, 6), Word(600.0, 13), Word(1000.0, 21)]
        heard_ms = 0.0
        for sound in sounds:
            heard_ms += len(sound.audio) / 8
            assert all(word.end_ms <= heard_ms for word in sound.words)
        assert it.asked == [TEXT] and "<lang" not in it.ssml[0]
        assert wired.headers[0]["Ocp-Apim-Subscription-Key"] == "secret-key"
        assert wired.urls == ["wss://r.test/cognitiveservices/websocket/v1"]

    speaking(scenario)


def test_the_usual_voice_is_told_the_language():
    async def scenario(it, wired, voices):
        await all_of(voices.voice(None, "fr-FR").say("Bonjour."))
        assert f'name="{VOICE}"><lang xml:lang="fr-FR">Bonjour.</lang>' in it.ssml[0]

    speaking(scenario)


def test_a_socket_is_used_again_and_two_texts_at_once_have_one_each():
    async def scenario(it, wired, voices):
        voice = voices.voice(None, "en-US")
        await all_of(voice.say("One."))
        await all_of(voice.say("Two."))
        assert len(wired.urls) == 1
        await asyncio.gather(*(all_of(voice.say(str(n))) for n in range(KEPT + 2)))
        assert len(wired.urls) == KEPT + 2
        await asyncio.sleep(0.1)
        assert [end.closed is None for end in wired.ends].count(True) == KEPT

    speaking(scenario)


def test_a_socket_that_was_closed_while_it_waited_costs_nothing():
    async def scenario(it, wired, voices):
        voice = voices.voice(None, "en-US")
        await asyncio.gather(all_of(voice.say("One.")), all_of(voice.say("Two.")))
        for end in wired.ends:
            await end.close(1000, "idle")
        assert b"".join(each.audio for each in await all_of(voice.say("Three.")))
        assert len(wired.urls) == 3

    speaking(scenario)


def test_who_is_interrupted_leaves_the_socket():
    async def scenario(it, wired, voices):
        saying = voices.voice(None, "en-US").say("One two three.")
        await anext(saying)
        await saying.aclose()
        await asyncio.sleep(0.1)
        assert wired.ends[0].closed
        assert len(await all_of(voices.voice(None, "en-US").say("Four."))) == 1

    speaking(scenario)


@pytest.mark.parametrize(
    ("refuses", "why", "retryable"),
    [
        ([401], "Azure Speech refused a connection: 401 No said with …", False),
        ([429], "refused a connection: 429", True),
        ([500], "refused a connection: 500", True),
        ([TimeoutError()], "cannot be reached", True),
    ],
)
def test_a_connection_that_is_refused_is_told(refuses, why, retryable):
    async def scenario(it, wired, voices):
        with pytest.raises(LegFailed, match=why) as failed:
            await all_of(voices.voice(None, "en-US").say("One."))
        assert failed.value.retryable is retryable

    speaking(scenario, refuses)


@pytest.mark.parametrize(
    ("service", "voice", "why", "retryable"),
    [
        ({}, "Nobody", "ended a connection: 1007 Unsupported voice Nobody", False),
        ({"breaks_after": 0}, None, "ended a connection: 1011 broken", True),
        ({"breaks_after": 2}, None, "ended a connection: 1011 broken", True),
        ({"silent": True}, None, "did not answer in time", True),
    ],
)
def test_a_rendering_that_breaks_off_is_told(service, voice, why, retryable):
    async def scenario(it, wired, voices):
        began = asyncio.get_running_loop().time()
        with pytest.raises(LegFailed, match=why) as failed:
            await all_of(voices.voice(voice, "en-US").say("One two three."))
        assert failed.value.retryable is retryable and asyncio.get_running_loop().time() - began < 16
        assert len(wired.urls) == 1

    speaking(scenario, **service)


def test_a_server_that_falls_silent_is_not_waited_for_twice():
    async def scenario(it, wired, voices):
        voice = voices.voice(None, "en-US")
        await all_of(voice.say("One."))
        it.silent, began = True, asyncio.get_running_loop().time()
        with pytest.raises(LegFailed, match="did not answer in time"):
            await all_of(voice.say("Two."))
        assert asyncio.get_running_loop().time() - began < 16

    speaking(scenario)


def test_a_socket_that_ends_its_text_after_the_close_is_closed_too():
    async def scenario(it, wired, voices):
        saying = asyncio.ensure_future(all_of(voices.voice(None, "en-US").say(TEXT)))
        await asyncio.sleep(0.11)
        await voices.close()
        assert await saying
        await asyncio.sleep(0.1)
        assert voices._kept == []

    speaking(scenario)


def test_who_is_interrupted_while_a_socket_is_introduced_leaves_none():
    async def scenario(it, wired, voices):
        connect = wired.connect

        async def slow(url, headers):
            socket = await connect(url, headers)

            async def send(message):
                await asyncio.sleep(60)

            socket.send = send
            return socket

        voices._connect = slow
        saying = asyncio.ensure_future(all_of(voices.voice(None, "en-US").say(TEXT)))
        await asyncio.sleep(1)
        saying.cancel()
        await asyncio.sleep(1)
        assert all(end.closed for end in wired.ends) and wired.ends

    speaking(scenario)


def test_the_stand_in_raises_what_the_library_does():
    async def scenario(it, wired, voices):
        socket = await wired.connect("", {})
        await wired.drop(1013, "busy")
        with pytest.raises(ConnectionClosedError, match="1013"):
            await socket.recv()
        with pytest.raises(ConnectionClosedError, match="1013"):
            await socket.send("x")

    speaking(scenario)
