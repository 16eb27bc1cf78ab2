"""A call that REST asked for, told as a conversation with its shell."""

import random
from typing import Any
from urllib.parse import parse_qsl

import pytest
from twilio.request_validator import RequestValidator

from offhook.sim.amd import Detection
from offhook.sim.orders import CallbackFaults, Callee, Finished, OpenStream, Request, Setup
from offhook.sim.outbound import Outbound, OutboundCall
from offhook.sim.signature import Account
from tests.sim.test_carrier import CONNECT, Shell

VOICE = "https://voice.example.com/twilio/twiml?call_id=1"
STATUS = "https://voice.example.com/twilio/status"
ALL = ("initiated", "ringing", "answered", "completed")


class Dialled(Shell):
    """Status callbacks are answered at once."""

    def take(self, orders: list[Any]) -> None:
        super().take(orders)
        for order in orders:
            if isinstance(order, Request) and order.purpose in ("status", "amd"):
                self.take(self.call.answered(order.id, 200, {}, b"", self.now))

    def told(self, purpose: str = "status") -> list[dict[str, str]]:
        return [dict(parse_qsl(each.body.decode())) for each in self.of(Request) if each.purpose == purpose]

    def statuses(self) -> list[str]:
        return [form["CallStatus"] for form in self.told()]


def dialled(callee: Callee | None = None, url: str = VOICE, **values: Any) -> Dialled:
    setup = Setup(
        url,
        Account("AC1", "secret"),
        direction="outbound-api",
        status_callback=STATUS,
        callees=lambda _: callee or Callee(after_ms=1000),
    )
    return Dialled(OutboundCall(setup, Outbound(**{"events": ALL, **values})))


def test_it_is_queued_rings_is_answered_and_asks_for_its_document() -> None:
    shell = dialled()
    assert (shell.statuses(), shell.call.status) == (["initiated"], "queued")
    shell.to(200)
    assert (shell.statuses()[1:], shell.call.status) == (["ringing"], "ringing")
    shell.to(1200)
    assert (shell.statuses()[2:], shell.call.status) == (["in-progress"], "in-progress")
    request = shell.last(Request)
    form = shell.form()
    assert (request.url, form["Direction"], form["CallStatus"]) == (VOICE, "outbound-api", "in-progress")
    assert RequestValidator("secret").validate(VOICE, form, request.headers["X-Twilio-Signature"])
    shell.answer(CONNECT)
    shell.open()
    shell.to(6200)
    shell.take(shell.call.hang_up(6200))
    assert shell.last(OpenStream)
    shell.answer()
    assert shell.last(Finished) == Finished("completed", "the callee hung up")
    last = shell.told()[-1]
    assert [form["SequenceNumber"] for form in shell.told()] == ["0", "1", "2", "3"]
    assert (last["CallStatus"], last["CallDuration"], last["Duration"], last["SipResponseCode"]) == (
        "completed",
        "5",
        "1",
        "200",
    )


@pytest.mark.parametrize(
    ("does", "status", "sip"),
    [("busy", "busy", "486"), ("reject", "busy", "603"), ("fail", "failed", "404"), ("no-answer", "no-answer", "487")],
)
def test_what_is_not_answered_asks_for_no_document(does: Any, status: str, sip: str) -> None:
    shell = dialled(Callee(does), timeout_ms=10_000)
    shell.to(15_000)
    assert shell.last(Finished).status == shell.call.status == status
    assert shell.told("voice") == []
    assert (shell.told()[-1]["SipResponseCode"], shell.told()[-1]["CallDuration"]) == (sip, "0")
    assert "AnsweredBy" not in shell.told()[-1]


def test_it_rings_five_seconds_longer_than_asked() -> None:
    shell = dialled(Callee("no-answer"), timeout_ms=10_000)
    shell.to(14_999)
    assert shell.of(Finished) == []


def test_without_events_only_the_end_is_told() -> None:
    shell = dialled(Callee("busy"), events=("completed",))
    shell.to(1000)
    assert shell.statuses() == ["busy"] and shell.told()[0]["SequenceNumber"] == "0"


def test_a_document_of_its_own_needs_no_request() -> None:
    shell = dialled(document=b"<Response><Pause length='2'/></Response>")
    shell.to(3200)
    assert shell.told("voice") == [] and shell.last(Finished).status == "completed"


def test_synchronous_detection_holds_the_document_back() -> None:
    shell = dialled(Callee(after_ms=1000, speech_ms=600), detection=Detection())
    shell.to(2999)
    assert shell.told("voice") == []
    shell.to(3000)
    assert shell.told("voice")[0]["AnsweredBy"] == "human"


def test_asynchronous_detection_tells_its_own_callback() -> None:
    callee = Callee(after_ms=1000, speech_ms=6000, beep_ms=6800)
    shell = dialled(callee, detection=Detection(until_end=True, is_async=True, callback="/twilio/status"))
    shell.to(1200)
    assert "AnsweredBy" not in shell.told("voice")[0]
    shell.answer("<Pause length='30'/>")
    shell.to(8000)
    (verdict,) = shell.told("amd")
    assert verdict == {
        "CallSid": shell.call.setup.call_sid,
        "AccountSid": "AC1",
        "AnsweredBy": "machine_end_beep",
        "MachineDetectionDuration": "6800",
    }
    shell.take(shell.call.hang_up(8000))
    assert shell.told()[-1]["AnsweredBy"] == "machine_end_beep"


