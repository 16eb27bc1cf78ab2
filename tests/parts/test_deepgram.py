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
        self.urls, self.headers, self.got, self.closed = [], [], [], 0

    async def connect(self, url, headers):
        self.urls.append(url)
        self.headers.append(headers)
        await asyncio.sleep(0.1)
        if self.refuses:
            self.refuses -= 1
            raise OSError("no")
        self._out = asyncio.Queue()
        return self

    async def send(self, message):
        if self.got and self.got[-1] == "drop":
            raise Gone
        self.got.append(message if isinstance(message, bytes) else json.loads(message)["type"])
        if self.got[-1] == "Finalize":
            asyncio.get_running_loop().call_later(0.1, self._tell, self.words.pop(0) if self.words else "")
        elif len(self.got) == 1:
            self.says("one", final=False)

    def says(self, text, *, final=True, finalized=False):
        best = {"transcript": text, "confidence": 0.9, "words": []}
        told = {"type": "Results", "is_final": final, "from_finalize": finalized, "channel": {"alternatives": [best]}}
        self._out.put_nowait(json.dumps(told))

    def _tell(self, text):
        if not self.silent:
            self.says(text, finalized=True)

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
        assert query["encoding"] == ["linear16"] and query["language"] == ["de-AT"] and query["sample_rate"] == ["8000"]
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
        assert it.closed == 1
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

    hearing(scenario, "Ja.")


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
