"""The carrier's REST interface as an ASGI application, with the calls it makes: in memory and in simulated time, or over sockets."""

import asyncio
import contextlib
import json
from collections.abc import Callable
from email.utils import formatdate
from typing import Any

from offhook.sim.drive import Driver, Outside
from offhook.sim.exchange import Exchange, RestAnswer, RestRequest
from offhook.sim.network import Link
from offhook.sim.orders import Order
from offhook.sim.outbound import OutboundCall
from offhook.sim.plan import Plan

LONGEST_BODY = 65_536
SILENCE_S = 120.0
"""How long a request that is never answered is kept open."""


class ExchangeApp:
    """ASGI. Close it when all is over; `outside` is closed by whoever made it."""

    def __init__(
        self,
        plan: Plan,
        outside: Outside,
        told: Callable[[OutboundCall], None] = lambda _call: None,
        links: tuple[Link, Link] | None = None,
    ) -> None:
        """`told` hears of each call when it is over; `links` are those of every stream."""
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()
        self.exchange = Exchange(plan, self)
        self._outside = outside
        self._told = told
        self._links = links or (Link(), Link())
        self._drivers: dict[str, Driver] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._failed: list[BaseException] = []

    # ------------------------------------------------------------ calls

    def place(self, call: OutboundCall) -> None:
        """Begins a call."""
        driver = Driver(call, self._outside.ask, self._outside.connect, *self._links)
        self._drivers[call.setup.call_sid] = driver
        task = self._loop.create_task(self._run(call, driver))
        self._tasks.add(task)
        task.add_done_callback(self._over)

    def change(self, sid: str, change: Callable[[float], list[Order]]) -> None:
        """Tells a running call of a change."""
        if driver := self._drivers.get(sid):
            driver.apply(change)

    async def _run(self, call: OutboundCall, driver: Driver) -> None:
        try:
            await driver.run()
        finally:
            del self._drivers[call.setup.call_sid]
        self._told(call)

    def _over(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._failed.append(error)
            self._loop.call_exception_handler({"message": "a simulated call failed", "exception": error, "task": task})

    async def idle(self) -> None:
        """Waits until no call is left. Raises what went wrong in one."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))
        if self._failed:
            raise self._failed[0]

    async def hang_up(self, patience_s: float = 3.0) -> None:
        """Ends all calls as the account would, and waits for what they still have to tell."""
        for sid, driver in list(self._drivers.items()):
            driver.apply(self.exchange.calls[sid].complete)
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=patience_s)

    async def close(self) -> None:
        """Ends all calls where they are."""
        tasks = set(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # ------------------------------------------------------------ requests

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            raise RuntimeError(f"the carrier's REST interface takes no {scope['type']}")
        body = b""
        while (message := await receive())["type"] == "http.request":
            body += message.get("body", b"")
            if not message.get("more_body") or len(body) > LONGEST_BODY:
                break
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        query = scope["query_string"].decode("latin-1")
        request = RestRequest(scope["method"], scope["path"], query, headers, body)
        answer = self.exchange.receive(request, (self._loop.time() - self._began) * 1000.0)
        if answer.silent:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(_gone(receive), SILENCE_S)
            return
        if answer.after_ms:
            await asyncio.sleep(answer.after_ms / 1000.0)
        await self._answer(answer, send)

    async def _answer(self, answer: RestAnswer, send: Any) -> None:
        body = json.dumps(answer.body).encode()
        wall = self.exchange.plan.epoch_s + self._loop.time() - self._began
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            (b"date", formatdate(wall, usegmt=True).encode()),
            (b"twilio-concurrent-requests", b"1"),
        ]
        if answer.status == 401:
            headers.append((b"www-authenticate", b'Basic realm="Twilio API"'))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


async def _gone(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
