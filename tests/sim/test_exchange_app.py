"""The carrier's REST interface with calls behind it: in simulated time, and over sockets with Twilio's own client."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import uvicorn
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from offhook.sim.caller import Caller
from offhook.sim.clock import run
from offhook.sim.drive import Outside
from offhook.sim.exchange_app import ExchangeApp
from offhook.sim.memory import MediaSocket, MemoryOutside
from offhook.sim.orders import Callee, OpenStream
from offhook.sim.outbound import OutboundCall
from offhook.sim.phone import SocketOutside
from offhook.sim.plan import Plan, RestFaults
from offhook.sim.signature import Account
from offhook.sim.steps import Leave, Say, Wait
from tests.sim.echo import CONNECT, EchoStream, Webhooks

ACCOUNT = Account("AC" + "a" * 32, "secret")
ROOT = f"/2010-04-01/Accounts/{ACCOUNT.sid}"
OURS, THEIRS = "+12025550100", "+12025550101"
PLACE = {"To": THEIRS, "From": OURS, "Url": "http://localhost/voice"}
WORDS = b"\x20" * 8 * 500


def plan(**values: Any) -> Plan:
    return Plan(ACCOUNT, **{"numbers": (OURS,), "epoch_s": 1.8e9, **values})


@asynccontextmanager
async def serving(app: Any, **values: Any) -> AsyncIterator[tuple[ExchangeApp, httpx.AsyncClient, list[OutboundCall]]]:
    """The exchange and an application, in memory; calls that are over come into the list."""
    over: list[OutboundCall] = []

    def accept(order: OpenStream, socket: MediaSocket) -> EchoStream:
        return EchoStream(socket)

    outside = MemoryOutside(app, accept)
    exchange = ExchangeApp(plan(**values), outside, over.append)
    credentials = (ACCOUNT.sid, ACCOUNT.token)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(exchange), base_url="http://x", auth=credentials
    ) as client:
        yield exchange, client, over
    await exchange.close()
    await outside.finish()


def webhooks() -> Webhooks:
    return Webhooks(voice=CONNECT.format(url="ws://localhost/media"), next="<Hangup/>", status="", dialled="<Hangup/>")


def test_a_person_who_is_called_says_hello_and_hears_the_echo() -> None:
    people: list[Caller] = []

    def answers(_answered_ms: float) -> Caller:
        people.append(Caller([Say(WORDS), Wait(1000), Leave()]))
        return people[-1]

    async def main() -> None:
        app = webhooks()
        async with serving(app, callees=lambda _: Callee(person=answers)) as (exchange, client, over):
            told = {
                "StatusCallback": "http://localhost/status",
                "StatusCallbackEvent": ["ringing", "answered", "completed"],
            }
            made = await client.post(f"{ROOT}/Calls.json", data={**PLACE, **told})
            assert made.status_code == 201 and made.headers["date"] == "Fri, 15 Jan 2027 08:00:00 GMT"
            await exchange.idle()
            (call,) = over
            assert call.status == "completed" and call.streams[0].frames > 70
            assert people[0].hearing.spans and people[0].report.spoken
            paths = [path for path, _ in app.forms]
            assert paths.count("status") == 3 and "voice" in paths and "next" in paths

    run(main())


def test_a_live_call_is_sent_elsewhere_and_ended() -> None:
    async def main() -> None:
        app = webhooks()
        async with serving(app) as (exchange, client, over):
            sid = (await client.post(f"{ROOT}/Calls.json", data=PLACE)).json()["sid"]
            await asyncio.sleep(5)
            call = exchange.exchange.calls[sid]
            assert call.streams[0].state == "open"
            changed = await client.post(f"{ROOT}/Calls/{sid}.json", data={"Url": "http://localhost/voice"})
            await asyncio.sleep(1)
            assert changed.json()["status"] == "in-progress"
            assert [stream.state for stream in call.streams] == ["ended", "open"]
            await client.post(f"{ROOT}/Calls/{sid}.json", data={"Status": "completed"})
            await exchange.idle()
            assert over == [call] and call.log[-1]["what"] == "answer"

    run(main())


def test_when_the_carrier_goes_its_calls_are_told() -> None:
    async def main() -> None:
        app = webhooks()
        async with serving(app, calls_per_second=0) as (exchange, client, over):
            told = {"StatusCallback": "http://localhost/status"}
            for _ in range(2):
                await client.post(f"{ROOT}/Calls.json", data={**PLACE, **told})
            await asyncio.sleep(5)
            await exchange.hang_up()
            assert [call.status for call in over] == ["completed", "completed"]
            assert [form["CallStatus"] for path, form in app.forms if path == "status"] == ["completed", "completed"]

    run(main())


def test_dial_joins_a_call_to_another_number() -> None:
    people = {
        THEIRS: Caller([Wait(30_000), Leave()]),
        "+12025550155": Caller([Wait(1500), Say(WORDS), Wait(2000), Leave()]),
    }

    async def main() -> None:
        app = webhooks()
        app.documents["voice"] = '<Dial action="/dialled" timeout="20">+12025550155</Dial>'
        callees = {number: Callee(person=lambda _, who=person: who) for number, person in people.items()}
        async with serving(app, callees=callees.__getitem__) as (exchange, client, over):
            await client.post(f"{ROOT}/Calls.json", data=PLACE)
            await exchange.idle()
            form = dict(app.forms)["dialled"]
            assert (form["DialCallStatus"], form["DialCallDuration"]) == ("completed", "4")
            ringing, words = people[THEIRS].hearing.spans
            assert words.to_ms - words.from_ms == pytest.approx(500) and words.from_ms > ringing.to_ms
            assert len(over[0].bridges) == 1

    run(main())


def test_a_slow_answer_takes_its_time_and_a_lost_one_never_comes() -> None:
    async def main() -> None:
        async with serving(webhooks(), faults=RestFaults(slow_ms=3000, lost=1)) as (exchange, client, _):
            began = asyncio.get_running_loop().time()
            await client.get(f"{ROOT}.json")
            assert asyncio.get_running_loop().time() - began == pytest.approx(3)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(10):
                    await client.post(f"{ROOT}/Calls.json", data=PLACE)
            assert len(exchange.exchange.calls) == 1

    run(main())


def test_what_goes_wrong_in_a_call_is_not_swallowed() -> None:
    async def broken(scope: Any, receive: Any, send: Any) -> None:
        raise ZeroDivisionError

    async def main() -> None:
        async with serving(broken) as (exchange, client, _):
            await client.post(f"{ROOT}/Calls.json", data=PLACE)
            with pytest.raises(ZeroDivisionError):
                await exchange.idle()

    run(main())


# ---------------------------------------------------------------- over sockets


class Redirected(TwilioHttpClient):
    """Twilio's own client, sent to another origin."""

    def __init__(self, origin: str) -> None:
        super().__init__(timeout=5)
        self.origin = origin

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        parts = urlsplit(self.origin)
        return super().request(
            method, urlsplit(url)._replace(scheme="http", netloc=parts.netloc).geturl(), *args, **kwargs
        )

    def close(self) -> None:
        assert self.session is not None
        self.session.close()


