"""A call in memory and in simulated time."""

import asyncio
from typing import Any

import pytest

from offhook.sim.caller import Caller
from offhook.sim.carrier import CarrierCall
from offhook.sim.clock import run
from offhook.sim.memory import place_call
from offhook.sim.network import Link
from offhook.sim.orders import Faults, Finished, Setup
from offhook.sim.signature import Account
from offhook.sim.steps import Leave, Say, Wait
from tests.sim.echo import CONNECT, EchoStream, Webhooks

WORDS = b"\x20" * 8 * 500


def setup(**values: Any) -> Setup:
    return Setup("http://localhost/voice", Account("AC1", "secret"), **values)


def webhooks(**documents: str) -> Webhooks:
    return Webhooks(
        **{"voice": CONNECT.format(url="ws://localhost/media"), "next": "<Hangup/>", "status": "", **documents}
    )


def test_an_echo_is_heard_after_the_delay_of_both_ways() -> None:
    caller = Caller([Wait(100), Say(WORDS), Wait(1000), Leave()])
    call = CarrierCall(setup(status_callback="/status"), caller)
    app = webhooks()
    finished = run(place_call(call, app, lambda order, socket: EchoStream(socket), Link(30), Link(50)))
    assert finished == Finished("completed", "the caller hung up")
    (spoken,) = caller.report.spoken
    (heard,) = caller.hearing.spans
    assert heard.from_ms - spoken.from_ms == pytest.approx(
        100, abs=1e-3
    )  # 20 ms until a frame is said, 30 there, 50 back
    assert heard.to_ms - heard.from_ms == pytest.approx(500)
    assert [path for path, _ in app.forms] == ["voice", "next", "status"]


def test_a_dropped_stream_is_lost_for_the_server_and_the_next_one_opens() -> None:
    streams: list[EchoStream] = []

    def accept(order: Any, socket: Any) -> EchoStream:
        streams.append(EchoStream(socket))
        return streams[-1]

    app = webhooks(next=CONNECT.format(url="ws://localhost/media"))
    call = CarrierCall(
        setup(faults=Faults(drop_stream_after_ms=(200,)), hang_up_after_ms=500, asks_after_hang_up=False)
    )
    run(place_call(call, app, accept, Link(10), Link(10)))
    first, second = streams
    assert first.was_lost and first.messages[-1]["event"] == "media"
    assert second.messages[-1]["event"] == "stop"
    assert len(first.messages) + len(second.messages) == pytest.approx(30, abs=2)


def test_a_server_that_closes_is_asked_what_comes_next() -> None:
    def accept(order: Any, socket: Any) -> EchoStream:
        stream = EchoStream(socket)
        asyncio.get_running_loop().call_later(0.3, socket.close)
        asyncio.get_running_loop().call_later(0.4, socket.send, b"too late")
        return stream

    app = webhooks()
    call = CarrierCall(setup())
    finished = run(place_call(call, app, accept))
    assert finished.reason == "hung up by the TwiML"
    assert app.forms[-1][1]["CallStatus"] == "in-progress"


def test_a_refused_upgrade_fails_the_stream_and_asks_the_action() -> None:
    call = CarrierCall(setup())
    finished = run(place_call(call, webhooks(), lambda order, socket: None))
    assert finished.reason == "hung up by the TwiML"
    assert [entry["code"] for entry in call.log if entry["what"] == "warning"] == [31920]


def test_an_error_in_the_server_is_not_swallowed() -> None:
    def accept(order: Any, socket: Any) -> EchoStream:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(place_call(CarrierCall(setup()), webhooks(), accept))


def test_a_call_of_ten_minutes_takes_seconds() -> None:
    call = CarrierCall(setup(hang_up_after_ms=600_000))
    run(
        place_call(call, webhooks(), lambda order, socket: EchoStream(socket), Link(40, 4, seed=1), Link(40, 4, seed=2))
    )
    playback = call.streams[0].playback
    assert sum(len(stretch.audio) for stretch in playback.played) / 8 == pytest.approx(599_900, abs=300)
