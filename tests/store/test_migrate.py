"""Migrations at the start: once, by whoever comes first, and never by an older version."""

import subprocess
import sys

import sqlalchemy as sa

from offhook.sim import clock
from offhook.store.store import Store

OPEN = """
import asyncio, sys
from offhook.store.store import Store
async def main():
    store = Store(sys.argv[1])
    sys.stdin.readline()
    await store.open()
    await store.close()
asyncio.run(main())
"""


def revisions(url: str) -> list[str]:
    async def main():
        store = Store(url)
        async with store.reading() as connection:
            found = (await connection.scalars(sa.text("SELECT version_num FROM alembic_version"))).all()
        await store.close()
        return found

    return clock.run(main())


def test_processes_that_start_at_once_make_the_tables_once(database_url):
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", OPEN, database_url], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    failed = [process.communicate(timeout=18)[1] for process in processes]
    assert [process.returncode for process in processes] == [0] * 4, failed
    assert revisions(database_url) == ["0002"]


def test_opening_again_changes_nothing(database_url):
    async def main():
        for _ in range(2):
            store = Store(database_url)
            await store.open()
            await store.close()

    clock.run(main())
    assert revisions(database_url) == ["0002"]


def test_a_database_of_a_newer_version_is_used_as_it_is(database_url, caplog):
    async def main():
        store = Store(database_url)
        await store.open()
        async with store.writing() as connection:
            await connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
        await store.open()
        await store.close()

    clock.run(main())
    assert revisions(database_url) == ["9999"]
    assert "newer version of offhook (9999)" in caplog.text
