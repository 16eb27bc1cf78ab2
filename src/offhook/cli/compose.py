"""From settings to a server that runs."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from urllib.parse import quote, urlsplit

from offhook.agent.agent import Agent
from offhook.agent.roster import Roster
from offhook.cli.agents import Loaded, reloading
from offhook.core.events import Event
from offhook.errors import ConfigError
from offhook.journal.journal import Journal
from offhook.phone.destinations import Destinations
from offhook.phone.twilio.signature import Key
from offhook.server.app import App, Options
from offhook.server.carrier import Carrier
from offhook.server.dialling import allowance, destinations, dialable, twilio_rest
from offhook.server.findings import Look
from offhook.server.head import is_loopback_address
from offhook.server.lifetime import Listening
from offhook.server.lifetime import serve as serve_app
from offhook.server.media import Limits
from offhook.server.outgoing import Dialling
from offhook.server.shown import AgentShown, ToolShown
from offhook.server.simulator_account import data_folder
from offhook.server.tunnel import kept_by_ngrok, tunnel
from offhook.settings import Settings
from offhook.store.store import Store

CALLS = "calls.db"
SPOOL = "spool"
NONE: Mapping[str, str] = {}


async def serve(
    settings: Settings,
    account_sid: str,
    keys: Sequence[Key],
    roster: Roster,
    *,
    try_it: str | None,
    command: str,
    on_started: Callable[[int], None] = lambda _port: None,
    on_ready: Callable[[int, str | None], None] = lambda _port, _origin: None,
    watch: Callable[[str, Event], None] = lambda _call_id, _event: None,
    reload: str | None = None,
    look: Look = lambda _online: (),
    telephones: Mapping[str, str] = NONE,
    source: str | None = None,
) -> None:
    """Serves until stopped. `try_it`: what to ask the demo's agent; None outside the demo. `on_started` is told the port
    when it listens, `on_ready` the port and the public origin, as far as it is known, when the agents are ready too; `watch`
    sees every event; `reload` names the module whose agents are loaded anew when it changes; `look` is the doctor's;
    `telephones` are the simulated ones that may be called, with what becomes of that; `source` is the file of the agents."""
    policy = destinations(settings)
    may_be_dialled(policy, roster.names())
    app = App(
        options(settings, account_sid, keys, try_it=try_it, command=command, telephones=telephones),
        roster.open,
        watch,
        journal(settings),
        dialling=dialling(settings, account_sid, keys, roster),
        agents=lambda: agents_shown(roster, source),
        dialable=dialable(policy),
        reopen_agent=roster.reopen,
        look=look,
        offer=roster,
    )

    async def replace(loaded: Loaded) -> None:
        may_be_dialled(policy, loaded.known)
        await roster.replace(loaded.agents, loaded.known)

    listening = Listening(
        host=settings.host,
        port=settings.port,
        backlog=settings.backlog,
        timeout_keep_alive=settings.timeout_keep_alive,
        drain_seconds=settings.drain_seconds,
    )
    port = settings.port
    async with AsyncExitStack() as stack:
        stack.push_async_callback(roster.close)

        def started(bound: int) -> None:
            nonlocal port
            port = bound
            on_started(bound)

        async def prepare() -> None:
            await roster.start()
            if try_it is None and (origin := await public_origin(settings, port, stack)) is not None:
                app.reached_at(origin)

        if reload:
            await stack.enter_async_context(reloading(reload, replace))
        await serve_app(
            app, listening, prepare=prepare, on_started=started, on_ready=lambda port: on_ready(port, app.origin)
        )


async def public_origin(settings: Settings, port: int, stack: AsyncExitStack) -> str | None:
    """Where Twilio reaches this server, if that can be known before it does: through a tunnel, which is open until `stack` is
    unwound; at PUBLIC_URL; through an ngrok of this machine. Raises ConfigError."""
    if settings.tunnel:
        token = settings.ngrok_authtoken.get_secret_value() if settings.ngrok_authtoken else None
        return await stack.enter_async_context(tunnel(port, token=token, public_url=settings.public_url))
    if settings.public_url is None and settings.twilio_account_sid is not None:
        return await kept_by_ngrok(port)
    return settings.public_url


def may_be_dialled(policy: Destinations, agents: Mapping[str, Agent]) -> None:
    """Raises ConfigError for an agent with a destination that the policy refuses."""
    for name, agent in agents.items():
        for to, number in agent.transfers.items():
            if not (verdict := policy.check(number)).allowed:
                raise ConfigError(f'The agent {name} cannot put callers through to "{to}": {verdict.sentence}')


def dialling(settings: Settings, account_sid: str, keys: Sequence[Key], roster: Roster) -> Dialling:
    """What calls are made with: an account's credentials, or the simulator's where a simulated carrier on this machine takes
    them. Raises ConfigError."""
    local = is_loopback_address(urlsplit(settings.twilio_api_base_url).hostname or "")
    has_account = settings.twilio_account_sid is not None and settings.twilio_auth_token is not None
    return Dialling(
        account_sid,
        settings.twilio_phone_number,
        destinations(settings),
        allowance(settings),
        roster,
        Carrier(twilio_rest(settings, account_sid, keys[0].secret)) if has_account or local else None,
        ring_s=settings.ring_seconds,
        max_call_s=settings.max_call_seconds,
        max_usd=settings.max_cost_per_call,
        local_carrier=local,
    )


def agents_shown(roster: Roster, source: str | None = None) -> list[AgentShown]:
    """The agents that answer, as the API tells them. `source`: the file they are in."""
    return [
        AgentShown(
            name=name,
            source=source,
            numbers=numbers,
            model=", ".join(agent.models),
            voice=agent.voice,
            language=agent.language,
            greeting=agent.greeting,
            instructions=agent.instructions,
            tools=[
                ToolShown(name=tool.name, description=tool.description, parameters=tool.schema)
                for tool in agent.toolbox
            ],
            transfers=list(agent.transfers),
        )
        for name, agent, numbers in roster.listed()
    ]


def store(settings: Settings) -> Store:
    """Where calls are kept: the database of DATABASE_URL, else a file in OFFHOOK_DATA. Raises ConfigError."""
    if settings.database_url:
        return Store(settings.database_url.get_secret_value())
    return Store(f"sqlite:///{quote(str(data_folder(settings.offhook_data).absolute() / CALLS))}")


def journal(settings: Settings) -> Journal:
    """What keeps them there. Raises ConfigError."""
    return Journal(store(settings), data_folder(settings.offhook_data).absolute() / SPOOL)


def options(
    settings: Settings,
    account_sid: str,
    keys: Sequence[Key],
    *,
    try_it: str | None,
    command: str = "offhook",
    telephones: Mapping[str, str] = NONE,
) -> Options:
    """The server's options as the settings have them."""
    return Options(
        account_sid=account_sid,
        keys=keys,
        secret=settings.offhook_secret.get_secret_value().encode() if settings.offhook_secret else None,
        public_url=settings.public_url,
        trusted_proxies=settings.forwarded_allow_ips,
        demo=try_it is not None,
        try_it=try_it,
        command=command,
        telephones=telephones,
        operator_token=settings.offhook_token.get_secret_value() if settings.offhook_token else None,
        allow_own_twiml=settings.allow_own_twiml,
        language=settings.language,
        limit=settings.limit_concurrency,
        max_call_seconds=settings.max_call_seconds,
        max_cost_per_call=settings.max_cost_per_call,
        retention_days=settings.retention_days,
        playout_offset_ms=settings.playout_offset_ms,
        show_timing_math=settings.show_timing_math,
        recordings=data_folder(settings.offhook_data) / "recordings",
        recordings_url=settings.recordings_url,
        most_waiting=settings.ws_max_queue,
        media=Limits(
            message_bytes=settings.ws_max_size,
            ping_interval=settings.ws_ping_interval,
            ping_timeout=settings.ws_ping_timeout,
        ),
    )
