"""From settings to what a call to somebody needs: who may be called, how much, and Twilio's REST interface."""

from typing import TYPE_CHECKING

from offhook.call import Dialable
from offhook.errors import ToolError
from offhook.phone.allowance import Allowance
from offhook.phone.destinations import Destinations, listed
from offhook.settings import Settings

if TYPE_CHECKING:
    import httpx

    from offhook.phone.twilio.rest import TwilioRest


def destinations(settings: Settings) -> Destinations:
    """The one policy that every road to a call asks. Raises ConfigError."""
    return Destinations(
        own_number=settings.twilio_phone_number,
        countries=listed(settings.allowed_countries),
        prefixes=listed(settings.allowed_prefixes),
        addresses=listed(settings.allowed_addresses),
        default_country=settings.default_country,
    )


def dialable(policy: Destinations) -> Dialable:
    """The policy, as a call that puts its caller through asks it."""

    def number(text: str) -> str:
        verdict = policy.check(text)
        if not verdict.allowed:
            raise ToolError(verdict.sentence)
        return verdict.number

    return number


def allowance(settings: Settings) -> Allowance:
    """How much may be dialled."""
    return Allowance(settings.calls_per_minute, settings.max_cost_per_day)


def twilio_rest(
    settings: Settings, account_sid: str, auth_token: str, *, transport: "httpx.AsyncBaseTransport | None" = None
) -> "TwilioRest":
    """Twilio's REST interface for an account. Make it before the server answers; close it at the end."""
    from offhook.phone.twilio.rest import TwilioRest  # slow, and the doctor does without

    return TwilioRest(account_sid, auth_token, base_url=settings.twilio_api_base_url, transport=transport)
