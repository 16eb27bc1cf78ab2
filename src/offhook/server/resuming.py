"""Calls that outlive their process: which stream joins a call is settled in the store, and who lost a call lets it go.

A process that is asked for a call it does not hold answers from the store. Nothing is held until a stream is there: its
token names an epoch, and whoever moves the call's epoch by compare-and-set holds the call. A stream for a call that is
held here joins at once, and the store is told after: so calls are answered while it is away.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime
from weakref import WeakValueDictionary

from offhook.call import Call
from offhook.core import events as e
from offhook.core.control import RESUMES, RESUMES_WITHIN_MS
from offhook.core.dialling import NOT_ANSWERED
from offhook.core.leg import AgentLeg
from offhook.core.opening import Plan
from offhook.core.past import Past
from offhook.core.states import CallState, Next
from offhook.errors import CallOver, CallRefused, CallsFull, StoreAway
from offhook.journal.journal import Journal
from offhook.journal.past import Pasts, Standing
from offhook.journal.record import Record
from offhook.switchboard import Switchboard

log = logging.getLogger(__name__)

AGENT_S = 10.0  # for an agent to be had: the carrier waits 15 s for an answer
STORE_S = 2.0  # a store that takes longer for a question of the carrier's is away
SETTLE_S = 0.1  # a process that still lives has told what it knew of a call by then
GATHER_S = 0.1  # streams that join meanwhile are told to the store at once; and their calls are kept by then
LOOK_S = 1.0  # how often calls that no stream carries are looked after
LOOK_AT_ALL = 5  # so many looks apart, all calls
OVER_S = 20.0  # after the carrier says that a call is over, whoever holds it has told so
IN_VAIN = 3  # answers that bring no stream


Reopen = Callable[[Past], Awaitable[tuple[AgentLeg, Plan | None]]]
"""The agent leg of a call of another process, and how it opens, if it was asked for here."""


class Resuming:
    """Of one process."""

    def __init__(
        self,
        switchboard: Switchboard,
        journal: Journal,
        ready: asyncio.Event,
        reopen: Reopen,
        *,
        tell: Callable[[Sequence[Record]], None] = lambda _records: None,
        taken: Callable[[Past], None] = lambda _past: None,
    ) -> None:
        """`tell` is told records that did not go by way of the journal; `taken`, of calls that go on here."""
        self._switchboard, self._journal, self._ready, self._reopen = switchboard, journal, ready, reopen
        self._pasts, self._tell, self._taken = Pasts(journal.store), tell, taken
        self._joined: dict[str, int] = {}  # epochs that the store is still to be told of
        self._unsure: set[str] = set()  # calls of which it may have been told, or not
        self._come = asyncio.Event()
        self._closing: dict[str, asyncio.Task[None]] = {}
        self._taking: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()  # by the id of the call

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._journal.wall_clock(), UTC)

    # ------------------------------------------------------------------------------------------ what the carrier asks

    async def standing(self, sid: str) -> Standing | None:
        """Where a call stands that this process does not hold; None if nobody ever did. Raises StoreAway."""
        try:
            async with asyncio.timeout(STORE_S):
                await self._journal.inherited()
                return await self._pasts.standing(sid, self._now())
        except TimeoutError:
            raise StoreAway(f"it did not answer within {STORE_S:.0f} s") from None

    async def next(self, call_id: str, sid: str, epoch: int | None, in_vain: int) -> tuple[Next, Standing | None, int]:
        """The carrier asks how to go on with a call in progress that this process does not hold; `in_vain`: so many answers
        brought no stream by now. What to answer, for which call, and how many they are with this one. Raises StoreAway."""
        call = await self.standing(sid)
        if call is None or call.call_id != call_id:
            return Next.HANG_UP, None, 0
        if call.over:
            await self._end(call, e.Result.COMPLETED, e.Reason.AGENT_HUNG_UP)
            return Next.HANG_UP, None, 0
        in_vain = in_vain + 1 if epoch == call.epoch else 0
        often = sum(ago < RESUMES_WITHIN_MS for ago in call.resumed_ms_ago) >= RESUMES
        if often or in_vain >= IN_VAIN:
            reason = e.Reason.RESUMED_TOO_OFTEN if often else e.Reason.NO_STREAM
            await self._end(call, e.Result.FAILED, reason)
            return Next.APOLOGISE, None, 0
        return Next.STREAM, call, in_vain

    async def answered(self, call_id: str, sid: str) -> Standing | None:
        """A call of ours was answered that this process does not hold: whoever dialled it may have died meanwhile. None if it
        is over, or none of ours. Raises StoreAway."""
        call = await self.standing(sid)
        return call if call is not None and call.call_id == call_id and not call.over else None

    def over(self, sid: str, status: str) -> None:
        """The carrier says that a call is over which this process does not hold. If nobody has closed it soon, it is closed
        here."""
        if sid not in self._closing:
            task = self._closing[sid] = asyncio.get_running_loop().create_task(
                self._close(sid, status), name="end of a call"
            )
            task.add_done_callback(lambda _task: self._closing.pop(sid, None))

    async def _close(self, sid: str, status: str) -> None:
        await asyncio.sleep(OVER_S)
        try:
            call = await self.standing(sid)
            if call is not None and self._switchboard.by_sid(sid) is None:
                await self._end(call, *_end_of(call, status))
        except StoreAway as away:
            log.debug("a call is left to be seen to: %s", away)

    async def _end(self, call: Standing, result: e.Result | None, reason: e.Reason) -> None:
        self._tell(await self._pasts.end(call.call_id, self._now(), result, reason))

    # ------------------------------------------------------------------------------------------ streams

    def joined(self, call: Call) -> None:
        """A stream has joined a call that this process holds."""
        self._joined[call.id] = call.epoch
        self._come.set()

    async def claim(self, call_id: str, sid: str, epoch: int) -> Call:
        """A stream wants to carry a call that this process does not hold: it goes on here. Raises CallRefused."""
        if self._switchboard.draining:
            raise CallsFull("the server is shutting down")
        lock = self._taking.setdefault(call_id, asyncio.Lock())
        async with lock:  # an agent may take long to open, and the carrier open another stream meanwhile
            return await self._take(call_id, sid, epoch)

    async def _take(self, call_id: str, sid: str, epoch: int) -> Call:
        try:
            async with asyncio.timeout(2 * STORE_S):
                await self._ready.wait()
                await self._journal.inherited()
                await self._pasts.take(call_id, sid, epoch)
                await asyncio.sleep(SETTLE_S)
                past = await self._pasts.read(call_id, self._now())
        except (StoreAway, TimeoutError) as away:
            raise CallRefused(f"nothing is known of the call: {away or 'the store does not answer'}") from away
        if (call := self._switchboard.find(call_id)) is None:
            return await self._revive(past)
        if call.phone is not None:
            call.phone.lost()  # the stream before this one, which came while the agent was opened
        call.epoch = past.epoch
        return call

    async def _revive(self, past: Past) -> Call:
        self._journal.resume(past)
        self._taken(past)
        agent: AgentLeg | None = None
        try:
            async with asyncio.timeout(AGENT_S):
                agent, opening = await self._reopen(past)
            return self._switchboard.revive(past, agent, opening)
        except BaseException as failed:
            self._journal.forget(past.call_id)
            if agent is not None:
                await agent.close()
            if isinstance(failed, CallsFull) or not isinstance(failed, Exception):
                raise  # the call is left to whoever is asked next
            log.exception("a call cannot be gone on with", extra={"call_id": past.call_id})
            self._switchboard.remember(past.info.sid, Next.APOLOGISE)
            self._tell(await self._pasts.end(past.call_id, self._now(), e.Result.FAILED, e.Reason.AGENT_FAILED))
            raise CallOver("its agent cannot be had") from failed

    # ------------------------------------------------------------------------------------------ who holds a call

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """While the block runs, the store is told which streams have joined, and calls that were lost are let go."""
        looking = asyncio.create_task(self._run(), name="who holds which call")
        try:
            yield
        finally:
            tasks = [looking, *self._closing.values()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self) -> None:
        looks = 0
        while True:
            try:
                async with asyncio.timeout(LOOK_S):
                    await self._come.wait()
                await asyncio.sleep(GATHER_S)
            except TimeoutError:
                looks += 1
            self._come.clear()
            try:
                await self._look(everywhere=looks % LOOK_AT_ALL == 0)
            except StoreAway as away:
                log.debug("who holds a call is not known: %s", away)
            except Exception:
                log.exception("who holds a call could not be looked up")

    async def _look(self, *, everywhere: bool) -> None:
        joined, self._joined = self._joined, {}
        held = {
            call.id: call.epoch
            for call in self._switchboard.calls
            if call.id not in joined and (everywhere or call.id in self._unsure or call.state is CallState.PARKED)
        }
        if not (joined or held):
            return
        try:
            unknown, lost = await self._pasts.advance(joined, held)
        except Exception:
            self._unsure |= joined.keys()
            raise
        self._unsure -= held.keys()
        for call_id in unknown:  # the journal will bring them there
            if self._switchboard.find(call_id) is not None:
                self._joined.setdefault(call_id, joined[call_id])
        for call_id in lost:
            call = self._switchboard.find(call_id)
            if call is not None and call.epoch == (joined | held)[call_id]:
                self._let_go(call)

    def outdated(self, call_id: str, epoch: int | None) -> None:
        """The carrier speaks of a stream of this epoch: if that is beyond what this process gave, others have carried the
        call since."""
        call = self._switchboard.find(call_id)
        if call is not None and epoch is not None and epoch > call.epoch:
            self._let_go(call)

    def _let_go(self, call: Call) -> None:
        self._journal.forget(call.id)
        self._switchboard.let_go(call)
        self._joined.pop(call.id, None)


def _end_of(call: Standing, status: str) -> tuple[e.Result | None, e.Reason]:
    """What a call came to that the carrier says is over; without a result: completed, if it was ever answered."""
    if call.ours and not call.answered and status in NOT_ANSWERED:
        return NOT_ANSWERED[status]
    result = e.Result.COMPLETED if call.ours and status == "completed" else None
    reason = e.Reason.CALLEE_HUNG_UP if call.ours else e.Reason.CALLER_HUNG_UP
    return e.Result.FAILED if status == "failed" else result, reason
