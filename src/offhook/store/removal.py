"""Removing calls from the store, with all their rows. Only calls that have ended: the others are still being written."""

from collections.abc import Collection

from sqlalchemy import Connection, delete, select

from offhook.store.store import Store
from offhook.store.tables import AskedRow, CallRow, EventRow, Row, StreamRow, ToolRow, TurnRow, UsageRow

ROWS_OF_A_CALL: tuple[type[Row], ...] = (EventRow, TurnRow, ToolRow, UsageRow, StreamRow, AskedRow)
"""Every table that has rows of a call, but for the call's own."""


async def remove(store: Store, call_ids: Collection[str]) -> list[str]:
    """Removes those of the calls that have ended, all or none of each. Gives the ids of those that were there: of
    several processes that remove a call, one is given it. Raises StoreAway."""
    return await store.write(lambda connection: _remove(connection, call_ids))


def _remove(connection: Connection, call_ids: Collection[str]) -> list[str]:
    wanted = select(CallRow.id).where(CallRow.id.in_(call_ids), CallRow.state == "ended")
    ids = list(connection.scalars(wanted.with_for_update(skip_locked=True)).all())
    if ids:
        for table in ROWS_OF_A_CALL:
            connection.execute(delete(table).where(table.__table__.c.call_id.in_(ids)))
        connection.execute(delete(CallRow).where(CallRow.id.in_(ids)))
    return ids
