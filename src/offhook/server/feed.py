"""From the journal to the bus: records become notices, once they are kept."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import orjson

from offhook.bus import ALL_CALLS, Bus, Notice
from offhook.journal.record import RESULT_STATUS, STATUS, Record

TOLD = ("direction", "caller", "called", "agent", "backend", "started_at")
"""What a viewer of all calls is told of a call beside where it stands."""


class Feed:
    """Of one process."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._began: dict[str, dict[str, Any]] = {}  # what is told of each call that is on

    def publish(self, records: Iterable[Record]) -> None:
        """Tells viewers of records: of those with a `seq` once they are kept, of the others at once."""
        for record in records:
            if record.type == "call":
                about = record.body | {"started_at": datetime.fromtimestamp(record.at, UTC)}
                self._began[record.call_id] = {name: about[name] for name in TOLD}
            if self._bus.watched(record.call_id):
                text = orjson.dumps(record.message()).decode()
                key = "" if record.seq else record.type
                notice = Notice(record.call_id, text, record.seq, record.type == "ended", key)
                self._bus.publish(record.call_id, [notice])
            if record.type == "status" and self._bus.watched(ALL_CALLS):
                text = orjson.dumps(record.message() | self._began.get(record.call_id, {})).decode()
                self._bus.publish(ALL_CALLS, [Notice(record.call_id, text, record.seq, key="status")])
            if record.type == "ended":
                self._began.pop(record.call_id, None)


def status_of_row(call: dict[str, Any]) -> str:
    """The same of a call as the store has it."""
    message = {"type": "status", "call_id": call["id"], "seq": call["last_seq"], "status": status_of(call)}
    return orjson.dumps(message | {"state": call["state"]} | {name: call[name] for name in TOLD}).decode()


def status_of(call: dict[str, Any]) -> str:
    """Where a call of the store stands, in the carrier's words where it has one."""
    if call["result"] is not None:
        return RESULT_STATUS[call["result"]]
    return STATUS[call["state"]]
