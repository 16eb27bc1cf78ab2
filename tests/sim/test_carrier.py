"""One call at the carrier, told as a conversation with its shell."""

import json
from typing import Any
from urllib.parse import parse_qsl

import pytest
from twilio.request_validator import RequestValidator

from offhook.sim.carrier import CarrierCall
from offhook.sim.orders import (
    Callee,
    CloseStream,
    Faults,
    Finished,
    HangUp,
    OpenStream,
    Order,
    Press,
    Request,
    SendMessage,
    Setup,
)
from offhook.sim.signature import Account
from offhook.sim.stream import StreamPlayback

VOICE = "https://voice.example.com/incoming-call"
CONNECT = '<Connect action="/next"><Stream url="wss://voice.example.com/media"/></Connect>'


class Shell:
    """Carries out orders by hand and keeps them all."""

    def __init__(self, call: CarrierCall, now: float = 0.0) -> None:
        self.call = call
        self.now = now
        self.orders: list[Order] = []
        self.take(call.begin(now))

    def take(self, orders: list[Order]) -> None:
        self.orders += orders

    def of(self, kind: type[Any]) -> list[Any]:
        return [order for order in self.orders if isinstance(order, kind)]

    def last(self, kind: type[Any]) -> Any:
        return self.of(kind)[-1]

    def answer(
        self, document: str = "", status: int = 200, content_type: str = "text/xml", request: int | None = None
    ) -> None:
        body = f"<Response>{document}</Response>".encode()
        asked = request or self.last(Request).id
        self.take(self.call.answered(asked, status, {"content-type": content_type}, body, self.now))

    def to(self, now: float) -> None:
        self.now = now
        self.take(self.call.due(now))

    def open(self) -> str:
        sid = str(self.last(OpenStream).stream)
        self.take(self.call.stream_opened(sid, self.now))
        return sid

    def say(self, **message: Any) -> None:
        sid = self.last(OpenStream).stream
        self.take(self.call.stream_message(sid, json.dumps({"streamSid": sid, **message}), self.now))

    def sent(self) -> list[dict[str, Any]]:
        return [json.loads(order.text) for order in self.of(SendMessage)]

    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.last(Request).body.decode(), keep_blank_values=True))

    def logged(self, what: str) -> list[dict[str, Any]]:
        return [entry for entry in self.call.log if entry["what"] == what]

    def codes(self) -> list[int]:
        return [entry["code"] for entry in self.logged("warning")]


def setup(**values: Any) -> Setup:
    return Setup(VOICE, Account("AC1", "secret"), **values)


def ringing(**values: Any) -> Shell:
    return Shell(CarrierCall(setup(**values)))


def talking(party: Any = None, document: str = CONNECT, **values: Any) -> Shell:
    shell = Shell(CarrierCall(setup(**values), party))
    shell.answer(document)
    shell.open()
    return shell


def test_a_call_begins_with_a_signed_webhook() -> None:
    shell = ringing()
    request = shell.last(Request)
    assert (request.method, request.url, shell.form()["CallStatus"]) == ("POST", VOICE, "ringing")
    assert RequestValidator("secret").validate(VOICE, shell.form(), request.headers["X-Twilio-Signature"])


def test_connect_opens_a_signed_stream_and_sends_a_frame_every_20_ms() -> None:
    shell = talking()
    order = shell.last(OpenStream)
    signature = order.headers["x-twilio-signature"]
    assert RequestValidator("secret").validate("wss://voice.example.com/media", {}, signature)
    shell.to(60)
    assert [message["event"] for message in shell.sent()] == ["connected", "start", "media", "media", "media"]
    assert [message["media"]["timestamp"] for message in shell.sent()[2:]] == ["0", "20", "40"]


def test_a_late_shell_sends_the_missing_frames() -> None:
    shell = talking()
    shell.to(1000)
    assert len(shell.sent()) == 2 + 50
    assert shell.call.next_at() == 1020


def test_marks_come_back_in_time_between_frames() -> None:
    shell = talking()
    shell.say(event="media", media={"payload": "AQEB" * 80})
    shell.say(event="mark", mark={"name": "m"})
    assert shell.call.next_at() == 20
    shell.to(30)
    assert [message["event"] for message in shell.sent()[2:]] == ["media", "mark"]
    assert shell.call.streams[0].playback.played_ms_of_values() == {1: 30.0}


def test_when_the_server_closes_the_action_is_asked_with_the_call_in_progress() -> None:
    shell = talking()
    shell.take(shell.call.stream_closed(shell.last(OpenStream).stream, 1000, 50))
    assert shell.last(Request).url == "https://voice.example.com/next"
    assert shell.form()["CallStatus"] == "in-progress"
    assert shell.codes() == [31921]


