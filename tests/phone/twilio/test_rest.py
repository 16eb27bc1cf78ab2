"""Twilio's REST interface as the product uses it, against the simulated carrier, in simulated time."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from offhook.errors import CarrierError
from offhook.phone.twilio.rest import TwilioRest
from offhook.sim.clock import run
from offhook.sim.exchange_app import ExchangeApp
from offhook.sim.memory import MemoryOutside
from offhook.sim.orders import Callee
from offhook.sim.plan import Plan, RestFaults
from tests.sim.test_exchange_app import ACCOUNT, OURS, THEIRS, listening

VOICE = b"<Response><Pause length='60'/></Response>"


class World:
    """An application that answers every webhook, the carrier, and its client in the product."""

    def __init__(self, token: str = ACCOUNT.token, **plan: Any) -> None:
        self.asked: list[tuple[str, str]] = []
        self.outside = MemoryOutside(self.app, lambda _order, _socket: None)
        values = {"numbers": (OURS,), "calls_per_second": 0, "epoch_s": 1.8e9, **plan}
        self.carrier = ExchangeApp(Plan(ACCOUNT, **values), self.outside)
        self.rest = TwilioRest(ACCOUNT.sid, token, transport=httpx.ASGITransport(self.carrier))

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        body = (await receive())["body"]
        self.asked.append((scope["path"], body.decode()))
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/xml")]})
        await send({"type": "http.response.body", "body": VOICE})

    async def call(self, **more: Any) -> Any:
        return await self.rest.create_call(
            **{"to": THEIRS, "caller": OURS, "url": "http://h/voice", "status_callback": "http://h/status", **more}
        )

    @property
    def calls(self) -> list[Any]:
        return list(self.carrier.exchange.calls.values())

    async def close(self) -> None:
        await self.rest.close()
        await self.carrier.close()
        await self.outside.finish()


def play(scenario: Callable[[World], Awaitable[None]], **plan: Any) -> None:
    async def main() -> None:
        world = World(**plan)
        await scenario(world)
        await world.close()

    run(main())


def faulty(**faults: int) -> dict[str, Any]:
    return {"faults": RestFaults(**faults)}


def test_a_call_is_made_looked_at_redirected_and_ended() -> None:
    async def scenario(world: World) -> None:
        made = await world.call(ring_s=20, time_limit_s=600)
        assert (made.sid, made.status) == (world.calls[0].setup.call_sid, "queued")
        assert world.calls[0].outbound.events == ("initiated", "ringing", "answered", "completed")
        await asyncio.sleep(5)
        assert (await world.rest.fetch(made.sid)).status == "in-progress"
        assert (await world.rest.redirect(made.sid, "http://h/other")).status == "in-progress"
        await asyncio.sleep(1)
        assert world.asked[-1][0] == "/other"
        await world.rest.hang_up(made.sid)
        await world.carrier.idle()
        ended = await world.rest.fetch(made.sid)
        assert ended.status == "completed" and ended.duration_s == 4
        await world.rest.hang_up(made.sid)

    play(scenario)


def test_a_call_that_rings_is_hung_up() -> None:
    async def scenario(world: World) -> None:
        made = await world.call()
        await asyncio.sleep(1)
        await world.rest.hang_up(made.sid)
        assert (await world.rest.fetch(made.sid)).status == "canceled"

    play(scenario)


def test_who_answered_is_told_to_the_status_callback() -> None:
    async def scenario(world: World) -> None:
        made = await world.call(machine_detection="DetectMessageEnd")
        await asyncio.sleep(15)
        assert any("AnsweredBy=machine_end_beep" in body for path, body in world.asked if path == "/status")
        assert (await world.rest.fetch(made.sid)).answered_by == "machine_end_beep"

    play(scenario, callees=lambda _: Callee(speech_ms=4000, beep_ms=5000))


@pytest.mark.parametrize("faults", [{"lost": 1}, {"made_500": 1}, {"lost": 1, "unlisted_ms": 17_000}], ids=str)
def test_a_call_whose_answer_was_lost_is_found_and_not_made_again(faults: dict[str, int]) -> None:
    async def scenario(world: World) -> None:
        before = await world.call()
        await asyncio.sleep(30)
        world.carrier.exchange.plan.faults = RestFaults(**faults)
        made = await world.call()
        assert len(world.calls) == 2
        assert made.sid == world.calls[1].setup.call_sid != before.sid

    play(scenario)


def test_an_older_call_of_somebody_else_is_not_taken_for_the_lost_one() -> None:
    async def scenario(world: World) -> None:
        other = TwilioRest(ACCOUNT.sid, ACCOUNT.token, transport=httpx.ASGITransport(world.carrier))
        foreign = await other.create_call(to=THEIRS, caller=OURS, url="http://h/voice", status_callback="http://h/s")
        await other.close()
        await asyncio.sleep(30)
        world.carrier.exchange.plan.faults = RestFaults(trouble=1)
        with pytest.raises(CarrierError, match="shows no such call"):
            await world.call()
        world.carrier.exchange.plan.faults = RestFaults(lost=1)
        assert (await world.call()).sid != foreign.sid

    play(scenario)


def test_two_lost_calls_to_one_number_are_told_apart() -> None:
    async def scenario(world: World) -> None:
        made = await asyncio.gather(world.call(), world.call())
        assert {each.sid for each in made} == {call.setup.call_sid for call in world.calls} and len(world.calls) == 2

    play(scenario, **faulty(lost=2))


def test_a_call_that_failed_is_not_mixed_up_with_another_to_the_same_number() -> None:
    async def scenario(world: World) -> None:
        async def soon() -> Any:
            await asyncio.sleep(0.3)
            world.carrier.exchange.plan.faults.slow_ms = 3000
            making = asyncio.create_task(world.call())
            await asyncio.sleep(0.1)
            world.carrier.exchange.plan.faults.slow_ms = 0
            return await making

        failed, made = await asyncio.gather(world.call(), soon(), return_exceptions=True)
        assert isinstance(failed, CarrierError) and failed.done is None
        assert [call.setup.call_sid for call in world.calls] == [made.sid]

    play(scenario, **faulty(trouble=1))


def test_a_call_that_was_just_made_is_not_taken_for_the_next_one() -> None:
    async def scenario(world: World) -> None:
        await world.call()
        world.carrier.exchange.plan.faults = RestFaults(trouble=1)
        with pytest.raises(CarrierError, match="shows no such call"):
            await world.call()

    play(scenario)


def test_a_call_that_twilio_does_not_know_yet_is_hung_up_all_the_same() -> None:
    async def scenario(world: World) -> None:
        made = await world.call()
        await world.rest.hang_up(made.sid)
        assert world.calls[0].status == "canceled"
        with pytest.raises(CarrierError, match="knows nothing of that name"):
            await world.rest.hang_up("CA" + "0" * 32)

    play(scenario, **faulty(unlisted_ms=3000), callees=lambda _: Callee("no-answer"))


def test_a_call_that_nobody_can_find_may_have_been_made() -> None:
    async def scenario(world: World) -> None:
        with pytest.raises(CarrierError, match="look into its console before you dial again") as lost:
            await world.call()
        assert lost.value.done is None and len(world.calls) == 1

    play(scenario, **faulty(lost=1, unlisted_ms=60_000))


def test_trouble_in_which_nothing_was_done_is_told_after_a_look() -> None:
    async def scenario(world: World) -> None:
        with pytest.raises(CarrierError, match="shows no such call") as lost:
            await world.call()
        assert (lost.value.status, lost.value.done) == (500, None) and world.calls == []

    play(scenario, **faulty(trouble=1))


def test_too_many_requests_are_made_again_after_a_pause() -> None:
    async def scenario(world: World) -> None:
        assert (await world.call()).status == "queued" and len(world.calls) == 1
        assert 0.75 <= asyncio.get_running_loop().time() <= 1.5

    play(scenario, **faulty(too_many=2))


def test_in_the_end_too_many_requests_are_an_error_of_a_call_not_made() -> None:
    async def scenario(world: World) -> None:
        with pytest.raises(CarrierError, match="asked too much at once") as refused:
            await world.call()
        assert (refused.value.code, refused.value.done) == (20429, False)

    play(scenario, **faulty(too_many=9))


def test_reading_is_tried_again_after_trouble() -> None:
    async def scenario(world: World) -> None:
        assert [each.number for each in await world.rest.numbers()] == [OURS]

    play(scenario, **faulty(trouble=3))


@pytest.mark.parametrize(
    ("fields", "code", "sentence"),
    [
        ({"to": "+1202555010x"}, 21211, "write it as"),
        ({"caller": "+12025550199"}, 21210, "offhook number list"),
        ({"to": "+12025550102"}, 21219, "verified numbers only"),
        ({"to": "+12025550103"}, 21215, "Geo permissions"),
        ({"url": "nowhere"}, 21205, "PUBLIC_URL"),
    ],
)
def test_a_refusal_says_what_to_do_and_names_no_number(fields: dict[str, str], code: int, sentence: str) -> None:
    async def scenario(world: World) -> None:
        with pytest.raises(CarrierError, match=sentence) as refused:
            await world.call(**fields)
        assert (refused.value.code, refused.value.done) == (code, False)
        assert "202555" not in str(refused.value)

    play(scenario, refused={"+12025550102": 21219, "+12025550103": 21215})


def test_an_error_without_advice_has_twilios_words_without_numbers() -> None:
    async def scenario(world: World) -> None:
        with pytest.raises(CarrierError, match=r"^Twilio refuses \(HTTP 400, error 20001\): .*Timeout") as refused:
            await world.call(ring_s=601)
        assert refused.value.done is False

    play(scenario)


def test_wrong_credentials() -> None:
    async def scenario(world: World) -> None:
        for asked in (world.rest.fetch("CA" + "0" * 32), world.rest.numbers()):
            with pytest.raises(CarrierError, match="does not take the credentials") as refused:
                await asked
            assert refused.value.done is False

    play(scenario, token="wrong")


def test_webhooks_are_attached_and_what_would_hide_them_is_taken_off() -> None:
    async def scenario(world: World) -> None:
        (number,) = await world.rest.numbers()
        world.carrier.exchange.numbers[number.sid].voice_application_sid = "AP" + "0" * 32
        (before,) = await world.rest.numbers()
        assert before.application_sid
        now = await world.rest.attach(
            number.sid,
            voice_url="https://h/incoming-call",
            fallback_url="https://h/twilio/next",
            status_callback="https://h/s",
        )
        assert (now.voice_url, now.fallback_url, now.application_sid) == (
            "https://h/incoming-call",
            "https://h/twilio/next",
            "",
        )

    play(scenario)


def answering(*answers: httpx.Response | Exception) -> TwilioRest:
    left = list(answers)

    def answer(request: httpx.Request) -> httpx.Response:
        each = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(each, Exception):
            raise each
        return each

    return TwilioRest(ACCOUNT.sid, "t", base_url="http://127.0.0.1:9030/twilio", transport=httpx.MockTransport(answer))


@pytest.mark.parametrize(
    ("answer", "sentence", "done"),
    [
        (httpx.ConnectError("refused"), "cannot be reached", False),
        (httpx.ReadError("gone"), "did not answer in time", None),
        (httpx.Response(200, html="<html>"), "not in JSON", None),
        (httpx.Response(200, json=[1]), "not in JSON", None),
        (httpx.Response(200, json={}), "could not be understood", None),
        (httpx.Response(502, html="<html>bad gateway"), r"in trouble \(HTTP 502\)", None),
        (httpx.Response(403, html="<html>"), "refuses", False),
        (httpx.Response(302, headers={"location": "http://elsewhere/"}), "not in JSON", None),
    ],
    ids=["unreachable", "broken", "html", "list", "empty", "gateway", "forbidden", "redirect"],
)
def test_whatever_is_answered_is_one_kind_of_error(answer: Any, sentence: str, done: bool | None) -> None:
    async def main() -> None:
        rest = answering(answer)
        with pytest.raises(CarrierError, match=sentence) as failed:
            await rest.fetch("CA" + "0" * 32)
        assert failed.value.done is done
        await rest.close()

    run(main())


def test_the_environment_does_not_lead_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWILIO_REGION", "ie1")
    monkeypatch.setenv("TWILIO_EDGE", "dublin")
    asked: list[str] = []

    async def main() -> None:
        def answer(request: httpx.Request) -> httpx.Response:
            asked.append(str(request.url))
            return httpx.Response(404, json={"code": 20404, "status": 404, "message": "no"})

        rest = TwilioRest(
            ACCOUNT.sid, "t", base_url="http://127.0.0.1:9030/twilio/", transport=httpx.MockTransport(answer)
        )
        with pytest.raises(CarrierError):
            await rest.fetch("CA1")
        await rest.close()

    run(main())
    assert asked == [f"http://127.0.0.1:9030/twilio/2010-04-01/Accounts/{ACCOUNT.sid}/Calls/CA1.json"]


def test_over_sockets_as_in_memory() -> None:
    async def main(origin: str) -> None:
        rest = TwilioRest(ACCOUNT.sid, ACCOUNT.token, base_url=origin)
        made = await rest.create_call(to=THEIRS, caller=OURS, url=f"{origin}/x", status_callback=f"{origin}/y")
        await rest.hang_up(made.sid)
        assert (await rest.fetch(made.sid)).status == "canceled"
        assert [each.number for each in await rest.numbers()] == [OURS]
        await rest.close()

    with listening(callees=lambda _: Callee("no-answer")) as origin:
        asyncio.run(main(origin))
