"""Every setting: one class, read from the environment and `.env`, by the server and the command line only.

A field is named as its variable, in small letters. Its `title` says what is allowed, for the sentence that refuses a
bad value; its `description` is the line of docs/settings.md and .env.example. Unknown variables are nobody's business.
"""

import ipaddress
import re
from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from offhook.errors import ConfigError

SHOWN_CHARS = 20
SHOWN_OF_A_SECRET = 8
_SECRET = re.compile(r"[A-Za-z0-9_-]{24,}")
_LIKE_A_SECRET = re.compile(rf"(?=[A-Za-z_-]*[0-9])([A-Za-z0-9_-]{{{SHOWN_OF_A_SECRET}}})[A-Za-z0-9_-]{{4,}}")
_USERINFO = re.compile(r"//\S*@")
NEVER_SHOWN = ("twilio_account_sid",)  # beside the secrets: it is easily swapped with the auth token


def without_userinfo(text: str) -> str:
    """A text of others without what goes before the host in its URLs: names and passwords."""
    return _USERINFO.sub("//…@", text)


def without_secrets(text: str) -> str:
    """A value as far as a sentence may repeat it: people put secrets into the wrong variable."""
    return _SECRET.sub("…", without_userinfo(text))


def _host(text: str) -> str:
    text.encode("idna")  # as the system is asked; raises for a label that is empty or too long
    return text


def _model(text: str) -> str:
    if any(":" not in each and _SECRET.search(each) for each in text.split(",")):
        raise ValueError("no model has such a name")
    return text


def _public_url(text: str) -> str:
    parts = urlsplit(text)
    if (
        parts.scheme not in ("http", "https")
        or not parts.hostname
        or parts.query
        or parts.fragment
        or "@" in parts.netloc
    ):
        raise ValueError("not an origin")
    if parts.path not in ("", "/"):
        raise ValueError("has a path")
    if parts.port == 0:  # one out of range raises by itself
        raise ValueError("has a port that nothing listens on")
    return f"{parts.scheme}://{parts.netloc}"


def _proxies(text: str) -> str:
    for part in text.split(","):
        if part.strip() != "*":
            ipaddress.ip_network(part.strip(), strict=False)
    return text


