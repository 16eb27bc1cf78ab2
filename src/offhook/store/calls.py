"""Reading what is kept of calls: a page of a list, one call with all of it, its events from any number on."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ColumnExpressionArgument,
    Double,
    Select,
    and_,
    case,
    cast,
    func,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from offhook.store.search import calls_that_say, turn_says
from offhook.store.store import Store
from offhook.store.tables import CallRow, EventRow, StreamRow, ToolRow, TurnRow, UsageRow

EVENTS_AT_A_TIME = 500
ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which calls are looked for; None: whatever it is."""

    words: str | None = None
    """Said in one turn, by either side."""
    live: bool | None = None
    """Not ended."""
    state: str | None = None
    result: str | None = None
    number: str | None = None
    """Of either side: its beginning if it begins with `+`, else any part of it."""
    direction: str | None = None
    agent: str | None = None
    backend: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    """Begun before."""
    min_seconds: float | None = None
    """From the answer to the end, or until now."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ends: the last call on it."""

    started_at: datetime
    id: str


@dataclass(frozen=True, slots=True)
class Page:
    """Calls, the newest first."""

    calls: list[dict[str, Any]]
    next: Place | None
    """Behind which the next page begins; None on the last one."""
    matches: dict[str, str]
    """The first turn that has the words, by call."""


