"""An ASGI app as what carries an HTTP client's requests, in memory and in simulated time, answers as they come."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx


class AppTransport(httpx.AsyncBaseTransport):
    """To one app; `delay_ms` each way."""

    def __init__(self, app: Callable[..., Any], delay_ms: float = 0.0) -> None:
        self._app, self._delay_s = app, delay_ms / 1000.0
        self._running: set[asyncio.Task[None]] = set()
        self.down = False
        """No connection can be made."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """One request; the body of its answer is a stream."""
        if self.down:
            raise httpx.ConnectError("the network is down", request=request)
        body = await request.aread()
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": request.method,
            "path": request.url.path, "raw_path": request.url.raw_path, "query_string": request.url.query,
            "headers": [(name.lower(), value) for name, value in request.headers.raw],
        }  # fmt: skip
        answer: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        left = asyncio.Event()
        asked = False

        async def receive() -> dict[str, Any]:
            nonlocal asked
            if not asked:
                asked = True
                return {"type": "http.request", "body": body}
            await left.wait()
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            answer.put_nowait(message)

        async def run() -> None:
            try:
                await asyncio.sleep(self._delay_s)
                await self._app(scope, receive, send)
            finally:
                answer.put_nowait(None)

        task = asyncio.get_running_loop().create_task(run(), name="app")
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        try:
            head = await answer.get()
        except asyncio.CancelledError:
            left.set()
            raise
        if head is None:
            raise httpx.RemoteProtocolError("no answer", request=request)
        await asyncio.sleep(self._delay_s)
        return httpx.Response(head["status"], headers=head["headers"], stream=_Body(answer, left), request=request)


class _Body(httpx.AsyncByteStream):
    def __init__(self, answer: "asyncio.Queue[dict[str, Any] | None]", left: asyncio.Event) -> None:
        self._answer, self._left = answer, left

    async def __aiter__(self) -> AsyncIterator[bytes]:
        more = True
        while more:
            message = await self._answer.get()
            if message is None:
                raise httpx.RemoteProtocolError("the answer was broken off")
            more = message.get("more_body", False)
            if message.get("body"):
                yield message["body"]

    async def aclose(self) -> None:
        self._left.set()
