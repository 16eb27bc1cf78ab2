"""Calls that are asked for here: may it be dialled, was it asked for before, what did the carrier say. One road for all of them.

The call is there, and kept, before the carrier is asked, so that its news find it wherever they arrive. Nothing is dialled
twice for one wish: a repeated key gets the first one's answer, and a request whose answer was lost is looked for
(phone/twilio/rest.py), never made again.
"""

import asyncio
import hashlib
import logging
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

import orjson

from offhook.agent.outbound import plan
from offhook.agent.roster import Roster
from offhook.call import Call
from offhook.core import events as e
from offhook.core.leg import CallInfo
from offhook.core.opening import Detection, Plan
from offhook.errors import CallRefused, CallsFull, CarrierError, StoreAway
from offhook.journal.journal import Journal
from offhook.phone.allowance import Allowance, Grant
from offhook.phone.destinations import Destinations
from offhook.server import routes
from offhook.server.carrier import Carrier
from offhook.store.asked import Asked, AskedCalls
from offhook.store.calls import Calls
from offhook.switchboard import Switchboard

log = logging.getLogger(__name__)

DIRECTION = "outbound-api"
OPERATOR = "operator"
"""Whose calls a minute are counted: there is one operator's token."""
ELSEWHERE_S, LOOK_S = 30.0, 0.25
"""How long, and how often, the answer of another process to the same wish is looked for."""
LIMIT_LATE_S = 30
"""Beyond our own limit on a call's length the carrier ends it, should we not be there to do so."""
FULL_AGAIN_S = 5
NO_ACCOUNT = "No calls can be made: set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN."
NO_NUMBER = "No calls can be made: set TWILIO_PHONE_NUMBER to a number of the account."
NO_ORIGIN = "No calls can be made: set PUBLIC_URL, the address that Twilio reaches this server at."
OTHER_WISH = "That Idempotency-Key was used for another call: take a new one."
NOBODY_KNOWS = "The call was asked for before, and it is not known what came of it: look into Twilio's console before you dial again."
NOBODY_COUNTS = "The call is not made: the database is away, and it is not known what the day has cost."
UNREADABLE = ("unreadable", "invalid", "short")
NUMBERS = frozenset({21210, 21211, 21212, 21214, 21215, 21216, 21217, 21219, 21601, 13223, 13224, 13227, 573005})
"""Twilio's codes that are about the number, not about us."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A call that somebody wants."""

    phone_number: str
    agent: str | None = None
    backend: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    amd: Detection | None = None

    def digest(self) -> str:
        """Tells one wish from another."""
        told = [self.phone_number.strip(), self.agent, self.backend, dict(self.variables), self.amd]
        return hashlib.sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).hexdigest()


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered to a wish, as HTTP has it."""

    status: int
    body: Mapping[str, Any]
    retry_after_s: int | None = None
    undone: bool = False
    """Surely nobody was called, so that the same wish may be made again."""

    @classmethod
    def no(cls, status: int, sentence: str, retry_after_s: int | None = None) -> "Reply":
        """A refusal before anything was done."""
        return cls(status, {"detail": sentence}, retry_after_s, undone=True)


@dataclass(frozen=True, slots=True)
class Dialling:
    """What calls are made with."""

    account_sid: str
    number: str | None
    """The account's, that calls come from."""
    destinations: Destinations
    allowance: Allowance
    roster: Roster
    carrier: Carrier | None
    """None where there are no credentials."""
    ring_s: int = 60
    max_call_s: float = 3600.0
    max_usd: float | None = None
    """The most that a call may cost."""
    local_carrier: bool = False
    """The carrier is a simulated one on this machine, which reaches us where our user does."""


