"""From records to rows: one batch of the journal, and everything that follows from it, in one transaction.

Every statement may be carried out again: a batch whose fate is not known is written once more, and nothing is there
twice.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from offhook.journal.record import Record
from offhook.store.tables import CallRow, EventRow, StreamRow, ToolRow, TurnRow, UsageRow

Values = dict[str, Any]

USAGE = ("model", "usd", "text_in", "audio_in", "cached_in", "text_out", "audio_out", "seconds")
CALL = ("sid", "account_sid", "direction", "caller", "called", "variables")


def write(connection: sa.Connection, records: Sequence[Record]) -> None:
    """Writes records, in the order in which they were made, within the connection's transaction."""
    statements = STATEMENTS[connection.dialect.name]
    of: dict[str, list[Record]] = {}
    for record in records:
        of.setdefault(record.type, []).append(record)
    news = _news(records)
    for name, rows in (
        ("call", [_call(record) for record in of.get("call", ())]),
        ("event", [_event(record) for record in records]),
        ("turn", [_turn(record) for record in of.get("transcript", ())]),
        ("usage", [_usage(record) for record in of.get("usage", ())]),
        ("tool", [_tool(record) for record in of.get("tool", ()) if record.body["status"] == "started"]),
        ("tool finished", [_finished(record) for record in of.get("tool", ()) if record.body["status"] != "started"]),
        ("stream", [_stream(record) for record in of.get("stream", ())]),
        ("news of call", [NO_NEWS | each for each in news if len(each) > len(NUMBER)]),
        ("number of call", [each for each in news if len(each) == len(NUMBER)]),
    ):
        if rows:
            connection.execute(statements[name], rows)


def _event(record: Record) -> Values:
    return {
        "call_id": record.call_id, "seq": record.seq, "at_ms": record.at_ms, "type": record.type, "body": record.body,
    }  # fmt: skip


def _call(record: Record) -> Values:
    told = {name: record.body[name] for name in CALL}
    return told | {
        "id": record.call_id, "sid": told["sid"] or None, "agent": "", "backend": "", "state": "connecting",
        "started_at": _moment(record.at),
    }  # fmt: skip


def _turn(record: Record) -> Values:
    body = record.body
    return {
        "call_id": record.call_id, "number": body["turn"], "seq": record.seq, "role": body["role"],
        "item": body.get("item"), "text": body["text"], "unheard": body.get("unheard", ""),
        "heard_ms": body.get("heard_ms", 0.0), "generated_ms": body.get("generated_ms", 0.0), "at_ms": record.at_ms,
        "latency_ms": body.get("latency_ms"),
    }  # fmt: skip


def _usage(record: Record) -> Values:
    return {"call_id": record.call_id, "seq": record.seq} | {name: record.body[name] for name in USAGE}


def _tool(record: Record) -> Values:
    body = record.body
    return {
        "call_id": record.call_id, "id": body["id"], "seq": record.seq, "name": body["name"],
        "arguments": body["arguments"], "failed": False, "at_ms": record.at_ms,
    }  # fmt: skip


def _finished(record: Record) -> Values:
    body = record.body
    return {
        "in_call": record.call_id, "of_id": body["id"], "output": body["output"], "failed": body["status"] == "failed",
        "took_ms": body["took_ms"],
    }  # fmt: skip


def _stream(record: Record) -> Values:
    body = record.body
    return {
        "call_id": record.call_id, "epoch": body["epoch"], "at_ms": max(0.0, record.at_ms - body["lasted_ms"]),
        "ended_ms": record.at_ms, "media_in": body["media_in"], "media_out": body["media_out"],
        "missing": body["missing"], "longest_gap_ms": body["longest_gap_ms"], "underruns": body["underruns"],
        "corrections": body["corrections"],
    }  # fmt: skip


