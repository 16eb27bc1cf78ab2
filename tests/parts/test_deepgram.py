"""The wire of Deepgram's streaming recognition, against a stand-in that says what its documentation has."""

import asyncio
import json
from urllib.parse import parse_qs, urlsplit

import pytest

from offhook import ConfigError, LegFailed
from offhook.parts import deepgram
from offhook.parts.keys import Keys
from offhook.sim.clock import run
from offhook.speech.base import Recognised

SPEECH = bytes(1600)


class Gone(Exception):
    pass


class Service:
    """Tells what it has heard when it is asked to finish, 100 ms later."""

    def __init__(self, *words, refuses=0, silent=False):
        self.words, self.refuses, self.silent = list(words), refuses, silent
        self.urls, self.headers, self.got, self.told, self.closed = [], [], [], [], 0
        self._heard_s = self._told_s = 0.0

    async def connect(self, url, headers):
        self.urls.append(url)
        self.headers.append(headers)
        await asyncio.sleep(0.1)
        if self.refuses:
            self.refuses -= 1
            raise OSError("no")
        self._out = asyncio.Queue()
        self._heard_s = self._told_s = 0.0
        return self

    async def send(self, message):
        if self.got and self.got[-1] == "drop":
            raise Gone
        self.got.append(message if isinstance(message, bytes) else json.loads(message)["type"])
        self._heard_s += len(message) / 16000 if isinstance(message, bytes) else 0.0
        if self.got[-1] == "Finalize":
            words = self.words.pop(0) if self.words else ""
            asyncio.get_running_loop().call_later(0.1, self._tell, words, self._heard_s)
        elif len(self.got) == 1:
            self.says("one", final=False)

    def says(self, text, *, final=True, finalized=False, end_s=None):
        start, end = self._told_s, self._heard_s if end_s is None else end_s
        if final:
            self._told_s = end
        words = [
            {"word": word, "start": start, "end": end, "confidence": 0.9, "punctuated_word": word}
            for word in text.split()
        ]
        best = {"transcript": text, "confidence": 0.9, "words": words}
        told = {
            "type": "Results", "channel_index": [0, 1], "start": start, "duration": end - start, "is_final": final,
            "speech_final": False, "from_finalize": finalized, "channel": {"alternatives": [best]},
            "metadata": {
                "request_id": "r", "model_uuid": "u", "model_info": {"name": "nova-3", "version": "1", "arch": "nova-3"},
            },
        }  # fmt: skip
        self.told.append(told)
        self._out.put_nowait(json.dumps(told))

    def _tell(self, text, end_s):
        if not self.silent:
            self.says(text, finalized=True, end_s=end_s)

    async def recv(self):
        told = await self._out.get()
        if told is None:
            raise Gone
        return told

    async def close(self):
        self.closed += 1


def hearing(scenario, *words, **service):
    async def whole():
        it = Service(*words, **service)
        ear = deepgram.Deepgram("nova-3", "k", connect=it.connect).recogniser("de-AT")
        await scenario(it, ear)
        ear.close()
        await asyncio.sleep(0.01)

    run(whole())


def test_speech_is_sent_as_it_is_said_and_finished_at_a_pause():
    async def scenario(it, ear):
        ear.begin()
        ear.feed(SPEECH)
        await asyncio.sleep(0.3)
        assert it.got == [SPEECH]
        assert await ear.pause() == Recognised("Hallo.", 0.9)
        assert await ear.end() == Recognised("Hallo.", 0.9)
        assert it.got == [SPEECH, "Finalize"]
        query = parse_qs(urlsplit(it.urls[0]).query)
        assert query["encoding"] == ["linear16"] and query["language"] == ["de"] and query["sample_rate"] == ["8000"]
        assert it.headers == [{"Authorization": "Token k"}]

    hearing(scenario, "Hallo.")


def test_who_goes_on_adds_to_what_was_said():
    async def scenario(it, ear):
        ear.begin()
        ear.feed(SPEECH)
        assert (await ear.pause()).text == "Hallo"
        ear.feed(SPEECH)
        assert (await ear.end()).text == "Hallo du."
        ear.begin()
        ear.feed(SPEECH)
        assert (await ear.end()).text == "Ja."
        assert len(it.urls) == 1, "one connection for a caller"

    hearing(scenario, "Hallo", "du.", "Ja.")


def test_the_connection_is_kept_alive_and_ended_with_the_caller():
    async def scenario(it, ear):
        ear.begin()
        ear.feed(SPEECH)
        await ear.end()
        await asyncio.sleep(20)
        assert it.got.count("KeepAlive") in (4, 5)
        ear.close()
        await asyncio.sleep(0.01)
        assert it.closed == 1 and it.got[-1] == "CloseStream"
        ear.close()

    hearing(scenario)


