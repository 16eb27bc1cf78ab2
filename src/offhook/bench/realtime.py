"""The smallest honest leg to a Realtime model: what the bench needs until the product has a leg of its own.

It speaks the messages that carry audio, turns and cuts, over a plain loopback socket: no reconnecting, no tools, no keys.
It is to be replaced by the product's leg, so that the bench measures that.
"""

import asyncio
from binascii import a2b_base64, b2a_base64
from collections.abc import Callable
from typing import Any, Literal

import orjson
import picows
from picows import WSMsgType, WSTransport

from offhook.agent.tools import Toolbox
from offhook.audio.format import MULAW_8K
from offhook.core import events as e
from offhook.core.leg import AgentSide, Tools
from offhook.errors import LegFailed

SESSION = {
    "type": "realtime",
    "output_modalities": ["audio"],
    "audio": {
        "input": {"format": {"type": "audio/pcmu"}, "turn_detection": {"type": "server_vad"}},
        "output": {"format": {"type": "audio/pcmu"}, "voice": "alloy"},
    },
    "instructions": "You answer the telephone.",
}

_DELTA = b'{"type":"response.output_audio.delta"'
_HEADER_ROOM = 14
_APPEND = bytes(_HEADER_ROOM) + b'{"type":"input_audio_buffer.append","audio":"'
_TEXT = WSMsgType.TEXT  # asking picows' enumeration for a member is slow


def delta(message: bytes) -> tuple[str, bytes] | None:
    """Item and audio of an audio delta as the model writes it; None for anything else."""
    if not message.startswith(_DELTA):
        return None
    item = message.find(b'"item_id":"') + 11
    audio = message.find(b'"delta":"') + 9
    if item == 10 or audio == 8:
        return None
    return message[item : message.find(b'"', item)].decode(), a2b_base64(message[audio : message.find(b'"', audio)])


def append(audio: bytes) -> bytearray:
    """The caller's audio, as the model takes it, behind room for a frame's header."""
    room = bytearray(_APPEND)
    room += b2a_base64(audio, newline=False)
    room += b'"}'
    return room


_EVENTS: dict[str, Callable[[dict[str, Any]], e.Event]] = {
    "input_audio_buffer.speech_started": lambda _told: e.SpeechStarted(),
    "input_audio_buffer.speech_stopped": lambda _told: e.SpeechStopped(),
    "conversation.item.input_audio_transcription.completed": lambda told: e.CallerTranscribed(told["transcript"]),
    "response.output_audio_transcript.delta": lambda told: e.ItemText(told["item_id"], told["delta"]),
}


def event(told: dict[str, Any]) -> e.Event | None:
    """What a message means to a call, if anything."""
    meant = _EVENTS.get(told["type"])
    return meant(told) if meant is not None else None


def message(command: e.Command) -> dict[str, Any] | None:
    """A command in the model's words."""
    match command:
        case e.Truncate(item, heard_ms):
            cut = {"item_id": item, "content_index": 0, "audio_end_ms": heard_ms}
            return {"type": "conversation.item.truncate", **cut}
        case e.Discard(item):
            return {"type": "conversation.item.delete", "item_id": item}
        case e.Cancel():
            return {"type": "response.cancel"}
        case e.Greet() | e.Respond():
            return {"type": "response.create"}
    return None


class RealtimeLeg(picows.WSListener):
    """The agent leg of one call. Its session is opened when the call is: at the webhook."""

    format = MULAW_8K
    turns: Literal["provider", "offhook"] = "provider"
    tools: Tools = Toolbox(())
    can: frozenset[type[e.Command]] = frozenset({e.Greet, e.Respond, e.Cancel, e.Truncate, e.Discard})

    def __init__(self, model_port: int) -> None:
        self._url = f"ws://127.0.0.1:{model_port}/v1/realtime?model=bench"
        self._call: AgentSide
        self._transport: WSTransport
        self._over = asyncio.Event()
        self._closing = False

    async def run(self, call: AgentSide) -> None:
        """Connects and talks until closed. Raises LegFailed if the model is lost."""
        self._call = call
        try:
            self._transport, _ = await picows.ws_connect(lambda: self, self._url)
        except (OSError, picows.WSError) as error:
            raise LegFailed(f"the model cannot be reached ({type(error).__name__})", retryable=True) from error
        self._say({"type": "session.update", "session": SESSION})
        call.report(e.AgentJoined())
        await self._over.wait()
        if not self._closing:
            raise LegFailed("the model closed the session")

    def send_audio(self, frame: bytes) -> None:
        """The caller's audio."""
        self._transport.send_reuse_external_bytearray(_TEXT, append(frame), _HEADER_ROOM)

    def send(self, command: e.Command) -> None:
        """Tells the model."""
        if (told := message(command)) is not None:
            self._say(told)

    def _say(self, told: dict[str, Any]) -> None:
        self._transport.send(WSMsgType.TEXT, orjson.dumps(told))

    async def close(self) -> None:
        """Hangs up."""
        self._closing = True
        if hasattr(self, "_transport"):
            self._transport.disconnect()
        self._over.set()

    def on_ws_frame(self, transport: WSTransport, frame: picows.WSFrame) -> None:
        if frame.msg_type is not _TEXT:
            return
        raw = frame.get_payload_as_bytes()
        if (heard := delta(raw)) is not None:
            self._call.agent_audio(*heard)
            return
        told = orjson.loads(raw)
        if told["type"] == "response.output_item.done":
            self._call.end_item(told["item"]["id"])
        elif (fact := event(told)) is not None:
            self._call.report(fact)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self._over.set()
