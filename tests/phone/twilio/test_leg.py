"""The leg over a whole call: tests/core/test_heard.py. Here: what a peer may do to it."""

import asyncio
import base64
import json

import pytest

from offhook.core import events as e
from offhook.core.states import CallState
from offhook.errors import CallRefused, LocalProtocolError
from offhook.phone.twilio.leg import TwilioLeg
from offhook.sim.clock import run
from tests.pair import Pair
from tests.phone.twilio.test_wire import media, start


class Socket:
    def __init__(self):
        self.sent: list[dict] = []
        self.closed: int | None = None
        self.waiting = 0

    def send(self, message: bytes) -> None:
        self.sent.append(json.loads(message))

    def unsent(self) -> int:
        return self.waiting

    def close(self, code: int) -> None:
        self.closed = code

    def kinds(self) -> list[str]:
        return [message["event"] for message in self.sent]


def refuse(_start):
    raise CallRefused("no")


def test_a_refused_start_closes_the_socket():
    socket = Socket()
    leg = TwilioLeg(socket, refuse, lambda: 0.0)
    leg.receive(b'{"event":"connected"}')
    leg.receive(start())
    assert socket.closed == 1008


@pytest.mark.parametrize("bad", [b"garbage", media("/w=="), b'{"event":"mark","mark":{"name":"x"}}'])
def test_twenty_bad_messages_end_a_stream_that_never_started(bad):
    socket = Socket()
    leg = TwilioLeg(socket, refuse, lambda: 0.0)
    for _ in range(19):
        leg.receive(bad)
    assert socket.closed is None
    leg.receive(bad)
    assert socket.closed == 1008


def joined(scenario, turns="provider"):
    """Runs a scenario with a call whose socket is ours to play with."""

    async def whole():
        async with Pair(turns) as pair:
            pair.leg.close()
            pair.carrier.stop()
            pair.report(e.PhoneLost(False))
            socket = Socket()
            leg = pair.leg = TwilioLeg(socket, lambda _start: pair.call, pair.call.now)
            leg.receive(start())
            await scenario(pair, leg, socket)

    run(whole())


def test_bad_messages_cost_only_themselves_until_the_twentieth():
    async def scenario(pair, leg, socket):
        for n in range(19):
            leg.receive(b"garbage" if n % 2 else start())
        frames = pair.agent.frames
        leg.receive(media(base64.b64encode(bytes(160)).decode()))
        assert pair.agent.frames == frames + 1
        assert pair.call.state is CallState.CONNECTED
        leg.receive(b"garbage")
        assert socket.closed == 1008
        assert pair.call.state is CallState.PARKED

    joined(scenario)


def test_the_first_words_of_a_stream_follow_200_ms_of_silence():
    async def scenario(pair, leg, socket):
        pair.agent.piece("a", 100)
        assert socket.kinds() == ["mark", "media", "media"]
        assert base64.b64decode(socket.sent[1]["media"]["payload"]) == b"\xff" * 1600

    joined(scenario)


def test_at_most_ten_seconds_are_ahead_of_the_ear_and_the_rest_follows():
    async def scenario(pair, leg, socket):
        pair.agent.piece("a", 30_000)
        pair.call.end_item("a")

        def sent():
            payloads = [m["media"]["payload"] for m in socket.sent if m["event"] == "media"]
            return sum(len(base64.b64decode(p)) for p in payloads) / 8 - 200

        assert 9_000 <= sent() <= 11_000
        for second in range(1, 28):
            await pair.loop_ms(1000)
            leg.receive(media("/w=="))
            assert sent() >= min(30_000, second * 1000 + 8_000)
        assert sent() == 30_000

    joined(scenario)


def test_audio_goes_out_in_slices_of_a_second():
    async def scenario(pair, leg, socket):
        pair.agent.piece("a", 5_000)
        assert max(len(base64.b64decode(m["media"]["payload"])) for m in socket.sent if "media" in m) == 8000

    joined(scenario)


def test_while_the_socket_is_full_audio_waits_in_the_ledger():
    async def scenario(pair, leg, socket):
        socket.waiting = 5_000
        pair.agent.piece("a", 3_000)
        assert socket.kinds() == []
        socket.waiting = 0
        leg.resume()
        assert socket.kinds().count("media") == 4

    joined(scenario)


