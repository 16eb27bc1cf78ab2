"""A call that an account makes by REST: dialled, detected, then a call like any other. Pure.

Queued, initiated, ringing, answered; the TwiML is asked for when it was answered and, unless the detection of machines is
asynchronous, when that knows. Status callbacks go out as things happen, not one after the other's answer.

Sources: Twilio's pages "Call resource" and "Answering Machine Detection".
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urljoin

from offhook.sim import forms
from offhook.sim.amd import Detection, verdict
from offhook.sim.carrier import CarrierCall
from offhook.sim.dialling import SIP_CODES, Dialling
from offhook.sim.orders import CallbackFaults, Order, Setup
from offhook.sim.stream import EARLY_MS

GRACE_MS = 5000.0
"""Twilio lets it ring five seconds longer than `Timeout` says."""


@dataclass(slots=True)
class Outbound:
    """What REST asked for, beside what every call has."""

    document: bytes = b""
    """`Twiml`; else the voice URL is asked."""
    events: tuple[str, ...] = ("completed",)
    """What the status callback is told: initiated, ringing, answered, completed."""
    timeout_ms: float = 60_000.0
    time_limit_ms: float | None = None
    detection: Detection | None = None
    queue_ms: float = 0.0
    """How long the call waits for its turn."""
    faults: CallbackFaults = field(default_factory=CallbackFaults)


class OutboundCall(CarrierCall):
    """A call from the account to a callee. The party on the line is the callee, once there is one."""

    role = "callee"

    def __init__(self, setup: Setup, outbound: Outbound) -> None:
        super().__init__(setup)
        self.outbound = outbound
        self.answered_by: str | None = None
        self._phase: Literal["queued", "ringing"] = "queued"
        self._begun = False
        """Whether the call's turn has come."""
        self._dialling: Dialling | None = None
        self._later: list[tuple[float, Callable[[float], None]]] = []
        """What the call's end makes void: a verdict, a limit."""
        self._posts: list[tuple[float, Callable[[float], None]]] = []
        """Callbacks that are late on purpose."""
        self._sequence = 0

    # ------------------------------------------------------------ what happens

    def begin(self, now: float) -> list[Order]:
        """The account has asked for the call. Call it once, first."""
        self._began_ms = now
        callee = self.setup.callees(self.setup.called)
        self._dialling = Dialling(callee, now + self.outbound.queue_ms, self.outbound.timeout_ms + GRACE_MS)
        self._catch_up(now)
        return self._take()

    def cancel(self, now: float) -> list[Order]:
        """`Status=canceled`, or `completed` before anybody answered."""
        self._catch_up(now)
        self._end("canceled", "canceled by REST", now)
        return self._take()

    def complete(self, now: float) -> list[Order]:
        self._catch_up(now)
        return self.cancel(now) if self._answered_ms is None else super().complete(now)

    def next_at(self) -> float | None:
        times = [super().next_at(), *(at for at, _ in (*self._later, *self._posts))]
        if self._dialling is not None:
            times.append(self._dialling.next_at())
        return min((at for at in times if at is not None), default=None)

    def _tick(self, at: float) -> None:
        if self._dialling is not None:
            for step in self._dialling.due(at):
                self._progress(step, at)
        for due in (self._later, self._posts):
            for each in [each for each in due if each[0] <= at + EARLY_MS]:
                due.remove(each)
                each[1](at)
        super()._tick(at)

    def _progress(self, step: str, now: float) -> None:
        self._note(now, step)
        if step == "answered":
            self._answer(now)
        elif step in ("initiated", "ringing"):
            self._begun = True
            if step == "ringing":
                self._phase = "ringing"
            self._tell(step, step, now)
        else:
            self._end(step, f"the number was {step}", now)

    def _answer(self, now: float) -> None:
        assert self._dialling is not None
        callee = self._dialling.callee
        self._answered_ms = now
        self.party = callee.person(now)
        self._tell("answered", "in-progress", now)
        if callee.leaves_ms is not None:
            self._later.append((now + callee.leaves_ms, self._hang_up))
        if (limit_ms := self.outbound.time_limit_ms) is not None:
            self._later.append((now + limit_ms, lambda at: self._end("completed", "the time limit was reached", at)))
        detection = self.outbound.detection
        if detection is not None:
            answered_by, after_ms = verdict(callee, detection)
            self._later.append((now + after_ms, lambda at: self._detected(answered_by, after_ms, at)))
        if detection is None or detection.is_async:
            self._begin_document(now)

    def _detected(self, answered_by: str, took_ms: float, now: float) -> None:
        detection = self.outbound.detection
        if self._ending is not None or detection is None:
            return
        self._note(now, "detected", answered_by=answered_by)
        self.answered_by = answered_by
        if not detection.is_async:
            self._begin_document(now)
        elif detection.callback:
            url = urljoin(self.setup.voice_url, detection.callback)
            self._ask("amd", url, detection.callback_method, forms.machine(self.setup, answered_by, took_ms), now)

    def _begin_document(self, now: float) -> None:
        if self.outbound.document:
            self._run(self.outbound.document, "text/xml", now)
            return
        fields = forms.call(self.setup, "in-progress")
        if self.answered_by is not None:
            fields = [*fields, ("AnsweredBy", self.answered_by)]
        self._ask("voice", self.setup.voice_url, self.setup.voice_method, fields, now)

    @property
    def _status(self) -> str:
        return self._phase if self._answered_ms is None else "in-progress"

    # ------------------------------------------------------------ what is told

    def _end(self, status: str, reason: str, now: float) -> None:
        if self._dialling is not None and self._answered_ms is None:
            self._dialling.give_up()
        super()._end(status, reason, now)

    def _tell_end(self, status: str, now: float) -> None:
        if not self._begun or self._dialling is None:
            return  # nobody is told of a call that never began
        if self._answered_ms is not None:
            told = forms.over(now - self._answered_ms, "200", self.answered_by)
        else:
            told = forms.over(None, self._dialling.sip_code if self._dialling.outcome else SIP_CODES["canceled"], None)
        self._tell("completed", status, now, told)

    def _tell(self, event: str, status: str, now: float, more: forms.Fields | None = None) -> None:
        """A status callback, if it is wanted; numbered as it happens, whatever becomes of it."""
        url = self.setup.status_callback
        if url is None or event not in self.outbound.events:
            return
        fields = [*forms.progress(self.setup, status, self._sequence, now), *(more or [])]
        self._sequence += 1
        url, faults = urljoin(self.setup.voice_url, url), self.outbound.faults
        if event in faults.lose:
            self._note(now, "callback lost", event=event)
            return

        def post(at: float) -> None:
            for _ in range(2 if event in faults.repeat else 1):
                self._ask("status", url, self.setup.status_method, fields, at)

        if late_ms := faults.late_ms.get(event, 0.0):
            self._posts.append((now + late_ms, post))
        else:
            post(now)

    def _go_on(self, now: float) -> None:
        if self._ending is not None:
            self._later.clear()
        if not self._posts:
            super()._go_on(now)