@dataclass(frozen=True, slots=True)
class Kept:
    """All that is kept of one call, but for its events."""

    call: dict[str, Any]
    turns: list[dict[str, Any]]
    tools: list[dict[str, Any]]
    usage: list[dict[str, Any]]
    """`item` is the item of the answer that was counted; empty for what is of the whole call."""
    streams: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a call."""

    seq: int
    at_ms: float
    type: str
    body: dict[str, Any]


class Calls:
    """What is kept in one store. Every method raises StoreAway."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def page(self, wanted: Wanted, limit: int, after: Place | None = None) -> Page:
        """So many calls, from the newest or behind a place."""
        newest = select(CallRow.__table__).order_by(CallRow.started_at.desc(), CallRow.id.desc()).limit(limit + 1)
        if after is not None:
            same = and_(CallRow.started_at == after.started_at, CallRow.id < after.id)
            newest = newest.where(or_(CallRow.started_at < after.started_at, same))
        async with self._store.reading() as connection:
            found = await _rows(connection, newest.where(*self._conditions(wanted)))
            more, calls = len(found) > limit, found[:limit]
            matches = await self._matches(connection, wanted, [call["id"] for call in calls])
        last = Place(calls[-1]["started_at"], calls[-1]["id"]) if more else None
        return Page(calls, last, matches)

    async def count(self, wanted: Wanted) -> int:
        """How many calls there are in all."""
        counted = select(func.count()).select_from(CallRow).where(*self._conditions(wanted))
        async with self._store.reading() as connection:
            return int((await connection.execute(counted)).scalar_one())

    async def _matches(self, connection: AsyncConnection, wanted: Wanted, ids: Sequence[str]) -> dict[str, str]:
        if not wanted.words or not ids:
            return {}
        says = turn_says(wanted.words, self._store.dialect)
        turns = select(TurnRow.call_id, TurnRow.text).where(TurnRow.call_id.in_(ids), says).order_by(TurnRow.number)
        matches: dict[str, str] = {}
        for call_id, text in await connection.execute(turns):
            matches.setdefault(call_id, text)
        return matches

    def _conditions(self, wanted: Wanted) -> list[ColumnExpressionArgument[bool]]:
        found: list[ColumnExpressionArgument[bool]] = [
            getattr(CallRow, name) == value
            for name in ("state", "result", "direction", "agent", "backend")
            if (value := getattr(wanted, name)) is not None
        ]
        if wanted.words is not None:
            found.append(CallRow.id.in_(calls_that_say(wanted.words, self._store.dialect)))
        if wanted.live is not None:
            found.append(CallRow.state != ENDED if wanted.live else CallRow.state == ENDED)
        if wanted.number is not None:
            found.append(or_(_has(CallRow.caller, wanted.number), _has(CallRow.called, wanted.number)))
        if wanted.since is not None:
            found.append(CallRow.started_at >= wanted.since)
        if wanted.until is not None:
            found.append(CallRow.started_at < wanted.until)
        if wanted.min_seconds is not None:
            found.append(self._seconds() >= wanted.min_seconds)
        return found

    def _seconds(self) -> ColumnElement[float]:
        """How long a call was, or has been going on."""
        if self._store.dialect == "postgresql":
            ended = func.coalesce(CallRow.ended_at, func.now())
            return cast(func.extract("epoch", ended - CallRow.answered_at), Double)
        days = func.julianday(func.coalesce(CallRow.ended_at, func.strftime("%Y-%m-%d %H:%M:%f", "now")))
        # A day's 86,400,000 milliseconds are told apart by a double, but not exactly: half of one is none.
        return (days - func.julianday(CallRow.answered_at)) * literal_column("86400.0") + literal_column("0.0005")

    # ------------------------------------------------------------------------------------------ one call

    async def find(self, call_id: str) -> Kept | None:
        """One call, as of one moment."""
        async with self._store.reading() as connection:
            calls = await _rows(connection, select(CallRow.__table__).where(CallRow.id == call_id))
            if not calls:
                return None
            rest = [
                await _rows(connection, select(table.__table__).where(of == call_id).order_by(by))
                for table, of, by in (
                    (TurnRow, TurnRow.call_id, TurnRow.number),
                    (ToolRow, ToolRow.call_id, ToolRow.seq),
                    (UsageRow, UsageRow.call_id, UsageRow.seq),
                    (StreamRow, StreamRow.call_id, StreamRow.epoch),
                )
            ]
            used = select(EventRow.seq, EventRow.body).where(EventRow.call_id == call_id, EventRow.type == "usage")
            items = {seq: body.get("item", "") for seq, body in await connection.execute(used)}
        turns, tools, usage, streams = rest
        return Kept(calls[0], turns, tools, [row | {"item": items.get(row["seq"], "")} for row in usage], streams)

    async def id_of(self, sid: str) -> str | None:
        """The id of the call that the carrier calls so; None if there is none."""
        async with self._store.reading() as connection:
            return (await connection.execute(select(CallRow.id).where(CallRow.sid == sid))).scalar_one_or_none()

    async def state(self, call_id: str) -> str | None:
        """Where a call stands; None if there is no such call."""
        async with self._store.reading() as connection:
            return (await connection.execute(select(CallRow.state).where(CallRow.id == call_id))).scalar_one_or_none()

    async def events(self, call_id: str, after: int = 0) -> AsyncIterator[list[Event]]:
        """Its events behind a number, in order, some at a time. No connection is held between two batches."""
        while True:
            wanted = (
                select(EventRow.seq, EventRow.at_ms, EventRow.type, EventRow.body)
                .where(EventRow.call_id == call_id, EventRow.seq > after)
                .order_by(EventRow.seq)
                .limit(EVENTS_AT_A_TIME)
            )
            async with self._store.reading() as connection:
                batch = [Event(*row) for row in await connection.execute(wanted)]
            if batch:
                yield batch
                after = batch[-1].seq
            if len(batch) < EVENTS_AT_A_TIME:
                return

    async def cost_since(self, moment: datetime, direction: str) -> float:
        """What the calls of a direction that began since a moment have cost so far, in US dollars."""
        cost = select(func.sum(CallRow.cost_usd)).where(CallRow.started_at >= moment, CallRow.direction == direction)
        async with self._store.reading() as connection:
            return float((await connection.execute(cost)).scalar_one() or 0.0)

    async def dialled(
        self, direction: str, minute: datetime, day: datetime, most_usd: float, *, but: str
    ) -> tuple[int, float]:
        """Of the calls of a direction, whoever made them: how many began since `minute`, and what those since `day` have cost
        in US dollars or may yet, each at most `most_usd`. Those that ended for the reason `but` count for nothing."""
        cost = func.coalesce(CallRow.cost_usd, 0.0)
        may_yet = case((and_(CallRow.state != ENDED, cost < most_usd), most_usd), else_=cost)
        made = or_(CallRow.reason.is_(None), CallRow.reason != but)
        counted = select(
            func.count().filter(CallRow.started_at >= minute), func.sum(may_yet).filter(CallRow.started_at >= day)
        ).where(CallRow.direction == direction, CallRow.started_at >= min(minute, day), made)
        async with self._store.reading() as connection:
            count, usd = (await connection.execute(counted)).one()
        return int(count), float(usd or 0.0)

    async def name(self, call_id: str, sid: str, direction: str) -> None:
        """The carrier's name for a call of a direction that has none yet."""
        named = update(CallRow).where(CallRow.id == call_id, CallRow.sid.is_(None), CallRow.direction == direction)
        await self._store.write(lambda connection: connection.execute(named.values(sid=sid)))

    # ------------------------------------------------------------------------------------------ calls to see to

    async def open_since(self, before: datetime, limit: int) -> list[dict[str, Any]]:
        """Calls that have not ended though they began before a moment, the oldest first; `silent_since` is the moment of
        the newest event of each."""
        last = and_(EventRow.call_id == CallRow.id, EventRow.seq == CallRow.last_seq)
        wanted = (
            select(CallRow.__table__, EventRow.at_ms)
            .join(EventRow, last, isouter=True)
            .where(CallRow.state != ENDED, CallRow.started_at < before)
            .order_by(CallRow.started_at)
            .limit(limit)
        )
        async with self._store.reading() as connection:
            found = await _rows(connection, wanted)
        return [
            call | {"silent_since": call["started_at"] + timedelta(milliseconds=call.pop("at_ms") or 0.0)}
            for call in found
        ]

    async def older_than(self, age: timedelta, limit: int, now: datetime | None = None) -> list[dict[str, Any]]:
        """Calls that ended longer ago, the oldest first."""
        before = (now or datetime.now(UTC)) - age
        wanted = select(CallRow.__table__).where(CallRow.state == ENDED, CallRow.started_at < before)
        wanted = wanted.where(or_(CallRow.ended_at.is_(None), CallRow.ended_at < before))
        async with self._store.reading() as connection:
            return await _rows(connection, wanted.order_by(CallRow.started_at).limit(limit))


def _has(column: Any, number: str) -> ColumnElement[bool]:
    has = column.startswith if number.startswith("+") else column.contains
    found: ColumnElement[bool] = has(number, autoescape=True)
    return found


async def _rows(connection: AsyncConnection, wanted: Select[Any]) -> list[dict[str, Any]]:
    return [dict(row._mapping) for row in await connection.execute(wanted)]
