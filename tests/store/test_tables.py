"""The tables: what the declarations say is what the migrations made; moments; the indexes that lists need."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.exc import StatementError

from offhook.sim import clock
from offhook.store.store import Store
from offhook.store.tables import CallRow, Row
from tests.store.rows import call_row


def with_store(url, work):
    async def main():
        store = Store(url)
        await store.open()
        try:
            return await work(store)
        finally:
            await store.close()

    return clock.run(main())


def test_the_migrations_make_what_is_declared(database_url):
    def not_of_search(_object, name, kind, _reflected, _compared):
        return not (name or "").startswith(("turns_words", "ix_turns_words"))

    def differences(connection):
        options = {"compare_type": True, "include_object": not_of_search}
        return compare_metadata(MigrationContext.configure(connection, opts=options), Row.metadata)

    async def work(store):
        async with store.reading() as connection:
            return await connection.run_sync(differences)

    assert with_store(database_url, work) == []


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=5, minutes=30))])
def test_moments_are_utc_whatever_zone_they_came_in(database_url, zone):
    moment = datetime(2026, 3, 29, 3, 30, 0, 123456, tzinfo=zone)

    async def work(store):
        async with store.writing() as connection:
            await connection.execute(sa.insert(CallRow), [call_row("a", started_at=moment)])
            return await connection.scalar(sa.select(CallRow.started_at).where(CallRow.started_at <= moment))

    found = with_store(database_url, work)
    assert found == moment
    assert found.utcoffset() == timedelta(0)


def test_a_moment_without_a_zone_is_refused(database_url):
    async def work(store):
        async with store.writing() as connection:
            await connection.execute(sa.insert(CallRow), [call_row("a", started_at=datetime(2026, 1, 1))])

    with pytest.raises(StatementError, match="without a time zone"):
        with_store(database_url, work)


@pytest.mark.parametrize(
    ("condition", "index"),
    [
        ("1=1", "ix_calls_started_at_id"),
        ("caller = '+15550100'", "ix_calls_caller_started_at"),
        ("called = '+15550100'", "ix_calls_called_started_at"),
        ("state = 'connected'", "ix_calls_state_started_at"),
    ],
)
def test_lists_by_time_number_and_state_read_an_index(tmp_path, condition, index):
    async def work(store):
        async with store.reading() as connection:
            plan = sa.text(
                f"EXPLAIN QUERY PLAN SELECT * FROM calls WHERE {condition} ORDER BY started_at DESC LIMIT 50"
            )
            return " ".join(row[3] for row in await connection.execute(plan))

    plan = with_store(f"sqlite:///{tmp_path}/calls.db", work)
    assert f"INDEX {index}" in plan
    assert "TEMP B-TREE" not in plan
