"""What is kept of calls: the tables. Times are UTC; `…_ms` are milliseconds since the call began, or lengths of audio.

`events` is the journal: what happened in a call, in order. All other rows are derived of it, so that a list, a transcript
or a bill needs one query. There are no foreign keys: a row of the journal is never refused for want of another.
"""

from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    Double,
    Index,
    Integer,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Utc(TypeDecorator[datetime]):
    """A moment. SQLite knows no time zones and gives back what it was told, so both sides of it are UTC here."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Row(DeclarativeBase):
    """A row of any table."""

    metadata = MetaData(
        naming_convention={"ix": "ix_%(table_name)s_%(column_0_N_name)s", "uq": "uq_%(table_name)s_%(column_0_N_name)s"}
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: Text(),
        float: Double(),
        datetime: Utc(),
        dict[str, Any]: JSON().with_variant(JSONB(), "postgresql"),
    }


CallId = String(32)


class CallRow(Row):
    """One call, as the newest event of it that is kept left it."""

    __tablename__ = "calls"
    __table_args__ = (
        Index(None, "started_at", "id"),
        Index(None, "caller", "started_at"),
        Index(None, "called", "started_at"),
        Index(None, "state", "started_at"),
    )

    id: Mapped[str] = mapped_column(CallId, primary_key=True)
    sid: Mapped[str | None] = mapped_column(unique=True)
    """The carrier's id; None for a call that is not dialled yet."""
    account_sid: Mapped[str]
    direction: Mapped[str]
    caller: Mapped[str]
    called: Mapped[str]
    agent: Mapped[str]
    backend: Mapped[str]
    state: Mapped[str]
    """A state of core/states.py."""
    result: Mapped[str | None]
    reason: Mapped[str | None]
    started_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    """When the first media stream opened."""
    ended_at: Mapped[datetime | None]
    epoch: Mapped[int] = mapped_column(default=0)
    """Which stream may join next; moves by compare-and-set only."""
    cost_usd: Mapped[float | None]
    """What the models cost so far, as far as their prices are known; None if nothing was counted."""
    unpriced: Mapped[bool] = mapped_column(default=False)
    """Something was used whose price is not known: `cost_usd` is too low."""
    recording: Mapped[str | None]
    """Where the recording is, if there is one."""
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What the tools noted."""
    variables: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What the one who started the call told the agent."""
    last_seq: Mapped[int] = mapped_column(default=0)
    """The newest event that this row knows of."""


class EventRow(Row):
    """One event of a call. The body is what viewers are told, without what the columns say."""

    __tablename__ = "events"
    __table_args__ = ({"sqlite_with_rowid": False},)

    call_id: Mapped[str] = mapped_column(CallId, primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    at_ms: Mapped[float]
    type: Mapped[str]
    body: Mapped[dict[str, Any]]


class TurnRow(Row):
    """One party's go, in its newest version."""

    __tablename__ = "turns"
    __table_args__ = (UniqueConstraint("call_id", "number"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer(), "sqlite"), primary_key=True)
    """Of this table alone: the search index needs a number that stays."""
    call_id: Mapped[str] = mapped_column(CallId)
    number: Mapped[int]
    """From 1, in the order in which the turns began."""
    seq: Mapped[int]
    """The event that gave this version."""
    role: Mapped[str]
    """`user` or `assistant`."""
    item: Mapped[str | None]
    text: Mapped[str]
    """What was said; of the agent, what was heard."""
    unheard: Mapped[str]
    heard_ms: Mapped[float]
    generated_ms: Mapped[float]
    at_ms: Mapped[float]
    """When its first version was kept."""
    latency_ms: Mapped[float | None]
    """From the caller's end of speech to the first audio of this answer at the ear."""


class UsageRow(Row):
    """What a provider counted for one answer, or one transcription."""

    __tablename__ = "usage"
    __table_args__ = ({"sqlite_with_rowid": False},)

    call_id: Mapped[str] = mapped_column(CallId, primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    model: Mapped[str]
    usd: Mapped[float | None]
    """None if the price of the model is not known."""
    text_in: Mapped[int]
    audio_in: Mapped[int]
    cached_in: Mapped[int]
    text_out: Mapped[int]
    audio_out: Mapped[int]
    seconds: Mapped[float]


class ToolRow(Row):
    """One use of a tool."""

    __tablename__ = "tools"
    __table_args__ = ({"sqlite_with_rowid": False},)

    call_id: Mapped[str] = mapped_column(CallId, primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    """The agent leg's own name for this use."""
    seq: Mapped[int]
    name: Mapped[str]
    arguments: Mapped[str]
    """JSON, as the agent wrote it."""
    output: Mapped[str | None]
    """None while it runs, and for good if the call ended meanwhile."""
    failed: Mapped[bool]
    at_ms: Mapped[float]
    took_ms: Mapped[float | None]


class StreamRow(Row):
    """One media stream that carried a call."""

    __tablename__ = "streams"
    __table_args__ = ({"sqlite_with_rowid": False},)

    call_id: Mapped[str] = mapped_column(CallId, primary_key=True)
    epoch: Mapped[int] = mapped_column(primary_key=True)
    at_ms: Mapped[float]
    ended_ms: Mapped[float]
    media_in: Mapped[int]
    """Messages of the caller's audio."""
    media_out: Mapped[int]
    missing: Mapped[int]
    """Messages that the carrier numbered and that did not come."""
    longest_gap_ms: Mapped[float]
    """The longest wait between two messages of the caller's audio."""
    underruns: Mapped[int]
    """How often the ear ran dry in the middle of an item."""
    corrections: Mapped[int]
    """How often marks corrected what the write clock held for heard."""


class AskedRow(Row):
    """A wish for a call, by the key that came with it."""

    __tablename__ = "asked_calls"
    __table_args__ = (Index(None, "asked_at"), Index(None, "call_id"), {"sqlite_with_rowid": False})

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    """A digest: what people take for keys is their own."""
    call_id: Mapped[str] = mapped_column(CallId)
    wish: Mapped[str] = mapped_column(String(64))
    """A digest of what was asked for."""
    asked_at: Mapped[datetime]
    status: Mapped[int | None]
    """Of the answer; None until there is one."""
    answer: Mapped[dict[str, Any] | None]
