"""The account of Twilio's, and what may be dialled with it."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, SecretStr

from offhook.settings import values


class Twilio(BaseModel):
    """The account whose calls are taken and made."""

    twilio_account_sid: Annotated[
        str | None,
        AfterValidator(lambda text: text and values.sid(text)),
        Field(title="AC and 32 hexadecimal digits", description="The account whose calls are taken."),
    ] = None
    twilio_auth_token: Annotated[
        SecretStr | None, Field(title="a text", description="The account's auth token; Twilio signs with it.")
    ] = None
    twilio_auth_token_secondary: Annotated[
        SecretStr | None,
        Field(title="a text", description="A second auth token that is also accepted, while tokens are rotated."),
    ] = None
    twilio_shared_key: Annotated[
        SecretStr | None,
        Field(title="a text", description="The secret of a Twilio shared key, if webhooks are signed with one."),
    ] = None
    twilio_phone_number: Annotated[
        str | None,
        AfterValidator(lambda text: text and values.number(text)),
        Field(
            title="a number such as +12025550100",
            description="The number of the account that calls are made from, and its country the one that may be called.",
        ),
    ] = None
    twilio_api_base_url: Annotated[
        str,
        AfterValidator(values.web_url),
        Field(
            title="a URL such as https://api.twilio.com",
            description="Where Twilio's REST interface is: another region, or `offhook sim carrier`.",
        ),
    ] = "https://api.twilio.com"
    allow_own_twiml: Annotated[
        bool,
        Field(
            title="true or false",
            description="Take media streams that your own TwiML opens on /media-stream, /media or /twilio/stream.",
        ),
    ] = False


class Dialling(BaseModel):
    """Who may be called, and how often."""

    allowed_countries: Annotated[
        str | None,
        Field(
            title="countries of two letters separated by commas",
            description="Countries whose numbers may be called. Unset: that of `TWILIO_PHONE_NUMBER`.",
        ),
    ] = None
    allowed_prefixes: Annotated[
        str | None,
        Field(
            title="beginnings of numbers such as +4420, separated by commas",
            description="How a number must begin, besides its country. Unset: all numbers of the countries.",
        ),
    ] = None
    allowed_addresses: Annotated[
        str | None,
        Field(
            title="addresses such as sip:desk@example.com, separated by commas",
            description="SIP and client addresses that may be called.",
        ),
    ] = None
    default_country: Annotated[
        str | None,
        Field(
            title="a country of two letters such as US",
            description="Whose numbers may be given without + and country code. Unset: nobody's.",
        ),
    ] = None
    calls_per_minute: Annotated[
        int,
        Field(
            ge=0, le=10_000, title="a whole number, 0 to 10000",
            description="Calls that may be made in a minute for each token of an operator.",
        ),
    ] = 5  # fmt: skip
    max_cost_per_day: Annotated[
        float | None,
        Field(
            ge=0, le=1e6, title="US dollars, 0 to 1000000", description="No call is made when a day has cost so much."
        ),
    ] = None
