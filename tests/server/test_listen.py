"""Who listens to a call hears both sides, and costs the call nothing."""

import asyncio
import json

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from offhook.audio import g711
from offhook.audio.format import MULAW_8K, PCM16_24K
from offhook.core import events as e
from offhook.core.keeping import Keeping
from offhook.server.listen import BLOCK_MS, LATE_MS, MOST_BLOCKS, Ear, Listeners, stereo
from offhook.sim.clock import run
from tests.pair import Pair, ScriptedAgent
from tests.polling import wait_for
from tests.server.running import running

TOKEN = {"authorization": "Bearer t0ken"}


def sides(blocks):
    """The caller's and the agent's samples."""
    both = np.frombuffer(b"".join(blocks), "<i2").reshape(-1, 2)
    return both[:, 0], both[:, 1]


def taken(ear):
    return [ear.waiting.get_nowait() for _ in range(ear.waiting.qsize())]


def listening(scenario, **options):
    async def call():
        async with Pair(**options) as pair:
            listeners = Listeners(
                lambda call_id: pair.call if call_id == pair.call.id and not pair.call.ended else None
            )
            await scenario(pair, listeners)

    run(call())


def test_both_sides_are_heard_each_on_its_own_channel():
    loud = g711.encode(np.full(160, 8000, "<i2").tobytes())

    async def scenario(pair, listeners):
        ear = listeners.tap(pair.call.id).join()
        pair.carrier._frames.cancel()
        await pair.agent.say("a", 1000)
        for _ in range(50):
            pair.call.caller_audio(loud)
            await asyncio.sleep(0.02)
        await asyncio.sleep((LATE_MS + 2 * BLOCK_MS) / 1000.0)
        caller, agent = sides(taken(ear))
        spoken = int(np.frombuffer(g711.decode(loud[:1]), "<i2")[0])
        value = int(np.frombuffer(g711.decode(bytes([pair.agent.values["a"]])), "<i2")[0])
        assert abs(np.count_nonzero(caller == spoken) - 8000) <= 800
        # What comes before it on the wire is 20 ms of the greeting, and the leg's lead-in.
        assert np.count_nonzero(agent == value) == 8000, "all that is played, sample by sample"

    listening(scenario)


def test_what_was_cleared_is_not_heard():
    async def scenario(pair, listeners):
        ear = listeners.tap(pair.call.id).join()
        await pair.agent.say("a", 3000)
        await pair.loop_ms(500)
        before = pair.loop.time()
        pair.interrupt()
        await pair.loop_ms(3000)
        _, agent = sides(taken(ear))
        value = int(np.frombuffer(g711.decode(bytes([pair.agent.values["a"]])), "<i2")[0])
        assert 0 < np.count_nonzero(agent == value) / 8 <= before * 1000.0
        assert np.count_nonzero(agent == value) / 8 < 1500

    listening(scenario)


SPEECH, TONE = (g711.encode(np.full(160, level, "<i2").tobytes()) for level in (4000, 12_000))
SPEECH_LEVEL, TONE_LEVEL = (int(np.frombuffer(g711.decode(frame[:1]), "<i2")[0]) for frame in (SPEECH, TONE))
KEY_LATE_MS = 280
"""So much later than its tone begins is a key told; the tone lasts 400 ms."""


def patient(listeners, pair):
    """A listener for whom everything waits."""
    ear = listeners.tap(pair.call.id).join()
    ear.waiting = asyncio.Queue()
    return ear


async def keyed_in(pair, keys):
    """The caller talks, and keys something in; each tone is there before the key is told, and after."""
    pair.carrier._frames.cancel()
    for ms in range(0, 1000 * (len(keys) + 4), 20):
        number, at = ms // 1000 - 1, ms % 1000
        tone = 0 <= number < len(keys) and at < 400
        pair.call.caller_audio(TONE if tone else SPEECH)
        if tone and at == KEY_LATE_MS:
            pair.report(e.KeyPressed(keys[number]))
        await asyncio.sleep(0.02)
    await asyncio.sleep(1.0)


@pytest.mark.parametrize("hidden", ["secret", "never told"])
def test_keys_that_are_told_nobody_are_not_heard(monkeypatch, hidden):
    if hidden == "never told":
        monkeypatch.setattr(ScriptedAgent, "keeping", Keeping(redact=frozenset({"keys"})), raising=False)

    async def scenario(pair, listeners):
        ear = patient(listeners, pair)
        if hidden == "secret":
            pair.call.want_keys(4, secret=True)
        await keyed_in(pair, "1234")
        caller, _ = sides(taken(ear))
        assert not np.any(caller == TONE_LEVEL)
        assert np.count_nonzero(caller == SPEECH_LEVEL) / 8 > 1500, "what is said after them is heard"

    listening(scenario)


def test_keys_that_are_no_secret_are_heard_as_ever():
    async def scenario(pair, listeners):
        ear = patient(listeners, pair)
        await keyed_in(pair, "1234")
        caller, _ = sides(taken(ear))
        assert np.count_nonzero(caller == TONE_LEVEL) / 8 == 4 * 400

    listening(scenario)


def test_the_agent_is_not_heard_while_it_may_repeat_what_is_secret():
    async def scenario(pair, listeners):
        ear = patient(listeners, pair)
        await pair.agent.say("before", 500)
        await pair.loop_ms(1000)
        pair.call.want_keys(4, secret=True)
        await pair.agent.say("secret", 2000)
        await pair.loop_ms(2500)
        for key in "1234":
            pair.report(e.KeyPressed(key))
        await pair.loop_ms(1000)
        await pair.agent.say("after", 500)
        await pair.loop_ms(1500)
        _, agent = sides(taken(ear))
        heard = {
            item: np.count_nonzero(agent == int(np.frombuffer(g711.decode(bytes([value])), "<i2")[0])) / 8
            for item, value in pair.agent.values.items()
        }
        assert heard == {"before": 500, "secret": 0, "after": 500}

    listening(scenario)


