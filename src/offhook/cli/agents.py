"""Whose agents answer: those of a Python module, loaded anew when it changes, or the one the environment describes."""

import asyncio
import importlib
import logging
import os
import sys
import sysconfig
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from types import ModuleType

import watchfiles
from pydantic import SecretStr

from offhook.agent.agent import CONSENT, Agent
from offhook.agent.credentials import Credentials
from offhook.agent.options import Cascade, Realtime
from offhook.agent.prices import own_prices
from offhook.agent.roster import Agents
from offhook.errors import ConfigError
from offhook.parts.keys import Keys
from offhook.settings import Settings, destinations_in, without_userinfo

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a module offers."""

    agents: Agents
    known: dict[str, Agent]
    """Every agent in the module, by the name it has there: those that a function, or a call, may choose from."""
    source: str | None = None
    """The module's file, from the current folder; None for an agent that no file declares."""


def load_agents(target: str) -> Loaded:
    """What `module:name` names, as Python would import it from the current folder. Raises ConfigError."""
    module_name, colon, name = target.partition(":")
    if not colon or not module_name or not name:
        raise ConfigError(
            f"{target} names no agent; write it as module:agent, for example shop:agent for `agent` in shop.py."
        )
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    module = _import(module_name)
    agents = getattr(module, name, None)
    source = shown_from_here(module.__file__)
    known = {key: value for key, value in vars(module).items() if isinstance(value, Agent)}
    if isinstance(agents, Agent) or (callable(agents) and not isinstance(agents, type)):
        return Loaded(agents, known, source)
    if isinstance(agents, Mapping) and agents and all(isinstance(agent, Agent) for agent in agents.values()):
        return Loaded(agents, known, source)
    found = ", ".join(sorted(known)) or "none"
    raise ConfigError(f"{module_name} has no Agent named {name}; the agents in it: {found}.")


