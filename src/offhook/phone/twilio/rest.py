"""Twilio's REST interface: make a call, end it, send it elsewhere, look at it; the account's numbers and their webhooks.

Making a call is not idempotent: a request whose answer is lost is never made again. Whether a call came of it is asked instead:
among the calls to that number, the one that is younger than the request and that nobody here knows. So no number rings twice.
Requests that do no harm when made twice are made again after a failure; all are after a 429, which says that nothing was done.
"""

import asyncio
import random
import re
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, TypeVar
from weakref import WeakValueDictionary

import httpx
from twilio.base.exceptions import TwilioException  # type: ignore[import-untyped]

from offhook.errors import CarrierError
from offhook.outside import clock
from offhook.phone.twilio.http import WHOLE_S, Http, NoAnswer, NotSent, Refused

T = TypeVar("T")

API = "https://api.twilio.com"
TRIES = 4
FIRST_WAIT_S = 0.5
LOOKS_S = (0.5, 1.0, 2.0, 4.0)
"""Waits before each look for a call whose request had no answer: lists lag behind."""
LOOKED_THROUGH = 20
CLOCK_STEP_S = 2.0
"""Twilio's times are whole seconds."""
REMEMBERED = 1000
EVENTS = ("initiated", "ringing", "answered", "completed")
NOT_IN_PROGRESS, NOT_FOUND = 21220, 20404

ADVICE = {
    20003: "Twilio does not take the credentials: copy TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN from its console again",
    20404: "Twilio knows nothing of that name",
    20429: "Twilio is asked too much at once: try again in a moment",
    21205: "Twilio cannot use the address it should ask for TwiML: set PUBLIC_URL to one that can be reached from outside",
    21210: "TWILIO_PHONE_NUMBER is not a number of this account: take one from `offhook number list`",
    21211: "Twilio does not take the number that was to be called: write it as + and digits",
    21212: "Twilio does not take TWILIO_PHONE_NUMBER as a caller's number: write it as + and digits",
    21214: "Twilio cannot reach the number that was to be called",
    21215: "The account may not call that country: open it in Twilio's console under Voice, Geo permissions",
    21219: "A trial account calls verified numbers only: verify this one in Twilio's console",
    21220: "The call is not in a state that allows this: it has ended, or was not answered yet",
    573005: "A trial account calls verified numbers only: verify this one in Twilio's console",
}
"""What to do about the errors that a user can do something about."""


@dataclass(frozen=True, slots=True)
class CallState:
    """A call as Twilio has it."""

    sid: str
    status: str
    """queued, ringing, in-progress, completed, busy, failed, no-answer or canceled."""
    answered_by: str | None = None
    duration_s: int | None = None
    price: float | None = None
    """Negative, in `price_unit`; known some time after the end."""
    price_unit: str | None = None


@dataclass(frozen=True, slots=True)
class OwnNumber:
    """A number of the account, and where its calls go."""

    sid: str
    number: str
    name: str
    voice_url: str
    voice_method: str
    fallback_url: str
    status_callback: str
    application_sid: str
    """Of a TwiML application; while it is set Twilio ignores the voice URL."""
    trunk_sid: str