class Outgoing:
    """The calls that this process is asked for."""

    def __init__(
        self,
        means: Dialling,
        switchboard: Switchboard,
        journal: Journal,
        *,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self._means, self._switchboard, self._journal = means, switchboard, journal
        self._keys, self._calls = AskedCalls(journal.store), Calls(journal.store)
        self._wall_clock = wall_clock
        self._wished: dict[str, tuple[str, asyncio.Task[Reply]]] = {}
        self._tasks: set[asyncio.Task[Reply]] = set()
        self._grants: dict[str, tuple[Grant, float]] = {}
        self._restored = means.allowance.unlimited

    # ------------------------------------------------------------------------------------------ wishes

    async def call(self, wish: Wish, key: str = "", *, origin: str | None) -> Reply:
        """Makes the call, unless it may not be made or was made before. `origin`: where the carrier reaches us. Raises
        StoreAway if there is a key, or a limit on a day's cost, and nobody can tell what was before."""
        verdict = self._means.destinations.check(wish.phone_number)
        if not verdict.allowed:
            unreadable = verdict.why in UNREADABLE
            return Reply.no(HTTPStatus.UNPROCESSABLE_ENTITY if unreadable else HTTPStatus.FORBIDDEN, verdict.sentence)
        missing = self._missing(origin)
        if missing is not None:
            return Reply.no(HTTPStatus.SERVICE_UNAVAILABLE, missing)
        assert origin is not None
        await self._restore()
        if not key:
            return await self._to_the_end(self._make(wish, verdict.number, secrets.token_hex(8), origin))
        digest, asked = wish.digest(), hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
        if asked not in self._wished:
            task = self._begin(self._once(asked, digest, wish, verdict.number, origin))
            self._wished[asked] = digest, task
            task.add_done_callback(lambda _task: self._wished.pop(asked, None))
        same, task = self._wished[asked]
        if same != digest:
            return Reply.no(HTTPStatus.UNPROCESSABLE_ENTITY, OTHER_WISH)
        return await asyncio.shield(task)

    def _missing(self, origin: str | None) -> str | None:
        means = self._means
        if means.carrier is None:
            return NO_ACCOUNT
        if means.number is None:
            return NO_NUMBER
        return NO_ORIGIN if origin is None else None

    def _begin(self, work: Any) -> asyncio.Task[Reply]:
        task: asyncio.Task[Reply] = asyncio.get_running_loop().create_task(work, name="a call that is asked for")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _to_the_end(self, work: Any) -> Reply:
        """Whoever asked may be gone: a call that is being made must be known all the same."""
        return await asyncio.shield(self._begin(work))

    async def _once(self, key: str, digest: str, wish: Wish, number: str, origin: str) -> Reply:
        asked = await self._keys.claim(key, secrets.token_hex(8), digest)
        if asked.wish != digest:
            return Reply.no(HTTPStatus.UNPROCESSABLE_ENTITY, OTHER_WISH)
        if not asked.mine:
            return await self._of_before(key, asked)
        try:
            reply = await self._make(wish, number, asked.call_id, origin)
        except Exception:
            log.exception("a call could not be made")
            reply = Reply(HTTPStatus.INTERNAL_SERVER_ERROR, {"detail": NOBODY_KNOWS, "call_id": asked.call_id})
        try:
            if reply.undone:
                await self._keys.release(key, asked.call_id)
            else:
                await self._keys.answer(key, reply.status, reply.body)
        except StoreAway as away:  # a repeat is answered by what is known of the call
            log.warning(
                "the answer to a wish for a call could not be kept (%s)", away, extra={"call_id": asked.call_id}
            )
        return reply

    async def _of_before(self, key: str, asked: Asked) -> Reply:
        """The answer to the same wish: of another process, which may be at it, or of one that has died meanwhile."""
        looks = int(ELSEWHERE_S / LOOK_S)
        for left in reversed(range(looks)):
            if asked.status is not None and asked.answer is not None:
                return Reply(asked.status, asked.answer)
            if asked.sid is not None:
                return Reply(HTTPStatus.OK, placed(asked.call_id, asked.sid, await self._status(asked.call_id)))
            if left:
                await asyncio.sleep(LOOK_S)
                found = await self._keys.find(key)
                if found is None:  # nothing came of it
                    return Reply.no(HTTPStatus.CONFLICT, "The same wish was refused a moment ago: make it again.")
                asked = found
        return Reply(HTTPStatus.GATEWAY_TIMEOUT, {"detail": NOBODY_KNOWS, "call_id": asked.call_id})

    async def _status(self, call_id: str) -> str:
        state = await self._calls.state(call_id)
        return {"connecting": "queued", "ringing": "ringing", "ended": "completed"}.get(state or "", "in-progress")

    # ------------------------------------------------------------------------------------------ one call

    async def _make(self, wish: Wish, number: str, call_id: str, origin: str) -> Reply:
        means = self._means
        assert means.number is not None
        info = CallInfo("", means.account_sid, means.number, number, DIRECTION, dict(wish.variables))
        who = {"agent": wish.agent, "backend": wish.backend}
        try:
            await means.roster.ready(info, **who)
            agent = means.roster.agent_of(info, **who)
            opening = plan(agent, wish.amd)
        except CallRefused as refused:
            return Reply.no(HTTPStatus.UNPROCESSABLE_ENTITY, str(refused))
        now = self._wall_clock() * 1000.0
        self._settle_lost(now)
        grant = means.allowance.admit(OPERATOR, now, means.max_usd or 0.0)
        if not grant.allowed:
            return Reply.no(HTTPStatus.TOO_MANY_REQUESTS, grant.sentence, grant.retry_after_s)
        try:
            ring_ms = means.ring_s * 1000.0
            call = self._switchboard.dial(
                info, means.roster.open(info, **who), opening, ring_ms=ring_ms, id=call_id, name=agent.name,
                backend=wish.backend or "",
            )  # fmt: skip
        except CallRefused as refused:
            means.allowance.settle(grant, 0.0, now)
            status = HTTPStatus.SERVICE_UNAVAILABLE
            again_s = FULL_AGAIN_S if isinstance(refused, CallsFull) else None
            return Reply.no(status, f"The call is not made: {str(refused).rstrip('.')}.", again_s)
        self._grants[call.id] = grant, 0.0
        await self._journal.flush()  # before the carrier is asked: its news may arrive anywhere
        beyond = await self._beyond_the_limits(now)
        if beyond is not None:
            call.report(e.NotDialled())
            return beyond
        return await self._dial(call, opening, origin)

    async def _beyond_the_limits(self, now: float) -> Reply | None:
        """Why a call that is in the store by now is beyond what all processes may dial, if it is: each counts after it has
        told, so that of several who pass a limit at once none is dialled, rather than all."""
        means, most_usd = self._means, self._means.max_usd or 0.0
        at = datetime.fromtimestamp(now / 1000.0, UTC)
        try:
            dialled, usd = await self._calls.dialled(
                DIRECTION, at - timedelta(minutes=1), _day_of(at), most_usd, but=e.Reason.NOT_DIALLED.value
            )
        except StoreAway:
            if means.allowance.unlimited:
                return None
            return Reply.no(HTTPStatus.SERVICE_UNAVAILABLE, NOBODY_COUNTS, FULL_AGAIN_S)
        grant = means.allowance.together(dialled, usd, now, most_usd)
        return None if grant.allowed else Reply.no(HTTPStatus.TOO_MANY_REQUESTS, grant.sentence, grant.retry_after_s)

    async def _dial(self, call: Call, opening: Plan, origin: str) -> Reply:
        means, info = self._means, call.info
        assert means.carrier is not None
        url = routes.twiml_url(origin, call.id)
        detects = opening.detection != "off"
        try:
            made = await means.carrier.rest.create_call(
                to=info.called,
                caller=info.caller,
                url=url,
                fallback_url=url,
                status_callback=routes.status_url(origin, call.id),
                ring_s=means.ring_s,
                time_limit_s=int(means.max_call_s) + LIMIT_LATE_S,
                machine_detection=("DetectMessageEnd" if opening.voicemail else "Enable") if detects else None,
                async_amd=opening.detection == "async",
            )
        except CarrierError as error:
            return self._not_made(call, error)
        known = self._switchboard.bind(call.id, made.sid)
        # One that was given up meanwhile, or for which another was found, is ended; one that goes on elsewhere is not.
        if known is None and call.info.sid != made.sid and not call.elsewhere:
            log.warning("a call was dialled that nobody waits for any more", extra={"call_id": call.id})
            means.carrier.start(means.carrier.end(call.id, made.sid))
        return Reply(HTTPStatus.OK, placed(call.id, made.sid, made.status))

    def _not_made(self, call: Call, error: CarrierError) -> Reply:
        log.warning("a call was not made: %s", error, extra={"call_id": call.id, "code": error.code})
        undone = error.done is False
        if undone:
            call.report(e.NotDialled())
        body = {"detail": str(error), "code": error.code, "call_id": call.id}
        return Reply(_status_of(error), body, 1 if error.status == HTTPStatus.TOO_MANY_REQUESTS else None, undone)

    # ------------------------------------------------------------------------------------------ what it costs

    async def _restore(self) -> None:
        """What today's calls have cost before this process began."""
        if not self._restored:
            now = self._wall_clock()
            day = _day_of(datetime.fromtimestamp(now, UTC))
            self._means.allowance.restore(await self._calls.cost_since(day, DIRECTION), now * 1000.0)
            self._restored = True

    def _settle_lost(self, now: float) -> None:
        """Calls that another process has taken over give back what was reserved here: they count there, and in the store."""
        for call_id in [call_id for call_id in self._grants if self._switchboard.find(call_id) is None]:
            grant, usd = self._grants.pop(call_id)
            self._means.allowance.settle(grant, usd, now)

    def watch(self, call_id: str, event: e.Event) -> None:
        """Sees every event of every call: what calls of ours cost."""
        if call_id not in self._grants:
            return
        grant, usd = self._grants[call_id]
        if isinstance(event, e.Used):
            self._grants[call_id] = grant, usd + (event.usd or 0.0)
        elif isinstance(event, e.Ended):
            del self._grants[call_id]
            self._means.allowance.settle(grant, usd, self._wall_clock() * 1000.0)

    async def learn(self, call_id: str, sid: str) -> None:
        """The carrier has news of a call that is none of this process's: its name is kept, should whoever dialled it have died
        before it was told."""
        try:
            await self._calls.name(call_id, sid, DIRECTION)
        except StoreAway as away:
            log.debug("a call's name could not be kept: %s", away)

    async def close(self) -> None:
        """Waits for the calls that are being made, and closes the way to the carrier."""
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._means.carrier is not None:
            await self._means.carrier.close()


def _day_of(at: datetime) -> datetime:
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


def placed(call_id: str, sid: str, status: str) -> dict[str, Any]:
    """The answer to a wish that was granted."""
    return {"call_id": call_id, "twilio_sid": sid, "call_sid": sid, "status": status}


def _status_of(error: CarrierError) -> int:
    if error.code in NUMBERS:
        return HTTPStatus.UNPROCESSABLE_ENTITY
    if error.status == HTTPStatus.TOO_MANY_REQUESTS:
        return HTTPStatus.TOO_MANY_REQUESTS
    return HTTPStatus.GATEWAY_TIMEOUT if error.status is None and error.done is None else HTTPStatus.BAD_GATEWAY
