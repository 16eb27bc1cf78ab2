"""Wishes for a call that came with a key of the one who wishes, so that a wish that is repeated makes no second call.

The key is claimed before anything is done. Of several who claim it, in whatever processes, one has it; the others are given the
answer, as soon as there is one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from offhook.store.store import Store
from offhook.store.tables import AskedRow, CallRow

KEPT = timedelta(days=7)
"""A key that is older may be used for another call."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A wish under a key."""

    mine: bool
    """The key was free, and is now taken for this wish."""
    call_id: str
    wish: str
    """What tells one wish from another."""
    status: int | None = None
    """Of the answer, as HTTP has it; None while there is none."""
    answer: Mapping[str, Any] | None = None
    sid: str | None = None
    """The carrier's name for the call, if it is known."""


class AskedCalls:
    """Of one store. Every method raises StoreAway."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def claim(self, key: str, call_id: str, wish: str) -> Asked:
        """Takes a key for a wish, or tells who has it."""
        return await self._store.write(lambda connection: _claim(connection, key, call_id, wish, datetime.now(UTC)))

    async def find(self, key: str) -> Asked | None:
        """What is known by now under a key."""
        async with self._store.reading() as connection:
            return await connection.run_sync(_find, key)

    async def answer(self, key: str, status: int, answer: Mapping[str, Any]) -> None:
        """The answer that everybody gets who comes with this key."""
        told = update(AskedRow).where(AskedRow.key == key).values(status=status, answer=dict(answer))
        await self._store.write(lambda connection: connection.execute(told))

    async def release(self, key: str, call_id: str) -> None:
        """Nothing came of the wish, so that it may be made again."""
        gone = delete(AskedRow).where(AskedRow.key == key, AskedRow.call_id == call_id)
        await self._store.write(lambda connection: connection.execute(gone))


def _claim(connection: Connection, key: str, call_id: str, wish: str, now: datetime) -> Asked:
    connection.execute(delete(AskedRow).where(AskedRow.asked_at < now - KEPT))
    try:
        with connection.begin_nested():
            row = {"key": key, "call_id": call_id, "wish": wish, "asked_at": now}
            connection.execute(insert(AskedRow), [row])
    except IntegrityError:
        found = _find(connection, key)
        if found is not None:
            return found
        raise
    return Asked(True, call_id, wish)


def _find(connection: Connection, key: str) -> Asked | None:
    wanted = (
        select(AskedRow.call_id, AskedRow.wish, AskedRow.status, AskedRow.answer, CallRow.sid)
        .join(CallRow, CallRow.id == AskedRow.call_id, isouter=True)
        .where(AskedRow.key == key)
    )
    row = connection.execute(wanted).one_or_none()
    return None if row is None else Asked(False, *row)
