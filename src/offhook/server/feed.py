"""From the journal to the bus: records become notices, once they are kept."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import orjson

from offhook.bus import ALL_CALLS, Bus, Notice
from offhook.core.past import Past
from offhook.journal.record import RESULT_STATUS, STATUS, Record

TOLD = ("direction", "caller", "called", "agent", "backend", "started_at")
"""What a viewer of all calls is told of a call beside where it stands."""


class Feed:
    """Of one process."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._known: dict[str, dict[str, Any]] = {}  # what is told of each call that is on

    def publish(self, records: Iterable[Record]) -> None:
        """Tells viewers of records: of those with a `seq` once they are kept, of the others at once."""
        for record in records:
            if self._bus.watched(record.call_id):
                text = orjson.dumps(record.message()).decode()
                key = "" if record.seq else record.type
                notice = Notice(record.call_id, text, record.seq, record.type == "ended", key)
                self._bus.publish(record.call_id, [notice])
            if record.type in ("call", "agent", "status"):
                self._stands(record)
            elif record.type == "ended":
                self._known.pop(record.call_id, None)

    def resume(self, past: Past) -> None:
        """A call that another process began goes on here: what viewers are to be told of it."""
        info = past.info
        self._known[past.call_id] = {
            "started_at": datetime.fromtimestamp(past.began_at, UTC), "agent": past.agent,
            "direction": info.direction, "caller": info.caller, "called": info.called,
        }  # fmt: skip

    def _stands(self, record: Record) -> None:
        """Tells viewers of all calls where one stands, with what is known of it by now."""
        known = self._known.setdefault(record.call_id, {})
        if record.type == "call":
            known["started_at"] = datetime.fromtimestamp(record.at, UTC)
        known |= {name: record.body[name] for name in (*TOLD, "status", "state") if name in record.body}
        if "status" in known and self._bus.watched(ALL_CALLS):
            message = {"type": "status", "call_id": record.call_id, "seq": record.seq, "at_ms": record.at_ms}
            text = orjson.dumps(message | known).decode()
            self._bus.publish(ALL_CALLS, [Notice(record.call_id, text, record.seq, key="status")])


def status_of_row(call: dict[str, Any]) -> str:
    """The same of a call as the store has it."""
    message = {"type": "status", "call_id": call["id"], "seq": call["last_seq"], "status": status_of(call)}
    return orjson.dumps(message | {"state": call["state"]} | {name: call[name] for name in TOLD}).decode()


def status_of(call: dict[str, Any]) -> str:
    """Where a call of the store stands, in the carrier's words where it has one."""
    if call["result"] is not None:
        return RESULT_STATUS[call["result"]]
    return STATUS[call["state"]]