def _news(records: Iterable[Record]) -> list[Values]:
    """What the records mean to the row of each call, all of a call in one."""
    calls: dict[str, Values] = {}
    for record in records:
        news = calls.setdefault(record.call_id, {"of_id": record.call_id})
        news["new_seq"] = record.seq
        body = record.body
        match record.type:
            case "status":
                news["new_state"] = body["state"]
                if body["state"] == "connected":
                    news.setdefault("new_answered_at", _moment(record.at))
            case "dialled":
                news["new_sid"] = body["sid"]
            case "agent":
                news |= {"new_agent": body["agent"], "new_backend": body["backend"]}
            case "ended":
                news |= {
                    "new_result": body["result"], "new_reason": body["reason"], "new_ended_at": _moment(record.at),
                }  # fmt: skip
            case "usage":
                news |= {"new_cost_usd": body["cost_usd"], "new_unpriced": body["unpriced"]}
            case "recording" if body["status"] == "kept":
                news["new_recording"] = body["url"]
            case "note":
                news["new_data"] = body["data"]
    return list(calls.values())


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


# ---------------------------------------------------------------------------------------------- statements

NUMBER = ("of_id", "new_seq")
NEWS = (
    "new_agent", "new_backend", "new_state", "new_answered_at", "new_result", "new_reason", "new_ended_at", "new_cost_usd", "new_unpriced",
    "new_data", "new_recording", "new_sid",
)  # fmt: skip
NO_NEWS = dict.fromkeys(NEWS)


def _news_of_call() -> sa.Update:
    """Whatever order batches come in (a spool may be read long after newer ones were written), the newest word stands."""
    newer = CallRow.last_seq < sa.bindparam("new_seq", type_=sa.Integer())
    changes: Values = {}
    for name in (
        "agent",
        "backend",
        "state",
        "result",
        "reason",
        "ended_at",
        "cost_usd",
        "unpriced",
        "data",
        "recording",
    ):
        column = CallRow.__table__.c[name]
        kind: Any = _JSON if name == "data" else column.type
        told = sa.bindparam(f"new_{name}", type_=kind)
        nothing = {"data": "{}", "agent": "", "backend": ""}.get(name)
        known: Any = column if nothing is None else sa.func.nullif(sa.cast(column, sa.Text), nothing)
        late = sa.case((known.is_(None), told), else_=column)
        changes[name] = sa.func.coalesce(sa.case((newer, told), else_=late), column)
    for name in ("answered_at", "sid"):  # the first word stands
        column = CallRow.__table__.c[name]
        changes[name] = sa.func.coalesce(column, sa.bindparam(f"new_{name}", type_=column.type))
    changes["last_seq"] = sa.case((newer, sa.bindparam("new_seq", type_=sa.Integer())), else_=CallRow.last_seq)
    return sa.update(CallRow).where(CallRow.id == sa.bindparam("of_id")).values(changes)


def _number_of_call() -> sa.Update:
    """Most batches have no more to tell of most calls."""
    number = sa.bindparam("new_seq", type_=sa.Integer())
    return (
        sa.update(CallRow).where(CallRow.id == sa.bindparam("of_id"), CallRow.last_seq < number).values(last_seq=number)
    )


_JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def _statements(insert: Any) -> dict[str, Any]:
    turn = insert(TurnRow)
    newer = {
        name: turn.excluded[name]
        for name in ("seq", "role", "item", "text", "unheard", "heard_ms", "generated_ms", "latency_ms")
    }
    once = {row: insert(row).on_conflict_do_nothing() for row in (CallRow, EventRow, UsageRow, ToolRow, StreamRow)}
    return {
        "call": once[CallRow],
        "event": once[EventRow],
        "turn": turn.on_conflict_do_update(
            index_elements=["call_id", "number"], set_=newer, where=TurnRow.seq < turn.excluded.seq
        ),
        "usage": once[UsageRow],
        "tool": once[ToolRow],
        "tool finished": sa.update(ToolRow)
        .where(ToolRow.call_id == sa.bindparam("in_call"), ToolRow.id == sa.bindparam("of_id"))
        .values({name: sa.bindparam(name) for name in ("output", "failed", "took_ms")}),
        "stream": once[StreamRow],
        "news of call": _news_of_call(),
        "number of call": _number_of_call(),
    }


STATEMENTS = {"sqlite": _statements(sqlite.insert), "postgresql": _statements(postgresql.insert)}
