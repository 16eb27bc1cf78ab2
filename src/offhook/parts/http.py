"""Servers that parts ask over HTTP: one client for each, whose connections stay open, and every failure in one sentence."""

import re
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson

from offhook.errors import ConfigError, LegFailed

CONNECT_S, SILENT_S = 5.0, 15.0
"""To get a connection; between two pieces of an answer."""
RETRYABLE = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
MOST_TOLD = 200
"""Characters of a server's own words in an error."""


class Server:
    """One server, shared by the calls of a process."""

    transport: httpx.AsyncBaseTransport | None = None
    """What carries the requests; None: the network."""

    def __init__(self, name: str, base_url: str, headers: Mapping[str, str], *, secret: str = "") -> None:
        """`secret` is cut out of whatever the server says. Raises ConfigError for what is no URL."""
        parts = urlsplit(base_url.strip())
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ConfigError(
                f"The address of {name} must be a URL such as https://api.openai.com/v1, not {shown(base_url)!r}."
            )
        self.name, self.host, self._secret = name, parts.hostname, secret
        self._base_url, self._headers = base_url.strip().rstrip("/"), dict(headers)
        self._client: httpx.AsyncClient | None = None

    @asynccontextmanager
    async def ask(self, path: str, **request: Any) -> AsyncIterator[httpx.Response]:
        """Posts a request and gives the answer's head; the body is read by whoever asks. Raises LegFailed for all that goes
        wrong, also while the block reads it."""
        if self._client is None:
            timeout = httpx.Timeout(SILENT_S, connect=CONNECT_S)
            limits = httpx.Limits(max_connections=None, max_keepalive_connections=64, keepalive_expiry=60.0)
            self._client = httpx.AsyncClient(
                headers=self._headers, timeout=timeout, limits=limits, transport=self.transport
            )
        try:
            async with self._client.stream("POST", f"{self._base_url}{path}", **request) as answer:
                if answer.status_code >= 400:
                    raise self._refused(answer, await answer.aread())
                yield answer
        except httpx.TimeoutException as slow:
            raise LegFailed(f"{self.name} did not answer in time ({type(slow).__name__}).", retryable=True) from None
        except (httpx.HTTPError, httpx.StreamError) as failed:
            raise LegFailed(f"{self.name} cannot be reached ({type(failed).__name__}).", retryable=True) from None

    def _refused(self, answer: httpx.Response, body: bytes) -> LegFailed:
        status = answer.status_code
        try:
            told = orjson.loads(body)
            error = told["error"] if "error" in told else told["detail"]
            said = str(error["message"] if isinstance(error, dict) else error)
        except (orjson.JSONDecodeError, KeyError, TypeError):
            said = answer.reason_phrase
        said = said.replace(self._secret, "…") if self._secret else said
        after = answer.headers.get("retry-after", "")
        return LegFailed(
            f"{self.name} refused a request: {status} {said[:MOST_TOLD]}",
            retryable=status in RETRYABLE, retry_after_s=float(after) if after.isdecimal() else None,
        )  # fmt: skip

    async def close(self) -> None:
        """Ends the connections. Idempotent."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()


def shown(named: object) -> str:
    """A part's name or address as a sentence may have it: a URL without the name and the password before its host."""
    return re.sub(r"//\S*@", "//…@", str(named))


async def events(answer: httpx.Response) -> AsyncGenerator[dict[str, Any], None]:
    """The JSON of a stream of server-sent events, up to its end or `[DONE]`. Raises LegFailed for what is none."""
    async for line in answer.aiter_lines():
        if not line.startswith("data:"):
            continue
        data = line[5:].strip()
        if data == "[DONE]":
            return
        try:
            event = orjson.loads(data)
        except orjson.JSONDecodeError:
            raise LegFailed("A language model's answer cannot be read.", retryable=True) from None
        if isinstance(event, dict):
            yield event
