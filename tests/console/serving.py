"""`python -m tests.console.serving FOLDER PORT [TOKEN]`: a server whose calls are written by a test, line by line.

Each line of its input is a JSON object, answered by a line of its output once it is done:
`{"records": [[call_id, type, at_ms, body], …]}` makes events durable and tells viewers; one without a seq if `type` is
`pulse` or `latency`. Numbers go on where the database has them, so that a process may follow one that was killed.
"""

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import uvloop

from offhook.agent.cafe import agent as cafe
from offhook.agent.roster import Roster
from offhook.cli.compose import agents_shown
from offhook.journal import rows
from offhook.journal.journal import Journal
from offhook.journal.record import Record
from offhook.server.app import App, Options
from offhook.server.finding import missing, note, ok, wrong
from offhook.server.lifetime import Listening, serve
from offhook.store.store import Store
from offhook.store.tables import EventRow
from tests.server.running import ACCOUNT, KEY, GreetingAgent

FINDINGS = [
    ok("Python", "Python 3.11.7 on Linux."),
    note("PUBLIC_URL", "Not set: it is needed when Twilio is to call."),
    missing("Twilio account", "None: set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN."),
    wrong("PORT", "PORT must be a port, 0 to 65535, not 'nine'."),
]
PASSING = ("pulse", "latency")


class Pen:
    """Writes what happens in calls that nobody holds."""

    def __init__(self, app: App, store: Store) -> None:
        self._app, self._store = app, store
        self._seq: dict[str, int] = {}
        self._began: dict[str, float] = {}

    async def write(self, told: list[list[Any]]) -> None:
        records = [await self._record(*each) for each in told]
        kept = [record for record in records if record.seq]
        if kept:
            await self._store.write(lambda connection: rows.write(connection, kept))
        assert self._app.watching is not None
        self._app.watching.feed.publish(records)

    async def _record(self, call_id: str, kind: str, at_ms: float, body: dict[str, Any]) -> Record:
        at = self._began.setdefault(call_id, time.time() - at_ms / 1000.0) + at_ms / 1000.0
        if kind in PASSING:
            return Record(call_id, 0, at_ms, at, kind, body)
        if call_id not in self._seq:
            async with self._store.reading() as connection:
                newest = sa.select(sa.func.max(EventRow.seq)).where(EventRow.call_id == call_id)
                self._seq[call_id] = (await connection.execute(newest)).scalar() or 0
        self._seq[call_id] += 1
        return Record(call_id, self._seq[call_id], at_ms, at, kind, body)


async def main(folder: Path, port: int, token: str) -> None:
    store = Store(f"sqlite:///{folder}/calls.db")
    roster = Roster(cafe, {})
    who = {"operator_token": token} if token else {"demo": True, "try_it": "what are your opening hours"}
    app = App(
        Options(ACCOUNT, [KEY], **who),
        lambda _info: GreetingAgent(),
        journal=Journal(store, folder / "spool"),
        agents=lambda: agents_shown(roster, "shop.py"),
        look=lambda _online: FINDINGS,
    )
    pen = Pen(app, store)

    async def read() -> None:
        loop = asyncio.get_running_loop()
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            await pen.write(json.loads(line)["records"])
            print("done", flush=True)

    def ready(port: int) -> None:
        print(port, flush=True)
        tasks.append(asyncio.create_task(read()))

    tasks: list[asyncio.Task[None]] = []
    await serve(app, Listening(port=port, drain_seconds=0.0), on_started=ready)


if __name__ == "__main__":
    uvloop.run(main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else ""))