def test_a_callee_who_leaves_during_detection_is_never_asked_about() -> None:
    shell = dialled(Callee(after_ms=1000, leaves_ms=500), detection=Detection())
    shell.to(60_000)
    assert shell.told("voice") == [] and shell.last(Finished).status == "completed"
    assert shell.call.next_at() is None


def test_cancelled_while_it_rings() -> None:
    shell = dialled()
    shell.to(500)
    shell.take(shell.call.cancel(500))
    assert shell.last(Finished).status == "canceled" and shell.told()[-1]["CallStatus"] == "canceled"
    shell.to(5000)
    assert shell.call.answered_ms is None


def test_cancelled_in_the_queue_nobody_is_told() -> None:
    shell = dialled(queue_ms=3000)
    shell.to(1000)
    shell.take(shell.call.complete(1000))
    assert shell.last(Finished).status == "canceled" and shell.told() == []


def test_its_turn_comes_after_the_queue() -> None:
    shell = dialled(queue_ms=3000)
    shell.to(2999)
    assert shell.told() == []
    shell.to(3000)
    assert shell.statuses() == ["initiated"]


def test_it_is_over_at_its_time_limit() -> None:
    shell = dialled(time_limit_ms=3000)
    shell.to(1200)
    shell.answer("<Pause length='60'/>")
    shell.to(4200)
    assert shell.last(Finished) == Finished("completed", "the time limit was reached")


def test_callbacks_are_late_lost_and_repeated_on_demand() -> None:
    faults = CallbackFaults(frozenset({"initiated"}), frozenset({"answered"}), {"ringing": 5000.0})
    shell = dialled(Callee(after_ms=1000), faults=faults, document=b"<Response><Hangup/></Response>")
    shell.to(5199)
    assert shell.statuses() == ["in-progress", "in-progress", "completed"] and shell.of(Finished) == []
    shell.to(5200)
    assert shell.told()[-1]["CallStatus"] == "ringing" and shell.told()[-1]["SequenceNumber"] == "1"
    assert shell.last(Finished).status == "completed"


DOCUMENTS = (
    CONNECT,
    "<Pause length='2'/>",
    "<Dial action='/next' timeout='5'>+12025550103</Dial>",
    "<Dial hangupOnStar='true'><Number>+1</Number><Number>+2</Number></Dial><Hangup/>",
    "<Redirect>/again</Redirect>",
    "<Gather numDigits='1' action='/keys'/>",
    "<Hangup/>",
    "<Reject/>",
    "<Sing/>",
    "",
)


@pytest.mark.parametrize("seed", range(60))
def test_whatever_happens_a_call_ends_once_and_tells_it_once(seed: int) -> None:
    chance = random.Random(seed)

    def callee(_number: str) -> Callee:
        return Callee(
            chance.choice(["answer", "answer", "answer", "busy", "reject", "no-answer", "fail"]),
            after_ms=chance.uniform(0, 4000),
            speech_ms=chance.choice([0, 600, 5000]),
            leaves_ms=chance.choice([None, 0, 7000]),
        )

    setup = Setup(
        VOICE, Account("AC1", "t"), direction="outbound-api", status_callback=STATUS, callees=callee, fallback_url="/f"
    )
    detection = chance.choice([None, Detection(), Detection(is_async=True, callback="/amd")])
    faults = CallbackFaults(late_ms={"ringing": 4000.0}, repeat=frozenset({"answered"}))
    call = OutboundCall(
        setup,
        Outbound(events=ALL, detection=detection, faults=faults, queue_ms=chance.choice([0, 1500]), timeout_ms=6000),
    )
    now, orders, open_requests = 0.0, call.begin(0.0), []
    finished: list[Finished] = []
    told: list[dict[str, str]] = []
    for step in range(400):
        for order in orders:
            assert not finished, "nothing is asked for after the end"
            if isinstance(order, Finished):
                finished.append(order)
            elif isinstance(order, Request):
                open_requests.append(order.id)
                if order.purpose == "status":
                    told.append(dict(parse_qsl(order.body.decode())))
            elif isinstance(order, OpenStream):
                orders.extend(call.stream_opened(order.stream, now))
        if finished:
            break
        at = call.next_at()
        assert at is not None or open_requests, f"the call waits for nobody: {call.log[-3:]}"
        now += chance.uniform(0, 900)
        if at is not None and at > now and chance.random() < 0.5:
            now = at
        what = chance.random()
        if open_requests and what < 0.5:
            document = f"<Response>{chance.choice(DOCUMENTS)}</Response>".encode()
            status = chance.choice([200, 200, 200, 500, 0])
            orders = call.answered(
                open_requests.pop(chance.randrange(len(open_requests))),
                status,
                {"content-type": "text/xml"},
                document,
                now,
            )
        elif what < 0.53:
            orders = call.hang_up(now)
        elif what < 0.55:
            orders = call.complete(now)
        elif what < 0.57 and call.answered_ms is not None:
            orders = call.redirect(now, "https://voice.example.com/other")
        elif what < 0.60:
            orders = call.press("*", now)
        elif step > 200:
            orders = call.hang_up(now)
        else:
            orders = call.due(now)
    assert len(finished) == 1 and finished[0].status == call.status
    assert call.status in ("completed", "busy", "no-answer", "failed", "canceled")
    assert call.next_at() is None and call.due(now + 1e6) == [] and call.hang_up(now + 1e6) == []
    ends = [form for form in told if form["CallStatus"] in ("completed", "busy", "no-answer", "failed", "canceled")]
    assert len(ends) == (1 if told else 0)
    assert sorted({int(form["SequenceNumber"]) for form in told}) == list(
        range(len({form["SequenceNumber"] for form in told}))
    )
