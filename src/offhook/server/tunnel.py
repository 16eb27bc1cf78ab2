"""A public origin for a server on a laptop: a tunnel that a local ngrok already keeps, or one opened for as long as the
server runs.

What a local ngrok keeps is read from its page at port 4040 (ngrok.com/docs/agent/api: `GET /api/tunnels`). To open one needs
ngrok's Python agent, the extra `ngrok`, and the account's NGROK_AUTHTOKEN.
"""

import importlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx

from offhook.errors import ConfigError
from offhook.server.head import is_loopback_address

log = logging.getLogger(__name__)

PAGE = "http://127.0.0.1:4040"
PATIENCE_S = 1.0
HOW = "set NGROK_AUTHTOKEN and install offhook[ngrok], or start `ngrok http {port}` first"


async def kept_by_ngrok(port: int, page: str = PAGE) -> str | None:
    """The origin that an ngrok of this machine leads to `port`; None if there is none. An https one before an http one."""
    try:
        async with httpx.AsyncClient(timeout=PATIENCE_S, trust_env=False) as client:
            answer = await client.get(f"{page}/api/tunnels", headers={"accept": "application/json"})
        told = answer.json()["tunnels"] if answer.is_success else []
        origins = [str(each["public_url"]) for each in told if _port(str(each["config"]["addr"])) == port]
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return None  # nobody is there, or somebody else
    return next(iter(sorted(filter(_is_origin, origins), reverse=True)), None)


def _port(address: str) -> int | None:
    """Of `http://localhost:8000`, `localhost:8000` or `8000`, all of which ngrok takes; None for another machine's."""
    if address.isdecimal():
        return int(address)
    try:
        there = urlsplit(f"//{address.rpartition('//')[2]}")
        return there.port if there.hostname == "localhost" or is_loopback_address(there.hostname or "") else None
    except ValueError:
        return None


def _is_origin(url: str) -> bool:
    return url.startswith(("http://", "https://"))


@asynccontextmanager
async def tunnel(
    port: int, *, token: str | None, public_url: str | None = None, page: str = PAGE
) -> AsyncIterator[str]:
    """The public origin of a tunnel to `port`, open while the block runs; with `public_url`, at that name. One that an ngrok
    of this machine keeps already is used, and left open. Raises ConfigError."""
    if (origin := await kept_by_ngrok(port, page)) is not None and public_url in (None, origin):
        yield origin
        return
    listener = await _open(port, token, urlsplit(public_url).hostname if public_url else None)
    try:
        yield str(listener.url()).rstrip("/")
    finally:
        await _close(listener)


async def _open(port: int, token: str | None, domain: str | None) -> Any:
    if not token:
        raise ConfigError(f"There is no tunnel to port {port}: {HOW.format(port=port)}.")
    try:
        ngrok = importlib.import_module("ngrok")
    except ImportError:
        raise ConfigError(
            "A tunnel needs ngrok's Python agent: install offhook[ngrok], or start "
            f"`ngrok http {port}` before the server."
        ) from None
    try:
        return await ngrok.forward(port, authtoken=token, **({"domain": domain} if domain else {}))
    except ValueError as error:  # what its agent raises for all that goes wrong: (words, ngrok's own words, its code)
        words = " ".join(str(each) for each in error.args if each).replace(token, "…")
        raise ConfigError(f"ngrok opens no tunnel: {' '.join(words.split())[:300]}") from None


async def _close(listener: Any) -> None:
    try:
        await listener.close()
    except ValueError as error:
        log.warning("the tunnel was not closed in order: %s", error)
