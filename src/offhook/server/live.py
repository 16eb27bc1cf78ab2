"""`/ws/events/{call_id}` and `/ws/events`: the sockets of those who watch. What they are sent is in server/follow.py."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing

from fastapi import APIRouter, HTTPException, WebSocket, WebSocketDisconnect
from fastapi.responses import JSONResponse

from offhook.server.auth import Access
from offhook.server.follow import NoSuchCall, ViewerMissed, Viewers

CALL_OVER = 1000
COME_AGAIN = 1013
"""Come again, with `after` as the reason says."""
NO_SUCH_CALL = 4404
LONGEST_NUMBER = 15  # digits


def live(access: Access, viewers: Viewers) -> APIRouter:
    """The two sockets, for operators."""
    router = APIRouter()

    @router.websocket("/ws/events/{call_id}")
    async def one(socket: WebSocket, call_id: str, after: str = "0") -> None:
        if not await is_let_in(access, socket):
            return
        if not (after.isascii() and after.isdigit() and len(after) <= LONGEST_NUMBER):
            await _refuse(socket, 422, "`after` must be the number of the last event that was received.")
            return
        await _send(socket, viewers.one(call_id, int(after)))

    @router.websocket("/ws/events")
    async def every(socket: WebSocket, pulse: str = "") -> None:
        if await is_let_in(access, socket):
            await _send(socket, viewers.all(pulses=pulse in ("1", "true")))

    return router


async def is_let_in(access: Access, socket: WebSocket) -> bool:
    """Whether the socket may be opened; one that may not was told why."""
    try:
        await access.operator(socket)
    except HTTPException as refused:
        await _refuse(socket, refused.status_code, refused.detail, refused.headers)
        return False
    return True


async def _refuse(socket: WebSocket, status: int, sentence: str, headers: Mapping[str, str] | None = None) -> None:
    await socket.send_denial_response(JSONResponse({"detail": sentence}, status, headers))


async def _send(socket: WebSocket, texts: AsyncGenerator[str]) -> None:
    """Sends until there is no more, or the viewer leaves."""
    await socket.accept()
    sending = asyncio.create_task(_send_all(socket, texts), name="viewer")
    leaving = asyncio.create_task(left(socket), name="viewer's end")
    try:
        await asyncio.wait((sending, leaving), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (sending, leaving):
            task.cancel()
        await asyncio.gather(sending, leaving, return_exceptions=True)
    if not sending.cancelled() and (error := sending.exception()) and not isinstance(error, WebSocketDisconnect):
        raise error


async def _send_all(socket: WebSocket, texts: AsyncGenerator[str]) -> None:
    code, reason = CALL_OVER, "The call is over."
    async with aclosing(texts):
        try:
            async for text in texts:
                await socket.send_text(text)
        except NoSuchCall as error:
            code, reason = NO_SUCH_CALL, str(error)
        except ViewerMissed as missed:
            code, reason = COME_AGAIN, f"{missed} Come again with after={missed.last}."
    await socket.close(code, reason)


async def left(socket: WebSocket) -> None:
    """Waits until the viewer is gone; what it says is nobody's business."""
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass
