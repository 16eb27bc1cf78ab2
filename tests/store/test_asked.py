"""Keys of wishes for calls, on both databases."""

import asyncio
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from offhook.sim import clock
from offhook.store.asked import KEPT, AskedCalls
from offhook.store.store import Store
from offhook.store.tables import AskedRow, CallRow
from tests.store.rows import call_row


def with_asked(url, work):
    async def main():
        store = Store(url)
        await store.open()
        await work(AskedCalls(store), store)
        await store.close()

    clock.run(main())


def test_of_many_who_claim_a_key_one_has_it_in_whatever_process(database_url):
    async def main():
        stores = [Store(database_url) for _ in range(3)]
        for store in stores:
            await store.open()
        claims = await asyncio.gather(*(AskedCalls(stores[n % 3]).claim("k", f"c{n}", "w") for n in range(12)))
        (winner,) = [claim for claim in claims if claim.mine]
        assert {claim.call_id for claim in claims} == {winner.call_id}
        for store in stores:
            await store.close()

    clock.run(main())


def test_the_answer_is_found_and_so_is_the_carriers_name(database_url):
    async def work(asked, store):
        await asked.claim("k", "c1", "w")
        assert (await asked.find("k")).status is None and await asked.find("other") is None
        async with store.writing() as connection:
            await connection.execute(sa.insert(CallRow), [call_row("c1", sid="CA1")])
        assert (await asked.claim("k", "c2", "w")).sid == "CA1"
        await asked.answer("k", 200, {"call_id": "c1"})
        found = await asked.claim("k", "c2", "other")
        assert (found.mine, found.status, found.answer, found.wish) == (False, 200, {"call_id": "c1"}, "w")

    with_asked(database_url, work)


def test_a_key_of_which_nothing_came_is_free_again_but_not_for_a_stranger(database_url):
    async def work(asked, _store):
        await asked.claim("k", "c1", "w")
        await asked.release("k", "another")
        assert not (await asked.claim("k", "c2", "w")).mine
        await asked.release("k", "c1")
        assert (await asked.claim("k", "c2", "w")).mine

    with_asked(database_url, work)


def test_an_old_key_is_forgotten(database_url):
    async def work(asked, store):
        await asked.claim("k", "c1", "w")
        old = datetime.now(UTC) - KEPT - timedelta(minutes=1)
        async with store.writing() as connection:
            await connection.execute(sa.update(AskedRow).values(asked_at=old))
        assert (await asked.claim("k", "c2", "w")).mine

    with_asked(database_url, work)
