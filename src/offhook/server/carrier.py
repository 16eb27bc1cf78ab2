"""What is asked of the carrier about calls that are on: how one stands, and to end one that it does not end by itself."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from offhook.call import Call
from offhook.core import events as e
from offhook.core.states import is_over
from offhook.errors import CarrierError
from offhook.phone.twilio.rest import TwilioRest

log = logging.getLogger(__name__)

UNKNOWN = "unknown"
"""The status of a call that the carrier does not know."""
CLOSE_S = 5.0
"""For what is still to be said to the carrier when the server ends."""


class Carrier:
    """Twilio's REST interface, on behalf of the calls of this process."""

    def __init__(self, rest: TwilioRest) -> None:
        self.rest = rest
        self._tasks: set[asyncio.Task[None]] = set()

    def act(self, call: Call, command: e.AskCarrier | e.EndAtCarrier) -> None:
        """Does what a call wants, in the background."""
        sid = call.info.sid
        if not (sid and call.info.account_sid):
            return  # whoever is dialling it ends it (server/outgoing.py); a browser's call is of no account
        self.start(self._ask(call, sid) if isinstance(command, e.AskCarrier) else self.end(call.id, sid))

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Something that goes on though nobody waits for it."""
        task = asyncio.get_running_loop().create_task(work, name="at the carrier")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def end(self, call_id: str, sid: str) -> None:
        """Ends a call; one that is over already is no error."""
        try:
            await self.rest.hang_up(sid)
        except CarrierError as error:
            log.warning("the carrier did not end a call: %s", error, extra={"call_id": call_id})

    async def _ask(self, call: Call, sid: str) -> None:
        status = await self.status(sid)
        if call.ended or status in (None, UNKNOWN):
            return
        if status == "ringing":
            call.report(e.Rang())
        elif status == "in-progress":
            call.report(e.PickedUp())
        elif is_over(status or ""):
            call.report(e.CarrierEnded(status or ""))

    async def status(self, sid: str) -> str | None:
        """A call's CallStatus, `unknown` if there is no such call, None if the carrier does not say now."""
        try:
            return (await self.rest.fetch(sid)).status
        except CarrierError as error:
            if error.status == 404:
                return UNKNOWN
            log.warning("the carrier does not say how a call stands: %s", error)
        return None

    async def close(self) -> None:
        """Waits a little for what is under way, and closes the connections."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=CLOSE_S)
        for task in self._tasks:
            task.cancel()
        await self.rest.close()
