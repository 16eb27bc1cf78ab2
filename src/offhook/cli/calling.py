"""Calls to a server that runs, in real time: whom to call, who may sign, and Ctrl-C, which hangs up."""

import asyncio
import contextlib
import secrets
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from offhook.errors import ConfigError
from offhook.server.simulator_account import data_folder, simulator_account
from offhook.settings import Settings
from offhook.sim.caller import Caller
from offhook.sim.carrier import CarrierCall
from offhook.sim.network import Link
from offhook.sim.orders import Faults, Setup
from offhook.sim.phone import place_call
from offhook.sim.report import scripted
from offhook.sim.script import Script
from offhook.sim.signature import Account
from offhook.sim.understanding import Understanding
from offhook.sim.voicing import Voiced

DEFAULT_URL = "http://127.0.0.1:8000/incoming-call"
"""Where `make run` answers."""
LONGEST_S = 300.0
"""A simulated caller's own limit."""


@dataclass(slots=True)
class Server:
    """Whom to call, as the command line has it."""

    url: str = DEFAULT_URL
    public_url: str | None = None
    called: str = "+15550100002"
    status_callback: str | None = "/twilio/status"
    hang_up_after_s: float | None = None

    def setup(self, account: Account, **more: Any) -> Setup:
        """One call to it."""
        parts = urlsplit(self.url)
        hang_up_after_s = LONGEST_S if self.hang_up_after_s is None else self.hang_up_after_s
        return Setup(
            self.public_url.rstrip("/") + parts.path if self.public_url else self.url,
            account,
            upstreams=(f"{parts.scheme}://{parts.netloc}",) if self.public_url else (),
            called=self.called,
            call_sid="CA" + secrets.token_hex(16),
            status_callback=self.status_callback,
            hang_up_after_ms=hang_up_after_s * 1000.0,
            epoch_s=time.time(),
            **more,
        )


@dataclass(slots=True)
class Rung:
    """A call that was made."""

    call: CarrierCall
    caller: Caller
    interrupted: bool
    """By Ctrl-C."""


@dataclass(slots=True)
class Played:
    """A call that followed a script."""

    call: CarrierCall
    result: dict[str, Any]
    interrupted: bool = False
    """By Ctrl-C."""


def call_scripted(played: Voiced, server: Server, accounts: list[Account]) -> Played:
    """Calls a server as a script says."""
    script = played.script
    faults = Faults(drop_stream_after_ms=script.room.drops_ms)
    understandings: list[Understanding] = []

    def person() -> Caller:
        caller, understanding = played.caller()
        understandings.append(understanding)
        return caller

    rung = ring(
        accounts,
        lambda account: server.setup(account, caller=script.caller, faults=faults),
        person,
        links_of(script),
    )
    return Played(rung.call, scripted(rung.call, rung.caller, script, understandings[-1]), rung.interrupted)


def links_of(script: Script) -> tuple[Link, Link]:
    """The network of a script: to the server, and back."""
    room = script.room
    return (
        Link(room.delay_ms, room.jitter_ms, seed=2 * script.seed),
        Link(room.delay_ms, room.jitter_ms, seed=2 * script.seed + 1),
    )


def ring(
    accounts: list[Account],
    setup: Callable[[Account], Setup],
    person: Callable[[], Caller],
    links: tuple[Link, Link],
) -> Rung:
    """Makes the call, signed for the first account that the server knows."""
    for account in accounts:
        caller = person()
        simulated = CarrierCall(setup(account), caller)
        interrupted = asyncio.run(_place(simulated, links))
        if interrupted or not _refused(simulated):
            break
    return Rung(simulated, caller, interrupted)


async def _place(simulated: CarrierCall, links: tuple[Link, Link]) -> bool:
    """Makes the call; Ctrl-C hangs up as a person would, and the call is told all the same. Whether it did."""
    hang_up = asyncio.Event()
    with contextlib.suppress(NotImplementedError):  # no signal handlers on Windows: there Ctrl-C just ends it
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, hang_up.set)
    await place_call(simulated, *links, hang_up)
    return hang_up.is_set()


def _refused(call: CarrierCall) -> bool:
    """Whether the webhook did not know the signature."""
    return any(
        entry["what"] == "answer" and entry["purpose"] == "voice" and entry["status"] == 403 for entry in call.log
    )


def accounts_of(sid: str | None = None, token: str | None = None) -> list[Account]:
    """Who may sign: what was given; else the environment's account, and the simulator's, which a demo takes in any case.

    Raises ConfigError for half of an account.
    """
    if sid and token:
        return [Account(sid, token)]
    if sid or token:
        raise ConfigError("--account-sid and --auth-token are needed together.")
    wanted = ("twilio_account_sid", "twilio_auth_token", "offhook_data")
    settings = Settings.load(ignored=[name for name in Settings.model_fields if name not in wanted])
    accounts = []
    if settings.twilio_account_sid and settings.twilio_auth_token:
        accounts.append(Account(settings.twilio_account_sid, settings.twilio_auth_token.get_secret_value()))
    own = simulator_account(data_folder(settings.offhook_data))
    return [*accounts, Account(own.account_sid, own.auth_token)]
