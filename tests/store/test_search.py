"""Finding calls by what was said: the same on both databases."""

import pytest
import sqlalchemy as sa

from offhook.sim import clock
from offhook.store.search import calls_that_say
from offhook.store.store import Store
from offhook.store.tables import TurnRow
from tests.store.rows import turn_row

TURNS = [
    turn_row("a", 1, "I would like to book a table."),
    turn_row("a", 2, "For two, at eight o'clock"),
    turn_row("b", 1, "My booking was for TABLE nine"),
    turn_row("c", 1, "Grüße aus Köln"),
    turn_row("d", 1, "it's '100%' & \"done\" | or: not?"),
]


@pytest.mark.parametrize(
    ("words", "calls"),
    [
        ("table", "ab"),
        ("Book", "ab"),
        ("booking", "b"),
        ("table book", "ab"),
        ("two table", ""),  # of one turn
        ("köln", "c"),
        ("koln", ""),
        ("GRÜSSE", ""),
        ("100 done", "d"),
        ("o'clock", "a"),
        ("it's", "d"),
        ("or not", "d"),
        ('"', ""),
        ("' & | !", ""),
        ("", ""),
        ("%", ""),
        ("table*", "ab"),
        ("-table", "ab"),
    ],
)
def test_words(database_url, words, calls):
    async def main():
        store = Store(database_url)
        await store.open()
        async with store.writing() as connection:
            await connection.execute(sa.insert(TurnRow), TURNS)
            found = (await connection.scalars(calls_that_say(words, store.dialect))).all()
        await store.close()
        return "".join(sorted(found))

    assert clock.run(main()) == calls


def test_a_turn_that_changes_or_goes_is_found_as_it_is(database_url):
    async def main():
        store = Store(database_url)
        await store.open()
        async with store.writing() as connection:
            await connection.execute(sa.insert(TurnRow), TURNS)
            await connection.execute(sa.update(TurnRow).where(TurnRow.call_id == "b").values(text="nothing of it"))
            await connection.execute(sa.delete(TurnRow).where(TurnRow.call_id == "a"))
            assert (await connection.scalars(calls_that_say("table", store.dialect))).all() == []
            assert (await connection.scalars(calls_that_say("nothing", store.dialect))).all() == ["b"]
        await store.close()

    clock.run(main())
