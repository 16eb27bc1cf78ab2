"""`offhook number`: the account's numbers at Twilio, and where their calls go."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, TypeVar
from urllib.parse import urlsplit

import typer

from offhook.errors import ConfigError
from offhook.server.dialling import twilio_rest
from offhook.server.head import is_loopback_address
from offhook.server.simulator_account import data_folder, simulator_account
from offhook.server.tunnel import kept_by_ngrok
from offhook.settings import Settings

if TYPE_CHECKING:  # slow, and other commands do without
    from offhook.phone.twilio.rest import OwnNumber, TwilioRest

T = TypeVar("T")
VOICE, STATUS = "/incoming-call", "/twilio/status"
WANTED = ("public_url", "port", "offhook_data", "twilio_account_sid", "twilio_auth_token", "twilio_phone_number")

app = typer.Typer(no_args_is_help=True, help="List the account's numbers, send their calls here.")


@app.callback()
def _number() -> None:
    """List the account's numbers, send their calls here."""


@app.command("list")
def list_numbers(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
) -> None:
    """List the account's numbers and where their calls go."""
    found = _ask(_settings(), lambda rest: rest.numbers())
    for each in found:
        typer.echo(json.dumps(asdict(each)) if as_json else f"{each.number}  {_goes_to(each)}")
    if not found and not as_json:
        typer.echo("The account has no numbers: buy one in Twilio's console.", err=True)


@app.command()
def attach(
    number: Annotated[
        str | None, typer.Argument(help="The number. Default: TWILIO_PHONE_NUMBER.", show_default=False)
    ] = None,
    public_url: Annotated[
        str | None,
        typer.Option(help="The server's origin. Default: PUBLIC_URL, or that of an ngrok here.", show_default=False),
    ] = None,
    fallback_url: Annotated[
        str | None,
        typer.Option(help="What Twilio asks when the server fails. Default: the server again.", show_default=False),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Send a number's calls to this server."""
    settings = _settings(public_url=public_url)
    origin = settings.public_url or asyncio.run(kept_by_ngrok(settings.port))
    if origin is None:
        raise ConfigError("Twilio must know where the server is: set PUBLIC_URL or give --public-url.")
    wanted = number or settings.twilio_phone_number
    if wanted is None:
        raise ConfigError("Which number? Give one of `offhook number list`, or set TWILIO_PHONE_NUMBER.")
    if fallback_url is not None and not fallback_url.startswith(("http://", "https://")):
        raise ConfigError(f"--fallback-url must be an http or https address, not {fallback_url!r}.")
    owned = _owned(_ask(settings, lambda rest: rest.numbers()), wanted)
    typer.echo(f"{owned.number}\n  now    {_goes_to(owned)}\n  then   {origin}{VOICE}")
    if not yes:
        typer.confirm("Change it?", abort=True)
    changed = _ask(
        settings,
        lambda rest: rest.attach(
            owned.sid,
            voice_url=origin + VOICE,
            fallback_url=fallback_url or origin + VOICE,
            status_callback=origin + STATUS,
        ),
    )
    typer.echo(f"Calls to {changed.number} go to {changed.voice_url}, and to {changed.fallback_url} if that fails.")


def _settings(**given: str | None) -> Settings:
    wanted = (*WANTED, "twilio_api_base_url")
    return Settings.load(ignored=[name for name in Settings.model_fields if name not in wanted], **given)


def _ask(settings: Settings, what: "Callable[[TwilioRest], Awaitable[T]]") -> T:
    """Asks Twilio, and closes the connection."""
    account_sid, auth_token = _account(settings)

    async def ask() -> T:
        rest = twilio_rest(settings, account_sid, auth_token)
        try:
            return await what(rest)
        finally:
            await rest.close()

    return asyncio.run(ask())


def _account(settings: Settings) -> tuple[str, str]:
    """Twilio's account; on this machine's simulated carrier the simulator's will do. Raises ConfigError."""
    if settings.twilio_account_sid and settings.twilio_auth_token:
        return settings.twilio_account_sid, settings.twilio_auth_token.get_secret_value()
    host = urlsplit(settings.twilio_api_base_url).hostname or ""
    if settings.twilio_account_sid or settings.twilio_auth_token or not is_loopback_address(host):
        where = "" if host == "api.twilio.com" else f" at {host}"
        raise ConfigError(f"Twilio{where} wants credentials: set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN.")
    own = simulator_account(data_folder(settings.offhook_data))
    return own.account_sid, own.auth_token


def _owned(numbers: "Sequence[OwnNumber]", wanted: str) -> "OwnNumber":
    for each in numbers:
        if each.number == wanted.strip():
            return each
    theirs = ", ".join(each.number for each in numbers[:5]) or "none"
    raise ConfigError(f"{wanted.strip()} is not a number of the account; it has: {theirs}.")


def _goes_to(number: "OwnNumber") -> str:
    if number.trunk_sid:
        return f"SIP trunk {number.trunk_sid}"
    if number.application_sid:
        return f"TwiML application {number.application_sid}"
    if not number.voice_url:
        return "nowhere"
    return f"{number.voice_method} {number.voice_url}" + (
        f" (fallback {number.fallback_url})" if number.fallback_url else ""
    )
