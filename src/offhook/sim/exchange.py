"""The carrier's REST interface: an account with numbers, and the calls it makes. Pure.

A request goes in with the time, an answer comes out; calls are started and changed by way of `Lines`, which the shell gives.
Requests are taken as strictly as Twilio's pages allow, and go wrong on demand (`RestFaults`).
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import parse_qsl

from offhook.sim import rest_errors as errors
from offhook.sim import rest_parameters as parameters
from offhook.sim import rest_shapes as shapes
from offhook.sim.carrier import CarrierCall
from offhook.sim.orders import Order
from offhook.sim.outbound import OutboundCall
from offhook.sim.placing import placed
from offhook.sim.plan import Plan
from offhook.sim.rest_errors import RestError
from offhook.sim.rest_shapes import API, Number

KEPT = 1000
"""Calls that can still be read."""


@dataclass(slots=True)
class RestRequest:
    """A request as it came; header names in lower case, the query undecoded."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(slots=True)
class RestAnswer:
    """What is answered, after a time; `silent`: never, though all was done."""

    status: int
    body: dict[str, Any]
    after_ms: float = 0.0
    silent: bool = False


class Lines(Protocol):
    """Where calls happen."""

    def place(self, call: OutboundCall) -> None:
        """Begins a call."""

    def change(self, sid: str, change: Callable[[float], list[Order]]) -> None:
        """Tells a running call of something, at that call's own time."""


