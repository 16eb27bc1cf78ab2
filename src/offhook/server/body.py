"""Request bodies: read up to a size and within a time."""

import asyncio

from starlette.requests import ClientDisconnect, Request

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
