"""The line of one call to a realtime server: its sessions, one after another, opened again when lost and renewed in time.

How often and how long another session is tried for is decided here; how fast all calls of a process try is the admission's.
"""

import asyncio
import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from offhook.agent.greetings import Greetings
from offhook.agent.realtime import wire
from offhook.agent.realtime.admission import Admission
from offhook.agent.realtime.session import Session
from offhook.agent.realtime.socket import Connect
from offhook.errors import LegFailed

log = logging.getLogger(__name__)

TRIES = 8
PATIENCE_S = 30.0  # from the loss of a session to another: so long somebody waits who is told to, and no longer
FIRST_TRIES = 3  # before the call has begun: the caller waits, and somebody else may answer
FIRST_PATIENCE_S = 12.0
HEALTHY_S = 30.0  # a session that lived so long was one; the tries begin anew
BACKOFF_S = (0.0, 0.0, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)  # by the connections since a session was a healthy one
LIFE_S = 3600.0  # of a session, if the server does not say
SHORTEST_S = 120.0
RENEW_S = 240.0  # before its end a successor is made ready
AT_LAST_S = 20.0  # before its end it is replaced, pause or not
LOOK_S = 0.25  # how often a pause is looked for
PAUSE_S = 2.0  # so long nobody speaks: what was said is written down by then, and the successor is told it
WORDS_S = 10.0  # after it a session that was replaced has no more to tell of what the caller said


@dataclass(frozen=True, slots=True)
class Backend:
    """What the legs of one server and model share."""

    name: str
    """As sentences call it."""
    provider: str
    """As prices.json calls it."""
    model: str
    connect: Connect
    admission: Admission = field(default_factory=Admission)
    greetings: Greetings = field(default_factory=Greetings)
    wall: Callable[[], float] = time.time
    """Unix seconds."""
    clock: Callable[[], datetime] = lambda: datetime.now().astimezone()
    """The local time."""


