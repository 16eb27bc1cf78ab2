"""The live calls of this process: admit, find, hand to streams, drain. The one object that holds them."""

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Collection
from typing import Any

from offhook.audio.format import MULAW_8K, Format
from offhook.call import AtCarrier, Call, Dialable, Publish, Record, nobody
from offhook.core import events as e
from offhook.core.dialling import RING_MS
from offhook.core.leg import AgentLeg, CallInfo
from offhook.core.opening import Plan
from offhook.core.past import Past
from offhook.core.states import CallState, Next, is_over
from offhook.errors import CallOver, CallRefused, CallsFull
from offhook.orders import Order, Outcome, carry_out

log = logging.getLogger(__name__)

OpenAgent = Callable[[CallInfo], AgentLeg]
Elsewhere = Callable[[str, Order], Awaitable[Outcome | None]]
"""Carries an order to whichever other process holds the call; None if none does."""

FINISH_S = 30.0
"""What tools that outlive their calls get when the process ends."""
REMEMBERED = 10_000  # ended calls whose sids are kept, so that a late webhook does not start them anew


class Switchboard:
    """Admits calls up to `limit` and holds each until it has ended. `open_agent` makes the agent leg of a call, `record`
    begins its recording."""

    def __init__(
        self,
        open_agent: OpenAgent,
        *,
        limit: int | None = None,
        max_call_seconds: float = 3600.0,
        max_usd: float | None = None,
        publish: Publish = lambda _call_id, _event: None,
        record: Record | None = None,
        at_carrier: AtCarrier = lambda _call, _command: None,
        dialable: Dialable = nobody,
    ) -> None:
        """`dialable`: the policy of what may be dialled for a caller who is put through."""
        self._open_agent, self._at_carrier = open_agent, at_carrier
        self._limit, self._max_call_seconds, self._max_usd = limit, max_call_seconds, max_usd
        self._publish, self._record, self._dialable = publish, record, dialable
        self.elsewhere: Elsewhere = _nowhere
        self._calls: dict[str, Call] = {}
        self._by_sid: dict[str, Call] = {}
        self._over: dict[bytes, Next] = {}
        self._finishing: set[asyncio.Task[None]] = set()
        self._empty = asyncio.Event()
        self._empty.set()
        self.draining = False

    # ------------------------------------------------------------------------------------------ calls

    @property
    def live(self) -> int:
        """Calls now."""
        return len(self._calls)

    @property
    def calls(self) -> Collection[Call]:
        """The live calls."""
        return self._calls.values()

    @property
    def full(self) -> bool:
        """True if no further call is taken for want of room."""
        return self._limit is not None and self.live >= self._limit

    def find(self, call_id: str) -> Call | None:
        """The live call of this id."""
        return self._calls.get(call_id)

    def by_sid(self, sid: str) -> Call | None:
        """The live call of this carrier's id."""
        return self._by_sid.get(sid)

    def knows(self, sid: str) -> bool:
        """Whether a call is one of this process, or was until it ended."""
        return sid in self._by_sid or _digest(sid) in self._over

    def admit(self, info: CallInfo, *, format: Format = MULAW_8K, open_agent: OpenAgent | None = None) -> Call:
        """The carrier asks what to do with a call. The same sid gives the same call.

        `format` is that of the call's phone legs, `open_agent` opens an agent other than the usual one. Raises
        CallOver if it has ended, CallsFull if there is no room or the process drains.
        """
        if (call := self._by_sid.get(info.sid)) is not None:
            if call.state is CallState.ENDING:
                raise CallOver("the call is ending")
            return call
        if _digest(info.sid) in self._over:
            raise CallOver("the call has ended")
        self._make_room()
        return self._begin(self._made(info, (open_agent or self._open_agent)(info), format=format))

    def dial(
        self,
        info: CallInfo,
        agent: AgentLeg,
        plan: Plan,
        *,
        ring_ms: float = RING_MS,
        id: str | None = None,
        name: str = "",
        backend: str = "",
    ) -> Call:
        """A call of ours, which the carrier is to be asked for now; `bind` tells its sid. `name` is the agent's, and `backend`
        what was asked for in place of its model: whoever goes on with the call needs them. Raises CallsFull."""
        self._make_room()
        call = self._made(info, agent, id=id, plan=plan, ring_ms=ring_ms)
        return self._begin(call, agent=name, backend=backend, amd=plan.detection)

    def _make_room(self) -> None:
        if self.draining:
            raise CallsFull("the server is shutting down")
        if self.full:
            raise CallsFull(f"the limit of {self._limit} calls is reached")

    def _made(self, info: CallInfo, agent: AgentLeg, **ours: Any) -> Call:
        return Call(
            info, agent, publish=self._publish, on_ended=self._ended, at_carrier=self._at_carrier,
            max_call_seconds=self._max_call_seconds, max_usd=self._max_usd, record=self._record, dialable=self._dialable,
            **ours,
        )  # fmt: skip

    def _begin(self, call: Call, **asked: str) -> Call:
        info = call.info
        self._hold(call)
        began = e.CallBegan(
            info.sid, info.account_sid, info.direction, info.caller, info.called, dict(info.variables), **asked
        )  # fmt: skip
        self._publish(call.id, began)
        call.start()
        log.info("call admitted", extra={"call_id": call.id, "direction": info.direction})
        return call

    def bind(self, call_id: str, sid: str) -> Call | None:
        """The carrier names one of our calls: by its answer, when it asks for TwiML, or in its news, whichever comes first.
        None if there is no such call here, or it has another name."""
        call = self._calls.get(call_id)
        if call is None or (call.info.sid and call.info.sid != sid):
            return None
        if not call.info.sid:
            self._by_sid[sid] = call
            call.dialled(sid)
        return call

    def revive(self, past: Past, agent: AgentLeg, plan: Plan | None = None) -> Call:
        """Goes on with a call that another process held, for a stream that is to join it; `plan`: it is one of ours. The same
        call is the same, however often it is asked for. It needs no room: it had some. Raises CallsFull."""
        if (call := self._calls.get(past.call_id)) is not None:
            return call
        if self.draining:
            raise CallsFull("the server is shutting down")
        if past.turns and not (plan is not None and past.machine):
            agent.recall(past)
        call = self._made(past.info, agent, past=past, plan=plan)
        self._hold(call)
        self._publish(call.id, e.StateChanged(CallState.PARKED))
        call.start()
        log.info("call goes on", extra={"call_id": call.id})
        return call

    def let_go(self, call: Call) -> None:
        """Another process holds the call now."""
        log.info("call is another process's now", extra={"call_id": call.id})
        call.let_go()
        self._drop(call)

    def _hold(self, call: Call) -> None:
        self._calls[call.id] = call
        if call.info.sid:
            self._by_sid[call.info.sid] = call
        self._empty.clear()

    def _drop(self, call: Call) -> None:
        del self._calls[call.id]
        self._by_sid.pop(call.info.sid, None)
        for task in call.finishing:
            self._finishing.add(task)
            task.add_done_callback(self._finishing.discard)
        if not self._calls:
            self._empty.set()

    def remember(self, sid: str, word: Next) -> None:
        """A call is over, and this is what to say to a late question. The oldest are forgotten."""
        self._over[_digest(sid)] = word
        if len(self._over) > REMEMBERED:
            del self._over[next(iter(self._over))]

    def _ended(self, call: Call) -> None:
        self._drop(call)
        if call.info.sid:
            self.remember(call.info.sid, call.control.last_word)
        control = call.control
        told = {"call_id": call.id, "result": control.result, "reason": control.reason, "backend": call.backend}
        log.info("call ended", extra=told)

    # ------------------------------------------------------------------------------------------ streams

    def claim(self, call_id: str, sid: str, epoch: int) -> Call:
        """A stream wants to carry a call: its epoch is used up, so that one token opens one stream. Its token names the call of
        both names, so it may be what tells us the carrier's.

        Raises CallRefused.
        """
        call = self.bind(call_id, sid)
        if call is None:
            raise CallRefused("no such call")
        if call.state not in (CallState.CONNECTING, CallState.RINGING, CallState.PARKED):
            raise CallRefused(f"the call is {call.state}")
        if call.epoch != epoch:
            raise CallRefused("the stream's token was used before")
        call.epoch += 1
        return call

    def adopt(self, info: CallInfo, *, format: Format = MULAW_8K, open_agent: OpenAgent | None = None) -> Call:
        """A stream whose call nobody announced: of the user's own TwiML, or of a browser. Raises CallRefused."""
        if info.sid in self._by_sid:
            raise CallRefused("the call has a stream")
        call = self.admit(info, format=format, open_agent=open_agent)
        call.epoch += 1
        return call

    def next(self, call_id: str, sid: str, status: str, epoch: int | None = None, dialled: str = "") -> Next:
        """The stream of an epoch has ended and the carrier asks how to go on; `dialled`: what came of putting the caller
        through, where that is what has ended."""
        call = self._calls.get(call_id)
        if call is None or call.info.sid != sid:
            return self._over.get(_digest(sid), Next.HANG_UP) if status == "in-progress" else Next.HANG_UP
        return call.next(status, epoch, dialled)

    def status(self, sid: str, status: str) -> None:
        """The carrier tells the state of a call, in any order and any number of times."""
        if (call := self._by_sid.get(sid)) is None:
            if is_over(status):
                self._over.setdefault(_digest(sid), Next.HANG_UP)
            return
        if is_over(status):
            call.report(e.CarrierEnded(status))
        elif call.info.direction != "inbound":
            if status == "ringing":
                call.report(e.Rang())
            elif status == "in-progress":
                call.report(e.PickedUp())

    # ------------------------------------------------------------------------------------------ orders

    async def order(self, call_id: str, order: Order) -> Outcome | None:
        """Has a call, named by its id or the carrier's, do what an operator wants; None if nobody holds it."""
        call = self.find(call_id) or self.by_sid(call_id)
        return await self.elsewhere(call_id, order) if call is None else carry_out(order, call)

    # ------------------------------------------------------------------------------------------ the end

    async def drain(self, seconds: float) -> None:
        """Takes no more calls and returns when the last has ended; those left after `seconds` are ended."""
        self.draining = True
        try:
            async with asyncio.timeout(seconds):
                await self._empty.wait()
        except TimeoutError:
            log.warning("%d calls are ended by the shutdown", self.live)
            # Our hang-up is known to the carrier when it asks how to go on: be there to answer.
            self._hang_up_all()
            await self._empty.wait()
        await self.close()

    def _hang_up_all(self) -> None:
        for call in list(self._calls.values()):
            self._tell(call, e.HangUpAsked(e.Reason.SHUT_DOWN, at_once=True))

    @staticmethod
    def _tell(call: Call, event: e.Event) -> None:
        try:
            call.report(event)
        except Exception:
            log.exception("a call did not end in order", extra={"call_id": call.id})

    async def close(self) -> None:
        """Ends every call now."""
        self.draining = True
        calls = list(self._calls.values())
        self._hang_up_all()
        for call in calls:
            self._tell(call, e.CarrierEnded("completed"))
        await asyncio.gather(*(call.closed() for call in calls))
        if self._finishing:
            await asyncio.wait(self._finishing, timeout=FINISH_S)


async def _nowhere(_call_id: str, _order: Order) -> None:
    """There is no other process."""


def _digest(sid: str) -> bytes:
    return hashlib.sha1(sid.encode(), usedforsecurity=False).digest()
