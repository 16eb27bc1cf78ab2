"""`offhook demo` and `offhook serve`: from settings to a running server."""

import asyncio
import os
import shlex
import shutil
import sys
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any

import typer

from offhook.agent import cafe
from offhook.agent.roster import Roster
from offhook.cli.agents import REACHING_MODELS, Loaded, agent_from, credentials, load_agents, shown_from_here
from offhook.cli.compose import serve
from offhook.cli.live import LiveTalk
from offhook.core import events as e
from offhook.errors import ConfigError
from offhook.phone.twilio.signature import Key
from offhook.server.finding import Finding
from offhook.server.head import is_loopback_address
from offhook.server.logs import start_logging
from offhook.server.simulator_account import data_folder, simulator_account
from offhook.settings import Settings, without_secrets

SIM_CALLS_PORT = 8000  # what `sim call` calls unless told otherwise

TRY_IT = "what are your opening hours"
DEMO_AGENT = "offhook.agent.cafe:agent"

DEMO_DRAIN_S = 1.0  # whoever stops the demo is the caller too

# What the demo takes nothing of, whatever the environment holds: credentials, where to listen, who may come, agents.
NOT_IN_THE_DEMO = (
    "host", "public_url", "tunnel", "ngrok_authtoken", "ngrok_url", "forwarded_allow_ips", "offhook_token", "offhook_secret", "recordings_url",
    "twilio_account_sid", "twilio_auth_token", "twilio_auth_token_secondary", "twilio_shared_key", "allow_own_twiml",
    "twilio_phone_number", "twilio_api_base_url", "allowed_countries", "allowed_prefixes", "allowed_addresses",
    "default_country", "calls_per_minute", "max_cost_per_day", "ring_seconds",
    *REACHING_MODELS,
    "database_url",
    "system_message", "greeting", "voice", "language", "model", "temperature", "silence_ms", "reload",
    "record", "consent", "redact", "transfers",
)  # fmt: skip


def run_demo(port: int | None) -> None:
    """Serves the built-in agent on loopback until it is stopped."""
    settings = Settings.load(ignored=NOT_IN_THE_DEMO, port=port, drain_seconds=DEMO_DRAIN_S)
    # The talk is what a visitor wants to see; the log is there for who asks for it.
    asked = settings.show_timing_math or "log_level" in settings.model_fields_set or settings.log_file
    start_logging(settings.log_level if asked else "warning", settings.log_format, settings.log_file)
    account = simulator_account(data_folder(settings.offhook_data))
    loaded = Loaded(cafe.agent, {}, shown_from_here(cafe.__file__))

    def started(port: int) -> None:
        url = f"http://127.0.0.1:{port}"
        where = "" if port == SIM_CALLS_PORT else f" --url {url}/incoming-call"
        typer.echo(
            f"offhook answers at {url}\n\n"
            "Talk to it there with your browser (press Talk), or call it from another terminal:\n"
            f'  {command()} sim call{where} --say "{TRY_IT}"\n\n'
            "Ctrl-C stops it. What is said in a call appears here.\n"
        )

    _run(
        settings,
        (account.account_sid, [Key(account.auth_token)]),
        loaded,
        try_it=TRY_IT,
        target=DEMO_AGENT,
        on_started=started,
        watch=LiveTalk(typer.echo).watch,
        has_telephones=True,
    )


def command() -> str:
    """How the shell that started this program calls it: the name if that is on the PATH, else the path; with
    OFFHOOK_DATA if that was set, since the simulator's account lies there."""
    program = Path(sys.argv[0])
    if program.name == "__main__.py":
        called = f"{shlex.quote(sys.executable)} -m offhook"
    elif shutil.which(program.name) and os.path.samefile(shutil.which(program.name) or "", program):
        called = program.name
    else:
        called = shlex.quote(os.path.relpath(program) if program.is_relative_to(Path.cwd()) else str(program))
    data = os.environ.get("OFFHOOK_DATA")
    return f"OFFHOOK_DATA={shlex.quote(data)} {called}" if data else called


