"""The store on both databases: transactions, what happens without a database, several at once."""

import asyncio
import stat

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from offhook.errors import ConfigError, StoreAway
from offhook.sim import clock
from offhook.store.store import Store
from offhook.store.tables import CallRow
from tests.store.rows import call_row


async def opened(url: str) -> Store:
    store = Store(url)
    await store.open()
    return store


def test_what_was_written_is_read(database_url):
    async def main():
        store = await opened(database_url)
        async with store.writing() as connection:
            await connection.execute(sa.insert(CallRow), [call_row("a", data={"name": "Zoë", "n": [1, None]})])
        async with store.reading() as connection:
            [row] = (await connection.execute(sa.select(CallRow))).all()
        await store.close()
        assert row.data == {"name": "Zoë", "n": [1, None]}
        assert (row.epoch, row.last_seq, row.unpriced, row.cost_usd) == (0, 0, False, None)

    clock.run(main())


def test_a_block_that_fails_writes_nothing(database_url):
    async def main():
        store = await opened(database_url)
        with pytest.raises(IntegrityError):
            async with store.writing() as connection:
                await connection.execute(sa.insert(CallRow), [call_row("a")])
                await connection.execute(sa.insert(CallRow), [call_row("a")])
        async with store.reading() as connection:
            assert (await connection.execute(sa.select(CallRow))).all() == []
        await store.close()

    clock.run(main())


def test_compare_and_set_lets_one_of_many_win(database_url):
    async def main():
        stores = [await opened(database_url) for _ in range(4)]
        async with stores[0].writing() as connection:
            await connection.execute(sa.insert(CallRow), [call_row("a")])

        async def claim(store: Store) -> int:
            async with store.writing() as connection:
                taken = sa.update(CallRow).where(CallRow.id == "a", CallRow.epoch == 0).values(epoch=1)
                return (await connection.execute(taken)).rowcount

        assert sorted(await asyncio.gather(*(claim(store) for store in stores))) == [0, 0, 0, 1]
        for store in stores:
            await store.close()

    clock.run(main())


def test_time_stands_still_while_the_database_works(database_url):
    async def main():
        began = asyncio.get_running_loop().time()
        store = await opened(database_url)
        async with store.reading() as connection:
            await connection.execute(sa.select(CallRow))
        await store.close()
        assert asyncio.get_running_loop().time() == began

    clock.run(main())


def test_a_server_that_is_not_there_is_away(postgres_server):
    async def main():
        store = Store("postgresql://offhook@127.0.0.1:1/none")
        with pytest.raises(StoreAway):
            await store.open()
        await store.close()
        store = Store(postgres_server.url("no_such_database"))
        with pytest.raises(StoreAway, match="no_such_database"):
            await store.open()
        await store.close()

    clock.run(main())


def test_connections_that_were_cut_are_away_and_the_next_try_goes_well(postgres_server):
    url = postgres_server.database()

    async def main():
        store = await opened(url)
        with pytest.raises(StoreAway):
            async with store.writing() as connection:
                await connection.execute(sa.insert(CallRow), [call_row("a")])
                name = url.rpartition("/")[2]
                ending = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname='{name}'"
                await asyncio.get_running_loop().run_in_executor(None, postgres_server.execute, ending)
                await connection.execute(sa.insert(CallRow), [call_row("b")])
        async with store.writing() as connection:
            await connection.execute(sa.insert(CallRow), [call_row("c")])
        async with store.reading() as connection:
            assert (await connection.scalars(sa.select(CallRow.id))).all() == ["c"]
        await store.close()

    clock.run(main())


def test_the_file_is_its_owners_alone(tmp_path):
    async def main():
        store = await opened(f"sqlite:///{tmp_path}/new/calls.db")
        await store.close()

    clock.run(main())
    assert stat.S_IMODE((tmp_path / "new" / "calls.db").stat().st_mode) == 0o600


def test_a_file_that_cannot_be_is_told_in_a_sentence(tmp_path):
    (tmp_path / "file").write_text("")

    async def main():
        store = Store(f"sqlite:///{tmp_path}/file/calls.db")
        with pytest.raises(ConfigError, match="DATABASE_URL or OFFHOOK_DATA"):
            await store.open()
        await store.close()

    clock.run(main())


def test_a_file_that_is_no_database_is_told(tmp_path):
    (tmp_path / "calls.db").write_bytes(b"not a database at all" * 100)

    async def main():
        store = Store(f"sqlite:///{tmp_path}/calls.db")
        with pytest.raises(ConfigError, match="not a database"):
            await store.open()
        await store.close()

    clock.run(main())
