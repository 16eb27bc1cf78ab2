"""Tools that are HTTP servers of the user: the arguments go there by POST, signed, and what it answers is told to the agent.

A use that may not have arrived is tried again with the same Idempotency-Key. What is secret (the URL's query, headers, the
key of the signature) is in no log and no error.
"""

import asyncio
import hashlib
import hmac
import logging
import re
import secrets
import time
import weakref
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

import httpcore
import jsonschema
import orjson
import referencing

from offhook.agent.remote.outward import CONNECT_S, Outward, Refused, is_public
from offhook.agent.remote.webhooks import NO_ARGUMENTS, RETRIES
from offhook.agent.tools import MOST_SHOWN, TIMEOUT_S, Tool
from offhook.core.leg import ToolSide
from offhook.errors import ConfigError, ToolError
from offhook.outside import outside

log = logging.getLogger(__name__)

AGAIN_S = 0.25
"""Before the first other try; twice as long before each further one."""
MOST_BYTES = 256 * 1024
"""Of an answer."""
MOST_CONNECTIONS = 64
"""To one webhook's server."""
IDLE_S = 30.0
"""A connection is kept so long for the next use."""
TRY_AGAIN = (408, 425, 429, 500, 502, 503, 504)
TELL = range(400, 500)
"""Answers whose words are for the agent; but those to us, for a wrong address or key, are not."""
TO_US = (401, 403, 405, 407)

_best: Callable[[Iterable[jsonschema.ValidationError]], jsonschema.ValidationError | None] = (
    jsonschema.exceptions.best_match
)
_HEADER = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


class Webhook(Tool):
    """A tool at a URL. Made by `webhook` (agent/remote/webhooks.py), which says what the options are."""

    def __init__(
        self,
        name: str,
        url: str,
        *,
        description: str = "",
        parameters: Mapping[str, Any] = NO_ARGUMENTS,
        headers: Mapping[str, str] | None = None,
        secret: str | None = None,
        timeout: float = TIMEOUT_S,
        retries: int = RETRIES,
        allow_private: bool = False,
        finish: bool = False,
    ) -> None:
        """Raises ConfigError."""
        if not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name):
            raise ConfigError(f'A webhook\'s name has up to 64 letters, digits, "_" and "-": "{name[:80]}" does not.')
        super().__init__(name, description, timeout=timeout, finish=finish)
        self._url = _checked_url(name, url, allow_private)
        self._schema = dict(parameters)
        self._validator = _validator(name, self._schema)
        self._headers = _checked_headers(name, headers or {})
        self._secret = secret.encode() if secret else None
        self._retries, self._allow_private = retries, allow_private
        self._pools: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, httpcore.AsyncConnectionPool]
        self._pools = weakref.WeakKeyDictionary()

    @property
    def schema(self) -> dict[str, Any]:
        """As it was given."""
        return dict(self._schema)

    def _values(self, arguments: str) -> dict[str, Any]:
        try:
            values = orjson.loads(arguments or "{}")
        except orjson.JSONDecodeError:
            raise ToolError(f"{self.name}: arguments: Invalid JSON.") from None
        problem = _best(self._validator.iter_errors(values))
        if problem is not None:
            where = ".".join(str(part)[:MOST_SHOWN] for part in problem.absolute_path) or "arguments"
            raise ToolError(f"{self.name}: {where}: {problem.message[:MOST_SHOWN]}.")
        assert isinstance(values, dict)
        return values

    async def _run(self, values: dict[str, Any], call: ToolSide) -> str:
        info = call.info
        who = {"id": call.id, "caller": info.caller, "called": info.called, "direction": info.direction}
        body = orjson.dumps({"tool": self.name, "arguments": values, "call": who})
        key, wait_s = secrets.token_hex(16), AGAIN_S
        for tries_left in range(self._retries, -1, -1):
            try:
                with outside():
                    status, said = await self._post(body, key)
            except Refused as why:
                raise self._broke(str(why), call) from None
            except (httpcore.NetworkError, httpcore.RemoteProtocolError, httpcore.TimeoutException) as error:
                status, said, problem = 0, b"", type(error).__name__
            else:
                if status not in TRY_AGAIN:
                    return self._told(status, said, call)
                problem = f"status {status}"
            if not tries_left:
                raise self._broke(problem, call)
            log.info("tool %s is tried again: %s", self.name, problem, extra={"call_id": call.id})
            await asyncio.sleep(wait_s)
            wait_s *= 2
        raise AssertionError("the last try returns or raises")

    async def _post(self, body: bytes, key: str) -> tuple[int, bytes]:
        """The status and the body of the answer. Raises Refused for one that is not to be had whole."""
        headers = [
            *self._headers,
            (b"Content-Type", b"application/json"),
            (b"Accept-Encoding", b"identity"),  # a compressed answer has no size before it is unpacked
            (b"Idempotency-Key", key.encode()),
            *([(b"Offhook-Signature", signature(self._secret, body, int(time.time())).encode())] if self._secret else []),
        ]  # fmt: skip
        timeouts = {"connect": CONNECT_S, "pool": CONNECT_S}  # the whole is bounded by the tool's
        async with self._pool().stream(
            "POST", self._url, headers=headers, content=body, extensions={"timeout": timeouts}
        ) as answer:
            if 300 <= answer.status < 400:
                raise Refused("it redirects to another address: give that one")
            said = bytearray()
            async for part in answer.aiter_stream():
                said += part
                if len(said) > MOST_BYTES:
                    raise Refused(f"it answered with more than {MOST_BYTES // 1024} KiB")
            if any(name.lower() == b"content-encoding" and value != b"identity" for name, value in answer.headers):
                raise Refused("its answer is compressed though that was not asked for")
            return answer.status, bytes(said)

    def _pool(self) -> httpcore.AsyncConnectionPool:
        loop = asyncio.get_running_loop()
        if loop not in self._pools:
            self._pools[loop] = httpcore.AsyncConnectionPool(
                max_connections=MOST_CONNECTIONS,
                keepalive_expiry=IDLE_S,
                network_backend=Outward(allow_private=self._allow_private),
            )
        return self._pools[loop]

    async def close(self) -> None:
        """Closes the connections that are kept. Idempotent."""
        if (pool := self._pools.pop(asyncio.get_running_loop(), None)) is not None:
            await pool.aclose()

    def _told(self, status: int, body: bytes, call: ToolSide) -> str:
        if 200 <= status < 300:
            return body.decode("utf-8", "replace") or "Done."
        if status in TELL and status not in TO_US and (words := _message(body)):
            raise ToolError(words)
        raise self._broke(f"status {status}", call)

    def _broke(self, why: str, call: ToolSide) -> ToolError:
        log.warning("tool %s failed: %s", self.name, why, extra={"call_id": call.id})
        return ToolError(f"{self.name} failed.")


