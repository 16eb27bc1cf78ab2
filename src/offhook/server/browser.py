"""The door of the browser's phone: which page may call, whom, and how it comes back to its call.

A page cannot see why an upgrade was refused, so whoever may talk here at all is let in, and what is wrong with the call
it asks for is told by the close code and its reason (docs/browser.md).
"""

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Coroutine
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial
from http import HTTPStatus
from typing import Protocol
from urllib.parse import parse_qs

from offhook.audio.format import PCM16_8K, PCM16_16K, PCM16_24K, Format
from offhook.call import Call
from offhook.core.leg import AgentLeg, CallInfo
from offhook.errors import CallRefused, CallsFull, NotOffered
from offhook.outside import clock
from offhook.phone.browser import wire
from offhook.phone.browser.leg import BrowserLeg, Socket
from offhook.phone.twilio import token
from offhook.server import routes
from offhook.server.auth import Access
from offhook.server.connection import Refused
from offhook.server.follow import NoSuchCall, ViewerMissed, Viewers
from offhook.server.head import Head
from offhook.server.media import Limits, MediaListener, MediaUpgrade, websocket_key
from offhook.switchboard import Switchboard

log = logging.getLogger(__name__)

FORMATS = {"8000": PCM16_8K, "16000": PCM16_16K, "24000": PCM16_24K}
CALLER = "browser"
"""Who calls, as everybody is told it."""

OVER, BAD, WRONG_TOKEN, NO_SUCH, FAILED, LATER = 1000, 4400, 4403, 4404, 1011, 1013
THE_CALL_IS_OVER = "The call is over."

