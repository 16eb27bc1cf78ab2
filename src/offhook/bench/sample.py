"""The usual sample pattern, as the public examples of carriers and model providers have it; written anew for the bench.

FastAPI and uvicorn, the `websockets` client, the standard library's json, two tasks for each call. What was heard is taken
to be the newest media timestamp minus that at the answer's first delta, and the newest item is what is truncated.

`python -m offhook.bench.sample MODEL_PORT` listens on a free port of the loopback and prints it.
"""

import asyncio
import base64
import contextlib
import json
import socket
import sys
from typing import Any

import uvicorn
import websockets
from fastapi import FastAPI, Request, Response, WebSocket, WebSocketDisconnect
from twilio.twiml.voice_response import Connect, VoiceResponse  # type: ignore[import-untyped]

from offhook.bench.process import announce

SESSION = {
    "type": "realtime",
    "output_modalities": ["audio"],
    "audio": {
        "input": {"format": {"type": "audio/pcmu"}, "turn_detection": {"type": "server_vad"}},
        "output": {"format": {"type": "audio/pcmu"}, "voice": "alloy"},
    },
    "instructions": "You answer the telephone.",
}


def application(model_port: int) -> FastAPI:
    """The whole program."""
    app = FastAPI()

    @app.api_route("/incoming-call", methods=["GET", "POST"])
    async def incoming_call(request: Request) -> Response:
        response = VoiceResponse()
        connect = Connect()
        connect.stream(url=f"ws://{request.url.netloc}/media-stream")
        response.append(connect)
        return Response(str(response), media_type="application/xml")

    @app.websocket("/media-stream")
    async def media_stream(carrier: WebSocket) -> None:
        await carrier.accept()
        async with websockets.connect(f"ws://127.0.0.1:{model_port}/v1/realtime?model=bench") as model:
            await model.send(json.dumps({"type": "session.update", "session": SESSION}))
            tasks = [asyncio.create_task(task) for task in _both_ways(carrier, model)]
            with contextlib.suppress(WebSocketDisconnect, websockets.ConnectionClosed, RuntimeError):
                await asyncio.gather(*tasks)

    return app


def _both_ways(carrier: WebSocket, model: websockets.ClientConnection) -> tuple[Any, Any]:
    stream_sid: str | None = None
    latest_timestamp = 0
    response_start: int | None = None
    last_item: str | None = None
    marks: list[str] = []

    async def from_carrier() -> None:
        nonlocal stream_sid, latest_timestamp, response_start, last_item
        try:
            async for text in carrier.iter_text():
                data = json.loads(text)
                if data["event"] == "media":
                    latest_timestamp = int(data["media"]["timestamp"])
                    await model.send(
                        json.dumps({"type": "input_audio_buffer.append", "audio": data["media"]["payload"]})
                    )
                elif data["event"] == "start":
                    stream_sid = data["start"]["streamSid"]
                    latest_timestamp, response_start, last_item = 0, None, None
                elif data["event"] == "mark" and marks:
                    marks.pop(0)
        finally:
            await model.close()

    async def from_model() -> None:
        nonlocal response_start, last_item
        async for text in model:
            data = json.loads(text)
            if data["type"] == "response.output_audio.delta" and "delta" in data:
                payload = base64.b64encode(base64.b64decode(data["delta"])).decode()
                await carrier.send_json({"event": "media", "streamSid": stream_sid, "media": {"payload": payload}})
                if data["item_id"] != last_item:
                    response_start, last_item = latest_timestamp, data["item_id"]
                mark = {"event": "mark", "streamSid": stream_sid, "mark": {"name": "responsePart"}}
                await carrier.send_json(mark)
                marks.append("responsePart")
            elif data["type"] == "input_audio_buffer.speech_started":
                await interrupted()

    async def interrupted() -> None:
        nonlocal response_start, last_item
        if not marks or response_start is None:
            return
        if last_item:
            heard_ms = latest_timestamp - response_start
            truncate = {"item_id": last_item, "content_index": 0, "audio_end_ms": heard_ms}
            await model.send(json.dumps({"type": "conversation.item.truncate", **truncate}))
        await carrier.send_json({"event": "clear", "streamSid": stream_sid})
        marks.clear()
        last_item, response_start = None, None

    return from_carrier(), from_model()


def main(model_port: int) -> None:
    """Serves until it is ended."""
    door = socket.create_server(("127.0.0.1", 0), backlog=2048)
    announce(door.getsockname()[1])
    config = uvicorn.Config(application(model_port), log_level="info")
    uvicorn.Server(config).run([door])


if __name__ == "__main__":
    main(int(sys.argv[1]))
