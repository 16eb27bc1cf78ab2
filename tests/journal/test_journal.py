"""The journal in simulated time over real databases: batches, listeners, a database that is away, is back, refuses."""

import asyncio

import pytest

from offhook.core import events as e
from offhook.errors import ConfigError, StoreAway
from offhook.journal import journal as module
from offhook.journal.journal import BATCH_S, RETRY_S, Journal
from offhook.journal.spool import left_behind
from offhook.sim import clock
from offhook.store.store import Store
from tests.journal.keeping import began, found, found_at, journal, said


class Unsteady(Store):
    """A real store that a test takes away and gives back."""

    away = False
    transactions = 0

    def _transaction(self, options, seconds):
        if self.away:
            raise StoreAway("taken away")
        self.transactions += 1
        return super()._transaction(options, seconds)

    async def write(self, work, seconds=None):
        if self.away:
            raise StoreAway("taken away")
        self.transactions += 1
        return await super().write(work, seconds)


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/calls.db"


@pytest.fixture
def spool(tmp_path):
    return tmp_path / "spool"


def test_what_is_published_is_kept(database_url, spool):
    async def main():
        async with journal(database_url, spool) as kept:
            for number in range(3):
                kept.publish(f"c{number}", began(number))
                kept.publish(f"c{number}", said(1, f"I am {number}"))
            await kept.flush()
            return await found(kept.store)

    rows = clock.run(main())
    rows.check()
    assert [turn.text for turn in rows.turns] == ["I am 0", "I am 1", "I am 2"]
    assert left_behind(spool) == []


def test_what_happens_within_a_batch_is_one_transaction(url, spool):
    async def main():
        store = Unsteady(url)
        kept = Journal(store, spool)
        await kept.start()
        before = store.transactions
        for turn in range(1, 41):
            kept.publish("c1", said(turn))
            await asyncio.sleep(BATCH_S / 50)
        await kept.flush()
        assert store.transactions == before + 1
        await kept.close()

    clock.run(main())


def test_listeners_are_told_after_it_is_durable_and_passing_things_at_once(url, spool):
    durable, passing = [], []

    async def main():
        async with journal(url, spool, on_durable=durable.extend, on_passing=passing.extend) as kept:
            kept.publish("c1", began(1))
            kept.publish("c1", e.Answered("i", 600.0))
            assert (durable, [record.type for record in passing]) == ([], ["latency"])
            kept.publish("c1", said(1))
            await kept.flush()
            assert len((await found(kept.store)).events) == 3

    clock.run(main())
    assert [record.seq for record in durable] == [1, 2, 3]


def test_a_listener_that_fails_costs_nothing(url, spool, caplog):
    def fail(_records):
        raise ValueError("no")

    async def main():
        async with journal(url, spool, on_durable=fail) as kept:
            for turn in (1, 2):
                kept.publish("c1", said(turn))
                await kept.flush()
            return await found(kept.store)

    assert len(clock.run(main()).turns) == 2
    assert "whoever listens to the journal failed" in caplog.text


def test_closing_writes_what_is_left(url, spool):
    async def main():
        async with journal(url, spool) as kept:
            kept.publish("c1", began(1))
        kept.publish("c1", said(1))  # too late, and harmless
        await kept.close()

    clock.run(main())
    rows = clock.run(found_at(url))
    assert [event.type for event in rows.events] == ["call", "status"]


def test_an_event_that_cannot_be_recorded_costs_itself(url, spool, caplog):
    async def main():
        async with journal(url, spool) as kept:
            kept.publish("c1", e.StateChanged("no such state"))
            kept.publish("c1", said(1))
            await kept.flush()
            return await found(kept.store)

    assert len(clock.run(main()).events) == 1
    assert "could not be recorded: StateChanged (ValueError)" in caplog.text


