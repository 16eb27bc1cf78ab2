"""The journal: what happens in calls, kept in order and never dropped. One writer; batches of 50 ms.

`publish` is a plain call that puts records into memory. The writer takes them to the database; while that is away, to the
spool, from where they follow in their order. Nothing here ever makes a call wait.
"""

import asyncio
import contextlib
import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import TypeVar

from sqlalchemy.exc import InternalError, NotSupportedError, ProgrammingError

from offhook.core import events as e
from offhook.core.past import Past
from offhook.errors import StoreAway
from offhook.journal import afterwards, rows
from offhook.journal.record import Record, Recorder
from offhook.journal.spool import Spool, left_behind, taken_over
from offhook.outside import clock
from offhook.store.store import Store

log = logging.getLogger(__name__)

BATCH_S = 0.05
WRITE_S = 3.0  # a database that takes longer for a batch is away
RETRY_S, RETRY_MOST_S = 0.5, 15.0
REMEMBERED = 1000
"""Calls that have ended, whose records are still numbered here: where a recording is comes after the end."""
REFUSED = "refused"
"""The folder of what no database takes, beside the spool: a bug to look at, and nothing is lost."""

T = TypeVar("T")
Told = Callable[[Sequence[Record]], None]


def _stumbled(what: str, error: Exception, **extra: str) -> None:
    """A bug. Its message may hold what was said, which enters no log above debug."""
    log.error("%s (%s)", what, type(error).__name__, extra=extra)
    log.debug("%s", what, exc_info=error, extra=extra)


