"""uvicorn's WebSocket for viewers, with an end to its patience: a peer that reads nothing is cut off.

Leans on `WebSocketsSansIOProtocol.pause_writing, .resume_writing, .connection_lost, .transport, .loop` of the pinned
uvicorn; tests/server/test_socket.py fails when they change.
"""

import asyncio

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from offhook.server.connection import UNREAD_SECONDS


class ViewerSocket(WebSocketsSansIOProtocol):
    """Made by uvicorn for each socket that is not media; `socket_class` sets its patience."""

    unread_seconds = UNREAD_SECONDS
    _unread: asyncio.TimerHandle | None = None  # runs while something is unsent

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._unread is None:
            self._unread = self.loop.call_later(self.unread_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        self._sent()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self._sent()
        super().connection_lost(exc)

    def _sent(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None


def socket_class(unread_seconds: float) -> type[ViewerSocket]:
    """The class to give uvicorn as `ws=`."""
    return type("ViewerSocket", (ViewerSocket,), {"unread_seconds": unread_seconds})
