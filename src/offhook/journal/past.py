"""What the store knows of calls that no process may hold any more: where they stand, and all that goes on with them.

Which stream joins a call next is settled here, by compare-and-set: whoever moves its `epoch` holds the call.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from offhook.core import events as e
from offhook.core.leg import CallInfo
from offhook.core.past import Past, Spoken, Used
from offhook.errors import CallOver, CallRefused
from offhook.journal import afterwards
from offhook.journal.record import Record
from offhook.store.calls import ENDED
from offhook.store.store import Store
from offhook.store.tables import CallRow, EventRow, ToolRow, TurnRow

_CALLS = CallRow.__table__
OVER = ("ending", ENDED)
"""A call that we hung up is not gone on with, even if nobody could say so any more."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a call stands."""

    call_id: str
    sid: str
    epoch: int
    """Which stream may join next."""
    over: bool
    resumed_ms_ago: tuple[float, ...]
    """How long ago streams came back, the newest last."""
    ours: bool = False
    """We made it."""
    answered: bool = False
    """A stream has carried it."""


class Pasts:
    """Of one store. Every method raises StoreAway."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def standing(self, sid: str, now: datetime) -> Standing | None:
        """Where the call of this carrier's id stands; None if nobody ever kept it."""
        return await self._store.write(lambda connection: _standing(connection, sid, now))

    async def take(self, call_id: str, sid: str, epoch: int) -> None:
        """The stream of an epoch joins a call that this process does not hold: from now on it does, if the epoch is not
        used up. Raises CallRefused, CallOver."""
        await self._store.write(lambda connection: _take(connection, call_id, sid, epoch))

    async def read(self, call_id: str, now: datetime) -> Past:
        """All that is kept of a call that was taken. Raises CallRefused if it is gone."""
        return await self._store.write(lambda connection: _read(connection, call_id, now))

    async def advance(self, joined: Mapping[str, int], held: Mapping[str, int]) -> tuple[set[str], set[str]]:
        """Streams have joined calls of this process: which may join next of each. And of calls that it holds: which it
        believes may join next. Gives those of `joined` that the store does not know yet, and those of both that another
        process holds: of the first also if it was as quick."""
        return await self._store.write(lambda connection: _advance(connection, joined, held))

    async def end(self, call_id: str, now: datetime, result: e.Result | None, reason: e.Reason) -> list[Record]:
        """Writes the end of a call that nobody holds (without a result: completed, if it was ever answered); the records of
        it, none if somebody has done so meanwhile."""
        return await self._store.write(lambda connection: _end(connection, call_id, now, result, reason))


def _standing(connection: Connection, sid: str, now: datetime) -> Standing | None:
    call = connection.execute(sa.select(_CALLS).where(CallRow.sid == sid)).mappings().one_or_none()
    if call is None:
        return None
    lasted_ms = _lasted_ms(call["started_at"], now)
    ago = tuple(lasted_ms - at_ms for at_ms in _resumed_ms(connection, call["id"]))
    ours, answered = call["direction"] != "inbound", call["answered_at"] is not None
    return Standing(call["id"], sid, call["epoch"], call["state"] in OVER, ago, ours, answered)


def _take(connection: Connection, call_id: str, sid: str, epoch: int) -> None:
    free = sa.and_(CallRow.id == call_id, CallRow.sid == sid, CallRow.epoch <= epoch, CallRow.state.not_in(OVER))
    moved = connection.execute(sa.update(CallRow).where(free).values(epoch=epoch + 1))
    call = connection.execute(sa.select(_CALLS).where(CallRow.id == call_id)).mappings().one_or_none()
    if call is None or call["sid"] != sid:
        raise CallRefused("no such call")
    if call["state"] in OVER:
        raise CallOver("the call has ended")
    if not moved.rowcount:
        raise CallRefused("the stream's token was used before")


