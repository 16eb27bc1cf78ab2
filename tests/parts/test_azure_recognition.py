"""Azure's recognition, against the stand-in that Microsoft's SDK gets along with."""

import asyncio
from urllib.parse import parse_qs, urlsplit

import pytest

from offhook import ConfigError, LegFailed
from offhook.parts.azure_recognition import FINAL_S, AzureRecognition
from offhook.sim.clock import run
from offhook.speech.base import Recognised
from tests.parts.azure_service import Recognition
from tests.parts.wired import Wired

SPEECH = bytes(16000)  # a second


def hearing(scenario, *words, refuses=(), **service):
    async def whole():
        it = Recognition(*words, **service)
        wired = Wired(it.talk, refuses)
        ear = AzureRecognition("wss://r.test", "secret-key", connect=wired.connect).recogniser("de-DE")
        await scenario(it, wired, ear)
        ear.close()
        await asyncio.sleep(2)
        assert all(end.closed for end in wired.ends)

    run(whole())


def test_a_stretch_is_a_turn_that_ends_at_the_pause():
    async def scenario(it, wired, ear):
        ear.begin()
        ear.feed(SPEECH[:512])
        ear.feed(SPEECH)
        assert await ear.pause() == Recognised("Guten Tag.", 0.9)
        assert await ear.end() == Recognised("Guten Tag.", 0.9)
        assert it.got == [16512], "in messages that are not too large"
        url = urlsplit(wired.urls[0])
        assert url.path.endswith("/conversation/cognitiveservices/v1")
        assert parse_qs(url.query) == {"language": ["de-DE"], "format": ["detailed"]}
        assert wired.headers[0]["Ocp-Apim-Subscription-Key"] == "secret-key"

    hearing(scenario, "Guten Tag.")


def test_who_goes_on_before_the_words_are_there_costs_none():
    async def scenario(it, wired, ear):
        ear.begin()
        ear.feed(SPEECH)
        waiting = asyncio.ensure_future(ear.pause())
        await asyncio.sleep(0.15)  # the server is about to tell
        waiting.cancel()
        ear.feed(SPEECH[:8000])
        ear.feed(SPEECH[:8000])
        assert (await ear.end()).text == "Guten Tag. Auf Wiedersehen."
        assert it.got == [16000, 16000] and len(wired.urls) == 1

    hearing(scenario, "Guten Tag.", "Auf Wiedersehen.")


def test_the_next_stretch_may_begin_before_the_words_of_one_are_there():
    async def scenario(it, wired, ear):
        ear.begin()
        ear.feed(SPEECH)
        one = ear.end()
        ear.begin()
        ear.feed(SPEECH)
        two = ear.end()
        assert [(await one).text, (await two).text] == ["One.", "Two."]

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


def test_nothing_understood_is_no_words():
    async def scenario(it, wired, ear):
        ear.begin()
        ear.feed(SPEECH[:4000])
        assert await ear.end() == Recognised("")
        ear.begin()
        assert await ear.end() == Recognised(""), "of no audio at all"

    hearing(scenario, "")


def test_a_turn_that_the_server_ends_by_itself_goes_on_as_another():
    async def scenario(it, wired, ear):
        ear.begin()
        ear.feed(SPEECH)
        await asyncio.sleep(0.2)
        await it._tell(wired.ends[0], ear._line._wire._turn)
        await asyncio.sleep(0.01)
        ear.feed(SPEECH)
        assert (await ear.end()).text == "One. Two."

    hearing(scenario, "One.", "Two.")


def test_a_connection_that_is_lost_is_made_again_and_told_the_whole_stretch():
    async def scenario(it, wired, ear):
        ear.begin()
        ear.feed(SPEECH)
        await asyncio.sleep(0.2)
        await wired.drop()
        await asyncio.sleep(0.1)
        ear.feed(SPEECH)
        assert (await ear.end()).text == "Guten Tag."
        assert it.got == [16000, 32000]

    hearing(scenario, "Guten Tag.")


def test_a_server_that_falls_silent_is_left_and_asked_anew():
    async def scenario(it, wired, ear):
        ear.begin()
        ear.feed(SPEECH)
        began = asyncio.get_running_loop().time()
        with pytest.raises(LegFailed, match="does not say anything"):
            await ear.end()
        assert asyncio.get_running_loop().time() - began < 2 * FINAL_S + 1
        it.deaf = False
        ear.begin()
        ear.feed(SPEECH)
        assert (await ear.end()).text == "Guten Tag."
        assert len(wired.urls) == 3

    hearing(scenario, "Guten Tag.", deaf=True)


@pytest.mark.parametrize(
    ("refuses", "tries", "why"),
    [
        ([401] * 9, 1, "refused a connection: 401 No said with …"),
        ([429] * 9, 2, "refused a connection: 429"),
        ([500] * 9, 2, "refused a connection: 500"),
        ([OSError()] * 9, 2, r"cannot be reached \(OSError\)"),
    ],
)
def test_who_refuses_is_asked_once_more_if_that_may_help_and_never_for_every_frame(refuses, tries, why):
    async def scenario(it, wired, ear):
        ear.begin()
        for _ in range(50):
            ear.feed(SPEECH[:512])
            await asyncio.sleep(0.032)
        with pytest.raises(LegFailed, match=why):
            await ear.end()
        assert len(wired.urls) == tries

    hearing(scenario, refuses=refuses)


def test_a_language_without_a_region_is_told_at_the_start():
    with pytest.raises(ConfigError, match="set LANGUAGE to one such as de-DE, not de"):
        AzureRecognition("wss://r.test", "k").recogniser("de")


@pytest.mark.parametrize(("status", "tries"), [("Error", 2), ("Forbidden", 1)])
def test_a_turn_that_is_broken_off(status, tries):
    async def scenario(it, wired, ear):
        ear.begin()
        ear.feed(SPEECH)
        with pytest.raises(LegFailed, match=f"broke a turn off: {status}"):
            await ear.end()
        assert len(wired.urls) == tries

    hearing(scenario, "x", "y", status=status)
