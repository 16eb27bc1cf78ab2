"""What the doctor looks at of Twilio's account: whether the credentials are whole, and whether Twilio takes them."""

import re
from typing import TYPE_CHECKING

from offhook.server.finding import Finding, missing, note, ok, wrong
from offhook.server.head import is_loopback_address
from offhook.settings import Settings, without_secrets

if TYPE_CHECKING:
    from twilio.http.http_client import TwilioHttpClient  # type: ignore[import-untyped]

SID, TOKEN, ACCOUNT = "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "Twilio account"
PATIENCE_S = 10.0


def account(settings: Settings, *, online: bool, http: "TwilioHttpClient | None" = None) -> list[Finding]:
    """Whether Twilio's calls can be told from a stranger's. `http` carries the requests (default: twilio's own)."""
    sid, token = settings.twilio_account_sid, settings.twilio_auth_token
    others = settings.twilio_auth_token_secondary or settings.twilio_shared_key
    if sid and token:
        if online:
            return [_fetched(sid, token.get_secret_value(), http)]
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


def _fetched(sid: str, token: str, http: "TwilioHttpClient | None") -> Finding:
    # Imported here: it is slow, and only this needs it.
    from requests import RequestException
    from twilio.base.exceptions import TwilioException, TwilioRestException  # type: ignore[import-untyped]
    from twilio.http.http_client import TwilioHttpClient
    from twilio.rest import Client  # type: ignore[import-untyped]

    try:
        found = Client(sid, token, http_client=http or TwilioHttpClient(timeout=PATIENCE_S)).api.accounts(sid).fetch()
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