MESSAGE_BYTES = 64 * 1024  # more than a second of audio
LONGEST_NAME = 200
READY_S = 10.0  # a call waits so long for its agent
LAST_WORD_S = 2.0  # what is still to be told when the call is over


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a page asks for."""

    format: Format
    agent: str | None = None
    backend: str | None = None
    call_id: str | None = None
    """To come back to."""


class Offer(Protocol):
    """Agents and backends by their names."""

    async def ready(self, info: CallInfo, *, agent: str | None = None, backend: str | None = None) -> None:
        """Makes ready what `open` will need. Raises NotOffered or CallRefused."""

    def open(self, info: CallInfo, *, agent: str | None = None, backend: str | None = None) -> AgentLeg:
        """The agent leg of a call. Raises NotOffered or CallRefused."""


class BrowserDoor:
    """Takes the upgrades of operators' pages, on the same road as the media streams."""

    def __init__(
        self,
        access: Access,
        switchboard: Switchboard,
        secret: bytes,
        limits: Limits,
        ready: asyncio.Event,
        *,
        viewers: Viewers | None = None,
        offer: Offer | None = None,
        longest_s: float = 3600.0,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        """`viewers` tell a page what happens in its call; `offer` is who can be asked for by name; a page may come back
        for `longest_s`, the longest that a call may be."""
        self._access, self.switchboard, self._secret, self.ready = access, switchboard, secret, ready
        self._limits = replace(
            limits, message_bytes=min(limits.message_bytes, MESSAGE_BYTES), start_seconds=READY_S + limits.start_seconds
        )
        self.viewers, self.offer = viewers, offer
        self._longest_s, self._wall_clock = longest_s, wall_clock
        self._tasks: set[asyncio.Task[None]] = set()

    def knock(self, head: Head) -> MediaUpgrade | Refused | None:
        """The answer to an upgrade; None where the path is another."""
        if head.path.rstrip("/") != routes.BROWSER:
            return None
        if (sentence := self._access.refusal(head)) is not None:
            return Refused(HTTPStatus.FORBIDDEN, sentence)
        if not self._access.is_operator(head):
            return Refused(HTTPStatus.UNAUTHORIZED, "Give the operator's token.")
        key = websocket_key(head)
        if isinstance(key, Refused):
            return key
        wanted = asked_for(head.target)
        return MediaUpgrade(
            key, MediaListener(self._limits, lambda socket: self.open_leg(socket, wanted)), self._limits
        )

    def open_leg(self, socket: Socket, wanted: Wanted | str) -> BrowserLeg:
        """The leg of a page that is let in; `wanted` is what it asks for, or the sentence on what is wrong with that."""
        return _Page(self, socket, wanted).leg

    def start(self, work: Coroutine[None, None, None], name: str) -> None:
        """Runs something that belongs to a page."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def token(self, call: Call) -> str:
        """What lets a page come back to the call, once."""
        return token.make(
            self._secret, call.id, call.info.sid, call.epoch, self._wall_clock(), lifetime_s=self._longest_s
        )

    def epoch(self, call: Call, given: str) -> int:
        """Which stream of the call a token is for. Raises CallRefused."""
        return token.check(self._secret, given, call.id, call.info.sid, self._wall_clock())

    async def close(self) -> None:
        """Ends what belongs to pages."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


class _Page:
    """One socket of a page, from the upgrade until the page has been told everything."""

    def __init__(self, door: BrowserDoor, socket: Socket, wanted: Wanted | str) -> None:
        self._door, self._socket = door, socket
        loop = asyncio.get_running_loop()
        now = clock(loop)
        asked = wanted if isinstance(wanted, Wanted) else Wanted(PCM16_24K)
        resume = None if asked.call_id is None else partial(self._resume, asked.call_id)
        self.leg = BrowserLeg(socket, asked.format, lambda: now() * 1000.0, resume=resume, over=self._over)
        if isinstance(wanted, str):
            loop.call_soon(self.leg.refuse, BAD, wanted)  # once the upgrade is answered
        elif resume is None:
            door.start(self._begin(wanted), "a page's call begins")

    async def _begin(self, wanted: Wanted) -> None:
        door, leg = self._door, self.leg
        info = CallInfo(f"BR{secrets.token_hex(16)}", "", caller=CALLER, called=wanted.agent or "")
        offer = door.offer
        try:
            async with asyncio.timeout(READY_S):
                await door.ready.wait()
                if wanted.agent or wanted.backend:
                    if offer is None:
                        raise NotOffered("Nobody can be asked for by name here.")
                    await offer.ready(info, agent=wanted.agent, backend=wanted.backend)
            if leg.gone:
                return
            open_agent = None if offer is None else partial(offer.open, agent=wanted.agent, backend=wanted.backend)
            call = door.switchboard.adopt(info, format=wanted.format, open_agent=open_agent)
        except TimeoutError:
            leg.refuse(LATER, "The agent is not ready yet: try again in a moment.")
        except CallsFull as full:
            log.warning("page refused: %s", full)
            leg.refuse(LATER, f"No call can be taken now: {full}.")
        except NotOffered as refused:
            leg.refuse(NO_SUCH, str(refused))
        except CallRefused as refused:
            log.warning("page refused: %s", refused)
            leg.refuse(NO_SUCH, "No agent answers calls of this page: name one.")
        except Exception:
            log.exception("a page's call did not begin")
            leg.refuse(FAILED, "Something went wrong on our side.")
        else:
            self._carry(call, 0)

    def _resume(self, call_id: str, leg: BrowserLeg, back: wire.Resume) -> None:
        door = self._door
        call = door.switchboard.find(call_id)
        if call is None or call.info.caller != CALLER:
            leg.refuse(NO_SUCH, THE_CALL_IS_OVER)
            return
        try:
            epoch = door.epoch(call, back.token)
            if call.format != leg.format:
                raise CallRefused(f"the call has another rate than {leg.format.rate}")
            if epoch == call.epoch and isinstance(call.phone, BrowserLeg):
                # The network is gone for the page, and we have not noticed: the page knows best what was heard.
                if back.item is not None:
                    call.phone.played(back.item, back.ms)
                call.phone.lost()
            call = door.switchboard.claim(call_id, call.info.sid, epoch)
        except CallRefused as refused:
            log.warning("page refused: %s", refused, extra={"call_id": call_id})
            leg.refuse(WRONG_TOKEN, f"The page cannot come back to its call: {refused}.")
            return
        self._carry(call, back.after)

    def _carry(self, call: Call, after: int) -> None:
        self.leg.carry(call, self._door.token(call))
        if self._door.viewers is not None:
            self._door.start(self._tell(self._door.viewers, call.id, after), "events to a page")

    async def _tell(self, viewers: Viewers, call_id: str, after: int) -> None:
        """Tells the page what happens in its call, until the call is over or the page gone."""
        while not self.leg.left:
            try:
                async with aclosing(viewers.one(call_id, after)) as texts:
                    async for text in texts:
                        if self.leg.left:
                            return
                        self.leg.tell(text)
                break
            except ViewerMissed as missed:
                after = max(after, missed.last)
                await asyncio.sleep(1.0)
            except NoSuchCall:
                break
        self._socket.close(OVER, THE_CALL_IS_OVER)

    def _over(self) -> None:
        last_word_s = 0.0 if self._door.viewers is None else LAST_WORD_S
        asyncio.get_running_loop().call_later(last_word_s, self._socket.close, OVER, THE_CALL_IS_OVER)


def asked_for(target: str) -> Wanted | str:
    """What an upgrade to this path and query asks for, or one sentence on what is wrong with it."""
    try:
        given = parse_qs(target.partition("?")[2], keep_blank_values=True, max_num_fields=10, errors="strict")
    except ValueError:
        return "The query cannot be read."
    unknown = given.keys() - {"rate", "agent", "backend", "call_id"}
    if unknown or any(len(values) > 1 for values in given.values()):
        return "The query takes rate, agent, backend and call_id, once each."
    first = {name: values[0] for name, values in given.items() if values[0]}
    if any(len(value) > LONGEST_NAME for value in first.values()):
        return f"A name has at most {LONGEST_NAME} characters."
    form = FORMATS.get(first.get("rate", "24000"))
    if form is None:
        return "`rate` must be 8000, 16000 or 24000."
    return Wanted(form, first.get("agent"), first.get("backend"), first.get("call_id"))
