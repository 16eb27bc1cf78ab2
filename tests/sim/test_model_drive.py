"""A session on an event loop: timers, engines, and the end."""

import asyncio

from offhook.errors import LegFailed
from offhook.sim.clock import run
from offhook.sim.model import ModelSession
from offhook.sim.model_drive import Driver
from offhook.sim.model_orders import Faults, Setup
from offhook.sim.model_wire import GA
from offhook.speech.base import Utterance
from tests.sim.model_talk import tone


class Slow:
    """Engines that take half a second for each, or fail."""

    def __init__(self, fails: bool = False) -> None:
        self.fails, self.closed = fails, 0

    def ear(self) -> "Slow":
        return self

    async def hear(self, pcm16: bytes) -> str:
        await asyncio.sleep(0.5)
        return "who are you"

    async def speak(self, text: str, speed: float) -> Utterance:
        await asyncio.sleep(0.5)
        if self.fails:
            raise LegFailed("It died.")
        return tone(text)

    def close(self) -> None:
        self.closed += 1


class Line:
    def __init__(self, engines: Slow, **setup) -> None:
        self.sent: list[str] = []
        self.closed: list[int] = []
        session = ModelSession(GA, "gpt-realtime-2.1", Setup(**setup))
        self.driver = Driver(session, engines, self.sent.append, lambda code, reason: self.closed.append(code))
        self.driver.open()

    def count(self, name: str) -> int:
        return sum(f'"type":"{name}"' in text for text in self.sent)


def test_what_takes_its_time_is_waited_for() -> None:
    async def whole() -> None:
        line = Line(Slow())
        line.driver.message('{"type": "response.create"}')
        await asyncio.sleep(0.4)
        assert line.count("response.created") == 1 and line.count("response.output_item.added") == 0
        await asyncio.sleep(3)
        assert line.count("response.done") == 1
        line.driver.gone()

    run(whole())


def test_a_voice_that_fails_leaves_the_words() -> None:
    async def whole() -> None:
        line = Line(Slow(fails=True))
        line.driver.message('{"type": "response.create"}')
        await asyncio.sleep(3)
        assert line.count("response.done") == 1 and line.count("response.output_audio.delta") == 0
        assert any("Hello, how can I help you?" in text for text in line.sent)
        line.driver.gone()

    run(whole())


def test_a_line_that_is_gone_gets_nothing_more() -> None:
    async def whole() -> None:
        engines = Slow()
        line = Line(engines)
        line.driver.message('{"type": "response.create"}')
        await asyncio.sleep(0.1)
        line.driver.gone()
        line.driver.gone()
        line.driver.message('{"type": "response.cancel"}')
        before = len(line.sent)
        await asyncio.sleep(5)
        assert len(line.sent) == before and engines.closed

    run(whole())


def test_the_session_closes_the_line() -> None:
    async def whole() -> None:
        line = Line(Slow(), lifetime_s=1.0, faults=Faults(delay_ms=50))
        await asyncio.sleep(1.04)
        assert line.closed == []
        await asyncio.sleep(0.02)
        assert line.closed == [1001] and line.count("error") == 1

    run(whole())