def test_while_the_database_is_away_records_wait_in_the_spool_and_follow_in_order(url, spool):
    durable = []

    async def main():
        store = Unsteady(url)
        kept = Journal(store, spool, on_durable=durable.extend)
        await kept.start()
        kept.publish("c1", began(1))
        kept.publish("c1", said(1))
        await kept.flush()
        store.away = True
        for turn in range(2, 30):
            kept.publish("c1", said(turn))
            await kept.flush()
            await asyncio.sleep(0.3)
        assert kept.degraded == "taken away"
        assert len(durable) == 2 + 29
        store.away = False
        kept.publish("c1", said(30))
        await asyncio.sleep(20.0)
        assert kept.degraded is None
        kept.publish("c1", said(31))
        await kept.flush()
        rows = await found(store)
        await kept.close()
        return rows

    rows = clock.run(main())
    rows.check()
    assert [turn.number for turn in rows.turns] == list(range(1, 32))
    assert [record.seq for record in durable] == list(range(1, 34))
    assert left_behind(spool) == []


def test_a_database_that_was_away_at_the_start_is_opened_when_it_is_there(url, spool):
    async def main():
        store = Unsteady(url)
        store.away = True
        kept = Journal(store, spool)
        await kept.start()
        assert kept.degraded
        kept.publish("c1", began(1))
        await kept.flush()
        store.away = False
        await asyncio.sleep(2 * RETRY_S)
        rows = await found(store)
        await kept.close()
        return rows

    clock.run(main()).check()


def test_a_process_that_ends_without_a_database_leaves_a_spool_that_the_next_one_writes(url, spool):
    async def first():
        store = Unsteady(url)
        store.away = True
        kept = Journal(store, spool)
        await kept.start()
        kept.publish("c1", began(1))
        kept.publish("c1", said(1))
        await kept.close()

    async def second():
        async with journal(url, spool) as kept:
            await asyncio.sleep(1.0)
            return await found(kept.store)

    clock.run(first())
    assert len(left_behind(spool)) == 1
    rows = clock.run(second())
    rows.check()
    assert len(rows.turns) == 1
    assert left_behind(spool) == []


def test_closing_takes_a_spool_to_a_database_that_is_back(url, spool):
    async def main():
        store = Unsteady(url)
        store.away = True
        kept = Journal(store, spool)
        await kept.start()
        for turn in range(1, 1500):
            kept.publish("c1", said(turn))
        await kept.flush()
        store.away = False
        await kept.close()

    clock.run(main())
    assert len(clock.run(found_at(url)).turns) == 1499
    assert left_behind(spool) == []


def test_what_a_database_refuses_is_put_aside_and_the_rest_goes_on(postgres_server, spool, caplog):
    url = postgres_server.database()

    async def main():
        async with journal(url, spool) as kept:
            kept.publish("c1", began(1))
            for turn in range(1, 8):
                kept.publish("c1", said(turn if turn != 4 else 2**40, f"secret {turn}"))
            await kept.flush()
            return await found(kept.store)

    rows = clock.run(main())
    assert [turn.number for turn in rows.turns] == [1, 2, 3, 5, 6, 7]
    [aside] = left_behind(spool / "refused")
    assert "secret 4" in aside.read_text()
    assert "secret" not in caplog.text
    assert "refuses a record" in caplog.text


def test_a_full_disk_keeps_records_in_memory_until_there_is_room(url, tmp_path, caplog):
    (tmp_path / "spool").write_text("no folder")

    async def main():
        store = Unsteady(url)
        kept = Journal(store, tmp_path / "spool")
        await kept.start()
        store.away = True
        for turn in range(1, 20):
            kept.publish("c1", said(turn))
            await asyncio.sleep(0.3)
        (tmp_path / "spool").unlink()
        await kept.flush()
        store.away = False
        await kept.close()

    clock.run(main())
    assert [turn.number for turn in clock.run(found_at(url)).turns] == list(range(1, 20))
    assert caplog.text.count("takes no more") == 1


