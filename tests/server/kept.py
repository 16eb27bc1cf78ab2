"""A journal by hand: records that a test makes, written to a store and then told to viewers."""

import sqlalchemy as sa

from offhook.journal.record import Record
from offhook.store.tables import CallRow, EventRow
from tests.store.rows import call_row

BEGAN = {
    "sid": "CA1", "account_sid": "AC1", "direction": "inbound", "caller": "+15550100", "called": "+15550199",
    "agent": "cafe", "backend": "local", "variables": {},
}  # fmt: skip


class Journal:
    """Calls of a test. `write` makes the next events of a call durable; `tell` tells viewers, which may be later."""

    def __init__(self, store, feed):
        self.store, self.feed = store, feed
        self.seq: dict[str, int] = {}

    async def begin(self, call_id, **given):
        async with self.store.writing() as connection:
            await connection.execute(sa.insert(CallRow), [call_row(call_id, **given)])
        self.seq[call_id] = 0

    async def write(self, call_id, *kinds):
        records = []
        for kind in kinds:
            seq = self.seq[call_id] = self.seq[call_id] + 1
            bodies = {"status": {"status": "in-progress", "state": "connected"}, "call": BEGAN}
            records.append(Record(call_id, seq, seq * 10.0, 1.8e9 + seq, kind, bodies.get(kind, {"n": seq})))
        rows = [
            {"call_id": call_id, "seq": each.seq, "at_ms": each.at_ms, "type": each.type, "body": each.body}
            for each in records
        ]
        changed = {"last_seq": self.seq[call_id]}
        if "ended" in kinds:
            changed |= {"state": "ended", "result": "completed"}
        async with self.store.writing() as connection:
            await connection.execute(sa.insert(EventRow), rows)
            await connection.execute(sa.update(CallRow).where(CallRow.id == call_id).values(**changed))
        return records

    def tell(self, records):
        self.feed.publish(records)

    async def happens(self, call_id, *kinds):
        self.tell(await self.write(call_id, *kinds))
