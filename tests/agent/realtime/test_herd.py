"""Hundreds of calls that lose their sessions at once, on one process's admission, in simulated time."""

import asyncio
import itertools

import pytest

from offhook.agent.realtime.admission import LEAST_A_SECOND, MOST_A_SECOND, Admission
from offhook.agent.realtime.line import Backend, Line
from offhook.agent.realtime.wire import GA
from offhook.errors import LegFailed
from offhook.sim.clock import run
from tests.agent.realtime.model import Model

CALLS = 300


class Outage(Model):
    """A server that is well, gone, and well again. `tried` are the times of all connections that were asked for."""

    def __init__(self, takes_s=0.3):
        super().__init__()
        self.well, self.takes_s, self.tried = True, takes_s, []

    async def connect(self, receive, lost, *, resumed):
        self.tried.append((asyncio.get_running_loop().time(), resumed))
        if not self.well:
            await asyncio.sleep(0.01 if self.takes_s < 1 else self.takes_s)
            raise LegFailed("OpenAI cannot be reached.", retryable=True)
        return await super().connect(receive, lost, resumed=resumed)

    def goes(self):
        self.well = False
        for peer in self.peers:
            if not peer.closed:
                peer.drop()


class Herd:
    """Lines of calls to it. `back` and `failed` are times."""

    def __init__(self, model, admission=None):
        self.model = model
        self.backend = Backend("OpenAI", "openai", "m", model.connect, admission or Admission())
        self.moved, self.failed, self.tasks = {}, {}, []
        self.over = asyncio.get_running_loop().create_future()
        self.numbers = itertools.count()

    def call(self, *, resumed=False):
        number = next(self.numbers)
        self.moved[number] = []
        self.tasks.append(asyncio.ensure_future(self._run(number, resumed)))
        return number

    async def _run(self, number, resumed):
        loop = asyncio.get_running_loop()
        line = Line(
            self.backend, GA, str(number), update=lambda _resumed: b'{"type":"session.update"}',
            on_fact=lambda _fact: None, idle=lambda: True,
        )  # fmt: skip
        try:
            await line.run(
                self.over,
                resumed=resumed,
                moved=lambda _session: self.moved[number].append(loop.time()),
                lost=lambda: None,
            )
        except LegFailed:
            self.failed[number] = loop.time()

    async def close(self):
        self.over.set_result(None)
        await asyncio.gather(*self.tasks)


def busiest(times, seconds=1.0):
    """The most of these moments in any stretch so long."""
    times, most, first = sorted(times), 0, 0
    for last, at in enumerate(times):
        while times[first] <= at - seconds:
            first += 1
        most = max(most, last - first + 1)
    return most


@pytest.mark.parametrize(
    ("takes_s", "gone_s"), [(0.3, 0.0), (0.3, 10.0), (5.0, 10.0)], ids=["blink", "refused", "silent"]
)
def test_after_an_outage_all_calls_come_back_soon_and_the_server_is_not_overrun(takes_s, gone_s):
    async def scenario():
        loop, model = asyncio.get_running_loop(), Outage(takes_s)
        herd = Herd(model)
        for _ in range(CALLS):
            herd.call()
            await asyncio.sleep(0.02)
        await asyncio.sleep(60)
        assert not herd.failed and len(model.peers) == CALLS
        gone = loop.time()
        model.goes()
        await asyncio.sleep(gone_s)
        model.well = True
        await asyncio.sleep(60)
        assert not herd.failed
        back = [times[-1] - gone for times in herd.moved.values()]
        assert min(back) >= gone_s and max(back) <= gone_s + 15
        meanwhile = [at for at, _ in model.tried if gone <= at < gone + gone_s]
        assert len(meanwhile) <= gone_s * LEAST_A_SECOND + 20, "one that is gone is only looked for"
        assert busiest([at for at, _ in model.tried if at >= gone]) <= 2 * MOST_A_SECOND
        await herd.close()

    run(scenario())


def test_a_server_that_does_not_come_back_is_not_hammered_and_every_call_ends():
    async def scenario():
        loop, model = asyncio.get_running_loop(), Outage()
        herd = Herd(model)
        for _ in range(CALLS):
            herd.call()
            await asyncio.sleep(0.02)
        await asyncio.sleep(60)
        gone = loop.time()
        model.goes()
        await asyncio.sleep(60)
        assert len(herd.failed) == CALLS
        assert all(at - gone <= 31 for at in herd.failed.values())
        assert len([at for at, _ in model.tried if at >= gone]) <= 31 * LEAST_A_SECOND + 20
        await herd.close()

    run(scenario())


def test_conversations_that_were_lost_go_before_new_calls():
    async def scenario():
        loop, model = asyncio.get_running_loop(), Outage()
        herd = Herd(model)
        for _ in range(100):
            herd.call()
        await asyncio.sleep(60)
        gone = loop.time()
        model.goes()
        model.well = True
        for _ in range(100):
            herd.call()
        await asyncio.sleep(30)
        assert not herd.failed
        order = [resumed for at, resumed in model.tried if at >= gone]
        assert order.count(True) == 100 and order.index(True) <= 2
        assert all(order[2:97]), "all but the new calls that were faster than the news"
        await herd.close()

    run(scenario())


def test_a_full_minute_makes_a_new_call_wait_no_longer_than_a_caller_does(caplog):
    async def scenario():
        loop = asyncio.get_running_loop()
        herd = Herd(Outage(), Admission(1))
        herd.call()
        await asyncio.sleep(1)
        began = loop.time()
        number = herd.call()
        await asyncio.sleep(20)
        assert herd.failed[number] - began == pytest.approx(12.0, abs=0.01)
        await herd.close()

    run(scenario())


def test_a_server_that_asks_to_be_left_alone_is_left_alone_by_every_call():
    async def scenario():
        loop, model = asyncio.get_running_loop(), Outage()
        herd = Herd(model)
        model.refusals = [LegFailed("OpenAI refused the connection: 429.", retryable=True, retry_after_s=5.0)]
        herd.call()
        await asyncio.sleep(1)
        refused = loop.time()
        for _ in range(5):
            herd.call()
        await asyncio.sleep(15)
        later = [at for at, _ in model.tried[1:]]
        assert len(later) == 6 and min(later) - refused >= 3.8
        assert not herd.failed
        await herd.close()

    run(scenario())
