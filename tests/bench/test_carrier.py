import asyncio
import json
from base64 import b64encode

import httpx
import pytest

from offhook.bench import audio
from offhook.bench.carrier import ACCOUNT, CarrierStream, ask, call_sid
from offhook.bench.sample import application
from offhook.core.states import CallState
from offhook.errors import RemoteProtocolError
from offhook.phone.twilio.signature import Key
from offhook.server.app import App, Options
from offhook.sim import clock
from tests.bench.wires import Wire
from tests.pair import ScriptedAgent


def test_the_products_webhook_takes_the_signature_and_names_a_stream_with_a_token():
    async def scenario():
        app = App(Options(ACCOUNT.sid, [Key(ACCOUNT.token)]), lambda _info: ScriptedAgent())
        app.ready.set()
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app.asgi, client=("127.0.0.1", 1))) as client:
            where = await ask(client, "http://127.0.0.1:8000/incoming-call", 7)
        state = app.switchboard.by_sid(call_sid(7)).state
        await app.switchboard.close()
        return where, state

    where, state = clock.run(scenario())
    assert where.url.startswith("ws://127.0.0.1:8000/") and where.parameters["token"] and where.signature
    assert state is CallState.CONNECTING


async def ask_in_memory(app):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
        return await ask(client, "http://127.0.0.1:8000/incoming-call", 7)


def test_the_samples_webhook_names_a_stream():
    assert asyncio.run(ask_in_memory(application(1))).url == "ws://127.0.0.1:8000/media-stream"


def test_an_answer_without_a_stream_is_refused():
    async def busy(_scope, _receive, send):
        head = [(b"content-type", b"text/xml")]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        await send({"type": "http.response.body", "body": b'<Response><Reject reason="busy"/></Response>'})

    with pytest.raises(RemoteProtocolError, match="opens no stream"):
        asyncio.run(ask_in_memory(busy))


class Playing:
    """A stream in simulated time."""

    def __init__(self):
        self.arrived = []
        self.stream = CarrierStream(7, {"token": "t"}, lambda number, _at: self.arrived.append(number))
        self.wire = Wire(self.stream)

    def media(self, item, first, frames):
        sound = b"".join(audio.frame(7, item, first + n) for n in range(frames))
        self.wire.receive({"event": "media", "streamSid": "x", "media": {"payload": b64encode(sound).decode()}})

    def mark(self, name):
        self.wire.receive({"event": "mark", "streamSid": "x", "mark": {"name": name}})


def test_it_begins_and_speaks_as_twilio_does():
    async def scenario():
        it = Playing()
        for _ in range(2):
            it.stream.send_frame()
        return it

    it = clock.run(scenario())
    connected, start, first, second = it.wire.sent
    assert connected["event"] == "connected"
    assert start["start"]["customParameters"] == {"token": "t"} and start["start"]["callSid"] == call_sid(7)
    assert (first["sequenceNumber"], first["media"]["chunk"], first["media"]["timestamp"]) == ("2", "1", "0")
    assert second["media"]["timestamp"] == "20" and second["streamSid"] == start["streamSid"]
    assert audio.text_numbers(second["media"]["payload"].encode()) == (7, 0, 1)
    assert len(it.stream.sent_at) == 2


def test_marks_come_back_when_they_were_played():
    async def scenario():
        it = Playing()
        it.media(1, 0, 10)
        it.mark("a")
        it.wire.take()
        await asyncio.sleep(0.19)
        before = it.wire.take()
        await asyncio.sleep(0.02)
        return before, it.wire.take(), it.arrived

    before, after, arrived = clock.run(scenario())
    assert (before, [message["mark"]["name"] for message in after]) == ([], ["a"])
    assert arrived == list(range(10))


def test_a_clear_tells_what_was_heard_of_each_item():
    async def scenario():
        it = Playing()
        it.media(1, 0, 10)
        it.media(2, 10, 5)
        await asyncio.sleep(0.15)
        it.wire.receive({"event": "clear", "streamSid": "x"})
        it.media(3, 30, 5)
        await asyncio.sleep(0.04)
        it.wire.receive({"event": "clear", "streamSid": "x"})
        return it.stream

    stream = clock.run(scenario())
    assert [cut.heard_ms for cut in stream.cuts] == [{1: 150.0, 2: 0.0}, {3: 40.0}]
    assert stream.order.faults == 0


def test_after_its_end_it_says_nothing_and_is_not_lost():
    async def scenario():
        it = Playing()
        it.stream.close()
        it.wire.take()
        it.stream.send_frame()
        it.media(1, 0, 1)
        it.stream.on_ws_disconnected(it.wire)
        return it

    it = clock.run(scenario())
    assert (it.wire.sent, it.wire.disconnected, it.stream.lost) == ([], True, False)


def test_a_stream_that_the_bridge_closes_is_lost():
    async def scenario():
        it = Playing()
        it.stream.on_ws_disconnected(it.wire)
        return it.stream.lost

    assert clock.run(scenario())


def test_messages_are_written_as_twilio_writes_them():
    async def scenario():
        it = Playing()
        raw = []
        it.wire.send = lambda _kind, message: raw.append(message)
        it.stream.send_frame()
        return raw

    (raw,) = clock.run(scenario())
    assert raw.startswith(b'{"event":"media","sequenceNumber":"2","media":{"track":"inbound"')
    json.loads(raw)
