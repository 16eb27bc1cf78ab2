"""Simulated calls whose talk is kept: carrier, webhooks, streams, an echoing agent and a journal over a real database, in
simulated time."""

import asyncio
import hashlib
from collections.abc import Callable

from offhook.agent.echo import EchoLeg, tone
from offhook.core import events as e
from offhook.journal.journal import Journal
from offhook.server.app import App, Options
from offhook.sim.caller import Caller, Leave, Listen, Say
from offhook.sim.carrier import CarrierCall
from offhook.sim.memory import place_call
from offhook.sim.network import Link
from offhook.sim.orders import Finished, Setup
from offhook.sim.signature import Account
from tests.server.running import ACCOUNT, KEY


def sid(name: str) -> str:
    return "CA" + hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()


class KeptCalls:
    """Places calls to one server; `turns` is what it told of them, as a viewer would know it: the newest version of each."""

    def __init__(self, journal: Journal, watch: Callable[[str, e.Event], None] = lambda _id, _event: None) -> None:
        self.turns: dict[tuple[str, int], str] = {}
        self.ended: dict[str, e.Ended] = {}
        self._watch = watch
        self.app = App(Options(ACCOUNT, [KEY]), lambda _info: EchoLeg(), self._see, journal)
        self.app.ready.set()

    def _see(self, call_id: str, event: e.Event) -> None:
        if isinstance(event, e.TurnKept):
            self.turns[call_id, event.turn] = event.text
        elif isinstance(event, e.Ended):
            self.ended[call_id] = event
        self._watch(call_id, event)

    async def call(self, name: str, questions: int = 2, after_s: float = 0.0) -> Finished:
        """One call: the greeting, some questions and their echoes, good-bye."""
        await asyncio.sleep(after_s)
        steps = [Listen(), *[Say(tone(500), "a tone"), Listen()] * questions, Leave()]
        account = Account(ACCOUNT, KEY.secret)
        setup = Setup("http://voice.test/incoming-call", account, call_sid=sid(name), hang_up_after_ms=60_000.0)
        return await place_call(
            CarrierCall(setup, Caller(steps)), self.app.asgi,
            lambda order, socket: self.app.door.open_leg(socket, order.url.rsplit("/", 1)[1]), Link(30.0), Link(30.0),
        )  # fmt: skip

    async def close(self) -> None:
        await self.app.switchboard.close()
