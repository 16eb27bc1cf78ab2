"""From settings to a server that runs."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext

from offhook.agent.roster import Roster
from offhook.cli.agents import Loaded, reloading
from offhook.core.events import Event
from offhook.phone.twilio.signature import Key
from offhook.server.app import App, Options
from offhook.server.lifetime import Listening
from offhook.server.lifetime import serve as serve_app
from offhook.server.media import Limits
from offhook.server.simulator_account import data_folder
from offhook.settings import Settings


async def serve(
    settings: Settings,
    account_sid: str,
    keys: Sequence[Key],
    roster: Roster,
    *,
    try_it: str | None,
    command: str,
    on_started: Callable[[int], None] = lambda _port: None,
    on_ready: Callable[[int], None] = lambda _port: None,
    watch: Callable[[str, Event], None] = lambda _call_id, _event: None,
    reload: str | None = None,
) -> None:
    """Serves until stopped. `try_it`: what to ask the demo's agent; None outside the demo. `on_started` is told the port
    when it listens, `on_ready` when the agents are ready too; `watch` sees every event; `reload` names the module whose
    agents are loaded anew when it changes."""
    app = App(options(settings, account_sid, keys, try_it=try_it, command=command), roster.open, watch)

    async def replace(loaded: Loaded) -> None:
        await roster.replace(loaded.agents, loaded.known)

    listening = Listening(
        host=settings.host,
        port=settings.port,
        backlog=settings.backlog,
        timeout_keep_alive=settings.timeout_keep_alive,
        drain_seconds=settings.drain_seconds,
    )
    try:
        async with reloading(reload, replace) if reload else nullcontext():
            await serve_app(app, listening, prepare=roster.start, on_started=on_started, on_ready=on_ready)
    finally:
        await roster.close()


def options(
    settings: Settings, account_sid: str, keys: Sequence[Key], *, try_it: str | None, command: str = "offhook"
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
        operator_token=settings.offhook_token.get_secret_value() if settings.offhook_token else None,
        allow_own_twiml=settings.allow_own_twiml,
        language=settings.language,
        limit=settings.limit_concurrency,
        max_call_seconds=settings.max_call_seconds,
        playout_offset_ms=settings.playout_offset_ms,
        show_timing_math=settings.show_timing_math,
        recordings=data_folder(settings.offhook_data) / "recordings",
        recordings_url=settings.recordings_url,
        media=Limits(
            message_bytes=settings.ws_max_size,
            ping_interval=settings.ws_ping_interval,
            ping_timeout=settings.ws_ping_timeout,
        ),
    )
