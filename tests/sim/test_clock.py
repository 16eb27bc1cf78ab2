"""Simulated time: jumps, stands still for outside work, and says so when nothing will ever happen."""

import asyncio
import sys
import threading

import pytest

from offhook.outside import outside
from offhook.sim.clock import SimLoop, run


def test_an_hour_of_sleeps_passes_at_once() -> None:
    async def hour() -> float:
        for _ in range(3600):
            await asyncio.sleep(1)
        return asyncio.get_running_loop().time()

    assert run(hour()) == pytest.approx(3600)


def test_timers_fire_in_order_at_their_times() -> None:
    async def main() -> list[tuple[str, float]]:
        loop = asyncio.get_running_loop()
        fired: list[tuple[str, float]] = []
        for name, at in (("late", 0.3), ("early", 0.1), ("middle", 0.2)):
            loop.call_at(at, lambda name=name: fired.append((name, round(loop.time(), 9))))
        await asyncio.sleep(1)
        return fired

    assert run(main()) == [("early", 0.1), ("middle", 0.2), ("late", 0.3)]


def test_a_blocking_job_in_a_thread_takes_no_simulated_time() -> None:
    release = threading.Event()

    async def main() -> tuple[bool, float]:
        loop = asyncio.get_running_loop()
        loop.call_soon(release.set)
        return await asyncio.wait_for(asyncio.to_thread(release.wait, 10), 0.001), loop.time()

    assert run(main()) == (True, 0.0)


def test_a_worker_process_is_waited_for_inside_outside() -> None:
    async def main() -> tuple[bytes, float]:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", "print(input()[::-1])", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(b"drow\n")
        with outside():
            answer = await asyncio.wait_for(process.stdout.readline(), 0.001)
            await process.wait()
        process._transport.close()  # type: ignore[attr-defined]
        return answer.strip(), asyncio.get_running_loop().time()

    assert run(main()) == (b"word", 0.0)


def test_ready_input_is_served_before_the_clock_jumps() -> None:
    async def main() -> float:
        served = asyncio.Event()

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(await reader.readline())
            writer.close()
            await writer.wait_closed()

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        with outside():
            writer.write(b"x\n")
            assert await asyncio.wait_for(reader.readline(), 1) == b"x\n"
            served.set()
        writer.close()
        await writer.wait_closed()
        server.close()
        return asyncio.get_running_loop().time()

    assert run(main()) == 0.0


def test_waiting_for_nothing_is_an_error_that_names_the_tasks() -> None:
    async def forlorn() -> None:
        await asyncio.get_running_loop().create_future()

    with pytest.raises(RuntimeError, match="no outside work is under way.*forlorn"):
        run(forlorn())


def test_outside_work_that_never_comes_back_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("offhook.sim.clock.PATIENCE_S", 0.01)

    async def main() -> None:
        with outside():
            await asyncio.sleep(1)

    with pytest.raises(RuntimeError, match="did not come back"):
        run(main())


def test_run_closes_its_loop_and_cancels_what_is_left() -> None:
    seen: list[object] = []

    async def left_behind() -> None:
        try:
            await asyncio.sleep(1e6)
        finally:
            seen.append("cancelled")

    async def main() -> None:
        seen.append(asyncio.get_running_loop())
        task = asyncio.create_task(left_behind())
        await asyncio.sleep(1)
        assert not task.done()

    run(main())
    assert isinstance(seen[0], SimLoop) and seen[0].is_closed() and seen[1] == "cancelled"