def test_a_server_that_had_nothing_left_to_finish_is_not_waited_for():
    async def scenario(it, ear):
        ear.begin()
        ear.feed(SPEECH)
        loop = asyncio.get_running_loop()
        began = loop.time()
        assert (await ear.end()).text == "one", "what it has said counts"
        assert loop.time() - began < deepgram.FINAL_S + 0.2

    hearing(scenario, silent=True)


def test_a_connection_that_is_lost_is_made_again_and_told_all_of_the_stretch():
    async def scenario(it, ear):
        ear.begin()
        ear.feed(SPEECH)
        await asyncio.sleep(0.2)
        it._out.put_nowait(None)
        await asyncio.sleep(0.01)
        ear.feed(SPEECH)
        assert (await ear.end()).text == "Hallo."
        assert b"".join(each for each in it.got if isinstance(each, bytes)) == SPEECH * 3, "the first was told twice"
        assert len(it.urls) == 2

    hearing(scenario, "Hallo.")


def test_a_server_that_cannot_be_reached_costs_the_turn_and_not_the_next():
    async def scenario(it, ear):
        ear.begin()
        ear.feed(SPEECH)
        with pytest.raises(LegFailed, match="cannot be reached"):
            await ear.end()
        ear.begin()
        ear.feed(SPEECH)
        assert (await ear.end()).text == "Hallo."

    hearing(scenario, "Hallo.", refuses=2)


def test_a_stretch_that_is_forgotten_tells_nothing():
    async def scenario(it, ear):
        ear.begin()
        ear.feed(SPEECH)
        ear.cancel()
        ear.begin()
        ear.feed(SPEECH)
        assert (await ear.end()).text == "Ja."

    hearing(scenario, "Nein.", "Ja.")


def test_words_that_come_late_are_of_the_stretch_that_they_were_said_in():
    async def scenario(it, ear):
        ear.begin()
        ear.feed(SPEECH)
        one = ear.end()
        ear.begin()
        ear.feed(SPEECH)
        two = ear.end()
        assert [(await one).text, (await two).text] == ["Ja.", "Nein."]

    hearing(scenario, "Ja.", "Nein.")


@pytest.mark.parametrize(
    ("language", "asked"),
    [("en-US", "en-US"), ("de-DE", "de"), ("de-CH", "de-CH"), ("fr_FR", "fr"), ("pt", "pt"), ("es-MX", "es")],
)
def test_a_region_is_told_only_where_it_is_told_apart(language, asked):
    wire = deepgram.Deepgram("nova-3", "k").recogniser(language)._wire()
    assert parse_qs(urlsplit(wire._url).query)["language"] == [asked]


def test_without_a_key_it_says_which():
    with pytest.raises(ConfigError, match="DEEPGRAM_API_KEY"):
        deepgram.stt("", Keys())


def test_over_a_real_socket():
    from websockets.asyncio.server import serve

    async def answer(socket):
        async for message in socket:
            if message == '{"type":"Finalize"}':
                best = {"transcript": socket.request.headers["Authorization"], "confidence": 1.0}
                told = {"type": "Results", "is_final": True, "from_finalize": True, "channel": {"alternatives": [best]}}
                await socket.send(json.dumps(told))

    async def whole():
        async with serve(answer, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            ear = deepgram.Deepgram("nova-3", "k", url=f"ws://127.0.0.1:{port}/v1/listen").recogniser("en")
            ear.begin()
            ear.feed(SPEECH)
            assert (await ear.end()).text == "Token k"
            ear.close()
            await asyncio.sleep(0)

    asyncio.run(whole())


def test_of_several_languages_the_server_finds_out_which_it_is():
    async def whole():
        it = Service()
        ear = deepgram.Deepgram("nova-3", "k", connect=it.connect).recogniser("de-AT", also=("en-GB",))
        ear.begin()
        ear.feed(SPEECH)
        await asyncio.sleep(0.2)
        best = {"transcript": "good day", "confidence": 0.9, "words": [], "languages": ["en"]}
        told = {"type": "Results", "is_final": True, "from_finalize": False, "channel": {"alternatives": [best]}}
        it._out.put_nowait(json.dumps(told))
        assert (await ear.end()).language == "en"
        assert parse_qs(urlsplit(it.urls[0]).query)["language"] == ["multi"]
        ear.close()
        await asyncio.sleep(0.01)

    run(whole())
