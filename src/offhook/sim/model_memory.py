"""A realtime service in memory: sessions over two links on an event loop, for simulated time.

A client takes one end of a duplex (sim/network.py) where it would take a socket.
"""

import asyncio
from collections.abc import Mapping

from offhook.sim.model import ModelSession
from offhook.sim.model_admission import Turned, admit
from offhook.sim.model_drive import Driver, Engines
from offhook.sim.model_orders import Setup
from offhook.sim.network import End, Link, duplex


class Refusal(Exception):
    """The handshake was answered with another status than 101."""

    def __init__(self, status: int, body: str) -> None:
        super().__init__(f"{status}: {body}")
        self.status, self.body = status, body


class MemoryServer:
    """Opens sessions; `sessions` keeps them with their logs."""

    def __init__(self, setup: Setup, engines: Engines) -> None:
        self.setup = setup
        self.sessions: list[ModelSession] = []
        self._engines = engines

    def connect(
        self, target: str, headers: Mapping[str, str], there: Link | None = None, back: Link | None = None
    ) -> End[bytes]:
        """The client's end of a new connection. Raises Refusal. `there` carries the client's messages, `back` the service's."""
        admitted = admit(target, headers, self.setup)
        if isinstance(admitted, Turned):
            raise Refusal(admitted.status, admitted.body)
        loop = asyncio.get_running_loop()
        client, service = duplex(loop, there or Link(), back or Link())
        session = ModelSession(admitted.dialect, admitted.model, self.setup, len(self.sessions), admitted.agent)
        self.sessions.append(session)
        driver = Driver(
            session, self._engines, lambda text: service.send(text.encode()), lambda code, _reason: service.close(code)
        )
        service.on_message = lambda message: driver.message(message.decode())
        service.on_close = lambda _code: driver.gone()
        loop.call_soon(driver.open)  # the client sets its callbacks first
        return client
