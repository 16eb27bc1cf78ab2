"""`offhook demo` and `offhook serve`: from settings to a running server."""

import asyncio
import importlib
import os
import sys
from collections.abc import Callable

import typer

from offhook.agent.agent import Agent
from offhook.agent.models import engine_for
from offhook.cli.compose import serve
from offhook.errors import ConfigError
from offhook.phone.twilio.signature import Key
from offhook.server.head import is_loopback_address
from offhook.server.logs import start_logging
from offhook.server.simulator_account import data_folder, simulator_account
from offhook.settings import Settings

TRY_IT = "what are your opening hours"

DEMO_DRAIN_S = 1.0  # whoever stops the demo is the caller too

# What the demo takes nothing of, whatever the environment holds: credentials, where to listen, who may come, agents.
NOT_IN_THE_DEMO = (
    "host", "public_url", "forwarded_allow_ips", "offhook_token", "offhook_secret",
    "twilio_account_sid", "twilio_auth_token", "twilio_auth_token_secondary", "twilio_shared_key", "allow_own_twiml",
    "system_message", "greeting", "voice", "language", "model", "silence_ms",
)  # fmt: skip


def run_demo(port: int | None) -> None:
    """Serves the built-in agent on loopback until it is stopped."""
    settings = Settings.load(ignored=NOT_IN_THE_DEMO, port=port, drain_seconds=DEMO_DRAIN_S)
    start_logging(settings.log_level, settings.log_format, settings.log_file)
    account = simulator_account(data_folder(settings.offhook_data))
    agent = Agent()

    def started(port: int) -> None:
        url = f"http://127.0.0.1:{port}"
        typer.echo(
            f"offhook answers at {url}\n\n"
            f'Call it from another terminal:\n  offhook sim call --url {url}/incoming-call --say "{TRY_IT}"\n\n'
            "Ctrl-C stops it."
        )

    _run(settings, (account.account_sid, [Key(account.auth_token)]), agent, try_it=TRY_IT, on_started=started)


def run_serve(target: str | None, *, host: str | None, port: int | None) -> None:
    """Serves an agent of the user's until it is stopped. Raises ConfigError."""
    settings = Settings.load(host=host, port=port)
    start_logging(settings.log_level, settings.log_format, settings.log_file)
    agent = load_agent(target) if target else agent_from(settings)
    account = _account(settings)

    def started(port: int) -> None:
        typer.echo(f"offhook answers at http://{settings.host}:{port}", err=True)

    _run(settings, account, agent, try_it=None, on_started=started)


def load_agent(target: str) -> Agent:
    """The agent that `module:name` names, as Python would import it from the current folder. Raises ConfigError."""
    module_name, colon, name = target.partition(":")
    if not colon or not module_name or not name:
        raise ConfigError(
            f"{target} names no agent; write it as module:agent, for example shop:agent for `agent` in shop.py."
        )
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not module_name.startswith(error.name):
            raise  # the module is there; what it imports is not
        raise ConfigError(
            f"There is no module {module_name} here; start offhook in the folder that holds it."
        ) from None
    agent = getattr(module, name, None)
    if not isinstance(agent, Agent):
        found = ", ".join(sorted(key for key, value in vars(module).items() if isinstance(value, Agent))) or "none"
        raise ConfigError(f"{module_name} has no Agent named {name}; the agents in it: {found}.")
    return agent


def agent_from(settings: Settings) -> Agent:
    """The agent that the environment describes. Raises ConfigError."""
    if settings.model is None:
        raise ConfigError(
            "There is nothing to answer calls with: set MODEL (MODEL=local needs no account), "
            "or name an agent as in `offhook serve shop:agent`."
        )
    return Agent(
        settings.system_message or "",
        model=settings.model,
        greeting=settings.greeting,
        voice=settings.voice,
        language=settings.language,
        silence_ms=settings.silence_ms,
    )


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
            f"{settings.host}; set both, or HOST=127.0.0.1 to be called by the simulator only."
        )
    account = simulator_account(data_folder(settings.offhook_data))
    return account.account_sid, [Key(account.auth_token)]


def _run(
    settings: Settings,
    account: tuple[str, list[Key]],
    agent: Agent,
    *,
    try_it: str | None,
    on_started: Callable[[int], None],
) -> None:
    main = serve(settings, *account, engine_for(agent), try_it=try_it, on_started=on_started)
    try:
        import uvloop
    except ImportError:  # not made for Windows
        asyncio.run(main)
    else:
        uvloop.run(main)
