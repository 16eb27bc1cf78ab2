"""ASGI middleware: what `Access` refuses whatever it asks for never reaches a route."""

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from offhook.errors import RemoteProtocolError
from offhook.server.auth import Access
from offhook.server.head import Head


class Gate:
    """Answers 403 with the sentence, 400 to a malformed head; closes a WebSocket before it is accepted."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app, self._access = app, access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            status = 403
            try:
                sentence = self._access.refusal(Head.of(scope))
            except RemoteProtocolError as error:
                status, sentence = 400, f"The request cannot be read: {error}."
            if sentence is not None:
                if scope["type"] == "http":
                    await PlainTextResponse(sentence, status_code=status)(scope, receive, send)
                else:
                    await send({"type": "websocket.close", "code": 1008})
                return
        await self._app(scope, receive, send)
