"""Twilio's webhooks: a call comes in, a stream has ended, a status is told. Signed, idempotent, in any order."""

import asyncio
import logging
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import parse_qsl

from fastapi import APIRouter, HTTPException, Request, Response

from offhook.call import Call
from offhook.core import events as e
from offhook.core.leg import CallInfo
from offhook.core.states import CallState, Next, is_over
from offhook.core.transfer import TALKED, Dial
from offhook.errors import CallOver, CallRefused, CallsFull, RemoteProtocolError, StoreAway
from offhook.journal.past import Standing
from offhook.phone.twilio import token, twiml
from offhook.phone.twilio.signature import parse_form
from offhook.phone.twilio.wire import verdict_of
from offhook.server import routes
from offhook.server.auth import Access
from offhook.server.body import BodyTooLarge, BodyTooSlow, read_body
from offhook.server.head import Head
from offhook.server.resuming import Resuming
from offhook.switchboard import Switchboard

log = logging.getLogger(__name__)

READY_SECONDS = 10.0  # Twilio waits 15 s for an answer
STATUSES = frozenset(
    {"queued", "initiated", "ringing", "in-progress", "completed", "busy", "no-answer", "canceled", "failed"}
)
APOLOGY = "Sorry, something went wrong on our side. Please call again."


@dataclass(frozen=True, slots=True)
class Webhook:
    """A request that Twilio signed."""

    fields: dict[str, str]
    query: dict[str, str]
    origin: str
    """The origin under which the signature held: Twilio reaches us there."""

    def sid(self) -> str:
        """The CallSid; HTTPException 400 without one."""
        sid = self.fields.get("CallSid", "")
        if not sid:
            raise HTTPException(HTTPStatus.BAD_REQUEST, "The webhook names no CallSid.")
        return sid


