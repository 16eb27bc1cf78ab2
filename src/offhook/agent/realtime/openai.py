"""OpenAI Realtime, and servers that speak like it: where they are, and how they are asked in."""

from collections.abc import Callable
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from offhook.agent.credentials import Credentials
from offhook.agent.realtime.addresses import Addresses
from offhook.agent.realtime.engine import RealtimeEngine
from offhook.agent.realtime.line import Backend
from offhook.agent.realtime.socket import Socket, connect
from offhook.agent.realtime.wire import BETA, GA
from offhook.errors import ConfigError, LegFailed

BASE_URL = "https://api.openai.com/v1"
MODEL = "gpt-realtime-2.1"
"""What "gpt-realtime" stands for."""
SCHEMES = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}


def realtime_url(base_url: str, model: str) -> str:
    """The WebSocket's address: of a base URL http(s) or ws(s), with or without /v1, /realtime and a query.

    Raises ConfigError for one that is no URL.
    """
    parts = urlsplit(base_url.strip())
    if parts.scheme not in SCHEMES or not parts.hostname:
        raise ConfigError("OPENAI_BASE_URL must be a URL such as https://api.openai.com/v1.")
    path = parts.path.rstrip("/") or "/v1"
    path = path if path.endswith("/realtime") else f"{path}/realtime"
    query = urlencode([*((key, value) for key, value in parse_qsl(parts.query) if key != "model"), ("model", model)])
    return urlunsplit((SCHEMES[parts.scheme], parts.netloc.rpartition("@")[2], path, query, ""))


class OpenAIEngine(RealtimeEngine):
    """One model of OpenAI's, or of a compatible server."""

    def __init__(self, model: str, credentials: Credentials) -> None:
        """Raises ConfigError without a key, unless another server than OpenAI's is named."""
        key, base_url = credentials.openai_api_key, credentials.openai_base_url
        if not key and not base_url:
            raise ConfigError(f"The model {model} needs a key of OpenAI: set OPENAI_API_KEY.")
        self.url = realtime_url(base_url or BASE_URL, model)
        self.headers = {"Authorization": f"Bearer {key}"} if key else {}
        if key and (urlsplit(self.url).hostname or "").endswith(".azure.com"):
            self.headers = {"api-key": key}
        beta = credentials.openai_beta
        if beta:
            self.headers["OpenAI-Beta"] = "realtime=v1"
        self._key, self._addresses = key or "", Addresses()
        name = (urlsplit(self.url).hostname if base_url else None) or "OpenAI"
        super().__init__(
            Backend(name, "openai", model, self._connect), BETA if beta else GA,
            transcription_model="whisper-1" if beta else "gpt-live-transcribe", voice="alloy" if beta else "marin",
        )  # fmt: skip

    async def _connect(
        self, receive: Callable[[bytes], None], lost: Callable[[LegFailed], None], *, resumed: bool
    ) -> Socket:
        return await connect(
            self.url, self.headers, receive, lost, name=self._backend.name, secrets=(self._key,),
            addresses=self._addresses,
        )  # fmt: skip
