"""How the server is reached, what it keeps and for whom."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, SecretStr, model_validator

from offhook.settings import values


class Server(BaseModel):
    """Where it listens and how it is reached."""

    host: Annotated[
        str,
        AfterValidator(values.host),
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
        AfterValidator(lambda text: text and values.public_url(text)),
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
        AfterValidator(lambda text: text and values.public_url(text if "://" in text else f"https://{text}")),
        Field(title="an origin such as https://mine.ngrok.app", description="PUBLIC_URL, where that is not set."),
    ] = None
    forwarded_allow_ips: Annotated[
        str,
        AfterValidator(values.proxies),
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

    @model_validator(mode="after")
    def _reached_through_ngrok(self) -> Self:
        self.public_url = self.public_url or self.ngrok_url
        return self


class State(BaseModel):
    """Who may look, and where what is kept is."""

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
        AfterValidator(lambda text: text and values.bucket(text)),
        Field(
            title="a URL such as s3://bucket/folder, az://container or gs://bucket",
            description="Where recordings are taken after the call. Unset: they stay in `recordings` of OFFHOOK_DATA.",
        ),
    ] = None