class Exchange:
    """Answers requests. `calls` keeps the calls that were made, newest last."""

    def __init__(self, plan: Plan, lines: Lines) -> None:
        self.plan = plan
        self.calls: dict[str, OutboundCall] = {}
        self.numbers = {
            sid: Number(number, sid)
            for number in plan.numbers
            for sid in ["PN" + hashlib.md5(number.encode(), usedforsecurity=False).hexdigest()]
        }
        self._lines = lines
        self._free_ms = 0.0
        """When the next call may begin."""

    def receive(self, request: RestRequest, now: float) -> RestAnswer:
        """Does what is asked and says what is answered."""
        faults = self.plan.faults
        try:
            self._authenticate(request)
            if faults.spend("too_many"):
                raise RestError(errors.TOO_MANY)
            if faults.spend("trouble"):
                raise RestError(errors.TROUBLE)
            answer = self._route(request, now)
        except RestError as error:
            answer = RestAnswer(error.status, error.body)
        answer.after_ms = faults.slow_ms
        return answer

    def _authenticate(self, request: RestRequest) -> None:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        try:
            user, _, secret = base64.b64decode(given, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise RestError(errors.NOT_AUTHENTICATED) from None
        known = {self.plan.account.sid: self.plan.account.token, **self.plan.keys}
        if scheme.lower() != "basic" or user not in known or known[user] != secret:
            raise RestError(errors.NOT_AUTHENTICATED)

    def _route(self, request: RestRequest, now: float) -> RestAnswer:
        owner = f"{API}/Accounts/{self.plan.account.sid}"
        routes: dict[str, dict[str, Callable[..., RestAnswer]]] = {
            r"\.json": {"GET": self._read_account},
            r"/Calls\.json": {"GET": self._list_calls, "POST": self._create_call},
            r"/Calls/(CA[0-9a-fA-F]{32})\.json": {"GET": self._read_call, "POST": self._change_call},
            r"/IncomingPhoneNumbers\.json": {"GET": self._list_numbers},
            r"/IncomingPhoneNumbers/(PN[0-9a-fA-F]{32})\.json": {"GET": self._read_number, "POST": self._change_number},
        }
        for pattern, methods in routes.items():
            if found := re.fullmatch(re.escape(owner) + pattern, request.path):
                if request.method not in methods:
                    raise RestError(errors.METHOD_NOT_ALLOWED)
                return methods[request.method](request, now, *found.groups())
        raise RestError(errors.NOT_FOUND, request.path)

    # ------------------------------------------------------------ calls

    def _create_call(self, request: RestRequest, now: float) -> RestAnswer:
        given = parameters.checked(_form(request), parameters.CREATE)
        owned = {each.phone_number for each in self.numbers.values()}
        sid = f"CA{hashlib.md5(f'{now}/{len(self.calls)}'.encode(), usedforsecurity=False).hexdigest()}"
        call = placed(self.plan, given, owned, sid, now, self._queue(now))
        self.calls[sid] = call
        self._forget()
        self._free_ms = now + call.outbound.queue_ms + self._gap_ms
        self._lines.place(call)
        if self.plan.faults.spend("made_500"):
            raise RestError(errors.TROUBLE)
        answer = RestAnswer(201, self._shown(call))
        answer.silent = self.plan.faults.spend("lost")
        return answer

    def _forget(self) -> None:
        """The oldest calls that are over, where there are too many."""
        for sid in [sid for sid, call in self.calls.items() if call.finished][: max(0, len(self.calls) - KEPT)]:
            del self.calls[sid]

    @property
    def _gap_ms(self) -> float:
        rate = self.plan.calls_per_second
        return 1000.0 / rate if rate else 0.0

    def _queue(self, now: float) -> float:
        return max(0.0, self._free_ms - now) if self._gap_ms else 0.0

    def _change_call(self, request: RestRequest, now: float, sid: str) -> RestAnswer:
        given = {name: values[0] for name, values in parameters.checked(_form(request), parameters.CHANGE).items()}
        call = self._call(sid, now)
        status, url, document = given.get("Status"), given.get("Url", ""), given.get("Twiml", "")
        if not given or (status and (url or document)) or (url and document):
            raise RestError(errors.NOT_UNDERSTOOD, "Give one of 'Status', 'Url' and 'Twiml'")
        if len(document) > 4000:
            raise RestError(errors.TWIML_TOO_LONG)
        waiting = call.status in ("queued", "ringing")
        if call.ended_ms is not None or (status == "canceled" and not waiting) or ((url or document) and waiting):
            raise RestError(errors.NOT_IN_PROGRESS)
        if status == "canceled":
            self._lines.change(sid, call.cancel)
        elif status == "completed":
            self._lines.change(sid, call.complete)
        elif url or document:
            method = given.get("Method", "POST").upper()
            self._lines.change(sid, lambda at: call.redirect(at, url, document.encode(), method))
        if "StatusCallback" in given:
            call.setup.status_callback = given["StatusCallback"] or None
        if "FallbackUrl" in given:
            call.setup.fallback_url = given["FallbackUrl"] or None
        call.setup.status_method = given.get("StatusCallbackMethod", call.setup.status_method).upper()
        return RestAnswer(200, self._shown(call))

    def _read_call(self, _request: RestRequest, now: float, sid: str) -> RestAnswer:
        return RestAnswer(200, self._shown(self._call(sid, now)))

    def _list_calls(self, request: RestRequest, now: float) -> RestAnswer:
        filters = {
            name: values[0] for name, values in parameters.checked(_query(request), parameters.LIST_CALLS).items()
        }
        found = [call for call in reversed(self.calls.values()) if self._visible(call, now) and _matches(call, filters)]
        shown, body = shapes.page("calls", found, request.path, filters)
        return RestAnswer(200, {**body, "calls": [self._shown(call) for call in shown]})

    def _call(self, sid: str, now: float) -> OutboundCall:
        call = self.calls.get(sid)
        if call is None or not self._visible(call, now):
            raise RestError(errors.NOT_FOUND, f"/Calls/{sid}.json")
        return call

    def _visible(self, call: CarrierCall, now: float) -> bool:
        made_ms = (call.setup.epoch_s - self.plan.epoch_s) * 1000.0
        return now >= made_ms + self.plan.faults.unlisted_ms

    def _shown(self, call: CarrierCall) -> dict[str, Any]:
        ours = (each.sid for each in self.numbers.values() if each.phone_number == call.setup.caller)
        return shapes.call(call, next(ours, None))

    # ------------------------------------------------------------ numbers, the account

    def _list_numbers(self, request: RestRequest, _now: float) -> RestAnswer:
        filters = {
            name: values[0] for name, values in parameters.checked(_query(request), parameters.LIST_NUMBERS).items()
        }
        wanted, name = filters.get("PhoneNumber", "").replace("*", ""), filters.get("FriendlyName")
        found = [
            each
            for each in self.numbers.values()
            if wanted in each.phone_number and (name is None or name == each.friendly_name)
        ]
        shown, body = shapes.page("incoming_phone_numbers", found, request.path, filters)
        return RestAnswer(200, {**body, "incoming_phone_numbers": [self._number(each) for each in shown]})

    def _read_number(self, request: RestRequest, _now: float, sid: str) -> RestAnswer:
        return RestAnswer(200, self._number(self._owned(sid, request)))

    def _change_number(self, request: RestRequest, _now: float, sid: str) -> RestAnswer:
        owned = self._owned(sid, request)
        for name, (value,) in parameters.checked(_form(request), parameters.CHANGE_NUMBER).items():
            attribute = re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()
            if attribute in Number.__slots__:
                setattr(owned, attribute, value)
        return RestAnswer(200, self._number(owned))

    def _owned(self, sid: str, request: RestRequest) -> Number:
        if sid not in self.numbers:
            raise RestError(errors.NOT_FOUND, request.path)
        return self.numbers[sid]

    def _number(self, owned: Number) -> dict[str, Any]:
        return shapes.number(self.plan.account, owned, self.plan.epoch_s)

    def _read_account(self, _request: RestRequest, _now: float) -> RestAnswer:
        return RestAnswer(200, shapes.account(self.plan.account, self.plan.epoch_s))


def _form(request: RestRequest) -> list[tuple[str, str]]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.body and kind != "application/x-www-form-urlencoded":
        raise RestError(errors.NOT_UNDERSTOOD, "The body must be a form")
    return _pairs(request.body.decode("utf-8", "replace"))


def _query(request: RestRequest) -> list[tuple[str, str]]:
    return _pairs(request.query)


def _pairs(text: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text, keep_blank_values=True, max_num_fields=200)
    except ValueError:
        raise RestError(errors.NOT_UNDERSTOOD, "Too many parameters") from None


def _matches(call: CarrierCall, filters: Mapping[str, str]) -> bool:
    setup = call.setup
    values = {"To": setup.called, "From": setup.caller, "Status": call.status, "ParentCallSid": None}
    if any(name in filters and filters[name] != value for name, value in values.items()):
        return False
    began = None if call.status == "queued" else setup.epoch_s
    ended = None if call.ended_ms is None else setup.epoch_s + call.ended_ms / 1000.0
    return _within(began, filters, "StartTime") and _within(ended, filters, "EndTime")


def _within(epoch_s: float | None, filters: Mapping[str, str], name: str) -> bool:
    """Whether a time is that of the filters: a day, a day or time and later, a day or time and earlier."""
    for sign in ("", "<", ">"):
        if (found := parameters.moment(filters.get(name + sign, ""))) is None:
            continue
        if epoch_s is None:
            return False
        first, last = found[0].timestamp(), found[0].timestamp() + (86_399 if found[1] else 0)
        at = int(epoch_s)
        if (sign != "<" and at < first) or (sign != ">" and at > last):
            return False
    return True