def signature(secret: bytes, body: bytes, at: int) -> str:
    """Of a request: the time in seconds since 1970, and the HMAC-SHA256 of "time.body"."""
    signed = hmac.new(secret, f"{at}.".encode() + body, hashlib.sha256)
    return f"t={at},v1={signed.hexdigest()}"


def _checked_url(name: str, url: str, allow_private: bool) -> str:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
        whole = url.isascii() and url.isprintable() and " " not in url
    except (ValueError, AttributeError, TypeError):
        host, whole = None, False
    if not host or not whole or parts.scheme not in ("http", "https") or parts.username is not None:
        raise ConfigError(f"The webhook {name} needs a url such as https://example.com/path, without a user in it.")
    if allow_private:
        return url
    if parts.scheme != "https":
        raise ConfigError(f"The webhook {name} has no https:// url: only one with allow_private=True may do without.")
    if (host.replace(".", "").isdigit() or ":" in host or host == "localhost") and not is_public(host):
        raise ConfigError(f"The webhook {name} is at a private address: say allow_private=True if that is meant.")
    return url


def _checked_headers(name: str, headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    made = []
    for key, value in headers.items():
        whole = isinstance(key, str) and isinstance(value, str) and value.isprintable() and value.isascii()
        if not whole or not _HEADER.fullmatch(key.encode()):
            raise ConfigError(f"The webhook {name} has a header {key!r} that cannot be sent: use plain ASCII.")
        made.append((key.encode(), value.encode()))
    return made


def _validator(name: str, schema: dict[str, Any]) -> Any:
    try:
        validator = jsonschema.validators.validator_for(schema, default=jsonschema.Draft202012Validator)
        validator.check_schema(schema)
    except jsonschema.SchemaError as error:
        raise ConfigError(f"The parameters of the webhook {name} are no JSON schema: {error.message}.") from None
    if schema.get("type") != "object":
        raise ConfigError(f'The parameters of the webhook {name} must be a JSON schema of "type": "object".')
    return validator(schema, registry=referencing.Registry())  # which fetches nothing


def _message(body: bytes) -> str:
    """What an error says in JSON, if it says it in words."""
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError:
        return ""
    for key in ("error", "message", "detail"):
        inner = told.get(key) if isinstance(told, dict) else None
        told = inner if isinstance(inner, dict) else told
        if isinstance(inner, str):
            return " ".join(inner.split())[:MOST_SHOWN]
    return ""
