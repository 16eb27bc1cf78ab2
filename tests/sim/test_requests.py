"""The carrier's requests: signed, on their way, waited for."""

from urllib.parse import parse_qsl

from twilio.request_validator import RequestValidator

from offhook.sim.orders import Setup
from offhook.sim.requests import Requests
from offhook.sim.signature import HEADER, Account

FIELDS = [("CallSid", "CA1"), ("FromCity", "")]


def requests(*upstreams: str) -> Requests:
    return Requests(Setup("http://h/voice", Account("AC1", "secret"), upstreams=upstreams))


def test_a_post_carries_a_signed_form() -> None:
    request = requests().make("voice", "http://h/voice", "POST", FIELDS, 0, True)
    fields = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
    assert RequestValidator("secret").validate("http://h/voice", fields, request.headers[HEADER])
    assert fields == dict(FIELDS)


def test_a_get_carries_its_fields_in_the_url() -> None:
    request = requests().make("action", "http://h/next?id=1", "GET", FIELDS, 0, True)
    assert request.url == "http://h/next?id=1&CallSid=CA1&FromCity=" and request.body == b""
    assert RequestValidator("secret").validate(request.url, {}, request.headers[HEADER])


def test_each_connection_goes_to_the_next_upstream() -> None:
    both = requests("http://a", "http://b")
    assert both.make("voice", "http://h", "POST", FIELDS, 0, True).via == "http://a"
    assert [both.upstream(), both.upstream()] == ["http://b", "http://a"]
    assert requests().upstream() is None


def test_an_answer_tells_whether_the_call_waited_for_it() -> None:
    some = requests()
    voice = some.make("voice", "http://h", "POST", FIELDS, 0, True)
    status = some.make("status", "http://h", "POST", FIELDS, 0, False)
    assert some.answered(status.id) == (status, False)
    assert some.answered(voice.id) == (voice, True)
    assert some.answered(voice.id) is None
    assert not some


def test_a_failed_request_matters_only_if_no_copy_is_left() -> None:
    some = requests()
    one, two = (some.make("voice", "http://h", "POST", FIELDS, 0, True) for _ in range(2))
    assert not some.failed(one.id)
    assert some.failed(two.id)


def test_requests_time_out_after_fifteen_seconds() -> None:
    some = requests()
    one = some.make("voice", "http://h", "POST", FIELDS, 100, True)
    assert some.next_at() == 15_100
    assert some.timed_out(15_099) == []
    assert some.timed_out(15_100) == [one]
    assert some.next_at() is None