def test_a_file_that_can_never_be_used_refuses_the_start(tmp_path, spool):
    (tmp_path / "file").write_text("")

    async def main():
        kept = Journal(Store(f"sqlite:///{tmp_path}/file/calls.db"), spool)
        with pytest.raises(ConfigError):
            await kept.start()

    clock.run(main())


def test_two_journals_write_to_one_database(database_url, tmp_path):
    async def main():
        async with journal(database_url, tmp_path / "a") as one, journal(database_url, tmp_path / "a") as two:
            for turn in range(1, 30):
                for number, kept in enumerate((one, two)):
                    if turn == 1:
                        kept.publish(f"c{number}", began(number))
                    kept.publish(f"c{number}", said(turn))
                await asyncio.sleep(0.03)
            await one.flush()
            await two.flush()
            return await found(one.store)

    rows = clock.run(main())
    rows.check()
    assert len(rows.turns) == 58


def test_a_bug_in_the_writer_loses_nothing(url, spool, monkeypatch, caplog):
    async def main():
        async with journal(url, spool) as kept:
            broken = iter([ValueError("secret"), ValueError("secret")])
            append, kept._away, kept._retry_at = kept._spool.append, "for the test", 2.0

            def fail(records):
                if problem := next(broken, None):
                    raise problem
                append(records)

            monkeypatch.setattr(kept._spool, "append", fail)
            kept.publish("c1", began(1))
            kept.publish("c1", said(1))
            await kept.flush()
            await asyncio.sleep(5.0)
            return await found(kept.store)

    clock.run(main()).check()
    assert caplog.text.count("stumbles") == 2
    assert "secret" not in caplog.text


ENDED = e.Ended(e.Result.COMPLETED, e.Reason.AGENT_HUNG_UP)


def test_where_a_recording_is_comes_after_the_end_and_has_the_next_number(database_url, tmp_path):
    told = []

    async def scenario():
        async with journal(database_url, tmp_path, on_durable=told.extend) as kept:
            kept.publish("c1", began(1))
            kept.publish("c1", ENDED)
            kept.publish("c1", e.Recorded("file:///c1.wav"))
            await kept.flush()
            kept.publish("c1", e.Recorded("s3://shelf/c1.wav"))

    asyncio.run(scenario())
    rows = asyncio.run(found_at(database_url))
    rows.check()
    assert [record.seq for record in told] == [1, 2, 3, 4, 5, 6]
    assert [record.type for record in told][-3:] == ["ended", "recording", "recording"]
    assert (rows.calls[0].recording, rows.calls[0].result) == ("s3://shelf/c1.wav", "completed")


def test_the_recording_of_a_call_of_another_process_is_told_of(database_url, tmp_path):
    told = []

    async def scenario():
        async with journal(database_url, tmp_path) as kept:
            kept.publish("c1", began(1))
        async with journal(database_url, tmp_path, on_durable=told.extend) as kept:
            kept.publish("c1", e.Recorded("file:///c1.wav"))
            kept.publish("nobody's", e.Recorded("file:///c2.wav"))

    asyncio.run(scenario())
    rows = asyncio.run(found_at(database_url))
    rows.check()
    assert [(record.seq, record.type) for record in told] == [(3, "recording")]
    assert rows.calls[0].recording == "file:///c1.wav"


def test_only_the_newest_calls_that_have_ended_are_remembered(tmp_path, monkeypatch):
    sqlite = f"sqlite:///{tmp_path}/calls.db"
    monkeypatch.setattr(module, "REMEMBERED", 2)

    async def scenario():
        async with journal(sqlite, tmp_path) as kept:
            for number in range(5):
                kept.publish(f"c{number}", began(number))
                kept.publish(f"c{number}", ENDED)
            assert not kept._recorders and list(kept._ended) == ["c3", "c4"]
            kept.publish("c0", e.Recorded("file:///c0.wav"))

    asyncio.run(scenario())
    rows = asyncio.run(found_at(sqlite))
    rows.check()
    assert [call.recording for call in rows.calls] == ["file:///c0.wav", None, None, None, None]
