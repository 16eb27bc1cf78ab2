"""Azure Voice Live: where it is, how it is asked in (a key, or a token of Entra), and how often."""

import importlib
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from offhook.agent.credentials import Credentials
from offhook.agent.realtime.addresses import Addresses
from offhook.agent.realtime.admission import Admission
from offhook.agent.realtime.engine import RealtimeEngine
from offhook.agent.realtime.line import Backend
from offhook.agent.realtime.socket import Socket, connect
from offhook.agent.realtime.wire import AZURE
from offhook.errors import ConfigError, LegFailed

MODEL = "gpt-realtime-2.1"
"""What "voice-live" stands for, unless VOICE_LIVE_MODEL says otherwise."""
CONNECTIONS_A_MINUTE = 30
AGENT_PREFIX = "agent/"
PATH = "/voice-live/realtime"


def voice_live_url(endpoint: str, model: str, api_version: str) -> str:
    """The WebSocket's address: of an endpoint https or wss, or a bare host, with or without a path.

    `model` "agent/PROJECT/NAME" names a Foundry agent of a project instead of a model. What the endpoint's own query says
    goes before `api_version`. Raises ConfigError for one that is no URL.
    """
    text = endpoint.strip()
    parts = urlsplit(text if "://" in text else f"https://{text}")
    if parts.scheme not in ("https", "wss", "http", "ws") or not parts.hostname:
        raise ConfigError(
            "AZURE_VOICE_LIVE_ENDPOINT must be a URL such as https://my-resource.services.ai.azure.com, not what it is."
        )
    scheme = "ws" if parts.scheme in ("http", "ws") else "wss"
    path = parts.path.rstrip("/") if parts.path.rstrip("/").endswith(PATH) else PATH
    query = {"api-version": api_version} | dict(parse_qsl(parts.query))
    query.pop("model", None)
    if model.startswith(AGENT_PREFIX):
        project, slash, name = model.removeprefix(AGENT_PREFIX).partition("/")
        if not (project and slash and name):
            raise ConfigError(f'The model "azure:{model}" must be "azure:agent/PROJECT/NAME".')
        query |= {"agent-project-name": project, "agent-name": name}
    else:
        query["model"] = model
    return f"{scheme}://{parts.netloc.rpartition('@')[2]}{path}?{urlencode(query)}"


class AzureEngine(RealtimeEngine):
    """One model, or one Foundry agent, behind one Voice Live resource."""

    def __init__(self, model: str, credentials: Credentials) -> None:
        """Raises ConfigError without an endpoint, or if a token is needed and the extra `azure` is not installed."""
        if not credentials.azure_endpoint:
            raise ConfigError(f"The model azure:{model} needs a resource of yours: set AZURE_VOICE_LIVE_ENDPOINT.")
        self.url = voice_live_url(credentials.azure_endpoint, model, credentials.azure_api_version)
        hosted = model.startswith(AGENT_PREFIX)
        self._key = None if hosted else credentials.azure_api_key  # a Foundry agent takes tokens only
        self._identity = None if self._key else _identity(credentials.azure_client_id)
        self._scope, self._addresses = credentials.azure_scope, Addresses()
        super().__init__(
            Backend("Azure Voice Live", "azure", model, self._connect, Admission(CONNECTIONS_A_MINUTE)), AZURE,
            transcription_model="azure-speech", voice=None, hosted=hosted,
        )  # fmt: skip

    async def start(self) -> None:
        """Fetches a token, if tokens are used: who is not signed in learns of it now. Raises ConfigError."""
        if self._identity is not None:
            try:
                await self._token()
            except LegFailed as failed:
                raise ConfigError(f"{failed} Sign in, or set AZURE_VOICE_LIVE_API_KEY.") from None

    async def _token(self) -> str:
        assert self._identity is not None
        try:
            token = await self._identity.get_token(self._scope)
        except Exception as error:  # noqa: BLE001
            # What the library raises tells of a dozen ways it tried; the first line says enough.
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise LegFailed(f"Azure gave no token: {reason[:200].rstrip('.')}.", retryable=True) from None
        return str(token.token)

    async def _connect(
        self, receive: Callable[[bytes], None], lost: Callable[[LegFailed], None], *, resumed: bool
    ) -> Socket:
        secret = self._key or await self._token()
        headers = {"api-key": secret} if self._key else {"Authorization": f"Bearer {secret}"}
        return await connect(
            self.url, headers, receive, lost, name=self._backend.name, secrets=(secret,), addresses=self._addresses
        )

    async def close(self) -> None:
        """Lets the identity's connections go."""
        await super().close()
        if self._identity is not None:
            await self._identity.close()


def _identity(client_id: str | None) -> Any:
    """What gives tokens: the managed identity that is named, else whatever this machine is signed in with."""
    try:
        identity = importlib.import_module("azure.identity.aio")
    except ImportError:
        raise ConfigError(
            "Without AZURE_VOICE_LIVE_API_KEY a token is needed: pip install 'offhook[azure]', or set the key."
        ) from None
    if client_id:
        return identity.ManagedIdentityCredential(client_id=client_id)
    return identity.DefaultAzureCredential()