class TwilioRest:
    """One account. Make it before the server answers: importing Twilio's package takes a while. Close it at the end.

    Every method raises CarrierError.
    """

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        *,
        base_url: str = API,
        transport: httpx.AsyncBaseTransport | None = None,
        timeout_s: float = WHOLE_S,
    ) -> None:
        from twilio.rest import Client  # type: ignore[import-untyped]

        self._http = Http(base_url, transport=transport, whole_s=timeout_s)
        # An environment of its own: TWILIO_REGION and TWILIO_EDGE would lead elsewhere than base_url says.
        self._client = Client(account_sid, auth_token, http_client=self._http, environment={"offhook": ""})
        self._known: deque[str] = deque(maxlen=REMEMBERED)
        """Calls that somebody here already holds."""
        self._dialling: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def close(self) -> None:
        """Closes the connections."""
        await self._http.close()

    # ------------------------------------------------------------ calls

    async def create_call(
        self,
        *,
        to: str,
        caller: str,
        url: str,
        status_callback: str,
        fallback_url: str | None = None,
        ring_s: int = 60,
        time_limit_s: int | None = None,
        machine_detection: Literal["Enable", "DetectMessageEnd"] | None = None,
        async_amd: bool = True,
    ) -> CallState:
        """Dials `to`, which the destination policy has let through, from a number of the account.

        `url` is asked for TwiML at the answer; `status_callback` hears of every step, and with `machine_detection` of who
        answered, while the call goes on; without `async_amd` it goes on, and `url` is asked, only when that is known. With an error whose `done` is None a telephone may be ringing; so it may if this is
        cancelled. Calls to one number are made one after the other, so that one is never taken for another's.
        """
        wanted: dict[str, Any] = {
            "to": to,
            "from_": caller,
            "url": url,
            "method": "POST",
            "status_callback": status_callback,
            "status_callback_event": list(EVENTS),
            "status_callback_method": "POST",
            "timeout": ring_s,
        }
        if fallback_url:
            wanted |= {"fallback_url": fallback_url, "fallback_method": "POST"}
        if time_limit_s:
            wanted["time_limit"] = time_limit_s
        if machine_detection:
            wanted["machine_detection"] = machine_detection
        if machine_detection and async_amd:
            wanted |= {
                "async_amd": "true",
                "async_amd_status_callback": status_callback,
                "async_amd_status_callback_method": "POST",
            }
        async with self._dialling.setdefault(to, asyncio.Lock()):
            return await self._create(wanted)

    async def _create(self, wanted: dict[str, Any]) -> CallState:
        now = clock(asyncio.get_running_loop())
        asked_s = now()
        try:
            made = await self._ask(lambda: self._client.calls.create_async(**wanted), _state, harmless=False)
        except CarrierError as error:
            if error.done is False:
                raise
            return await self._find(wanted["to"], wanted["from_"], lambda: now() - asked_s, error)
        self._known.append(made.sid)
        return made

    async def hang_up(self, sid: str) -> None:
        """Ends a call, also one that still rings. One that is over already is no error."""
        for wait_s in (*LOOKS_S, None):
            try:
                await self._ask(lambda: self._client.calls(sid).update_async(status="completed"), _state, harmless=True)
                return
            except CarrierError as error:
                if error.code == NOT_IN_PROGRESS:
                    return
                if error.code != NOT_FOUND:
                    raise
            if wait_s is not None:  # a call that was just made may not be known everywhere at Twilio, and ring
                await asyncio.sleep(wait_s)
        await self.fetch(sid)

    async def redirect(self, sid: str, url: str) -> CallState:
        """Sends an answered call to other TwiML; its media stream gets `stop`."""
        return await self._ask(
            lambda: self._client.calls(sid).update_async(url=url, method="POST"), _state, harmless=False
        )

    async def fetch(self, sid: str) -> CallState:
        """A call as it is now, or was a moment ago."""
        return await self._ask(lambda: self._client.calls(sid).fetch_async(), _state, harmless=True)

    async def _find(self, to: str, caller: str, waited_s: Callable[[], float], lost: CarrierError) -> CallState:
        """The call that a lost request made; raises the error if none is to be seen."""
        looked = False
        for wait_s in LOOKS_S:
            await asyncio.sleep(wait_s)
            try:
                found = await self._ask(
                    lambda: self._client.calls.list_async(to=to, from_=caller, limit=LOOKED_THROUGH),
                    _listed,
                    harmless=True,
                    tries=1,
                )
            except CarrierError:
                continue
            looked = True
            # By Twilio's clock, not ours: with one that goes wrong a call would be missed, and dialled again.
            since = (self._http.date or datetime.now(UTC)) - timedelta(seconds=waited_s() + CLOCK_STEP_S)
            for call, direction, created in reversed(found):
                if direction == "outbound-api" and created and created >= since and call.sid not in self._known:
                    self._known.append(call.sid)
                    return call
        seen = "but shows no such call" if looked else "and cannot be asked about it"
        raise CarrierError(
            f"{str(lost).rstrip('.')}; it may have made the call, {seen}: look into its console before you dial again.",
            code=lost.code,
            status=lost.status,
            done=None,
        )

    # ------------------------------------------------------------ numbers

    async def numbers(self) -> Sequence[OwnNumber]:
        """The numbers of the account."""
        return await self._ask(
            lambda: self._client.incoming_phone_numbers.list_async(limit=1000),
            lambda numbers: [_number(each) for each in numbers],
            harmless=True,
        )

    async def attach(self, sid: str, *, voice_url: str, fallback_url: str, status_callback: str) -> OwnNumber:
        """Sends a number's calls to these addresses, by POST; a TwiML application or a trunk is taken off."""
        return await self._ask(
            lambda: self._client.incoming_phone_numbers(sid).update_async(
                voice_url=voice_url,
                voice_method="POST",
                voice_fallback_url=fallback_url,
                voice_fallback_method="POST",
                status_callback=status_callback,
                status_callback_method="POST",
                voice_application_sid="",
                trunk_sid="",
            ),
            _number,
            harmless=True,
        )

    # ------------------------------------------------------------ one request

    async def _ask(
        self, request: Callable[[], Awaitable[Any]], read: Callable[[Any], T], *, harmless: bool, tries: int = TRIES
    ) -> T:
        """Makes a request and reads its answer; again after a pause where that is safe. `harmless`: it may be done twice."""
        for left in reversed(range(tries)):
            try:
                return await _once(request, read)
            except CarrierError as error:
                passing = error.status is None or error.status == 429 or error.status >= 500
                if not left or not passing or (error.done is None and not harmless):
                    raise
            wait_s = FIRST_WAIT_S * 2 ** (tries - 1 - left)
            await asyncio.sleep(wait_s * random.uniform(0.5, 1.0))
        raise AssertionError("a last try returns or raises")