def test_the_action_may_open_the_next_stream() -> None:
    shell = talking()
    first = shell.last(OpenStream).stream
    shell.take(shell.call.stream_closed(first, 1000, 50))
    shell.answer(CONNECT)
    second = shell.open()
    assert second != first and len(shell.call.streams) == 2
    shell.take(shell.call.stream_message(first, "from the old one", 60))
    assert shell.codes() == [31921]


def test_without_an_action_the_next_verb_runs_and_after_the_last_one_the_call_ends() -> None:
    stream = '<Connect><Stream url="wss://voice.example.com/media"/></Connect>'
    shell = talking(document=stream + "<Say>Good-bye.</Say>")
    shell.take(shell.call.stream_closed(shell.last(OpenStream).stream, 1000, 50))
    assert shell.logged("verb")[-1]["text"] == "Good-bye."
    shell.to(10_000)
    assert shell.last(Finished) == Finished("completed", "the TwiML had no more verbs")


@pytest.mark.parametrize("asks", [True, False])
def test_a_hang_up_says_stop_and_closes_and_may_ask_the_action(asks: bool) -> None:
    shell = talking(asks_after_hang_up=asks, status_callback="/twilio/status")
    shell.now = 45
    shell.take(shell.call.hang_up(45))
    assert shell.sent()[-1]["event"] == "stop"
    assert shell.last(CloseStream) == CloseStream(shell.last(OpenStream).stream)
    if asks:
        assert (shell.last(Request).url, shell.form()["CallStatus"]) == ("https://voice.example.com/next", "completed")
        shell.answer("<Say>Nobody hears this.</Say>")
    assert (shell.last(Request).url, shell.form()["CallStatus"]) == (
        "https://voice.example.com/twilio/status",
        "completed",
    )
    assert shell.of(Finished) == []
    shell.answer()
    assert shell.of(Finished) == [Finished("completed", "the caller hung up")]
    assert shell.call.next_at() is None


def test_a_caller_who_hangs_up_while_it_rings_was_not_answered() -> None:
    shell = ringing(hang_up_after_ms=3000)
    shell.to(3000)
    shell.answer(CONNECT)
    assert shell.of(OpenStream) == []
    assert shell.last(Finished).status == "no-answer"


def test_the_party_is_asked_for_each_frame_and_may_press_keys_and_leave() -> None:
    class Person:
        def __init__(self) -> None:
            self.frames = 0

        def frame(self, now: float, ear: StreamPlayback) -> bytes:
            self.frames += 1
            return bytes([self.frames]) * 160

        def acts(self) -> list[Any]:
            return {2: [Press("5")], 4: [HangUp(), Press("6")]}.get(self.frames, [])

    shell = talking(Person())
    shell.to(500)
    events = [message["event"] for message in shell.sent()[2:]]
    assert events == ["media", "media", "dtmf", "media", "media", "stop"]
    (mouth,) = shell.call.mouth
    assert (mouth.start_ms, mouth.end_ms, mouth.audio[160]) == (0, 80, 2)


@pytest.mark.parametrize("reason", ["busy", "rejected"])
def test_reject_ends_the_call_unanswered(reason: str) -> None:
    shell = ringing()
    shell.answer(f'<Reject reason="{reason}"/>')
    assert shell.last(Finished).status == {"busy": "busy", "rejected": "no-answer"}[reason]


def test_verbs_take_their_time_one_after_the_other() -> None:
    shell = ringing()
    shell.answer('<Say>0123456789</Say><Pause length="2"/><Hangup/>')
    shell.to(2649)
    assert shell.of(Finished) == []
    shell.to(2651)
    assert [entry["at_ms"] for entry in shell.logged("verb")] == [0, 650, 2650]
    assert shell.last(Finished).reason == "hung up by the TwiML"


def test_redirect_asks_the_next_document_by_its_method() -> None:
    shell = ringing()
    shell.answer('<Redirect method="GET">/again?x=1</Redirect>')
    assert shell.last(Request).method == "GET"
    assert shell.last(Request).url.startswith("https://voice.example.com/again?x=1&CallSid=CA")


def test_dial_reports_what_became_of_it() -> None:
    shell = ringing(callees=lambda number: Callee("busy"))
    shell.answer('<Dial action="/dialled">+15550100003</Dial>')
    shell.to(700)
    assert (shell.last(Request).url, shell.form()["DialCallStatus"]) == ("https://voice.example.com/dialled", "busy")


def bridged(document: str = '<Dial action="/dialled">+15550100003</Dial>', **callee: Any) -> Shell:
    """Two talkers: the caller says 0x01, the callee 0x02; answered 1200 ms after the verb."""
    shell = Shell(
        CarrierCall(setup(callees=lambda _: Callee(after_ms=1000, person=lambda _: Talker(2), **callee)), Talker(1))
    )
    shell.answer(document)
    return shell


