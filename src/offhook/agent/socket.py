"""One client WebSocket to a provider, by picows: text messages both ways, and every failure as one sentence.

What a server says in words is repeated, since it is the best there is to know; keys are not, should it quote them.
"""

import asyncio
import contextlib
import logging
import re
from collections.abc import Callable, Collection, Mapping
from http import HTTPStatus
from typing import Protocol
from urllib.parse import urlsplit

import orjson
import picows
from picows import WSListener, WSMsgType, WSTransport

from offhook.errors import LegFailed

CONNECT_S = 10.0
MESSAGE_BYTES = 64 * 1024 * 1024
"""Servers echo whole sessions, and put long audio into one message."""
UNSENT_BYTES = 512 * 1024
"""A server that has not taken some 40 s of audio reads no more."""
PING_S = 20.0
CLOSE_S = 2.0
WORDS = 300
GONE = (1000, 1001, 1005, 1006, 1011, 1012, 1013, 1014, 1015)
"""Close codes after which another try may help: the server left, restarts, is overloaded, or the line broke."""
TRY_AGAIN = (408, 409, 425, 429, 500, 502, 503, 504)

# picows logs addresses, and what peers do wrong as errors; what matters is told as LegFailed.
_silent = logging.getLogger("offhook.agent.picows")
_silent.setLevel(logging.CRITICAL + 1)


class Socket(Protocol):
    """What a session writes to."""

    def send(self, message: bytes) -> None:
        """A text message. After `close` it is dropped."""

    def close(self) -> None:
        """Leaves. Idempotent; `lost` is not called after it."""

    async def gone(self) -> None:
        """Waits until the connection is closed on both sides, which it is soon after `close`."""


class Connect(Protocol):
    """Opens a socket to one server."""

    async def __call__(
        self, receive: Callable[[bytes], None], lost: Callable[[LegFailed], None], *, resumed: bool
    ) -> Socket:
        """`receive` is given every message, `lost` why the socket is gone, once. `resumed`: a conversation that is
        under way waits for it. Raises LegFailed."""


class ProviderSocket(WSListener):
    """One connection."""

    def __init__(self, name: str, secrets: Collection[str]) -> None:
        self._name, self._secrets = name, secrets
        self.was_open = False
        """The handshake was made, whatever came of it."""
        self._receive: Callable[[bytes], None] | None = None
        self._lost: Callable[[LegFailed], None] | None = None
        self._transport: WSTransport | None = None
        self._abort: asyncio.TimerHandle | None = None
        self._parts: bytearray | None = None
        self._told: tuple[int, str] = (1006, "")

    def listen(self, receive: Callable[[bytes], None], lost: Callable[[LegFailed], None]) -> None:
        """Who is told of messages, and of the end."""
        self._receive, self._lost = receive, lost

    # ------------------------------------------------------------------------------------------ writing

    def send(self, message: bytes) -> None:
        """A text message. A server that takes none of them loses the connection."""
        if self._transport is None or self._abort is not None:
            return
        self._transport.send(WSMsgType.TEXT, message)
        if self._transport.underlying_transport.get_write_buffer_size() > UNSENT_BYTES:
            self._fail("does not read what it is sent", retryable=True)

    def close(self) -> None:
        """Says goodbye; the connection is cut if the server does not answer soon."""
        self._lost = self._receive = None
        self._goodbye(1000)

    async def gone(self) -> None:
        """Waits until the connection is closed on both sides; `close` cuts it if the server does not agree soon."""
        if self._transport is not None:
            with contextlib.suppress(Exception):  # what was wrong with it has been told
                await self._transport.wait_disconnected()

    def _goodbye(self, code: int) -> None:
        if self._transport is not None and self._abort is None:
            self._transport.send_close(code)  # type: ignore[arg-type]
            stream = self._transport.underlying_transport
            self._abort = asyncio.get_running_loop().call_later(CLOSE_S, stream.abort)

    def _fail(self, what: str, *, retryable: bool, code: int = 1000) -> None:
        self._receive = None
        lost, self._lost = self._lost, None
        self._goodbye(code)
        if lost is not None:
            lost(LegFailed(f"{self._name} {what}.", retryable=retryable))

    # ------------------------------------------------------------------------------------------ reading

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport, self.was_open = transport, True

    def on_ws_frame(self, transport: WSTransport, frame: picows.WSFrame) -> None:
        kind = frame.msg_type
        if kind == WSMsgType.CLOSE:
            told = frame.get_payload_as_bytes()
            self._told = (int.from_bytes(told[:2]) if len(told) >= 2 else 1005, told[2:].decode(errors="replace"))
            transport.send_close(self._told[0] if self._told[0] != 1005 else 1000)  # type: ignore[arg-type]
            transport.disconnect()
        elif kind == WSMsgType.TEXT and frame.fin and self._parts is None:
            self._take(frame.get_payload_as_bytes())
        elif kind in (WSMsgType.TEXT, WSMsgType.CONTINUATION):
            self._part(frame, kind)
        # Binary messages are of no protocol we know, and not an error: whoever sends them means somebody else.

    def _part(self, frame: picows.WSFrame, kind: WSMsgType) -> None:
        if (kind == WSMsgType.TEXT) is not (self._parts is None):
            self._fail("broke the WebSocket protocol", retryable=False, code=1002)
            return
        self._parts = self._parts if self._parts is not None else bytearray()
        self._parts += frame.get_payload_as_memoryview()
        if len(self._parts) > MESSAGE_BYTES:
            self._fail("sent a message that is too long", retryable=False, code=1009)
        elif frame.fin:
            message, self._parts = bytes(self._parts), None
            self._take(message)

    def _take(self, message: bytes) -> None:
        if self._receive is not None:
            self._receive(message)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        if self._abort is not None:
            self._abort.cancel()
        self._transport = None
        lost, self._lost = self._lost, None
        if lost is not None:
            code, words = self._told
            said = _in_words(words, self._secrets)
            what = "broke off" if code == 1006 else f"closed the connection ({code}{said})"
            lost(LegFailed(f"{self._name} {what}.", retryable=code in GONE))


