"""Calls as CSV, for a spreadsheet. No cell can be taken for a formula."""

import csv
import io
import re
from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import datetime
from typing import Any

from offhook.server.shown import summary
from offhook.store.calls import Calls, Kept, Wanted

CALL_COLUMNS = (
    "id", "started_at", "direction", "caller", "called", "agent", "backend", "status", "result", "reason", "answered_at",
    "ended_at", "seconds", "cost_usd", "cost_at_least_usd", "recording",
)  # fmt: skip
TURN_COLUMNS = ("number", "at_ms", "role", "text", "unheard", "heard_ms", "generated_ms", "latency_ms")
AT_A_TIME = 500

_FORMULA = re.compile(r"\s*[=+\-@|%]|[\t\r\n]")
_NUMBER = re.compile(r"\+?[0-9][0-9 ]*")


def cell(value: Any) -> str:
    """A value as it stands in a cell. Spreadsheets take what begins with such a sign for a formula, so a text that does
    gets an apostrophe in front; a telephone number stays one."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat()
    if not isinstance(value, str):
        return str(value)
    return f"'{value}" if _FORMULA.match(value) and not _NUMBER.fullmatch(value) else value


def lines(columns: Iterable[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """Rows as lines of CSV (RFC 4180)."""
    written = io.StringIO()
    csv.writer(written).writerows([cell(row.get(name)) for name in columns] for row in rows)
    return written.getvalue()


def head(columns: Iterable[str]) -> str:
    """The first line."""
    return ",".join(columns) + "\r\n"


def transcript(kept: Kept) -> str:
    """The turns of a call."""
    return head(TURN_COLUMNS) + lines(TURN_COLUMNS, kept.turns)


async def calls(kept: Calls, wanted: Wanted) -> AsyncIterator[str]:
    """A list of calls, a page at a time. Raises StoreAway."""
    after, first = None, True
    while first or after is not None:
        page = await kept.page(wanted, AT_A_TIME, after)
        yield (head(CALL_COLUMNS) if first else "") + lines(CALL_COLUMNS, map(_flat, page.calls))
        after, first = page.next, False


def _flat(call: dict[str, Any]) -> dict[str, Any]:
    shown = summary(call)
    return shown | {"cost_usd": shown["cost"].usd, "cost_at_least_usd": shown["cost"].at_least_usd}
