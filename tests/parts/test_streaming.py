"""What is the same for all streaming recognisers, on a wire that says back what it is told; each server's own is elsewhere."""

import asyncio

import pytest

from offhook import LegFailed
from offhook.parts.streaming import StreamRecogniser, Stretch, Timeline
from offhook.sim.clock import run
from offhook.speech.base import Recognised
from tests.parts.wired import Wired

SPEECH = bytes(16000)


class Parrot:
    """A wire whose server says how many bytes it got."""

    name, finish_s, certain, idle = "Parrot", 0.5, False, ("still here", 4.0)

    def __init__(self, connect):
        self._connect = connect

    async def connect(self):
        return await self._connect("wss://x", {})

    def begin(self, stretch):
        self._stretch = stretch

    def audio(self, pcm16):
        yield pcm16

    def finish(self):
        yield "finish"

    def goodbye(self):
        yield "goodbye"

    def take(self, told):
        if told == "ask":
            return ("answered",)
        self._stretch.settle(told)
        self._stretch.finished.set()
        return ()


class Server:
    def __init__(self):
        self.got, self.deaf, self.closes_s, self.code = [], False, 0.0, 1013

    async def talk(self, socket):
        if self.closes_s:
            await asyncio.sleep(self.closes_s)
            await socket.close(self.code, "too many")
            return
        total = 0
        while True:
            message = await socket.recv()
            self.got.append(len(message) if isinstance(message, bytes) else message)
            if isinstance(message, bytes):
                total += len(message)
            elif message == "finish" and not self.deaf:
                await socket.send(str(total))
                total = 0


def hearing(scenario, refuses=()):
    async def whole():
        it = Server()
        wired = Wired(it.talk, refuses)
        ear = StreamRecogniser(lambda: Parrot(wired.connect), "hush")
        await scenario(it, wired, ear)
        ear.close()
        ear.close()
        await asyncio.sleep(5)
        assert all(end.closed for end in wired.ends)

    run(whole())


def test_nothing_is_connected_before_somebody_speaks_and_a_silence_is_kept_alive():
    async def scenario(it, wired, ear):
        await asyncio.sleep(10)
        assert wired.urls == []
        ear.begin()
        ear.feed(SPEECH)
        assert await ear.end() == Recognised("16000")
        await asyncio.sleep(9)
        assert it.got == [16000, "finish", "still here", "still here"]
        ear.close()
        await asyncio.sleep(0.1)
        assert it.got[-1] == "goodbye"

    hearing(scenario)


def test_what_a_server_asks_is_answered():
    async def scenario(it, wired, ear):
        ear.begin()
        await asyncio.sleep(0.2)
        await wired.ends[0].send("ask")
        await asyncio.sleep(0.1)
        assert it.got == ["answered"]

    hearing(scenario)


def test_a_lost_connection_is_known_at_once_however_long_its_close_takes():
    async def scenario(it, wired, ear):
        slow = wired.connect

        async def connect(url, headers):
            socket = await slow(url, headers)
            close = socket.close

            async def closing():
                await asyncio.sleep(3)
                await close()

            socket.close = closing
            return socket

        wired.connect = connect
        ear.begin()
        ear.feed(SPEECH)
        await asyncio.sleep(0.2)
        await wired.drop()
        await asyncio.sleep(0.01)
        ear.feed(SPEECH)
        began = asyncio.get_running_loop().time()
        assert await ear.end() == Recognised("32000")
        assert asyncio.get_running_loop().time() - began < 0.5
        ear.close()
        await asyncio.sleep(4)

    hearing(scenario)


def test_a_pause_that_failed_is_asked_again_at_the_end():
    async def scenario(it, wired, ear):
        ear.begin()
        ear.feed(SPEECH)
        with pytest.raises(LegFailed, match="cannot be reached"):
            await ear.pause()
        assert len(wired.urls) == 2
        assert await ear.end() == Recognised("16000")

    hearing(scenario, [OSError(), OSError()])


def test_a_stretch_that_was_lost_with_its_connection_is_not_told_into_the_next():
    async def scenario(it, wired, ear):
        it.deaf = True
        ear.begin()
        ear.feed(SPEECH)
        lost = ear.end()
        await asyncio.sleep(0.2)
        ear.begin()
        ear.feed(SPEECH[:4000])
        it.deaf = False
        with pytest.raises(LegFailed, match="does not say anything"):
            await lost
        assert await ear.end() == Recognised("4000")

    hearing(scenario)


def test_who_loses_interest_at_a_pause_does_not_cost_the_end_its_words():
    async def scenario(it, wired, ear):
        ear.begin()
        ear.feed(SPEECH)
        waiting = asyncio.ensure_future(ear.pause())
        await asyncio.sleep(0.01)
        waiting.cancel()
        assert await ear.end() == Recognised("16000")
        assert it.got.count("finish") == 1

    hearing(scenario)


def test_a_server_that_takes_connections_and_ends_them_is_not_besieged():
    async def scenario(it, wired, ear):
        it.closes_s = 0.05
        ear.begin()
        for _ in range(100):  # three seconds of speech
            ear.feed(SPEECH[:512])
            await asyncio.sleep(0.032)
        assert len(wired.urls) == 2, "once more within a stretch"
        with pytest.raises(LegFailed, match="1013 too many"):
            await ear.end()
        assert len(wired.urls) <= 4
        it.closes_s = 0.0
        ear.begin()
        ear.feed(SPEECH)
        assert await ear.end() == Recognised("16000")

    hearing(scenario)


def test_who_is_refused_for_good_within_a_stretch_is_not_asked_again_before_its_end():
    async def scenario(it, wired, ear):
        it.closes_s, it.code = 0.05, 1008
        ear.begin()
        for _ in range(30):
            ear.feed(SPEECH[:512])
            await asyncio.sleep(0.032)
        assert len(wired.urls) == 1
        with pytest.raises(LegFailed, match="1008 too many"):
            await ear.end()

    hearing(scenario)


def test_nothing_is_connected_once_the_caller_is_gone():
    async def scenario(it, wired, ear):
        it.deaf = True
        ear.begin()
        ear.feed(SPEECH)
        words = ear.end()
        await asyncio.sleep(0.15)
        ear.close()
        with pytest.raises(LegFailed):
            await words
        ear.begin()
        ear.feed(SPEECH)
        with pytest.raises(LegFailed):
            await ear.end()
        ear.cancel()
        await asyncio.sleep(1)
        assert len(wired.urls) == 1

    hearing(scenario)


def test_settled_words_stand_before_those_that_may_change():
    stretch = Stretch()
    stretch.partial("one")
    assert stretch.recognised() == Recognised("one") and stretch.told
    stretch.settle(" One. ", 0.9)
    stretch.settle("", 0.1)
    stretch.settle("Two.", 0.8)
    stretch.partial("three")
    assert stretch.recognised() == Recognised("One. Two. three", 0.8)
    stretch.unsay()
    assert stretch.recognised() == Recognised("") and not stretch.told


def test_a_timeline_tells_whose_audio_ends_where():
    line, one, two = Timeline(), Stretch(), Stretch()
    line.begin(one)
    assert line.at(0.0) is line.at(None) is one
    line.sent(SPEECH)
    line.begin(two)
    assert line.at(1000.0) is line.at(1009.0) is one, "servers are not exact"
    assert line.at(1100.0) is line.at(None) is two