def run_serve(
    target: str | None,
    *,
    host: str | None,
    port: int | None,
    reload: bool | None = None,
    tunnel: bool | None = None,
) -> None:
    """Serves an agent of the user's until it is stopped. Raises ConfigError."""
    settings = Settings.load(host=host, port=port, reload=reload, tunnel=tunnel)
    start_logging(settings.log_level, settings.log_format, settings.log_file)
    if settings.reload and not target:
        raise ConfigError("RELOAD needs a file to watch: name an agent as in `offhook serve shop:agent`.")
    loaded = load_agents(target) if target else Loaded(agent_from(settings), {})
    account = _account(settings)

    def ready(port: int, public: str | None) -> None:
        origin = public or f"http://{settings.host}:{port}"
        lines = [f"offhook answers at http://{settings.host}:{port}"]
        if settings.twilio_account_sid:
            lines.append(f"The number's voice webhook is POST {origin}/incoming-call")
            if public is not None and public != settings.public_url:
                lines.append(f"To send your number's calls there: {command()} number attach --public-url {public}")
        else:
            lines.append("Without TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN only `offhook sim call` is answered,")
            lines.append("and what is said appears here.")
        if not settings.offhook_token:
            lines.append("The page is closed: set OFFHOOK_TOKEN to use it.")
        typer.echo("\n".join(lines), err=True)

    watched = target if settings.reload else None
    # Only simulated callers come without Twilio: their talk is the developer's own, and nobody's secret.
    watch = _nothing if settings.twilio_account_sid else LiveTalk(typer.echo).watch
    _run(settings, account, loaded, try_it=None, target=target, on_ready=ready, reload=watched, watch=watch)


def _nothing(_call_id: str, _event: e.Event) -> None:
    """What a real server shows of its callers' talk."""


def _account(settings: Settings) -> tuple[str, list[Key]]:
    """Whose calls are taken and what signs them: Twilio's account, or the simulator's if only this machine can call."""
    sid, token, shared = settings.twilio_account_sid, settings.twilio_auth_token, settings.twilio_shared_key
    keys = [Key(secret.get_secret_value()) for secret in (token, settings.twilio_auth_token_secondary) if secret]
    if shared:
        keys.append(Key(shared.get_secret_value(), "sha256"))
    if sid and token:
        return sid, keys
    if sid or keys:
        missing = "TWILIO_AUTH_TOKEN" if sid else "TWILIO_ACCOUNT_SID"
        raise ConfigError(f"{missing} is not set; Twilio's credentials are needed together.")
    if not is_loopback_address(settings.host):
        raise ConfigError(
            "Without TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN nobody can be told from a stranger at "
            f"{without_secrets(settings.host)}; set both, or HOST=127.0.0.1 to be called by the simulator only."
        )
    account = simulator_account(data_folder(settings.offhook_data))
    return account.account_sid, [Key(account.auth_token)]


def _run(
    settings: Settings,
    account: tuple[str, list[Key]],
    loaded: Loaded,
    *,
    try_it: str | None,
    target: str | None,
    on_started: Callable[[int], None] = lambda _port: None,
    on_ready: Callable[[int, str | None], None] = lambda _port, _origin: None,
    watch: Callable[[str, e.Event], None] = lambda _call_id, _event: None,
    reload: str | None = None,
    has_telephones: bool = False,
) -> None:
    roster = Roster(loaded.agents, loaded.known, credentials(settings))

    def look(online: bool) -> list[Finding]:
        from offhook.server.doctor import examine  # much to import for who never asks

        agents = [agent for _, agent, _ in roster.listed()]
        return examine(lambda _settings: agents, agent=target, online=online, credentials=credentials, is_serving=True)

    def serving(settings: Settings, telephones: Mapping[str, str]) -> Coroutine[Any, Any, None]:
        return serve(
            settings,
            *account,
            roster,
            try_it=try_it,
            command=command(),
            on_started=on_started,
            on_ready=on_ready,
            watch=watch,
            reload=reload,
            look=look,
            telephones=telephones,
            source=loaded.source,
        )

    async def with_telephones() -> None:
        from offhook.cli.telephones import TELEPHONES, telephones  # much to import for a server with none

        account_sid, keys = account
        async with telephones(account_sid, keys[0].secret) as lines:
            reached = {"twilio_api_base_url": lines.base_url, "twilio_phone_number": lines.number}
            await serving(settings.model_copy(update=reached), TELEPHONES)

    main = with_telephones() if has_telephones else serving(settings, {})
    try:
        import uvloop
    except ImportError:  # not made for Windows
        asyncio.run(main)
    else:
        uvloop.run(main)