class Talker:
    def __init__(self, voice: int) -> None:
        self.voice = voice

    def frame(self, now: float, ear: StreamPlayback) -> bytes:
        return bytes([self.voice]) * 160

    def acts(self) -> list[Any]:
        return []


def test_dial_rings_then_joins_the_two_until_one_hangs_up() -> None:
    shell = bridged(leaves_ms=3000)
    shell.to(5000)
    (bridge,) = shell.call.bridges
    assert bridge.joined_ms == 1200
    assert bridge.ear.played_ms_of_values()[2] == pytest.approx(3000, abs=20)
    assert bridge.far_ear.played_ms_of_values() == {1: pytest.approx(3000, abs=20)}
    ringing_ms = sum(ms for value, ms in bridge.ear.played_ms_of_values().items() if value != 2)
    assert ringing_ms == pytest.approx(1200, abs=20)
    form = shell.form()
    assert (form["DialCallStatus"], form["DialCallDuration"], form["DialBridged"]) == ("completed", "3", "true")
    assert form["DialCallSid"].startswith("CA") and len(form["DialCallSid"]) == 34
    shell.answer("<Hangup/>")
    assert shell.last(Finished).status == "completed"


def test_dial_without_an_action_goes_on_with_the_next_verb() -> None:
    shell = bridged("<Dial>+15550100003</Dial><Hangup/>", leaves_ms=1000)
    shell.to(3000)
    assert shell.last(Finished).reason == "hung up by the TwiML"


def test_a_call_with_answer_on_bridge_is_answered_when_the_callee_answers() -> None:
    shell = bridged('<Dial answerOnBridge="true">+15550100003</Dial>')
    assert shell.call.status == "ringing"
    shell.to(1300)
    assert shell.call.status == "in-progress" and shell.call.answered_ms == 1200


def test_a_caller_who_hangs_up_while_it_rings_has_cancelled_the_dial() -> None:
    shell = bridged()
    shell.take(shell.call.hang_up(500))
    assert (shell.form()["DialCallStatus"], shell.form()["CallStatus"]) == ("canceled", "completed")


def test_a_dial_is_over_at_its_time_limit_and_at_the_star_key() -> None:
    shell = bridged('<Dial timeLimit="2" action="/dialled">+15550100003</Dial>')
    shell.to(4000)
    assert shell.form()["DialCallDuration"] == "2"
    shell = bridged('<Dial hangupOnStar="true" action="/dialled">+15550100003</Dial>')
    shell.to(2000)
    shell.take(shell.call.press("*", 2200))
    assert shell.form()["DialCallDuration"] == "1"


def test_a_call_that_is_redirected_out_of_a_dial_has_both_asked_and_follows_the_second() -> None:
    shell = bridged()
    shell.to(2000)
    shell.take(shell.call.redirect(2100, url="https://voice.example.com/other"))
    action, other = shell.of(Request)[-2:]
    assert (action.url, other.url) == ("https://voice.example.com/dialled", "https://voice.example.com/other")
    shell.answer("<Hangup/>", request=action.id)
    assert shell.of(Finished) == []
    shell.answer("<Pause/>", request=other.id)
    assert shell.logged("verb")[-1]["verb"] == "Pause"


def test_a_document_that_cannot_be_had_is_asked_for_at_the_fallback_once() -> None:
    shell = ringing(fallback_url="/fallback")
    shell.answer(status=500)
    assert (shell.last(Request).url, shell.form()["ErrorCode"]) == ("https://voice.example.com/fallback", "11200")
    shell.answer(status=500)
    assert shell.last(Finished).status == "failed"


def test_gather_sends_the_digits() -> None:
    shell = ringing()
    shell.answer('<Gather numDigits="2" action="/menu"/>')
    for digit in "42":
        shell.take(shell.call.press(digit, 100))
    assert (shell.last(Request).url, shell.form()["Digits"]) == ("https://voice.example.com/menu", "42")


def test_gather_without_keys_goes_on() -> None:
    shell = ringing()
    shell.answer("<Gather/><Hangup/>")
    shell.to(5000)
    assert shell.last(Finished).status == "completed"


@pytest.mark.parametrize(
    ("document", "content_type", "code"),
    [("<Sing/>", "text/xml", 12200), ("<Say>", "text/xml", 12100), ("<Hangup/>", "application/json", 12300)],
)
def test_what_is_no_twiml_fails_the_call(document: str, content_type: str, code: int) -> None:
    shell = ringing(status_callback="/twilio/status")
    shell.answer(document, content_type=content_type)
    assert shell.form()["CallStatus"] == "failed"
    shell.answer()
    assert shell.last(Finished).status == "failed" and shell.codes() == [code]


