"""A journal over a database, and what is found in it afterwards."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import sqlalchemy as sa

from offhook.core import events as e
from offhook.journal.journal import Journal
from offhook.store.store import Store
from offhook.store.tables import CallRow, EventRow, StreamRow, ToolRow, TurnRow, UsageRow

BEGAN = e.CallBegan("CA1", "AC1", "inbound", "+15550100", "+15550199")


@contextlib.asynccontextmanager
async def journal(url: str, folder: Path, **listeners) -> AsyncIterator[Journal]:
    kept = Journal(Store(url), folder, **listeners)
    await kept.start()
    try:
        yield kept
    finally:
        await kept.close()


def began(number: int) -> e.CallBegan:
    return e.CallBegan(f"CA{number}", "AC1", "inbound", "+15550100", "+15550199")


def said(turn: int, text: str = "hello") -> e.TurnKept:
    return e.TurnKept(turn, "caller", text, "", None, 0.0, 0.0)


class Found:
    """All rows of a database, by table."""

    def __init__(self, rows: dict) -> None:
        self.calls, self.events, self.turns, self.usage, self.tools, self.streams = rows.values()

    def check(self) -> None:
        """What must hold whatever happened: numbers without gaps, and every row that follows from them."""
        of: dict[str, list] = {}
        for event in self.events:
            of.setdefault(event.call_id, []).append(event)
        for call in self.calls:
            events = of[call.id]
            assert [event.seq for event in events] == list(range(1, len(events) + 1))
            assert events[0].type == "call"
            assert call.last_seq == len(events)
            turns = {event.body["turn"]: event.body["text"] for event in events if event.type == "transcript"}
            assert {turn.number: turn.text for turn in self.turns if turn.call_id == call.id} == turns
            ended = [event.body for event in events if event.type == "ended"]
            assert (call.result, call.reason) == ((ended[0]["result"], ended[0]["reason"]) if ended else (None, None))
            states = [event.body["state"] for event in events if event.type == "status"]
            assert call.state == (states[-1] if states else "connecting")
        assert len(self.turns) == len({(turn.call_id, turn.number) for turn in self.turns})
        assert {event.call_id for event in self.events} == {call.id for call in self.calls}


async def found(store: Store) -> Found:
    rows = {}
    async with store.reading() as connection:
        for table in (CallRow, EventRow, TurnRow, UsageRow, ToolRow, StreamRow):
            key = [column for column in table.__table__.columns if column.primary_key]
            rows[table] = (await connection.execute(sa.select(table).order_by(*key))).all()
    return Found(rows)


async def found_at(url: str) -> Found:
    store = Store(url)
    try:
        return await found(store)
    finally:
        await store.close()
