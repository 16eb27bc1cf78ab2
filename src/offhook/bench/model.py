"""The stand-in model of the bench: takes Realtime sessions, speaks when it is told to, understands nothing.

A session belongs to the call whose audio it hears: the first frame that comes names it (audio.py).
"""

import asyncio
import time
from binascii import b2a_base64
from collections.abc import Callable

import orjson
import picows
from picows import WSMsgType, WSTransport

from offhook.bench import audio

DELTA_FRAMES = 10
DELTA_MS = DELTA_FRAMES * audio.FRAME_MS

_APPEND = b'"input_audio_buffer.append"'  # with or without a space before it, as the bridge's JSON writer has it
_AUDIO = b'"audio":'
_IDS = b'"event_id":"event_%024d","response_id":"resp_%05d%016d","item_id":"item_%05d%016d","output_index":0,"content_index":0'
_DELTA = b'{"type":"response.output_audio.delta",%b,"delta":"%b"}'
_WORDS = b'{"type":"response.output_audio_transcript.delta",%b,"delta":" word"}'


def item_name(call: int, item: int) -> str:
    """The item's id on the wire."""
    return f"item_{call:05d}{item:016d}"


class ModelSession(picows.WSListener):
    """One Realtime session."""

    def __init__(self, on_hello: Callable[[int, "ModelSession"], None]) -> None:
        """`on_hello` is told the call, as soon as its first audio has come."""
        self._on_hello = on_hello
        self._transport: WSTransport | None = None
        self._events = 0
        self._interrupted = True
        self.call = -1
        self.on_frame: Callable[[int, float], None] = lambda _number, _at: None
        """Told the number of each frame of the caller that comes, and when."""
        self.frames = 0
        """Frames of the caller that have come."""
        self.faults = 0
        """Frames that were not as they were sent, or out of order."""
        self.item = 0
        self.spoken = 0
        """Frames spoken, over all items."""
        self.sent_at: dict[int, float] = {}
        """When the delta was sent that begins with this frame."""
        self.told: dict[str, int] = {}
        """The milliseconds of every truncate, by item id; 0 for an item that was deleted."""
        self.lost = False

    # ------------------------------------------------------------------------------------------ what it gets

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport
        self._say({"type": "session.created", "session": {"type": "realtime", "model": "bench"}})

    def on_ws_frame(self, transport: WSTransport, frame: picows.WSFrame) -> None:
        if frame.msg_type is not WSMsgType.TEXT:
            return
        message = frame.get_payload_as_bytes()
        if message.find(_APPEND, 0, 48) > 0:
            self._hear(message, time.perf_counter())
        else:
            self._obey(orjson.loads(message))

    def _hear(self, message: bytes, at: float) -> None:
        begin = message.find(b'"', message.find(_AUDIO) + len(_AUDIO)) + 1
        told = audio.text_numbers(message[begin : message.find(b'"', begin)])
        if told is None:
            self.faults += 1
            return
        call, _, number = told
        if self.call < 0:
            self.call = call
            self._on_hello(call, self)
        if call != self.call or number != self.frames:
            self.faults += 1
        self.frames = number + 1
        self.on_frame(number, at)

    def _obey(self, message: dict[str, object]) -> None:
        match message["type"]:
            case "session.update":
                self._say({"type": "session.updated", "session": message["session"]})
            case "conversation.item.truncate":
                self.told[str(message["item_id"])] = int(str(message["audio_end_ms"]))
                self._say({"type": "conversation.item.truncated", "item_id": message["item_id"]})
            case "conversation.item.delete":
                self.told[str(message["item_id"])] = 0
                self._say({"type": "conversation.item.deleted", "item_id": message["item_id"]})

    # ------------------------------------------------------------------------------------------ what it says

    def begin_item(self) -> int:
        """A new answer; its number."""
        self.item += 1
        self._interrupted = False
        self._say({"type": "response.created", "response": {"id": self._response(), "status": "in_progress"}})
        self._say_item("added", "in_progress")
        return self.item

    def speak(self) -> None:
        """The next 200 ms, and a word."""
        if self._transport is None:
            return
        first = self.spoken
        self.spoken += DELTA_FRAMES
        frames = b"".join(audio.frame(self.call, self.item, first + n) for n in range(DELTA_FRAMES))
        self._events += 2
        ids = _IDS % (self._events, self.call, self.item, self.call, self.item)
        message = _DELTA % (ids, b2a_base64(frames, newline=False))
        self.sent_at[first] = time.perf_counter()
        self._transport.send(WSMsgType.TEXT, message)
        self._transport.send(WSMsgType.TEXT, _WORDS % ids)

    def end_item(self, status: str = "completed") -> None:
        """The answer is complete, or was cancelled."""
        self._say_item("done", status)
        self._say({"type": "response.done", "response": {"id": self._response(), "status": status}})

    async def answer(self, ms: float, pace: float) -> bool:
        """A whole answer, `pace` times faster than it plays. False if it was interrupted, and broken off."""
        self.begin_item()
        deltas = max(1, round(ms / DELTA_MS))
        for delta in range(deltas):
            self.speak()
            if delta < deltas - 1:
                await asyncio.sleep(DELTA_MS / 1000.0 / pace)
            if self._interrupted:
                self.end_item("cancelled")
                return False
        self.end_item()
        return True

    def interrupt(self) -> float:
        """The caller is heard to speak: what is being said is cancelled. The moment, in seconds."""
        self._interrupted = True
        at = time.perf_counter()
        self._say({"type": "input_audio_buffer.speech_started", "audio_start_ms": 0, "item_id": "item_caller"})
        return at

    def _say_item(self, what: str, status: str) -> None:
        name = item_name(self.call, self.item)
        item = {"id": name, "object": "realtime.item", "type": "message", "status": status, "role": "assistant"}
        kind = f"response.output_item.{what}"
        self._say({"type": kind, "response_id": self._response(), "output_index": 0, "item": item})

    def _response(self) -> str:
        return f"resp_{self.call:05d}{self.item:016d}"

    def _say(self, message: dict[str, object]) -> None:
        self._events += 1
        if self._transport is not None:
            kind = message.pop("type")
            told = {"type": kind, "event_id": f"event_{self._events:024d}", **message}
            self._transport.send(WSMsgType.TEXT, orjson.dumps(told))

    def close(self) -> None:
        """Hangs up."""
        if self._transport is not None:
            self._transport.disconnect()
            self._transport = None

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self.lost = self._transport is not None
        self._transport = None


async def listen(on_hello: Callable[[int, ModelSession], None]) -> tuple[asyncio.Server, int]:
    """A model on a free port of the loopback."""
    server = await picows.ws_create_server(lambda _request: ModelSession(on_hello), "127.0.0.1", 0)
    return server, server.sockets[0].getsockname()[1]
