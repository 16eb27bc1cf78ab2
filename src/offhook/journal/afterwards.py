"""What is told of a call when whoever numbered its records is gone: the numbers go on where those in the store end.

A call's row is locked meanwhile, so that of several who tell something nobody takes another's number.
"""

from sqlalchemy import Connection, func, select

from offhook.core import events as e
from offhook.journal import rows
from offhook.journal.record import Record, Recorder
from offhook.store.calls import ENDED
from offhook.store.tables import CallRow, EventRow


def write(connection: Connection, call_id: str, event: e.Event, at: float) -> list[Record]:
    """Writes what an event means that happened `at` (seconds since 1970), within the connection's transaction. Nothing
    if there is no such call, or if the event is the end of a call that has one."""
    locked = select(CallRow.state, CallRow.started_at).where(CallRow.id == call_id).with_for_update()
    call = connection.execute(locked).one_or_none()
    if call is None or (isinstance(event, e.Ended) and call.state == ENDED):
        return []
    newest = select(func.max(EventRow.seq)).where(EventRow.call_id == call_id)
    began = call.started_at.timestamp()
    recorder = Recorder(call_id, 0.0, began, seq=connection.execute(newest).scalar_one() or 0)
    records = recorder.records(event, (at - began) * 1000.0)
    rows.write(connection, records)
    return records
