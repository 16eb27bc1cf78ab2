"""Which stretch a stream's words belong to. The streams themselves are in test_google.py, with the SDK."""

import asyncio
from types import SimpleNamespace

import pytest

from offhook import LegFailed
from offhook.parts.google_wire import MOST, GoogleWire, Part, Streams
from offhook.parts.streaming import Stretch
from offhook.sim.clock import run
from offhook.speech.base import Recognised


def said(*results):
    """A response of (text, final) or nothing."""
    told = []
    for each in results:
        best = [SimpleNamespace(transcript=each[0], confidence=0.5)] if each else []
        told.append(SimpleNamespace(alternatives=best, is_final=bool(each) and each[1]))
    return SimpleNamespace(results=told)


def wire():
    opened, stretch = GoogleWire(None, "r", "m", "en-US"), Stretch()
    opened.begin(stretch)
    return opened, stretch


def test_audio_is_cut_to_what_is_taken_and_a_stretch_ended_once():
    opened, stretch = wire()
    assert [len(part.said) for part in opened.audio(bytes(MOST + 2))] == [MOST, 2]
    assert list(opened.finish()) == [Part(1, None)]
    assert list(opened.finish()) == [] and not stretch.finished.is_set(), "its words are still to come"
    opened.take(Part(1, None))
    assert stretch.finished.is_set()


def test_a_stretch_without_audio_is_finished_at_once():
    opened, stretch = wire()
    assert list(opened.finish()) == [] and stretch.finished.is_set()


def test_guesses_stand_in_a_row_and_make_room_for_words():
    opened, stretch = wire()
    list(opened.audio(b"12"))
    opened.take(Part(1, said(("can I ", False), ("have", False), None)))
    assert stretch.recognised().text == "can I have"
    opened.take(Part(1, said(("Can I have", True))))
    opened.take(Part(1, said((" a tea", False))))
    assert stretch.recognised() == Recognised("Can I have a tea", 0.5)


def test_words_of_an_earlier_stream_are_its_stretchs():
    opened, one = wire()
    list(opened.audio(b"12"))
    list(opened.finish())
    two = Stretch()
    opened.begin(two)
    list(opened.audio(b"34"))
    opened.take(Part(1, said(("One.", True))))
    opened.take(Part(1, None))
    assert (one.recognised().text, two.recognised().text) == ("One.", "")
    assert one.finished.is_set() and not two.finished.is_set()


def test_a_stretch_of_two_streams_is_finished_with_the_second():
    opened, stretch = wire()
    list(opened.audio(b"12"))
    list(opened.finish())
    list(opened.audio(b"34"))
    list(opened.finish())
    opened.take(Part(1, None))
    assert not stretch.finished.is_set()
    opened.take(Part(2, None))
    assert stretch.finished.is_set()


def test_a_stream_that_the_server_ends_by_itself_is_followed_by_another():
    opened, stretch = wire()
    list(opened.audio(b"12"))
    opened.take(Part(1, None))
    assert not stretch.finished.is_set()
    assert list(opened.audio(b"34")) == [Part(2, b"34")]


class Client:
    """Ends each stream after what it is told; or breaks."""

    def __init__(self, error=None):
        self.error, self.got = error, []

    async def streaming_recognize(self, requests):
        async def answer():
            async for request in requests:
                self.got.append(request)
                if self.error is not None:
                    raise self.error
                yield request

        return answer()


@pytest.mark.parametrize(
    ("error", "why", "retryable"),
    [
        (OSError("no"), r"cannot be reached \(OSError\)", True),
        (type("E", (Exception,), {"grpc_status_code": SimpleNamespace(name="UNAUTHENTICATED", value=(16, "")), "message": "no key"})(),
         "broke a recognition off: UNAUTHENTICATED no key", False),
    ],
)  # fmt: skip
def test_what_breaks_a_stream_breaks_the_connection(error, why, retryable):
    async def whole():
        streams = Streams(Client(error), "first", bytes)
        await streams.send(Part(1, None))
        with pytest.raises(LegFailed, match=why) as failed:
            await streams.recv()
        assert failed.value.retryable is retryable
        await streams.close()

    run(whole())


def test_a_stream_begins_with_what_is_wanted_and_is_closed_with_the_rest():
    async def whole():
        client = Client()
        streams = Streams(client, "first", bytes)
        await streams.send(Part(1, None))
        assert [await streams.recv(), await streams.recv()] == [Part(1, "first"), Part(1, None)]
        streams._audio[7] = asyncio.Queue()
        running = asyncio.ensure_future(streams._run(7))
        streams._running.add(running)
        await asyncio.sleep(0.1)
        await streams.close()
        assert running.cancelled()

    run(whole())


def test_what_comes_late_for_a_stream_that_the_server_ended_begins_no_other():
    class Impatient(Client):
        async def streaming_recognize(self, requests):
            self.got.append("a stream")

            async def answer():
                yield await anext(requests)

            return answer()

    async def whole():
        client = Impatient()
        streams = Streams(client, "first", bytes)
        await streams.send(Part(1, b"12"))
        assert [await streams.recv(), await streams.recv()] == [Part(1, "first"), Part(1, None)]
        await asyncio.sleep(0.1)
        await streams.send(Part(1, b"34"))  # it was on its way
        await streams.send(Part(1, None))
        await asyncio.sleep(0.1)
        assert client.got == ["a stream"] and not streams._running
        await streams.send(Part(2, b"56"))
        await asyncio.sleep(0.1)
        assert client.got == ["a stream"] * 2
        await streams.close()

    run(whole())
