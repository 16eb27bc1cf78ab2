"""How Twilio's package reaches an origin of our choice."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from offhook.phone.twilio.http import Http, NoAnswer, NotSent, Refused
from offhook.sim.clock import run

URL = "https://api.twilio.com/2010-04-01/Accounts/AC1/Calls.json"


class Silent(httpx.AsyncBaseTransport):
    """Never answers."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError


def ask(answer: Any, origin: str = "http://127.0.0.1:9030") -> tuple[Http, Any, list[httpx.Request]]:
    asked: list[httpx.Request] = []

    def transport(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def main() -> tuple[Http, Any]:
        http = Http(origin, transport=httpx.MockTransport(transport))
        try:
            return http, await http.request("post", URL, data={"To": "+1", "Event": ["a", "b"]}, auth=("AC1", "t"))
        finally:
            await http.close()

    http, response = run(main())
    return http, response, asked


def test_the_origin_takes_the_place_of_twilios_and_a_list_is_repeated() -> None:
    answered = httpx.Response(201, json={"sid": "CA1"}, headers={"date": "Fri, 20 Nov 2026 09:00:00 GMT"})
    http, response, (request,) = ask(answered, "https://proxy.example.com/twilio/")
    assert str(request.url) == "https://proxy.example.com/twilio/2010-04-01/Accounts/AC1/Calls.json"
    assert request.content == b"To=%2B1&Event=a&Event=b" and request.headers["authorization"].startswith("Basic ")
    assert (response.status_code, response.text) == (201, '{"sid":"CA1"}')
    assert http.date is not None and http.date.hour == 9


def test_nobody_waits_longer_than_the_whole_deadline() -> None:
    async def main() -> None:
        http = Http("http://h", transport=Silent(), whole_s=15)
        with pytest.raises(NoAnswer):
            await http.request("GET", URL)
        assert asyncio.get_running_loop().time() == pytest.approx(15)
        await http.close()

    run(main())


@pytest.mark.parametrize("error", [httpx.ConnectError("no"), httpx.ConnectTimeout("no"), httpx.PoolTimeout("no")])
def test_what_never_left_is_told_from_what_may_have_arrived(error: Exception) -> None:
    with pytest.raises(NotSent):
        ask(error)


@pytest.mark.parametrize(
    "answer", [httpx.ReadTimeout("no"), httpx.RemoteProtocolError("no"), httpx.Response(200, text="x")]
)
def test_no_answer_that_can_be_read(answer: Any) -> None:
    with pytest.raises(NoAnswer):
        ask(answer)


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [({"code": 21211, "message": "no"}, 21211, "no"), ({"code": "x", "title": "bad"}, None, "bad"), ([], None, "")],
)
def test_a_refusal_is_read_in_both_envelopes(body: Any, code: int | None, words: str) -> None:
    with pytest.raises(Refused) as refused:
        ask(httpx.Response(400, json=body))
    assert (refused.value.status, refused.value.code, refused.value.words) == (400, code, words)


@pytest.mark.parametrize("zone", ["GMT", "-0000", "+0000"])
def test_the_date_is_the_first_one_and_has_a_zone(zone: str) -> None:
    dates = [("date", f"Fri, 20 Nov 2026 09:00:00 {zone}"), ("date", "Sat, 21 Nov 2026 10:00:00 GMT")]
    http, _, _ = ask(httpx.Response(200, json={}, headers=dates))
    assert http.date == datetime(2026, 11, 20, 9, tzinfo=UTC)


def test_a_date_that_is_none_is_no_date() -> None:
    http, _, _ = ask(httpx.Response(200, json={}, headers={"date": "soon"}))
    assert http.date is None
