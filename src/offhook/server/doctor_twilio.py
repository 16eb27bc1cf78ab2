"""What the doctor looks at of Twilio's account: whether the credentials are whole, and whether Twilio takes them."""

import re
from typing import TYPE_CHECKING

from offhook.errors import ConfigError
from offhook.server.dialling import destinations
from offhook.server.finding import Finding, missing, note, ok, wrong
from offhook.server.head import is_loopback_address
from offhook.settings import Settings, without_secrets

if TYPE_CHECKING:
    from twilio.http.http_client import TwilioHttpClient  # type: ignore[import-untyped]

SID, TOKEN, ACCOUNT, OUTBOUND = "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "Twilio account", "calls to people"
PATIENCE_S = 10.0


def account(settings: Settings, *, online: bool, http: "TwilioHttpClient | None" = None) -> list[Finding]:
    """Whether Twilio's calls can be told from a stranger's. `http` carries the requests (default: twilio's own)."""
    sid, token = settings.twilio_account_sid, settings.twilio_auth_token
    others = settings.twilio_auth_token_secondary or settings.twilio_shared_key
    if sid and token:
        if online:
            return [_fetched(sid, token.get_secret_value(), http, settings.twilio_api_base_url)]
        return [_well_formed(token.get_secret_value())]
    if sid or token or others:
        return [
            wrong(
                SID if not sid else TOKEN,
                "Not set; Twilio's credentials are needed together: copy both from its console.",
            )
        ]
    if is_loopback_address(settings.host):
        return [note(ACCOUNT, f"None: only `offhook sim call` is answered. For a number, set {SID} and {TOKEN}.")]
    return [
        wrong(
            ACCOUNT,
            f"None, and HOST={without_secrets(settings.host)} lets strangers in: set {SID} and {TOKEN}, or HOST=127.0.0.1.",
        )
    ]


def _well_formed(token: str) -> Finding:
    if not re.fullmatch(r"[0-9a-f]{32}", token):
        return note(TOKEN, "It is not 32 hexadecimal digits, as Twilio's are: check that all of it was copied.")
    return ok(ACCOUNT, "SID and auth token are well formed; run offhook doctor --online to try them.")


def outbound(settings: Settings) -> list[Finding]:
    """Who may be called, for an account that takes calls."""
    if not settings.twilio_account_sid:
        return []
    try:
        policy = destinations(settings)
    except ConfigError as error:
        return [wrong(OUTBOUND, str(error))]
    if not settings.twilio_phone_number:
        return [note(OUTBOUND, "None: for calls to people, set TWILIO_PHONE_NUMBER to a number of the account.")]
    cap = settings.max_cost_per_day
    limits = f"{settings.calls_per_minute} a minute" + (f", {cap:g} USD a day" if cap is not None else "")
    where = ", ".join(sorted(policy.countries)) or "no country: set ALLOWED_COUNTRIES"
    return [ok(OUTBOUND, f"To numbers of {where}; {limits}.")]


def _fetched(sid: str, token: str, http: "TwilioHttpClient | None", base_url: str) -> Finding:
    # Imported here: it is slow, and only this needs it.
    from requests import RequestException
    from twilio.base.exceptions import TwilioException, TwilioRestException  # type: ignore[import-untyped]
    from twilio.http.http_client import TwilioHttpClient
    from twilio.rest import Client  # type: ignore[import-untyped]

    try:
        client = Client(sid, token, http_client=http or TwilioHttpClient(timeout=PATIENCE_S))
        client.api.base_url = base_url.rstrip("/")
        found = client.api.accounts(sid).fetch()
    except TwilioRestException as error:
        return _refused(error.status, error.code)
    except (RequestException, TwilioException) as error:
        return missing(
            ACCOUNT, f"Twilio could not be asked ({type(error).__name__}): look at this machine's network and proxy."
        )
    if found.status != "active":
        return wrong(
            ACCOUNT, f"Twilio says that it is {found.status}, so no call will come: see to it in Twilio's console."
        )
    if found.type == "Trial":
        return note(
            ACCOUNT,
            "Twilio takes the credentials. It is a trial: callers hear a notice first, and only verified numbers can be called.",
        )
    return ok(ACCOUNT, "Twilio takes the credentials, and the account is active.")


def _refused(status: int, code: int | None) -> Finding:
    if status == 401:
        return wrong(
            TOKEN, "Twilio does not take it for this account: copy the auth token from Twilio's console again."
        )
    if status == 404:
        return wrong(SID, "Twilio knows no such account: copy the account SID from Twilio's console again.")
    if status == 429 or status >= 500:
        return missing(ACCOUNT, f"Twilio is busy or troubled (HTTP {status}): try again in a minute.")
    return wrong(ACCOUNT, f"Twilio refuses (HTTP {status}, error {code}): Twilio's page on that error says why.")
