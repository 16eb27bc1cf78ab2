"""The driver between a call's core and a shell."""

import asyncio
from collections.abc import Callable

import pytest

from offhook.sim.carrier import CarrierCall
from offhook.sim.clock import run
from offhook.sim.drive import Answer, Connection, Driver, NotOpened
from offhook.sim.network import Link
from offhook.sim.orders import Finished, OpenStream, Request, Setup
from offhook.sim.signature import Account

SETUP = Setup("http://localhost/voice", Account("AC1", "secret"))
CONNECT = b'<Response><Connect><Stream url="ws://localhost/m"/></Connect></Response>'


class Wire:
    """Keeps what it is told, with the time."""

    def __init__(self) -> None:
        self.sent: list[tuple[float, str]] = []
        self.closed: list[bool] = []

    def send(self, message: str) -> None:
        self.sent.append((asyncio.get_running_loop().time() * 1000, message))

    def close(self, dropped: bool) -> None:
        self.closed.append(dropped)


async def refuse(order: OpenStream, arrived: Callable[..., None], closed: Callable[..., None]) -> Connection:
    raise NotOpened(31902, "port closed")


async def connect_document(request: Request) -> Answer:
    return Answer(200, {"content-type": "text/xml"}, CONNECT)


def test_a_webhook_that_takes_its_time_is_waited_for() -> None:
    async def slow(request: Request) -> Answer:
        await asyncio.sleep(14)
        return Answer(200, {"content-type": "text/xml"}, b"<Response><Hangup/></Response>")

    async def main() -> Finished:
        return await Driver(CarrierCall(SETUP), slow, refuse, Link(), Link()).run()

    assert run(main()).status == "completed"


def test_a_webhook_that_never_answers_is_given_up_and_left() -> None:
    gone: list[bool] = []

    async def never(request: Request) -> Answer:
        try:
            await asyncio.sleep(3600)
        finally:
            gone.append(True)
        raise AssertionError

    async def main() -> tuple[Finished, float]:
        return await Driver(CarrierCall(SETUP), never, refuse, Link(), Link()).run(), asyncio.get_running_loop().time()

    finished, at = run(main())
    assert finished.status == "failed" and at == pytest.approx(15) and gone == [True]


def test_a_stream_that_cannot_be_opened_is_told_to_the_call() -> None:
    call = CarrierCall(SETUP)

    async def main() -> Finished:
        return await Driver(call, connect_document, refuse, Link(), Link()).run()

    assert run(main()).reason == "the TwiML had no more verbs"
    assert [entry["code"] for entry in call.log if entry["what"] == "warning"] == [31902]


def test_frames_leave_every_20_ms_and_a_last_stop_arrives_before_the_end() -> None:
    wire = Wire()

    async def open_wire(order: OpenStream, arrived: Callable[..., None], closed: Callable[..., None]) -> Connection:
        return wire

    async def main() -> float:
        driver = Driver(CarrierCall(SETUP), connect_document, open_wire, Link(300), Link())
        asyncio.get_running_loop().call_later(0.1001, driver.hang_up)
        await driver.run()
        return asyncio.get_running_loop().time()

    assert run(main()) == pytest.approx(0.4001, abs=0.002)
    assert [round(at) for at, _ in wire.sent] == [300, 300, 320, 340, 360, 380, 400, 400]
    assert '"stop"' in wire.sent[-1][1] and wire.closed[0] is False


def test_a_cancelled_call_leaves_nothing_behind() -> None:
    wire = Wire()

    async def open_wire(order: OpenStream, arrived: Callable[..., None], closed: Callable[..., None]) -> Connection:
        return wire

    async def main() -> int:
        task = asyncio.create_task(Driver(CarrierCall(SETUP), connect_document, open_wire, Link(), Link()).run())
        await asyncio.sleep(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        count = len(wire.sent)
        await asyncio.sleep(1)
        assert len(wire.sent) == count
        return len(asyncio.all_tasks())

    assert run(main()) == 1
    assert wire.closed
