import asyncio
from datetime import UTC, datetime

import sqlalchemy as sa

from offhook.sim import clock
from offhook.store.calls import Calls, Wanted
from offhook.store.removal import ROWS_OF_A_CALL, remove
from offhook.store.store import Store
from offhook.store.tables import AskedRow, CallRow, EventRow, Row, StreamRow, ToolRow, TurnRow, UsageRow
from tests.store.rows import call_row, turn_row


def rows_of(call_id):
    """A row of every kind, as (table, row)."""
    counted = {"text_in": 1, "audio_in": 1, "cached_in": 1, "text_out": 1, "audio_out": 1, "seconds": 0.0}
    stream = {column.name: 1 for column in StreamRow.__table__.columns if column.name not in ("call_id",)}
    return [
        (CallRow, call_row(call_id, state="ended")),
        (EventRow, {"call_id": call_id, "seq": 1, "at_ms": 0.0, "type": "call", "body": {}}),
        (TurnRow, turn_row(call_id, 1, "something secret")),
        (ToolRow, {"call_id": call_id, "id": "1", "seq": 1, "name": "t", "arguments": "{}", "failed": False, "at_ms": 1.0}),
        (UsageRow, {"call_id": call_id, "seq": 1, "model": "m", **counted}),
        (StreamRow, {"call_id": call_id, **stream}),
        (AskedRow, {"key": call_id, "call_id": call_id, "wish": "w", "asked_at": datetime(2026, 11, 20, tzinfo=UTC)}),
    ]  # fmt: skip


async def filled(url, *call_ids):
    store = Store(url)
    await store.open()
    async with store.writing() as connection:
        for call_id in call_ids:
            for table, row in rows_of(call_id):
                await connection.execute(sa.insert(table), [row])
    return store


async def counts(store):
    async with store.reading() as connection:
        return [
            (await connection.execute(sa.select(sa.func.count()).select_from(table))).scalar_one()
            for table in (CallRow, *ROWS_OF_A_CALL)
        ]


def test_every_table_of_calls_is_named():
    tables = {mapper.class_ for mapper in Row.registry.mappers}
    assert {table for table in tables if "call_id" in table.__table__.c} == set(ROWS_OF_A_CALL)


def test_nothing_is_left_of_a_call_and_all_of_the_others(database_url):
    async def main():
        store = await filled(database_url, "a", "b")
        assert await remove(store, ["a", "nobody"]) == ["a"]
        assert await counts(store) == [1] * 7
        assert await Calls(store).find("a") is None
        assert [call["id"] for call in (await Calls(store).page(Wanted(words="secret"), 9)).calls] == ["b"]
        assert await remove(store, ["a"]) == []
        await store.close()

    clock.run(main())


def test_a_call_that_has_not_ended_stays(database_url):
    async def main():
        store = await filled(database_url, "a")
        for state in ("connecting", "connected", "parked", "ending"):
            async with store.writing() as connection:
                await connection.execute(sa.update(CallRow).values(state=state))
            assert await remove(store, ["a"]) == []
        assert await counts(store) == [1] * 7
        await store.close()

    clock.run(main())


def test_several_processes_remove_each_call_once(database_url):
    async def main():
        ids = [f"c{number}" for number in range(12)]
        stores = [await filled(database_url, *ids), *[Store(database_url) for _ in range(3)]]
        removed = await asyncio.gather(*(remove(store, ids) for store in stores))
        again = await remove(stores[0], ids)
        assert sorted(sum(removed, again)) == sorted(ids)
        assert await counts(stores[0]) == [0] * 7
        for store in stores:
            await store.close()

    clock.run(main())
