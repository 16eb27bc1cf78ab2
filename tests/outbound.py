"""Calls that are asked for, in simulated time: the API, the product, its journal, and the simulated carrier with its telephones."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx

from offhook import Agent
from offhook.agent.roster import Roster
from offhook.cli.compose import agents_shown
from offhook.core import events as e
from offhook.journal.journal import Journal
from offhook.phone.allowance import Allowance
from offhook.phone.destinations import Destinations
from offhook.phone.twilio.rest import TwilioRest
from offhook.server.app import App, Options
from offhook.server.carrier import Carrier
from offhook.server.outgoing import Dialling
from offhook.sim.clock import run
from offhook.sim.exchange_app import ExchangeApp
from offhook.sim.memory import MemoryOutside
from offhook.sim.network import Link
from offhook.sim.outbound import OutboundCall
from offhook.sim.plan import Plan
from offhook.sim.signature import Account
from offhook.store.calls import Calls, Kept
from offhook.store.store import Store
from tests.mortal import kill
from tests.server.running import ACCOUNT, KEY

OURS, THEIRS = "+12025550100", "+12025550123"
TOKEN = "the operator's token"
ECHO = Agent(model="echo", name="parrot")
ORIGIN = "http://voice.test"


class World:
    """A server that makes calls, and the carrier that it makes them at."""

    def __init__(
        self,
        folder: Path,
        agents: Any = ECHO,
        *,
        token: str = KEY.secret,
        credentials: bool = True,
        public_url: str | None = ORIGIN,
        number: str | None = OURS,
        options: dict[str, Any] | None = None,
        allowance: Allowance | None = None,
        max_usd: float | None = None,
        roster: Any = None,
        delay_ms: float = 40.0,
        **plan: Any,
    ) -> None:
        values = {"numbers": [OURS], "calls_per_second": 0, "epoch_s": 1.8e9, **plan}
        self.events: list[tuple[str, e.Event]] = []
        self.unreachable = False
        """For the carrier's requests."""
        self.outside = MemoryOutside(self._answer, self._accept)
        links = Link(delay_ms), Link(delay_ms)
        self.carrier = ExchangeApp(Plan(Account(ACCOUNT, KEY.secret), **values), self.outside, links=links)
        rest = TwilioRest(ACCOUNT, token, transport=httpx.ASGITransport(self.carrier))
        self.rest, self.roster, self.folder, self.number = rest, roster or Roster(agents), folder, number
        self.max_usd = max_usd
        self.allowance = allowance or Allowance(calls_per_minute=1000)
        self._options = Options(ACCOUNT, [KEY], public_url=public_url, operator_token=TOKEN, **(options or {}))
        self._credentials = credentials
        self._sockets: list[Any] = []
        self.streams_at: App | None = None
        """Another process, which a balancer sends the streams to."""
        self.journal, self.app, self.client = self.process()

    def process(self) -> tuple[Journal, App, httpx.AsyncClient]:
        """A server over the store that all of them share."""
        journal = Journal(Store(f"sqlite:///{self.folder}/calls.db"), self.folder / "spool")
        carrier = Carrier(self.rest) if self._credentials else None
        app = App(
            self._options,
            self.roster.open,
            lambda call_id, event: self.events.append((call_id, event)),
            journal,
            dialling=Dialling(
                ACCOUNT, self.number, Destinations(own_number=OURS), self.allowance, self.roster, carrier,
                max_usd=self.max_usd,
            ),
            reopen_agent=getattr(self.roster, "reopen", None),
            agents=lambda: agents_shown(self.roster),
        )  # fmt: skip
        app.ready.set()
        transport = httpx.ASGITransport(app.asgi)
        return journal, app, httpx.AsyncClient(
            transport=transport, base_url=ORIGIN, headers={"authorization": f"Bearer {TOKEN}"}
        )  # fmt: skip

    async def die(self) -> None:
        """As by kill -9; the next process is there at once."""
        kill(self.journal)
        for call in list(self.app.switchboard.calls):
            call.let_go()
        for socket in self._sockets:
            if not socket.closed:
                socket.closed = True
                socket._closed(1006)
        self._sockets.clear()
        await self.journal.store.close()
        await self.client.aclose()
        self.journal, self.app, self.client = self.process()
        await self.journal.start()

    async def _answer(self, scope: Any, receive: Any, send: Any) -> None:
        if self.unreachable:
            await asyncio.sleep(14.0)
            await send({"type": "http.response.start", "status": 503, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        await self.app.asgi(scope, receive, send)

    def _accept(self, order: Any, socket: Any) -> Any:
        self._sockets.append(socket)
        return (self.streams_at or self.app).door.open_leg(socket, order.url.rsplit("/", 1)[1])

    async def wish(self, number: str = THEIRS, *, key: str = "", **more: Any) -> httpx.Response:
        """Asks for a call."""
        headers = {"idempotency-key": key} if key else {}
        return await self.client.post("/api/call", json={"phone_number": number, **more}, headers=headers, timeout=None)

    @property
    def made(self) -> list[OutboundCall]:
        """The calls that the carrier has made."""
        return list(self.carrier.exchange.calls.values())

    async def over(self, seconds: float = 5.0) -> None:
        """Waits until no call is left, at the carrier or here."""
        await self.carrier.idle()
        await asyncio.sleep(seconds)
        assert self.app.switchboard.live == 0
        await self.journal.flush()

    async def kept(self, call_id: str) -> Kept:
        """What the store has of a call."""
        await self.journal.flush()
        found = await Calls(self.journal.store).find(call_id)
        assert found is not None
        return found

    def ends(self) -> list[tuple[str, str]]:
        """How calls ended, in order."""
        return [(event.result.value, event.reason.value) for _, event in self.events if isinstance(event, e.Ended)]

    async def close(self) -> None:
        """Everything ends."""
        await self.app.switchboard.close()
        assert self.app.outgoing is not None
        await self.app.outgoing.close()
        await self.carrier.close()
        await self.outside.finish()
        await self.client.aclose()
        await self.journal.close()
        await self.roster.close()


def play(folder: Path, scenario: Callable[[World], Awaitable[None]], agents: Any = ECHO, **world: Any) -> None:
    """A scenario in a world of its own."""

    async def main() -> None:
        it = World(folder, agents, **world)
        await it.journal.start()
        try:
            await scenario(it)
        finally:
            await it.close()

    run(main())