def test_an_error_answer_fails_the_call() -> None:
    shell = ringing()
    shell.answer(status=403)
    assert shell.codes() == [11200]
    assert "answered 403" in shell.last(Finished).reason


def test_no_connection_fails_the_call() -> None:
    shell = ringing()
    shell.answer(status=0)
    assert shell.codes() == [11205]


def test_no_answer_within_15_s_fails_the_call() -> None:
    shell = ringing()
    shell.to(14_999)
    assert shell.of(Finished) == []
    shell.to(15_000)
    assert shell.codes() == [11200] and shell.last(Finished).status == "failed"


def test_a_status_callback_that_fails_changes_nothing() -> None:
    shell = ringing(status_callback="/twilio/status")
    shell.answer("<Hangup/>")
    shell.answer(status=404)
    assert shell.last(Finished).status == "completed"


def test_a_stream_that_does_not_come_up_is_reported_and_the_action_asked() -> None:
    shell = ringing()
    shell.answer('<Connect action="/next"><Stream url="wss://h/m" statusCallback="/twilio/status"/></Connect>')
    shell.take(shell.call.stream_failed(shell.last(OpenStream).stream, 31920, "403", 10))
    stream, action = shell.of(Request)[-2:]
    assert dict(parse_qsl(stream.body.decode()))["StreamError"] == "31920"
    assert action.url == "https://voice.example.com/next"


def test_a_stream_without_tls_is_not_opened() -> None:
    shell = ringing()
    shell.answer('<Connect><Stream url="ws://h/m"/></Connect>')
    assert shell.of(OpenStream) == [] and shell.codes() == [31922]


def test_a_streams_own_callback_is_told_of_its_start_and_end() -> None:
    document = '<Connect><Stream url="wss://h/m" name="agent" statusCallback="/twilio/status"/></Connect>'
    shell = talking(document=document)
    shell.take(shell.call.hang_up(100))
    events = [dict(parse_qsl(order.body.decode())).get("StreamEvent") for order in shell.of(Request)[1:]]
    assert events == ["stream-started", "stream-stopped"]


def test_a_dropped_stream_has_no_stop_and_the_call_goes_on() -> None:
    shell = talking(faults=Faults(drop_stream_after_ms=(70.0,)))
    shell.to(1000)
    assert [message["event"] for message in shell.sent()][-1] == "media"
    assert shell.last(CloseStream).dropped
    assert shell.form()["CallStatus"] == "in-progress"
    shell.answer(CONNECT)
    shell.open()
    shell.to(5000)
    assert len(shell.of(CloseStream)) == 1


def test_of_a_duplicate_webhook_the_first_answer_counts() -> None:
    shell = ringing(faults=Faults(duplicate_webhook=True))
    first, second = shell.of(Request)
    assert first.body == second.body
    shell.answer(CONNECT, request=second.id)
    shell.answer("<Hangup/>", request=first.id)
    assert len(shell.of(OpenStream)) == 1 and shell.of(Finished) == []


def test_requests_and_streams_go_to_one_upstream_after_the_other() -> None:
    shell = ringing(upstreams=("http://one:1", "http://two:2"))
    shell.answer(CONNECT)
    assert (shell.last(Request).via, shell.last(OpenStream).via) == ("http://one:1", "http://two:2")


def test_a_broken_rule_is_logged_once_with_its_code() -> None:
    shell = talking()
    sid = shell.last(OpenStream).stream
    for _ in range(3):
        shell.take(shell.call.stream_message(sid, b"\0", 1))
        shell.take(shell.call.stream_message(sid, "{}", 1))
    assert shell.codes() == [31950, 31951]


def test_rest_can_give_the_running_call_another_document() -> None:
    shell = talking()
    shell.take(shell.call.redirect(100, document=b"<Response><Hangup/></Response>"))
    assert shell.sent()[-1]["event"] == "stop"
    assert shell.last(Request).url == VOICE and shell.last(Finished).status == "completed"


def test_rest_can_send_the_running_call_to_another_url() -> None:
    shell = talking()
    shell.take(shell.call.redirect(100, url="https://voice.example.com/other"))
    assert shell.last(Request).url == "https://voice.example.com/other"
    shell.answer("<Hangup/>")
    assert shell.last(Finished).status == "completed"


def test_the_log_is_ready_for_json() -> None:
    shell = talking()
    shell.say(event="media", media={"payload": "AQEB"})
    shell.take(shell.call.hang_up(10))
    assert json.loads(json.dumps(shell.call.log)) == shell.call.log


def test_a_shell_that_wakes_a_nanosecond_early_does_not_wake_twice() -> None:
    shell = talking()
    shell.to(20 - 1e-6)
    assert shell.call.next_at() == 40