class Journal:
    """The journal of one process. `start` and `close` it on the loop that the calls run on.

    `on_durable` is told records in their order once they are in the database or the spool; `on_passing` those that are
    never kept, at once.
    """

    def __init__(
        self,
        store: Store,
        folder: Path,
        *,
        on_durable: Told = lambda _records: None,
        on_passing: Told = lambda _records: None,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        """`folder`: where the spool is."""
        self.store = store
        self.on_durable, self.on_passing = on_durable, on_passing
        self.wall_clock = wall_clock
        self._folder = folder
        self._spool, self._refused = Spool(folder), Spool(folder / REFUSED)
        self._recorders: dict[str, Recorder] = {}
        self._ended: OrderedDict[str, Recorder] = OrderedDict()
        self._late: set[asyncio.Task[None]] = set()
        self._waiting: list[Record] = []
        self._come = asyncio.Event()
        self._durable = asyncio.Event()
        self._durable.set()
        self._closing = False
        self._elsewhere: OrderedDict[str, None] = OrderedDict()  # calls that another process has taken over
        self._inherited = asyncio.Event()
        self._ready = False  # the tables are there
        self._full = False  # the spool took no more
        self._away: str | None = None
        self._retry_at, self._retry_s = 0.0, RETRY_S
        self._writer: asyncio.Task[None] | None = None
        self._heir: asyncio.Task[None] | None = None
        self._abandoned: set[asyncio.Task[None]] = set()

    # ------------------------------------------------------------------------------------------ what happens in calls

    def publish(self, call_id: str, event: e.Event) -> None:
        """Something happened in a call. Never waits, never raises."""
        try:
            self._record(call_id, event)
        except Exception as error:  # noqa: BLE001
            _stumbled(f"an event could not be recorded: {type(event).__name__}", error, call_id=call_id)

    def _record(self, call_id: str, event: e.Event) -> None:
        if call_id in self._elsewhere:
            return
        now = self._clock() * 1000.0
        recorder = self._recorders.get(call_id) or self._ended.get(call_id)
        if recorder is None and isinstance(event, e.Recorded | e.RecordingLost):
            task = self._loop.create_task(
                self._tell_late(call_id, event, self.wall_clock()), name="late news of a call"
            )
            self._late.add(task)
            task.add_done_callback(self._late.discard)
            return
        if recorder is None:
            recorder = self._recorders[call_id] = Recorder(call_id, now, self.wall_clock())
        records = recorder.records(event, now)
        if isinstance(event, e.Ended) and call_id in self._recorders:
            self._ended[call_id] = self._recorders.pop(call_id).at_rest()
            if len(self._ended) > REMEMBERED:
                self._ended.popitem(last=False)
        if not records:
            return
        if not records[0].seq:
            self.on_passing(records)
            return
        if not self._waiting:
            self._loop.call_later(BATCH_S, self._come.set)
        self._waiting += records
        self._durable.clear()

    def resume(self, past: Past) -> None:
        """From now on this process tells what happens in a call that another began; numbers and times go on."""
        now = self._clock() * 1000.0
        began_ms = now - max(0.0, self.wall_clock() - past.began_at) * 1000.0
        self._elsewhere.pop(past.call_id, None)
        self._recorders[past.call_id] = Recorder(
            past.call_id, began_ms, past.began_at, seq=past.seq, usd=past.usd, unpriced=past.unpriced,
            noted=past.data, remembered=past.memory,
        )  # fmt: skip

    def forget(self, call_id: str) -> None:
        """A call is another process's now, and so are its numbers: what comes of it here is told nobody."""
        self._recorders.pop(call_id, None)
        self._elsewhere[call_id] = None
        if len(self._elsewhere) > REMEMBERED:
            self._elsewhere.popitem(last=False)

    async def inherited(self) -> None:
        """Waits until what processes that died have left in the folder, and of their calls, is in the database."""
        await self._inherited.wait()
        if self._late:
            await asyncio.wait(self._late)

    async def _tell_late(self, call_id: str, event: e.Event, at: float) -> None:
        """News of a call that nobody numbers any more: its process has died, or it ended long ago."""
        while True:
            # What is there of the call may still be on its way, and its numbers with it.
            while self._away is not None or self._heir is None or not self._heir.done():  # noqa: ASYNC110
                await asyncio.sleep(RETRY_S)
            await self.flush()
            try:
                records = await self.store.write(lambda told: afterwards.write(told, call_id, event, at))
            except StoreAway:
                await asyncio.sleep(RETRY_S)
            except Exception as error:  # noqa: BLE001
                return _stumbled(f"an event could not be recorded: {type(event).__name__}", error, call_id=call_id)
            else:
                return self._tell(records)

    @property
    def degraded(self) -> str | None:
        """Why the database is away; None while all is well."""
        return self._away

    # ------------------------------------------------------------------------------------------ life

    async def start(self) -> None:
        """Opens the store and begins to write. A database that is away is no error; ConfigError if it can never be used."""
        self._loop = loop = asyncio.get_running_loop()
        self._clock = clock(loop)
        try:
            await self._open()
        except StoreAway as away:
            self._lose(str(away))
        self._writer = loop.create_task(self._write_on(), name="journal")
        self._heir = loop.create_task(self._inherit(), name="spools of the dead")

    async def flush(self) -> None:
        """Waits until all that was published so far is durable."""
        await self._durable.wait()

    async def close(self) -> None:
        """Writes what is left, to the database or the spool, and gives everything back. Idempotent."""
        if self._writer is None or self._heir is None:
            return
        if self._late:
            await asyncio.wait(self._late, timeout=WRITE_S)
        for task in self._late:
            task.cancel()
        await asyncio.gather(*self._late, return_exceptions=True)
        self._closing = True
        self._come.set()
        self._heir.cancel()
        await asyncio.gather(self._writer, self._heir, return_exceptions=True)
        self._writer = self._heir = None
        await self._aside(self._spool.close)
        await self._aside(self._refused.close)
        for task in self._abandoned:
            task.cancel()
        await asyncio.gather(*self._abandoned, return_exceptions=True)
        await self.store.close()

    async def _write_on(self) -> None:
        """Batch after batch, until closed."""
        while not (self._closing and not self._waiting):
            await self._wait()
            try:
                await self._step()
            except Exception as error:  # noqa: BLE001
                # A bug must not end the journal; what waits, waits on.
                _stumbled("the journal stumbles and goes on", error)
                if self._closing:
                    return
                await asyncio.sleep(RETRY_S)
        while self._away is not None and await self._catch_up():
            pass

    async def _wait(self) -> None:
        """For something to do: records, or the time to look for the database again."""
        if self._away is None:
            await self._come.wait()
        else:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, self._retry_at - self._clock())):
                    await self._come.wait()
        if not self._closing:
            self._come.clear()

    async def _step(self) -> None:
        batch, self._waiting = self._waiting, []
        kept = False
        try:
            kept = not batch or await self._keep(batch)
        finally:
            if not kept:
                self._waiting = batch + self._waiting
                self._come.set()
        if kept and batch:
            self._tell(batch)
        if not self._waiting:
            self._durable.set()
        if self._away is not None and self._clock() >= self._retry_at:
            await self._catch_up()

    async def _keep(self, batch: list[Record]) -> bool:
        """In the database or, while that is away, in the spool. False if neither took it."""
        if self._away is None:
            try:
                await self._write(batch)
                return True
            except StoreAway as away:
                self._lose(str(away))
        try:
            await self._aside(lambda: self._spool.append(batch))
        except OSError as error:
            if self._closing:
                log.error(
                    "%d events of calls are lost: neither the database nor %s takes them", len(batch), self._folder
                )
                return True
            if not self._full:
                log.error("%s takes no more (%s); what happens in calls waits in memory", self._folder, error.strerror)
            self._full = True
            await asyncio.sleep(RETRY_S)
            return False
        self._full = False
        return True

    def _tell(self, batch: list[Record]) -> None:
        try:
            self.on_durable(batch)
        except Exception:
            log.exception("whoever listens to the journal failed")

    # ------------------------------------------------------------------------------------------ the database

    def _lose(self, why: str) -> None:
        if self._away is None:
            log.warning("the database is away (%s); what happens in calls waits in %s", why, self._folder)
            self._retry_s = RETRY_S
        else:
            self._retry_s = min(2.0 * self._retry_s, RETRY_MOST_S)
        self._away = why
        self._retry_at = self._clock() + self._retry_s

    async def _open(self) -> None:
        if not self._ready:
            await self.store.open()
            self._ready = True

    async def _catch_up(self) -> bool:
        """Looks for the database and takes the next of what waits there. True if it was there."""
        try:
            await self._open()
            if records := await self._aside(self._spool.next):
                await self._write(records)
                await self._aside(self._spool.done)
        except StoreAway as away:
            self._lose(str(away))
            return False
        if self._spool.empty:
            log.warning("the database is back, and has all that waited for it")
            self._away = None
        return True

    async def _inherit(self) -> None:
        """What processes that died have left in their spools goes to the database, as soon as it is there."""
        for path in await self._aside(lambda: left_behind(self._folder)):
            while not await self._take_over(path):  # noqa: ASYNC110  (nobody tells when the database is back)
                await asyncio.sleep(RETRY_MOST_S)
        self._inherited.set()

    async def _take_over(self, path: Path) -> bool:
        """False if the database is away: to be tried again. The file goes when all of it is written."""
        if not self._ready:
            return False
        try:
            with taken_over(path) as chunks:
                while chunks is not None and (records := await self._aside(lambda: next(chunks, None))) is not None:
                    await self._write(records)
        except StoreAway:
            return False
        return True

    async def _write(self, records: list[Record]) -> None:
        """One transaction. What the database refuses for its content is put aside, so that the rest goes on."""
        try:
            work = self._transaction(records)
            await (self._patiently(work) if self.store.remote else work)
        except (StoreAway, asyncio.CancelledError):
            raise
        except (ProgrammingError, InternalError, NotSupportedError) as error:
            # Other tables than ours: a newer version's, or a migration is under way.
            raise StoreAway(type(error).__name__) from error
        except Exception as error:  # noqa: BLE001  (whatever it is, it must not stop the rest)
            if len(records) > 1:
                middle = len(records) // 2
                await self._write(records[:middle])
                await self._write(records[middle:])
                return
            log.error(
                "the database refuses a record (%s), which is kept in %s", type(error).__name__,
                self._folder / REFUSED, extra={"call_id": records[0].call_id, "seq": records[0].seq},
            )  # fmt: skip
            await self._aside(lambda: self._refused.append(records))

    async def _transaction(self, records: list[Record]) -> None:
        if records:
            await self.store.write(lambda connection: rows.write(connection, records))

    async def _patiently(self, work: Coroutine[None, None, None]) -> None:
        """Raises StoreAway if it takes too long. It may still come to an end: what it writes may be written twice."""
        task = asyncio.get_running_loop().create_task(work, name="batch of the journal")
        done, _ = await asyncio.wait({task}, timeout=WRITE_S)
        if done:
            return task.result()
        self._abandoned.add(task)
        task.add_done_callback(self._forget)
        task.cancel()
        raise StoreAway(f"it did not answer within {WRITE_S:.0f} s")

    def _forget(self, task: "asyncio.Task[None]") -> None:
        self._abandoned.discard(task)
        if not task.cancelled():
            task.exception()  # of no interest any more

    @staticmethod
    async def _aside(work: Callable[[], T]) -> T:
        """Off the loop's thread: a disk may be slow."""
        return await asyncio.get_running_loop().run_in_executor(None, work)
