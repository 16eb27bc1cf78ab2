"""A worker process: multiplexed, restarted, bounded, never an orphan."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable

import pytest
import uvloop

from offhook.errors import LegFailed
from offhook.sim import clock
from offhook.speech.engines.worker import PATIENCE_S, Refusal, Worker
from tests.speech.engines.odd_worker import DIE, ECHO, REFUSE, STALL

ODD = "tests.speech.engines.odd_worker"


Run = Callable[[Callable[[Worker], Awaitable[None]]], None]


@pytest.fixture(params=["asyncio", "uvloop", "simulated"])
def run(request: pytest.FixtureRequest) -> Run:
    """Runs a test over a worker on each kind of loop."""

    def go(test: Callable[[Worker], Awaitable[None]]) -> None:
        async def main() -> None:
            worker = Worker(ODD)
            try:
                await test(worker)
            finally:
                await worker.close()

        {"asyncio": asyncio.run, "uvloop": uvloop.run, "simulated": clock.run}[request.param](main())

    return go


def test_many_streams_share_one_process(run: Run) -> None:
    async def test(worker: Worker) -> None:
        answers = await asyncio.gather(*(worker.request(stream, ECHO, b"x") for stream in range(1, 20)))
        assert answers == [f"{stream}:x".encode() for stream in range(1, 20)]
        assert worker.life == 1

    run(test)


def test_a_post_is_answered_by_a_call_later(run: Run) -> None:
    async def test(worker: Worker) -> None:
        answered: asyncio.Future[bytes | LegFailed] = asyncio.get_running_loop().create_future()
        worker.post(4, ECHO, b"x", answered.set_result)
        assert not answered.done()
        assert await answered == b"4:x"

    run(test)


def test_a_refusal_is_raised_and_the_worker_lives(run: Run) -> None:
    async def test(worker: Worker) -> None:
        with pytest.raises(Refusal, match="not today"):
            await worker.request(1, REFUSE)
        assert await worker.request(1, ECHO) == b"1:"
        assert worker.life == 1

    run(test)


def test_a_death_fails_all_that_is_awaited_and_the_next_request_has_a_new_process(run: Run) -> None:
    async def test(worker: Worker) -> None:
        outcomes = await asyncio.gather(
            worker.request(1, DIE), worker.request(2, ECHO), worker.request(3, ECHO), return_exceptions=True
        )
        assert [(type(outcome), getattr(outcome, "retryable", None)) for outcome in outcomes] == [(LegFailed, True)] * 3
        assert await worker.request(1, ECHO, b"again") == b"1:again"
        assert worker.life == 2

    run(test)


def test_a_process_killed_from_outside_is_replaced(run: Run) -> None:
    async def test(worker: Worker) -> None:
        await worker.start()
        waiting = asyncio.ensure_future(worker.request(1, STALL))
        assert worker.pid is not None
        os.kill(worker.pid, signal.SIGKILL)
        with pytest.raises(LegFailed):
            await waiting
        assert await worker.request(1, ECHO) == b"1:"

    run(test)


def test_a_worker_that_stops_reading_is_given_up_at_the_bound(run: Run) -> None:
    async def test(worker: Worker) -> None:
        await worker.start()
        waiting = asyncio.ensure_future(worker.request(1, STALL))
        await asyncio.wait((waiting,), timeout=0)
        for _ in range(80):
            worker.post(1, ECHO, bytes(64 * 1024))
        with pytest.raises(LegFailed, match="keep up"):
            await waiting
        assert await worker.request(1, ECHO, b"new") == b"1:new"

    run(test)


def test_a_worker_that_does_not_answer_is_given_up() -> None:
    async def main() -> None:
        worker = Worker(ODD, patience_s=0.3)
        with pytest.raises(LegFailed, match="does not answer"):
            await worker.request(1, STALL)
        worker._patience_s = 10.0  # the new one may take its time to start
        assert await worker.request(1, ECHO, b"new") == b"1:new"
        await worker.close()

    asyncio.run(main())


def test_a_request_that_is_late_fails_alone_while_the_worker_answers_others() -> None:
    async def main() -> None:
        worker = Worker(ODD)
        await worker.request(1, ECHO)
        worker._patience_s = 0.5
        before, stuck = worker.ask(1, ECHO, b"before"), worker.ask(2, STALL)
        with pytest.raises(LegFailed, match="does not answer"):
            await stuck
        assert (await before, worker.life, worker.pid is not None) == (b"1:before", 1, True)
        with pytest.raises(LegFailed, match="does not answer"):
            await worker.request(1, ECHO)
        assert worker.pid is None, "it answered nobody in that time: it is stuck"
        await worker.close()

    asyncio.run(main())


def test_a_process_that_has_answered_once_is_given_less_time() -> None:
    async def main() -> None:
        worker = Worker(ODD, answer_s=0.2)
        await worker.start()
        await worker.request(1, ECHO, b"it lives")
        began = asyncio.get_running_loop().time()
        with pytest.raises(LegFailed, match="does not answer"):
            await worker.request(2, STALL)
        assert asyncio.get_running_loop().time() - began < PATIENCE_S / 2
        await worker.close()

    asyncio.run(main())


def test_a_process_given_up_while_it_starts_counts_as_another_life() -> None:
    async def main() -> None:
        worker = Worker(ODD)
        worker.revive()
        before = worker.life
        worker._give_up("A reason.")
        await worker.start()
        assert worker.life > before, "who keeps state in the worker must learn that it is gone"
        assert await worker.request(1, ECHO, b"new") == b"1:new"
        await worker.close()

    asyncio.run(main())


def test_terminal_and_supervisor_signals_do_not_end_it(run: Run) -> None:
    async def test(worker: Worker) -> None:
        await worker.request(1, ECHO)
        assert worker.pid is not None
        for number in (signal.SIGINT, signal.SIGTERM):
            os.kill(worker.pid, number)
        assert await worker.request(1, ECHO) == b"1:"
        assert worker.life == 1

    run(test)


def test_a_module_that_is_not_there_fails_its_requests() -> None:
    async def main() -> None:
        worker = Worker("tests.speech.no_such_worker")
        with pytest.raises(LegFailed):
            await worker.request(1, ECHO)
        await worker.close()

    asyncio.run(main())


def test_closing_ends_the_process_and_later_requests_fail() -> None:
    async def main() -> None:
        worker = Worker(ODD)
        await worker.start()
        pid = worker.pid
        assert pid is not None
        await worker.close()
        await worker.close()
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
        with pytest.raises(LegFailed, match="closed"):
            await worker.request(1, ECHO)

    asyncio.run(main())


def test_a_worker_never_started_closes() -> None:
    asyncio.run(Worker(ODD).close())


PARENT = f"""
import asyncio
from offhook.speech.engines.worker import Worker

async def main():
    worker = Worker({ODD!r})
    await worker.request(1, {ECHO})
    print("ready", flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


def test_no_orphan_stays_when_the_parent_is_killed() -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    with parent:
        assert parent.stdout is not None and parent.stderr is not None
        assert parent.stdout.readline() == b"ready\n"
        parent.kill()
        parent.stderr.read()  # returns when parent and worker, who inherited it, are both gone