def _language(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", text):
        raise ValueError("not a language tag")
    return text


def _languages(text: str) -> str:
    return ",".join(_language(each.strip()) for each in text.split(",")) if text.strip() else ""


def _sid(text: str) -> str:
    if not re.fullmatch(r"AC[0-9a-fA-F]{32}", text):
        raise ValueError("not an account SID")
    return text


def _url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https", "ws", "wss") or not parts.hostname or "@" in parts.netloc:
        raise ValueError("not a URL")
    return text


def _bucket(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("s3", "az", "gs") or not parts.hostname or "@" in parts.netloc or parts.query:
        raise ValueError("not a bucket")
    return text


def _kinds(text: str) -> str:
    if not {each.strip() for each in text.split(",")} <= {"cards", "phones", "keys"}:
        raise ValueError("not a kind of number")
    return text


def _prices(text: str) -> str:
    price = r"[0-9]{1,6}(?:\.[0-9]+)?"
    if not all(re.fullmatch(rf"\s*[^\s,]+={price}(?:/{price}){{1,2}}\s*", each, re.ASCII) for each in text.split(",")):
        raise ValueError("no prices")
    return text


def destinations_in(text: str) -> dict[str, str]:
    """The numbers of TRANSFERS by their names, in order. Raises ValueError."""
    found: dict[str, str] = {}
    for each in text.split(","):
        name, _, number = (part.strip() for part in each.partition("="))
        if not name or not number or name.casefold() in (other.casefold() for other in found):
            raise ValueError("a destination without a name or a number, or two of one name")
        found[name] = number
    return found


def _transfers(text: str) -> str:
    destinations_in(text)
    return text


def _web_url(text: str) -> str:
    if urlsplit(_url(text)).scheme not in ("http", "https"):
        raise ValueError("not a web address")
    return text


def _number(text: str) -> str:
    if not re.fullmatch(r"\+[1-9][0-9]{6,14}", text, re.ASCII):
        raise ValueError("not a number")
    return text


def _endpoint(text: str) -> str:
    _url(text if "://" in text else f"https://{text}")
    return text


def _shown(value: Any) -> str:
    """A refused value as far as a start-up line may repeat it."""
    text = str(value)
    if "@" in text:
        text = "…" + text[text.rindex("@") :]
    text = _LIKE_A_SECRET.sub(r"\1…", without_secrets(text))
    return repr(text if len(text) <= SHOWN_CHARS else text[:SHOWN_CHARS] + "…")


class _Environment(EnvSettingsSource):
    def __call__(self) -> dict[str, Any]:
        told = super().__call__()
        # Desktop systems export LANGUAGE for gettext ("en_GB:en"). That is no wish of this program's user, and it must
        # not hide what .env says.
        if re.search("[_:]|^(C|POSIX)$", str(told.get("language", ""))):
            del told["language"]
        return told


class Settings(BaseSettings):
    """All settings with their defaults. Use `load`, which refuses a bad value in one sentence."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", env_ignore_empty=True, validate_default=False)

    # ---------------------------------------------------------------- server
    host: Annotated[
        str,
        AfterValidator(_host),
        Field(title="an address of this machine", description="The address to listen on."),
    ] = "127.0.0.1"
    port: Annotated[
        int, Field(ge=0, le=65535, title="a port, 0 to 65535", description="The port to listen on; 0 takes a free one.")
    ] = 8000
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"],
        BeforeValidator(str.lower),
        Field(
            title="debug, info, warning or error", description="How much is logged. Speech is never logged above debug."
        ),
    ] = "info"
    log_file: Annotated[
        Path | None, Field(title="a path", description="Where the log goes instead of standard error.")
    ] = None
    log_format: Annotated[
        Literal["text", "json"],
        BeforeValidator(str.lower),
        Field(title="text or json", description="A log line as `key=value` text or as one JSON object."),
    ] = "text"
    reload: Annotated[
        bool,
        Field(title="true or false", description="Load the agents anew when a Python file of the folder changes."),
    ] = False
    public_url: Annotated[
        str | None,
        AfterValidator(lambda text: text and _public_url(text)),
        Field(
            title="an origin such as https://voice.example.com, without a path",
            description="The origin Twilio reaches this server at. Unset: that of each request, proved by its signature.",
        ),
    ] = None
    tunnel: Annotated[
        bool,
        Field(
            title="true or false",
            description="Open a tunnel of ngrok's to this server while it runs, at PUBLIC_URL's name if that is set.",
        ),
    ] = False
    ngrok_authtoken: Annotated[
        SecretStr | None, Field(title="a text", description="The ngrok account that a tunnel is opened with.")
    ] = None
    ngrok_url: Annotated[
        str | None,
        AfterValidator(lambda text: text and _public_url(text if "://" in text else f"https://{text}")),
        Field(title="an origin such as https://mine.ngrok.app", description="PUBLIC_URL, where that is not set."),
    ] = None
    forwarded_allow_ips: Annotated[
        str,
        AfterValidator(_proxies),
        Field(
            title="addresses or networks separated by commas, or *",
            description="Proxies whose X-Forwarded-Proto and X-Forwarded-Host are believed.",
        ),
    ] = "127.0.0.1,::1"
    backlog: Annotated[
        int,
        Field(ge=1, le=65535, title="1 to 65535", description="Connections the system keeps waiting to be accepted."),
    ] = 2048
    timeout_keep_alive: Annotated[
        int, Field(ge=1, le=3600, title="seconds, 1 to 3600", description="Seconds an idle HTTP connection stays open.")
    ] = 5
    ws_ping_interval: Annotated[
        float,
        Field(
            ge=0,
            le=3600,
            title="seconds, 0 to 3600",
            description="Seconds of silence on a socket before it is pinged; 0 never pings.",
        ),
    ] = 20.0
    ws_ping_timeout: Annotated[
        float,
        Field(gt=0, le=3600, title="seconds, above 0 to 3600", description="Seconds to wait for the answer to a ping."),
    ] = 20.0
    ws_max_size: Annotated[
        int,
        Field(
            ge=4096,
            le=2**30,
            title="bytes, 4096 to 1073741824",
            description="The largest WebSocket message taken, in bytes.",
        ),
    ] = 1048576

    ws_max_queue: Annotated[
        int,
        Field(
            ge=16, le=1_000_000, title="events, 16 to 1000000",
            description="Events that may wait for a viewer who reads slowly; with one more it has to connect anew.",
        ),
    ] = 1000  # fmt: skip

    # ---------------------------------------------------------------- access and state
    offhook_token: Annotated[
        SecretStr | None,
        Field(title="a text", description="The operator's token: opens the page and the API outside the demo."),
    ] = None
    offhook_secret: Annotated[
        SecretStr | None,
        Field(
            title="a text",
            description="Signs the one-time tokens of media streams. Unset: derived from the auth token.",
        ),
    ] = None
    offhook_data: Annotated[
        Path | None,
        Field(
            title="a path",
            description="The folder for state: calls, and what waits for a database that is away. Unset: `offhook` in the user's data folder.",
        ),
    ] = None

    database_url: Annotated[
        SecretStr | None,
        Field(
            title="a URL such as postgresql://user:password@host/name",
            description="The database that calls are kept in: postgresql://… or sqlite:////folder/file.db. Unset: "
            "`calls.db` in OFFHOOK_DATA.",
        ),
    ] = None

    retention_days: Annotated[
        float | None,
        Field(
            gt=0, le=36500, title="days, above 0 to 36500",
            description="Calls that ended longer ago are removed, with their recordings. Unset: never.",
        ),
    ] = None  # fmt: skip

    recordings_url: Annotated[
        str | None,
        AfterValidator(lambda text: text and _bucket(text)),
        Field(
            title="a URL such as s3://bucket/folder, az://container or gs://bucket",
            description="Where recordings are taken after the call. Unset: they stay in `recordings` of OFFHOOK_DATA.",
        ),
    ] = None

    # ---------------------------------------------------------------- Twilio
    twilio_account_sid: Annotated[
        str | None,
        AfterValidator(lambda text: text and _sid(text)),
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
        AfterValidator(lambda text: text and _number(text)),
        Field(
            title="a number such as +12025550100",
            description="The number of the account that calls are made from, and its country the one that may be called.",
        ),
    ] = None
    twilio_api_base_url: Annotated[
        str,
        AfterValidator(_web_url),
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

    # ---------------------------------------------------------------- speech models
    openai_api_key: Annotated[
        SecretStr | None, Field(title="a text", description="The key that `gpt-realtime` and `openai:…` are used with.")
    ] = None
    openai_base_url: Annotated[
        str | None,
        AfterValidator(lambda text: text and _url(text)),
        Field(
            title="a URL such as https://api.openai.com/v1",
            description="Another server that speaks OpenAI Realtime, or has parts for `cascade`; it may need no key.",
        ),
    ] = None
    openai_realtime_api: Annotated[
        Literal["ga", "beta"],
        BeforeValidator(str.lower),
        Field(title="ga or beta", description="The dialect of that server: OpenAI's of today, or the older one."),
    ] = "ga"
    anthropic_api_key: Annotated[
        SecretStr | None, Field(title="a text", description="The key that `anthropic` is used with, in a `cascade`.")
    ] = None
    deepgram_api_key: Annotated[
        SecretStr | None, Field(title="a text", description="The key that `deepgram` is used with, in a `cascade`.")
    ] = None
    assemblyai_api_key: Annotated[
        SecretStr | None, Field(title="a text", description="The key that `assemblyai` is used with, in a `cascade`.")
    ] = None
    elevenlabs_api_key: Annotated[
        SecretStr | None, Field(title="a text", description="The key that `elevenlabs` is used with, in a `cascade`.")
    ] = None
    azure_speech_key: Annotated[
        SecretStr | None, Field(title="a text", description="The key that `azure` is used with, in a `cascade`.")
    ] = None
    azure_speech_region: Annotated[
        str | None,
        Field(title="a region such as westeurope", description="Where the Azure Speech resource of that key is."),
    ] = None
    google_application_credentials: Annotated[
        str | None,
        Field(
            title="a path",
            description="The credentials that `google` is used with, in a `cascade`. Unset: those of the machine.",
        ),
    ] = None
    google_cloud_project: Annotated[
        str | None,
        Field(title="a project id", description="The project that pays for `google`. Unset: that of the credentials."),
    ] = None
    azure_voice_live_endpoint: Annotated[
        str | None,
        AfterValidator(lambda text: text and _endpoint(text)),
        Field(
            title="a URL such as https://my-resource.services.ai.azure.com",
            description="The resource that `voice-live` and `azure:…` are used at.",
        ),
    ] = None
    azure_voice_live_api_key: Annotated[
        SecretStr | None,
        Field(title="a text", description="The resource's key. Unset: a token of whoever is signed in to Azure."),
    ] = None
    azure_user_assigned_identity_client_id: Annotated[
        str | None, Field(title="a client id", description="The managed identity whose token is used.")
    ] = None
    azure_voice_live_api_version: Annotated[
        str, Field(title="a version such as 2026-07-15", description="The version of the Voice Live API.")
    ] = "2026-07-15"
    azure_voice_live_scope: Annotated[str, Field(title="a scope", description="What the token is asked for.")] = (
        "https://ai.azure.com/.default"
    )
    voice_live_model: Annotated[
        str | None,
        Field(title="a model of Voice Live", description="What `voice-live` stands for. Unset: the usual one."),
    ] = None

    # ---------------------------------------------------------------- the agent of `offhook serve` without a module
    system_message: Annotated[str | None, Field(title="a text", description="What the agent is told to be.")] = None
    greeting: Annotated[
        str | None, Field(title="a text", description="What the agent says first. Unset: the model's own greeting.")
    ] = None
    voice: Annotated[
        str | None,
        Field(title="a voice of the model", description="The agent's voice; of several models the first one's."),
    ] = None
    language: Annotated[
        str,
        AfterValidator(_language),
        Field(title="a language tag such as en-US", description="The language of the call."),
    ] = "en-US"
    languages: Annotated[
        str,
        AfterValidator(_languages),
        Field(
            title="language tags with commas between",
            description="Others that a `cascade` changes to when the caller speaks them.",
        ),
    ] = ""
    model: Annotated[
        str | None,
        AfterValidator(lambda text: text and _model(text)),
        Field(
            title="a model such as local",
            description="What answers: `gpt-realtime`, `voice-live`, `openai:NAME`, `azure:NAME`, `cascade`, `local` or `echo`, or several in order "
            "of preference with commas between. Unset: the only one with credentials.",
        ),
    ] = None
    stt: Annotated[
        str,
        AfterValidator(_model),
        Field(
            title="a part such as openai",
            description="What recognises the caller's words for `cascade`: `openai:MODEL`, `deepgram:MODEL`, `azure`, `embedded`, or another part (docs/cascade.md).",
        ),
    ] = "openai"
    llm: Annotated[
        str,
        AfterValidator(_model),
        Field(
            title="a part such as openai",
            description="What answers for `cascade`: `openai:MODEL`, `openai:MODEL@URL`, `anthropic:MODEL`, …",
        ),
    ] = "openai"
    tts: Annotated[
        str,
        AfterValidator(_model),
        Field(
            title="a part such as openai",
            description="What speaks for `cascade`: `openai:MODEL`, `elevenlabs`, `azure`, …",
        ),
    ] = "openai"
    prices: Annotated[
        str | None,
        AfterValidator(lambda text: text and _prices(text)),
        Field(
            title="prices such as llama3.2=0/0, my-model=0.4/0.1/1.6",
            description="What language models of `cascade` cost, in US dollars for a million tokens read and written, or read, read from a cache and written. They go before the list in the box.",
        ),
    ] = None
    turn: Annotated[
        str | None,
        AfterValidator(lambda text: text and _model(text)),
        Field(
            title="smart-turn",
            description="What hears for `cascade` whether the caller's turn is over (docs/cascade.md). Unset: silence alone ends it.",
        ),
    ] = None
    temperature: Annotated[
        float | None,
        Field(
            ge=0, le=2, title="a number, 0 to 2",
            description="How freely the model speaks. Not sent to OpenAI, whose speech models have none.",
        ),
    ] = None  # fmt: skip
    silence_ms: Annotated[
        int,
        Field(ge=250, le=5000, title="milliseconds, 250 to 5000", description="Silence that ends a caller's turn."),
    ] = 700
    record: Annotated[
        bool, Field(title="true or false", description="Record every call; callers are told so in the greeting.")
    ] = False
    consent: Annotated[
        str | None,
        Field(
            title="a text",
            description="What ends the greeting of calls that are recorded. Unset: `This call is recorded.`",
        ),
    ] = None
    redact: Annotated[
        str | None,
        AfterValidator(lambda text: text and _kinds(text)),
        Field(
            title="cards, phones or keys, with commas between",
            description="Numbers that are kept nowhere: not in transcripts, not in recordings. Unset: none.",
        ),
    ] = None

    transfers: Annotated[
        str | None,
        AfterValidator(lambda text: text and _transfers(text)),
        Field(
            title="names and numbers such as kitchen=+12025550101, with commas between",
            description="Whom callers may be put through to, by name: numbers that may be dialled, or addresses. Unset: nobody.",
        ),
    ] = None

    # ---------------------------------------------------------------- what may be dialled
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

    # ---------------------------------------------------------------- calls
    limit_concurrency: Annotated[
        int | None,
        Field(ge=1, title="a whole number above 0", description="Calls at once; a further caller hears the busy tone."),
    ] = None
    ring_seconds: Annotated[
        int,
        Field(ge=5, le=600, title="seconds, 5 to 600", description="How long a call that is made rings, at most."),
    ] = 45
    max_call_seconds: Annotated[
        float,
        Field(
            gt=0,
            le=86400,
            title="seconds, above 0 to 86400",
            description="A call is ended, with a goodbye, after this many seconds.",
        ),
    ] = 3600.0
    max_cost_per_call: Annotated[
        float | None,
        Field(
            gt=0, title="US dollars, above 0",
            description="A call is ended, with a goodbye, once its model has cost so many US dollars. "
            "What has no known price is not counted.",
        ),
    ] = None  # fmt: skip
    drain_seconds: Annotated[
        float,
        Field(
            ge=0,
            le=86400,
            title="seconds, 0 to 86400",
            description="Seconds that calls may go on after the server was asked to stop.",
        ),
    ] = 30.0
    playout_offset_ms: Annotated[
        float,
        Field(
            ge=0, le=5000, title="milliseconds, 0 to 5000",
            description="A constant delay from the carrier's queue to the ear, taken off what counts as heard.",
        ),
    ] = 0.0  # fmt: skip
    show_timing_math: Annotated[
        bool, Field(title="true or false", description="Log the arithmetic of what was heard at each interruption.")
    ] = False

    @field_validator("*", mode="before")
    @classmethod
    def _is_utf8(cls, value: Any) -> Any:
        # Bytes of the environment that are no UTF-8 come as lone surrogates, which no key can be made of.
        if isinstance(value, str):
            try:
                value.encode()
            except UnicodeEncodeError:
                raise PydanticCustomError("not_utf8", "not UTF-8") from None
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What goes before what: the command line, the environment, `.env`."""
        return init_settings, _Environment(settings_cls), dotenv_settings

    @model_validator(mode="after")
    def _reached_through_ngrok(self) -> Self:
        self.public_url = self.public_url or self.ngrok_url
        return self

    @classmethod
    def load(cls, *, ignored: Collection[str] = (), **given: Any) -> Self:
        """The settings of this process; `given` (the command line) goes before the environment, None means not given.

        The environment's values of `ignored` fields are not even looked at. Raises ConfigError in one sentence for the
        first bad value; a secret's value is never repeated.
        """
        told = {name: value for name, value in given.items() if value is not None}
        defaults = {name: cls.model_fields[name].default for name in ignored}
        try:
            if cls.model_config.get("env_file") and Path(".env").is_fifo():
                raise ConfigError(
                    "The file .env is a pipe, and only a regular file is read: write the settings to one."
                )
            return cls(**(defaults | told))
        except ValidationError as error:
            raise ConfigError(cls._refusal(error)) from None
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"The file .env cannot be read: {error}.") from None

    @classmethod
    def _refusal(cls, error: ValidationError) -> str:
        problem = error.errors(include_url=False)[0]
        name = str(problem["loc"][0])
        field = cls.model_fields[name]
        if problem["type"] == "not_utf8":
            return f"{name.upper()} must be {field.title}, written in UTF-8."
        if "SecretStr" in str(field.annotation) or name in NEVER_SHOWN:
            return f"{name.upper()} must be {field.title}; what it is set to is something else."
        return f"{name.upper()} must be {field.title}, not {_shown(problem['input'])}."
