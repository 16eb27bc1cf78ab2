"""Sockets to servers of speech: what one is here, how it is made, and how it failed, in one sentence."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from offhook.errors import LegFailed
from offhook.parts.http import MOST_TOLD, RETRYABLE

CONNECT_S = 5.0
PING_S, PONG_S = 5.0, 10.0
"""A server that is gone without a word is found out within fifteen seconds."""
CLOSE_S = 1.0
LARGEST = 2**22
"""Bytes of a message."""
REFUSALS = frozenset({1002, 1003, 1007, 1008, 1010})
"""Codes of a close by which a server says that it will not take what it was told, however often."""


class Socket(Protocol):
    """One connection. Whatever it raises means that it is lost."""

    async def send(self, message: Any) -> None: ...
    async def recv(self) -> Any: ...
    async def close(self) -> None: ...


Connect = Callable[[str, Mapping[str, str]], Awaitable[Socket]]
"""Connects to a URL with headers."""


async def over_network(url: str, headers: Mapping[str, str]) -> Socket:
    """A WebSocket. Raises whatever goes wrong; `failure` words it."""
    from websockets.asyncio.client import connect

    return await connect(
        url, additional_headers=dict(headers), open_timeout=CONNECT_S, ping_interval=PING_S, ping_timeout=PONG_S,
        close_timeout=CLOSE_S, max_size=LARGEST, compression=None,
    )  # fmt: skip


def failure(name: str, error: BaseException, secret: str = "") -> LegFailed:
    """Why a server could not be reached, or was lost, in one sentence without `secret`."""
    if isinstance(error, LegFailed):
        said = _without(secret, str(error))[: 2 * MOST_TOLD]
        return (
            error
            if said == str(error)
            else LegFailed(said, retryable=error.retryable, retry_after_s=error.retry_after_s)
        )
    answer = getattr(error, "response", None)  # of a handshake that was refused
    if answer is not None:
        body = (answer.body or b"").decode("utf-8", "replace").strip()
        said = _without(secret, f"{answer.reason_phrase} {body}".strip())
        return LegFailed(
            f"{name} refused a connection: {answer.status_code} {said[:MOST_TOLD]}",
            retryable=answer.status_code in RETRYABLE,
        )
    closed = getattr(error, "rcvd", None)  # the close of a peer
    if closed is not None:
        said = _without(secret, f"{closed.code} {closed.reason}".strip())
        return LegFailed(f"{name} ended a connection: {said[:MOST_TOLD]}", retryable=closed.code not in REFUSALS)
    if isinstance(error, ValueError | LookupError | TypeError):
        return LegFailed(f"What {name} says cannot be read ({type(error).__name__}).", retryable=True)
    return LegFailed(f"{name} cannot be reached ({type(error).__name__}).", retryable=True)


def _without(secret: str, text: str) -> str:
    return text.replace(secret, "…") if secret else text
