"""Calls go on, and are kept, while their database stops, comes back, or is shared with another process."""

import asyncio

import pytest

from offhook.journal.journal import Journal
from offhook.journal.spool import left_behind
from offhook.sim.clock import run
from offhook.store.store import Store
from tests.journal.keeping import Found, found
from tests.kept_calls import KeptCalls

CALLS, NEW = 50, 10


async def started(url, folder) -> tuple[Journal, KeptCalls]:
    journal = Journal(Store(url), folder)
    await journal.start()
    return journal, KeptCalls(journal)


def check(rows: Found, *servers: KeptCalls) -> None:
    """The database holds what was told of the calls, exactly."""
    rows.check()
    told = {key: text for server in servers for key, text in server.turns.items()}
    assert {(turn.call_id, turn.number): turn.text for turn in rows.turns} == told
    ended = {call_id: ended for server in servers for call_id, ended in server.ended.items()}
    assert {call.id: (call.result, call.reason) for call in rows.calls} == {
        call_id: (end.result, end.reason) for call_id, end in ended.items()
    }
    assert all(call.state == "ended" and call.backend == "echo" for call in rows.calls)
    assert len(rows.streams) == len(rows.calls)


def test_calls_are_kept_as_they_were(database_url, tmp_path):
    async def main():
        journal, calls = await started(database_url, tmp_path / "spool")
        finished = await asyncio.gather(*(calls.call(f"{number}", after_s=0.3 * number) for number in range(5)))
        assert {each.status for each in finished} == {"completed"}
        await calls.close()
        await journal.flush()
        rows = await found(journal.store)
        await journal.close()
        check(rows, calls)
        return rows

    rows = run(main())
    assert len(rows.turns) == 5 * 5
    answers = [turn for turn in rows.turns if turn.text == "(echo)"]
    # The echo answers after 400 ms of silence; the ear is 60 ms away, there and back.
    assert {round(turn.latency_ms, -1) for turn in answers} == {460.0}
    assert all(turn.latency_ms is None for turn in rows.turns if turn.text != "(echo)")
    for stream in rows.streams:
        assert stream.media_in > 100
        assert stream.media_out >= 3
        assert (stream.epoch, stream.missing, stream.underruns) == (0, 0, 0)
        assert stream.longest_gap_ms <= 40


@pytest.mark.timeout(90)
def test_a_database_that_is_stopped_and_started_again_costs_no_call_and_no_turn(postgres_server, tmp_path):
    url = postgres_server.database()

    async def main():
        journal, calls = await started(url, tmp_path / "spool")
        talking = [asyncio.create_task(calls.call(f"early {n}", after_s=0.05 * n)) for n in range(CALLS)]
        await asyncio.sleep(4.0)
        assert calls.app.switchboard.live == CALLS
        await asyncio.to_thread(postgres_server.stop)
        talking += [asyncio.create_task(calls.call(f"new {n}", 1, after_s=0.5 + 0.05 * n)) for n in range(NEW)]
        await asyncio.sleep(3.0)
        assert journal.degraded
        assert calls.app.switchboard.live >= NEW
        await asyncio.to_thread(postgres_server.start)
        finished = await asyncio.gather(*talking)
        assert {each.status for each in finished} == {"completed"}
        await calls.close()
        await asyncio.sleep(20.0)
        assert journal.degraded is None
        rows = await found(journal.store)
        await journal.close()
        check(rows, calls)
        assert len(rows.calls) == CALLS + NEW
        assert len(rows.turns) == CALLS * 5 + NEW * 3

    run(main())
    assert left_behind(tmp_path / "spool") == []


def test_two_servers_keep_their_calls_in_one_database(database_url, tmp_path):
    async def main():
        servers = [await started(database_url, tmp_path / "spool") for _ in range(2)]
        talking = [
            calls.call(f"{place} {n}", 1, after_s=0.1 * n) for place, (_, calls) in enumerate(servers) for n in range(6)
        ]
        await asyncio.gather(*talking)
        for _, calls in servers:
            await calls.close()
        for journal, _ in servers:
            await journal.flush()
        rows = await found(servers[0][0].store)
        for journal, _ in servers:
            await journal.close()
        check(rows, *(calls for _, calls in servers))
        assert len(rows.calls) == 12

    run(main())


def test_a_process_that_ends_writes_what_was_said_until_then(database_url, tmp_path):
    async def main():
        journal, calls = await started(database_url, tmp_path / "spool")
        talking = [asyncio.create_task(calls.call(f"{n}")) for n in range(4)]
        await asyncio.sleep(3.0)
        await calls.close()
        await journal.close()
        for each in talking:
            each.cancel()
        await asyncio.gather(*talking, return_exceptions=True)
        store = Store(database_url)
        rows = await found(store)
        await store.close()
        check(rows, calls)
        assert {call.reason for call in rows.calls} == {"the server shut down"}

    run(main())