def _read(connection: Connection, call_id: str, now: datetime) -> Past:
    call = connection.execute(sa.select(_CALLS).where(CallRow.id == call_id)).mappings().one_or_none()
    if call is None:
        raise CallRefused("no such call")
    began = _newest_of(connection, call_id, "call")
    verdict = _newest_of(connection, call_id, "answered_by")
    turns = sa.select(TurnRow.__table__).where(TurnRow.call_id == call_id).order_by(TurnRow.number)
    uses = sa.select(ToolRow.__table__).where(ToolRow.call_id == call_id).order_by(ToolRow.seq)
    return Past(
        call_id=call_id,
        info=CallInfo(
            call["sid"], call["account_sid"], call["caller"], call["called"], call["direction"], call["variables"]
        ),
        epoch=call["epoch"],
        began_at=call["started_at"].timestamp(),
        lasted_ms=_lasted_ms(call["started_at"], now),
        seq=_newest(connection, call_id),
        state=call["state"],
        agent=call["agent"] or began.get("agent", ""),
        backend=began.get("backend", ""),
        amd=began.get("amd", ""),
        callee=e.CalleeKnown(verdict["by"], verdict["message_over"]) if verdict else None,
        data=call["data"],
        memory=_newest_of(connection, call_id, "memory").get("memory", {}),
        turns=tuple(_spoken(row) for row in connection.execute(turns).mappings()),
        uses=tuple(
            Used(row["id"], row["name"], row["arguments"], row["output"], row["at_ms"])
            for row in connection.execute(uses).mappings()
        ),
        usd=call["cost_usd"],
        unpriced=call["unpriced"],
        resumed_ms=tuple(_resumed_ms(connection, call_id)),
    )


def _spoken(row: Mapping[Any, Any]) -> Spoken:
    role: Any = "caller" if row["role"] == "user" else "agent"
    return Spoken(row["number"], role, row["text"], row["unheard"], row["at_ms"])


def _newest(connection: Connection, call_id: str) -> int:
    newest = sa.select(sa.func.max(EventRow.seq)).where(EventRow.call_id == call_id)
    return connection.execute(newest).scalar_one() or 0


def _newest_of(connection: Connection, call_id: str, kind: str) -> dict[str, Any]:
    """What the newest event of a type tells; empty if there is none."""
    told = sa.select(EventRow.body).where(EventRow.call_id == call_id, EventRow.type == kind)
    return connection.execute(told.order_by(EventRow.seq.desc()).limit(1)).scalar_one_or_none() or {}


def _resumed_ms(connection: Connection, call_id: str) -> Iterable[float]:
    """When the streams after the first joined."""
    told = sa.select(EventRow.at_ms, EventRow.body).where(EventRow.call_id == call_id, EventRow.type == "status")
    found = connection.execute(told.order_by(EventRow.seq)).all()
    return [at_ms for at_ms, body in found if body["state"] == "connected"][1:]


def _lasted_ms(began: datetime, now: datetime) -> float:
    return max(0.0, (now - began).total_seconds() * 1000.0)


def _advance(connection: Connection, joined: Mapping[str, int], held: Mapping[str, int]) -> tuple[set[str], set[str]]:
    wanted = sa.select(CallRow.id, CallRow.epoch).where(CallRow.id.in_([*joined, *held]))
    if connection.dialect.name == "postgresql":
        wanted = wanted.order_by(CallRow.id).with_for_update()
    known: dict[str, int] = {row.id: row.epoch for row in connection.execute(wanted)}
    moved = [{"of_id": id, "next": epoch} for id, epoch in {**held, **joined}.items() if known.get(id, epoch) < epoch]
    if moved:
        move = sa.update(CallRow).where(CallRow.id == sa.bindparam("of_id")).values(epoch=sa.bindparam("next"))
        connection.execute(move, moved)
    lost = {id for id, epoch in joined.items() if id in known and known[id] >= epoch}
    lost |= {id for id, epoch in held.items() if id in known and known[id] > epoch}
    return joined.keys() - known.keys(), lost


def _end(
    connection: Connection, call_id: str, now: datetime, result: e.Result | None, reason: e.Reason
) -> list[Record]:
    if result is None:
        answered = sa.select(CallRow.answered_at).where(CallRow.id == call_id)
        was_answered = connection.execute(answered).scalar_one_or_none() is not None
        result = e.Result.COMPLETED if was_answered else e.Result.UNANSWERED
    return afterwards.write(connection, call_id, e.Ended(result, reason), now.timestamp())
