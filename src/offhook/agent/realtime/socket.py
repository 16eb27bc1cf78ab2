"""One client WebSocket to a provider, by picows: text messages both ways, and every failure as one sentence.

What a server says in words is repeated, since it is the best there is to know; keys are not, should it quote them.
"""

import asyncio
import contextlib
import logging
import re
import time
from collections.abc import Callable, Collection, Mapping
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Protocol
from urllib.parse import urlsplit

import orjson
import picows
from picows import WSListener, WSMsgType, WSTransport

from offhook.agent.realtime.addresses import Addresses
from offhook.errors import LegFailed

CONNECT_S = 5.0
"""For the name, TCP, TLS and the handshake; who has not answered by then is asked anew."""
MESSAGE_BYTES = 64 * 1024 * 1024
"""Servers echo whole sessions, and put long audio into one message."""
UNSENT_BYTES = 512 * 1024
"""A server that has not taken some 40 s of audio reads no more."""
PING_S = 1.0
"""Without a word of the server for so long it is pinged."""
PONG_S = 2.5
"""And if even that is not answered, the connection is dead, whatever TCP believes: a caller waits."""
SLOW_PONG_S = 30.0
"""The same of a server that has never answered a ping on this connection: perhaps it does not."""
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
        self._loop = asyncio.get_running_loop()
        self._news_at = 0.0  # when anything came, on the loop's clock
        self._look: asyncio.TimerHandle | None = None
        self._pongs = False  # the server answers pings
        self._parts: bytearray | None = None
        self._told: tuple[int, str] = (1006, "")
        self._ending: asyncio.Task[None] | None = None

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
            self._abort = self._loop.call_later(CLOSE_S, stream.abort)
            self._stop_looking()

    def _fail(self, what: str, *, retryable: bool, code: int = 1000) -> None:
        self._receive = None
        lost, self._lost = self._lost, None
        self._goodbye(code)
        if lost is not None:
            lost(LegFailed(f"{self._name} {what}.", retryable=retryable))

    # ------------------------------------------------------------------------------------------ reading

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport, self.was_open = transport, True
        self._news_at = self._loop.time()
        self._look_at(self._news_at + PING_S)

    def _look_for_news(self) -> None:
        """A half-open connection takes all that is sent and never breaks: only its silence tells."""
        silent_s = self._loop.time() - self._news_at + 0.001
        patience_s = PING_S + (PONG_S if self._pongs else SLOW_PONG_S)
        if silent_s >= patience_s:
            self._fail(f"has not answered for {silent_s:.1f} s", retryable=True)
            return
        asking = silent_s >= PING_S
        if asking and self._transport is not None:
            self._transport.send_ping()
        self._look_at(self._loop.time() + PONG_S if asking else self._news_at + PING_S)

    def _look_at(self, when: float) -> None:
        self._stop_looking()
        self._look = self._loop.call_at(when, self._look_for_news)

    def _stop_looking(self) -> None:
        if self._look is not None:
            self._look.cancel()
            self._look = None

    def on_ws_frame(self, transport: WSTransport, frame: picows.WSFrame) -> None:
        self._news_at = self._loop.time()
        kind = frame.msg_type
        if kind == WSMsgType.CLOSE:
            told = frame.get_payload_as_bytes()
            self._told = (int.from_bytes(told[:2]) if len(told) >= 2 else 1005, told[2:].decode(errors="replace"))
            transport.send_close(self._told[0] if self._told[0] != 1005 else 1000)  # type: ignore[arg-type]
            transport.disconnect()
        elif kind == WSMsgType.PONG:
            self._pongs = True
            if self._abort is None:
                self._look_at(self._news_at + PING_S)
        elif kind == WSMsgType.TEXT and frame.fin and self._parts is None:
            self._take(frame.get_payload_as_bytes())
        elif kind in (WSMsgType.TEXT, WSMsgType.CONTINUATION):
            self._part(frame, kind)
        # Binary messages are of no protocol we know, and not an error: whoever sends them means somebody else.

    def _part(self, frame: picows.WSFrame, kind: WSMsgType) -> None:
        if (kind == WSMsgType.TEXT) is not (self._parts is None):
            self._fail("broke the WebSocket protocol", retryable=True, code=1002)
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
        self._stop_looking()
        self._transport = None
        lost, self._lost = self._lost, None
        if lost is not None:
            code, words = self._told
            said = _in_words(words, self._secrets)
            what = "broke off" if code == 1006 else f"closed the connection ({code}{said})"
            lost(LegFailed(f"{self._name} {what}.", retryable=code in GONE))
        self._ending = self._loop.create_task(_outcome(transport))


async def _outcome(transport: WSTransport) -> None:
    """Takes what picows has found wrong with the peer: it was told as a loss, and asyncio would complain of it too."""
    with contextlib.suppress(Exception):
        await transport.wait_disconnected()


async def connect(
    url: str,
    headers: Mapping[str, str],
    receive: Callable[[bytes], None],
    lost: Callable[[LegFailed], None],
    *,
    name: str,
    secrets: Collection[str] = (),
    seconds: float = CONNECT_S,
    addresses: Addresses | None = None,
) -> ProviderSocket:
    """Opens a WebSocket. `name` is what sentences call the server; `secrets` must not appear in them; `addresses` are
    shared by who connects to it more than once. Raises LegFailed."""
    known = addresses or Addresses()
    made = ProviderSocket(name, secrets)
    made.listen(receive, lost)
    host = urlsplit(url).hostname
    try:
        async with asyncio.timeout(seconds):
            await picows.ws_connect(
                lambda: made, url, extra_headers=headers, max_redirects=0, logger_name=_silent,
                socket_factory=lambda to: known.socket(to.host, to.port),
                websocket_handshake_timeout=seconds, max_frame_size=MESSAGE_BYTES,
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
    return LegFailed(
        f"{name} refused the connection: {status} {phrase}{said}.",
        retryable=status in TRY_AGAIN,
        retry_after_s=_retry_after(error.response.headers.get("Retry-After", "")),
    )


def _retry_after(header: str) -> float | None:
    """Seconds, whether the server gave seconds or a date (RFC 9110, 10.2.3)."""
    try:
        seconds = float(header)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(header).timestamp() - time.time()
        except (ValueError, TypeError):
            return None
    return seconds if 0.0 < seconds < float("inf") else None


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