async def connect(
    url: str,
    headers: Mapping[str, str],
    receive: Callable[[bytes], None],
    lost: Callable[[LegFailed], None],
    *,
    name: str,
    secrets: Collection[str] = (),
    seconds: float = CONNECT_S,
) -> ProviderSocket:
    """Opens a WebSocket. `name` is what sentences call the server; `secrets` must not appear in them. Raises LegFailed."""
    made = ProviderSocket(name, secrets)
    made.listen(receive, lost)
    host = urlsplit(url).hostname
    try:
        async with asyncio.timeout(seconds):
            await picows.ws_connect(
                lambda: made, url, extra_headers=headers, max_redirects=0, logger_name=_silent,
                websocket_handshake_timeout=seconds, max_frame_size=MESSAGE_BYTES,
                enable_auto_ping=True, auto_ping_idle_timeout=PING_S, auto_ping_reply_timeout=PING_S,
            )  # fmt: skip
    except picows.WSHandshakeError as error:
        raise _refused(name, error, secrets) from None
    except TimeoutError:
        raise LegFailed(f"{name} ({host}) did not answer within {seconds:g} s.", retryable=True) from None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise LegFailed(f"{name} ({host}) cannot be reached: {reason}.", retryable=True) from None
    if not made.was_open:
        raise LegFailed(f"{name} ({host}) hung up at once.", retryable=True)
    return made


def _refused(name: str, error: picows.WSHandshakeError, secrets: Collection[str]) -> LegFailed:
    if error.response is None or error.response.status == HTTPStatus.SWITCHING_PROTOCOLS:
        return LegFailed(f"{name} does not speak WebSocket here.", retryable=False)
    status = int(error.response.status)
    phrase = HTTPStatus(status).phrase if status in set(HTTPStatus) else ""
    said = _in_words(_message(error.raw_body or b""), secrets)
    return LegFailed(f"{name} refused the connection: {status} {phrase}{said}.", retryable=status in TRY_AGAIN)


def _message(body: bytes) -> str:
    """What an HTTP error's body says: the message of a JSON error, or a short text."""
    try:
        told = orjson.loads(body)
        told = told.get("error", told)
        return str(told.get("message", "") if isinstance(told, dict) else told)
    except (ValueError, AttributeError):
        return "" if b"<" in body else body.decode(errors="replace")


def without_keys(words: str, secrets: Collection[str] = ()) -> str:
    """A server's words, shortened, on one line, and with nothing in them that is or resembles a key."""
    for secret in secrets:
        if secret:
            words = words.replace(secret, "…")
    words = re.sub(r"\b(sk|ek|pk|Bearer)[-_ ][^\s'\",]+|[^\s'\",:]*\*{3,}[^\s'\",.]*", "…", words)
    words = " ".join(words.split())
    return words if len(words) <= WORDS else words[:WORDS] + "…"


def _in_words(words: str, secrets: Collection[str]) -> str:
    said = without_keys(words, secrets).rstrip(".")
    return f": {said}" if said else ""
