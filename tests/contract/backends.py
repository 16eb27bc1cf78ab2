"""The agent legs that keep one contract: the embedded engine, cascades, and realtime models in three dialects.

A realtime leg is the product's own up to the socket: its engine makes the address and the headers, and what `connect`
would open over the network is a session of the stand-in model in memory.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Literal
from unittest.mock import patch
from urllib.parse import urlsplit

from offhook.agent.agent import Agent
from offhook.agent.credentials import Credentials
from offhook.agent.options import Cascade, OwnTurns, Realtime
from offhook.agent.realtime import azure, openai
from offhook.errors import LegFailed
from offhook.parts.http import Server
from offhook.sim.http_memory import AppTransport
from offhook.sim.model_http import HttpModel, HttpSetup
from offhook.sim.model_memory import MemoryServer, Refusal
from offhook.sim.network import End, Link

NETWORK_MS = 20.0
"""To the model, each way."""
RETRIED = (429, 500, 503)


@dataclass(frozen=True, slots=True)
class Backend:
    """One way to answer a call."""

    dialect: Literal["local", "cascade", "openai", "beta", "azure"]
    own_turns: bool = False
    audio: Literal["mulaw", "pcm16"] = "mulaw"
    embedded: bool = False
    """A cascade of the parts in the box; else its parts are behind HTTP."""
    objects: bool = False
    """… or objects in this process."""

    def __str__(self) -> str:
        return "-".join(
            [
                self.dialect,
                *["own-turns"] * self.own_turns,
                *["pcm16"] * (self.audio == "pcm16"),
                *["embedded"] * self.embedded,
                *["objects"] * self.objects,
            ]
        )

    @property
    def realtime(self) -> bool:
        """A model at a server, over a session."""
        return self.dialect not in ("local", "cascade")

    @property
    def written(self) -> bool:
        """A language model answers, in text."""
        return self.dialect == "cascade" and not self.embedded

    @property
    def turns(self) -> Literal["provider", "offhook"]:
        """Who decides when the caller's turn is over."""
        return "offhook" if self.own_turns or not self.realtime else "provider"

    @property
    def model(self) -> str:
        """The agent's `model`."""
        return {
            "local": "local", "cascade": "cascade", "openai": "openai:gpt-realtime-2.1", "beta": "openai:gpt-4o-realtime-preview",
            "azure": "azure:gpt-realtime-2.1",
        }[self.dialect]  # fmt: skip

    def credentials(self, base_url: str) -> Credentials:
        """What reaches a stand-in model at `base_url`."""
        if self.dialect == "azure":
            return Credentials(azure_endpoint=base_url, azure_api_key="x")
        return Credentials(openai_base_url=f"{base_url}/v1", openai_api_key="x", openai_beta=self.dialect == "beta")

    def answering(self, agent: Agent) -> Agent:
        """The agent, on this backend."""
        realtime = replace(agent.realtime, audio=self.audio)
        if self.own_turns:
            realtime = replace(realtime, turns=OwnTurns())
        if self.dialect == "cascade":
            agent = replace(agent, cascade=Cascade(*["embedded"] * 3) if self.embedded else Cascade())
        return replace(agent, model=self.model, realtime=realtime if self.realtime else Realtime())


LOCAL = Backend("local")
PROVIDERS = [Backend("openai"), Backend("beta"), Backend("azure")]
OWN_TURNS = [replace(each, own_turns=True) for each in PROVIDERS]
PCM16 = [replace(each, audio="pcm16") for each in PROVIDERS if each.dialect != "beta"]
CASCADES = [Backend("cascade", embedded=True), Backend("cascade"), Backend("cascade", objects=True)]
BACKENDS = [LOCAL, *CASCADES, *PROVIDERS, *OWN_TURNS]


class MemoryModel:
    """A stand-in model behind the `connect` of the product's engines, and its connections; another one behind HTTP."""

    def __init__(self, server: MemoryServer, http: HttpModel | None = None, connect_ms: float = 0.0) -> None:
        self.server, self.http = server, http or HttpModel(HttpSetup(), server._engines)
        self.lines: list[End[bytes]] = []
        self._connect_ms = connect_ms

    async def connect(self, url, headers, receive, lost, *, name, secrets=(), **_more):
        """As agent/realtime/socket.py has it."""
        await asyncio.sleep(self._connect_ms / 1000.0)
        parts = urlsplit(url)
        try:
            line = self.server.connect(f"{parts.path}?{parts.query}", headers, Link(NETWORK_MS), Link(NETWORK_MS))
        except Refusal as refused:
            raise LegFailed(str(refused), retryable=refused.status in RETRIED) from None
        line.on_message = receive
        line.on_close = lambda code: lost(LegFailed(f"{name} closed the connection ({code}).", retryable=True))
        self.lines.append(line)
        return line

    def break_off(self) -> None:
        """The connection that carries the call breaks."""
        line = self.lines[-1]
        lost, line.on_close = line.on_close, lambda _code: None
        line.close(1006)
        lost(1006)

    @contextmanager
    def reached(self) -> Iterator[None]:
        """While the block runs, the engines reach this model and no network."""
        carried = AppTransport(self.http, NETWORK_MS)
        with (
            patch.object(openai, "connect", self.connect),
            patch.object(azure, "connect", self.connect),
            patch.object(Server, "transport", carried),
        ):
            yield