async def _once(request: Callable[[], Awaitable[Any]], read: Callable[[Any], T]) -> T:
    try:
        return read(await request())
    except NotSent as error:
        raise CarrierError("Twilio cannot be reached: look at this machine's network and proxy.") from error
    except NoAnswer as error:
        raise CarrierError("Twilio did not answer in time, or not in JSON.", done=None) from error
    except Refused as error:
        raise _refused(error.status, error.code, error.words) from None
    except (TwilioException, AttributeError, KeyError, TypeError, ValueError) as error:
        raise CarrierError("Twilio's answer could not be understood.", done=None) from error


def _refused(status: int, code: int | None, words: str) -> CarrierError:
    done = None if status >= 500 else False
    if advice := ADVICE.get(code or 0):
        sentence = f"{advice} (error {code})."
    elif status == 401:
        sentence = f"{ADVICE[20003]} (HTTP 401)."
    elif done is None:
        sentence = f"Twilio is in trouble (HTTP {status})."
    else:
        said = re.sub(r"\+?[0-9][0-9 ()-]{5,}", "…", words).strip().rstrip(".")
        sentence = f"Twilio refuses (HTTP {status}, error {code}): {said[:200] or 'it does not say why'}."
    return CarrierError(sentence, code=code, status=status, done=done)


def _state(call: Any) -> CallState:
    if not call.sid:
        raise ValueError("a call without a SID")
    return CallState(
        str(call.sid),
        str(call.status),
        call.answered_by or None,
        int(call.duration) if call.duration else None,
        float(call.price) if call.price else None,
        call.price_unit or None,
    )


def _listed(calls: Sequence[Any]) -> list[tuple[CallState, str, datetime | None]]:
    """Calls with their direction and when they were made."""
    return [(_state(each), str(each.direction), each.date_created) for each in calls]


def _number(found: Any) -> OwnNumber:
    if not found.sid:
        raise ValueError("a number without a SID")
    return OwnNumber(
        str(found.sid),
        str(found.phone_number),
        found.friendly_name or "",
        found.voice_url or "",
        found.voice_method or "POST",
        found.voice_fallback_url or "",
        found.status_callback or "",
        found.voice_application_sid or "",
        found.trunk_sid or "",
    )
