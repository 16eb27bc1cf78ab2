"""The bare relay in Python, for machines without a C compiler; the same as relay.c, by picows and byte-splicing.

`python -m offhook.bench.relay MODEL_PORT` listens on a free port of the loopback and prints it.
"""

import asyncio
import sys

import picows
import uvloop
from picows import WSMsgType, WSTransport

from offhook.bench.process import announce

_CLEAR = b'{"event":"clear","streamSid":"%b"}'
_MEDIA = b'{"event":"media","streamSid":"%b","media":{"payload":"%b"}}'
_APPEND = b'{"type":"input_audio_buffer.append","audio":"%b"}'


def value(message: bytes, key: bytes) -> bytes:
    """The value of a string field; inside a JSON string a quote is escaped, so that `"key":"` is a key."""
    begin = message.index(b'"%b":"' % key) + len(key) + 4
    return message[begin : message.index(b'"', begin)]


class CarrierSide(picows.WSListener):
    """A carrier's stream."""

    def __init__(self, model_port: int) -> None:
        self._model_port = model_port
        self._early: list[bytes] = []
        self._model: WSTransport | None = None
        self._opening: asyncio.Task[None] | None = None
        self.sid = b""

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport
        self._opening = asyncio.get_running_loop().create_task(self._open())

    async def _open(self) -> None:
        url = f"ws://127.0.0.1:{self._model_port}/v1/realtime?model=bench"
        self._model, _ = await picows.ws_connect(lambda: ModelSide(self), url)
        for message in self._early:
            self._model.send(WSMsgType.TEXT, message)

    def on_ws_frame(self, transport: WSTransport, frame: picows.WSFrame) -> None:
        message = frame.get_payload_as_bytes()
        if message.startswith(b'{"event":"media"'):
            append = _APPEND % value(message, b"payload")
            if self._model is None:
                self._early.append(append)
            else:
                self._model.send(WSMsgType.TEXT, append)
        elif message.startswith(b'{"event":"start"'):
            self.sid = value(message, b"streamSid")

    def send(self, message: bytes) -> None:
        """To the carrier."""
        self._transport.send(WSMsgType.TEXT, message)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        if self._model is not None:
            self._model.disconnect()


class ModelSide(picows.WSListener):
    """The model's socket of one stream."""

    def __init__(self, carrier: CarrierSide) -> None:
        self._carrier = carrier

    def on_ws_frame(self, transport: WSTransport, frame: picows.WSFrame) -> None:
        message = frame.get_payload_as_bytes()
        if message.startswith(b'{"type":"response.output_audio.delta"'):
            self._carrier.send(_MEDIA % (self._carrier.sid, value(message, b"delta")))
        elif message.startswith(b'{"type":"input_audio_buffer.speech_started"'):
            self._carrier.send(_CLEAR % self._carrier.sid)


async def relay(model_port: int) -> None:
    """Serves until it is ended."""
    server = await picows.ws_create_server(lambda _request: CarrierSide(model_port), "127.0.0.1", 0)
    announce(server.sockets[0].getsockname()[1])
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(relay(int(sys.argv[1])))