class Webhooks:
    """The routes of Twilio, under every path of the table."""

    def __init__(
        self,
        access: Access,
        switchboard: Switchboard,
        ready: asyncio.Event,
        resuming: Resuming | None = None,
        *,
        account_sid: str,
        secret: bytes,
        language: str = "en-US",
        learn: Callable[[str, str], Awaitable[None]] | None = None,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        """`learn` is told the id and the sid of a call of ours that is none of this process's."""
        self._access, self._switchboard, self._ready, self._resuming = access, switchboard, ready, resuming
        self._account_sid, self._secret = account_sid, secret
        self._language, self._learn, self._wall_clock = language, learn, wall_clock

    def router(self) -> APIRouter:
        """A number may be set to ask by GET; what we name in TwiML is asked by POST."""
        router = APIRouter()
        for canonical, answer, methods in (
            (routes.INCOMING_CALL, self._incoming_call, ["POST", "GET"]),
            (routes.TWIML, self._answered, ["POST"]),
            (routes.NEXT, self._next_step, ["POST"]),
            (routes.STATUS, self._status, ["POST"]),
        ):
            for path in routes.paths(canonical):
                router.add_api_route(
                    path,
                    self._signed(answer),
                    methods=methods,
                    include_in_schema=False,  # the carrier's, and nobody else's
                    response_class=Response,
                )
        return router

    def _signed(self, answer: Callable[[Webhook], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            head = Head.of(request.scope)
            fields, origin = await _verified(request, head, self._access)
            if fields.get("AccountSid") != self._account_sid:
                log.warning("webhook refused: it is of another account", extra={"path": head.path})
                raise HTTPException(HTTPStatus.FORBIDDEN, "The webhook is of another account.")
            return await answer(Webhook(fields, dict(request.query_params), origin))

        return endpoint

    async def _incoming_call(self, webhook: Webhook) -> Response:
        """A call comes in. The same CallSid always means the same call."""
        told = webhook.fields
        if (call_status := told.get("CallStatus")) and is_over(call_status):
            return _xml(twiml.hang_up())
        info = CallInfo(
            webhook.sid(), self._account_sid, told.get("From", ""), told.get("To", ""), told.get("Direction", "inbound")
        )
        try:
            async with asyncio.timeout(READY_SECONDS):
                await self._ready.wait()
            if (known := await self._known(info.sid)) is not None:
                return self._stream_to(known, webhook.origin)
            call = self._switchboard.admit(info)
        except (CallsFull, TimeoutError) as refused:
            log.warning("call refused: %s", str(refused) or "the agent is not ready yet")
            return _xml(twiml.reject_busy())
        except CallOver:
            return _xml(twiml.hang_up())
        except CallRefused as refused:
            log.warning("call refused: %s", refused)
            return self._apologise()
        except Exception:
            # Any other answer would make Twilio read out an error message of its own.
            log.exception("a call could not be admitted")
            return self._apologise()
        return self._stream_to(call, webhook.origin)

    async def _known(self, sid: str) -> Standing | None:
        """A call that began, but is not one of this process. Raises CallOver if it has ended."""
        if self._resuming is None or self._switchboard.knows(sid):
            return None
        try:
            known = await self._resuming.standing(sid)
        except StoreAway as away:
            log.warning("a call is taken as a new one: the store is away (%s)", away)
            return None
        if self._switchboard.knows(sid):  # asked twice at once
            return None
        if known is not None and known.over:
            raise CallOver("the call has ended")
        return known

    async def _answered(self, webhook: Webhook) -> Response:
        """A call of ours was answered. Asked again, it is answered likewise."""
        call = await self._ours(webhook)
        if is_over(webhook.fields.get("CallStatus", "in-progress")):
            return _xml(twiml.hang_up())
        if call is None:
            return await self._answered_elsewhere(webhook)
        self._tell_who_answered(call, webhook)
        call.report(e.PickedUp())
        if call.state in (CallState.ENDING, CallState.ENDED):
            return _xml(twiml.hang_up())
        return self._stream_to(call, webhook.origin)

    async def _answered_elsewhere(self, webhook: Webhook) -> Response:
        """A call of ours was answered that another process dialled: its stream joins there, or the call goes on here."""
        call_id, sid, known = webhook.query.get("call_id", ""), webhook.sid(), None
        if self._resuming is not None and not self._switchboard.knows(sid):
            try:
                async with asyncio.timeout(READY_SECONDS):
                    await self._ready.wait()
                known = await self._resuming.answered(call_id, sid)
            except (StoreAway, TimeoutError) as away:
                log.warning("a call was answered of which nothing is known: %s", str(away) or "not ready yet")
                return self._apologise()
        if known is None:
            log.warning("a call was answered that nobody here has asked for, or that is over")
            return _xml(twiml.hang_up())
        return self._stream_to(known, webhook.origin, answered_by=webhook.fields.get("AnsweredBy", ""))

    async def _ours(self, webhook: Webhook) -> Call | None:
        """The call that was asked for here under the id in the address."""
        call_id, sid = webhook.query.get("call_id", ""), webhook.sid()
        call = self._switchboard.bind(call_id, sid)
        if call is None and call_id and self._learn is not None and self._switchboard.find(call_id) is None:
            await self._learn(call_id, sid)
        return call

    @staticmethod
    def _tell_who_answered(call: Call, webhook: Webhook) -> None:
        if (verdict := verdict_of(webhook.fields.get("AnsweredBy", ""))) is not None:
            call.report(verdict)

    async def _next_step(self, webhook: Webhook) -> Response:
        """A stream has ended: open another, or end the call."""
        call_id, sid, call_status = (
            webhook.query.get("call_id", ""),
            webhook.sid(),
            webhook.fields.get("CallStatus", ""),
        )
        epoch, dialled = _number(webhook.query.get("epoch", "")), webhook.fields.get("DialCallStatus", "")
        if self._resuming is not None:
            self._resuming.outdated(call_id, epoch)
            if not self._switchboard.knows(sid):
                if dialled in TALKED:
                    call_status = "completed"  # they have talked, whoever put them through: nobody is to go on
                if call_status == "in-progress":
                    return await self._resume(webhook, self._resuming, call_id, epoch)
                self._over(sid, call_status)
        answer = self._switchboard.next(call_id, sid, call_status, epoch, dialled)
        call = self._switchboard.find(call_id)
        if answer is Next.STREAM and call is not None:
            return self._stream_to(call, webhook.origin)
        if answer is Next.TRANSFER and call is not None and call.dial is not None:
            return self._dial(call, call.dial, webhook.origin)
        return self._ended(answer)

    async def _resume(self, webhook: Webhook, resuming: Resuming, call_id: str, epoch: int | None) -> Response:
        """Somebody else held the call: go on with it."""
        in_vain = _number(webhook.query.get("in_vain", "")) or 0
        try:
            async with asyncio.timeout(READY_SECONDS):
                await self._ready.wait()
            answer, call, in_vain = await resuming.next(call_id, webhook.sid(), epoch, in_vain)
        except (StoreAway, TimeoutError) as away:
            log.warning("a call cannot be gone on with: %s", str(away) or "the agent is not ready yet")
            return self._apologise()
        if answer is Next.STREAM and call is not None:
            return self._stream_to(call, webhook.origin, in_vain)
        return self._ended(answer)

    def _ended(self, answer: Next) -> Response:
        return self._apologise() if answer is Next.APOLOGISE else _xml(twiml.hang_up())

    async def _status(self, webhook: Webhook) -> Response:
        """How a call or a stream fares."""
        told, sid = webhook.fields, webhook.sid()
        call = await self._ours(webhook) or self._switchboard.by_sid(sid)
        extra = {"call_id": call.id} if call is not None else {}
        if told.get("StreamEvent") == "stream-error":
            log.warning("the carrier reports a stream error: %s", told.get("StreamError", ""), extra=extra)
        if call is not None:
            self._tell_who_answered(call, webhook)
        if call_status := told.get("CallStatus"):
            log.info("call status: %s", call_status if call_status in STATUSES else "unknown", extra=extra)
            self._over(sid, call_status)
        return Response(status_code=HTTPStatus.NO_CONTENT)

    def _over(self, sid: str, call_status: str) -> None:
        """The carrier tells of a call, over or not, whoever holds it."""
        if self._resuming is not None and is_over(call_status) and self._switchboard.by_sid(sid) is None:
            self._resuming.over(sid, call_status)
        self._switchboard.status(sid, call_status)

    def _stream_to(self, call: Call | Standing, origin: str, in_vain: int = 0, *, answered_by: str = "") -> Response:
        call_id, sid = (call.id, call.info.sid) if isinstance(call, Call) else (call.call_id, call.sid)
        made = token.make(self._secret, call_id, sid, call.epoch, self._wall_clock())
        next_url = routes.next_url(origin, call_id, call.epoch, in_vain)
        stream_url, status_url = routes.stream_url(origin, call_id), routes.status_url(origin)
        return _xml(twiml.connect_stream(stream_url, made, next_url, status_url, answered_by=answered_by))

    def _dial(self, call: Call, dial: Dial, origin: str) -> Response:
        action = routes.next_url(origin, call.id, call.epoch - 1)
        shown = shown_number(call.info)
        return _xml(twiml.dial(dial.number, action, caller=shown, ring_s=dial.ring_s, limit_s=dial.limit_s))

    def _apologise(self) -> Response:
        return _xml(twiml.say_and_hang_up(APOLOGY, self._language))


def shown_number(info: CallInfo) -> str | None:
    """Whose number is shown to somebody a call is put through to: the caller's, else our own. None if neither is one."""
    inbound = info.direction == "inbound"
    either = (info.caller, info.called) if inbound else (info.caller,)
    return next((each for each in either if re.fullmatch(r"\+[1-9][0-9]{6,14}", each)), None)


async def _verified(request: Request, head: Head, access: Access) -> tuple[dict[str, str], str]:
    """The fields of a request whose signature holds, and the origin it holds under."""
    if request.method == "GET":
        fields = dict(parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True))
        origin = access.verify(head)
    else:
        try:
            form = parse_form(await read_body(request))
        except BodyTooLarge as error:
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"The request has {error}.") from None
        except BodyTooSlow as error:
            raise HTTPException(HTTPStatus.REQUEST_TIMEOUT, f"Stopped waiting: {error}.") from None
        except RemoteProtocolError as error:
            raise HTTPException(HTTPStatus.BAD_REQUEST, f"The request cannot be read: {error}.") from None
        fields = {name: values[-1] for name, values in form.items()}
        origin = access.verify(head, form)
    if origin is None:
        log.warning("webhook refused: the signature does not hold", extra={"path": head.path})
        raise HTTPException(HTTPStatus.FORBIDDEN, "The signature does not hold.")
    return fields, origin


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def _xml(document: str) -> Response:
    return Response(document, media_type=twiml.MEDIA_TYPE)