def test_a_peer_that_stops_reading_loses_the_stream_after_5_s():
    async def scenario(pair, leg, socket):
        pair.agent.piece("a", 500)
        socket.waiting = 5_000
        pair.agent.piece("a", 500)
        for _ in range(4):
            await pair.loop_ms(1000)
            leg.receive(media("/w=="))
        assert socket.closed is None
        await pair.loop_ms(1500)
        assert socket.closed == 1001
        assert pair.call.state is CallState.PARKED

    joined(scenario)


def test_a_peer_without_media_for_30_s_is_dead():
    async def scenario(pair, leg, socket):
        await pair.loop_ms(29_900)
        assert socket.closed is None
        await pair.loop_ms(200)
        assert socket.closed == 1001

    joined(scenario)


def test_a_stop_parks_the_call_and_a_key_is_an_event():
    async def scenario(pair, leg, socket):
        leg.receive(b'{"event":"dtmf","dtmf":{"digit":"5"}}')
        assert pair.published(e.KeyPressed) == [e.KeyPressed("5")]
        leg.receive(b'{"event":"stop"}')
        assert pair.call.state is CallState.PARKED
        assert socket.closed == 1000
        leg.lost()

    joined(scenario)


def test_a_clear_is_followed_by_its_fence():
    async def scenario(pair, leg, socket):
        pair.agent.piece("a", 500)
        pair.report(e.SpeechStarted())
        assert socket.kinds()[-2:] == ["clear", "mark"]

    joined(scenario)


def test_the_arithmetic_of_a_barge_in_is_shown_if_asked_for(caplog):
    async def scenario(pair, leg, socket):
        leg._show_timing_math = True
        pair.agent.piece("a", 500)
        await pair.loop_ms(300)
        pair.report(e.SpeechStarted())
        await pair.loop_ms(300)

    with caplog.at_level("INFO", "offhook.phone.twilio.leg"):
        joined(scenario)
    assert "heard a 100.0 ms" in caplog.text


def test_a_command_it_has_no_word_for_is_our_bug():
    async def scenario(pair, leg, socket):
        with pytest.raises(LocalProtocolError):
            leg.send(e.Greet())

    joined(scenario)


def test_the_tape_holds_what_is_played_until_a_clear_or_the_end_of_the_stream():
    async def scenario(pair, leg, socket):
        began = pair.call.now()
        pair.agent.piece("a", 3000)
        await pair.loop_ms(1000)
        assert pair.call.tape.between(began, began + 1000) == b"\xff" * 1600 + b"\x01" * 6400
        pair.report(e.SpeechStarted())
        assert pair.call.tape.between(began + 1000, began + 4000) == b"\xff" * 24_000
        pair.agent.piece("b", 3000)
        await pair.loop_ms(1000)
        leg.lost()
        assert pair.call.tape.between(began + 1000, began + 4000) == b"\x02" * 8000 + b"\xff" * 16_000

    joined(scenario)


class Found:
    """A call that is found after a while."""

    def __init__(self, then=None):
        self.epoch, self.heard, self.legs, self.then = 1, [], [], then

    async def find(self):
        await asyncio.sleep(0.3)
        if self.then is not None:
            raise self.then
        return self

    def join(self, leg):
        self.legs.append(leg)

    def caller_audio(self, frame):
        self.heard.append(frame)

    def report(self, _event):
        pass


def finding(call, during, after=lambda _leg, _socket: None):
    async def scenario():
        socket = Socket()
        leg = TwilioLeg(socket, lambda _start: call.find(), lambda: asyncio.get_running_loop().time() * 1000.0)
        leg.receive(start())
        await asyncio.sleep(0.1)
        assert not leg.joined and socket.closed is None
        during(leg)
        await asyncio.sleep(0.5)
        after(leg, socket)

    run(scenario())


def test_what_comes_while_the_call_is_being_found_is_heard_then():
    call = Found()

    def during(leg):
        for _ in range(3):
            leg.receive(media("/w=="))

    finding(call, during, lambda leg, _socket: leg.receive(media("/w==")))
    assert len(call.heard) == 4 and len(call.legs) == 1


def test_a_stream_that_is_gone_when_its_call_is_found_does_not_join():
    call = Found()
    finding(call, lambda leg: leg.lost())
    assert call.legs == []


@pytest.mark.parametrize(("problem", "code"), [(CallRefused("no"), 1008), (ValueError("a bug"), 1011)])
def test_a_call_that_is_not_found_closes_the_socket(problem, code):
    closed = []
    finding(Found(problem), lambda _leg: None, lambda _leg, socket: closed.append(socket.closed))
    assert closed == [code]
