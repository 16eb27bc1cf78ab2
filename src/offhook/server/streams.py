"""The door of the media streams: which upgrades are taken, and which call a stream may claim."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus

from offhook.call import Call
from offhook.core.leg import CallInfo
from offhook.errors import CallRefused
from offhook.outside import clock
from offhook.phone.twilio import token
from offhook.phone.twilio.leg import Socket, TwilioLeg
from offhook.phone.twilio.wire import Start, verdict_of
from offhook.server import routes
from offhook.server.auth import Access
from offhook.server.connection import Refused
from offhook.server.head import Head
from offhook.server.media import Limits, MediaListener, MediaUpgrade, websocket_key
from offhook.server.resuming import Resuming
from offhook.switchboard import Switchboard

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class StreamRules:
    """What a stream must bring, and how it is heard."""

    account_sid: str
    secret: bytes
    """Signs the tokens (phone/twilio/token.py)."""
    allow_own_twiml: bool = False
    playout_offset_ms: float = 0.0
    show_timing_math: bool = False


class StreamDoor:
    """Takes media upgrades that are signed, and ties each stream to its call by the token in `start`."""

    def __init__(
        self,
        access: Access,
        switchboard: Switchboard,
        rules: StreamRules,
        limits: Limits,
        ready: asyncio.Event,
        resuming: Resuming | None = None,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self._access, self._switchboard, self._resuming = access, switchboard, resuming
        self._rules, self._limits, self._ready, self._wall_clock = rules, limits, ready, wall_clock

    def knock(self, head: Head) -> MediaUpgrade | Refused | None:
        """The answer to an upgrade; None where the path is no media path."""
        call_id = routes.media_call_id(head.path)
        if call_id is None:
            return None
        if (sentence := self._access.refusal(head)) is not None:
            return Refused(HTTPStatus.FORBIDDEN, sentence)
        if call_id == routes.OWN_TWIML and not self._rules.allow_own_twiml:
            return Refused(HTTPStatus.FORBIDDEN, "Set ALLOW_OWN_TWIML=true to take streams of your own TwiML.")
        if self._access.verify(head, upgrade=True) is None:
            log.warning("media upgrade refused: the signature does not hold")
            return Refused(HTTPStatus.FORBIDDEN, "The signature does not hold.")
        key = websocket_key(head)
        if isinstance(key, Refused):
            return key
        return MediaUpgrade(
            key, MediaListener(self._limits, lambda socket: self.open_leg(socket, call_id)), self._limits
        )

    def open_leg(self, socket: Socket, call_id: str) -> TwilioLeg:
        """The leg of a connection that is let in; `call_id` is what its address named."""
        now = clock(asyncio.get_running_loop())
        return TwilioLeg(
            socket,
            lambda start: self._claim(start, call_id),
            lambda: now() * 1000.0,
            playout_offset_ms=self._rules.playout_offset_ms,
            show_timing_math=self._rules.show_timing_math,
        )

    def _claim(self, start: Start, call_id: str) -> Call | Awaitable[Call]:
        if start.account_sid != self._rules.account_sid:
            raise CallRefused("the stream is of another account")
        if call_id == routes.OWN_TWIML:
            if not self._ready.is_set():
                raise CallRefused("the agent is not ready yet")
            # Such a stream tells no numbers, unless its TwiML passes them on as parameters.
            told = start.parameters
            return self._switchboard.adopt(
                CallInfo(start.call_sid, start.account_sid, caller=told.get("From", ""), called=told.get("To", ""))
            )
        given = start.parameters.get("token", "")
        epoch = token.check(self._rules.secret, given, call_id, start.call_sid, self._wall_clock())
        if self._resuming is None:
            return self._switchboard.claim(call_id, start.call_sid, epoch)
        self._resuming.outdated(call_id, epoch)
        if self._switchboard.find(call_id) is None:
            return self._take_over(start, call_id, epoch, self._resuming)
        call = self._switchboard.claim(call_id, start.call_sid, epoch)
        self._resuming.joined(call)
        return _told_who_answered(call, start)

    async def _take_over(self, start: Start, call_id: str, epoch: int, resuming: Resuming) -> Call:
        """The stream is of a call that this process does not hold."""
        return _told_who_answered(await resuming.claim(call_id, start.call_sid, epoch), start)


def _told_who_answered(call: Call, start: Start) -> Call:
    """The carrier may have told another process."""
    if (verdict := verdict_of(start.parameters.get("answered_by", ""))) is not None:
        call.report(verdict)
    return call