class Line:
    """`update` makes the first message of a session; `idle` says that nobody speaks, so that a session may be replaced."""

    def __init__(
        self,
        backend: Backend,
        dialect: wire.Dialect,
        call_id: str,
        *,
        update: Callable[[bool], bytes],
        on_fact: Callable[[wire.Fact], None],
        idle: Callable[[], bool],
        tries: int = TRIES,
    ) -> None:
        """`update` is told whether the conversation was under way before; `tries` to get another session for one that was
        lost."""
        self._most = tries
        self._backend, self._dialect, self._call_id = backend, dialect, call_id
        self._update, self._on_fact, self._idle = update, on_fact, idle
        self._session: Session | None = None
        self._former: Session | None = None
        self._tries = 0  # since a session was a healthy one
        self._limit = tries  # of them
        self._since = 0.0

    async def run(
        self,
        over: "asyncio.Future[None]",
        *,
        resumed: bool,
        moved: Callable[[Session], None],
        lost: Callable[[], None],
    ) -> None:
        """Until `over`, whose exception it raises. `moved`: this session carries the conversation from now on, the first
        or another; `lost`: the one that did does no more. Raises LegFailed when there is no getting one."""
        renewal: asyncio.Task[Session] | None = None
        try:
            self._limit = self._most if resumed else FIRST_TRIES
            await self._open(over, moved, resumed=resumed)
            self._limit = min(TRIES, self._tries + self._most)
            while (session := self._session) is not None:
                renewal = asyncio.ensure_future(self._renewed(session))
                await _first_of(over, session.lost, renewal)
                if not (over.done() or session.lost.done()) and renewal.exception() is not None:
                    # Left to the end of the session, which is then as any loss.
                    await _first_of(over, session.lost)
                if over.done():
                    return over.result()
                lost()
                if session.lost.done():
                    renewal.cancel()
                    self._session, failed = None, session.lost.result()
                    if asyncio.get_running_loop().time() - self._since >= HEALTHY_S:
                        self._tries, self._limit = 0, self._most
                    self._backend.admission.failed()
                    if not failed.retryable or self._tries >= self._limit:
                        raise failed
                    log.warning("%s Connecting again.", failed, extra={"call_id": self._call_id})
                    await self._open(over, moved, resumed=True)
                else:
                    log.info("the session was renewed", extra={"call_id": self._call_id})
                    self._retire(session)
                    self._move(renewal.result(), moved)
            return over.result()
        finally:
            self._leave(renewal)

    def _leave(self, renewal: "asyncio.Task[Session] | None") -> None:
        if renewal is not None:
            if renewal.done() and not renewal.cancelled() and renewal.exception() is None:
                renewal.result().close()
            renewal.cancel()
        for session in (self._session, self._former):
            if session is not None:
                session.close()

    async def _open(self, over: "asyncio.Future[None]", moved: Callable[[Session], None], *, resumed: bool) -> None:
        """A session, unless it is over before there is one."""
        patience_s = PATIENCE_S if resumed else FIRST_PATIENCE_S
        opening = asyncio.ensure_future(self._opened(patience_s, resumed=resumed))
        try:
            await _first_of(over, opening)
            if opening.done():
                self._move(opening.result(), moved)
        finally:
            opening.cancel()

    def _move(self, session: Session, moved: Callable[[Session], None]) -> None:
        self._session, self._since = session, asyncio.get_running_loop().time()
        session.on_fact = self._on_fact
        moved(session)

    def _retire(self, session: Session) -> None:
        """A session was replaced; the words of what it heard may still come."""
        session.on_fact = lambda fact: self._on_fact(fact) if isinstance(fact, wire.Transcribed) else None
        self._former = session
        asyncio.get_running_loop().call_later(WORDS_S, session.close)

    async def _opened(self, patience_s: float, *, resumed: bool) -> Session:
        """Raises the last failure when the tries or the patience are over, or when waiting would not help."""
        loop = asyncio.get_running_loop()
        until = loop.time() + patience_s
        failed: LegFailed | None = None
        while True:
            pause_s = BACKOFF_S[min(self._tries, len(BACKOFF_S) - 1)] * random.uniform(0.8, 1.2)
            if failed is not None:
                pause_s = max(pause_s, failed.retry_after_s or 0.0)
                if not failed.retryable or self._tries >= self._limit or loop.time() + pause_s >= until:
                    raise failed
                log.warning("%s Another try.", failed, extra={"call_id": self._call_id})
            await asyncio.sleep(pause_s)
            await self._turn(until, failed, resumed=resumed)
            self._tries += 1
            try:
                return await self._session_made(resumed=resumed)
            except LegFailed as problem:
                failed = problem

    async def _turn(self, until: float, failed: LegFailed | None, *, resumed: bool) -> None:
        """Waits until a connection may be made; no longer than somebody can be let wait."""
        backend = self._backend
        try:
            async with asyncio.timeout_at(until):
                await backend.admission.enter(resumed=resumed)
        except TimeoutError:
            most = backend.admission.most
            why = (
                f"takes {most} connections a minute, and as many were made" if most else "takes no more connections now"
            )
            raise failed or LegFailed(f"{backend.name} {why}.", retryable=resumed) from None

    async def _session_made(self, *, resumed: bool) -> Session:
        admission, session = self._backend.admission, Session(self._dialect, self._backend.name)
        try:
            await session.open(self._backend.connect, self._update(resumed), resumed=resumed)
        except LegFailed as failed:
            if failed.retryable:
                admission.failed(min(failed.retry_after_s or 0.0, PATIENCE_S))
            raise
        admission.worked()
        return session

    async def _renewed(self, session: Session) -> Session:
        """A successor, ready, at a moment when nobody speaks; shortly before the end, whoever does."""
        loop = asyncio.get_running_loop()
        life = LIFE_S if session.expires_at is None else session.expires_at - self._backend.wall()
        if life < SHORTEST_S:  # then our clock and the server's differ
            life = LIFE_S
        last_moment = loop.time() + life - AT_LAST_S
        await asyncio.sleep(max(life / 2, life - RENEW_S))
        self._tries, self._limit = 0, TRIES
        successor = await self._opened(RENEW_S - AT_LAST_S, resumed=True)
        try:
            since = loop.time()
            while loop.time() < min(last_moment, since + PAUSE_S):  # a pause is made by many events
                await asyncio.sleep(LOOK_S)
                since = since if self._idle() else loop.time()
        except BaseException:
            successor.close()
            raise
        return successor


async def _first_of(*awaited: "asyncio.Future[Any]") -> None:
    await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)
