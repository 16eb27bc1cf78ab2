"""Request bodies: read up to a size and within a time; and what is not read ends the connection."""

import asyncio

from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from offhook.errors import RemoteProtocolError

MAX_BYTES = 64 * 1024
READ_SECONDS = 10.0


class BodyTooLarge(RemoteProtocolError):
    """More than is ever needed."""


class BodyTooSlow(RemoteProtocolError):
    """The rest did not come."""


async def read_body(request: Request, *, max_bytes: int = MAX_BYTES, seconds: float = READ_SECONDS) -> bytes:
    """The whole body. Raises BodyTooLarge, BodyTooSlow, or RemoteProtocolError where the peer left."""
    body = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for part in request.stream():
                body += part
                if len(body) > max_bytes:
                    raise BodyTooLarge(f"a body over {max_bytes} bytes")
    except TimeoutError:
        raise BodyTooSlow(f"the body did not come within {seconds:g} s") from None
    except ClientDisconnect:
        raise RemoteProtocolError("the peer left") from None
    return bytes(body)


class CloseUnread:
    """ASGI middleware: an answer that comes before the request's body was read whole says `connection: close`.

    The connection then does not wait for the rest (server/connection.py).
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _has_body(scope):
            await self._app(scope, receive, send)
            return
        whole = False

        async def receive_and_note() -> Message:
            nonlocal whole
            message = await receive()
            whole = whole or not message.get("more_body", False)
            return message

        async def send_and_close(message: Message) -> None:
            if message["type"] == "http.response.start" and not whole:
                message["headers"] = [*message.get("headers", []), (b"connection", b"close")]
            await send(message)

        await self._app(scope, receive_and_note, send_and_close)


def _has_body(scope: Scope) -> bool:
    return any(
        name == b"transfer-encoding" or (name == b"content-length" and value != b"0")
        for name, value in scope["headers"]
    )