def test_nothing_is_made_where_nobody_listens_and_several_share_what_is():
    async def scenario(pair, listeners):
        assert not pair.call.overheard
        tap = listeners.tap(pair.call.id)
        first, second = tap.join(), tap.join()
        assert listeners.tap(pair.call.id) is tap
        await pair.loop_ms(1001)
        one, other = taken(first), taken(second)
        assert len(one) == 10 and all(a is b for a, b in zip(one, other, strict=True))
        tap.leave(first)
        await pair.loop_ms(500)
        assert pair.call.overheard and taken(second) and not taken(first)
        tap.leave(second)
        assert not pair.call.overheard
        assert listeners.tap("nowhere") is None
        again = listeners.tap(pair.call.id)
        assert again is not tap, "it may begin anew"
        again.leave(again.join())

    listening(scenario)


def test_a_listener_hears_the_end_of_the_call():
    async def scenario(pair, listeners):
        tap = listeners.tap(pair.call.id)
        ear = tap.join()
        pair.report(e.CarrierEnded("completed"))
        await pair.loop_ms(1000)
        assert taken(ear)[-1] is None
        tap.leave(ear)

    listening(scenario)


def test_a_slow_listener_is_sent_away_and_the_others_miss_nothing():
    async def scenario(pair, listeners):
        tap = listeners.tap(pair.call.id)
        slow, quick = tap.join(), tap.join()
        heard = 0
        for _ in range(3 * MOST_BLOCKS):
            await pair.loop_ms(BLOCK_MS)
            heard += len(taken(quick))
        assert slow.slow and taken(slow) == [None]
        assert heard >= 3 * MOST_BLOCKS - 1 and not quick.slow
        tap.leave(slow)
        tap.leave(quick)

    listening(scenario)


def test_an_hour_is_in_step_and_the_frames_of_a_loop_that_stood_still_are_bounded():
    async def scenario(pair, listeners):
        tap = listeners.tap(pair.call.id)
        ear = tap.join()
        for _ in range(10_000):
            pair.call.caller_audio(b"\x10" * 160)
        assert len(tap._frames) <= 8 * 1000
        blocks = 0
        for _ in range(600):
            await pair.loop_ms(1000)
            blocks += len(taken(ear))
        assert abs(blocks - 6000) <= 1
        tap.leave(ear)

    listening(scenario)


def test_the_samples_are_those_of_the_leg():
    assert stereo(b"\xff\xff", b"\x00\x80", MULAW_8K) == np.array([0, -32124, 0, 32124], "<i2").tobytes()
    assert stereo(b"\x01\x00", b"\x02\x00", PCM16_24K) == b"\x01\x00\x02\x00"


def test_an_ear_that_has_given_up_takes_no_more():
    async def scenario():
        ear = Ear()
        for _ in range(MOST_BLOCKS + 5):
            ear.hear(b"x")
        assert taken(ear) == [None]

    asyncio.run(scenario())


# ---------------------------------------------------------------- the socket


@pytest.fixture(scope="module")
def server():
    with running(operator_token="t0ken") as it:
        yield it


def listen(server, path, headers=TOKEN):
    return connect("ws" + server.origin.removeprefix("http") + path, additional_headers=headers, proxy=None)


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer wrong"}, TOKEN | {"origin": "https://evil.example"}])
def test_nobody_but_the_operator_listens(server, headers):
    sid = f"CA1{len(headers)}{len(str(headers))}"
    server.call(sid)
    try:
        path = f"/ws/listen/{server.call_id(sid)}"
        with pytest.raises(InvalidStatus) as refused, listen(server, path, headers):
            pass
        assert refused.value.response.status_code == (403 if "origin" in headers else 401)
        assert not server.in_loop(lambda: server.app.switchboard.by_sid(sid).overheard)
    finally:
        server.end(sid)


def test_who_listens_is_told_what_it_is_hears_blocks_and_the_end(server):
    server.call("CA2")
    call_id = server.call_id("CA2")
    with listen(server, f"/ws/listen/{call_id}") as first, listen(server, f"/ws/listen/{call_id}") as second:
        for socket in (first, second):
            head = json.loads(socket.recv(timeout=5))
            assert head == {"type": "audio", "encoding": "pcm16", "rate": 8000, "channels": ["caller", "agent"]}
            assert len(socket.recv(timeout=5)) == BLOCK_MS * 8 * 4
        first.send("what a listener says is nobody's business")
        first.close()
        assert len(second.recv(timeout=5)) == BLOCK_MS * 8 * 4
        server.end("CA2")
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                second.recv(timeout=5)
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1000, "The call is over.")


def test_a_listener_who_leaves_leaves_nothing_behind(server):
    server.call("CA3")
    with listen(server, f"/ws/listen/{server.call_id('CA3')}") as socket:
        socket.recv(timeout=5)
        assert server.in_loop(lambda: server.app.switchboard.by_sid("CA3").overheard)
    wait_for(lambda: not server.in_loop(lambda: server.app.switchboard.by_sid("CA3").overheard))
    server.end("CA3")


def test_a_call_that_is_none_is_told_by_a_code_that_a_browser_sees(server):
    with listen(server, "/ws/listen/nowhere") as socket, pytest.raises(ConnectionClosed) as closed:
        socket.recv(timeout=5)
    assert closed.value.rcvd.code == 4404