@contextmanager
def listening(**values: Any) -> Iterator[str]:
    """A real server in a thread of its own; its origin."""
    started, stop = threading.Event(), threading.Event()
    origin: list[str] = []

    async def main() -> None:
        outside: Outside = SocketOutside()
        app = ExchangeApp(plan(**values), outside)
        server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off", date_header=False))
        serve = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        origin.append(f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}")
        started.set()
        await asyncio.to_thread(stop.wait)
        server.should_exit = True
        await serve
        await app.close()
        await outside.finish()

    thread = threading.Thread(target=lambda: asyncio.run(main()))
    thread.start()
    started.wait(10)
    try:
        yield origin[0]
    finally:
        stop.set()
        thread.join(10)


def test_twilios_own_client_takes_it_for_twilio() -> None:
    with listening(callees=lambda _: Callee("no-answer")) as origin:
        http = Redirected(origin)
        client = Client(ACCOUNT.sid, ACCOUNT.token, http_client=http)
        made = client.calls.create(
            to=THEIRS,
            from_=OURS,
            url="http://127.0.0.1:9/voice",
            status_callback="http://127.0.0.1:9/status",
            status_callback_event=["initiated", "completed"],
            machine_detection="DetectMessageEnd",
            async_amd="true",
            async_amd_status_callback="http://127.0.0.1:9/amd",
            record=True,
        )
        assert made.status == "queued" and made.direction == "outbound-api" and made.date_created.year == 2027
        assert client.calls(made.sid).fetch().sid == made.sid
        assert [each.sid for each in client.calls.list(to=THEIRS, from_=OURS)] == [made.sid]
        assert client.calls(made.sid).update(status="completed").status == "canceled"
        (number,) = client.incoming_phone_numbers.list(phone_number=OURS)
        assert number.update(voice_url="https://h/voice").voice_url == "https://h/voice"
        assert client.api.accounts(ACCOUNT.sid).fetch().status == "active"
        with pytest.raises(TwilioRestException) as refused:
            client.calls.create(to="nobody", from_=OURS, url="https://h/voice")
        assert (refused.value.status, refused.value.code) == (400, 21211)
        with pytest.raises(TwilioRestException) as refused:
            Client(ACCOUNT.sid, "wrong", http_client=http).calls(made.sid).fetch()
        assert (refused.value.status, refused.value.code) == (401, 20003)
        http.close()
