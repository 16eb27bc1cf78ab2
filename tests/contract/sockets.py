"""Backends over real sockets and the real clock: each behind a server of its own, and one stand-in model for all."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager

from offhook.agent.agent import Agent
from offhook.agent.cascade.embedded import LocalEngine
from offhook.agent.models import engine_for
from offhook.sim.model_drive import SpeechEngines
from offhook.sim.model_orders import Setup
from offhook.sim.model_socket import SocketServer
from tests.contract.backends import Backend
from tests.server.running import Running, running


@asynccontextmanager
async def listening_model(setup: Setup) -> AsyncIterator[tuple[SocketServer, str]]:
    """A stand-in model that listens: its sessions, and where it is."""
    engines = SpeechEngines("en-us")
    await engines.start()
    try:
        service = SocketServer(setup, engines)
        async with service.listen("127.0.0.1", 0) as server:
            yield service, f"http://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"
    finally:
        await engines.close()


@contextmanager
def served(backend: Backend, agent: Agent, base_url: str) -> Iterator[Running]:
    """A server whose calls are answered by an agent on a backend."""
    engine = engine_for(backend.model, backend.credentials(base_url)) if backend.realtime else LocalEngine()
    agent = backend.answering(agent)

    async def prepare() -> None:
        await engine.start()
        await engine.prepare(agent)

    with ExitStack() as stack:
        server = stack.enter_context(running(prepare=prepare, agent=lambda: engine.leg(agent)))
        stack.callback(lambda: asyncio.run_coroutine_threadsafe(engine.close(), server.loop).result(10))
        yield server