def shown_from_here(file: str | None) -> str | None:
    """A file as whoever is in the current folder would name it."""
    if file is None:
        return None
    path = Path(file)
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def _import(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not name.startswith(error.name):
            raise ConfigError(f"{name} cannot be loaded: it imports {error.name}, which is not there.") from None
        raise ConfigError(f"There is no module {name} here; start offhook in the folder that holds it.") from None
    except SystemExit:
        raise ConfigError(f"{name} ends the program while it is loaded: take out what calls exit.") from None
    except (Exception, asyncio.CancelledError) as error:
        if isinstance(error, SyntaxError):
            where, line = error.filename or name, error.lineno or 0
        else:
            last = traceback.extract_tb(error.__traceback__)[-1]
            where, line = last.filename, last.lineno or 0
        raise ConfigError(
            f"{name} cannot be loaded: {type(error).__name__}: {without_userinfo(str(error))} (line {line} of {where})."
        ) from error


def load_anew(target: str) -> Loaded:
    """As `load_agents`, with the files of the current folder as they are now. Raises ConfigError; then all stays as it was."""
    own = _modules_under(Path.cwd())
    for name in own:
        del sys.modules[name]
    importlib.invalidate_caches()
    try:
        return load_agents(target)
    except BaseException:
        for name in _modules_under(Path.cwd()):
            del sys.modules[name]
        sys.modules.update(own)
        raise


def _load_anew(target: str) -> Loaded:
    try:
        return load_anew(target)
    except KeyboardInterrupt:  # it is the module's own: nobody presses keys in a thread
        raise ConfigError(f"{target} interrupts the program while it is loaded.") from None


def _modules_under(folder: Path) -> dict[str, ModuleType]:
    """The modules that were imported from a folder: the user's, not those of an environment within it."""
    elsewhere = {Path(path) for path in (sys.prefix, sys.base_prefix, *sysconfig.get_paths().values())}
    found = {}
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file is None or name == "__main__" or name.partition(".")[0] == "offhook":
            continue
        path = Path(file)
        if path.is_relative_to(folder) and not any(path.is_relative_to(other) for other in elsewhere):
            found[name] = module
    return found


@asynccontextmanager
async def reloading(target: str, replace: Callable[[Loaded], Awaitable[None]]) -> AsyncIterator[None]:
    """While the block runs, `replace` is called with the agents whenever a Python file of the current folder changes."""
    stop = asyncio.Event()
    watching = asyncio.create_task(_watch(target, replace, stop), name="reload")
    try:
        yield
    finally:
        stop.set()
        await watching


async def _watch(target: str, replace: Callable[[Loaded], Awaitable[None]], stop: asyncio.Event) -> None:
    only_python = watchfiles.PythonFilter(ignore_paths=[sys.prefix])
    async for _changes in watchfiles.awatch(Path.cwd(), watch_filter=only_python, stop_event=stop, debounce=200):
        try:
            # In a thread: what a module does while it is imported must not silence the calls that are on.
            await replace(await asyncio.to_thread(_load_anew, target))
        except ConfigError as error:
            log.error("the agents stay as they were: %s", error)
        except Exception:
            log.exception("the agents stay as they were")
        else:
            log.info("the agents of %s were loaded anew: they answer the next call", target)


def agent_from(settings: Settings) -> Agent:
    """The agent that the environment describes. Raises ConfigError."""
    return Agent(
        settings.system_message or "",
        model=settings.model or _only_model(settings),
        greeting=settings.greeting,
        voice=settings.voice,
        language=settings.language,
        silence_ms=settings.silence_ms,
        realtime=Realtime(temperature=settings.temperature),
        cascade=Cascade(
            settings.stt,
            settings.llm,
            settings.tts,
            turn=settings.turn,
            temperature=settings.temperature,
            languages=[each for each in settings.languages.split(",") if each],
            prices=own_prices(settings.prices or ""),
        ),
        record=settings.record,
        consent=CONSENT if settings.consent is None else settings.consent,
        redact=tuple(each.strip() for each in (settings.redact or "").split(",") if each.strip()),
        transfers=destinations_in(settings.transfers) if settings.transfers else {},
    )


def _only_model(settings: Settings) -> str:
    """The only backend that can be reached with what the environment holds. Raises ConfigError."""
    found = {
        "gpt-realtime": "OPENAI_API_KEY" * bool(settings.openai_api_key)
        or "OPENAI_BASE_URL" * bool(settings.openai_base_url),
        "voice-live": "AZURE_VOICE_LIVE_ENDPOINT" * bool(settings.azure_voice_live_endpoint),
    }
    models = [model for model, variable in found.items() if variable]
    if len(models) == 1:
        return models[0]
    if models:
        listed = " or ".join(f"MODEL={model} ({found[model]} is set)" for model in models)
        raise ConfigError(
            f"There is more than one model to answer calls with: set {listed}, or MODEL={','.join(models)} "
            "to have one stand in for the other."
        )
    if settings.azure_voice_live_api_key:
        raise ConfigError(
            "AZURE_VOICE_LIVE_API_KEY is set, and AZURE_VOICE_LIVE_ENDPOINT is not: set it to your resource."
        )
    raise ConfigError(
        "There is nothing to answer calls with: set MODEL (MODEL=local needs no account), OPENAI_API_KEY or "
        "AZURE_VOICE_LIVE_ENDPOINT, or name an agent as in `offhook serve shop:agent`."
    )


REACHING_MODELS = (
    "openai_api_key", "openai_base_url", "openai_realtime_api", "azure_voice_live_endpoint",
    "azure_voice_live_api_key", "azure_user_assigned_identity_client_id", "azure_voice_live_api_version",
    "azure_voice_live_scope", "voice_live_model",
    *(each.name for each in fields(Keys)),
)  # fmt: skip
"""The settings that say how speech models are reached."""


def credentials_alone() -> Credentials:
    """Those of the environment, whose other settings are not looked at. Raises ConfigError for a bad value."""
    others = [name for name in Settings.model_fields if name not in REACHING_MODELS]
    return credentials(Settings.load(ignored=others))


def credentials(settings: Settings) -> Credentials:
    """What the environment holds to reach the providers with."""
    return Credentials(
        openai_api_key=_plain(settings.openai_api_key),
        openai_base_url=settings.openai_base_url,
        openai_beta=settings.openai_realtime_api == "beta",
        azure_endpoint=settings.azure_voice_live_endpoint,
        azure_api_key=_plain(settings.azure_voice_live_api_key),
        azure_client_id=settings.azure_user_assigned_identity_client_id,
        azure_api_version=settings.azure_voice_live_api_version,
        azure_scope=settings.azure_voice_live_scope,
        voice_live_model=settings.voice_live_model,
        parts=_keys(settings),
    )


def _keys(settings: Settings) -> Keys:
    return Keys(
        anthropic_api_key=_plain(settings.anthropic_api_key),
        deepgram_api_key=_plain(settings.deepgram_api_key),
        assemblyai_api_key=_plain(settings.assemblyai_api_key),
        elevenlabs_api_key=_plain(settings.elevenlabs_api_key),
        azure_speech_key=_plain(settings.azure_speech_key),
        azure_speech_region=settings.azure_speech_region,
        google_application_credentials=settings.google_application_credentials,
        google_cloud_project=settings.google_cloud_project,
    )


def _plain(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None
