"""What is told of a call when whoever numbered its records is gone."""

import asyncio

from offhook.core import events as e
from offhook.journal import afterwards
from offhook.store.store import Store
from tests.journal.keeping import began, found, journal

PLACE = e.Recorded("file:///recordings/c1.wav")
END = e.Ended(e.Result.COMPLETED, e.Reason.AGENT_HUNG_UP)
LOST = e.Ended(e.Result.FAILED, e.Reason.SERVER_LOST)


def told_afterwards(url, folder, *events, ended=True):
    async def scenario():
        async with journal(url, folder) as kept:
            kept.publish("c1", began(1))
            if ended:
                kept.publish("c1", END)
        store = Store(url)
        try:
            written = [
                await store.write(lambda connection, event=event: afterwards.write(connection, "c1", event, 2e9))
                for event in events
            ]
            assert await store.write(lambda connection: afterwards.write(connection, "c2", PLACE, 2e9)) == []
            rows = await found(store)
            rows.check()
            return written, rows
        finally:
            await store.close()

    return asyncio.run(scenario())


def test_the_numbers_go_on(database_url, tmp_path):
    (((first,), (second,)), rows) = told_afterwards(database_url, tmp_path, PLACE, e.Recorded("s3://shelf/c1.wav"))
    assert (first.seq, second.seq, rows.calls[0].last_seq) == (5, 6, 6)
    assert rows.calls[0].recording == "s3://shelf/c1.wav"
    assert (rows.calls[0].state, rows.calls[0].result) == ("ended", "completed")


def test_a_call_ends_once(database_url, tmp_path):
    ((records, again), rows) = told_afterwards(database_url, tmp_path, LOST, LOST, ended=False)
    assert [record.type for record in records] == ["status", "ended"] and again == []
    assert rows.calls[0].result == "failed"
    ((records,), rows) = told_afterwards(database_url, tmp_path, LOST)
    assert records == []


def test_several_at_once_take_different_numbers(database_url, tmp_path):
    async def scenario():
        async with journal(database_url, tmp_path) as kept:
            kept.publish("c1", began(1))
        stores = [Store(database_url) for _ in range(3)]
        try:
            await asyncio.gather(
                *(
                    each.write(lambda told: afterwards.write(told, "c1", PLACE, 2e9))
                    for each in stores
                    for _ in range(5)
                )
            )
            rows = await found(stores[0])
            rows.check()
            assert rows.calls[0].last_seq == 17
        finally:
            for each in stores:
                await each.close()

    asyncio.run(scenario())
